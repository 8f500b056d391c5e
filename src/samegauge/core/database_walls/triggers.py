"""The wall on SQLite: triggers that refuse a reference into another organisation, and a change of organisation."""

from __future__ import annotations

from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from samegauge.core.database_walls.declared import links, owned_tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from samegauge.core.database_walls.declared import Link

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
        f'NEW."{link.column}" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM "{link.target}" '  # noqa: S608 - names of models
        f'WHERE id = NEW."{link.column}" AND organisation_id = NEW.organisation_id)'
        for link in refers
    ]
    # INSERT OR REPLACE puts a row in another's place.
    taken = f'EXISTS (SELECT 1 FROM "{table}" WHERE id = NEW.id AND organisation_id <> NEW.organisation_id)'  # noqa: S608
    columns = ", ".join(f'"{name}"' for name in ("id", "organisation_id", *(link.column for link in refers)))
    yield _trigger(table, "insert", "INSERT", [taken, *foreign])
    moved = "NEW.organisation_id IS NOT OLD.organisation_id OR NEW.id IS NOT OLD.id"
    yield _trigger(table, "update", f"UPDATE OF {columns}", [moved, *foreign])


def _trigger(table: str, name: str, event: str, refused: list[str]) -> tuple[str, str]:
    name = f"wall_{table}_{name}"
    conditions = " OR ".join(f"({condition})" for condition in refused)
    return name, (
        f'CREATE TRIGGER "{name}" BEFORE {event} ON "{table}" WHEN {conditions} '
        "BEGIN SELECT RAISE(ABORT, 'a record and what it refers to belong to one organisation'); END"
    )
