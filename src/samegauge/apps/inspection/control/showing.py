"""The live charts of a process as pictures: baseline and what came since, each stretch with its limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from samegauge.apps.inspection.control.models import Chart
from samegauge.apps.inspection.control.watching import current
from samegauge.core.charts import ControlChart, Phase, RunPoint
from samegauge.core.measurement.models import Measurement

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from samegauge.apps.inspection.control.charting import Watch
    from samegauge.apps.inspection.control.models import Alarm, Process

MOST_POINTS = 120
SPARK_POINTS = 30
_DECIMALS = 4
STATISTICS = {
    "value": gettext_lazy("Single values"),
    "moving range": gettext_lazy("Moving range"),
    "mean": gettext_lazy("Means of points"),
    "range": gettext_lazy("Ranges within points"),
    "standard deviation": gettext_lazy("Standard deviations within points"),
    "EWMA": "EWMA",
    "upper CUSUM": gettext_lazy("CUSUM above"),
    "lower CUSUM": gettext_lazy("CUSUM below"),
    "share nonconforming": gettext_lazy("Share not conforming"),
    "number nonconforming": gettext_lazy("Number not conforming"),
    "number of nonconformities": gettext_lazy("Defects"),
    "nonconformities per unit": gettext_lazy("Defects per unit"),
    "Z": gettext_lazy("Standardised values"),
    "moving range of Z": gettext_lazy("Moving range of standardised values"),
}
_WITHOUT_UNIT = frozenset({Chart.P, Chart.NP, Chart.C, Chart.U, Chart.Z_MR})


def statistic_name(statistic: str) -> str:
    return str(STATISTICS.get(statistic, statistic))


@dataclass(frozen=True)
class Line:
    """The latest points of the first chart with their limits, for a sparkline."""

    values: tuple[float, ...]
    lower: float | None
    upper: float | None
    alarms: tuple[int, ...]


@dataclass(frozen=True)
class Shown:
    """A chart of a process; one of ranges begins at zero."""

    chart: ControlChart
    statistic: str

    @property
    def is_range(self) -> bool:
        return "range" in self.statistic


@dataclass(frozen=True)
class _Course:
    """One chart from its first point on; `starts` are the points where limits or memory begin anew."""

    points: NDArray[np.float64]
    center: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    alarms: NDArray[Any]
    starts: tuple[int, ...]


def _course(watch: Watch, number: int) -> _Course:
    pieces: list[Any] = [watch.charts[number], *(one.plotted[number] for one in watch.stretches if one.plotted)]
    lengths = [piece.points.shape[-1] for piece in pieces]
    starts = tuple(np.cumsum([0, *lengths[:-1]]).tolist())
    joined = (np.concatenate([getattr(piece, name) for piece in pieces]) for name in ("points", "center", "lower"))
    points, center, lower = joined
    upper, alarms = (np.concatenate([getattr(piece, name) for piece in pieces]) for name in ("upper", "alarms"))
    return _Course(points, center, lower, upper, alarms, starts)


def _keys(watch: Watch) -> list[int]:
    """The value that completes each point."""
    size = watch.frame.size
    values = [*watch.baseline, *(value for one in watch.stretches for value in one.values)]
    return [one.key for one in values[size - 1 :: size]]


def line_of(watch: Watch) -> Line:
    if not watch.charts:
        held = tuple(one.actual for one in [*watch.baseline, *watch.waiting])
        return Line(held[-SPARK_POINTS:], None, None, ())
    course = _course(watch, 0)
    hits = np.zeros(course.points.shape, dtype=bool)
    for number in range(len(watch.charts)):
        hits |= _course(watch, number).alarms > 0
    hits[: len(watch.baseline) // watch.frame.size] = False
    lower, upper = (_finite(float(one[-1])) for one in (course.lower, course.upper))
    shown = course.points[-SPARK_POINTS:]
    return Line(tuple(shown.tolist()), lower, upper, tuple(np.flatnonzero(hits[-SPARK_POINTS:]).tolist()))


def lines_of(alarms: Sequence[Alarm]) -> list[Line]:
    known = current(list({alarm.process_id: alarm.process for alarm in alarms}.values()))
    return [line_of(known[alarm.process_id]) for alarm in alarms]


def pictures(process: Process, watch: Watch, most: int = MOST_POINTS) -> list[Shown]:
    """Every chart of a process, the latest points of it; without limits as long as they are too few."""
    keys = _keys(watch)[-most:] if watch.charts else [one.key for one in [*watch.baseline, *watch.waiting]][-most:]
    rows = Measurement.everything.filter(pk__in=keys).values_list(
        "pk", "inspection__unit__serial", "inspection__uid", "actual"
    )
    named = {key: (serial, reverse("inspection", args=[uid]), actual) for key, serial, uid, actual in rows}
    unit = "" if watch.frame.design.chart in _WITHOUT_UNIT else process.lead.unit_code
    if not watch.charts:
        points = tuple(RunPoint(named[key][0], named[key][2], url=named[key][1]) for key in keys)
        return [Shown(_picture(process, _("No limits yet"), points, (), unit), "value")] if points else []
    units = [named[key][:2] for key in keys]
    return [
        Shown(_drawn(process, watch, number, units, unit), chart.statistic) for number, chart in enumerate(watch.charts)
    ]


def _drawn(process: Process, watch: Watch, number: int, named: Sequence[tuple[str, str]], unit: str) -> ControlChart:
    course, chart = _course(watch, number), watch.charts[number]
    first = course.points.size - len(named)
    reasons = {one.index: one.reason_en for one in chart.method.excluded}
    points = tuple(
        RunPoint(
            serial,
            float(course.points[place]),
            _rules(int(course.alarms[place])),
            excluded=place in reasons,
            reason=reasons.get(place, ""),
            url=url,
        )
        for place, (serial, url) in enumerate(named, start=first)
        if not np.isnan(course.points[place])
    )
    # A moving range has no first point; all that follow stand one place further left.
    missing = len(named) - len(points)
    phases = tuple(_phases(course, first + missing))
    return _picture(process, _sentence(course, chart.statistic, first), points, phases, unit)


def _phases(course: _Course, first: int) -> Iterator[Phase]:
    ends = [*course.starts[1:], course.points.size]
    for number, (start, end) in enumerate(zip(course.starts, ends, strict=True)):
        if end > max(first, start):
            center, lower, upper = (float(one[end - 1]) for one in (course.center, course.lower, course.upper))
            yield Phase(max(start - first, 0), end - first, center, _finite(lower), _finite(upper), _reason(number))


def _finite(limit: float) -> float | None:
    return limit if np.isfinite(limit) else None


def _reason(number: int) -> str:
    """Why limits or memory begin here: the baseline first, what follows it at once, then after each answer."""
    return _("Baseline") if number == 0 else _("begins anew") if number > 1 else ""


def _rules(bits: int) -> tuple[int, ...]:
    return tuple(number for number in range(1, bits.bit_length() + 1) if bits >> (number - 1) & 1)


def _sentence(course: _Course, statistic: str, first: int) -> str:
    since = max(first, course.starts[1] if len(course.starts) > 1 else course.points.size)
    count = int(np.count_nonzero(course.alarms[since:]))
    name = {"chart": statistic_name(statistic), "count": count}
    if not count:
        return _("%(chart)s: no signal") % name
    return ngettext("%(chart)s: %(count)d point signals", "%(chart)s: %(count)d points signal", count) % name


def _picture(
    process: Process, sentence: str, points: tuple[RunPoint, ...], phases: tuple[Phase, ...], unit: str
) -> ControlChart:
    return ControlChart(
        sentence=sentence,
        quantity=process.lead.name,
        unit=unit,
        points=points,
        phases=phases,
        order_name=_("Part, in the order of time"),
        decimals=_DECIMALS,
    )
