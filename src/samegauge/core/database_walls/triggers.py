"""The wall on SQLite: triggers that refuse a reference into another organisation, and a change of organisation."""

from __future__ import annotations

from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from samegauge.core.database_walls.declared import links, owned_tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from samegauge.core.database_walls.declared import Link

PREFIX = "wall_"
# SQLite keeps a trigger's text as it was given.
_FOUND = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'wall\\_%' ESCAPE '\\'"
_COLUMNS = "SELECT t.name, c.name FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table'"


def found(cursor: Any) -> dict[str, str]:
    return dict(cursor.execute(_FOUND).fetchall())


def take_down(cursor: Any) -> None:
    """Remove every trigger: a table that one of them names cannot be rebuilt."""
    for name in found(cursor):
        cursor.execute(f'DROP TRIGGER "{name}"')


def build(cursor: Any) -> None:
    wanted, there = _declared(cursor), found(cursor)
    for name in sorted(there.keys() - wanted.keys()):
        cursor.execute(f'DROP TRIGGER "{name}"')
    for name in sorted(name for name in wanted if there.get(name) != wanted[name]):
        cursor.execute(f'DROP TRIGGER IF EXISTS "{name}"')
        cursor.execute(wanted[name])


def faults(cursor: Any) -> list[str]:
    wanted, there = _declared(cursor), found(cursor)
    return [f"trigger {name}" for name in sorted({*wanted, *there}) if wanted.get(name) != there.get(name)]


def _declared(cursor: Any) -> dict[str, str]:
    present: dict[str, set[str]] = {}
    for table, column in cursor.execute(_COLUMNS).fetchall():
        present.setdefault(table, set()).add(column)
    of_table = {table: list(some) for table, some in groupby(links(present), key=attrgetter("table"))}
    return {name: sql for table in owned_tables(present) for name, sql in _triggers(table, of_table.get(table, []))}


def _triggers(table: str, refers: list[Link]) -> Iterator[tuple[str, str]]:
    foreign = [
        f'(NEW."{link.column}" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM "{link.target}" '
        f'WHERE id = NEW."{link.column}" AND organisation_id = NEW.organisation_id))'
        for link in refers
    ]
    columns = ", ".join(["id", "organisation_id", *(f'"{link.column}"' for link in refers)])
    moved = ["NEW.organisation_id IS NOT OLD.organisation_id", "NEW.id IS NOT OLD.id"]
    refuse = "BEGIN SELECT RAISE(ABORT, 'a record and what it refers to belong to one organisation'); END"
    if foreign:
        name = f"{PREFIX}{table}_insert"
        yield name, f'CREATE TRIGGER "{name}" BEFORE INSERT ON "{table}" WHEN {" OR ".join(foreign)} {refuse}'
    name = f"{PREFIX}{table}_update"
    yield (
        name,
        f'CREATE TRIGGER "{name}" BEFORE UPDATE OF {columns} ON "{table}" '
        f"WHEN {' OR '.join([*moved, *foreign])} {refuse}",
    )
