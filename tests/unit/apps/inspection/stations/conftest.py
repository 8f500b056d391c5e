"""A small line: one model, three stations, two machines, parts, gauges."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from samegauge.apps.inspection.models import Instrument
from samegauge.apps.inspection.plans.models import Procedure, ProcedureStep, Route, RouteStop
from samegauge.apps.inspection.stations.models import StationEntry, UnitStop
from samegauge.apps.inspection.stations.receiving import Receipt, Sender, Sent, receive
from samegauge.core.measurement.models import Characteristic, Measurement
from samegauge.core.organisations.models import Membership, Organisation, Person
from samegauge.core.production.models import Station
from samegauge.core.thread.models import AsBuiltEdge, Item, Unit

if TYPE_CHECKING:
    from collections.abc import Sequence

DAWN = datetime(2026, 11, 2, 0, 0, tzinfo=UTC)
RAILS = 80
RELEASED = {"state": "released", "released_at": DAWN - timedelta(days=30)}


@dataclass
class Line:
    """Fills the organisation in scope; entries are made by step, sent, and what came of them is read back."""

    organisation: Organisation
    stations: int = 3
    machines: int = 2
    units: dict[str, Unit] = field(default_factory=dict)
    procedures: dict[str, Procedure] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.model = Item.objects.create(number="TT5", name="Machine", kind="machine")
        self.rail = Item.objects.create(number="RAIL", name="Rail", kind="part")
        self.bed = Item.objects.create(number="BED", name="Bed", kind="casting")
        self.route = Route.objects.create(code="R", item=self.model, title="Route")
        for number in range(1, self.stations + 1):
            self._station(f"S{number:02d}", number)
        Route.objects.filter(pk=self.route.pk).update(**RELEASED)
        for number in range(1, self.machines + 1):
            self._unit(f"TT5-{number:03d}", self.model)
        rails = Unit.objects.bulk_create(
            Unit(serial=f"RL-{number:03d}", item=self.rail) for number in range(1, RAILS + 1)
        )
        self.units |= {rail.serial: rail for rail in rails}
        self._unit("BED-1", self.bed)
        Instrument.objects.create(number="DI-01", name="Indicator", kind="dial_indicator", uncertainty_um=0.8)
        Instrument.objects.create(number="DI-02", name="Indicator", kind="dial_indicator", due_on=date(2026, 10, 1))
        Instrument.objects.create(number="TW-01", name="Wrench", kind="torque_wrench")
        person = Person.objects.create_user(username=f"assembler-{self.organisation.pk}")
        chief = Person.objects.create_user(username=f"chief-{self.organisation.pk}")
        for one, role in ((person, "assembler"), (chief, "quality_manager")):
            Membership.objects.create(person=one, organisation=self.organisation, role=role)
        self.assembler, self.chief = Sender(person, "assembler", "tablet"), Sender(chief, "quality_manager", "desk")

    def _station(self, code: str, number: int) -> None:
        station = Station.objects.create(
            code=code, name=f"Station {number}", name_zh=f"第 {number} 站", sequence=number
        )
        procedure = Procedure.objects.create(code=f"SOP-{code}", item=self.model, title=f"Work at {code}")
        bore = Characteristic.objects.create(
            item=self.model,
            plan="IPQC-TT5",
            inspection_kind="in_process",
            key=f"bore_{code}",
            name="Bore",
            kind="Diameter",
            upper_limit=8.0,
            unit_code="µm",
        )
        steps: list[dict[str, Any]] = [
            {"key": "clean", "kind": "check"},
            {
                "key": "bore",
                "kind": "value",
                "unit_code": "µm",
                "upper": 8.0,
                "instrument_kind": "dial_indicator",
                "characteristic": bore,
            },
            {"key": "rail", "kind": "part", "item": self.rail, "position": f"{code}-RAIL"},
            {"key": "photo", "kind": "photo", "required": False},
            {"key": "sign", "kind": "signature", "meaning": "done"},
        ]
        for place, fields in enumerate(steps, 1):
            ProcedureStep.objects.create(procedure=procedure, sequence=place, text=fields["key"], **fields)
        Procedure.objects.filter(pk=procedure.pk).update(**RELEASED)
        procedure.refresh_from_db()
        self.procedures[code] = procedure
        RouteStop.objects.create(route=self.route, station=station, sequence=number, procedure_code=procedure.code)

    def _unit(self, serial: str, item: Item) -> None:
        self.units[serial] = Unit.objects.create(serial=serial, item=item)

    def entry(self, number: int, minute: float, step: str, kind: str, **more: Any) -> Sent:
        unit, station = more.pop("unit", "TT5-001"), more.pop("station", "S01")
        return Sent(
            UUID(int=number),
            self.units[unit].uid,
            station,
            self.procedures[station].uid,
            step,
            kind,
            DAWN + timedelta(minutes=minute),
            more,
        )

    def work(self, start: int, *, unit: str = "TT5-001", station: str = "S01", rail: str = "RL-001") -> list[Sent]:
        place: dict[str, Any] = {"unit": unit, "station": station}
        return [
            self.entry(start + 1, start + 1, "clean", "check", done=True, **place),
            self.entry(start + 2, start + 2, "bore", "value", value=5.0, unit_code="µm", instrument="DI-01", **place),
            self.entry(start + 3, start + 3, "rail", "part", serial=rail, **place),
            self.entry(start + 4, start + 4, "sign", "signature", meaning="done", **place),
            self.entry(start + 5, start + 5, "", "finish", **place),
        ]

    def send(self, entries: Sequence[Sent], sender: Sender | None = None) -> list[Receipt]:
        return receive(list(entries), sender or self.assembler)[0]

    def outcomes(self, entries: Sequence[Sent], sender: Sender | None = None) -> list[str]:
        return [receipt.outcome for receipt in self.send(entries, sender)]

    def stop(self, unit: str = "TT5-001", station: str = "S01") -> UnitStop:
        return UnitStop.objects.get(unit=self.units[unit], station__code=station)

    def picture(self) -> dict[str, list[Any]]:
        """What the records say, without their keys and the times at which they were written."""
        edges = AsBuiltEdge.objects.order_by("valid_from", "child__serial")
        values = Measurement.objects.order_by("measured_at", "characteristic__key", "actual")
        stops = UnitStop.objects.order_by("unit__serial", "sequence")
        entries = StationEntry.objects.order_by("at", "uid")
        return {
            "as_built": list(
                edges.values_list("parent__serial", "child__serial", "position", "valid_from", "valid_to")
            ),
            "measurements": list(
                values.values_list(
                    "inspection__unit__serial",
                    "inspection__plan",
                    "inspection__verdict",
                    "inspection__performed_at",
                    "characteristic__key",
                    "actual",
                    "expanded_uncertainty",
                    "instrument",
                    "measured_at",
                    "stated",
                    "recomputed",
                )
            ),
            "stops": list(
                stops.values_list(
                    "unit__serial",
                    "station__code",
                    "state",
                    "done",
                    "required",
                    "conflicts",
                    "begun_at",
                    "completed_at",
                    "released_at",
                )
            ),
            "entries": list(entries.values_list("uid", "at", "kind", "payload", "outcome", "reason")),
        }


@pytest.fixture
def line(in_scope: Organisation) -> Line:
    return Line(in_scope)
