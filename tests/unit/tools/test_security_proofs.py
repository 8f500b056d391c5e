from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tools import security_proofs
from tools.source import Repository

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

REQUIREMENTS = """
level_2 = ["1.1.1"]

["1.2.1"]
applies = "yes"
text = "Texts stay texts."
text_zh = "文字只是文字。"

["1.3.1"]
applies = "no"
text = "There is no editor."
text_zh = "沒有編輯器。"
"""
THREATS = """
[T01]
state = "met"
title = "Reading"
title_zh = "讀取"
met = "A wall"
met_zh = "隔牆"
remains = ""
remains_zh = ""

[T02]
state = "open"
title = "Later"
title_zh = "以後"
met = "Nothing yet"
met_zh = "尚無"
remains = "Comes"
remains_zh = "將推出"
"""
TESTS = """
import pytest

pytestmark = pytest.mark.threat("T01")


@pytest.mark.asvs("1.2.1", "1.1.1")
def test_it() -> None:
    assert True
"""
MODEL = f"# Model\n\n{security_proofs.BEGIN}\n{security_proofs.END}\n\nAfter\n"
FOLDER = security_proofs.FOLDER


def files(**changes: str) -> dict[str, str]:
    """A repository with every claim proven; `changes` replace one of its files."""
    return {
        security_proofs.REQUIREMENTS: changes.get("requirements", REQUIREMENTS),
        security_proofs.THREATS: changes.get("threats", THREATS),
        "tests/test_it.py": changes.get("tests", TESTS),
        f"{FOLDER}/threat-model.md": MODEL,
        f"{FOLDER}/threat-model.zh-Hant.md": MODEL,
    }


def written(root: Path) -> Repository:
    """Write the pages as the command does."""
    house = Repository(root)
    of_asvs, of_threats = (security_proofs.proofs(house, kind)[0] for kind in ("asvs", "threat"))
    for path, text in security_proofs.pages(house, security_proofs.tables(house), of_asvs, of_threats).items():
        (root / path).write_text(text, encoding="utf-8")
    return Repository(root)


def said(found: list[str]) -> list[str]:
    return [line for line in found if "is stale" not in line]


def test_proven_and_written_is_silent(found: Callable[..., list[str]], tmp_path: Path) -> None:
    assert said(found(security_proofs.findings, files())) == []
    house = written(tmp_path)
    assert list(security_proofs.findings(house)) == []
    english = (tmp_path / FOLDER / "what-we-prove.md").read_text()
    assert "1 of 2 requirements apply" in english
    assert "| v5.0.0-1.2.1 | Texts stay texts. | `test_it.py` (1) |" in english
    assert "| v5.0.0-1.3.1 | There is no editor. |" in english
    assert "| v5.0.0-1.1.1 | `test_it.py` (1) |" in english
    model = (tmp_path / FOLDER / "threat-model.zh-Hant.md").read_text()
    assert "| **T01** 讀取 | 隔牆 | `test_it.py` (1) | – |" in model
    assert "| **T02** 以後 | 尚無 | 尚未防範 | 將推出 |" in model
    assert model.startswith("# Model")
    assert model.endswith("After\n")


def test_a_page_that_was_written_before_the_last_mark_is_stale(found: Callable[..., list[str]], tmp_path: Path) -> None:
    found(security_proofs.findings, files())
    written(tmp_path)
    more = TESTS + '\n\n@pytest.mark.asvs("1.2.1")\ndef test_more() -> None:\n    assert True\n'
    (tmp_path / "tests" / "test_it.py").write_text(more)
    stale = [str(finding) for finding in security_proofs.findings(Repository(tmp_path))]
    assert [line.partition(":")[0] for line in stale] == [
        f"{FOLDER}/what-we-prove.md",
        f"{FOLDER}/threat-model.md",
        f"{FOLDER}/what-we-prove.zh-Hant.md",
        f"{FOLDER}/threat-model.zh-Hant.md",
    ]
    assert all("--write" in line for line in stale)


BARE = "import pytest\n\n\ndef test_it() -> None:\n    assert True\n"


def marked(decorator: str, kind: str = "def test_it() -> None:\n    assert True\n") -> str:
    return f"import pytest\n\n\n@pytest.mark.{decorator}\n{kind}"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"tests": BARE}, "1.2.1 has no test"),
        ({"tests": BARE}, "T01 has no test"),
        ({"tests": marked('asvs("9.9.9")')}, "9.9.9 is not in"),
        ({"tests": marked('asvs("v5.0.0-1.2.1")')}, "v5.0.0-1.2.1 is not in"),
        ({"tests": marked('threat("T09")')}, "T09 is not in"),
        ({"tests": marked('threat("T02")')}, "T02 is not in"),
        ({"tests": marked("asvs(NAME)")}, "an id of asvs is written out as a text"),
        ({"tests": marked('asvs("1.2.1")', "def helper() -> None: ...\n")}, "is on no test"),
        ({"requirements": ""}, "is missing or empty"),
        ({"requirements": REQUIREMENTS.replace('"yes"', '"maybe"')}, "applies is one of yes, partly, no"),
        ({"requirements": REQUIREMENTS.replace("text_zh", "zh")}, "1.2.1 has ["),
        ({"requirements": REQUIREMENTS.replace("1.2.1", "1.2")}, "1.2 is no id"),
        ({"threats": THREATS.replace("T01", "T1")}, "T1 is no id"),
    ],
)
def test_breaches(found: Callable[..., list[str]], changes: dict[str, str], message: str) -> None:
    assert any(message in line for line in found(security_proofs.findings, files(**changes)))


@pytest.mark.parametrize(
    "carrier",
    [
        marked('asvs("1.2.1")'),
        marked('asvs("1.2.1")', "class TestIt:\n    def test_it(self) -> None:\n        assert True\n"),
        f"import pytest\n\npytestmark = [pytest.mark.asvs('1.2.1')]\n{BARE}",
        marked('parametrize("x", [pytest.param(1, marks=pytest.mark.asvs("1.2.1"))])'),
    ],
)
def test_a_mark_counts_wherever_pytest_takes_it(found: Callable[..., list[str]], carrier: str) -> None:
    lines = found(security_proofs.findings, files(tests=carrier))
    assert [line for line in said(lines) if "1.2.1" in line] == []
