"""EPCIS documents in XML (1.2 and 2.0), turned into what JSON says of the same events.

A user's own property keeps its namespace in its name, as `{namespace}name`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from samegauge.doors.xml import XmlLimits, XmlRefused, local_name, parse_xml
from samegauge.formats.epcis.event_hash import ELEMENTS
from samegauge.formats.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from samegauge.doors.xml import XmlElement
    from samegauge.formats.canonical import JsonValue

LIMITS = XmlLimits(depth=32)
ROOTS = {"EPCISDocument", "EPCISQueryDocument"}
EVENT_TYPES = frozenset(
    {"ObjectEvent", "AggregationEvent", "TransactionEvent", "TransformationEvent", "AssociationEvent"}
)
# What 1.2 put around later additions.
_WRAPPERS = {"extension", "baseExtension"}
_REPEATED = {"set", "unset", "sensorReport"}
_TYPED = {"bizTransaction", "source", "destination"}


def events_from_xml(data: bytes, name: str) -> list[dict[str, JsonValue]]:
    try:
        root = parse_xml(data, LIMITS)
    except XmlRefused as refused:
        raise FormatError(name, refused.line, refused.reason_en, refused.reason_zh) from refused
    if local_name(root) not in ROOTS:
        raise FormatError(
            name,
            root.sourceline,
            f"The document is {local_name(root)[:80]!a}, not an EPCIS document.",
            f"文件是 {local_name(root)[:80]!a}，不是 EPCIS 文件。",
        )
    return [_event(element) for element in root.iter() if element.tag in EVENT_TYPES]


def _event(element: XmlElement) -> dict[str, JsonValue]:
    return {"type": element.tag, **_content(element)}


def _content(element: XmlElement) -> dict[str, JsonValue]:
    found: dict[str, JsonValue] = dict(element.items())
    for child in _children(element):
        name, value = child.tag, _value(child)
        if name in _REPEATED or name in found:
            before = found.get(name, [])
            found[name] = [*(before if isinstance(before, list) else [before]), value]
        else:
            found[name] = value
    return found


def _children(element: XmlElement) -> Iterator[XmlElement]:
    for child in element:
        if child.tag in _WRAPPERS:
            yield from _children(child)
        else:
            yield child


def _value(element: XmlElement) -> JsonValue:
    name, text = element.tag, (element.text or "").strip()
    if name in ELEMENTS:
        return [_value(child) for child in element]
    if name == "correctiveEventIDs":
        return [(child.text or "").strip() for child in element]
    if name in _TYPED:
        return {**dict(element.items()), name: text}
    if len(element) or element.items():
        return _content(element)
    return text
