"""Capability histogram: how the values lie between the specification limits, with the fitted normal curves."""

from __future__ import annotations

import math
from dataclasses import dataclass

from samegauge.core.charts.numerals import number_text
from samegauge.core.charts.svg import (
    EMPTY,
    LINE_HEIGHT,
    WIDTH,
    Fragment,
    Scale,
    box,
    document,
    element,
    group,
    label,
    line,
    padded,
    path,
    spread,
    text_width,
    tick_decimals,
)
from samegauge.core.charts.words import ENGLISH, ChartTable, ChartWords

HEIGHT = 360.0
LEFT, RIGHT, TOP, BASE = 60.0, 940.0, 70.0, 306.0
CURVE_STEPS = 120
CURVE_REACH = 4.0


@dataclass(frozen=True)
class CapabilityHistogram:
    """`edges` has one value more than `counts`; a sigma that is None draws no curve."""

    sentence: str
    quantity: str
    unit: str
    edges: tuple[float, ...]
    counts: tuple[int, ...]
    lower_specification: float | None = None
    upper_specification: float | None = None
    nominal: float | None = None
    mean: float | None = None
    sigma_within: float | None = None
    sigma_overall: float | None = None
    decimals: int | None = None

    def __post_init__(self) -> None:
        if len(self.edges) != len(self.counts) + 1:
            raise ValueError(f"{len(self.counts)} counts need {len(self.counts) + 1} edges, not {len(self.edges)}.")


def capability_histogram(chart: CapabilityHistogram, words: ChartWords = ENGLISH) -> str:
    """Draw bars, specification limits and, where known, the curves of both spreads."""
    across = _across(chart)
    peak = max([*chart.counts, *(_density(chart, sigma, chart.mean or 0.0) for sigma in _sigmas(chart))], default=1)
    vertical = Scale(0.0, (peak or 1) * 1.08, BASE, TOP)
    return document(
        (WIDTH, HEIGHT),
        chart.sentence,
        _ground(chart, across, vertical, words),
        *(_bar(chart, index, across, vertical) for index in range(len(chart.counts))),
        _curve(chart, chart.sigma_within, across, vertical, "c-curve-2"),
        _curve(chart, chart.sigma_overall, across, vertical, "c-curve"),
        _limits(chart, across),
        _key(chart, words),
    )


def capability_table(chart: CapabilityHistogram, words: ChartWords = ENGLISH) -> ChartTable:
    unit = f" [{chart.unit}]" if chart.unit else ""
    heads = (f"{words.from_value}{unit}", f"{words.to_value}{unit}", words.count)
    rows = tuple(
        (number_text(low, chart.decimals), number_text(high, chart.decimals), str(count))
        for low, high, count in zip(chart.edges, chart.edges[1:], chart.counts, strict=False)
    )
    return ChartTable(heads, rows, (True, True, True))


def _across(chart: CapabilityHistogram) -> Scale:
    specifications = (chart.lower_specification, chart.upper_specification, chart.nominal)
    low, high = padded([*chart.edges, *(value for value in specifications if value is not None)], 0.06)
    return Scale(low, high, LEFT, RIGHT)


def _sigmas(chart: CapabilityHistogram) -> list[float]:
    if chart.mean is None:
        return []
    return [sigma for sigma in (chart.sigma_within, chart.sigma_overall) if sigma]


def _density(chart: CapabilityHistogram, sigma: float, at: float) -> float:
    """Return the normal curve in counts a bar."""
    widths = [high - low for low, high in zip(chart.edges, chart.edges[1:], strict=False)]
    area = sum(chart.counts) * (sum(widths) / len(widths))
    deviation = (at - (chart.mean or 0.0)) / sigma
    return area / (sigma * math.sqrt(2 * math.pi)) * math.exp(-deviation * deviation / 2)


def _ground(chart: CapabilityHistogram, across: Scale, vertical: Scale, words: ChartWords) -> Fragment:
    ticks = across.ticks(8)
    decimals = tick_decimals(ticks)
    name = f"{chart.quantity} [{chart.unit}]" if chart.unit else chart.quantity
    counts = [tick for tick in vertical.ticks(4) if tick == int(tick)]
    return group(
        *(line((LEFT, vertical(tick)), (RIGHT, vertical(tick)), "c-grid") for tick in counts),
        *(label((LEFT - 8, vertical(tick) + 5), number_text(tick, 0), "", "end") for tick in counts),
        *(label((across(tick), BASE + 22), number_text(tick, decimals), "", "middle") for tick in ticks),
        label((RIGHT, BASE + 46), name, "c-strong", "end"),
        label((0.0, BASE + 46), f"{words.count} · n = {number_text(sum(chart.counts), 0)}", ""),
        line((LEFT, BASE), (RIGHT, BASE), "c-axis"),
    )


def _bar(chart: CapabilityHistogram, index: int, across: Scale, vertical: Scale) -> Fragment:
    low, high, count = chart.edges[index], chart.edges[index + 1], chart.counts[index]
    if not count:
        return EMPTY
    lower, upper = chart.lower_specification, chart.upper_specification
    outside = (lower is not None and high <= lower) or (upper is not None and low >= upper)
    title = element(
        "title", f"{number_text(low, chart.decimals)} – {number_text(high, chart.decimals)} {chart.unit}: {count}"
    )
    corner, size = (across(low), vertical(count)), (across(high) - across(low), BASE - vertical(count))
    return box(corner, size, "c-bar-alarm" if outside else "c-bar", title)


def _curve(chart: CapabilityHistogram, sigma: float | None, across: Scale, vertical: Scale, class_: str) -> Fragment:
    if not sigma or chart.mean is None:
        return EMPTY
    low = max(chart.mean - CURVE_REACH * sigma, across.low)
    high = min(chart.mean + CURVE_REACH * sigma, across.high)
    values = [low + (high - low) * step / CURVE_STEPS for step in range(CURVE_STEPS + 1)]
    return path([(across(value), vertical(_density(chart, sigma, value))) for value in values], class_)


def _limits(chart: CapabilityHistogram, across: Scale) -> Fragment:
    named = (
        ("LSL", chart.lower_specification, "c-spec"),
        ("T", chart.nominal, "c-target"),
        ("USL", chart.upper_specification, "c-spec"),
    )
    shown = [(name, value, class_) for name, value, class_ in named if value is not None]
    texts = [f"{name} {number_text(value, chart.decimals)}" for name, value, _class in shown]
    room = max((text_width(text) for text in texts), default=0.0) + 12
    places = spread([across(value) for _name, value, _class in shown], room, LEFT + room / 2, RIGHT - room / 2)
    return group(
        *(line((across(value), TOP - 14), (across(value), BASE), class_) for _name, value, class_ in shown),
        *(label((x, TOP - 22), text, "c-strong", "middle") for x, text in zip(places, texts, strict=True)),
    )


def _key(chart: CapabilityHistogram, words: ChartWords) -> Fragment:
    """Name the curves in their own colours with their sigma."""
    if chart.mean is None:
        return EMPTY
    curves = (
        (words.overall, chart.sigma_overall, "c-curve-label"),
        (words.within, chart.sigma_within, "c-curve-2-label"),
    )
    x, parts = 0.0, list[Fragment]()
    for name, sigma, class_ in curves:
        if sigma:
            text = f"{name}: σ = {number_text(sigma)} {chart.unit}".strip()
            parts.append(label((x, LINE_HEIGHT - 4), text, class_))
            x += text_width(text) + 32
    return group(*parts)
