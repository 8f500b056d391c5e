"""Device descriptions: each described machine becomes a unit with its data items."""

from __future__ import annotations

from typing import TYPE_CHECKING

from samegauge.core.production.models import DataItem
from samegauge.core.thread.models import Item, ItemKind, Unit
from samegauge.formats.mtconnect import parse_devices

if TYPE_CHECKING:
    from collections.abc import Iterator

    from samegauge.core.intake.run import Intake
    from samegauge.core.intake.sources import Source
    from samegauge.formats.mtconnect import Device

UNKNOWN_MODEL = "machine"


def take_in_devices(source: Source, intake: Intake) -> None:
    """Register the machines of an MTConnect device description, whole or not at all."""
    for device in parse_devices(source.content(), source.name).devices:
        machine = intake.unit(
            device.name, _model(device.model or device.description or UNKNOWN_MODEL, device.manufacturer)
        )
        known = set(DataItem.objects.filter(machine=machine).values_list("tag", flat=True))
        new = {row.tag: row for row in _data_items(device, machine) if row.tag not in known}
        DataItem.objects.bulk_create(new.values())


def machine_named(name: str, intake: Intake) -> Unit:
    """Return the machine of this name; one that no device description has introduced is registered as it is called."""
    known = Unit.objects.filter(serial=name).select_related("item").first()
    return known or intake.unit(name, _model(UNKNOWN_MODEL, None))


def _model(model: str, manufacturer: str | None) -> Item:
    number = model.strip()[:100] or UNKNOWN_MODEL
    name = " ".join(word for word in (manufacturer, number) if word)
    item, _new = Item.objects.get_or_create(number=number, defaults={"name": name[:200], "kind": ItemKind.MACHINE})
    return item


def _data_items(device: Device, machine: Unit) -> Iterator[DataItem]:
    places = [(device.name, device.data_items)]
    places += [(component.name or component.kind, component.data_items) for component in device.all_components()]
    for component, items in places:
        for item in items:
            yield DataItem(
                machine=machine,
                tag=(item.name or item.source or item.id)[:120],
                category=item.category,
                type=item.type[:80],
                sub_type=(item.sub_type or "")[:80],
                component=component[:120],
                units=(item.units or "")[:40],
                native_units=(item.native_units or "")[:40],
            )
