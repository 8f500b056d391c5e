"""The hash of an EPCIS event, the same however the event is written (CBV 2.0, 8.9): `ni:///sha-256;...?ver=CBV2.0`.

Every property is written out by name and value in one fixed order, lists sorted, identifiers and times in one spelling;
the SHA-256 of that text is the hash. Left out are the event's own ID, when it was recorded, and a later declaration
that it was wrong. The order, and what a published generator does where the standard is silent, was taken from its
expected results: `exception` of a sensor's report, and a property that has no place in the order, which stands at the
end with the names above it; the order of `ilmd` and business transactions in one event is not in any of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from samegauge.doors.crypto import sha256
from samegauge.formats.epcis.identifiers import canonical_uri

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from samegauge.formats.canonical import JsonValue

CBV = "https://ref.gs1.org/cbv/"
GS1_VOCABULARY = "https://gs1.org/voc/"
_LEFT_OUT = {"recordTime", "eventID", "errorDeclaration", "@context", "rdfs:comment"}
_COMMENT = "{http://www.w3.org/2000/01/rdf-schema#}comment"
_TIMES = {"eventTime", "time", "startTime", "endTime", "declarationTime"}
_QUANTITY = {"epcClass": None, "quantity": None, "uom": None}
_QUANTITIES = {"quantityElement": _QUANTITY}
_EPCS = {"epc": None}
_REPORT = dict.fromkeys(
    (
        "type",
        "exception",
        "deviceID",
        "deviceMetadata",
        "rawData",
        "dataProcessingMethod",
        "time",
        "microorganism",
        "chemicalSubstance",
        "value",
        "component",
        "stringValue",
        "booleanValue",
        "hexBinaryValue",
        "uriValue",
        "minValue",
        "maxValue",
        "meanValue",
        "sDev",
        "percRank",
        "percValue",
        "uom",
        "coordinateReferenceSystem",
    )
)
_METADATA = dict.fromkeys(
    ("time", "startTime", "endTime", "deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "bizRules")
)
_Order = dict[str, "_Order | None"]
_ORDER = cast(
    "_Order",
    {
        "eventType": None,
        "eventTime": None,
        "eventTimeZoneOffset": None,
        "certificationInfo": None,
        "parentID": None,
        "epcList": _EPCS,
        "inputEPCList": _EPCS,
        "childEPCs": _EPCS,
        "quantityList": _QUANTITIES,
        "childQuantityList": _QUANTITIES,
        "inputQuantityList": _QUANTITIES,
        "outputEPCList": _EPCS,
        "outputQuantityList": _QUANTITIES,
        "action": None,
        "transformationID": None,
        "bizStep": None,
        "disposition": None,
        "persistentDisposition": {"set": None, "unset": None},
        "readPoint": {"id": None},
        "bizLocation": {"id": None},
        "sensorElementList": {"sensorElement": {"sensorMetadata": _METADATA, "sensorReport": _REPORT}},
        "ilmd": {},
        "bizTransactionList": {"": {"type": None, "bizTransaction": None}},
        "destinationList": {"": {"type": None, "destination": None}},
        "sourceList": {"": {"type": None, "source": None}},
    },
)
# Names of the elements of JSON's lists, which XML spells out; elements without a name are written by what they hold.
ELEMENTS = {
    "epcList": "epc",
    "childEPCs": "epc",
    "inputEPCList": "epc",
    "outputEPCList": "epc",
    "quantityList": "quantityElement",
    "childQuantityList": "quantityElement",
    "inputQuantityList": "quantityElement",
    "outputQuantityList": "quantityElement",
    "sensorElementList": "sensorElement",
    "bizTransactionList": "",
    "sourceList": "",
    "destinationList": "",
}
# Where a bare word of the Core Business Vocabulary may stand, and what it is short for.
_WORDS = {
    "bizStep": f"{CBV}BizStep-",
    "disposition": f"{CBV}Disp-",
    "set": f"{CBV}Disp-",
    "unset": f"{CBV}Disp-",
    "component": f"{CBV}Comp-",
    "exception": GS1_VOCABULARY,
}
_TYPES = {"bizTransactionList": f"{CBV}BTT-", "sourceList": f"{CBV}SDT-", "destinationList": f"{CBV}SDT-"}
_URN_WORDS = {
    "bizstep": "BizStep-",
    "disp": "Disp-",
    "btt": "BTT-",
    "sdt": "SDT-",
    "er": "ER-",
}
_URN_WORD = re.compile(r"urn:epcglobal:cbv:([a-z]+):([A-Za-z_]+)")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]+))?(Z|[+-][0-9]{2}:[0-9]{2})?")
_MOST_DIGITS = 300


@dataclass(slots=True)
class Node:
    """One property: its name, `{namespace}name` for one that a user added, and a value or what it holds."""

    name: str
    value: str = ""
    children: list[Node] = field(default_factory=list["Node"])


def event_hash(event: Mapping[str, JsonValue], namespaces: Mapping[str, str]) -> str:
    """Hash of an event as JSON writes it; `namespaces` are those of the document's context, by their prefixes."""
    return hash_of_nodes(nodes_of(event, namespaces))


def hash_of_nodes(nodes: list[Node]) -> str:
    return f"ni:///sha-256;{sha256(pre_hash(nodes).encode()).hex()}?ver=CBV2.0"


