"""The thread as EPCIS 2.0: every event of a unit becomes one, in the order in which they happened.

What an event says of a thing decides its type: installed and removed are associations, cast and heat treated are
transformations, everything else observes the unit. An event that was corrected declares itself wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from samegauge.apps.history.epcis_names import names_of
from samegauge.core.measurement.models import Conformity, Inspection, Measurement
from samegauge.core.scope import organisation_scope
from samegauge.core.thread.models import Event, Unit
from samegauge.formats.epcis.document import written
from samegauge.formats.epcis.model import (
    NAMESPACE,
    AssociationEvent,
    Common,
    ErrorDeclaration,
    ObjectEvent,
    Reading,
    TransformationEvent,
    as_json,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from samegauge.core.organisations.models import Organisation
    from samegauge.formats.epcis.model import EpcisEvent

AT_ONCE = 500
MEDIA_TYPE = "application/ld+json"
# With whom a history is shared is the organisation's own business.
_KEPT_BACK = ("shared", "sharing_ended")
_STEPS = {
    "registered": ("commissioning", "active"),
    "cast": ("commissioning", "active"),
    "heat_treated": (f"{NAMESPACE}heat_treating", "in_progress"),
    "installed": ("assembling", ""),
    "removed": ("disassembling", ""),
    "station_completed": ("assembling", "in_progress"),
    "inspected": ("inspecting", ""),
    "delivered": ("shipping", "in_transit"),
    "commissioned": ("installing", "active"),
    "repaired": ("repairing", "active"),
    "running_hours": ("sensor_reporting", ""),
}
_CONFORMS: dict[str, bool] = {Conformity.PASS: True, Conformity.FAIL: False}
_DISPOSITIONS: dict[str, str] = {Conformity.PASS: "conformant", Conformity.FAIL: "non_conformant"}


@dataclass(frozen=True)
class Asked:
    """Of which unit, or of all, and from when until before when it happened."""

    unit: Unit | None = None
    since: datetime | None = None
    until: datetime | None = None

    def keys(self) -> list[int]:
        found = Event.objects.filter(unit__isnull=False, unit__retracted_at__isnull=True).exclude(kind__in=_KEPT_BACK)
        if self.unit is not None:
            found = found.filter(unit=self.unit)
        if self.since is not None:
            found = found.filter(device_time__gte=self.since)
        if self.until is not None:
            found = found.filter(device_time__lt=self.until)
        return list(found.order_by("device_time", "pk").values_list("pk", flat=True))


def document(organisation: Organisation, asked: Asked) -> Iterator[bytes]:
    """The document in pieces; the organisation's scope is open only while a stretch of events is read."""
    return written(_events(organisation, asked), datetime.now(UTC))


def _events(organisation: Organisation, asked: Asked) -> Iterator[EpcisEvent]:
    with organisation_scope(organisation):
        keys = asked.keys()
    for start in range(0, len(keys), AT_ONCE):
        with organisation_scope(organisation):
            some = _Stretch(organisation, keys[start : start + AT_ONCE]).events()
        yield from some


