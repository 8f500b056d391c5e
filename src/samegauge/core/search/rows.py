"""The grams' own way into their table: ten rows a record, of which Django would make as many objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection

from samegauge.core.search.models import SearchGram

if TYPE_CHECKING:
    from collections.abc import Iterable

    from samegauge.core.search.models import SearchEntry

_TABLE = SearchGram._meta.db_table
_ONE = f"INSERT INTO {_TABLE} (organisation_id, gram, kind, entry) VALUES (%s, %s, %s, %s)"  # noqa: S608 - the model's name
_MANY = (
    f"INSERT INTO {_TABLE} (organisation_id, gram, kind, entry) "  # noqa: S608 - the model's name
    "SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::bigint[])"
)


def add_grams(filed: Iterable[tuple[SearchEntry, set[str]]]) -> None:
    """Write the grams of entries that passed the wall; in the order of the index, which is written faster so."""
    rows = sorted((entry.organisation_id, gram, entry.kind, entry.pk) for entry, grams in filed for gram in grams)
    if not rows:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_MANY, [list(column) for column in zip(*rows, strict=True)])
        else:
            cursor.executemany(_ONE, rows)
