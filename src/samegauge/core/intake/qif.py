"""Inspection results: one QIF document becomes inspections of units, whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from samegauge.core.intake.checks import Place, moment_of, own_zone, refuse_other_item, refuse_unfit, turning
from samegauge.core.measurement.models import (
    NUMBER_OF_PART,
    Characteristic,
    Conformity,
    Inspection,
    InspectionKind,
    Measurement,
)
from samegauge.core.production.models import Confidence
from samegauge.core.thread.models import Item, ItemKind, Unit
from samegauge.core.thread.rules import Fact, record
from samegauge.formats.qif import characteristics_by_key, feature_sizes, identity_keys, parse_qif, recomputed_status

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from zoneinfo import ZoneInfo

    from samegauge.core.intake.run import Intake
    from samegauge.core.intake.sources import Source
    from samegauge.formats.qif import QifCharacteristic, QifDocument, QifMeasurement, QifPartResult

OUTCOME = {"PASS": Conformity.PASS, "FAIL": Conformity.FAIL}
KINDS = {kind.value: kind for kind in InspectionKind}  # as our own export states them


@dataclass(frozen=True)
class PartName:
    """Which unit a result is about, and why we believe so."""

    serial: str
    confidence: Confidence
    evidence: list[dict[str, str]]


class Naming(Protocol):
    """How an import tells which item and which units a document is about."""

    def item(self, document: QifDocument) -> tuple[str, str, str]: ...  # number, name, name in Chinese
    def kind(self, document: QifDocument) -> InspectionKind: ...
    def unit(self, document: QifDocument, result: QifPartResult) -> PartName: ...
    def reported_at(self, document: QifDocument) -> tuple[datetime | None, str]: ...  # and how that is known


class StatedNaming:
    """Takes the document at its word: its part name and its serial numbers."""

    def __init__(self, kind: InspectionKind = InspectionKind.INCOMING) -> None:
        self._kind = kind

    def item(self, document: QifDocument) -> tuple[str, str, str]:
        number = document.part_name or document.model_name or document.file
        return number[:100], number[:200], ""

    def kind(self, document: QifDocument) -> InspectionKind:  # noqa: ARG002 - one kind for all
        return self._kind

    def unit(self, document: QifDocument, result: QifPartResult) -> PartName:
        if result.serial:
            return PartName(result.serial[:100], Confidence.STATED, [])
        if result.derived_serial:
            evidence = {
                "en": "The document states no serial number; "
                f"it is read from the result file {result.source_files[0]}.",
                "zh": f"文件沒有寫序號，由結果檔名 {result.source_files[0]} 讀出。",
            }
            return PartName(result.derived_serial[:100], Confidence.INFERRED, [evidence])
        evidence = {
            "en": f"The document states no serial number; the part is named after its place, {result.position}.",
            "zh": f"文件沒有寫序號，以它在檔案中的順位 {result.position} 命名。",
        }
        stem = (document.qpid or document.file)[:80]
        return PartName(f"{stem}-{result.position}", Confidence.UNCERTAIN, [evidence])

    def reported_at(self, document: QifDocument) -> tuple[datetime | None, str]:
        return stated_time(document)


def stated_time(document: QifDocument) -> tuple[datetime | None, str]:
    """Return the document's time of creation and how its zone is known."""
    if document.created_utc is not None:
        return document.created_utc, "stated"
    if document.created is None:
        return None, "not stated"
    return datetime.fromisoformat(document.created).replace(tzinfo=UTC), "no zone stated, taken as UTC"


def take_in_qif(source: Source, intake: Intake, naming: Naming) -> int:
    """Take in one document inside the caller's transaction; return the number of characteristic statuses."""
    document = parse_qif(source.content(), source.name)
    number, name, name_zh = naming.item(document)
    item, _new = Item.objects.get_or_create(
        number=number, defaults={"name": name, "name_zh": name_zh, "kind": ItemKind.PART}
    )
    kind = naming.kind(document)
    plan = (document.model_name or document.part_name or document.file)[:200]
    characteristics = _characteristics(document, item, kind, plan)
    clock = _Clock(document, own_zone(), intake.recorder.receive_time)
    parts = [naming.unit(document, result) for result in document.results]
    _refuse_unusable(document, parts, clock)
    statuses = 0
    for result, part in zip(document.results, parts, strict=True):
        unit = intake.unit(part.serial, item)
        if document.part_name or document.model_name:  # else the item is only named after the file
            refuse_other_item(unit, item, Place(document.file, result.line, "SerialNumber"))
        stated = KINDS.get(result.report_type, kind)
        inspection = _inspection(_Taken(document, result, part, stated, plan, clock), unit, source, naming, intake)
        statuses += _measurements(_Written(document, result, inspection, clock), characteristics)
    return statuses


@dataclass(frozen=True)
class _Clock:
    """The clocks of a document, held against ours."""

    document: QifDocument
    zone: ZoneInfo
    received_at: datetime

    def moment(self, stated: datetime | None, line: int | None, field: str) -> datetime | None:
        return stated and moment_of(stated, self.zone, self.received_at, Place(self.document.file, line, field))


