"""Bought parts: deliveries in lots, each part with a serial number, drawn first in, first out."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from samegauge.simulators.builder.catalogue import BOUGHT, Bought, bought_places
from samegauge.simulators.builder.readings import drawn, reading
from samegauge.simulators.builder.records import Inspected, Part, SupplyLot
from samegauge.simulators.builder.shifts import at_work

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from samegauge.simulators.builder.orders import Order
    from samegauge.simulators.builder.streams import Streams


@dataclass
class Store:
    """Parts as they arrived; a new lot is ordered when the last one is used up. Ask for parts in the order of time."""

    streams: Streams
    spares: bool = False
    lots: list[SupplyLot] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    inspections: list[Inspected] = field(default_factory=list)
    _ready: dict[str, list[Part]] = field(default_factory=lambda: defaultdict(list))
    _ordered: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def draw(self, kind: Bought, item: str, needed_at: datetime) -> Part:
        """Take the next part that its incoming inspection lets through; its lot came before it was needed."""
        while True:
            if not self._ready[item]:
                self._receive(kind, item, needed_at)
            part = self._ready[item].pop(0)
            self.parts.append(part)
            if not kind.plan or self._passes(part, kind):
                return part

    def _receive(self, kind: Bought, item: str, needed_at: datetime) -> None:
        self._ordered[item] += 1
        number = f"{item}-{'SP' if self.spares else 'L'}{self._ordered[item]:03d}"
        rng = self.streams.named("lot", number)
        delivered = at_work(needed_at - timedelta(days=int(rng.integers(10, 25)), minutes=int(rng.integers(0, 400))))
        self.lots.append(SupplyLot(number, item, kind.supplier, delivered, kind.lot_size))
        first = (self._ordered[item] - 1) * kind.lot_size + 1
        serials = (f"{item}-{'SP' if self.spares else ''}{n:04d}" for n in range(first, first + kind.lot_size))
        self._ready[item] = [Part(serial, item, number, delivered) for serial in serials]

    def _passes(self, part: Part, kind: Bought) -> bool:
        rng = self.streams.named("incoming", part.serial)
        performed = at_work(part.received_at + timedelta(days=1, minutes=int(rng.integers(30, 400))))
        found = tuple(reading(gate, drawn(gate, rng)) for gate in kind.plan)
        inspector = f"QC-{rng.integers(1, 4)}"
        self.inspections.append(Inspected(part.serial, "incoming", f"IQC-{part.item}", performed, inspector, found))
        return all(one.conforms for one in found)


def built_in(orders: Sequence[Order], store: Store) -> dict[tuple[str, str], Part]:
    """Draw every bought part of every machine, in the order of building."""
    return {
        (order.serial, place.position): store.draw(
            BOUGHT[place.kind], BOUGHT[place.kind].item(order.model, order.options), order.build_at
        )
        for order in orders
        for place in bought_places(order.options)
    }
