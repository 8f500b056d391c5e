"""The tables of plans, procedures and routes, and how a revision stands in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from samegauge.apps.inspection.models import InstrumentKind
from samegauge.apps.inspection.plans.models import (
    Frequency,
    InspectionPlan,
    Procedure,
    ProcedureStep,
    Revised,
    RevisionState,
    Route,
    StepKind,
)
from samegauge.apps.inspection.plans.pictures import picture_url
from samegauge.core.charts.numerals import number_text, quantity_text
from samegauge.core.face import Cell, Chip, Column, RecordTable
from samegauge.core.language import in_one_line, in_reader_language, named, script_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from samegauge.apps.inspection.plans.models import PlannedCharacteristic, RouteStop
    from samegauge.core.organisations.models import Person
    from samegauge.core.pages import Page

ADDRESS: dict[type[Revised], str] = {InspectionPlan: "plan", Procedure: "procedure", Route: "route"}


def address_of(revised: Revised) -> str:
    return reverse(ADDRESS[type(revised)], args=[revised.uid])


def state_chip(revised: Revised) -> Chip:
    kind = {
        RevisionState.DRAFT: "undecided",
        RevisionState.RELEASED: "ok",
        RevisionState.WITHDRAWN: "neutral",
    }[RevisionState(revised.state)]
    return Chip(kind, str(revised.get_state_display()))  # type: ignore[arg-type]


def bounds_text(revised: Revised) -> str:
    """For which serial numbers and days a revision holds."""
    days = (revised.from_day, revised.to_day)
    first, last = (f"{one:%Y-%m-%d}" if one else "" for one in days)
    said = [*_span(revised.from_serial, revised.to_serial), *_span(first, last)]
    return ", ".join(said) or _("every serial number")


def _span(first: str, last: str) -> list[str]:
    if first and last:
        return [f"{first} … {last}"]
    if first:
        return [_("from %(first)s on") % {"first": first}]
    return [_("up to %(last)s") % {"last": last}] if last else []


def revision_table(page: Page, views: tuple[tuple[str, str, bool], ...]) -> RecordTable:
    columns = (
        Column(pgettext("revision", "Code")),
        Column(_("Revision"), numeric=True),
        Column(pgettext("revision", "Title"), prose=True),
        Column(_("Item")),
        Column(pgettext("revision", "State")),
        Column(_("Holds for"), prose=True),
    )
    rows = tuple(
        (
            Cell(one.code, address_of(one), code=True),
            Cell(number_text(one.revision, 0)),
            Cell(named(one)),
            Cell(one.item.number),
            Cell(chip=state_chip(one)),
            Cell(bounds_text(one)),
        )
        for one in page.rows
    )
    return RecordTable(_("Plans and procedures"), columns, rows, page, views=views)


def limits_text(lower: float | None, upper: float | None, unit: str) -> str:
    if lower is None and upper is None:
        return "–"
    if lower is None:
        return f"≤ {quantity_text(upper, unit)}"
    return (
        f"≥ {quantity_text(lower, unit)}" if upper is None else f"{number_text(lower)} … {quantity_text(upper, unit)}"
    )


def line_table(lines: Sequence[PlannedCharacteristic]) -> RecordTable:
    columns = (
        Column(_("Characteristic"), prose=True),
        Column(_("Limits")),
        Column(_("Instrument"), prose=True),
        Column(_("How often"), prose=True),
        Column(_("Control chart"), prose=True),
        Column(_("Reaction plan"), prose=True),
    )
    rows = tuple(
        (
            Cell(
                line.characteristic.name,
                reverse("characteristic", args=[line.characteristic.uid]),
                provenance="assumed" if line.assumed else "",
                lang=script_of(line.characteristic.name),
            ),
            Cell(
                limits_text(
                    line.characteristic.lower_limit, line.characteristic.upper_limit, line.characteristic.unit_code
                )
            ),
            Cell(_instrument(line)),
            Cell(frequency_text(line)),
            Cell(str(line.get_chart_display())),
            Cell(in_reader_language({"en": line.reaction, "zh": line.reaction_zh or line.reaction})),
        )
        for line in lines
    )
    return RecordTable(_("Characteristics"), columns, rows)


def _instrument(line: PlannedCharacteristic) -> str:
    kind = str(InstrumentKind(line.instrument_kind).label) if line.instrument_kind else _("any")
    if line.resolution is None:
        return kind
    resolution = quantity_text(line.resolution, line.characteristic.unit_code)
    return _("%(kind)s, resolution %(resolution)s or finer") % {"kind": kind, "resolution": resolution}


def frequency_text(line: PlannedCharacteristic) -> str:
    if line.frequency == Frequency.EVERY_NTH and line.every_n:
        return _("every %(n)d units") % {"n": line.every_n}
    if line.frequency == Frequency.PER_LOT and line.sampling:
        return _("%(n)d of each lot, accepted with up to %(c)d not conforming") % {
            "n": line.sampling["size"],
            "c": line.sampling["acceptance"],
        }
    return str(line.get_frequency_display())


def step_table(procedure: Procedure, steps: Sequence[ProcedureStep]) -> RecordTable:
    columns = (
        Column(_("Step"), prose=True),
        Column(pgettext("step", "Kind")),
        Column(_("What closes it"), prose=True),
        Column(_("Required")),
        Column(_("Picture"), prose=True),
    )
    rows = tuple(
        (
            Cell(f"{step.sequence}. {in_reader_language({'en': step.text, 'zh': step.text_zh or step.text})}"),
            Cell(str(step.get_kind_display())),
            Cell(closing_text(step)),
            Cell(_("yes") if step.required else _("no")),
            Cell(step.picture.name if step.picture else "–", picture_url(procedure, step.picture)),
        )
        for step in steps
    )
    return RecordTable(_("Steps"), columns, rows)


def closing_text(step: ProcedureStep) -> str:
    """What a step of its kind needs before it is done."""
    if step.kind == StepKind.VALUE:
        gauge = str(InstrumentKind(step.instrument_kind).label) if step.instrument_kind else ""
        return ", ".join(filter(None, (limits_text(step.lower, step.upper, step.unit_code), gauge)))
    if step.kind == StepKind.PART:
        return " · ".join(filter(None, (step.item.number if step.item else "", step.position)))
    if step.kind == StepKind.CHOICE:
        passing = [one for one in step.choices if one.get("passes", True)]
        texts = (in_reader_language({"en": one["text"], "zh": one.get("text_zh") or one["text"]}) for one in passing)
        return " / ".join(texts)
    if step.kind == StepKind.SIGNATURE:
        return in_reader_language({"en": step.meaning, "zh": step.meaning_zh or step.meaning})
    return "–"


def stop_table(stops: Iterable[RouteStop], procedures: dict[str, Procedure]) -> RecordTable:
    columns = (
        Column(_("Station"), prose=True),
        Column(_("Only with"), prose=True),
        Column(_("Procedure"), prose=True),
        Column(_("Required steps"), numeric=True),
    )
    rows = tuple(_stop_row(stop, procedures.get(stop.procedure_code)) for stop in stops)
    return RecordTable(_("Stations in order"), columns, rows)


def _stop_row(stop: RouteStop, procedure: Procedure | None) -> tuple[Cell, ...]:
    only = ", ".join(f"{name}: {' / '.join(map(str, values))}" for name, values in stop.only_with.items())
    shown = (
        Cell(str(procedure), address_of(procedure))
        if procedure
        else Cell(stop.procedure_code, chip=Chip("warning", _("none released")))
    )
    count = procedure.required if procedure else None  # type: ignore[attr-defined] - counted by the query
    return (
        Cell(f"{stop.station.code} {named(stop.station)}"),
        Cell(only or "–"),
        shown,
        Cell("–" if count is None else number_text(count, 0)),
    )


def life_facts(revised: Revised) -> list[tuple[str, str]]:
    """Who did what with the revision, when and why."""
    facts = [
        (_("Item"), f"{revised.item.number} {named(revised.item)}"),
        (_("Holds for"), bounds_text(revised)),
        (_("Reason for this revision"), revised.reason),
        (_("Drafted"), _who_when(revised.drafted_by, revised.drafted_at)),
    ]
    if revised.released_at:
        facts.append((pgettext("revision", "Released"), _who_when(revised.released_by, revised.released_at)))
    if revised.withdrawn_at:
        facts.append((pgettext("revision", "Withdrawn"), _who_when(revised.withdrawn_by, revised.withdrawn_at)))
        facts.append((_("Why it was withdrawn"), revised.withdrawn_reason))
    return facts


def _who_when(who: Person | None, when: datetime) -> str:

    return " · ".join(filter(None, (f"{timezone.localtime(when):%Y-%m-%d %H:%M}", str(who) if who else "")))


def other_revisions(revised: Revised, revisions: Iterable[Revised]) -> RecordTable:
    columns = (
        Column(_("Revision")),
        Column(pgettext("revision", "State")),
        Column(_("Holds for"), prose=True),
        Column(_("Reason for this revision"), prose=True),
    )
    rows = tuple(
        (
            Cell(str(one), address_of(one) if one.pk != revised.pk else ""),
            Cell(chip=state_chip(one)),
            Cell(bounds_text(one)),
            Cell(one.reason or "–"),
        )
        for one in revisions
    )
    return RecordTable(_("Revisions"), columns, rows)


def verdict_of(revised: Revised, lines: int) -> tuple[str, str, str]:
    """Kind, sentence and reason of the banner over a revision."""
    said = {"revision": str(revised)}
    if revised.state == RevisionState.DRAFT:
        count = ngettext("It has %(count)d line.", "It has %(count)d lines.", lines) % {"count": lines}
        reason = in_one_line((count, _("Nobody works by it until it is released.")))
        return "undecided", _("%(revision)s is a draft") % said, reason
    if revised.state == RevisionState.WITHDRAWN:
        return "neutral", _("%(revision)s is withdrawn") % said, revised.withdrawn_reason
    sentence = _("%(revision)s is released for %(bounds)s") % {**said, "bounds": bounds_text(revised)}
    return "ok", sentence, _("It never changes; a change makes the next revision.")
