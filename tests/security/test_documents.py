"""The pages about security say what the product does: each is compared with what it speaks of."""

from __future__ import annotations

import csv
import re
import sys
import tomllib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils.translation import override

from samegauge.core.organisations.models import Role
from samegauge.core.organisations.permissions import ALLOWED, Action
from samegauge.core.software.components import inventory, plain_name

REPOSITORY = Path(__file__).resolve().parents[2]
SECURITY = REPOSITORY / "docs" / "explanations" / "security"
sys.path.insert(0, str(REPOSITORY))

from tools import security_proofs  # noqa: E402 - the checks of the house lie beside the product
from tools.source import Repository  # noqa: E402

HOUSE = Repository(REPOSITORY)
LANGUAGES = [("", "en"), (".zh-Hant", "zh-hant")]


@pytest.fixture(scope="module")
def standard(test_data: Path) -> list[dict[str, str]]:
    """The list of requirements; its texts are another's, and no page of ours repeats them."""
    file = test_data.parent / "security" / "asvs-5.0-l2.csv"
    if not file.exists():
        pytest.skip(f"The list of requirements is not at {file}.")
    with file.open(newline="", encoding="utf-8") as rows:
        return [row | {"id": row["id"].removeprefix(security_proofs.EDITION)} for row in csv.DictReader(rows)]


def test_the_table_names_every_requirement_of_both_levels(standard: list[dict[str, str]]) -> None:
    stated = security_proofs.tables(HOUSE)
    assert set(stated.requirements) == {row["id"] for row in standard if row["level"] == "1"}
    assert stated.higher - {"1.2.10"} == {
        row["id"] for row in standard if row["level"] == "2"
    }  # that one is of level 3
    assert len(stated.applying) == 63


def runs_of(text: str, length: int = 7) -> set[tuple[str, ...]]:
    words = re.findall(r"[a-z]+", text.lower())
    return {tuple(words[at : at + length]) for at in range(len(words) - length + 1)}


def test_no_page_repeats_a_sentence_of_the_standard(standard: list[dict[str, str]]) -> None:
    theirs = set[tuple[str, ...]]().union(*(runs_of(row["text"]) for row in standard))
    pages = [*SECURITY.glob("*.md"), *SECURITY.glob("*.toml"), REPOSITORY / "SECURITY.md"]
    ours = {path.name: runs_of(path.read_text(encoding="utf-8")) & theirs for path in pages}
    assert {name: shared for name, shared in ours.items() if shared} == {}
    assert len(theirs) > 1000


def test_every_claim_has_its_test_and_every_page_is_as_written() -> None:
    assert [str(finding) for finding in security_proofs.findings(HOUSE)] == []


def test_the_model_speaks_of_the_same_threats_in_both_languages() -> None:
    pages = [(SECURITY / f"threat-model{suffix}.md").read_text(encoding="utf-8") for suffix, _language in LANGUAGES]
    named = [re.findall(r"^\| \*\*(T\d\d)\*\*", page, re.MULTILINE) for page in pages]
    assert named[0] == named[1] == sorted(security_proofs.tables(HOUSE).threats)


def table_of(page: str) -> tuple[list[str], list[list[str]]]:
    lines = [line.strip("|").split("|") for line in page.splitlines() if line.startswith("|")]
    head, _rule, *rows = [[cell.strip() for cell in line] for line in lines]
    return head, rows


@pytest.mark.asvs("8.1.1")
@pytest.mark.threat("T18")
@pytest.mark.parametrize(("suffix", "language"), LANGUAGES)
def test_who_may_do_what_is_as_the_program_decides(suffix: str, language: str) -> None:
    head, rows = table_of((SECURITY / f"who-may-do-what{suffix}.md").read_text(encoding="utf-8"))
    with override(language):
        assert head[1:] == [str(role.label) for role in Role]
    written = {re.findall(r"^`(\w+)` \S", row[0])[0]: row[1:] for row in rows}
    decided = {str(action): ["●" if role in ALLOWED[action] else "–" for role in Role] for action in Action}
    assert written == decided