def _refuse_unusable(document: QifDocument, parts: Sequence[PartName], clock: _Clock) -> None:
    """Refuse a clock that is ahead, a value that a part has twice, and a gauge whose calibration had run out."""
    created = None if document.created is None else datetime.fromisoformat(document.created)
    reported_at = clock.moment(created, None, "TimeCreated") or clock.received_at
    first: dict[tuple[str, str, datetime | None], int | None] = {}
    uses = []
    for result, part in zip(document.results, parts, strict=True):
        performed_at = clock.moment(result.performed_at, result.line, "InspectionStart")
        for measured in result.measurements:
            taken_at = clock.moment(measured.measured_at, measured.line, "TimeStamp") or performed_at
            key = (part.serial, measured.characteristic_key, taken_at)
            if key in first:
                raise Place(document.file, measured.line, "SerialNumber").refusal(
                    f"{part.serial} has two values of the same characteristic, the first in line {first[key]}. "
                    "Correct a serial number, or state when each was measured.",
                    f"序號 {part.serial} 的同一特性有兩個值，第一個在第 {first[key]} 行。"
                    "修正序號，或註明各自的量測時間。",
                )
            first[key] = measured.line
            place = Place(document.file, measured.line, "MeasurementDeviceIds")
            uses.append((measured.device, taken_at or reported_at, place))
    refuse_unfit(uses, clock.zone)


def _characteristics(document: QifDocument, item: Item, kind: InspectionKind, plan: str) -> dict[str, Characteristic]:
    rows = list(Characteristic.objects.filter(item=item, plan=plan))
    known = {row.key: row for row in rows} | {str(row.uid): row for row in rows}
    identities = identity_keys(document)
    new = [
        Characteristic(
            item=item,
            plan=plan,
            inspection_kind=kind,
            key=stated.key,
            name=(stated.label or stated.designator)[:200],
            kind=NUMBER_OF_PART if stated.key in identities else stated.kind[:60],
            nominal=_picometres(stated.nominal),
            lower_limit=_picometres(stated.lower_limit),
            upper_limit=_picometres(stated.upper_limit),
            unit_code=stated.unit,
            datums=stated.datum_reference[:100],
            geometry=_geometry(stated),
            sequence=place,
        )
        for place, stated in enumerate(document.characteristics)
        if stated.key not in known
    ]
    return known | {row.key: row for row in Characteristic.objects.bulk_create(new)}


def _geometry(stated: QifCharacteristic) -> dict[str, Any]:
    said = {"zone": stated.zone, "zone_shape": stated.zone_shape, "material_condition": stated.material_condition}
    return {name: value for name, value in said.items() if value is not None}


def _picometres(value_mm: float | None) -> float | None:
    """Drop the binary noise of nominal + tolerance (3.3 - 0.2 = 3.0999999999999996); no document states picometres."""
    return None if value_mm is None else round(value_mm, 9)


@dataclass(frozen=True)
class _Taken:
    document: QifDocument
    result: QifPartResult
    part: PartName
    kind: InspectionKind
    plan: str
    clock: _Clock


def _inspection(taken: _Taken, unit: Unit, source: Source, naming: Naming, intake: Intake) -> Inspection:
    document, result = taken.document, taken.result
    reported_at, time_basis = naming.reported_at(document)
    failed = sum(measured.status == "FAIL" for measured in result.measurements)
    payload: dict[str, Any] = {
        "kind": taken.kind.value,
        "plan": taken.plan,
        "source": {"name": source.name, "sha256": source.sha256},
        "serial_stated": result.serial,
        "position_in_source": result.position,
        "time_stated": document.created,
        "time_basis": time_basis,
        "statuses": {"PASS": sum(m.status == "PASS" for m in result.measurements), "FAIL": failed},
        "actuals": {measured.characteristic_key: measured.value for measured in result.measurements},
        "match": {"confidence": taken.part.confidence.value, "evidence": taken.part.evidence},
    }
    performed_at = taken.clock.moment(result.performed_at, result.line, "InspectionStart")
    moment = reported_at or performed_at or intake.recorder.receive_time
    event = record(Fact("inspected", moment, payload, unit=unit), intake.recorder)
    return Inspection.objects.create(
        unit=unit,
        kind=taken.kind,
        plan=taken.plan,
        performed_at=performed_at,
        reported_at=moment,
        time_basis=time_basis,
        laboratory=(result.laboratory or document.organisation or "")[:200],
        software=(document.application or "")[:200],
        serial_reported=(result.serial or "")[:200],
        position_in_source=result.position,
        source=source.stored,
        verdict=OUTCOME.get(result.status, Conformity.FAIL if failed else Conformity.UNDECIDED),
        confidence=taken.part.confidence,
        evidence=taken.part.evidence,
        event=event,
        batch=intake.batch,
    )


@dataclass(frozen=True)
class _Written:
    document: QifDocument
    result: QifPartResult
    inspection: Inspection
    clock: _Clock


def _measurements(written: _Written, characteristics: dict[str, Characteristic]) -> int:
    document, result, inspection = written.document, written.result, written.inspection
    stated = characteristics_by_key(document)
    sizes = feature_sizes(document, result)

    def recomputed(measured: QifMeasurement) -> Conformity:
        anew = recomputed_status(stated[measured.characteristic_key], measured, sizes)
        return OUTCOME[anew] if anew else Conformity.UNDECIDED

    rows = []
    for measured in result.measurements:
        known, unit = characteristics[measured.characteristic_key], stated[measured.characteristic_key].unit
        turned = turning(known, unit, Place(document.file, measured.line, "Value"))
        rows.append(
            Measurement(
                inspection=inspection,
                characteristic=known,
                actual=_turned(measured.value, turned),
                deviation=_turned(measured.deviation, turned),
                expanded_uncertainty=_turned(measured.expanded_uncertainty, turned),
                instrument=measured.device[:50],
                operator=measured.operator[:200],
                measured_at=written.clock.moment(measured.measured_at, measured.line, "TimeStamp"),
                stated=OUTCOME.get(measured.status, Conformity.UNDECIDED),
                recomputed=recomputed(measured),
                batch=inspection.batch,
            )
        )
    Measurement.objects.bulk_create(rows, batch_size=500)
    return len(rows)


def _turned(value: float | None, turned: Callable[[float], float]) -> float | None:
    return None if value is None else turned(value)
