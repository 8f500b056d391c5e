from __future__ import annotations

import os
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tools import rooms

if TYPE_CHECKING:
    from collections.abc import Callable

RULES = """
[importlinter:contract:rooms]
exhaustive = true
[importlinter:contract:apps-independent]
modules =
    {}
"""
APPS = {f"src/samegauge/{folder}/__init__.py": "" for folder in (".", "apps", "apps/fleet", "apps/product")}


def test_a_pattern_takes_in_every_app(found: Callable[..., list[str]]) -> None:
    assert not found(rooms.findings, {".importlinter": RULES.format("samegauge.apps.*"), **APPS})


def test_an_app_left_out_of_the_list(found: Callable[..., list[str]]) -> None:
    findings = found(rooms.findings, {".importlinter": RULES.format("samegauge.apps.fleet"), **APPS})
    assert findings == [".importlinter:1: the contract of independent apps does not list samegauge.apps.product"]


def test_a_folder_that_is_no_package(found: Callable[..., list[str]]) -> None:
    files = {".importlinter": RULES.format("samegauge.apps.*"), **APPS, "src/samegauge/apps/new/models.py": "x = 1\n"}
    (finding,) = found(rooms.findings, files)
    assert "src/samegauge/apps/new has no __init__.py" in finding


def test_rooms_outside_the_contract_must_be_noticed(found: Callable[..., list[str]]) -> None:
    files = {".importlinter": RULES.format("samegauge.apps.*").replace("true", "false"), **APPS}
    (finding,) = found(rooms.findings, files)
    assert "exhaustive" in finding


def test_every_room_of_the_house_has_its_layer() -> None:
    contracts = ConfigParser()
    contracts.read(Path(rooms.__file__).parents[1] / ".importlinter", encoding="utf-8")
    layers = contracts["importlinter:contract:rooms"]["layers"].replace("|", " ").split()
    assert layers[0] == "cli"
    assert set(layers[-2:]) == {"quantities", "doors"}
    assert len(set(layers)) == 11


CONTRACTS = Path(rooms.__file__).parents[1] / ".importlinter"
ROOMS = [
    "cli",
    "web",
    "edge",
    "apps",
    "apps/fleet",
    "apps/history",
    "apps/inspection",
    "apps/inspection/plans",
    "apps/inspection/stations",
    "apps/inspection/control",
    "apps/inspection/nonconformity",
    "core",
    "lake",
    "simulators",
    "engines",
    "formats",
    "quantities",
    "doors",
]


def kept(root: Path, importer: str, imported: str) -> bool:
    """Whether a house with this one import keeps all contracts."""
    for room in ("", *ROOMS):
        (root / "samegauge" / room).mkdir(exist_ok=True)
        (root / "samegauge" / room / "__init__.py").touch()
    (root / "samegauge" / "lake" / "spool.py").touch()
    (root / "samegauge" / importer / "near.py").write_text(f"import {imported}\n")
    command = [str(Path(sys.executable).with_name("lint-imports")), "--config", str(CONTRACTS), "--no-cache"]
    environment = os.environ | {"PYTHONPATH": str(root)}
    done = subprocess.run(command, cwd=root, env=environment, check=False, capture_output=True, text=True)
    assert "Contracts: " in done.stdout, done.stdout + done.stderr
    return done.returncode == 0


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("core", "samegauge.web"),
        ("quantities", "samegauge.formats"),
        ("formats", "samegauge.engines"),
        ("engines", "samegauge.doors"),
        ("apps/history", "samegauge.apps.fleet"),
        ("apps/inspection/plans", "samegauge.apps.inspection.stations"),
        ("apps/inspection/stations", "samegauge.apps.inspection.control"),
        ("edge", "samegauge.core"),
        ("edge", "samegauge.lake"),
        ("lake", "django"),
    ],
)
def test_an_import_against_the_direction_breaks_a_contract(tmp_path: Path, importer: str, imported: str) -> None:
    assert not kept(tmp_path, importer, imported)


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("edge", "samegauge.lake.spool"),
        ("cli", "samegauge.edge"),
        ("apps/inspection/stations", "samegauge.apps.inspection.plans"),
        ("lake", "samegauge.simulators"),
        ("core", "django"),
    ],
)
def test_an_import_with_the_direction_keeps_them(tmp_path: Path, importer: str, imported: str) -> None:
    assert kept(tmp_path, importer, imported)
