"""Which inspected part is which recorded trace: worked out from the data and kept with its evidence."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from samegauge.core.intake.run import alone
from samegauge.core.measurement.models import NUMBER_OF_PART, Inspection, Measurement
from samegauge.core.production.models import OperationRun, Trace
from samegauge.core.telemetry import organisation_lake
from samegauge.core.thread.models import Item, ItemKind, Unit
from samegauge.core.thread.rules import Fact, record
from samegauge.engines.signals.assignment import assignment_test, invariant_features
from samegauge.engines.signals.matching import (
    InspectedUnit,
    Match,
    TraceLabel,
    inspections_evidence,
    list_evidence,
    machine_evidence,
    match_units,
    order_evidence,
    time_evidence,
)
from samegauge.engines.signals.signal import numeric_signal
from samegauge.lake.store import Selection

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from samegauge.core.intake.run import Intake
    from samegauge.engines.signals.evidence import Evidence
    from samegauge.engines.signals.signal import NumericSignal

NUMBER = re.compile(r"(\d+)$")
COUNTER = "Spindle_Time"  # a Hurco counts its spindle's running time and never sets it back
FEWEST_PARTS = 4

Table = dict[tuple[str, float], np.ndarray]


def match_parts(intake: Intake) -> None:
    """Work out, for each item with traces and inspections, which belongs to which; each unit gets an event for it."""
    for item in Item.objects.exclude(kind=ItemKind.MACHINE):
        with alone():
            traces = list(Trace.objects.filter(unit__item=item).select_related("unit", "machine"))
            rows = Inspection.objects.filter(unit__item=item, source__isnull=False)
            inspections = list(rows.select_related("unit", "source"))
            if traces and not all(_is_matched(row) for row in inspections):
                _match_item(traces, inspections, intake)


def _match_item(traces: list[Trace], inspections: list[Inspection], intake: Intake) -> None:
    logs = _daily_counters()
    for trace in (trace for trace in traces if len(trace.evidence) == 1):
        trace.evidence = [*trace.evidence, *_written(_machine_counters(trace, logs))]
        trace.save()
    labels = [TraceLabel(trace.label, _number(trace.unit), _starts_s(trace)) for trace in traces]
    machined_s = max(trace.ended_at for trace in traces).timestamp()
    per_unit = _across_inspections(inspections)
    for kind in sorted({row.kind for row in inspections}):
        found = [row for row in inspections if row.kind == kind]
        source = found[0].source
        assert source is not None  # noqa: S101 - only inspections from files were asked for
        written = time_evidence(source.name, found[0].reported_at.timestamp(), machined_s)
        units = [_inspected(row) for row in found]
        shared = [list_evidence(units, labels), order_evidence(labels), written]
        matches = match_units(units, labels, shared=shared, per_unit=per_unit)
        _keep_new(found, matches, intake)


def _keep_new(inspections: list[Inspection], matches: Sequence[Match], intake: Intake) -> None:
    for row, match in zip(inspections, matches, strict=True):
        if not _is_matched(row):
            _keep(row, match, intake)


def _is_matched(row: Inspection) -> bool:
    """An interrupted import, or an earlier one, may have come this far."""
    return bool(row.evidence) and "code" in row.evidence[-1]


def _inspected(row: Inspection) -> InspectedUnit:
    return InspectedUnit(row.serial_reported or row.unit.serial, _number(row.unit), bool(row.serial_reported))


def _number(unit: Unit) -> int:
    match = NUMBER.search(unit.serial)
    return int(match[1]) if match else -unit.pk


def _starts_s(trace: Trace) -> dict[str, float]:
    """The first start of each operation; one that was taken up again later is not counted twice."""
    latest_first = OperationRun.objects.filter(trace=trace, program__isnull=False).order_by("-started_at")
    return {run.label: run.started_at.timestamp() for run in latest_first}


def _keep(row: Inspection, match: Match, intake: Intake) -> None:
    """Put the match on the inspection and into the unit's history."""
    row.confidence = match.confidence.value
    row.evidence = [*row.evidence, *_written(match.evidence)]
    row.save()
    payload = {
        "inspection": str(row.uid),
        "trace": match.trace,
        "confidence": match.confidence.value,
        "evidence": row.evidence,
    }
    record(Fact("matched", intake.recorder.receive_time, payload, unit=row.unit), intake.recorder)


