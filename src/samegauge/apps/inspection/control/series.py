"""The standing values of a process in order of time, whichever door they came through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from samegauge.apps.inspection.control.models import Process, ProcessMember
from samegauge.core.measurement.models import NUMBER_OF_PART, Conformity, Measurement

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from django.db.models import QuerySet

# The time on its own row, else that of the inspection, else when it was reported; then the order within the source.
_COLUMNS = (
    "pk",
    "characteristic_id",
    "actual",
    "stated",
    "measured_at",
    "inspection__performed_at",
    "inspection__reported_at",
    "inspection__position_in_source",
)


class Place(NamedTuple):
    """Where a value stands in the order of time."""

    taken_at: datetime
    position: int
    key: int


@dataclass(frozen=True, slots=True)
class Value:
    place: Place
    characteristic: int
    actual: float
    failed: bool

    @property
    def key(self) -> int:
        return self.place.key


def _values(rows: QuerySet[Measurement]) -> list[Value]:
    known = rows.filter(actual__isnull=False).exclude(characteristic__kind=NUMBER_OF_PART)
    return sorted(
        (
            Value(
                Place(measured or performed or reported, position, key),
                characteristic,
                actual,
                stated == Conformity.FAIL,
            )
            for key, characteristic, actual, stated, measured, performed, reported, position in known.values_list(
                *_COLUMNS
            )
        ),
        key=lambda one: one.place,
    )


def values_with(keys: Collection[int]) -> list[Value]:
    return _values(Measurement.objects.filter(pk__in=keys))


def series_of(processes: Iterable[Process]) -> dict[int, list[Value]]:
    """Return the series of each process, from two queries for all of them."""
    found: dict[int, list[Value]] = {process.pk: [] for process in processes}
    members = dict(ProcessMember.objects.filter(process__in=found).values_list("characteristic_id", "process_id"))
    for value in _values(Measurement.objects.filter(characteristic__in=members)):
        found[members[value.characteristic]].append(value)
    return found


def places_of(keys: Collection[int]) -> dict[int, Place]:
    """Where values stand, also those that were taken back since."""
    if not keys:
        return {}
    rows = Measurement.everything.filter(pk__in=keys).values_list(
        "pk", "measured_at", "inspection__performed_at", "inspection__reported_at", "inspection__position_in_source"
    )
    return {
        key: Place(measured or performed or reported, position, key)
        for key, measured, performed, reported, position in rows
    }
