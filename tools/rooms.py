"""The contracts of import-linter see every room and every app: nothing stands outside them unnoticed."""

from __future__ import annotations

from configparser import ConfigParser
from typing import TYPE_CHECKING

from tools.source import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.source import Repository

CONTRACTS = ".importlinter"
PACKAGE = "src/samegauge"
INDEPENDENT = "importlinter:contract:apps-independent"


def listed(contracts: ConfigParser, section: str, option: str) -> list[str]:
    return contracts.get(section, option, fallback="").split()


def apps_outside(contracts: ConfigParser, apps: list[str]) -> Iterator[Finding]:
    modules = listed(contracts, INDEPENDENT, "modules")
    if "samegauge.apps.*" in modules:
        return
    for app in apps:
        if f"samegauge.apps.{app}" not in modules:
            yield Finding(CONTRACTS, 1, f"the contract of independent apps does not list samegauge.apps.{app}")


def folders(repository: Repository, under: str) -> set[str]:
    """Folders right below that hold Python files, however deep."""
    depth = under.count("/") + 1
    parts = [path.split("/") for path in repository.paths if path.startswith(f"{under}/") and path.endswith(".py")]
    return {part[depth] for part in parts if len(part) > depth + 1}


def findings(repository: Repository) -> Iterator[Finding]:
    contracts = ConfigParser()
    contracts.read(repository.root / CONTRACTS, encoding="utf-8")
    yield from apps_outside(contracts, sorted(folders(repository, f"{PACKAGE}/apps")))
    if contracts.get("importlinter:contract:rooms", "exhaustive", fallback="") != "true":
        yield Finding(CONTRACTS, 1, "the contract of rooms must be exhaustive, or a new room stands outside it")
    present = set(repository.paths)
    for source in repository.python(PACKAGE):
        folder = source.path.rpartition("/")[0]
        if f"{folder}/__init__.py" not in present:
            yield source.finding(1, f"{folder} has no __init__.py, so import-linter does not see it")
