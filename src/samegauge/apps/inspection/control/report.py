"""The quality reports as plain data, in the language that is active: of one characteristic, and of a month."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext as _

from samegauge.apps.inspection import drawings
from samegauge.apps.inspection import rules as studies
from samegauge.apps.inspection import tables as study_tables
from samegauge.apps.inspection.control import quality, rules, tables
from samegauge.apps.inspection.control.gates import standings
from samegauge.apps.inspection.control.models import Alarm, Process
from samegauge.apps.inspection.control.promises import promise_of
from samegauge.apps.inspection.control.showing import pictures
from samegauge.apps.inspection.control.watching import current, design_of
from samegauge.core.chart_words import chart_words
from samegauge.core.charts import bar_chart, capability_histogram, control_chart, standalone
from samegauge.core.language import reads_chinese
from samegauge.core.measurement.models import InspectionKind
from samegauge.core.method_words import method_facts
from samegauge.core.production.models import Station

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from samegauge.apps.inspection.control.quality import Period
    from samegauge.core.charts import BarChart, ControlChart
    from samegauge.core.face import Cell, RecordTable
    from samegauge.core.measurement.models import Characteristic
    from samegauge.core.organisations.models import Organisation

MOST_ALARMS, MOST_CHARTS = 40, 6
_SHOWN = 60


@dataclass(frozen=True)
class Part:
    """One section: sentences, pictures with what they say to those who don't see them, tables and facts."""

    title: str
    sentences: list[str] = field(default_factory=list[str])
    pictures: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    tables: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    facts: list[dict[str, str]] = field(default_factory=list[dict[str, str]])


@dataclass(frozen=True)
class Head:
    """What stands on top of a report."""

    title: str
    subtitle: str
    verdict: str
    reason: str = ""
    bad: bool = False


def characteristic_report(row: Characteristic, organisation: Organisation) -> dict[str, Any]:
    study = studies.study_of(row)
    process = rules.process_of(row)
    standing = standings([process])[0] if process else None
    judgement = standing.judgement if standing else study.judgement
    kind, sentence, reason = tables.capability_banner(study, standing)
    head = Head(
        row.name,
        f"{row.item.number} · {InspectionKind(row.inspection_kind).label} · {row.plan}",
        sentence,
        reason,
        kind == "alarm",
    )
    parts = _live_parts(process) if process else []
    histogram = drawings.histogram(row, study)
    capability = Part(
        _("Capability"),
        tables.capability_cautions(study, standing),
        [_picture(capability_histogram(histogram, chart_words()), histogram.sentence)] if histogram else [],
        [_table(study_tables.index_table(judgement))] if judgement else [],
    )
    methods = study_tables.methods(judgement)
    methods += (
        [method_facts(one.method.as_dict()) for one in current([process])[process.pk].charts[:1]] if process else []
    )
    how = Part(_("How it was computed"), facts=[_fact(*one) for facts in methods for one in facts])
    parts += [capability, *_alarm_parts(Alarm.objects.filter(process=process)), how]
    return _view(head, parts, organisation)


def _live_parts(process: Process) -> list[Part]:
    watch, design = current([process])[process.pk], design_of(process)
    drawn = [_control(one.chart) for one in pictures(process, watch, _SHOWN)]
    promises = tables.promise_sentences(promise_of(design, watch))
    return [Part(_("Live control chart"), promises, drawn, facts=[_fact(*one) for one in tables.design_facts(design)])]


def month_of(text: str) -> Period:
    """The days of a month in the organisation's zone; refuses what is no month."""
    first = datetime.strptime(text, "%Y-%m").replace(tzinfo=timezone.get_current_timezone())
    after = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
    return quality.Period(first, after)


