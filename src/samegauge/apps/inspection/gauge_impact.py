"""What rests on values that are in doubt: units, the machines they went into, and who has those."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from samegauge.core.language import in_reader_language
from samegauge.core.thread.genealogy import Among, uses_of
from samegauge.core.thread.models import Event, ItemKind, Unit

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class Impact:
    """`customers` by machine, as the latest hand-over says."""

    units: frozenset[int]
    machines_of: dict[int, list[Unit]]
    customers: dict[int, str]

    @property
    def machines(self) -> list[Unit]:
        return sorted({one.pk: one for some in self.machines_of.values() for one in some}.values(), key=str)

    @property
    def customer_names(self) -> list[str]:
        return sorted(set(self.customers.values()))

    def customer(self, machine: int) -> str:
        return self.customers.get(machine, "–")


def impact_of(units: Iterable[int]) -> Impact:
    """Return the machines that units are or ever were in, and the customers these went to."""
    asked = frozenset(units)
    pairs = {(use.part_id, use.machine_id) for use in uses_of(asked)}
    own = Unit.objects.filter(Among("pk", asked), item__kind=ItemKind.MACHINE)
    pairs |= {(key, key) for key in own.values_list("pk", flat=True)}
    known = Unit.objects.filter(Among("pk", {machine for _unit, machine in pairs})).in_bulk()
    machines_of: dict[int, list[Unit]] = {}
    for unit, machine in sorted(pairs):
        if machine in known:
            machines_of.setdefault(unit, []).append(known[machine])
    return Impact(asked, machines_of, _customers(known))


def _customers(machines: Iterable[int]) -> dict[int, str]:
    found = {}
    handed_over = Event.objects.filter(Among("unit_id", machines), kind__in=["delivered", "commissioned"])
    for unit, payload in handed_over.order_by("device_time", "pk").values_list("unit_id", "payload"):
        customer = payload.get("customer") if isinstance(payload, dict) else None
        if customer:
            both = isinstance(customer, dict) and {"en", "zh"} <= customer.keys()
            found[unit] = in_reader_language(customer) if both else str(customer)
    return found
