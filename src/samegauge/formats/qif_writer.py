"""From the records of qif_model to a QIF 3.0 document that its schema takes.

Features are not written: the records hold no geometry, and what the standard demands of it is not made up. A kind of
characteristic that needs it (a distance's analysis mode, a line profile's vector, a zone shape nobody stated) is
written as a length that the plan defines, and our own attributes say what it is; reading gives it back.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from decimal import Decimal
from itertools import count
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, UUID, uuid5

from samegauge.doors.xml import XmlNode, XmlRefused, xml_bytes
from samegauge.formats.errors import FormatError
from samegauge.formats.qif_characteristics import NAMED_UNIT_KIND, UNSTATED
from samegauge.formats.qif_model import DEGREE, MILLIMETRE
from samegauge.formats.qif_xml import OWN_ATTRIBUTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from samegauge.formats.qif_model import (
        QifCapability,
        QifCharacteristic,
        QifDocument,
        QifMeasurement,
        QifPartResult,
    )

NAMESPACE = "http://qifstandards.org/xsd/qif3"
_LENGTHS = frozenset(
    {"Chord", "CurveLength", "Depth", "Diameter", "Height", "Length", "Radius", "SphericalDiameter"}
    | {"SphericalRadius", "Thickness", "Width"}
)
_PLAIN_ZONES = frozenset(
    {"Circularity", "Conicity", "Cylindricity", "Ellipticity", "Flatness", "OtherForm", "Sphericity", "Toroidicity"}
)
_DATUM_ZONES = frozenset({"CircularRunout", "PointProfile", "SurfaceProfile", "Symmetry", "TotalRunout"})
_SHAPED_ZONES = frozenset({"Coaxiality", "Concentricity"})
_MATERIAL_ZONES = frozenset({"Angularity", "Parallelism", "Perpendicularity", "Position"})
_TWO_SIDED_ZONES = frozenset({"PointProfile"})
_LENGTH = "UserDefinedLinear"
_ANGLE = "UserDefinedAngular"
_STATUSES = frozenset({"PASS", "FAIL", "REWORK", "SYSERROR", "UNDEFINED"})
_CHARACTERISTIC_STATUSES = _STATUSES | {"INDETERMINATE", "NOT_ANALYZED", "BASIC_OR_TED"}
_INSPECTION_STATUSES = _STATUSES | {"UNKNOWN", "NOT_CALCULATED", "NOT_MEASURED"}
_PRECEDENCE = ("PRIMARY", "SECONDARY", "TERTIARY")
_MODIFIERS = {"(M)": "MAXIMUM", "(L)": "LEAST"}


def write_qif(document: QifDocument) -> bytes:
    """Lengths in mm, angles in degrees; equal bytes for equal documents."""
    try:
        return xml_bytes(_Writer(document).root(), NAMESPACE)
    except XmlRefused as refused:
        raise FormatError(document.file, refused.line, refused.reason_en, refused.reason_zh) from refused


def written_kind(one: QifCharacteristic) -> str:
    """The kind of element that holds the characteristic without anything made up."""
    if one.unit not in {MILLIMETRE, DEGREE}:
        return NAMED_UNIT_KIND
    if one.unit == DEGREE:
        return one.kind if one.kind == "Angle" else _ANGLE
    is_zone = (
        one.zone is not None and one.nominal is None and _limits_of_zone(one) == (one.lower_limit, one.upper_limit)
    )
    has_shape = one.zone_shape is not None
    fits = {
        one.kind in _LENGTHS: one.zone is None,
        one.kind in _PLAIN_ZONES: is_zone and not one.datum_reference and one.material_condition is None,
        one.kind in _DATUM_ZONES: is_zone and one.material_condition is None,
        one.kind in _SHAPED_ZONES: is_zone and has_shape and one.material_condition is None,
        one.kind in _MATERIAL_ZONES: is_zone and has_shape and one.material_condition is not None,
    }
    return one.kind if fits.get(True) else _LENGTH


def _limits_of_zone(one: QifCharacteristic) -> tuple[float | None, float | None]:
    zone = one.zone or 0.0
    return (-zone / 2, zone / 2) if one.kind in _TWO_SIDED_ZONES else (None, zone)


class _Writer:
    def __init__(self, document: QifDocument) -> None:
        self._document = document
        self._ids = count(1)
        self._last = 0
        self._formal = ""
        self._items: dict[str, str] = {}
        self._kinds = {one.key: written_kind(one) for one in document.characteristics}
        self._uuids = Counter(_uuid(one.uuid) for one in document.characteristics)
        self._by_key = {one.key: one for one in document.characteristics}
        self._frames: dict[str, str] = {}
        self._devices: dict[str, str] = {}
        self._measured: dict[str, list[str]] = defaultdict(list)

    def root(self) -> XmlNode:
        document = self._document
        within = [
            _node("QPId", _uuid(document.qpid) or str(uuid5(NAMESPACE_URL, repr(document)))),
            *_optional("Version", _texts("TimeCreated", document.created)),
            *_optional("Header", self._application()),
            *self._standard(),
            self._units(),
            *self._datums(),
            *self._resources(),
            *self._product(),
            *self._characteristics(),
            *self._plan(),
            *self._results(),
            *self._statistics(),
        ]
        return _node("QIFDocument", *within, versionQIF="3.0.0", idMax=str(self._last))

    def _next(self) -> str:
        self._last = next(self._ids)
        return str(self._last)

    def _application(self) -> list[XmlNode]:
        return [_node("Application", _node("Name", name)) for name in _stated(self._document.application)]

    def _standard(self) -> list[XmlNode]:
        """The standard that the characteristics are defined by, which the schema demands; or that nobody stated one."""
        if not self._document.characteristics:
            return []
        self._formal = self._next()
        organisation = _node("Organization", _node("OtherStandardsOrganization", UNSTATED))
        designator = _node("Designator", self._document.standard or UNSTATED)
        standard = _node("Standard", organisation, designator, id=self._formal)
        return [_counted("StandardsDefinitions", [standard])]

    def _units(self) -> XmlNode:
        primary = _node(
            "PrimaryUnits",
            _unit("AngularUnit", "radian", "degree", "0.017453292519943295"),
            _unit("LinearUnit", "meter", "mm", "0.001"),
        )
        named = {one.unit: one.kind for one in self._document.characteristics if written_kind(one) == NAMED_UNIT_KIND}
        own = [
            _node("UserDefinedUnit", _node("WhatIsMeasured", kind), _node("UnitName", unit))
            for unit, kind in named.items()
        ]
        return _node("FileUnits", primary, *([_counted("UserDefinedUnits", own)] if own else []))

    def _datums(self) -> list[XmlNode]:
        texts = sorted({one.datum_reference for one in self._document.characteristics if one.datum_reference})
        split = {text: [_datum(part) for part in text.split("|")] for text in texts}
        labels = {label: self._next() for label in sorted({label for parts in split.values() for label, _m in parts})}
        if not labels:
            return []
        definitions = [_node("DatumDefinition", _node("DatumLabel", label), id=own) for label, own in labels.items()]
        frames: list[XmlNode] = []
        for text, parts in split.items():
            self._frames[text] = self._next()
            places = [self._placed(labels[label], modifier, at) for at, (label, modifier) in enumerate(parts)]
            frames.append(_node("DatumReferenceFrame", _counted("Datums", places), id=self._frames[text]))
        return [_counted("DatumDefinitions", definitions), _counted("DatumReferenceFrames", frames)]

    @staticmethod
    def _placed(definition: str, modifier: str, place: int) -> XmlNode:
        known = place < len(_PRECEDENCE)
        precedence = _node("PrecedenceEnum", _PRECEDENCE[place]) if known else _node("OtherPrecedence", str(place + 1))
        datum = _node(
            "SimpleDatum",
            _node("DatumDefinitionId", definition),
            _node("MaterialModifier", modifier),
            _node("ReferencedComponent", "ACTUAL"),
        )
        return _node("Datum", datum, _node("Precedence", precedence))

    def _resources(self) -> list[XmlNode]:
        found = [measured.device for result in self._document.results for measured in result.measurements]
        self._devices = {name: self._next() for name in dict.fromkeys(filter(None, found))}
        devices = [_node("MeasurementDevice", _node("Name", name), id=own) for name, own in self._devices.items()]
        return [_node("MeasurementResources", _counted("MeasurementDevices", devices))] if devices else []

    def _product(self) -> list[XmlNode]:
        document = self._document
        header = _optional("Header", _texts("Name", document.model_name))
        if document.part_name is None:
            return [_node("Product", *header)] if header else []
        part = _node("Part", _node("Header", _node("Name", document.part_name)), id=self._next())
        return [_node("Product", *header, _counted("PartSet", [part]))]

    def _characteristics(self) -> list[XmlNode]:
        parts: dict[str, list[XmlNode]] = defaultdict(list)
        for one in self._document.characteristics:
            kind = self._kinds[one.key]
            definition, nominal, self._items[one.key] = self._next(), self._next(), self._next()
            parts["Definition"].append(self._definition(one, kind, definition))
            parts["Nominal"].append(self._nominal(one, kind, definition, nominal))
            parts["Item"].append(self._item(one, kind, nominal))
        if not parts:
            return []
        lists = [_counted(f"Characteristic{part}s", rows) for part, rows in parts.items()]
        return [_node("Characteristics", _node("FormalStandardId", self._formal), *lists)]

    def _definition(self, one: QifCharacteristic, kind: str, own: str) -> XmlNode:
        within: list[XmlNode] = []
        if kind in _LENGTHS or kind in {"Angle", _ANGLE, _LENGTH}:
            within.append(_tolerance(one))
            within += [_node("WhatToMeasure", one.label)] * (kind in {_ANGLE, _LENGTH})
        elif kind != NAMED_UNIT_KIND:
            within.append(_node("ToleranceValue", _decimal(one.zone or 0.0)))
            within += _texts("DatumReferenceFrameId", self._frames.get(one.datum_reference))
            within += _texts("MaterialCondition", one.material_condition)
            within += [_node("ZoneShape", _node(shape)) for shape in _stated(one.zone_shape)]
        return _node(f"{kind}CharacteristicDefinition", *within, id=own)

    def _nominal(self, one: QifCharacteristic, kind: str, definition: str, own: str) -> XmlNode:
        within = [_node("CharacteristicDefinitionId", definition)]
        if kind == NAMED_UNIT_KIND:
            within = [*_own({"nominal": UNSTATED if one.nominal is None else ""}), *within, *self._named_limits(one)]
        elif one.nominal is not None:
            within.append(_node("TargetValue", _decimal(one.nominal)))
        return _node(f"{kind}CharacteristicNominal", *within, id=own)

    def _named_limits(self, one: QifCharacteristic) -> list[XmlNode]:
        """Limits of a quantity with its own unit, for which the standard demands a target and at least one limit."""
        limits = {"MaxValue": one.upper_limit, "MinValue": one.lower_limit}
        stated = [limit for limit in limits.values() if limit is not None]
        if not stated:
            raise FormatError(
                self._document.file,
                None,
                f"QIF has no place for {one.label} in {one.unit} without limits. Leave it out, or give it limits.",
                f"QIF 無法記載單位為 {one.unit} 而沒有界限的 {one.label}。排除這個特性，或補上界限。",
                field="MaxValue",
            )
        target = _decimal(stated[0] if one.nominal is None else one.nominal)
        return [
            _node("TargetValue", target, unitName=one.unit),
            *(_node(name, _decimal(limit), unitName=one.unit) for name, limit in limits.items() if limit is not None),
            _node("DefinedAsLimit", "true"),
        ]

    def _item(self, one: QifCharacteristic, kind: str, nominal: str) -> XmlNode:
        keeps_zone = kind not in _LENGTHS and kind not in {_LENGTH, NAMED_UNIT_KIND}
        lost = {
            "kind": one.kind if one.kind != kind else "",
            "datums": "" if keeps_zone else one.datum_reference,
            "material": "" if keeps_zone else one.material_condition or "",
            "zone": "" if keeps_zone or one.zone is None else _decimal(one.zone),
            "zone_shape": "" if keeps_zone else one.zone_shape or "",
        }
        designator = [_node("Designator", one.label), *_texts("UUID", self._identity(one))]
        return _node(
            f"{kind}CharacteristicItem",
            *_own(lost),
            _node("Name", one.designator),
            _node("CharacteristicDesignator", *designator),
            _node("CharacteristicNominalId", nominal),
            id=self._items[one.key],
        )

    def _identity(self, one: QifCharacteristic) -> str | None:
        """Its UUID; one that several features share becomes one of its own for each, the same every time."""
        own = _uuid(one.uuid)
        if own is None or self._uuids[own] == 1:
            return own
        return str(uuid5(UUID(own), one.key))

    def _plan(self) -> list[XmlNode]:
        if not self._items:
            return []
        steps = _counted("Steps", [_node("MeasureEvaluateAll")])
        return [_node("Plan", _node("UnorderedPlanRoot", steps))]

    def _results(self) -> list[XmlNode]:
        results = [self._result(result) for result in self._document.results]
        if not results:
            return []
        components = _counted("ActualComponentSet", [component for _result, component in results])
        return [
            _node(
                "Results",
                _counted("MeasurementResultsSet", [result for result, _component in results]),
                _counted("ActualComponentSets", [components]),
            )
        ]

    def _result(self, result: QifPartResult) -> tuple[XmlNode, XmlNode]:
        own, component = self._next(), self._next()
        status = _status("Inspection", result.status, _INSPECTION_STATUSES)
        operators = {measured.operator for measured in result.measurements}
        shared = operators.pop() if len(operators) == 1 else ""
        traced = [
            *_optional("InspectingOrganization", _texts("Name", result.laboratory)),
            *_texts("InspectionStart", result.performed_at.isoformat() if result.performed_at else None),
            *_optional("InspectionOperator", _texts("Name", shared)),
            *_texts("ReportType", result.report_type),
        ]
        measured = [self._measurement(one, shared) for one in result.measurements]
        actuals = _counted("CharacteristicMeasurements", measured)
        return (
            _node(
                "MeasurementResults",
                *_optional("InspectionTraceability", traced),
                *([_node("MeasuredCharacteristics", actuals)] if measured else []),
                _node("InspectionStatus", status),
                _counted("ActualComponentIds", [_node("Id", component)]),
                id=own,
            ),
            _node("ActualComponent", *_texts("SerialNumber", result.serial), _node("Status", status), id=component),
        )

    def _measurement(self, measured: QifMeasurement, shared: str) -> XmlNode:
        key, own = measured.characteristic_key, self._next()
        self._measured[key].append(own)
        kind, unit = self._kinds[key], self._by_key[key].unit
        said = {"combinedUncertainty": _half(measured.expanded_uncertainty)}
        said |= {"unitName": unit} if kind == NAMED_UNIT_KIND else {}
        attributes = {name: text for name, text in said.items() if text}
        device = [_node("Id", self._devices[measured.device])] if measured.device else []
        value = [] if measured.value is None else [_node("Value", _decimal(measured.value), **attributes)]
        return _node(
            f"{kind}CharacteristicMeasurement",
            *_own({"operator": "" if shared else measured.operator}),
            _node("Status", _status("Characteristic", measured.status, _CHARACTERISTIC_STATUSES)),
            _node("CharacteristicItemId", self._items[key]),
            *_texts("TimeStamp", measured.measured_at.isoformat() if measured.measured_at else None),
            *([_counted("MeasurementDeviceIds", device)] if device else []),
            *value,
            id=own,
        )

    def _statistics(self) -> list[XmlNode]:
        studies: dict[int | None, list[QifCapability]] = defaultdict(list)
        for one in self._document.capabilities:
            if self._measured[one.characteristic_key]:
                studies[one.subgroup_size].append(one)
        written = [self._study(size, found) for size, found in studies.items()]
        return [_node("Statistics", _counted("StatisticalStudiesResults", written))] if written else []

    def _study(self, size: int | None, found: list[QifCapability]) -> XmlNode:
        samples = max(max(one.n or 1, len(self._measured[one.characteristic_key])) for one in found)
        return _node(
            "CapabilityStudyResults",
            _informational(),
            _counted("CharacteristicsStats", [self._statistic(one) for one in found]),
            _node("NumberOfSamples", str(samples)),
            *_texts("SubgroupSize", None if size is None else str(size)),
            id=self._next(),
        )

    def _statistic(self, one: QifCapability) -> XmlNode:
        numbers = {
            "TotalNumber": one.n,
            "Average": one.mean,
            "Minimum": one.minimum,
            "Maximum": one.maximum,
            "StandardDeviation": one.standard_deviation,
            "Cp": one.cp,
            "Cpk": one.cpk,
            "Pp": one.pp,
            "Ppk": one.ppk,
        }
        values = [
            _node(name, _node("Value", _decimal(number))) for name, number in numbers.items() if number is not None
        ]
        kind, unit = self._kinds[one.characteristic_key], self._by_key[one.characteristic_key].unit
        named = {"unitName": unit} if kind == NAMED_UNIT_KIND else {}
        ids = [_node("Id", own) for own in self._measured[one.characteristic_key]]
        return _node(
            f"{kind}CharacteristicStats",
            *_own({"method": one.method}),
            _node("MeasuredIds", _counted("Ids", ids)),
            _informational(),
            *([_node("ValueStats", *values, **named)] if values else []),
        )


def _node(name: str, /, *within: XmlNode | str, **attributes: str) -> XmlNode:
    """An element with the text, or with the elements, that are within it."""
    text = next((one for one in within if isinstance(one, str)), None)
    children = tuple(one for one in within if not isinstance(one, str))
    return XmlNode(name, children if text is None else text, attributes)


def _unit(kind: str, si_name: str, name: str, factor: str) -> XmlNode:
    conversion = _node("UnitConversion", _node("Factor", factor))
    return _node(kind, _node("SIUnitName", si_name), _node("UnitName", name), conversion)


def _counted(name: str, rows: Iterable[XmlNode]) -> XmlNode:
    listed = list(rows)
    return _node(name, *listed, n=str(len(listed)))


def _optional(name: str, within: list[XmlNode]) -> list[XmlNode]:
    return [_node(name, *within)] if within else []


def _stated(text: str | None) -> list[str]:
    return [text] if text else []


def _texts(name: str, text: str | None) -> list[XmlNode]:
    return [_node(name, stated) for stated in _stated(text)]


def _own(said: Mapping[str, str]) -> list[XmlNode]:
    rows = [_node("AttributeStr", name=f"{OWN_ATTRIBUTES}{name}", value=text) for name, text in said.items() if text]
    return [_counted("Attributes", rows)] if rows else []


def _tolerance(one: QifCharacteristic) -> XmlNode:
    """Limits as limits; allowances only where no nominal is stated that they could be added to."""
    absolute = {"MaxValue": one.upper_limit, "MinValue": one.lower_limit}
    offsets = {"MaxValue": one.upper_tolerance, "MinValue": one.lower_tolerance}
    as_limit = any(limit is not None for limit in absolute.values())
    stated = {name: limit for name, limit in (absolute if as_limit else offsets).items() if limit is not None}
    if not stated:
        return _node("NonTolerance", "MEASURED")
    within = [_node(name, _decimal(limit)) for name, limit in stated.items()]
    return _node("Tolerance", *within, _node("DefinedAsLimit", "true" if as_limit else "false"))


def _status(name: str, status: str, known: frozenset[str]) -> XmlNode:
    return _node(f"{name}StatusEnum" if status in known else f"Other{name}Status", status)


def _informational() -> XmlNode:
    return _node("Status", _node("StatsEvalStatusEnum", "INFORMATIONAL"))


def _datum(text: str) -> tuple[str, str]:
    """Label and modifier of one datum, as C(M) is written on drawings."""
    modifier = next((name for mark, name in _MODIFIERS.items() if text.endswith(mark)), "NONE")
    return (text[:-3] if modifier != "NONE" else text), modifier


def _decimal(value: float) -> str:
    """The shortest decimal that gives the number back; the schema takes no exponent."""
    return format(Decimal(repr(value)), "f")


def _half(uncertainty: float | None) -> str:
    return "" if uncertainty is None else _decimal(uncertainty / 2)


def _uuid(text: str | None) -> str | None:
    try:
        return str(UUID(text)) if text else None
    except ValueError:
        return None
