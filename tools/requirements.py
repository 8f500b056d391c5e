"""Pins are hash-locked, address-free and the same in every set; every dependency says why it is here."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING

from tools.source import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.source import Repository, Source

REASONS = "docs/explanations/dependencies.md"
PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==([^\s;\\]+)")
NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*")
ADDRESS = re.compile(r"://|^\s*(?:-i|-f|--index-ur[l]|--extra-index-ur[l]|--find-link[s])\b|\s@\s|^-e\b")
CELLS = 4  # name, why, licence, upkeep


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def blocks(source: Source) -> Iterator[tuple[int, str]]:
    """Each requirement with its continuation lines, and the number of its first line."""
    block, start = "", 1
    for number, line in enumerate(source.lines, 1):
        if line.strip().startswith("#"):
            continue
        start = start if block else number
        block += line.rstrip("\\") + " "
        if not line.endswith("\\"):
            if block.strip():
                yield start, block.strip()
            block = ""


def pin_findings(source: Source, pins: dict[str, tuple[str, str]]) -> Iterator[Finding]:
    for number, block in blocks(source):
        if ADDRESS.search(block):
            yield source.finding(number, "an address; requirements are exported without any")
            continue
        match = PIN.match(block)
        if not match:
            yield source.finding(number, f"{block.split()[0]} is not pinned with ==")
            continue
        name, version = normal(match[1]), match[2]
        if "--hash=sha256:" not in block:
            yield source.finding(number, f"{name} has no sha256 hash")
        elder, place = pins.setdefault(name, (version, source.path))
        if elder != version:
            yield source.finding(number, f"{name} is {version} here but {elder} in {place}")


def declared(repository: Repository) -> set[str]:
    source = repository.source("pyproject.toml")
    project = tomllib.loads(source.text).get("project", {}) if source else {}
    lists = [project.get("dependencies", []), *project.get("optional-dependencies", {}).values()]
    names = [NAME.match(requirement) for requirements in lists for requirement in requirements]
    return {normal(name.group()) for name in names if name}


def reasons(source: Source) -> dict[str, tuple[int, list[str]]]:
    rows: dict[str, tuple[int, list[str]]] = {}
    for number, line in enumerate(source.lines, 1):
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("| `"):
            rows[normal(cells[0].strip("`"))] = (number, cells)
    return rows


def reason_findings(repository: Repository) -> Iterator[Finding]:
    names = declared(repository)
    source = repository.source(REASONS)
    rows = reasons(source) if source else {}
    for name in sorted(names - rows.keys()):
        yield Finding(REASONS, 1, f"{name} has no line: | `name` | why | licence | upkeep |")
    for name, (number, cells) in rows.items():
        if name not in names:
            yield Finding(REASONS, number, f"{name} is no dependency in pyproject.toml")
        elif len(cells) != CELLS or not all(cells):
            yield Finding(REASONS, number, f"{name} needs why, licence and upkeep, each filled in")


def findings(repository: Repository) -> Iterator[Finding]:
    pins: dict[str, tuple[str, str]] = {}
    for source in repository.texts(("requirements/",), (".txt",)):
        yield from pin_findings(source, pins)
    for name in sorted(declared(repository) - pins.keys()):
        yield Finding("pyproject.toml", 1, f"{name} is pinned in no file of requirements/")
    yield from reason_findings(repository)