SEVERITIES = {"critical": 7, "high": 30, "medium": 90}


@pytest.mark.asvs("15.1.1")
@pytest.mark.threat("T09")
def test_the_times_for_mending_are_written_down() -> None:
    _head, rows = table_of((REPOSITORY / "SECURITY.md").read_text(encoding="utf-8"))
    times = {row[0].split()[0]: re.findall(r"^(\d+) days$", row[1]) for row in rows}
    assert {severity: [int(day) for day in days] for severity, days in times.items() if days} == {
        severity: [days] for severity, days in SEVERITIES.items()
    }


def number(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version.split("+", maxsplit=1)[0])[:4]))


def overdue(advisories: dict[str, Any], versions: dict[str, str], today: date) -> list[str]:
    """What is installed, has a known fault and no exception, or one that is too long or over."""
    excepted = {one["id"]: one for one in advisories.get("exception", [])}
    found = []
    for one in advisories["advisory"]:
        version = versions.get(one["package"])
        if version is None or number(version) >= number(one["before"]):
            continue
        exception = excepted.get(one["id"])
        latest = one["known"] + timedelta(days=SEVERITIES[one["severity"]])
        if exception is None or not exception["reason"] or exception["until"] > latest or exception["until"] < today:
            found.append(f"{one['id']}: {one['package']} {version}")
    return found


@pytest.mark.asvs("15.2.1")
@pytest.mark.threat("T09")
def test_no_component_has_a_known_fault_beyond_its_time() -> None:
    advisories = tomllib.loads((SECURITY / "advisories.toml").read_text(encoding="utf-8"))
    installed = {plain_name(one.name): one.version for one in inventory().components}
    assert {one["package"] for one in advisories["advisory"]} <= installed.keys()
    assert overdue(advisories, installed, datetime.now(UTC).date()) == []


def test_a_faulty_component_is_found_and_an_exception_ends() -> None:
    known, day = date(2026, 1, 1), timedelta(days=1)
    one = {"id": "X-1", "package": "django", "before": "5.2.8", "severity": "critical", "known": known}
    waiting = {"advisory": [one], "exception": [{"id": "X-1", "until": known + 7 * day, "reason": "not reached"}]}
    too_long = {"advisory": [one], "exception": [{"id": "X-1", "until": known + 8 * day, "reason": "not reached"}]}
    old, new = {"django": "5.2.7"}, {"django": "5.2.10"}
    assert overdue({"advisory": [one]}, old, known) == ["X-1: django 5.2.7"]
    assert overdue({"advisory": [one]}, new, known) == []
    assert overdue(waiting, old, known + 7 * day) == []
    assert overdue(waiting, old, known + 8 * day) == ["X-1: django 5.2.7"]
    assert overdue(too_long, old, known) == ["X-1: django 5.2.7"]


@pytest.mark.asvs("12.1.1", "12.2.2")
@pytest.mark.threat("T20")
@pytest.mark.parametrize(("suffix", "_language"), LANGUAGES)
def test_the_proxys_settings_admit_the_two_newest_versions_alone(suffix: str, _language: str) -> None:
    page = (SECURITY / f"https{suffix}.md").read_text(encoding="utf-8")
    nginx, caddy = re.search(r"```nginx\n(.*?)```", page, re.DOTALL), re.search(r"```text\n(.*?)```", page, re.DOTALL)
    assert nginx
    assert caddy
    assert re.findall(r"ssl_protocols (.*);", nginx[1]) == ["TLSv1.2 TLSv1.3"]
    assert re.findall(r"protocols (.*)", caddy[1]) == ["tls1.2 tls1.3"]
    assert "return 301 https://" in nginx[1]
    assert all(word in page for word in ("certbot", "SAMEGAUGE_HTTPS=1", "SAMEGAUGE_HOSTS"))
