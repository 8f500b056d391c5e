"""Records as the rows of a spreadsheet that comes back unchanged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from samegauge.core.kinds.declaration import RecordField, RecordKind, kind_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from samegauge.core.kinds.models import Record


def table_of(kind: RecordKind, records: Iterable[Record]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return headings in the reader's language and rows as texts; what taking over reads back as unchanged."""
    rows = [tuple(_as_cell(one, record) for one in kind.fields) for record in records]
    return tuple(one.heading for one in kind.fields), rows


def _as_cell(one: RecordField, record: Record) -> str:
    value = getattr(record, one.name)
    if value is None:
        return ""
    if one.target is not None:
        return str(getattr(value, kind_of(one.target).key))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if one.choices:
        return str(dict(one.choices).get(value, value))
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
