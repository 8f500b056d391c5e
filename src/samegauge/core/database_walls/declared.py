"""What the models declare of the walls: which tables are owned, and which of their columns refer to owned rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.apps import apps

from samegauge.core.scope import is_owned

if TYPE_CHECKING:
    from collections.abc import Mapping

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
