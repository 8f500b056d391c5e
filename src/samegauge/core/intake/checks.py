"""What refuses measurements whole, whatever their format: wrong clocks, gauges, units and serial numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from samegauge.core.measurement.instruments import unfit
from samegauge.core.organisations.models import Organisation
from samegauge.core.scope import current_organisation_id
from samegauge.core.thread.genealogy import batches
from samegauge.core.thread.models import Unit
from samegauge.core.thread.rules import CLOCK_TOLERANCE
from samegauge.formats.errors import FormatError
from samegauge.quantities.errors import IncompatibleUnitsError, UnknownUnitError
from samegauge.quantities.units import convert

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from samegauge.core.measurement.models import Characteristic
    from samegauge.core.thread.models import Item

SAME_LIMIT = 1e-9
DIGITS = 12


@dataclass(frozen=True)
class Place:
    """Where something stands, for the refusal that may come of it."""

    file: str
    line: int | None
    field: str

    def refusal(self, reason_en: str, reason_zh: str) -> FormatError:
        return FormatError(self.file, self.line, reason_en, reason_zh, field=self.field)


def own_zone() -> ZoneInfo:
    return ZoneInfo(Organisation.objects.get(pk=current_organisation_id()).time_zone)


def moment_of(stated: datetime, zone: ZoneInfo, received_at: datetime, place: Place) -> datetime:
    """UTC time of a clock; one without a zone is of the organisation's place, and none is ahead of ours."""
    moment = (stated if stated.tzinfo else stated.replace(tzinfo=zone)).astimezone(UTC)
    ahead = moment - received_at
    if ahead > CLOCK_TOLERANCE:
        hours = ahead.total_seconds() / 3600
        raise place.refusal(
            f"{moment:%Y-%m-%d %H:%M} UTC lies {hours:.1f} hours ahead of this site's clock. "
            "Set the clock of the measuring computer, and export again.",
            f"{moment:%Y-%m-%d %H:%M} UTC 比本站時鐘快 {hours:.1f} 小時。校正量測電腦的時鐘後重新匯出。",
        )
    return moment


def refuse_unfit(uses: Iterable[tuple[str, datetime, Place]], zone: ZoneInfo) -> None:
    """Refuse values of an instrument whose calibration had run out on the day."""
    places = {(number, at.astimezone(zone).date()): place for number, at, place in uses if number}
    for one in unfit(places):
        raise places[one.number, one.day].refusal(one.reason_en, one.reason_zh)


def units_by_serial(serials: Iterable[str]) -> dict[str, Unit]:
    found: dict[str, Unit] = {}
    for asked in batches(sorted(set(serials))):
        rows = Unit.objects.filter(serial__in=asked).select_related("item")
        found |= {row.serial: row for row in rows}
    return found


def refuse_other_item(unit: Unit, item: Item, place: Place) -> None:
    if unit.item_id != item.pk:  # type: ignore[attr-defined] - Django's own column
        raise place.refusal(
            f"{unit.serial} is known as {unit.item.number}, not as {item.number}. One serial number is one thing.",
            f"序號 {unit.serial} 已登錄為 {unit.item.number}，不是 {item.number}。一個序號只能對應一件。",
        )


def refuse_other_limits(known: Characteristic, stated: Any, turned: Callable[[float], float], place: Place) -> None:
    """Refuse limits that contradict the ones of the same plan; `stated` has them in its own unit."""
    for name in ("nominal", "lower_limit", "upper_limit"):
        said, ours = getattr(stated, name), getattr(known, name)
        if said is None or ours is None:
            continue
        if abs(turned(said) - ours) > SAME_LIMIT * max(1.0, abs(ours)):
            raise place.refusal(
                f"{known.name}: the plan {known.plan} states {ours:g} {known.unit_code} as {name}, "
                f"the file {turned(said):g}. Correct the unit or the limit, or name a new plan.",
                f"{known.name}：計畫 {known.plan} 的 {name} 為 {ours:g} {known.unit_code}，"
                f"檔案為 {turned(said):g}。修正單位或界限，或使用新的計畫名稱。",
            )


def turning(known: Characteristic, unit: str, place: Place) -> Callable[[float], float]:
    """What turns values in `unit` into those of the characteristic; a unit of another kind is refused."""
    if unit == known.unit_code:
        return lambda value: value
    try:
        convert(1.0, source=unit, target=known.unit_code)
    except (IncompatibleUnitsError, UnknownUnitError) as error:
        raise place.refusal(
            f"{known.name} is measured in {known.unit_code}; {unit or 'no unit'} cannot be turned into it.",
            f"{known.name} 的單位是 {known.unit_code}；{unit or '未註明單位'} 無法換算。",
        ) from error
    # Without the binary noise of the conversion.
    return lambda value: float(f"{convert(value, source=unit, target=known.unit_code):.{DIGITS}g}")
