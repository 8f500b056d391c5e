from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tools import check
from tools.source import Finding, Repository

ROOT = Path(check.__file__).parents[1]
TESTS = Path(__file__).parent


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["check", *arguments])
    return check.main()


def test_every_check_has_its_test() -> None:
    modules = {function.__module__.rpartition(".")[2] for function in check.OWN.values()}
    files = {path.stem for path in (ROOT / "tools").glob("*.py")} - {"__init__", "affected", "check", "source"}
    files -= {"docs", "docs_api", "docs_reference"}  # they build the documentation; test_docs.py is theirs
    assert modules == files
    assert {f"test_{name}.py" for name in files} <= {path.name for path in TESTS.glob("test_*.py")}


def test_every_check_has_its_line_in_the_readme() -> None:
    text = (ROOT / "tools" / "README.md").read_text(encoding="utf-8")
    assert [name for name in [*check.OWN, *check.COMMANDS] if f"| `{name}` |" not in text] == []


def test_list_names_all(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "--list") == 0
    assert capsys.readouterr().out.split() == sorted([*check.OWN, *check.COMMANDS])


def test_a_finding_fails_the_run_and_a_warning_does_not(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def said(*findings: Finding) -> int:
        monkeypatch.setitem(check.OWN, "clones", lambda _repository: iter(findings))
        return run(monkeypatch, "--only", "clones")

    monkeypatch.setattr(check, "ROOT", tmp_path)
    assert said() == 0
    assert said(Finding("a.py", 1, "long", warning=True)) == 0
    assert said(Finding("a.py", 2, "wrong")) == 1
    shown = capsys.readouterr().out
    assert "a.py:1: warning: long" in shown
    assert "FAIL clones" in shown
    assert "a.py:2: wrong" in shown


def test_a_command_that_fails_shows_what_it_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(check, "ROOT", tmp_path)
    (tmp_path / "a.py").write_text("import os\n")
    monkeypatch.setitem(check.COMMANDS, "lint", ["ruff", "check", "--isolated", "--no-cache", "--quiet", "."])
    (outcome,) = list(check.outcomes(["lint"]))
    assert outcome.failed
    assert any("F401" in line for line in outcome.lines)


def test_a_command_that_is_missing_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(check.COMMANDS, "lint", ["no-such-program"])
    with pytest.raises(FileNotFoundError):
        list(check.outcomes(["lint"]))


def test_the_runner_starts_from_anywhere(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "tools" / "check.py"), "--only", "rooms"]
    done = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True)
    assert "1 checks in" in done.stdout, done.stderr


@pytest.mark.long
def test_the_checks_keep_their_own_rules() -> None:
    house = Repository(ROOT)
    findings = [finding for function in check.OWN.values() for finding in function(house)]
    assert [str(finding) for finding in findings if finding.path.startswith(("tools/", "tests/unit/tools/"))] == []
