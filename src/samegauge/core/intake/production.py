"""Programs and part traces: which machine made a unit, with which program, operation by operation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from samegauge.core.intake.logs import machine_of, take_in_logs
from samegauge.core.intake.machines import machine_named
from samegauge.core.intake.run import alone
from samegauge.core.production.models import Confidence, OperationRun, ProgramRevision, Trace
from samegauge.core.telemetry import organisation_lake
from samegauge.core.thread.rules import Fact, record, said_of
from samegauge.engines.signals.families import FAMILIES, family_of, program_trace
from samegauge.engines.signals.operations import Cause, Operation, ToolChange, part_operations
from samegauge.engines.signals.programs import ProgramFacts, ProgramMatch, match_program
from samegauge.engines.signals.signal import numeric_signal, text_signal
from samegauge.formats.nc import parse_nc
from samegauge.lake.intake import guess_from_name
from samegauge.lake.store import Selection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from samegauge.core.intake.run import Intake
    from samegauge.core.intake.sources import Source
    from samegauge.core.thread.models import Item, Unit
    from samegauge.engines.signals.families import ProgramTrace
    from samegauge.engines.signals.operations import Interruption, PartOperations
    from samegauge.lake.store import Observations

CAUSES = {
    Cause.HELD: ("Feed hold", "進給暫停"),
    Cause.STOPPED: ("Program stopped", "程式停止"),
    Cause.BETWEEN_RUNS: ("Between two runs", "兩次執行之間"),
    Cause.EMERGENCY_STOP: ("Emergency stop", "緊急停止"),
    Cause.OVERRIDE_ZERO: ("Feed override at 0 %", "進給倍率 0 %"),
    Cause.WAITING: ("Program active, nothing moved", "程式執行中但無動作"),
    Cause.NO_DATA: ("No readings", "無讀值"),
}
ALARM_CAUSES = {Cause.EMERGENCY_STOP}


def take_in_program(source: Source, item: Item, intake: Intake) -> None:
    """Keep an NC program as a revision of its own; its identity is the hash of its bytes."""
    program = parse_nc(source.file, source.name)
    ProgramRevision.objects.create(
        item=item,
        name=(program.title or source.name)[:255],
        revision_label=(program.revision_hint or "")[:40],
        operation_label=(program.operation or "")[:60],
        sha256=program.sha256,
        last_line=max((block.line for block in program.blocks), default=0),
        tool_calls=[[call.line, call.tool] for call in program.tool_calls if call.tool is not None],
        stored=source.stored,
        batch=intake.batch,
    )


@dataclass(frozen=True)
class TracedPart:
    """A trace file, and the unit that was made while it was recorded."""

    source: Source
    unit: Unit
    confidence: Confidence
    evidence: list[dict[str, str]]


def take_in_traces(sources: Sequence[Source], part_of: Callable[[Source], TracedPart], intake: Intake) -> None:
    """Take in part traces and work out the operations of each unit from them."""
    take_in_logs(sources, intake)
    backgrounds: dict[str, ProgramTrace] = {}
    for source in sources:
        name, label = machine_of(source), guess_from_name(source.name).trace
        if label not in organisation_lake().traces(name) or Trace.objects.filter(label=label).exists():
            continue
        background = backgrounds.get(name) or _readings(name, None)[1]
        backgrounds[name] = background
        with alone():
            if not Trace.objects.filter(label=label).exists():
                _take_in_trace(part_of(source), machine_named(name, intake), label, background, intake)
        intake.advance(0, source.name)


def _take_in_trace(part: TracedPart, machine: Unit, label: str, background: ProgramTrace, intake: Intake) -> None:
    observations, trace_of_part = _readings(machine.serial, label)
    found = part_operations(trace_of_part, background=background)
    spans = [operation.span for operation in found.operations if operation.span]
    payload = {
        "machine": machine.serial,
        "trace": label,
        "readings": len(observations),
        "operations": len(spans),
        "match": {"confidence": part.confidence.value, "evidence": part.evidence},
    }
    started, ended = _instant(observations.time_ns[0] / 1e9), _instant(observations.time_ns[-1] / 1e9)
    event = record(Fact("traced", ended, said_of(part.unit, payload), unit=part.unit), intake.recorder)
    trace = Trace.objects.create(
        unit=part.unit,
        machine=machine,
        label=label,
        started_at=started,
        ended_at=ended,
        readings=len(observations),
        numeric_tags=sorted(set(observations.tag[np.isfinite(observations.number)])),
        confidence=part.confidence,
        evidence=part.evidence,
        event=event,
        batch=intake.batch,
    )
    _record_operations(found, trace, intake)


def _readings(machine: str, label: str | None) -> tuple[Observations, ProgramTrace]:
    """Return the readings of one trace, or of the whole machine, and their roles for following programs."""
    tags = None if label else tuple(sorted(_program_tags()))
    observations = organisation_lake().observations(machine, Selection(tags=tags, trace=label))
    seconds = observations.time_ns / 1e9
    numbers, texts = {}, {}
    for tag in sorted(set(observations.tag)):
        chosen = observations.tag == tag
        values = observations.number[chosen]
        if np.isfinite(values).any():
            numbers[tag] = numeric_signal(seconds[chosen], values)
        else:
            rows = np.flatnonzero(chosen)
            texts[tag] = text_signal(seconds[chosen], [observations.value(int(row)).strip() for row in rows])
    family = family_of(frozenset(numbers) | frozenset(texts))
    return observations, program_trace(numbers, texts, family.name if family else "hurco")


def _program_tags() -> set[str]:
    """Tags that tell what is loaded, running and dialled in."""
    roles = ("program_running", "program_loaded", "feed_override", "rapid_override", "execution")
    return {getattr(family, role) for family in FAMILIES.values() for role in roles} - {""}


def _record_operations(found: PartOperations, trace: Trace, intake: Intake) -> None:
    programs = {str(program.pk): program for program in ProgramRevision.objects.filter(item=trace.unit.item)}
    method = found.method.as_dict()
    for sequence, operation in enumerate((one for one in found.operations if one.span), start=1):
        match = _matched(operation, programs.values())
        program = programs.get(match.program.key) if match and match.program else None
        reported = (operation.main_run.program if operation.main_run else None) or ""
        facts = _facts(operation, method) | {"same_revision": match.same_revision if match else None}
        label = _label(program, sequence)
        payload = {"operation": label, "machine": trace.machine.serial, "program": reported, **facts}
        span = operation.span
        assert span is not None  # noqa: S101 - chosen above
        said = said_of(trace.unit, payload)
        event = record(Fact("made", _instant(span.start_s), said, unit=trace.unit), intake.recorder)
        OperationRun.objects.create(
            unit=trace.unit,
            machine=trace.machine,
            trace=trace,
            program=program,
            program_name_reported=reported[:255],
            sequence=sequence,
            label=label[:60],
            started_at=_instant(span.start_s),
            ended_at=_instant(span.end_s),
            cycle_time_s=operation.cycle_time_s,
            facts=facts,
            confidence=match.confidence.value if match else Confidence.UNCERTAIN,
            evidence=[{"en": one.text_en, "zh": one.text_zh} for one in match.evidence] if match else [],
            event=event,
            batch=intake.batch,
        )


def _matched(operation: Operation, programs: Iterable[ProgramRevision]) -> ProgramMatch | None:
    """Which stored program ran, judged by the lines of its tool changes, its last line and the names stated."""
    known = [
        ProgramFacts(
            str(program.pk),
            program.name,
            program.last_line,
            tuple(ToolChange(line, tool) for line, tool in program.tool_calls),
        )
        for program in programs
    ]
    return match_program(operation.main_run, known) if operation.main_run and known else None


def _label(program: ProgramRevision | None, sequence: int) -> str:
    if program and program.operation_label:
        return program.operation_label
    return f"Op {sequence}"


def _facts(operation: Operation, method: dict[str, Any]) -> dict[str, Any]:
    feed, rapid = operation.feed_override_percent, operation.rapid_override_percent
    return {
        "completed": operation.completed,
        "runs": len(operation.runs),
        "running_s": round(operation.running_s, 3),
        "cutting_time_s": round(operation.cutting_s, 3),
        "interrupted_s": round(operation.cycle_time_s - operation.running_s, 3),
        "feed_override_mean_percent": _rounded(feed.mean),
        "feed_override_minimum_percent": _rounded(feed.minimum),
        "feed_override_maximum_percent": _rounded(feed.maximum),
        "rapid_override_mean_percent": _rounded(rapid.mean),
        "tools": sorted(set(operation.tools)),
        "interruptions": [_interruption(one) for one in operation.interruptions],
        "alarms": _alarms(operation.interruptions),
        "method": method,
    }


def _interruption(one: Interruption) -> dict[str, str]:
    english, chinese = CAUSES[one.cause]
    return {
        "cause": one.cause.value,
        "start": _instant(one.span.start_s).isoformat(),
        "end": _instant(one.span.end_s).isoformat(),
        "reason_en": english,
        "reason_zh": chinese,
    }


def _alarms(interruptions: Iterable[Interruption]) -> list[dict[str, str]]:
    found = [one for one in interruptions if one.cause in ALARM_CAUSES]
    return [
        {
            "en": f"{CAUSES[one.cause][0]}, {_instant(one.span.start_s):%Y-%m-%d %H:%M:%S} UTC",
            "zh": f"{CAUSES[one.cause][1]}，{_instant(one.span.start_s):%Y-%m-%d %H:%M:%S} UTC",
        }
        for one in found
    ]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
