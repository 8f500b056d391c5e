"""Definitions, nominals and items of QIF characteristics, joined to one record per inspected property of a feature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from samegauge.doors.xml import XmlElement, local_name
from samegauge.formats.qif_model import DEGREE, MILLIMETRE, UNITLESS, QifCharacteristic
from samegauge.formats.qif_units import known_unit
from samegauge.formats.remark import Remark
from samegauge.formats.xml_document import attribute, number

if TYPE_CHECKING:
    from samegauge.formats.qif_units import QifUnits
    from samegauge.formats.qif_xml import QifXml

_SIZE_OF_FEATURE = {"Diameter": "Diameter", "Width": "Width", "Length": "Length", "SphericalDiameter": "Diameter"}
_ANGULAR_KINDS = frozenset(
    {"Angle", "AngleBetween", "AngleFrom", "AngularCoordinate", "ConicalTaper", "ConeAngle", "UserDefinedAngular"}
)
_UNITLESS_KINDS = frozenset({"UserDefinedAttribute", "FlatTaper"})
NAMED_UNIT_KIND = "UserDefinedUnit"  # each value names its unit; limits stand with the nominal
# Kinds whose unit is the file's primary one for that quantity.
_QUANTITIES = {
    "UserDefinedArea": "AreaUnit",
    "UserDefinedForce": "ForceUnit",
    "UserDefinedMass": "MassUnit",
    "UserDefinedPressure": "PressureUnit",
    "UserDefinedSpeed": "SpeedUnit",
    "UserDefinedTemperature": "TemperatureUnit",
    "UserDefinedTime": "TimeUnit",
}
# A value measured at a point lies on either side of the nominal surface, so half of the zone is on each side.
_TWO_SIDED_ZONES = frozenset({"PointProfile"})
_PLAUSIBLE_LIMIT = 1e9  # mm or degrees: a thousand kilometres
_SAME_SIZE_MM = 1e-9
UNSTATED = "unstated"


@dataclass(frozen=True, slots=True)
class _Feature:
    name: str | None
    kind: str
    internal: bool | None
    definition: XmlElement | None


@dataclass(frozen=True, slots=True)
class _Limits:
    lower: float | None
    upper: float | None
    lower_tolerance: float | None
    upper_tolerance: float | None
    zone: float | None


class CharacteristicReader:
    """Joins each item with its nominal and definition, once per feature that it was measured on."""

    def __init__(self, xml: QifXml, units: QifUnits) -> None:
        self._xml = xml
        self._units = units
        self._definitions = self._by_id("Characteristics/CharacteristicDefinitions")
        self._nominals = self._by_id("Characteristics/CharacteristicNominals")
        self._items = self._by_id("Characteristics/CharacteristicItems")
        self._feature_items = self._by_id("Features/FeatureItems")
        self._feature_nominals = self._by_id("Features/FeatureNominals")
        self._feature_definitions = self._by_id("Features/FeatureDefinitions")
        self._frames = self._frame_texts()
        self._uuids = self._stated_uuids()
        self._measured: dict[str, QifCharacteristic] = {}
        self._remarks: dict[tuple[str, str], Remark] = {}

    def measured(self, reference: XmlElement, feature_id: str | None) -> QifCharacteristic:
        """The characteristic that a measurement refers to, on the feature it was taken from."""
        item = self._xml.resolve(self._items, reference)
        item_id = attribute(item, "id", self._xml.name)
        key = self._key(item_id, feature_id)
        known = self._measured.get(key)
        if known is None:
            known = self._characteristic(item, item_id, key, feature_id)
            self._measured[key] = known
        return known

    def all(self) -> tuple[QifCharacteristic, ...]:
        """Measured characteristics in order of first appearance, then the items that no part has a value for."""
        measured_items = {characteristic.item_id for characteristic in self._measured.values()}
        for item_id, item in self._items.items():
            if item_id not in measured_items:
                features = self._xml.children(item, "FeatureItemIds/Id")
                feature = (features[0].text or "").strip() if len(features) == 1 else None
                key = self._key(item_id, feature)
                self._measured[key] = self._characteristic(item, item_id, key, feature)
        return tuple(self._measured.values())

    def remarks(self) -> tuple[Remark, ...]:
        return tuple(self._remarks.values())

    def scale_of(self, key: str) -> float:
        """Factor from the file's primary unit to the unit of the characteristic."""
        unit = self._measured[key].unit
        return {MILLIMETRE: self._units.to_mm, DEGREE: self._units.to_deg}.get(unit, 1.0)

    def scale_at(self, characteristic: QifCharacteristic, element: XmlElement) -> float:
        """Factor of one value, which may name a unit of its own."""
        named = element.get("angularUnit" if characteristic.unit == DEGREE else "linearUnit")
        return self._units.others.get(named or "", self.scale_of(characteristic.key))

    def value_of(self, characteristic: QifCharacteristic, element: XmlElement) -> float:
        return self._length(characteristic.unit, element)

    def _key(self, item_id: str, feature_id: str | None) -> str:
        identity = self._uuids.get(item_id, item_id)
        return identity if feature_id is None else f"{identity}@{feature_id}"

    def _stated_uuids(self) -> dict[str, str]:
        """Persistent identity of each item that states one, by its id in this file."""
        found: dict[str, str] = {}
        for item_id, item in self._items.items():
            element = self._xml.child(item, "CharacteristicDesignator/UUID")
            uuid = ((element.text or "") if element is not None else "").strip().lower()
            if element is not None and uuid in found.values():
                raise self._xml.refusal(
                    element,
                    f"The UUID {uuid[:40]!a} stands for two characteristics. Give each its own.",
                    f"UUID {uuid[:40]!a} 用於兩個特性。每個特性應有自己的 UUID。",
                    "UUID",
                )
            if uuid:
                found[item_id] = uuid
        return found

    def _unit(self, kind: str, nominal: XmlElement) -> str:
        if kind == NAMED_UNIT_KIND:
            target = self._xml.child(nominal, "TargetValue")
            return known_unit((target.get("unitName") if target is not None else None) or UNITLESS)
        if kind in _QUANTITIES:
            element = self._xml.child(self._xml.root, f"FileUnits/PrimaryUnits/{_QUANTITIES[kind]}")
            name = None if element is None else self._xml.text(element, "UnitName")
            if name is None:
                raise self._xml.refusal(
                    nominal,
                    f"The file states no {_QUANTITIES[kind]}, which {kind} needs. State it in FileUnits.",
                    f"檔案沒有 {kind} 所需的 {_QUANTITIES[kind]}。在 FileUnits 註明單位。",
                    _QUANTITIES[kind],
                )
            return known_unit(name)
        return DEGREE if kind in _ANGULAR_KINDS else UNITLESS if kind in _UNITLESS_KINDS else MILLIMETRE

    def _by_id(self, path: str) -> dict[str, XmlElement]:
        found: dict[str, XmlElement] = {}
        container = self._xml.child(self._xml.root, path)
        for element in () if container is None else container:
            identity = attribute(element, "id", self._xml.name)
            if identity in found:
                raise self._xml.refusal(
                    element,
                    f"The id {identity[:40]!a} occurs twice in {path}.",
                    f"識別碼 {identity[:40]!a} 在 {path} 中重複。",
                    "id",
                )
            found[identity] = element
        return found

    def _frame_texts(self) -> dict[str, str]:
        """Datum reference frames as drawings write them: A|B|C, with (M) or (L) at a datum of size."""
        labels = {
            identity: self._xml.text(element, "DatumLabel") or identity
            for identity, element in self._by_id("DatumDefinitions").items()
        }
        order = {"PRIMARY": 0, "SECONDARY": 1, "TERTIARY": 2}
        modifiers = {"MAXIMUM": "(M)", "LEAST": "(L)"}
        frames: dict[str, str] = {}
        for identity, frame in self._by_id("DatumReferenceFrames").items():
            parts: list[tuple[int, str]] = []
            for place, datum in enumerate(self._xml.children(frame, "Datums/Datum")):
                label = labels.get(self._xml.text(datum, "SimpleDatum/DatumDefinitionId") or "", "?")
                modifier = modifiers.get(self._xml.text(datum, "SimpleDatum/MaterialModifier") or "", "")
                rank = order.get(self._xml.text(datum, "Precedence/PrecedenceEnum") or "", place)
                parts.append((rank, f"{label}{modifier}"))
            frames[identity] = "|".join(text for _, text in sorted(parts))
        return frames

    def _characteristic(self, item: XmlElement, item_id: str, key: str, feature_id: str | None) -> QifCharacteristic:
        xml = self._xml
        nominal = xml.resolve(self._nominals, xml.required(item, "CharacteristicNominalId"))
        definition = xml.resolve(self._definitions, xml.required(nominal, "CharacteristicDefinitionId"))
        kind = local_name(item).removesuffix("CharacteristicItem")
        unit = self._unit(kind, nominal)
        feature = self._feature(feature_id)
        designator = (
            xml.text(item, "KeyCharacteristic/Designator")
            or xml.text(item, "CharacteristicDesignator/Designator")
            or xml.text(item, "Name")
            or ""
        )
        if not designator:
            self._remark("unnamed", key, item, f"Characteristic {item_id} has no name.", f"特性 {item_id} 沒有名稱。")
        target, source = self._nominal(nominal, feature, kind, unit, key)
        limited = nominal if kind == NAMED_UNIT_KIND else definition
        limits = self._stated_zone(item, self._limits(limited, kind, unit, target, key))
        if xml.own_attribute(nominal, "nominal") == UNSTATED:
            target, source = None, None
        frame = xml.text(definition, "DatumReferenceFrameId")
        return QifCharacteristic(
            key=key,
            item_id=item_id,
            designator=designator or item_id,
            label=" ".join(part for part in (designator or item_id, feature.name if feature else None) if part),
            kind=xml.own_attribute(item, "kind") or kind,
            unit=unit,
            nominal=target,
            nominal_source=source,
            lower_limit=limits.lower,
            upper_limit=limits.upper,
            lower_tolerance=limits.lower_tolerance,
            upper_tolerance=limits.upper_tolerance,
            zone=limits.zone,
            material_condition=xml.text(definition, "MaterialCondition") or xml.own_attribute(item, "material") or None,
            datum_reference=self._frames.get(frame or "", "") or xml.own_attribute(item, "datums"),
            feature_id=feature_id,
            feature_name=feature.name if feature else None,
            feature_kind=feature.kind if feature else None,
            internal=feature.internal if feature else None,
            line=item.sourceline,
            uuid=self._uuids.get(item_id),
            zone_shape=next((local_name(one) for one in xml.children(definition, "ZoneShape/*")), None)
            or xml.own_attribute(item, "zone_shape")
            or None,
        )

    def _feature(self, feature_id: str | None) -> _Feature | None:
        item = self._feature_items.get(feature_id or "")
        if item is None:
            return None
        nominal = self._feature_nominals.get(self._xml.text(item, "FeatureNominalId") or "")
        definition = None
        if nominal is not None:
            definition = self._feature_definitions.get(self._xml.text(nominal, "FeatureDefinitionId") or "")
        side = None if definition is None else self._xml.text(definition, "InternalExternal")
        return _Feature(
            name=self._xml.text(item, "FeatureName"),
            kind=local_name(item).removesuffix("FeatureItem"),
            internal={"INTERNAL": True, "EXTERNAL": False}.get(side or ""),
            definition=definition,
        )

    def _nominal(
        self, nominal: XmlElement, feature: _Feature | None, kind: str, unit: str, key: str
    ) -> tuple[float | None, str | None]:
        """The item's target, unless the feature that was measured is modelled with another size.

        One item may be repeated on features of different size (a counterbore beside its hole); its target then holds
        for the first feature alone, and the others are judged by their own.
        """
        stated = self._xml.child(nominal, "TargetValue")
        target = None if stated is None else self._length(unit, stated)
        field = _SIZE_OF_FEATURE.get(kind)
        modelled = None
        if field is not None and feature is not None and feature.definition is not None:
            modelled = self._xml.child(feature.definition, field)
        size = None if modelled is None else self._length(unit, modelled)
        if size is None or (target is not None and abs(size - target) <= _SAME_SIZE_MM):
            return target, None if target is None else "characteristic"
        if target is not None:
            self._remark(
                "nominal_from_feature",
                key,
                nominal,
                f"Characteristic {key} names {target:g} as nominal, its feature is modelled with {size:g}; "
                "the feature's size is used.",
                f"特性 {key} 的標稱值為 {target:g}，但特徵模型為 {size:g}；採用特徵的尺寸。",
            )
        return size, "feature"

    def _limits(self, definition: XmlElement, kind: str, unit: str, nominal: float | None, key: str) -> _Limits:
        tolerance = definition if kind == NAMED_UNIT_KIND else self._xml.child(definition, "Tolerance")
        if tolerance is not None:
            return self._size_limits(tolerance, unit, nominal, key)
        zone_element = self._xml.child(definition, "ToleranceValue")
        if zone_element is None:
            return _Limits(None, None, None, None, None)
        zone = self._length(unit, zone_element)
        if zone < 0:
            self._remark(
                "negative_zone",
                key,
                zone_element,
                f"Characteristic {key} has the tolerance zone {zone:g}; its size {-zone:g} is used.",
                f"特性 {key} 的公差帶為 {zone:g}；採用其絕對值 {-zone:g}。",
            )
            zone = -zone
        if kind in _TWO_SIDED_ZONES:
            return _Limits(-zone / 2, zone / 2, -zone / 2, zone / 2, zone)
        return _Limits(None, zone, None, zone, zone)

    def _stated_zone(self, item: XmlElement, limits: _Limits) -> _Limits:
        """The zone of a geometric tolerance that was written as a length, for want of its geometry."""
        zone = self._xml.own_attribute(item, "zone")
        if not zone:
            return limits
        return _Limits(limits.lower, limits.upper, limits.lower, limits.upper, number(zone, item, self._xml.name))

    def _size_limits(self, tolerance: XmlElement, unit: str, nominal: float | None, key: str) -> _Limits:
        upper_element = self._xml.child(tolerance, "MaxValue")
        lower_element = self._xml.child(tolerance, "MinValue")
        upper = None if upper_element is None else self._length(unit, upper_element)
        lower = None if lower_element is None else self._length(unit, lower_element)
        if upper is not None and lower is not None and lower > upper:
            raise self._xml.refusal(
                tolerance,
                f"The lower bound {lower:g} of the tolerance exceeds the upper bound {upper:g}.",
                f"公差下限 {lower:g} 大於上限 {upper:g}。",
                "Tolerance",
            )
        absolute = (self._xml.text(tolerance, "DefinedAsLimit") or "false") in {"true", "1"}
        if nominal is None:
            return _Limits(lower, upper, None, None, None) if absolute else _Limits(None, None, lower, upper, None)
        if not absolute:
            self._check_offsets(tolerance, key, nominal, lower, upper)
            return _Limits(_sum(nominal, lower), _sum(nominal, upper), lower, upper, None)
        return _Limits(lower, upper, _sum(-nominal, lower), _sum(-nominal, upper), None)

    def _check_offsets(
        self, tolerance: XmlElement, key: str, nominal: float, lower: float | None, upper: float | None
    ) -> None:
        outside = (lower is not None and lower > 0) or (upper is not None and upper < 0)
        if outside:
            self._remark(
                "nominal_outside_limits",
                key,
                tolerance,
                f"The nominal {nominal:g} of characteristic {key} lies outside its own limits; "
                "limits may have been written as deviations.",
                f"特性 {key} 的標稱值 {nominal:g} 落在自身界限之外；界限可能誤寫成偏差。",
            )

    def _length(self, unit: str, element: XmlElement) -> float:
        value = number(element.text or "", element, self._xml.name)
        named = element.get("angularUnit" if unit == DEGREE else "linearUnit")
        scale = {MILLIMETRE: self._units.to_mm, DEGREE: self._units.to_deg}.get(unit, 1.0)
        if named is not None:
            other = self._units.others.get(named)
            primary = self._units.angular_name if unit == DEGREE else self._units.linear_name
            if other is None and named != primary:
                raise self._xml.refusal(
                    element,
                    f"The unit {named[:40]!a} is not defined in FileUnits.",
                    f"FileUnits 未定義單位 {named[:40]!a}。",
                    "linearUnit",
                )
            scale = scale if other is None else other
        scaled = value if scale == 1.0 else value * scale
        if abs(scaled) > _PLAUSIBLE_LIMIT:
            raise self._xml.refusal(
                element,
                f"{value:g} is beyond any length or angle of a part.",
                f"{value:g} 超出零件長度或角度的合理範圍。",
            )
        return scaled

    def _remark(self, code: str, key: str, element: XmlElement, text_en: str, text_zh: str) -> None:
        self._remarks.setdefault((code, key), Remark(code, element.sourceline, text_en, text_zh))


def _sum(base: float, offset: float | None) -> float | None:
    return None if offset is None else base + offset
