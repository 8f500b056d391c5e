"""MTConnect Devices and Streams documents (schema 1.x, tried on 1.3 with the NIST extension)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from samegauge.doors.xml import XmlElement, local_name
from samegauge.formats.errors import FormatError
from samegauge.formats.xml_document import attribute, check_root, instant, integer, number, open_document

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

_DEVICES = re.compile(r"urn:mtconnect\.org:MTConnectDevices:1\.[0-9]{1,2}")
_STREAMS = re.compile(r"urn:mtconnect\.org:MTConnectStreams:1\.[0-9]{1,2}")
_CATEGORIES = {"SAMPLE", "EVENT", "CONDITION"}
_CONTAINERS = {"Samples": "SAMPLE", "Events": "EVENT", "Condition": "CONDITION"}
_CONDITION_LEVELS = {"Normal", "Warning", "Fault", "Unavailable"}


@dataclass(frozen=True, slots=True)
class Constraints:
    """Allowed values or range of a data item, in its units."""

    values: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True, slots=True)
class DataItem:
    """`units` is what an agent publishes, `native_units` what the machine's control reports."""

    id: str
    name: str | None
    type: str
    category: str
    sub_type: str | None
    units: str | None
    native_units: str | None
    source: str | None
    constraints: Constraints | None
    component_id: str


@dataclass(frozen=True, slots=True)
class Component:
    id: str
    name: str | None
    kind: str
    data_items: tuple[DataItem, ...]
    components: tuple[Component, ...]


@dataclass(frozen=True, slots=True)
class Device:
    id: str
    name: str
    uuid: str
    description: str
    manufacturer: str | None
    model: str | None
    serial_number: str | None
    data_items: tuple[DataItem, ...]
    components: tuple[Component, ...]

    def all_components(self) -> Iterator[Component]:
        pending = list(reversed(self.components))
        while pending:
            component = pending.pop()
            yield component
            pending.extend(reversed(component.components))

    def all_data_items(self) -> Iterator[DataItem]:
        yield from self.data_items
        for component in self.all_components():
            yield from component.data_items


@dataclass(frozen=True, slots=True)
class DevicesDocument:
    """`shared_ids` occur in more than one device: the schema forbids it, a copied device model does it all the same."""

    file: str
    schema: str
    created: datetime | None
    sender: str | None
    devices: tuple[Device, ...]
    shared_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Observation:
    """One value of a data item; for a condition `kind` is its level and `condition` the rest of it."""

    device: str
    component: str
    component_id: str
    data_item_id: str
    name: str | None
    category: str
    kind: str
    sub_type: str | None
    timestamp: datetime
    sequence: int
    value: str
    condition: ConditionDetail | None


@dataclass(frozen=True, slots=True)
class ConditionDetail:
    type: str
    native_code: str | None
    native_severity: str | None
    qualifier: str | None


@dataclass(frozen=True, slots=True)
class StreamsDocument:
    file: str
    schema: str
    created: datetime | None
    sender: str | None
    instance_id: str | None
    first_sequence: int | None
    next_sequence: int | None
    last_sequence: int | None
    observations: tuple[Observation, ...]


def parse_devices(source: Path | bytes, name: str) -> DevicesDocument:
    """Device descriptions; an id that occurs twice in one device refuses the document, because streams refer to it."""
    root = open_document(source, name)
    namespace = check_root(root, name, "MTConnectDevices", _DEVICES)
    reader = _DevicesReader(name, namespace)
    header = root.find(f"{{{namespace}}}Header")
    created = header.get("creationTime") if header is not None else None
    devices = tuple(reader.device(e) for e in root.findall(f"{{{namespace}}}Devices/{{{namespace}}}Device"))
    if not devices:
        raise FormatError(name, root.sourceline, "The document describes no device.", "文件未描述任何設備。")
    return DevicesDocument(
        file=name,
        schema=namespace,
        created=instant(created, header, name) if header is not None and created else None,
        sender=header.get("sender") if header is not None else None,
        devices=devices,
        shared_ids=tuple(sorted(reader.shared_ids)),
    )


