"""Units of a QIF document: scales to mm and degrees."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from samegauge.formats.qif_model import DEGREE, MILLIMETRE
from samegauge.formats.remark import Remark
from samegauge.quantities.errors import UnknownUnitError
from samegauge.quantities.units import unit

if TYPE_CHECKING:
    from samegauge.doors.xml import XmlElement
    from samegauge.formats.qif_xml import QifXml

_METRE_FACTORS = {
    "m": 1.0,
    "meter": 1.0,
    "metre": 1.0,
    "cm": 0.01,
    "mm": 0.001,
    "millimeter": 0.001,
    "millimetre": 0.001,
    "um": 1e-6,
    "micrometer": 1e-6,
    "in": 0.0254,
    "inch": 0.0254,
    "foot": 0.3048,
}
_RADIAN_FACTORS = {"rad": 1.0, "radian": 1.0, "deg": math.pi / 180, "degree": math.pi / 180}
_ROUNDING = 1e-9  # files print factors with about 14 digits


@dataclass(frozen=True, slots=True)
class QifUnits:
    """Scales by which the document's numbers become mm and degrees; `others` holds the file's further named units."""

    linear_name: str
    angular_name: str
    stated: bool
    to_mm: float
    to_deg: float
    others: dict[str, float]


def read_units(xml: QifXml) -> tuple[QifUnits, tuple[Remark, ...]]:
    """Primary units of the file; without any, mm and degrees are assumed and said to be."""
    linear = xml.child(xml.root, "FileUnits/PrimaryUnits/LinearUnit")
    angular = xml.child(xml.root, "FileUnits/PrimaryUnits/AngularUnit")
    others: dict[str, float] = {}
    for element in xml.children(xml.root, "FileUnits/OtherUnits/LinearUnit"):
        others[xml.text(element, "UnitName") or ""] = _scale(xml, element, _METRE_FACTORS, 1000.0)
    for element in xml.children(xml.root, "FileUnits/OtherUnits/AngularUnit"):
        others[xml.text(element, "UnitName") or ""] = _scale(xml, element, _RADIAN_FACTORS, 180 / math.pi)
    units = QifUnits(
        linear_name=_unit_name(xml, linear) or MILLIMETRE,
        angular_name=_unit_name(xml, angular) or DEGREE,
        stated=linear is not None,
        to_mm=1.0 if linear is None else _scale(xml, linear, _METRE_FACTORS, 1000.0),
        to_deg=1.0 if angular is None else _scale(xml, angular, _RADIAN_FACTORS, 180 / math.pi),
        others=others,
    )
    if units.stated:
        return units, ()
    assumed = Remark(
        "units_assumed",
        None,
        "The document states no unit; lengths are taken as millimetres and angles as degrees.",
        "文件未標示單位；長度視為毫米，角度視為度。",
    )
    return units, (assumed,)


def known_unit(name: str) -> str:
    """The symbol of a unit that is declared here; any other unit keeps the name that the file gives it."""
    try:
        return unit(name).symbol
    except UnknownUnitError:
        return name[:20]


def _unit_name(xml: QifXml, element: XmlElement | None) -> str | None:
    return None if element is None else xml.text(element, "UnitName")


def _scale(xml: QifXml, element: XmlElement, known: dict[str, float], base: float) -> float:
    name = (xml.text(element, "UnitName") or "").lower()
    factor = xml.optional_number(element, "UnitConversion/Factor")
    expected = known.get(name)
    if factor is None:
        factor = expected
    if factor is None or factor <= 0 or xml.child(element, "UnitConversion/Offset") is not None:
        raise xml.refusal(
            element,
            f"The unit {name[:40]!a} has no usable conversion factor.",
            f"單位 {name[:40]!a} 沒有可用的換算係數。",
            "UnitConversion",
        )
    if expected is not None:
        if abs(factor / expected - 1) > _ROUNDING:
            raise xml.refusal(
                element,
                f"The factor {factor} contradicts the unit {name}.",
                f"換算係數 {factor} 與單位 {name} 不符。",
                "Factor",
            )
        factor = expected
    scale = factor * base
    nearest = round(scale, 6)
    return nearest if nearest and abs(scale / nearest - 1) < _ROUNDING else scale
