"""The tables of the inspection pages, and capability in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _

from samegauge.apps.inspection.gauge_rules import in_doubt
from samegauge.apps.inspection.rules import GOAL
from samegauge.core.charts import Sparkline, sparkline
from samegauge.core.charts.numerals import number_text
from samegauge.core.face import Cell, Chip, Column, RecordTable
from samegauge.core.language import in_one_line, in_reader_language, reads_chinese, script_of
from samegauge.core.method_words import method_facts
from samegauge.core.words import provenance_of
from samegauge.engines.spc.capability.normal import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from samegauge.apps.inspection.rules import Comparison, Study
    from samegauge.core.measurement.models import Characteristic
    from samegauge.core.pages import Page
    from samegauge.engines.spc.capability.intervals import Index
    from samegauge.engines.spc.capability.judgement import Judgement


def characteristic_table(
    page: Page, studies: dict[int, Study], views: tuple[tuple[str, str, bool], ...]
) -> RecordTable:
    columns = (
        Column(_("Characteristic"), prose=True),
        Column(_("Not conforming"), numeric=True),
        Column("n", numeric=True),
        Column(_("At least %(goal)s") % {"goal": number_text(GOAL, 2)}),
        Column("Cpk", numeric=True),
        Column(_("95 % lower bound"), numeric=True),
        Column(_("Values")),
        Column(_("Inspection"), prose=True),
    )
    rows = tuple(_row(characteristic, studies[characteristic.pk]) for characteristic in page.rows)
    return RecordTable(_("Characteristics"), columns, rows, page, views=views)


def _row(characteristic: Characteristic, study: Study) -> tuple[Cell, ...]:
    index = study.judgement.index if study.judgement else None
    fitted = study.judgement.fitted if study.judgement else None
    return (
        Cell(
            characteristic.name,
            reverse("characteristic", args=[characteristic.uid]),
            note=characteristic.item.number,
            lang=script_of(characteristic.name),
        ),
        Cell(chip=Chip("alarm", number_text(study.failed, 0))) if study.failed else Cell(number_text(0, 0)),
        Cell(number_text(len(study.values), 0)),
        Cell(chip=verdict_chip(study)),
        Cell(
            number_text(index.value, 2) if index else "–",
            note=f"Ppk, {fitted.fit.distribution.family.value}" if fitted else "",
        ),
        Cell(number_text(index.lower_bound, 2) if index else "–"),
        Cell(svg=_spark(characteristic, study)),
        Cell(str(characteristic.get_inspection_kind_display())),  # type: ignore[attr-defined]
    )


def _spark(characteristic: Characteristic, study: Study) -> str:
    if not study.values or study.chart is None:
        return ""
    alarms = tuple(sorted({violation.index for violation in study.chart.violations}))
    sentence = _("%(name)s: %(n)d values") % {"name": characteristic.name, "n": len(study.values)}
    line = Sparkline(sentence, tuple(study.values), characteristic.lower_limit, characteristic.upper_limit, alarms)
    return sparkline(line)


def verdict_chip(study: Study) -> Chip:
    if study.judgement is None:
        return Chip("neutral", _("Not computed"))
    return {
        Verdict.REACHED: Chip("ok", _("Reached")),
        Verdict.NOT_REACHED: Chip("alarm", _("Not reached")),
        Verdict.UNDECIDED: Chip("undecided", _("Cannot be decided yet")),
        Verdict.NOT_ASSESSED: Chip("neutral", _("Not assessed")),
    }[study.judgement.verdict]


def index_table(judgement: Judgement) -> RecordTable:
    """Every index with its bounds: an index alone is not comparable."""
    columns = (
        Column(_("Index")),
        Column(_("Value"), numeric=True),
        Column(_("95 % interval"), numeric=True),
        Column(_("95 % lower bound"), numeric=True),
        Column(_("Spread it uses")),
    )
    within, overall = _("within (moving range)"), _("overall (n − 1)")
    capability, fitted, named = judgement.normal, judgement.fitted, ()
    if fitted is not None:
        spread = _("percentiles of the fitted %(family)s distribution") % {
            "family": fitted.fit.distribution.family.value
        }
        named = (("Pp", fitted.pp, spread), ("Ppk", fitted.ppk, spread))
        within, overall = (_("%(spread)s; normal, for comparison") % {"spread": one} for one in (within, overall))
    named = (
        *named,
        ("Cp", capability.cp, within),
        ("Cpk", capability.cpk, within),
        ("Pp", capability.pp, overall),
        ("Ppk", capability.ppk, overall),
    )
    return RecordTable(_("Capability"), columns, tuple(_index_row(*one) for one in named))


def _index_row(name: str, index: Index | None, spread: str) -> tuple[Cell, ...]:
    if index is None:
        return (Cell(name), Cell(_("does not exist")), Cell("–"), Cell("–"), Cell(spread))
    interval = f"{number_text(index.lower, 2)} … {number_text(index.upper, 2)}"
    return (
        Cell(name),
        Cell(number_text(index.value, 2)),
        Cell(interval),
        Cell(number_text(index.lower_bound, 2)),
        Cell(spread),
    )


def comparison_table(comparisons: Sequence[Comparison], study: Study) -> RecordTable:
    columns = (
        Column(_("Source"), prose=True),
        Column(_("Their Ppk"), numeric=True),
        Column(_("Our Ppk"), numeric=True),
        Column(_("Their n"), numeric=True),
        Column(_("Why they differ"), prose=True),
    )
    ours = study.capability.ppk if study.capability else None
    rows = tuple(
        (
            Cell(one.reported.source.name),
            Cell(number_text(one.reported.ppk, 3)),
            Cell(number_text(ours.value, 3) if ours else "–"),
            Cell(number_text(one.reported.n, 0)),
            Cell(in_one_line(map(in_reader_language, one.reasons)) or _("They agree within rounding.")),
        )
        for one in comparisons
    )
    return RecordTable(_("The measuring machine's own report"), columns, rows)


def value_table(study: Study, characteristic: Characteristic) -> RecordTable:
    is_number = characteristic.is_number_of_part
    unit = "" if is_number else characteristic.unit_code
    columns = (
        Column(_("Part")),
        Column(_("Actual"), numeric=True, unit=unit),
        Column(_("Deviation"), numeric=True, unit=unit),
    )
    doubtful = in_doubt(study.measurements)
    rows = tuple(
        (
            Cell(
                row.inspection.unit.serial,
                reverse("unit_thread", args=[row.inspection.unit.uid]),
                code=True,
                provenance=provenance_of(row.inspection.unit),
            ),
            Cell(number_text(row.actual, 0 if is_number else 4), note=doubtful.get(row.pk, "")),
            Cell("–" if is_number else number_text(row.deviation, 4)),
        )
        for row in study.measurements
    )
    return RecordTable(_("Values"), columns, rows)


def verdict_sentence(
    study: Study, judgement: Judgement | None, *, goal: float = GOAL, alarmed: bool = False
) -> tuple[str, str, str]:
    """Kind, sentence and reason of the banner over a characteristic; one that is `alarmed` proves nothing."""
    if judgement is None or judgement.index is None:
        reason = in_reader_language(study.refusal) if study.refusal else ""
        return "neutral", _("Capability does not exist for these values"), reason
    numbers = {
        "symbol": judgement.symbol,
        "value": number_text(judgement.index.value, 2),
        "bound": number_text(judgement.index.lower_bound, 2),
        "n": judgement.normal.count,
    }
    sentence = _("%(symbol)s %(value)s (95 %% lower bound %(bound)s, n = %(n)d)") % numbers
    asked = {"symbol": judgement.symbol, "goal": number_text(goal, 2)}
    if alarmed and judgement.verdict is not Verdict.NOT_REACHED:
        return "neutral", sentence, _("No verdict as long as its alarm is not answered.")
    kind, verdict = {
        Verdict.REACHED: ("ok", _("At least %(goal)s is proven.") % asked),
        Verdict.NOT_REACHED: ("alarm", _("%(goal)s is not reached.") % asked),
        Verdict.UNDECIDED: (
            "undecided",
            _("These values cannot decide whether %(symbol)s is at least %(goal)s.") % asked,
        ),
        Verdict.NOT_ASSESSED: ("neutral", _("No verdict may rest on these values.")),
    }[judgement.verdict]
    if judgement.values_needed:
        needed = _("About %(n)d values in all would decide at this spread.") % {"n": judgement.values_needed}
        verdict = in_one_line((verdict, needed))
    return kind, sentence, verdict


def caution_texts(judgement: Judgement | None) -> list[str]:
    cautions = judgement.cautions if judgement else ()
    return [caution.text_zh if reads_chinese() else caution.text_en for caution in cautions]


def methods(judgement: Judgement | None) -> list[list[tuple[str, str]]]:
    """How the figures came about: one list of facts for what the verdict rests on."""
    if judgement is None:
        return []
    return [method_facts((judgement.fitted or judgement.normal).method.as_dict())]
