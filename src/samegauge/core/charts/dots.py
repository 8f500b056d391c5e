"""Values in groups side by side: each value a dot, each group its mean, and where they are known its bounds."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

from samegauge.core.charts.numerals import number_text
from samegauge.core.charts.svg import (
    WIDTH,
    Fragment,
    Scale,
    document,
    element,
    group,
    label,
    line,
    padded,
    path,
    shortened,
    text_width,
    tick_decimals,
)
from samegauge.core.charts.words import ChartTable

HEIGHT = 320.0
RIGHT, TOP, BASE = 940.0, 46.0, 270.0
WANTED_TICKS = 5
MOST_LEFT_OUT = 6
HALF_TICK = 12.0
# Dots of equal value stand beside one another.
BESIDE = (0.0, 7.0, -7.0, 14.0, -14.0)


@dataclass(frozen=True)
class DotGroup:
    """`middle` is the mean or share; `lower` and `upper` its bounds; a group without one leaves its place empty."""

    label: str
    middle: float | None
    values: tuple[float, ...] = ()
    lower: float | None = None
    upper: float | None = None
    is_alarm: bool = False


@dataclass(frozen=True)
class DotChart:
    """`lines` are values with their names; `heads` those of the table: group, number, middle, lower, upper."""

    sentence: str
    quantity: str
    unit: str
    heads: tuple[str, str, str, str, str]
    groups: tuple[DotGroup, ...]
    lines: tuple[tuple[float, str], ...] = ()
    joined: bool = True
    from_zero: bool = False
    decimals: int | None = None


def dot_chart(chart: DotChart) -> str:
    """Draw the groups in the order given; their means are joined where the order means something."""
    vertical = _vertical(chart)
    ticks = vertical.ticks(WANTED_TICKS)
    marks = [(vertical(tick), number_text(tick, tick_decimals(ticks))) for tick in ticks]
    left = max((text_width(name) for _y, name in marks), default=0.0) + 16
    places = [left + (RIGHT - left) * (index + 0.5) / len(chart.groups) for index in range(len(chart.groups))]
    return document(
        (WIDTH, HEIGHT),
        chart.sentence,
        label((0.0, 20.0), f"{chart.quantity} [{chart.unit}]" if chart.unit else chart.quantity, "c-strong"),
        group(*(line((left, y), (RIGHT, y), "c-grid") for y, _name in marks)),
        group(*(label((left - 8, y + 5), name, "", "end") for y, name in marks)),
        group(*_lines(chart, vertical, left)),
        *_joined(chart, places, vertical),
        group(*(part for x, one in zip(places, chart.groups, strict=True) for part in _group(one, x, vertical))),
        group(*_names(chart, places)),
    )


def _vertical(chart: DotChart) -> Scale:
    shown = [value for value, _name in chart.lines]
    for one in chart.groups:
        shown += [value for value in (one.middle, one.lower, one.upper, *one.values) if value is not None]
    low, high = padded(shown or [0.0])
    return Scale(0.0 if chart.from_zero else low, high, BASE, TOP)


def _joined(chart: DotChart, places: list[float], vertical: Scale) -> list[Fragment]:
    """Join neighbours; where a group has nothing the line has a gap."""
    if not chart.joined:
        return []
    middles = [one.middle for one in chart.groups]
    return [
        path([(places[index], vertical(one)), (places[index + 1], vertical(other))], "c-line")
        for index, (one, other) in enumerate(itertools.pairwise(middles))
        if one is not None and other is not None
    ]


def _lines(chart: DotChart, vertical: Scale, left: float) -> list[Fragment]:
    drawn: list[Fragment] = []
    for value, name in chart.lines:
        y = vertical(value)
        drawn += [line((left, y), (RIGHT, y), "c-limit"), label((RIGHT, y - 5), name, "c-halo", "end")]
    return drawn


def _group(one: DotGroup, x: float, vertical: Scale) -> list[Fragment]:
    parts: list[Fragment] = []
    if one.lower is not None and one.upper is not None:
        parts.append(line((x, vertical(one.lower)), (x, vertical(one.upper)), "c-whisker"))
    parts += [
        element("circle", cx=x + BESIDE[place % len(BESIDE)], cy=vertical(value), r=4, class_="c-hollow")
        for place, value in enumerate(one.values)
    ]
    if one.middle is None:
        return parts
    y = vertical(one.middle)
    if one.is_alarm:
        parts.append(element("path", d=f"M{x:.1f} {y - 9:.1f}l8 15h-16z", class_="c-alarm"))
    elif one.values:
        parts.append(line((x - HALF_TICK, y), (x + HALF_TICK, y), "c-mark"))
    else:
        parts.append(element("circle", cx=x, cy=y, r=5.5, class_="c-dot"))
    return parts


def _names(chart: DotChart, places: list[float]) -> list[Fragment]:
    room = places[1] - places[0] if len(places) > 1 else RIGHT
    every = max(1, math.ceil((max(text_width(one.label) for one in chart.groups) + 12) / room))
    every = every if every <= MOST_LEFT_OUT else 1
    return [
        label((places[index], BASE + 26), shortened(one.label, room * every - 6), "", "middle")
        for index, one in enumerate(chart.groups)
        if index % every == 0
    ]


def dot_table(chart: DotChart) -> ChartTable:
    rows = tuple(
        (
            one.label,
            number_text(len(one.values), 0) if one.values else "–",
            *(number_text(value, chart.decimals) for value in (one.middle, one.lower, one.upper)),
        )
        for one in chart.groups
    )
    return ChartTable(chart.heads, rows, (False, True, True, True, True))
