"""The door for entries: what can never be valid is refused, everything else is kept for ever and then folded."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from samegauge.apps.inspection.gauge_rules import Gauges
from samegauge.apps.inspection.models import InstrumentKind
from samegauge.apps.inspection.plans.models import Procedure, ProcedureStep, RevisionState
from samegauge.apps.inspection.plans.roles import SUPERVISORS
from samegauge.apps.inspection.stations import reasons
from samegauge.apps.inspection.stations.fold import STEP_KINDS
from samegauge.apps.inspection.stations.models import EntryKind, StationEntry
from samegauge.apps.inspection.stations.parts import failed_serials
from samegauge.apps.inspection.stations.payloads import RefusedEntryError, checked_payload
from samegauge.apps.inspection.stations.reasons import said
from samegauge.apps.inspection.stations.release import measured_by
from samegauge.apps.inspection.stations.writing import settle
from samegauge.core.language import in_both_languages
from samegauge.core.production.models import Station
from samegauge.core.thread.models import Unit
from samegauge.core.thread.rules import CLOCK_TOLERANCE, blocks_on, lock_structure

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from samegauge.apps.inspection.stations.reasons import Said
    from samegauge.core.organisations.models import Person

EARLIEST = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Sent:
    """An entry as a tablet sends it."""

    id: UUID
    unit: UUID
    station: str
    procedure: UUID
    step: str
    kind: str
    device_time: datetime
    payload: dict[str, Any]


@dataclass(frozen=True)
class Sender:
    """Who sends, in which role, from which tablet, and how far its clock is behind the server's."""

    person: Person
    role: str
    device: str = ""
    clock_offset_ms: int = 0

    @property
    def supervises(self) -> bool:
        return self.role in SUPERVISORS


@dataclass(frozen=True)
class Receipt:
    """What became of one entry; `outcome` is taken, known, conflict or refused."""

    id: UUID
    outcome: str
    reason: Said = field(default_factory=dict)
    field: str = ""


def receive(entries: Sequence[Sent], sender: Sender) -> tuple[list[Receipt], list[Unit]]:
    """Keep and fold entries in one transaction; return a receipt for each and the units that they are about."""
    with transaction.atomic():
        lock_structure()
        book = _Book.of(entries)
        receipts: dict[UUID, Receipt] = {}
        new: dict[UUID, StationEntry] = {}
        for entry in entries:
            if entry.id in book.known:
                receipts[entry.id] = Receipt(entry.id, "known")
            elif entry.id not in receipts and entry.id not in new:
                try:
                    new[entry.id] = book.row(entry, sender)
                except RefusedEntryError as refusal:
                    receipts[entry.id] = Receipt(entry.id, "refused", refusal.reason, refusal.field)
        StationEntry.objects.bulk_create(new.values(), batch_size=500)
        touched = {row.unit_id for row in new.values()}
        settle(touched)
        for row in StationEntry.objects.filter(uid__in=new):
            receipts[row.uid] = Receipt(row.uid, row.outcome, row.reason)
        about = touched | {book.known[entry.id] for entry in entries if entry.id in book.known}
        units = list(Unit.objects.filter(pk__in=about).select_related("item").order_by("serial"))
        return [receipts[entry.id] for entry in entries], units


def settle_photo(sha256: str) -> None:
    """A picture has arrived: the steps that wait for it may be done now."""
    with transaction.atomic():
        lock_structure()
        rows = StationEntry.objects.filter(kind=EntryKind.PHOTO, payload__sha256=sha256)
        settle(rows.values_list("unit_id", flat=True))


