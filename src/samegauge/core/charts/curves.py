"""A falling or rising curve over a quantity, on a logarithmic scale, with the points that matter named at the curve."""

from __future__ import annotations

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
    path,
    text_width,
    tick_decimals,
)
from samegauge.core.charts.words import ChartTable

HEIGHT = 340.0
LEFT, RIGHT, TOP, BOTTOM = 84.0, 900.0, 44.0, 52.0


@dataclass(frozen=True)
class Curve:
    """`points` are joined; `named` stand out, each with its text. Values are positive; infinite ones end the curve."""

    sentence: str
    across: str
    up: str
    points: tuple[tuple[float, float], ...]
    named: tuple[tuple[float, float, str], ...] = ()


def curve_chart(chart: Curve) -> str:
    shown = [(x, y) for x, y in chart.points if math.isfinite(y) and y > 0.0]
    heights = [math.log10(y) for _x, y in [*shown, *((x, y) for x, y, _text in chart.named)]] or [0.0]
    vertical = Scale(min(math.floor(min(heights)), 0), math.ceil(max(heights) + 1e-9), HEIGHT - BOTTOM, TOP)
    across = Scale(min(x for x, _y in chart.points), max(x for x, _y in chart.points), LEFT, RIGHT)
    places = [(across(x), vertical(math.log10(y))) for x, y in shown]
    return document(
        (WIDTH, HEIGHT),
        chart.sentence,
        _ground(chart, across, vertical),
        path(places, "c-curve"),
        *(_named(across(x), vertical(math.log10(y)), text) for x, y, text in chart.named),
    )


def _ground(chart: Curve, across: Scale, vertical: Scale) -> Fragment:
    base = HEIGHT - BOTTOM
    decades = range(math.ceil(vertical.low), math.floor(vertical.high) + 1)
    rows = [
        element(
            "g",
            line((LEFT, vertical(decade)), (RIGHT, vertical(decade)), "c-grid"),
            label((LEFT - 10, vertical(decade) + 5), number_text(10.0**decade, 0), "", "end"),
        )
        for decade in decades
    ]
    ticks = across.ticks(8)
    decimals = tick_decimals(ticks)
    marks = [label((across(tick), base + 20), number_text(tick, decimals), "", "middle") for tick in ticks]
    return group(
        *rows,
        line((LEFT, base), (RIGHT, base), "c-axis"),
        *marks,
        label((0.0, 18.0), chart.up, "c-strong"),
        label((RIGHT, base + 44), chart.across, "", "end"),
    )


def _named(x: float, y: float, text: str) -> Fragment:
    beyond = x + 12 + text_width(text) > WIDTH
    at = (x - 12, y + 22) if beyond else (x + 12, y - 10)
    return group(
        element("circle", cx=x, cy=y, r=6, class_="c-dot"),
        label(at, text, "c-strong c-halo", "end" if beyond else "start"),
    )


def curve_table(chart: Curve) -> ChartTable:
    rows = tuple((number_text(x, 2), number_text(y, 1) if math.isfinite(y) else "∞") for x, y in chart.points)
    return ChartTable((chart.across, chart.up), rows, (True, True))
