"""The dry run as tables: what each column is, and what each row would do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from samegauge.core.face import Cell, Chip, Column, RecordTable
from samegauge.core.kinds.tables import kept_text
from samegauge.core.language import script_of
from samegauge.core.takeover.matching import stated_unit
from samegauge.core.takeover.records import RETIRED
from samegauge.core.takeover.targets import Outcome
from samegauge.formats.spreadsheet import column_letter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from samegauge.core.face import Kind
    from samegauge.core.takeover.matching import Matching
    from samegauge.core.takeover.planning import Plan
    from samegauge.core.takeover.targets import PlannedRow, Target
    from samegauge.formats.spreadsheet import Sheet

MOST_SHOWN = 200
SAMPLES = 3
LONGEST_SAMPLE = 40
CHIPS: Mapping[Outcome, Kind] = {
    Outcome.NEW: "ok",
    Outcome.CHANGED: "undecided",
    Outcome.SAME: "neutral",
    Outcome.WRONG: "alarm",
}


def outcome_words() -> dict[Outcome, str]:
    return {
        Outcome.NEW: _("New"),
        Outcome.CHANGED: _("Changed"),
        Outcome.SAME: _("Unchanged"),
        Outcome.WRONG: _("Wrong"),
    }


def plan_table(target: Target, planned: Plan, sheet: Sheet, matching: Matching) -> RecordTable:
    """The rows of a dry run, wrong ones first, those that change nothing last."""
    words, names = outcome_words(), _field_names(target, sheet, matching)
    columns = (
        Column(_("Row"), numeric=True),
        Column(str(target.field(target.key).label)),
        Column(_("What would happen")),
        Column(_("Details"), prose=True),
    )
    ordered = sorted(planned.rows, key=lambda row: (row.outcome is not Outcome.WRONG, row.outcome is Outcome.SAME))
    rows = tuple(
        (
            Cell(str(row.line)),
            Cell(row.key, code=True),
            Cell(chip=Chip(CHIPS[row.outcome], words[row.outcome])),
            Cell(details, lang=script_of(details)),
        )
        for row, details in ((row, _details(target, row, names)) for row in ordered[:MOST_SHOWN])
    )
    return RecordTable(_("Dry run"), columns, rows, not_shown=max(0, len(ordered) - MOST_SHOWN))


def _field_names(target: Target, sheet: Sheet, matching: Matching) -> dict[str, str]:
    """Each field by the name that the reader's own sheet gives it, with its column."""
    names = {one.name: str(one.label) for one in target.fields}
    for place, name in matching.columns.items():
        names[name] = f"{column_letter(place)} {sheet.header[place]}"
    return names


def _details(target: Target, row: PlannedRow, names: dict[str, str]) -> str:
    if row.problems:
        return "; ".join(f"{names.get(name, '–')}: {reason}" for name, reason in row.problems)
    fields = {one.name: one for one in target.fields}
    labels = {one.name: one.heading for one in target.fields} | {RETIRED: _("Out of use")}

    def said(name: str, old: object, new: object) -> str:
        one = fields.get(name)
        told = kept_text(one, new) if old is None else f"{kept_text(one, old)} → {kept_text(one, new)}"
        return f"{labels.get(name, name)}: {told}"

    return "; ".join(said(name, *pair) for name, pair in row.changes.items()) or "–"


def column_rows(target: Target, sheet: Sheet, matching: Matching) -> list[dict[str, object]]:
    """For each column its letter, name, first values, field, and what is to be looked at."""
    return [
        {
            "place": place,
            "letter": column_letter(place),
            "title": title,
            "samples": _samples(sheet, place),
            "field": matching.columns.get(place, ""),
            "note": _note(target, matching, place, title),
        }
        for place, title in enumerate(sheet.header)
    ]


def _samples(sheet: Sheet, place: int) -> Sequence[str]:
    values = dict.fromkeys(row.cells[place] for row in sheet.rows[:50] if row.cells[place])
    return [value[:LONGEST_SAMPLE] for value in list(values)[:SAMPLES]]


def _note(target: Target, matching: Matching, place: int, title: str) -> str:
    if place not in matching.columns:
        return ""
    one, stated = target.field(matching.columns[place]), stated_unit(title)
    if one.unit and stated and stated != one.unit:
        return _("%(stated)s is turned into %(wanted)s.") % {"stated": stated, "wanted": one.unit}
    return _("Only similar. Please check.") if place in matching.unsure else ""