class _DevicesReader:
    def __init__(self, name: str, namespace: str) -> None:
        self._name = name
        self._ns = f"{{{namespace}}}"
        self._ids: set[str] = set()
        self._earlier_ids: set[str] = set()
        self.shared_ids: set[str] = set()

    def device(self, element: XmlElement) -> Device:
        self._earlier_ids |= self._ids
        self._ids = set()
        description = element.find(f"{self._ns}Description")
        identity = self._id(element)
        return Device(
            id=identity,
            name=attribute(element, "name", self._name),
            uuid=attribute(element, "uuid", self._name),
            description=((description.text if description is not None else None) or "").strip(),
            manufacturer=description.get("manufacturer") if description is not None else None,
            model=description.get("model") if description is not None else None,
            serial_number=description.get("serialNumber") if description is not None else None,
            data_items=self._data_items(element, identity),
            components=self._components(element),
        )

    def _components(self, element: XmlElement) -> tuple[Component, ...]:
        container = element.find(f"{self._ns}Components")
        if container is None:
            return ()
        return tuple(self._component(child) for child in container)

    def _component(self, element: XmlElement) -> Component:
        identity = self._id(element)
        return Component(
            id=identity,
            name=element.get("name"),
            kind=local_name(element),
            data_items=self._data_items(element, identity),
            components=self._components(element),
        )

    def _data_items(self, element: XmlElement, component_id: str) -> tuple[DataItem, ...]:
        found = element.findall(f"{self._ns}DataItems/{self._ns}DataItem")
        return tuple(self._data_item(item, component_id) for item in found)

    def _data_item(self, element: XmlElement, component_id: str) -> DataItem:
        category = attribute(element, "category", self._name)
        if category not in _CATEGORIES:
            raise FormatError(
                self._name,
                element.sourceline,
                f"{category[:40]!a} is not a category; SAMPLE, EVENT and CONDITION are.",
                f"{category[:40]!a} 不是類別；應為 SAMPLE、EVENT 或 CONDITION。",
                field="category",
            )
        return DataItem(
            id=self._id(element),
            name=element.get("name"),
            type=attribute(element, "type", self._name),
            category=category,
            sub_type=element.get("subType"),
            units=element.get("units"),
            native_units=element.get("nativeUnits"),
            source=element.findtext(f"{self._ns}Source"),
            constraints=self._constraints(element.find(f"{self._ns}Constraints")),
            component_id=component_id,
        )

    def _constraints(self, element: XmlElement | None) -> Constraints | None:
        if element is None:
            return None
        return Constraints(
            values=tuple((e.text or "").strip() for e in element.findall(f"{self._ns}Value")),
            minimum=self._bound(element.find(f"{self._ns}Minimum")),
            maximum=self._bound(element.find(f"{self._ns}Maximum")),
        )

    def _bound(self, element: XmlElement | None) -> float | None:
        return None if element is None else number(element.text or "", element, self._name)

    def _id(self, element: XmlElement) -> str:
        identity = attribute(element, "id", self._name)
        if identity in self._ids:
            raise FormatError(
                self._name,
                element.sourceline,
                f"The id {identity[:80]!a} occurs twice in one device. Give each data item its own.",
                f"識別碼 {identity[:80]!a} 在同一設備中重複。每個資料項目要用不同的識別碼。",
                field="id",
            )
        self._ids.add(identity)
        if identity in self._earlier_ids:
            self.shared_ids.add(identity)
        return identity


def parse_streams(source: Path | bytes, name: str) -> StreamsDocument:
    """Observations in the order of the document (by component, not by time); each carries its sequence number."""
    root = open_document(source, name)
    namespace = check_root(root, name, "MTConnectStreams", _STREAMS)
    ns = f"{{{namespace}}}"
    header = root.find(f"{ns}Header")
    if header is None:
        raise FormatError(name, root.sourceline, "The document has no Header.", "文件缺少 Header。", field="Header")
    observations = tuple(_observations(root, ns, name))
    _refuse_repeated_sequences(observations, name)
    created = header.get("creationTime")
    return StreamsDocument(
        file=name,
        schema=namespace,
        created=instant(created, header, name) if created else None,
        sender=header.get("sender"),
        instance_id=header.get("instanceId"),
        first_sequence=_header_number(header, "firstSequence", name),
        next_sequence=_header_number(header, "nextSequence", name),
        last_sequence=_header_number(header, "lastSequence", name),
        observations=observations,
    )


def _header_number(header: XmlElement, key: str, name: str) -> int | None:
    text = header.get(key)
    return None if text is None else integer(text, header, name)


def _observations(root: XmlElement, ns: str, name: str) -> Iterator[Observation]:
    for device in root.findall(f"{ns}Streams/{ns}DeviceStream"):
        device_name = attribute(device, "name", name)
        for component in device.findall(f"{ns}ComponentStream"):
            place = (device_name, attribute(component, "component", name), attribute(component, "componentId", name))
            for container in component:
                category = _CONTAINERS.get(local_name(container))
                if category is None:
                    raise FormatError(
                        name,
                        container.sourceline,
                        f"{local_name(container)[:40]!a} is no container of observations.",
                        f"{local_name(container)[:40]!a} 不是觀測值容器。",
                    )
                for element in container:
                    yield _observation(element, category, place, name)


def _observation(element: XmlElement, category: str, place: tuple[str, str, str], name: str) -> Observation:
    stated = attribute(element, "timestamp", name)
    timestamp = instant(stated, element, name)
    if timestamp is None:
        raise FormatError(
            name,
            element.sourceline,
            "The time states no zone; MTConnect times are UTC and end in Z.",
            "時間未標明時區；MTConnect 時間為 UTC，結尾須為 Z。",
            field="timestamp",
        )
    kind = local_name(element)
    condition = None
    if category == "CONDITION":
        if kind not in _CONDITION_LEVELS:
            raise FormatError(
                name,
                element.sourceline,
                f"{kind[:40]!a} is no condition level.",
                f"{kind[:40]!a} 不是狀況等級。",
            )
        condition = ConditionDetail(
            type=attribute(element, "type", name),
            native_code=element.get("nativeCode"),
            native_severity=element.get("nativeSeverity"),
            qualifier=element.get("qualifier"),
        )
    return Observation(
        device=place[0],
        component=place[1],
        component_id=place[2],
        data_item_id=attribute(element, "dataItemId", name),
        name=element.get("name"),
        category=category,
        kind=kind,
        sub_type=element.get("subType"),
        timestamp=timestamp,
        sequence=integer(attribute(element, "sequence", name), element, name),
        value=(element.text or "").strip(),
        condition=condition,
    )


def _refuse_repeated_sequences(observations: tuple[Observation, ...], name: str) -> None:
    seen: set[int] = set()
    for observation in observations:
        if observation.sequence in seen:
            raise FormatError(
                name,
                None,
                f"The sequence number {observation.sequence} occurs twice; an agent gives each once.",
                f"流水號 {observation.sequence} 重複；代理程式的每個流水號只出現一次。",
                field="sequence",
            )
        seen.add(observation.sequence)
