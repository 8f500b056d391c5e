"""Small pictures beside a number: where it lies between its limits, and how it went lately."""

from __future__ import annotations

from dataclasses import dataclass

from samegauge.core.charts.numerals import number_text
from samegauge.core.charts.svg import EMPTY, Fragment, Scale, box, document, element, group, label, line, padded, path

BAR_SIZE = (240.0, 44.0)
BAR_Y = 12.0
SPARK_SIZE = (120.0, 24.0)
EDGE = 40.0


@dataclass(frozen=True)
class LimitBar:
    """A value with what it is judged by; one missing limit makes the one-sided form."""

    sentence: str
    value: float
    lower: float | None = None
    upper: float | None = None
    target: float | None = None
    expanded_uncertainty: float = 0.0
    decimals: int | None = None

    def __post_init__(self) -> None:
        if self.lower is None and self.upper is None:
            raise ValueError("A limit bar needs at least one limit.")


@dataclass(frozen=True)
class Sparkline:
    """The last values in order; `alarms` are indices of points that need somebody."""

    sentence: str
    values: tuple[float, ...]
    lower: float | None = None
    upper: float | None = None
    alarms: tuple[int, ...] = ()


def limit_bar(bar: LimitBar) -> str:
    """Draw tolerance, zones in which nothing is proven, target and the value with its uncertainty."""
    scale = _bar_scale(bar)
    half = bar.expanded_uncertainty
    low = scale(bar.lower) if bar.lower is not None else 4.0
    high = scale(bar.upper) if bar.upper is not None else BAR_SIZE[0] - 4.0
    return document(
        BAR_SIZE,
        bar.sentence,
        box((low, BAR_Y - 6), (high - low, 12.0), "c-tolerance"),
        *(_zone(scale, limit, half) for limit in (bar.lower, bar.upper) if limit is not None and half),
        line((scale(bar.target), BAR_Y - 8), (scale(bar.target), BAR_Y + 8), "c-target")
        if bar.target is not None
        else EMPTY,
        line((scale(bar.value - half), BAR_Y), (scale(bar.value + half), BAR_Y), "c-whisker") if half else EMPTY,
        _dot(bar, scale),
        _limit_name(scale, bar.lower, bar.decimals),
        _limit_name(scale, bar.upper, bar.decimals),
        class_="sg-mark sg-limit-bar",
    )


def sparkline(spark: Sparkline) -> str:
    """Draw the course of the last values with limits as hairlines."""
    width, height = SPARK_SIZE
    limits = [limit for limit in (spark.lower, spark.upper) if limit is not None]
    if not spark.values:
        return document(SPARK_SIZE, spark.sentence, class_="sg-mark sg-sparkline")
    low, high = padded([*spark.values, *limits], 0.1)
    vertical = Scale(low, high, height - 3, 3)
    across = Scale(0, max(len(spark.values) - 1, 1), 4, width - 6)
    points = [(across(index), vertical(value)) for index, value in enumerate(spark.values)]
    alarms = [points[index] for index in spark.alarms if 0 <= index < len(points)]
    return document(
        SPARK_SIZE,
        spark.sentence,
        *(line((0, vertical(limit)), (width, vertical(limit)), "c-grid") for limit in limits),
        path(points, "c-line"),
        element("circle", cx=points[-1][0], cy=points[-1][1], r=3, class_="c-point"),
        *(element("path", d=f"M{x:.1f} {y - 5:.1f}l5 9h-10z", class_="c-alarm") for x, y in alarms),
        class_="sg-mark sg-sparkline",
    )


def _bar_scale(bar: LimitBar) -> Scale:
    known = [value for value in (bar.lower, bar.upper) if value is not None]
    values = [*known, bar.value - bar.expanded_uncertainty, bar.value + bar.expanded_uncertainty]
    if bar.target is not None:
        values.append(bar.target)
    if len(known) == 1:
        # The open side reaches as far as the value needs, and no farther than zero for a deviation from zero.
        limit = known[0]
        values.append(0.0 if bar.lower is None and min(values) >= 0 else limit - (bar.value - limit) * 0.25)
    low, high = min(values), max(values)
    room = (high - low) * 0.08 or 1.0
    at_zero = bar.lower is None and low == 0
    return Scale(low if at_zero else low - room, high + room, 4.0, BAR_SIZE[0] - 4.0)


def _zone(scale: Scale, limit: float, half: float) -> Fragment:
    start, end = scale(limit - half), scale(limit + half)
    return box((start, BAR_Y - 6), (end - start, 12.0), "c-zone")


def _dot(bar: LimitBar, scale: Scale) -> Fragment:
    x = scale(bar.value)
    outside = (bar.lower is not None and bar.value < bar.lower) or (bar.upper is not None and bar.value > bar.upper)
    if outside:
        return element("path", d=f"M{x:.1f} {BAR_Y - 9:.1f}l8 15h-16z", class_="c-alarm")
    return element("circle", cx=x, cy=BAR_Y, r=5.5, class_="c-dot")


def _limit_name(scale: Scale, limit: float | None, decimals: int | None) -> Fragment:
    if limit is None:
        return EMPTY
    x = scale(limit)
    middle = EDGE < x < BAR_SIZE[0] - EDGE
    at = x if middle else (0.0 if x < BAR_SIZE[0] / 2 else BAR_SIZE[0])
    anchor = "middle" if middle else ("start" if at == 0 else "end")
    return group(
        line((x, BAR_Y - 9), (x, BAR_Y + 9), "c-axis"), label((at, 40.0), number_text(limit, decimals), "", anchor)
    )