def pre_hash(nodes: list[Node]) -> str:
    """The text that is hashed."""
    return _written(nodes, _ORDER) + "".join(sorted(_unplaced(nodes, _ORDER)))


def nodes_of(event: Mapping[str, JsonValue], namespaces: Mapping[str, str]) -> list[Node]:
    nodes = list(_nodes(event, namespaces, ""))
    return [Node("eventType", node.value) if node.name == "type" else node for node in nodes]


def namespaces_of(context: JsonValue) -> dict[str, str]:
    """Prefixes that a context declares inline."""
    entries = context if isinstance(context, list) else [context]
    return {
        prefix: uri
        for entry in entries
        if isinstance(entry, dict)
        for prefix, uri in entry.items()
        if isinstance(uri, str)
    }


def _nodes(record: Mapping[str, JsonValue], namespaces: Mapping[str, str], above: str) -> Iterator[Node]:
    for key, value in record.items():
        if key in _LEFT_OUT:
            continue
        name = _expanded(key, namespaces)
        if name != _COMMENT:
            yield from _property(name, value, namespaces, above)


def _property(name: str, value: JsonValue, namespaces: Mapping[str, str], above: str) -> Iterator[Node]:
    if isinstance(value, dict):
        yield Node(name, "", list(_nodes(value, namespaces, name)))
    elif isinstance(value, list | tuple) and name in ELEMENTS:
        element = ELEMENTS[name]
        # A list says by its name what its elements' types mean.
        found = (node for entry in value for node in _property(element, entry, namespaces, name))
        yield Node(name, "", [_under(node, name) for node in found])
    elif isinstance(value, list | tuple):
        for entry in value:
            yield from _property(name, entry, namespaces, above)
    elif value is not None:
        yield Node(name, canonical_value(name, _text(value), above))


def _under(node: Node, listed: str) -> Node:
    prefix = _TYPES.get(listed, "")
    for child in node.children:
        if prefix and child.name == "type" and _WORD.fullmatch(child.value):
            child.value = prefix + child.value
    return node


def _expanded(key: str, namespaces: Mapping[str, str]) -> str:
    prefix, separator, local = key.partition(":")
    return f"{{{namespaces[prefix]}}}{local}" if separator and prefix in namespaces else key


def _text(value: JsonValue) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, float) else str(value)


def canonical_value(name: str, text: str, above: str = "") -> str:
    """One spelling of a value; `name` and the property `above` say what a bare word is short for."""
    text = text.strip()
    if name in _TIMES:
        return _instant(text)
    if _WORD.fullmatch(text):
        return _word(name, text, above)
    if match := _URN_WORD.fullmatch(text):
        return CBV + _URN_WORDS[match[1]] + match[2] if match[1] in _URN_WORDS else text
    for prefix, whole in (("gs1:", GS1_VOCABULARY), ("cbv:", CBV)):
        if text.startswith(prefix):
            return whole + text.removeprefix(prefix)
    return canonical_uri(_number(text))


def _word(name: str, text: str, above: str) -> str:
    if name == "type":
        return GS1_VOCABULARY + text if above == "sensorReport" else text
    return _WORDS.get(name, "") + text


def _number(text: str) -> str:
    """Without zeros at the ends, as a double writes it; what is no number stays."""
    if len(text) > _MOST_DIGITS or _NUMBER.fullmatch(text) is None:
        return text
    value = float(text)
    if value in {float("inf"), float("-inf")}:
        return text
    return str(int(value)) if value == int(value) else repr(value)


def _instant(text: str) -> str:
    """UTC in milliseconds; what is finer is cut off."""
    match = _TIME.fullmatch(text)
    if match is None:
        return text
    try:
        moment = datetime.fromisoformat(match[1] + (match[3] or "Z")).astimezone(UTC)
    except (ValueError, OverflowError):
        return text
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{(match[2] or '')[:3]:0<3}Z"


def _written(nodes: list[Node], order: _Order) -> str:
    """What has its place, in its order, and then what users added, sorted."""
    pieces: list[str] = []
    for name, below in order.items():
        of_name = (_entry(node, below) for node in nodes if node.name == name)
        pieces += sorted(piece for piece in of_name if piece)
    return "".join(pieces) + "".join(sorted(_extension(node) for node in nodes if node.name.startswith("{")))


def _entry(node: Node, below: _Order | None) -> str:
    """Empty for a list in which nothing is: it says as much as one that is not there."""
    if below is None or not node.children:
        return f"{node.name}={node.value}" if node.value or below is None else ""
    inside = _written(node.children, below)
    return node.name + inside if inside else ""


def _extension(node: Node) -> str:
    if not node.children:
        return f"{node.name}={canonical_value('', node.value)}" if node.value else node.name
    return node.name + "".join(sorted(_extension(child) for child in node.children))


def _unplaced(nodes: Iterable[Node], order: _Order) -> Iterator[str]:
    for node in nodes:
        if node.name.startswith("{"):
            continue
        if node.name not in order:
            yield _extension(node)
        elif (below := order[node.name]) is not None:
            inside = "".join(sorted(_unplaced(node.children, below)))
            if inside:
                yield node.name + inside
