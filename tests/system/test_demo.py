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
    assert said.json["organisations"][0] == "Simulated machine builder"
    assert said.err.startswith("Loaded the simulated company of seed 7")
    assert json.loads(Path(said.json["truth"]).read_text(encoding="utf-8"))["seed"] == 7


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
