"""People of every role, parts of a lot in a machine, and reports about them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import translation

from samegauge.apps.inspection.nonconformity import rules
from samegauge.apps.inspection.nonconformity.models import Disposition, FlowStep, Nonconformity, Source
from samegauge.core.measurement.models import Characteristic, Inspection, Measurement
from samegauge.core.organisations.models import Membership, Organisation, Person, Role
from samegauge.core.partners.models import Partner
from samegauge.core.thread.models import AsBuiltEdge, Event, Item, Lot, Unit
from samegauge.core.thread.rules import Fact, Recorder, record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOW = datetime.now(UTC)


@pytest.fixture(autouse=True)
def english(in_scope: Organisation) -> Iterator[None]:
    with translation.override("en"):
        yield


@dataclass
class Works:
    """One organisation with a supplier, a lot of bearings and a machine; what it does, it does by the rules."""

    organisation: Organisation
    make_person: Callable[..., Person]

    def __post_init__(self) -> None:
        self.manager = self.make_person(Role.QUALITY_MANAGER, self.organisation)
        self.engineer = self.make_person(Role.ENGINEER, self.organisation)
        self.inspector = self.make_person(Role.INSPECTOR, self.organisation)
        self.supplier = Partner.objects.create(number="S3", name="Supplier 3", kind="supplier")
        self.item = Item.objects.create(number="BRG", name="Bearing", kind="part")
        self.lot = Lot.objects.create(number="BRG-L003", kind="delivery", item=self.item)
        self.machine = Unit.objects.create(
            serial="M-1", item=Item.objects.create(number="HT8", name="Machine", kind="machine")
        )

    def part(self, serial: str, lot: Lot | None = None) -> Unit:
        return Unit.objects.create(serial=serial, item=self.item, lot=lot)

    def built_in(self, part: Unit) -> None:
        event = self.event(part, "installed")
        AsBuiltEdge.objects.create(
            parent=self.machine, child=part, valid_from=NOW - timedelta(days=1), installed_event=event
        )

    def event(self, unit: Unit, kind: str) -> Event:
        return record(Fact(kind, NOW - timedelta(days=1), {}, unit=unit), Recorder(actor_name="test"))

    def characteristic(self, key: str = "bore", **limits: Any) -> Characteristic:
        made, _new = Characteristic.objects.get_or_create(
            item=self.item,
            plan="IQC",
            key=key,
            defaults={"inspection_kind": "incoming", "name": key, "kind": "Diameter", "unit_code": "µm", **limits},
        )
        return made

    def inspected(
        self, unit: Unit, verdict: str, at: datetime = NOW, actual: float = 9.0, key: str = "bore"
    ) -> Inspection:
        inspection = Inspection.objects.create(
            unit=unit,
            kind="incoming",
            plan="IQC",
            reported_at=at,
            time_basis="stated",
            position_in_source=0,
            verdict=verdict,
            confidence="stated",
            event=self.event(unit, "inspected"),
        )
        characteristic = self.characteristic(key, upper_limit=8.0, lower_limit=0.0)
        Measurement.objects.create(
            inspection=inspection, characteristic=characteristic, actual=actual, stated=verdict, recomputed=verdict
        )
        return inspection

    def report(self, *units: Unit, by: Person | None = None, **more: Any) -> Nonconformity:
        given = {"title": "Scratched", "source": Source.BY_HAND, "found_at": NOW - timedelta(hours=1), **more}
        return rules.open_report(rules.Found(units=units, **given), Recorder(actor=by or self.inspector))

    def take(
        self,
        report: Nonconformity,
        kind: FlowStep,
        by: Person,
        disposition: Disposition | None = None,
        text: str = "Done.",
    ) -> Nonconformity:
        role = Role(Membership.objects.get(person=by).role)
        return rules.take(report, rules.Step(kind, Recorder(actor=by), role, text, disposition))


@pytest.fixture
def works(organisation: Organisation, person_with_role: Callable[..., Person], english: None) -> Works:
    return Works(organisation, person_with_role)