def _written(evidence: Sequence[Evidence]) -> list[dict[str, Any]]:
    return [
        {"code": one.code, "bearing": one.bearing.value, "figure": one.figure, "en": one.text_en, "zh": one.text_zh}
        for one in evidence
    ]


def _across_inspections(inspections: list[Inspection]) -> Mapping[int, Sequence[Evidence]]:
    """Compare two inspections of the same parts by a permutation test: are equal numbers the same part?"""
    by_kind = {kind: [row for row in inspections if row.kind == kind] for kind in {row.kind for row in inspections}}
    if len(by_kind) != 2:  # noqa: PLR2004 - one comparison needs two lists
        return {}
    first, second = by_kind.values()
    numbers = sorted({_number(row.unit) for row in first} & {_number(row.unit) for row in second})
    one, other = _like_characteristics(first, numbers), _like_characteristics(second, numbers)
    # A pattern that only one of the two measured as a group says nothing about single features of the other.
    keys = [key for key in one if key in other and (one[key].shape[1] == 1) == (other[key].shape[1] == 1)]
    if not keys or len(numbers) < FEWEST_PARTS:
        return {}
    left, right = (np.hstack([invariant_features(table[key]) for key in keys]) for table in (one, other))
    return inspections_evidence(assignment_test(left, right), numbers)


def _like_characteristics(inspections: list[Inspection], numbers: list[int]) -> Table:
    """Values of like characteristics (same kind, same nominal or zone) as tables of parts by features."""
    rows = Measurement.objects.filter(inspection__in=inspections, actual__isnull=False)
    rows = rows.exclude(characteristic__kind=NUMBER_OF_PART)
    values: dict[int, dict[int, float]] = {}
    kinds: dict[int, tuple[str, float]] = {}
    for row in rows.select_related("characteristic", "inspection__unit"):
        stated = row.characteristic
        values.setdefault(stated.pk, {})[_number(row.inspection.unit)] = float(row.actual or 0.0)
        if stated.nominal is None:
            kinds[stated.pk] = (stated.kind, stated.upper_limit or 0.0)
        else:
            kinds[stated.pk] = ("size", round(stated.nominal, 1))
    tables: dict[tuple[str, float], list[list[float]]] = {}
    for key, of_parts in values.items():
        if of_parts.keys() >= set(numbers):
            tables.setdefault(kinds[key], []).append([of_parts[number] for number in numbers])
    return {kind: np.array(columns).T for kind, columns in tables.items()}


def _daily_counters() -> dict[str, NumericSignal]:
    machines = Unit.objects.filter(item__kind=ItemKind.MACHINE, data_items__tag=COUNTER).distinct()
    return {machine.serial: log for machine in machines if (log := _counter(machine.serial, None)) is not None}


def _machine_counters(trace: Trace, logs: Mapping[str, NumericSignal]) -> list[Evidence]:
    """Hold a counter of the trace against the daily logs of every machine that reports it."""
    counter = _counter(trace.machine.serial, trace.label)
    if counter is None or not logs:
        return []
    return list(machine_evidence(counter, logs, COUNTER).values())


def _counter(machine: str, label: str | None) -> NumericSignal | None:
    """Readings of the counter in one trace, or in the daily logs of a machine alone."""
    lake = organisation_lake()
    found = lake.observations(machine, Selection(tags=(COUNTER,), trace=label))
    chosen = np.isfinite(found.number)
    if label is None:
        daily = {entry.key.source for _arrival, entry in lake.ledger.files(machine) if entry.key.trace is None}
        chosen &= np.isin(found.source.astype(str), sorted(daily))
    return numeric_signal(found.time_ns[chosen] / 1e9, found.number[chosen]) if chosen.any() else None
