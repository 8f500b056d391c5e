from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from samegauge.cli import main as main_module
from samegauge.cli.main import COMMANDS, asked_command, main
from samegauge.cli.output import CommandError, ProgressLine, speaks_chinese
from samegauge.doors import process

if TYPE_CHECKING:
    from argparse import Namespace

LIGHT = (
    "import sys; from samegauge.cli.main import main; status = main(sys.argv[1:]); print(sorted(sys.modules), status)"
)


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMEGAUGE_LANGUAGE", "en")


def test_help_names_every_command_and_none_that_is_internal(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    shown = capsys.readouterr().out
    assert all(word in shown for word in ("run", "import", "passport", "verify", "SAMEGAUGE_HOME"))
    assert "first-link" not in shown
    assert "worker" not in shown


def test_help_is_in_chinese_where_the_locale_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAMEGAUGE_LANGUAGE", "zh_TW.UTF-8")
    assert main([]) == 0
    assert "匯入檔案" in capsys.readouterr().out


def test_help_needs_neither_django_nor_anything_heavy() -> None:
    said = process.run([sys.executable, "-c", LIGHT]).text
    loaded = set(said.splitlines()[-1].replace("'", "").strip("[]").split(", "))
    assert not {"django", "dbos", "numpy", "pyarrow", "sqlalchemy", "granian"} & loaded


def test_wrong_use_ends_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["polish"])
    assert ended.value.code == 2
    assert "polish" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["import", "shdr", "a.txt"], ("import", "shdr")),
        (["import"], None),
        (["run", "--port", "1"], ("run",)),
        (["--json", "run"], None),
    ],
)
def test_the_asked_command_is_found_by_its_words(words: list[str], found: tuple[str, ...] | None) -> None:
    command = asked_command(words)
    assert (command.words if command else None) == found


def test_a_missing_platform_is_named_with_how_to_install_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(main_module, "HUB_PACKAGES", ("django", "no_such_package"))
    assert main(["migrate", "--json"]) == 1
    said = capsys.readouterr()
    assert "no_such_package is not installed" in said.err
    assert "pip install 'samegauge[hub]'" in said.err
    assert json.loads(said.out.splitlines()[-1])["error_zh"].startswith("此指令需要平台套件")


def test_a_refusal_ends_with_its_status_and_is_json_when_asked(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Refusing:
        @staticmethod
        def add_arguments(_parser: object) -> None:
            """Takes none."""

        @staticmethod
        def run(_options: Namespace) -> int:
            raise CommandError("a.txt, line 3: no time", "a.txt 第 3 行：沒有時間", status=3)

    monkeypatch.setitem(sys.modules, "samegauge.cli.migrate", Refusing)
    assert main(["migrate", "--json"]) == 3
    assert json.loads(capsys.readouterr().out) == {
        "error": "a.txt, line 3: no time",
        "error_zh": "a.txt 第 3 行：沒有時間",
    }
    assert main(["migrate"]) == 3
    assert capsys.readouterr().out == ""


def test_every_command_for_people_is_described_in_both_languages() -> None:
    described = [command for command in COMMANDS if command.summary]
    assert {command.words[0] for command in described} == {
        "run",
        "import",
        "export",
        "passport",
        "verify",
        "demo",
        "backup",
        "backup-keys",
        "restore",
        "restore-keys",
        "doctor",
        "witness",
        "checkpoint",
        "spc",
        "gauge-rr",
        "sbom",
        "account-reset",
        "reindex",
        "edge",
        "simulate",
        "service",
    }
    assert all(command.summary_zh for command in described)


@pytest.mark.parametrize(
    ("environment", "chinese"),
    [
        ({"LANG": "zh_TW.UTF-8"}, True),
        ({"LANG": "C.UTF-8"}, False),
        ({"LC_ALL": "en_GB.UTF-8", "LANG": "zh_TW.UTF-8"}, False),
        ({"SAMEGAUGE_LANGUAGE": "zh-hant", "LC_ALL": "C"}, True),
        ({}, False),
    ],
)
def test_the_language_follows_the_locale(environment: dict[str, str], chinese: bool) -> None:  # noqa: FBT001 - a table
    assert speaks_chinese(environment) is chinese


def test_progress_is_not_written_where_no_terminal_is(capsys: pytest.CaptureFixture[str]) -> None:
    line = ProgressLine()
    line.tell(1, 2, "half", "一半")
    line.clear()
    assert capsys.readouterr().err == ""
