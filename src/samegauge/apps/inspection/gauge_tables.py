"""Gauges, certificates and studies as tables and sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from samegauge.apps.inspection.models import AsFound, InstrumentState, InstrumentStudy, StudyVerdict
from samegauge.core.charts import Bar, BarChart, DotChart, DotGroup
from samegauge.core.charts.numerals import number_text
from samegauge.core.face import Cell, Chip, Column, RecordTable
from samegauge.core.language import in_one_line, in_reader_language, script_of
from samegauge.core.words import provenance_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from samegauge.apps.inspection.gauge_impact import Impact
    from samegauge.apps.inspection.models import Calibration, Instrument
    from samegauge.core.measurement.models import Measurement
    from samegauge.core.pages import Page

SOON_DAYS = 30
MOST_GROUPS = 40
FIGURES = {
    "grr_study_percent": (gettext_lazy("Gauge R&R of the study variation"), "%", 1),
    "grr_tolerance_percent": (gettext_lazy("Gauge R&R of the tolerance"), "%", 1),
    "distinct_categories": (gettext_lazy("Distinct categories (ndc)"), "", 0),
    "cg": ("Cg", "", 2),
    "cgk": ("Cgk", "", 2),
    "bias": (pgettext("gauge study", "Bias"), None, None),
    "linearity_percent": (pgettext("gauge study", "Linearity"), "%", 2),
    "occasions_beyond": (gettext_lazy("Occasions beyond the limits"), "", 0),
    "drift_per_occasion": (gettext_lazy("Drift per occasion"), None, None),
    "repeatability": (gettext_lazy("Repeatability (standard deviation)"), None, None),
    "kappa": ("κ", "", 2),
    "missed_percent": (gettext_lazy("Bad parts passed"), "%", 1),
    "false_alarm_percent": (gettext_lazy("Good parts rejected"), "%", 1),
}
SOURCES = {
    "total_gauge_rr": gettext_lazy("Gauge R&R"),
    "repeatability": gettext_lazy("Repeatability (the gauge)"),
    "reproducibility": gettext_lazy("Reproducibility (the people)"),
    "part_to_part": gettext_lazy("Parts"),
}


def verdict_chip(verdict: str) -> Chip:
    kinds = {StudyVerdict.ACCEPTED: "ok", StudyVerdict.CONDITIONAL: "warning", StudyVerdict.REJECTED: "alarm"}
    return Chip(kinds[StudyVerdict(verdict)], str(StudyVerdict(verdict).label))  # type: ignore[arg-type]


def calibration_chip(row: Instrument, today: date) -> Chip:
    if row.state != InstrumentState.IN_USE:
        return Chip("neutral", str(row.get_state_display()))  # type: ignore[attr-defined]
    if row.due_on is None:
        return Chip("no_data", _("No due date"))
    days = (row.due_on - today).days
    if days < 0:
        return Chip("alarm", _("Overdue"))
    if days <= SOON_DAYS:
        return Chip("warning", ngettext("%(count)d day left", "%(count)d days left", days) % {"count": days})
    return Chip("ok", _("Calibrated"))


def gauge_table(
    page: Page,
    studies: Mapping[int, InstrumentStudy],
    locked: Mapping[str, str],
    views: tuple[tuple[str, str, bool], ...],
) -> RecordTable:
    today = timezone.localdate()
    columns = (
        Column(_("Instrument")),
        Column(pgettext("instrument", "Name"), prose=True),
        Column(_("Place")),
        Column(_("Calibration")),
        Column(_("Due on")),
        Column(_("Gauge study")),
        Column(_("May it release?"), prose=True),
    )
    rows = tuple(
        (
            Cell(row.number, reverse("gauge", args=[row.uid]), code=True),
            Cell(row.name),
            Cell(row.place or "–"),
            Cell(chip=calibration_chip(row, today)),
            Cell(row.due_on.isoformat() if row.due_on else "–"),
            _study_cell(studies.get(row.pk)),
            Cell(locked.get(row.number, _("yes"))),
        )
        for row in page.rows
    )
    return RecordTable(_("Gauges"), columns, rows, page, views=views)


def _study_cell(study: InstrumentStudy | None) -> Cell:
    if study is None:
        return Cell(chip=Chip("no_data", _("No study")))
    url = reverse("gauge_study", args=[study.uid])
    return Cell(study.performed_on.isoformat(), url, chip=verdict_chip(study.verdict))


def calibration_table(rows: Iterable[Calibration]) -> RecordTable:
    columns = (
        Column(_("Certificate number")),
        Column(_("Calibrated on")),
        Column(_("Due on")),
        Column(_("As found")),
        Column(_("Expanded uncertainty"), numeric=True, unit="µm"),
        Column(_("Laboratory"), prose=True),
        Column(_("Recorded by"), prose=True),
    )
    found = {AsFound.WITHIN: "ok", AsFound.OUT: "alarm", AsFound.NOT_STATED: "neutral"}
    table = tuple(
        (
            Cell(
                row.certificate_number,
                reverse("calibration_file", args=[row.uid]) if row.certificate_id else "",
                code=True,
                note=_withdrawn(row),
                provenance="simulated" if row.simulated else "",
            ),
            Cell(row.calibrated_on.isoformat()),
            Cell(row.due_on.isoformat()),
            Cell(chip=Chip(found[AsFound(row.as_found)], str(row.get_as_found_display()))),  # type: ignore[arg-type]
            Cell(number_text(row.expanded_uncertainty_um)),
            Cell(str(row.laboratory or "–")),
            Cell(row.actor_name, note=row.note),
        )
        for row in rows
    )
    return RecordTable(_("Certificates"), columns, table)


def _withdrawn(row: Calibration | InstrumentStudy) -> str:
    if row.withdrawn_at is None:
        return ""
    said = {"who": row.withdrawn_by, "why": row.withdrawn_reason}
    return _("Withdrawn by %(who)s: %(why)s") % said


def study_table(rows: Iterable[InstrumentStudy]) -> RecordTable:
    columns = (
        Column(_("Kind of study"), prose=True),
        Column(_("Done on")),
        Column(_("Verdict")),
        Column(_("Result"), prose=True),
        Column(_("Characteristic"), prose=True),
        Column(_("Recorded by"), prose=True),
    )
    table = tuple(
        (
            Cell(
                str(row.get_kind_display()),
                reverse("gauge_study", args=[row.uid]),
                note=_withdrawn(row),
                provenance="simulated" if row.simulated else "",
            ),
            Cell(row.performed_on.isoformat()),
            Cell(chip=verdict_chip(row.verdict)),
            Cell(key_figure(row)),
            Cell(str(row.characteristic or "–")),
            Cell(row.actor_name),
        )
        for row in rows
    )
    return RecordTable(_("Gauge studies"), columns, table)


def key_figure(row: InstrumentStudy) -> str:
    """The figure that the verdict hangs on most, in one clause."""
    figures = row.result.get("figures") or []
    return _figure_text(figures[0], row.unit_code) if figures else "–"


def _figure_text(figure: Mapping[str, Any], unit: str) -> str:
    name, stated, decimals = FIGURES.get(figure["name"], (figure["name"], "", None))
    text = f"{name} {number_text(figure['value'], decimals)} {unit if stated is None else stated}".strip()
    return f"{figure['who']}: {text}" if figure.get("who") else text


def figure_table(row: InstrumentStudy) -> RecordTable:
    columns = (
        Column(_("Figure"), prose=True),
        Column(_("Value"), numeric=True),
        Column(_("95 % interval"), numeric=True),
        Column(_("Threshold"), numeric=True),
    )
    rows = []
    for figure in row.result.get("figures") or []:
        name, stated, decimals = FIGURES.get(figure["name"], (figure["name"], "", None))
        unit = row.unit_code if stated is None else stated
        bounds = (figure.get("lower"), figure.get("upper"))
        interval = "–" if None in bounds else f"{number_text(bounds[0], decimals)} … {number_text(bounds[1], decimals)}"
        rows.append(
            (
                Cell(f"{name} [{unit}]" if unit else str(name), note=figure.get("who", "")),
                Cell(number_text(figure["value"], decimals)),
                Cell(interval),
                Cell(number_text(figure.get("threshold"), decimals)),
            )
        )
    return RecordTable(_("Figures"), columns, tuple(rows))


def study_sentence(row: InstrumentStudy) -> tuple[str, str, str]:
    """Kind, sentence and reason of the banner over a study."""
    verdict = StudyVerdict(row.verdict)
    said = {"gauge": row.instrument.number, "figure": key_figure(row)}
    sentence = {
        StudyVerdict.ACCEPTED: _("%(gauge)s is good enough: %(figure)s"),
        StudyVerdict.CONDITIONAL: _("%(gauge)s is good enough under conditions: %(figure)s"),
        StudyVerdict.REJECTED: _("%(gauge)s is not good enough: %(figure)s"),
    }[verdict]
    reasons = [in_reader_language(one) for one in row.result.get("reasons") or []]
    if verdict is StudyVerdict.REJECTED:
        reasons.append(_("Its readings cannot release anything."))
    return verdict_chip(row.verdict).kind, sentence % said, in_one_line(reasons)


def share_chart(row: InstrumentStudy) -> BarChart | None:
    """How much of the variation comes from where."""
    shares = row.result.get("shares") or []
    if not shares:
        return None
    limits = row.asked.get("thresholds", {})
    accepted, rejected = limits.get("grr_acceptable_percent", 10.0), limits.get("grr_unacceptable_percent", 30.0)
    bars: list[Bar] = []
    for one in shares:
        name = str(SOURCES.get(one["source"], one["source"]))
        is_gauge = one["source"] == "total_gauge_rr"
        bars.append(Bar(name, one["study_percent"], is_gauge and one["study_percent"] > rejected))
        if one.get("tolerance_percent") is not None and is_gauge:
            percent = one["tolerance_percent"]
            bars.append(
                Bar(_("%(source)s, of the tolerance") % {"source": name}, percent, is_gauge and percent > rejected)
            )
    said = {"percent": number_text(shares[0]["study_percent"], 1)}
    lines = (
        (accepted, _("accepted below %(percent)s %%") % {"percent": number_text(accepted)}),
        (rejected, _("rejected above %(percent)s %%") % {"percent": number_text(rejected)}),
    )
    sentence = _("The gauge makes %(percent)s %% of the study variation") % said
    return BarChart(sentence, "%", (_("Source"), _("Share of the study variation")), tuple(bars), lines)


def dot_charts(row: InstrumentStudy) -> list[DotChart]:
    """The readings by operator and by part, or one after another where there is one part and one operator."""
    rows = [one for one in row.readings if isinstance(one, dict) and isinstance(one.get("value"), int | float)]
    if not rows:
        return []
    operators, parts = ({str(one[name]) for one in rows} for name in ("operator", "part"))
    charts = []
    if len(operators) > 1:
        charts.append(_dots(row, rows, "operator", _("The operators' readings, each with its mean"), joined=False))
    if len(parts) > 1:
        charts.append(_dots(row, rows, "part", _("The readings by part"), joined=True))
    if not charts:
        numbered = [{**one, "part": str(place)} for place, one in enumerate(rows, 1)]
        charts.append(_dots(row, numbered, "part", _("The readings in their order"), joined=True))
    return charts


def _dots(row: InstrumentStudy, rows: Sequence[Mapping[str, Any]], by: str, sentence: str, *, joined: bool) -> DotChart:
    names = list(dict.fromkeys(str(one[by]) for one in rows))[:MOST_GROUPS]
    groups = []
    for name in names:
        values = tuple(float(one["value"]) for one in rows if str(one[by]) == name)
        groups.append(DotGroup(name, sum(values) / len(values), values))
    reference = row.asked.get("reference")
    lines = () if reference is None else ((float(reference), _("Reference value")),)
    heads = (_("Operator") if by == "operator" else _("Part"), "n", _("Mean"), _("Lower bound"), _("Upper bound"))
    return DotChart(sentence, pgettext("gauge study", "Reading"), row.unit_code, heads, tuple(groups), lines, joined)


def doubt_table(measurements: Sequence[Measurement], why: Mapping[int, str], impact: Impact) -> RecordTable:
    """The values in doubt, with what they stand for: unit, machine, customer."""
    columns = (
        Column(_("Part")),
        Column(_("Characteristic"), prose=True),
        Column(_("Value"), numeric=True),
        Column(_("Measured")),
        Column(_("Machine")),
        Column(_("Customer"), prose=True),
        Column(_("Why"), prose=True),
    )
    rows = []
    for row in measurements:
        unit = row.inspection.unit
        machines = impact.machines_of.get(unit.pk, [])
        moment = row.measured_at or row.inspection.performed_at or row.inspection.reported_at
        rows.append(
            (
                Cell(
                    unit.serial,
                    reverse("unit_thread", args=[unit.uid]),
                    code=True,
                    provenance=provenance_of(unit),
                ),
                Cell(row.characteristic.name, lang=script_of(row.characteristic.name)),
                Cell(f"{number_text(row.actual)} {row.characteristic.unit_code}"),
                Cell(f"{timezone.localtime(moment):%Y-%m-%d %H:%M}"),
                Cell(", ".join(one.serial for one in machines) or "–", code=bool(machines)),
                Cell(", ".join(dict.fromkeys(impact.customer(one.pk) for one in machines)) or "–"),
                Cell(why.get(row.pk, "–")),
            )
        )
    return RecordTable(_("Values in doubt"), columns, tuple(rows))
