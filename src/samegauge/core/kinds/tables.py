"""Lists, facts and histories of declared records, as data for the components."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _

from samegauge.core.charts.numerals import number_text
from samegauge.core.face import Cell, Column, RecordTable
from samegauge.core.kinds.declaration import kind_of
from samegauge.core.kinds.models import ChangeKind
from samegauge.core.language import script_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from samegauge.core.kinds.declaration import RecordField, RecordKind
    from samegauge.core.kinds.models import Change, Record
    from samegauge.core.pages import Page

MOST_VIEWS = 10


def record_url(kind: RecordKind, record: Record) -> str:
    return kind.url("record", record.uid)


def record_table(kind: RecordKind, page: Page, sort: str, views: tuple[tuple[str, str, bool], ...]) -> RecordTable:
    fields = [kind.field(name) for name in kind.listed]
    columns = tuple(
        Column(str(one.label), numeric=one.is_number, unit=one.unit, sort=one.name, prose=_is_prose(one))
        for one in fields
    )
    rows = tuple(
        tuple(_cell(kind, record, one, is_first=place == 0) for place, one in enumerate(fields)) for record in page.rows
    )
    return RecordTable(str(kind.many), columns, rows, page, sort, views)


def _is_prose(one: RecordField) -> bool:
    return isinstance(one.model_field, models.CharField | models.TextField) and not one.choices


def _cell(kind: RecordKind, record: Record, one: RecordField, *, is_first: bool) -> Cell:
    text, url = shown(one, getattr(record, one.name))
    if is_first:
        return Cell(text, record_url(kind, record), code=True)
    return Cell(text, url, lang="" if _is_ours(one) else script_of(text))


def shown(one: RecordField, value: Any) -> tuple[str, str]:
    """Write a field's value as people read it, with the address of a related record."""
    if value is None or value == "":
        return "–", ""
    if one.target is not None:
        target = kind_of(one.target)
        return str(value), record_url(target, value)
    if isinstance(value, bool):
        return (_("yes") if value else _("no")), ""
    if one.choices:
        return str(dict(one.choices).get(value, value)), ""
    if one.is_number:
        return number_text(float(value)), ""
    return (value.isoformat() if hasattr(value, "isoformat") else str(value)), ""


def saved_views(kind: RecordKind, asked: dict[str, str]) -> tuple[tuple[str, str, bool], ...]:
    """All, one view for each choice of the first filtered field that has choices, and what is retired."""
    views = [(_("All"), "?", not any(asked.get(name) for name in (*kind.filtered, "retired")))]
    chosen = next((kind.field(name) for name in kind.filtered if kind.field(name).choices), None)
    if chosen is not None:
        name = chosen.name
        views += [
            (str(label), f"?{urlencode({name: value})}", asked.get(name) == str(value))
            for value, label in chosen.choices[:MOST_VIEWS]
        ]
    return (*views, (_("Out of use"), "?retired=1", bool(asked.get("retired"))))


def facts(kind: RecordKind, record: Record) -> list[tuple[str, str, str, str]]:
    said = [(one, *shown(one, getattr(record, one.name))) for one in kind.fields]
    return [(one.heading, text, url, "" if _is_ours(one) else script_of(text)) for one, text, url in said]


def _is_ours(one: RecordField) -> bool:
    """Whether the value is said in the reader's language."""
    return bool(one.choices) or isinstance(one.model_field, models.BooleanField)


def change_table(kind: RecordKind, changes: Iterable[Change]) -> RecordTable:
    columns = (
        Column(_("When")),
        Column(_("Who")),
        Column(_("What")),
        Column(_("Fields"), prose=True),
        Column(_("Why"), prose=True),
    )
    rows = tuple(
        (
            Cell(timezone.localtime(one.at).strftime("%Y-%m-%d %H:%M")),
            Cell(str(one.actor)),
            Cell(str(one.get_what_display())),  # type: ignore[attr-defined]
            Cell("–" if one.what == ChangeKind.CREATED else _differences(kind, one.fields)),
            Cell(one.reason or "–"),
        )
        for one in changes
    )
    return RecordTable(_("History"), columns, rows)


def _differences(kind: RecordKind, fields: Mapping[str, Any]) -> str:
    """Say old and new of each field; of fields that the kind no longer has too, by their names."""
    known = {one.name: one for one in kind.fields}

    def said(name: str, old: Any, new: Any) -> str:
        one = known.get(name)
        return f"{one.heading if one else name}: {kept_text(one, old)} → {kept_text(one, new)}"

    return "; ".join(said(name, *pair) for name, pair in fields.items()) or "–"


def kept_text(one: RecordField | None, value: Any) -> str:
    """Write a value as the history keeps it."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(dict(one.choices).get(value, value)) if one and one.choices else str(value)


def help_table(fields: Iterable[RecordField]) -> RecordTable:
    columns = (
        Column(_("Field")),
        Column(_("Name in files and API")),
        Column(_("Needed")),
        Column(_("Meaning"), prose=True),
        Column(_("Allowed values"), prose=True),
    )
    rows = tuple(
        (
            Cell(one.heading),
            Cell(one.name, code=True, lang="en"),
            Cell(_("yes") if one.required else _("no")),
            Cell(str(one.meaning)),
            Cell(allowed_values(one)),
        )
        for one in fields
    )
    return RecordTable(_("Fields"), columns, rows)


def allowed_values(one: RecordField) -> str:
    if one.choices:
        return ", ".join(f"{value} ({label})" for value, label in one.choices)
    if one.target is not None:
        target = kind_of(one.target)
        return f"{target.field(target.key).label} · {target.many}"
    length = getattr(one.model_field, "max_length", None)
    if isinstance(one.model_field, models.BooleanField):
        return _("yes, no")
    if isinstance(one.model_field, models.DateField):
        return "2026-11-21, 115/11/21"
    return _("Text, at most %(length)d characters") % {"length": length} if length else _("Number")
