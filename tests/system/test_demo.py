"""`samegauge demo` as a person starts it: the whole company, in one command, and again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.import_site import ImportSite

if TYPE_CHECKING:
    from support.import_site import Said


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> ImportSite:
    return ImportSite(tmp_path_factory.mktemp("demo") / "home")


@pytest.fixture(scope="module")
def said(site: ImportSite) -> Said:
    return site.command("demo", "--json")


def test_the_whole_company_is_loaded(said: Said) -> None:
    assert said.status == 0, said.err
    assert said.json["added"] is True
    assert said.json["counts"]["station_steps"] > 40 * 50
    assert said.json["counts"]["service_calls"] > 50
    assert (said.json["counts"]["machined_castings"], said.json["counts"]["passports"], said.json["left_out"]) == (
        8,
        3,
        [],
    )
    assert said.json["organisations"][0] == "Simulated machine builder"
    assert said.err.startswith("Loaded the simulated company of seed 7")
    truth = json.loads(Path(said.json["truth"]).read_text(encoding="utf-8"))
    assert (truth["seed"], len(truth["machining"]["stopped"])) == (7, 2)


def test_again_adds_nothing_and_says_so(site: ImportSite, said: Said) -> None:
    again = site.command("demo", "--seed", "8", "--json")
    assert again.status == 0
    assert (again.json["added"], again.json["seed"]) == (False, 7)
    assert again.json["start"] == said.json["start"]
    assert "nothing was added" in again.err


def test_a_seed_below_zero_is_wrong_use(site: ImportSite) -> None:
    refused = site.command("demo", "--seed", "-1", SAMEGAUGE_LANGUAGE="zh")
    assert refused.status == 2
    assert "--seed" in refused.err


# Page of the owner in the simulated builder -> why nothing can stand on it there.
STAYS_EMPTY = {
    "notices": "letters to the reader, who has only just come",
    "search": "nobody has asked anything yet",
    "security_events": "who signed in: simulated people have no accounts",
    "tokens": "the reader's own",
    "mfa_list_webauthn": "the reader's own",
}
MUST_BE_SEEN = {
    *(
        "import_list",
        "import_detail",
        "machine_list",
        "machine",
        "machine_day",
        "operation",
        "unit_thread",
        "unit_tree",
    ),
    *(
        "shared_with_us",
        "shared_by_us",
        "grant",
        "shared",
        "shared_unit_thread",
        "passports",
        "verify_public",
        "seal_log",
    ),
    *("quality", "alarm", "nonconformity_list", "recall_list", "plan_list", "gauge_list", "supplier_scores", "floor"),
}


@pytest.mark.long
def test_no_page_is_empty(site: ImportSite, said: Said, tmp_path: Path) -> None:
    """Of records whose history is of what people changed, and of pages of one unit, one that is filled is enough."""
    assert said.status == 0
    copy = site.copy(tmp_path / "home")
    told = copy.told_by("crawl_demo.py")
    of_builder = told.pop("Simulated machine builder")
    assert of_builder.keys() >= MUST_BE_SEEN
    empty = {route: page for route, page in of_builder.items() if len(page["empty"]) == page["seen"]}
    assert {route for route in empty if not route.endswith("_record")} == set(STAYS_EMPTY)
    failed = [one for page in of_builder.values() for one in page["failed"]]
    assert [one for one in failed if one.rpartition(" ")[2] not in {"404", "422"}] == []
    assert len(told) == 8
    for organisation, pages in told.items():
        assert pages.keys() == {"shared_with_us", "shared_by_us"}, organisation
        assert [page for page in pages.values() if page["empty"] or page["failed"]] == [], organisation
