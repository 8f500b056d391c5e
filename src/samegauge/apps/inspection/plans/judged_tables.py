"""What a plan's parts measure, in words and tables for its page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from samegauge.apps.inspection.plans.judging import judged
from samegauge.apps.inspection.plans.tables import limits_text
from samegauge.core.charts.numerals import number_text, quantity_text
from samegauge.core.face import Cell, Chip, Column, RecordTable
from samegauge.core.language import in_one_line, script_of
from samegauge.core.words import provenance_of

if TYPE_CHECKING:
    from samegauge.apps.inspection.plans.judging import Judged, LineJudged
    from samegauge.apps.inspection.plans.models import InspectionPlan
    from samegauge.core.measurement.models import Measurement


def judged_facts(plan: InspectionPlan) -> dict[str, Any]:
    """For the page of a plan; nothing where none of its characteristics was measured."""
    found = judged(plan)
    if not found.units:
        return {}
    kind, sentence = _sentence(found)
    return {
        "judged_kind": kind,
        "judged_sentence": sentence,
        "judged_reason": in_one_line(_reasons(found)),
        "judged_lines": _line_table(found),
        "judged_failures": _failure_table(found) if found.failures else None,
    }


def _sentence(found: Judged) -> tuple[str, str]:
    said = {"count": number_text(found.units, 0), "failed": number_text(found.failed, 0)}
    if found.failed:
        text = ngettext(
            "%(failed)s of %(count)s measured parts does not conform",
            "%(failed)s of %(count)s measured parts do not conform",
            found.failed,
        )
        return "alarm", text % said
    if found.conforming == found.units:
        return "ok", _("Every measured part (%(count)s) conforms to every line") % said
    said["conforming"] = number_text(found.conforming, 0)
    return "undecided", _("%(conforming)s of %(count)s measured parts conform to every line") % said


def _reasons(found: Judged) -> list[str]:
    said = []
    if found.missing:
        text = ngettext("%(count)d part lacks a value.", "%(count)d parts lack a value.", found.missing)
        said.append(text % {"count": found.missing})
    if found.undecided:
        text = ngettext("%(count)d part is undecided.", "%(count)d parts are undecided.", found.undecided)
        said.append(text % {"count": found.undecided})
    said.append(_("The newest value of each line decides."))
    if found.not_shown:
        text = ngettext("%(count)d older part is left out.", "%(count)d older parts are left out.", found.not_shown)
        said.append(text % {"count": found.not_shown})
    return said


def _line_table(found: Judged) -> RecordTable:
    columns = (
        Column(_("Characteristic"), prose=True),
        Column(_("Limits")),
        Column(_("Conforming"), numeric=True),
        Column(_("Not conforming"), numeric=True),
        Column(_("Undecided"), numeric=True),
        Column(_("Without a value"), numeric=True),
    )
    worst_first = sorted(found.lines, key=lambda one: (-one.failed, -one.undecided, -one.missing, one.line.sequence))
    return RecordTable(_("What was measured by it"), columns, tuple(map(_line_row, worst_first)))


def _line_row(one: LineJudged) -> tuple[Cell, ...]:
    row = one.line.characteristic
    failed = number_text(one.failed, 0)
    return (
        Cell(row.name, reverse("characteristic", args=[row.uid]), lang=script_of(row.name)),
        Cell(limits_text(row.lower_limit, row.upper_limit, row.unit_code)),
        Cell(number_text(one.conforming, 0)),
        Cell(chip=Chip("alarm", failed)) if one.failed else Cell(failed),
        Cell(number_text(one.undecided, 0)),
        Cell(number_text(one.missing, 0)),
    )


def _failure_table(found: Judged) -> RecordTable:
    columns = (
        Column(_("Part")),
        Column(_("Characteristic"), prose=True),
        Column(_("Value"), numeric=True),
        Column(_("Limits")),
        Column(_("Inspection"), prose=True),
    )
    rows = tuple(map(_failure_row, found.failures))
    return RecordTable(_("Not conforming"), columns, rows)


def _failure_row(row: Measurement) -> tuple[Cell, ...]:
    inspection, unit, what = row.inspection, row.inspection.unit, row.characteristic
    return (
        Cell(unit.serial, reverse("unit_thread", args=[unit.uid]), code=True, provenance=provenance_of(unit)),
        Cell(what.name, lang=script_of(what.name)),
        Cell(quantity_text(row.actual, what.unit_code)),
        Cell(limits_text(what.lower_limit, what.upper_limit, what.unit_code)),
        Cell(str(inspection.get_kind_display()), reverse("inspection", args=[inspection.uid])),
    )
