"""AQDEF files as inspections: one part type after the other, the whole file or nothing of it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from samegauge.core.intake.checks import Place
from samegauge.core.intake.measured import (
    Fields,
    Origin,
    StatedCharacteristic,
    StatedPlan,
    StatedSet,
    StatedValue,
    write_measured,
)
from samegauge.core.measurement.models import InspectionKind
from samegauge.core.production.models import Confidence
from samegauge.formats.aqdef import VALID, parse_aqdef
from samegauge.quantities.errors import UnknownUnitError
from samegauge.quantities.units import unit

if TYPE_CHECKING:
    from samegauge.core.intake.run import Intake
    from samegauge.core.intake.sources import Source
    from samegauge.formats.aqdef import AqdefCharacteristic, AqdefDocument, AqdefPart, AqdefValue

FIELDS = Fields(serial="K0014", value="K0001", unit="K2142", taken_at="K0004", instrument="K2401", limit="K2110")
LONGEST_KEY = 120
LONGEST_SERIAL = 100
COUNTED = "1"
ATTRIBUTE = "UserDefinedAttribute"
MEASURED = "Measured"


def take_in_aqdef(source: Source, intake: Intake, description: Source | None = None) -> int:
    """Take in a .dfq file, or the values of a .dfx file with their description; returns how many inspections are new.

    What has an attribute other than 0 is no valid value and stays out of the inspections; the file keeps it.
    """
    document = (
        parse_aqdef(source.content(), source.name)
        if description is None
        else parse_aqdef(description.content(), description.name, values=(source.content(), source.name))
    )
    origin = Origin(source.name, source.stored, intake.recorder, FIELDS, "AQDEF")
    return sum(write_measured(*_of_part(document, part), origin) for part in document.parts)


def _of_part(document: AqdefDocument, part: AqdefPart) -> tuple[StatedPlan, list[StatedSet]]:
    if not part.number:
        raise Place(document.file, None, "K1001").refusal(
            f"Part {part.index} has no number. Say which item it is.", f"零件 {part.index} 沒有編號。註明是哪個料件。"
        )
    keys = _keys(part)
    stated = tuple(_stated(document, one, keys[one.index]) for one in part.characteristics)
    plan = StatedPlan(part.number, part.name, (part.name or part.number)[:200], InspectionKind.IN_PROCESS, stated)
    return plan, _sets(document, part, keys)


def _keys(part: AqdefPart) -> dict[int, str]:
    """The number of each characteristic; where two have the same or none, their place within the part."""
    numbers = [one.number for one in part.characteristics]
    return {
        one.index: one.number[:LONGEST_KEY] if one.number and numbers.count(one.number) == 1 else str(place)
        for place, one in enumerate(part.characteristics, start=1)
    }


def _stated(document: AqdefDocument, one: AqdefCharacteristic, key: str) -> StatedCharacteristic:
    if one.is_attributive:
        return StatedCharacteristic(key, one.name, ATTRIBUTE, COUNTED, 0.0, None, 0.0, one.line)
    return StatedCharacteristic(
        key, one.name or key, MEASURED, _unit(document, one), one.nominal, one.lower_limit, one.upper_limit, one.line
    )


def _unit(document: AqdefDocument, one: AqdefCharacteristic) -> str:
    place = Place(document.file, one.line, FIELDS.unit)
    if not one.unit:
        raise place.refusal(
            f"The characteristic {one.name or one.index} states no unit. Without it 0.02 may be mm or µm.",
            f"特性 {one.name or one.index} 沒有單位。沒有單位就不知道 0.02 是 mm 還是 µm。",
        )
    try:
        return unit(one.unit).symbol
    except UnknownUnitError as error:
        raise place.refusal(
            f"{one.unit[:20]} is no unit that is known here. Write mm, µm, N·m, °C or the like.",
            f"不認得單位 {one.unit[:20]}。寫成 mm、µm、N·m、°C 等。",
        ) from error


@dataclass(frozen=True)
class _Taken:
    characteristic: AqdefCharacteristic
    value: AqdefValue


def _sets(document: AqdefDocument, part: AqdefPart, keys: dict[int, str]) -> list[StatedSet]:
    """Values of one part taken together, by the serial number they state, else by their place in the file."""
    together: dict[tuple[str, int], list[_Taken]] = defaultdict(list)
    for one in part.characteristics:
        for value in one.values:
            if value.attribute == VALID and (value.value, value.errors) != (None, None):
                together[value.fields.get("K0014", ""), value.position].append(_Taken(one, value))
    return [
        _set(document, part, keys, key, taken) for key, taken in sorted(together.items(), key=lambda one: one[0][1])
    ]


def _set(
    document: AqdefDocument, part: AqdefPart, keys: dict[int, str], key: tuple[str, int], taken: list[_Taken]
) -> StatedSet:
    serial, position = key
    named = Confidence.STATED if serial else Confidence.UNCERTAIN
    evidence = {
        "en": f"The file states no serial number; the part is named after its place, {position}.",
        "zh": f"檔案沒有寫序號，以它在檔案中的順位 {position} 命名。",
    }
    sizes = {keys[one.characteristic.index]: one.value.sample_size for one in taken if one.value.sample_size}
    moments = [one.value.taken_at for one in taken if one.value.taken_at is not None]
    if len(serial) > LONGEST_SERIAL:
        raise Place(document.file, taken[0].value.line, FIELDS.serial).refusal(
            f"The serial number has more than {LONGEST_SERIAL} characters.", f"序號超過 {LONGEST_SERIAL} 個字元。"
        )
    return StatedSet(
        serial=serial or f"{part.number[:80]}-{position}",
        values=tuple(_value(one, keys[one.characteristic.index]) for one in taken),
        line=taken[0].value.line,
        position=position,
        taken_at=min(moments, key=lambda one: one.replace(tzinfo=None), default=None),
        confidence=named,
        evidence=() if serial else (evidence,),
        said={"sample_sizes": sizes} if sizes else {},
    )


def _value(taken: _Taken, key: str) -> StatedValue:
    one, value = taken.characteristic, taken.value
    number = value.errors if one.is_attributive else value.value
    return StatedValue(
        key=key,
        value=float(number or 0),
        line=value.line,
        taken_at=value.taken_at,
        operator=_named(value.fields.get("K0008", "")),
        instrument=one.fields.get("K2401") or _named(value.fields.get("K0012", "")),
    )


def _named(text: str) -> str:
    """A catalogue's number 0 stands for nobody and nothing."""
    return "" if text == "0" else text
