"""What the models declare of the walls: which tables are owned, and which of their columns refer to owned rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.apps import apps
from django.db.models.sql import Query

from samegauge.core.database_walls.roles import GRANT, OWN, READER
from samegauge.core.scope import Scope, Window, is_owned, shown_in_windows, within

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from django.db.models import Q

    Columns = Mapping[str, set[str]]


@dataclass(frozen=True, order=True)
class Link:
    """A column of an owned table that holds the key of a row of an owned table."""

    table: str
    column: str
    target: str


def owned_tables(present: Columns) -> list[str]:
    """Return the declared tables that are there: a database may stand between two migrations."""
    return sorted({model._meta.db_table for model in apps.get_models() if is_owned(model)} & present.keys())


def links(present: Columns) -> list[Link]:
    tables = owned_tables(present)
    declared = {
        Link(model._meta.db_table, field.column, field.related_model._meta.db_table)
        for model in apps.get_models()
        if is_owned(model)
        for field in model._meta.local_concrete_fields
        if field.related_model is not None and is_owned(field.related_model)
    }
    return sorted(
        link
        for link in declared
        if link.table in tables and link.target in tables and link.column in present[link.table]
    )


class _ToldWindow(Window):
    """The window that a session of the database was told of."""

    def sql(self, name: str) -> tuple[str, list[Any]]:
        setting = {"grant_id": GRANT, "reader_id": READER}[name]
        return f"(SELECT nullif(current_setting('{setting}', true), '')::bigint)", []


_IN_POLICIES = Scope(None, "a policy's own questions pass the policies", _ToldWindow(0, UUID(int=0), 0))


def shown_tables(connection: Any, present: Columns) -> Iterator[tuple[str, str]]:
    """Tables of which some rows are readable to one more organisation, and the condition."""
    for model in _present(present):
        if model.shown is not None:
            to = model._meta.get_field(model.shown.to).column
            yield model._meta.db_table, f'"{to}" = {OWN} AND {_written(connection, model, model.shown.rows())}'


def opened_tables(connection: Any, present: Columns) -> Iterator[tuple[str, str]]:
    """Tables of which windows show rows, and the condition."""
    for model in _present(present):
        if (rows := shown_in_windows(model)) is not None:
            yield model._meta.db_table, _written(connection, model, rows)


def _present(present: Columns) -> list[Any]:
    """Owned models whose table is there as declared, and all that windows ask with it."""
    tables = owned_tables(present)
    complete = {model._meta.db_table for model in apps.get_models() if is_owned(model)} <= set(tables)
    return [model for model in apps.get_models() if is_owned(model)] if complete else []


def _written(connection: Any, model: Any, rows: Q) -> str:
    """The condition as text, the way Django writes that of a check constraint."""
    query: Any = Query(model)
    query.alias_cols = False
    editor = connection.SchemaEditorClass(connection)
    with within(_IN_POLICIES):
        text, values = query.build_where(rows).as_sql(query.get_compiler(connection=connection), connection)
    return text % tuple(editor.quote_value(value) for value in values)
