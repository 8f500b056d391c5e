"""The records that labels are asked for, as labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from samegauge.core.labels.rules import Label, check_count, code_of
from samegauge.core.organisations.models import Membership
from samegauge.core.production.models import Station
from samegauge.core.thread.models import Item, ItemKind, Unit
from samegauge.core.thread.selection import asked_parts

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet

    from samegauge.core.organisations.models import Organisation


def labels_of(what: str, asked: dict[str, Any], organisation: Organisation, site: str) -> list[Label]:
    """`asked` is the checked form; `site` is the address to put before each code, or nothing."""
    labels = _SOURCES[what](asked, organisation, site)
    check_count(len(labels))
    return labels


def _unit_labels(asked: dict[str, Any], organisation: Organisation, site: str) -> list[Label]:
    units = asked_parts(asked)
    if batch := asked.get("batch"):
        units = units.filter(batch__uid=batch)
    return _labels_of_units(units, organisation, site)


def _machine_labels(asked: dict[str, Any], organisation: Organisation, site: str) -> list[Label]:
    machines = Unit.objects.filter(item__kind=ItemKind.MACHINE, serial__istartswith=asked["serial"])
    return _labels_of_units(machines, organisation, site)


def _labels_of_units(units: QuerySet[Unit], organisation: Organisation, site: str) -> list[Label]:
    check_count(units.count())
    return [
        Label(
            code_of("U", unit.uid, site),
            unit.serial,
            (unit.item.number, *_names(unit.item)),
            unit.simulated or organisation.is_simulated,
        )
        for unit in units.select_related("item").order_by("serial", "pk")
    ]


def _item_labels(asked: dict[str, Any], organisation: Organisation, site: str) -> list[Label]:
    items = Item.objects.filter(number__istartswith=asked["item"])
    check_count(items.count())
    return [
        Label(code_of("I", item.uid, site), item.number, _names(item), organisation.is_simulated)
        for item in items.order_by("number", "pk")
    ]


def _person_labels(_asked: dict[str, Any], organisation: Organisation, site: str) -> list[Label]:
    members = Membership.active().filter(organisation=organisation).select_related("person")
    return [
        Label(
            code_of("P", member.person.uid, site), str(member.person), _names(organisation), organisation.is_simulated
        )
        for member in members.order_by("person__display_name", "person__username")
    ]


def _station_labels(asked: dict[str, Any], organisation: Organisation, site: str) -> list[Label]:
    stations = Station.objects.filter(retired_at__isnull=True, code__istartswith=asked["station"])
    check_count(stations.count())
    return [
        Label(code_of("S", one.uid, site), one.code, _names(one), organisation.is_simulated)
        for one in stations.order_by("code")
    ]


def _names(thing: Any) -> tuple[str, ...]:
    """Chinese first; once where both are the same."""
    return tuple(dict.fromkeys(name for name in (thing.name_zh, thing.name) if name))


_SOURCES: dict[str, Callable[[dict[str, Any], Organisation, str], list[Label]]] = {
    "units": _unit_labels,
    "machines": _machine_labels,
    "items": _item_labels,
    "people": _person_labels,
    "stations": _station_labels,
}