@dataclass
class _Book:
    """What is looked up for a batch of entries, once for all of them."""

    now: datetime
    known: dict[UUID, int]
    units: dict[UUID, Unit]
    stations: dict[str, Station]
    procedures: dict[UUID, Procedure]
    steps: dict[int, dict[str, ProcedureStep]]
    gauges: Gauges
    parts: dict[str, Unit]
    failed: set[str]

    @classmethod
    def of(cls, entries: Sequence[Sent]) -> _Book:
        known = StationEntry.objects.filter(uid__in={one.id for one in entries}).values_list("uid", "unit_id")
        procedures = Procedure.objects.filter(uid__in={one.procedure for one in entries})
        steps: dict[int, dict[str, ProcedureStep]] = defaultdict(dict)
        for step in ProcedureStep.objects.filter(procedure__in=procedures).select_related("item", "procedure"):
            steps[step.procedure.pk][step.key] = step
        instruments = {str(one.payload.get("instrument", ""))[:50] for one in entries if one.kind == EntryKind.VALUE}
        serials = {str(one.payload.get("serial", ""))[:100] for one in entries if one.kind == EntryKind.PART}
        parts = {row.serial: row for row in Unit.objects.filter(serial__in=serials).select_related("item")}
        return cls(
            datetime.now(UTC),
            dict(known),
            {row.uid: row for row in Unit.objects.filter(uid__in={one.unit for one in entries})},
            {row.code: row for row in Station.objects.filter(code__in={one.station for one in entries})},
            {row.uid: row for row in procedures},
            steps,
            Gauges(instruments - {""}),
            parts,
            failed_serials(parts.values()),
        )

    def row(self, entry: Sent, sender: Sender) -> StationEntry:
        unit, station, procedure = self._place(entry)
        step = self._step(entry, procedure) if entry.kind in STEP_KINDS else None
        payload = checked_payload(entry.kind, entry.payload, step)
        if entry.kind == EntryKind.OVERRIDE and not sender.supervises:
            text = said(
                "Only an owner, an engineer or a quality manager may release past a gate.",
                "只有負責人、工程師或品保主管可以越過關卡放行。",
            )
            raise RefusedEntryError(text, "kind")
        at = self._moment(entry, sender)
        return StationEntry(
            uid=entry.id,
            unit=unit,
            station=station,
            procedure=procedure,
            step=entry.step if step else "",
            kind=entry.kind,
            payload=payload,
            serial=payload["serial"] if entry.kind == EntryKind.PART else "",
            device=sender.device,
            device_time=entry.device_time,
            clock_offset_ms=sender.clock_offset_ms,
            at=at,
            received_at=self.now,
            actor=sender.person,
            actor_name=str(sender.person)[:200],
            role=sender.role,
            fault=self._fault(step, payload, at, unit) if step else {},
        )

    def _place(self, entry: Sent) -> tuple[Unit, Station, Procedure]:
        unit, station = self.units.get(entry.unit), self.stations.get(entry.station)
        procedure = self.procedures.get(entry.procedure)
        if unit is None:
            raise RefusedEntryError(said("There is no such unit here.", "這裡沒有這一台。"), "unit")
        if station is None:
            raise RefusedEntryError(
                said(f"There is no station {entry.station}.", f"沒有 {entry.station} 這一站。"), "station"
            )
        if procedure is None or procedure.state == RevisionState.DRAFT:
            raise RefusedEntryError(
                said("There is no such released procedure here.", "這裡沒有這份已發行的作業標準。"), "procedure"
            )
        return unit, station, procedure

    def _step(self, entry: Sent, procedure: Procedure) -> ProcedureStep:
        step = self.steps[procedure.pk].get(entry.step)
        if step is None:
            raise RefusedEntryError(
                said(f"{procedure} has no step {entry.step}.", f"{procedure} 沒有步驟 {entry.step}。"), "step"
            )
        if step.kind != entry.kind:
            raise RefusedEntryError(
                said(f"Step {step.key} takes a {step.kind}, not a {entry.kind}.", f"步驟 {step.key} 的種類不符。"),
                "kind",
            )
        return step

    def _moment(self, entry: Sent, sender: Sender) -> datetime:
        at = entry.device_time.astimezone(UTC) + timedelta(milliseconds=sender.clock_offset_ms)
        if at > self.now + CLOCK_TOLERANCE:
            minutes = math.ceil((at - self.now).total_seconds() / 60)
            text = said(
                f"It is dated {minutes} minutes ahead of now. Set the tablet's clock.",
                f"時間比現在晚 {minutes} 分鐘。請校正平板時鐘。",
            )
            raise RefusedEntryError(text, "device_time")
        if at < EARLIEST:
            raise RefusedEntryError(
                said("It is dated before 2020. Set the tablet's clock.", "時間早於 2020 年。請校正平板時鐘。"),
                "device_time",
            )
        return at

    def _fault(self, step: ProcedureStep, payload: dict[str, Any], at: datetime, unit: Unit) -> Said:
        if step.kind == EntryKind.VALUE:
            return self._instrument_fault(step, payload["instrument"], at)
        if step.kind == EntryKind.PART:
            return self._part_fault(step, payload["serial"], unit, at)
        return {}

    def _instrument_fault(self, step: ProcedureStep, number: str, at: datetime) -> Said:
        if not number:
            return reasons.no_instrument() if step.instrument_kind else {}
        instrument, wanted = self.gauges.known.get(number), step.instrument_kind
        if instrument is not None and wanted and instrument.kind != wanted:
            return reasons.wrong_instrument(number, in_both_languages(lambda: str(InstrumentKind(wanted).label)))
        fault = self.gauges.fault(number, measured_by([step]), timezone.localdate(at))
        return in_both_languages(lambda: fault.said) if fault else {}

    def _part_fault(self, step: ProcedureStep, serial: str, unit: Unit, at: datetime) -> Said:
        part = self.parts.get(serial)
        if part is None:
            return reasons.unknown_part(serial)
        if part.pk == unit.pk:
            return reasons.itself(serial)
        if step.item is not None and part.item != step.item:
            return reasons.wrong_part(serial, part.item.number, step.item.number)
        if block := blocks_on(part, at).first():
            return reasons.blocked_part(serial, block.reason)
        return reasons.failed_part(serial) if serial in self.failed else {}
