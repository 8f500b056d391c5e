"""From a lot to machines and customers, and from a machine back to melts, heat treatments and deliveries."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from samegauge.core.language import in_reader_language
from samegauge.core.partners.models import Partner
from samegauge.core.thread.genealogy import Among, as_built, uses_of
from samegauge.core.thread.models import Event, ItemKind, Lot, LotKind, Unit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

# Of several that name a customer the latest counts: a machine is sold on.
HANDED_OVER = ("ordered", "delivered", "commissioned")
HOURS = "running_hours"


def units_of(lot: Lot) -> list[int]:
    """The units made of a lot; a heat treatment is named by the event of each part that was in the furnace."""
    found = set(Unit.objects.filter(lot=lot).order_by().values_list("pk", flat=True))
    if lot.kind == LotKind.HEAT_TREATMENT:
        treated = Event.objects.filter(kind="heat_treated", unit__isnull=False, superseded_by__isnull=True)
        found.update(treated.filter(payload__batch=lot.number).values_list("unit", flat=True))
    return sorted(found)


@dataclass(frozen=True)
class PartInside:
    """A suspect part that is or was in a machine."""

    unit: Unit
    since: datetime
    until: datetime | None


@dataclass(frozen=True)
class Affected:
    """A machine with the suspect parts that are or were in it; without parts the machine itself is suspected."""

    machine: Unit
    parts: tuple[PartInside, ...] = ()
    customer: str = ""
    place: str = ""
    country: str = ""
    running_hours_h: float | None = None
    hours_read_at: datetime | None = None

    @property
    def is_replaced(self) -> bool:
        return bool(self.parts) and all(part.until for part in self.parts)


@dataclass(frozen=True)
class Traced:
    """Where suspects went: into machines, or nowhere yet."""

    affected: tuple[Affected, ...]
    in_stock: tuple[Unit, ...]


def traced(suspects: Iterable[int]) -> Traced:
    """Follow suspect units up to the machines that they are or were in."""
    units = {unit.pk: unit for unit in Unit.objects.filter(Among("pk", suspects)).select_related("item", "lot")}
    inside: dict[int, list[PartInside]] = defaultdict(list)
    still_in = set()
    for use in uses_of(units):
        inside[use.machine_id].append(PartInside(units[use.part_id], use.since, use.until))
        if use.until is None:
            still_in.add(use.part_id)
    suspected = {key for key, unit in units.items() if unit.item.kind == ItemKind.MACHINE}
    machines = Unit.objects.filter(Among("pk", inside.keys() | suspected)).select_related("item").order_by("serial")
    facts = _known_of(machines)
    affected = tuple(
        replace(facts[machine.pk], parts=tuple(sorted(inside[machine.pk], key=lambda part: part.unit.serial)))
        for machine in machines
    )
    out = {part.unit.pk for parts in inside.values() for part in parts}
    stock = [unit for key, unit in units.items() if key not in out | still_in | suspected]
    return Traced(affected, tuple(sorted(stock, key=lambda unit: unit.serial)))


def _known_of(machines: Iterable[Unit]) -> dict[int, Affected]:
    """Whose each machine is, where it stands and how long it ran, by its latest events."""
    known = {machine.pk: Affected(machine) for machine in machines}
    countries = _countries()
    said = Event.objects.filter(Among("unit_id", known), kind__in=(*HANDED_OVER, HOURS), superseded_by__isnull=True)
    for key, kind, payload, at in said.order_by("device_time", "pk").values_list(
        "unit", "kind", "payload", "device_time"
    ):
        known[key] = replace(known[key], **_told(kind, payload, at, countries))
    return known


def _told(kind: str, payload: dict[str, Any], at: datetime, countries: dict[str, str]) -> dict[str, Any]:
    if kind == HOURS:
        return {"running_hours_h": payload.get("running_hours_h"), "hours_read_at": at}
    customer, place = _text(payload.get("customer")), _text(payload.get("place"))
    told = {"customer": customer, "country": countries.get(customer, "")} if customer else {}
    return told | ({"place": place} if place else {})


def _text(said: Any) -> str:
    return in_reader_language(said) if isinstance(said, dict) and {"en", "zh"} <= said.keys() else str(said or "")


def _countries() -> dict[str, str]:
    rows = Partner.objects.values_list("number", "name", "name_zh", "country")
    return {name: country for *names, country in rows for name in names if name}


@dataclass(frozen=True)
class LotInside:
    """A lot, and how many parts of it are in a unit."""

    lot: Lot
    items: tuple[str, ...]
    parts: int


def lots_in(root: Unit, at: datetime) -> list[LotInside]:
    """Trace backwards: the lots of everything in a unit at a moment, its own among them."""
    branches = as_built(root, at)
    counted = Counter(branch.lot_id for branch in branches if branch.lot_id)
    items: dict[int, set[str]] = defaultdict(set)
    for branch in branches:
        if branch.lot_id:
            items[branch.lot_id].add(branch.item)
    if root.lot_id:
        counted[root.lot_id] += 1
        items[root.lot_id].add(root.item.number)
    item_of = {branch.unit_id: branch.item for branch in branches} | {root.pk: root.item.number}
    for lot, unit in _heat_treatments(item_of):
        counted[lot] += 1
        items[lot].add(item_of[unit])
    # As they are declared: melts and heat treatments first, which hold more for longer.
    lots = sorted(
        Lot.objects.filter(Among("pk", counted)), key=lambda lot: (LotKind.values.index(lot.kind), lot.number)
    )
    return [LotInside(lot, tuple(sorted(items[lot.pk])), counted[lot.pk]) for lot in lots]


def _heat_treatments(units: Iterable[int]) -> Iterator[tuple[int, int]]:
    treated = Event.objects.filter(Among("unit_id", units), kind="heat_treated", superseded_by__isnull=True)
    batches = {unit: str(payload.get("batch", "")) for unit, payload in treated.values_list("unit", "payload")}
    lots = Lot.objects.filter(kind=LotKind.HEAT_TREATMENT, number__in=set(batches.values()))
    keys = dict(lots.values_list("number", "pk"))
    yield from ((keys[batch], unit) for unit, batch in batches.items() if batch in keys)
