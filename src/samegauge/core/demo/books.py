"""One simulated organisation's records: its events through the rule that seals them, the rest in bulk."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from samegauge.core.demo.payloads import named_item, said
from samegauge.core.organisations.models import Organisation
from samegauge.core.thread.models import Item, ItemKind, Lot, LotKind, Revision, Unit
from samegauge.core.thread.rules import Fact, Recorder, record_all

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from samegauge.core.thread.models import Event
    from samegauge.simulators.builder.records import Machine, Part, Words

RECORDED_BY = "samegauge demo"


def simulated_organisation(name: Words) -> Organisation:
    return Organisation.objects.get(name=name.en, is_simulated=True)


@dataclass
class Books:
    """Open inside the organisation's scope; what was written is found again by number."""

    organisation: Organisation
    received_at: datetime
    items: dict[str, Item] = field(default_factory=dict)
    revisions: dict[tuple[str, str], Revision] = field(default_factory=dict)
    lots: dict[str, Lot] = field(default_factory=dict)
    units: dict[str, Unit] = field(default_factory=dict)

    def recorder(self, who: str = "") -> Recorder:
        return Recorder(actor_name=f"{RECORDED_BY} · {who}" if who else RECORDED_BY, receive_time=self.received_at)

    def add_items(self, numbers: Iterable[str]) -> None:
        rows = []
        for number in sorted(set(numbers)):
            words, kind = named_item(number)
            rows.append(Item(organisation=self.organisation, number=number, name=words.en, name_zh=words.zh, kind=kind))
        self.items = {item.number: item for item in Item.objects.bulk_create(rows)}

    def add_revisions(self, released: dict[str, datetime]) -> None:
        """Every model has the same revisions."""
        rows = [
            Revision(organisation=self.organisation, item=item, label=label, released_at=at)
            for item in self.items.values()
            if item.kind == ItemKind.MACHINE
            for label, at in released.items()
        ]
        self.revisions = {(row.item.number, row.label): row for row in Revision.objects.bulk_create(rows)}

    def add_lots(self, kind: LotKind, numbers: dict[str, str]) -> None:
        """Lots by number, each with its item's number where it holds one kind of item."""
        rows = [
            Lot(organisation=self.organisation, number=number, kind=kind, item=self.items[item] if item else None)
            for number, item in numbers.items()
        ]
        self.lots |= {lot.number: lot for lot in Lot.objects.bulk_create(rows)}

    def add_units(self, parts: Iterable[Part], machines: Iterable[Machine]) -> None:
        """Register parts and machines, each with its event."""
        found = list(parts)
        built = list(machines)
        rows = [self._unit(part.serial, part.item, lot=self.lots.get(part.lot)) for part in found]
        rows += [
            self._unit(one.serial, one.model, revision=self.revisions.get((one.model, one.revision))) for one in built
        ]
        self.units |= {unit.serial: unit for unit in Unit.objects.bulk_create(rows, batch_size=500)}
        since = {part.serial: part.received_at for part in found} | {one.serial: one.started_at for one in built}
        self.record(
            Fact("registered", since[unit.serial], said(serial=unit.serial, item=unit.item.number), unit=unit)
            for unit in rows
        )

    def _unit(self, serial: str, item: str, *, lot: Lot | None = None, revision: Revision | None = None) -> Unit:
        return Unit(
            organisation=self.organisation,
            serial=serial,
            item=self.items[item],
            lot=lot,
            revision=revision,
            simulated=True,
        )

    def record(self, facts: Iterable[Fact]) -> list[Event]:
        """Append the events, each in the name of the operator that its payload names."""
        by_operator: dict[str, list[Fact]] = defaultdict(list)
        for fact in facts:
            by_operator[fact.payload.get("operator", "")].append(fact)
        return [event for operator, some in by_operator.items() for event in record_all(some, self.recorder(operator))]