class _Stretch:
    """Some events with all that is said of them, read in a handful of queries."""

    def __init__(self, organisation: Organisation, keys: Sequence[int]) -> None:
        self._names, self._zone = names_of(organisation), ZoneInfo(organisation.time_zone)
        rows = Event.objects.select_related("unit__item", "unit__revision").filter(pk__in=keys)
        self._rows = list(rows.order_by("device_time", "pk"))
        corrections = Event.objects.select_related("unit__item", "unit__revision").filter(supersedes__in=keys)
        self._corrections = {row.supersedes_id: row for row in corrections}
        every = [*self._rows, *self._corrections.values()]
        self._readings, self._verdicts = _measured([row.pk for row in every if row.kind == "inspected"])
        serials = {str(row.payload.get(end)) for row in every for end in ("parent", "child") if end in row.payload}
        self._items = dict(Unit.objects.filter(serial__in=serials).values_list("serial", "item__number"))

    def events(self) -> list[EpcisEvent]:
        return [self._event(row) for row in self._rows]

    def _event(self, row: Event) -> EpcisEvent:
        unit: Any = row.unit
        own, payload = self._names.unit(unit.serial, unit.item.number), row.payload
        if row.kind in {"installed", "removed"} and {"parent", "child"} <= payload.keys():
            action = "ADD" if row.kind == "installed" else "DELETE"
            return AssociationEvent(self._common(row), self._named(payload["parent"]), (own,), action)
        if row.kind == "cast":
            melt = self._names.lot("melt", str(payload["melt"])) if payload.get("melt") else ""
            return TransformationEvent(self._common(row), (), (melt,) if melt else (), (own,))
        if row.kind == "heat_treated":
            batch = self._names.lot("heat_treatment", str(payload["batch"])) if payload.get("batch") else ""
            return TransformationEvent(self._common(row), (own,), (), (own,), batch)
        return ObjectEvent(self._common(row), (own,), "ADD" if row.kind == "registered" else "OBSERVE")

    def _named(self, serial: str) -> str:
        return self._names.unit(serial, self._items.get(serial, ""))

    def _common(self, row: Event) -> Common:
        step, disposition = _STEPS.get(row.kind, (f"{NAMESPACE}{row.kind}", ""))
        unit: Any = row.unit
        offset = self._zone.utcoffset(row.device_time.astimezone(self._zone).replace(tzinfo=None))
        correction = self._corrections.get(row.pk)
        made = {"item": unit.item.number, "serial": unit.serial} if row.kind in {"registered", "cast"} else {}
        return Common(
            at=row.device_time,
            zone_minutes=int(offset.total_seconds() // 60) if offset else 0,
            step=step,
            recorded_at=row.receive_time,
            disposition=self._verdicts.get(row.pk, disposition),
            place=self._names.place(str(row.payload["station"])) if row.payload.get("station") else "",
            readings=self._readings.get(row.pk) or _stated(row.payload),
            said={
                "event": str(row.uid),
                "kind": row.kind,
                "leafHash": row.leaf_hash,
                "simulated": "true" if unit.simulated else "",
            },
            made=made,
            error=ErrorDeclaration(correction.receive_time, (self._hash(correction),)) if correction else None,
        )

    def _hash(self, row: Event) -> str:
        return str(as_json(self._event(row))["eventID"])


def _measured(keys: list[int]) -> tuple[dict[int, tuple[Reading, ...]], dict[int, str]]:
    inspections = Inspection.objects.filter(event__in=keys).values_list("pk", "event_id", "verdict")
    event_of = {key: event_id for key, event_id, _verdict in inspections}
    rows = Measurement.objects.filter(inspection__in=event_of, actual__isnull=False).select_related("characteristic")
    found: dict[int, list[Reading]] = {}
    for row in rows.order_by("inspection", "characteristic__sequence", "pk"):
        stated, conforms = row.characteristic, _CONFORMS.get(row.stated)
        value: Any = row.actual  # only rows with a value were asked for
        reading = Reading(stated.name, value, stated.unit_code, stated.lower_limit, stated.upper_limit, conforms)
        found.setdefault(event_of[row.inspection_id], []).append(reading)
    verdicts = {event_id: _DISPOSITIONS[verdict] for _key, event_id, verdict in inspections if verdict in _DISPOSITIONS}
    return {event_id: tuple(readings) for event_id, readings in found.items()}, verdicts


def _stated(payload: dict[str, Any]) -> tuple[Reading, ...]:
    """Values that the event itself states, as stations and counters do."""
    values: list[Reading] = []
    for one in payload.get("values") or ():
        if isinstance(one, dict) and isinstance(one.get("value"), int | float):
            named = (str(one.get("characteristic", "")), one["value"], str(one.get("unit", "")))
            values.append(Reading(*named, one.get("lower"), one.get("upper"), one.get("conforms")))
    hours = payload.get("running_hours_h")
    if isinstance(hours, int | float):
        values.append(Reading("running hours", hours, "h"))
    return tuple(values)
