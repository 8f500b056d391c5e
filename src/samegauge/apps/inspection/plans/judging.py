"""What the values say of the parts that a plan holds for: which conform to every line, and what is missing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from django.db.models import Max
from django.utils import timezone

from samegauge.apps.inspection.plans.effectivity import covers
from samegauge.core.measurement.models import Conformity, Inspection, Measurement

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from samegauge.apps.inspection.plans.models import InspectionPlan, PlannedCharacteristic

MOST_UNITS = 200
MOST_FAILURES = 50


@dataclass(frozen=True)
class LineJudged:
    """How many units conform to a line, how many do not, and how many have no value of it."""

    line: PlannedCharacteristic
    conforming: int
    failed: int
    undecided: int
    missing: int


@dataclass(frozen=True)
class Judged:
    """The newest value of each line decides on a unit; `missing` units fail no line but lack a value.

    `not_shown` counts older units that were left out.
    """

    units: int
    conforming: int
    failed: int
    undecided: int
    missing: int
    not_shown: int
    lines: tuple[LineJudged, ...]
    failures: tuple[Measurement, ...]


class _Newest(NamedTuple):
    key: int
    verdict: str


def judged(plan: InspectionPlan) -> Judged:
    """Judge the newest units within the plan's serial numbers and days, also those measured before its release."""
    lines = list(plan.lines.select_related("characteristic").order_by("sequence"))
    keys = [line.characteristic.pk for line in lines]
    units, not_shown = _units(plan, keys)
    newest = _newest(plan, keys, units)
    by_unit = [
        [newest[unit, key].verdict if (unit, key) in newest else None for key in keys]
        for unit in units
        if any((unit, key) in newest for key in keys)
    ]
    counted = Counter(map(_of_unit, by_unit))
    failed = [one.key for one in newest.values() if one.verdict == Conformity.FAIL]
    failures = Measurement.objects.filter(pk__in=failed).select_related("characteristic", "inspection__unit")
    return Judged(
        len(by_unit),
        counted[Conformity.PASS],
        counted[Conformity.FAIL],
        counted[Conformity.UNDECIDED],
        counted[None],
        not_shown,
        tuple(_line(line, [verdicts[place] for verdicts in by_unit]) for place, line in enumerate(lines)),
        tuple(failures.order_by("-inspection__reported_at", "inspection__unit__serial", "pk")[:MOST_FAILURES]),
    )


def _units(plan: InspectionPlan, keys: Collection[int]) -> tuple[list[int], int]:
    """The newest units that the plan holds for, and how many older ones there are."""
    measured = Measurement.objects.filter(characteristic__in=keys, actual__isnull=False)
    rows = Inspection.objects.filter(pk__in=measured.values("inspection"))
    grouped = rows.order_by().values_list("unit", "unit__serial").annotate(newest=Max("reported_at"))
    found = [unit for unit, serial, _at in grouped.order_by("-newest", "unit__serial") if covers(plan, serial)]  # type: ignore[arg-type]
    return found[:MOST_UNITS], max(len(found) - MOST_UNITS, 0)


def _newest(plan: InspectionPlan, keys: Collection[int], units: Collection[int]) -> dict[tuple[int, int], _Newest]:
    rows = Measurement.objects.filter(characteristic__in=keys, inspection__unit__in=units, actual__isnull=False)
    columns = ("measured_at", "inspection__performed_at", "inspection__reported_at", "pk", "inspection__unit")
    found = sorted(
        (measured or performed or reported, key, unit, characteristic, stated, recomputed)
        for measured, performed, reported, key, unit, characteristic, stated, recomputed in rows.values_list(
            *columns, "characteristic", "stated", "recomputed"
        )
    )
    return {
        (unit, characteristic): _Newest(key, _verdict(stated, recomputed))
        for at, key, unit, characteristic, stated, recomputed in found
        if _within(plan, at)
    }


def _within(plan: InspectionPlan, at: datetime) -> bool:
    day = timezone.localdate(at)
    return (plan.from_day is None or plan.from_day <= day) and (plan.to_day is None or day <= plan.to_day)


def _verdict(stated: str, recomputed: str) -> str:
    """Ours from the limits; where we cannot decide, because a bonus needs sizes that are not kept, the source's."""
    return stated if recomputed == Conformity.UNDECIDED else recomputed


def _of_unit(verdicts: Sequence[str | None]) -> str | None:
    for one in (Conformity.FAIL, None, Conformity.UNDECIDED):
        if one in verdicts:
            return one
    return Conformity.PASS


def _line(line: PlannedCharacteristic, verdicts: Iterable[str | None]) -> LineJudged:
    counted = Counter(verdicts)
    return LineJudged(
        line, counted[Conformity.PASS], counted[Conformity.FAIL], counted[Conformity.UNDECIDED], counted[None]
    )