def month_report(period: Period, station: Station | None, organisation: Organisation) -> dict[str, Any]:
    """Alarms, capability and yield of a month; of one station where it is named."""
    found = [one for one in quality.capability_by_station() if station is None or one.station == station]
    processes = [standing.process for one in found for standing in one.rows]
    alarms = Alarm.objects.filter(since__gte=period.since, since__lt=period.until)
    if station is not None:
        alarms = alarms.filter(process__in=processes)
    standing = alarms.filter(withdrawn_at__isnull=True)
    open_count, total = rules.open_alarms().filter(pk__in=standing.values("pk")).count(), standing.count()
    facts = {"total": total, "open": open_count}
    verdict = _("Alarms: %(total)d, of which unanswered: %(open)d") % facts
    where = tables.station_name(station) if station else _("All stations")
    head = Head(_("Quality report"), f"{where} · {period.since:%Y-%m}", verdict, bad=open_count > 0)
    parts = [
        *_alarm_parts(alarms),
        *_chart_parts(standing),
        *[_station_part(one) for one in found if one.rows],
        *_cause_parts(period),
        *_yield_parts(period, station),
    ]
    return _view(head, parts, organisation)


def _station_part(one: quality.StationCapability) -> Part:
    title = tables.station_name(one.station)
    return Part(title, tables=[_table(tables.standing_table(one.rows, title))])


def _alarm_parts(alarms: Any) -> list[Part]:
    rows = alarms.select_related("process__lead", "cause", "action", "event").order_by("-since")[:MOST_ALARMS]
    listed = list(rows)
    if not listed:
        return [Part(_("Alarms"), [_("No alarm.")])]
    return [Part(_("Alarms"), tables=[_named_alarms(listed)])]


def _named_alarms(rows: Sequence[Alarm]) -> dict[str, Any]:
    table = _table(tables.alarm_history(rows))
    table["heads"].insert(1, _("Characteristic"))
    table["numeric"].insert(1, False)
    for row, alarm in zip(table["rows"], rows, strict=True):
        row.insert(1, alarm.process.lead.name)
    return table


def _chart_parts(alarms: Any) -> list[Part]:
    keys = list(dict.fromkeys(alarms.order_by("-since").values_list("process_id", flat=True)))[:MOST_CHARTS]
    processes = list(Process.objects.filter(pk__in=keys).select_related("lead__item", "design"))
    known = current(processes)
    return [
        Part(process.lead.name, pictures=[_control(one.chart) for one in pictures(process, known[process.pk], _SHOWN)])
        for process in processes
    ]


def _cause_parts(period: Period) -> list[Part]:
    counted = [(zh if reads_chinese() else name, count) for name, zh, count in quality.causes(period)]
    causes = tables.bars(_("Causes of answered alarms"), _("Cause"), counted)
    failures = tables.bars(_("Values that do not conform"), _("Characteristic"), quality.failures(period))
    return [Part(one.sentence, pictures=[_bars(one)]) for one in (causes, failures) if one]


def _yield_parts(period: Period, station: Station | None) -> list[Part]:
    rows = [one for one in quality.yields(period) if station is None or one.station == station.code]
    if not rows:
        return []
    names = {one.code: one for one in Station.objects.all()}
    return [Part(_("First-pass yield by station"), tables=[_table(tables.yield_table(rows, names))])]


def _control(chart: ControlChart) -> dict[str, str]:
    return _picture(control_chart(chart, chart_words()), chart.sentence)


def _bars(chart: BarChart) -> dict[str, str]:
    return _picture(bar_chart(chart), chart.sentence)


def _picture(svg: str, sentence: str) -> dict[str, str]:
    return {"svg": standalone(svg), "alt": sentence}


def _fact(name: str, value: str) -> dict[str, str]:
    return {"name": str(name), "value": str(value)}


def _table(table: RecordTable) -> dict[str, Any]:
    return {
        "heads": [f"{one.label} [{one.unit}]" if one.unit else str(one.label) for one in table.columns],
        "numeric": [one.numeric for one in table.columns],
        "rows": [[_text(cell) for cell in row] for row in table.rows],
    }


def _text(cell: Cell) -> str:
    """Printed, a state is its word."""
    return str(cell.chip.text if cell.chip else cell.text)


def _view(head: Head, parts: Iterable[Part], organisation: Organisation) -> dict[str, Any]:
    chinese = reads_chinese()
    return {
        **asdict(head),
        "lang": "zh" if chinese else "en",
        "region": "TW" if chinese else "US",
        "organisation": organisation.name_zh or organisation.name if chinese else organisation.name,
        "printed": f"{timezone.localtime():%Y-%m-%d %H:%M}",
        "tags": [_("Simulated data")] if organisation.is_simulated else [],
        "parts": [asdict(part) for part in parts],
    }
