"""Bars from left to right, each with its number, against thresholds that say what is too long."""

from __future__ import annotations

from dataclasses import dataclass

from samegauge.core.charts.numerals import number_text
from samegauge.core.charts.svg import WIDTH, Fragment, Scale, box, document, group, label, line, shortened, text_width
from samegauge.core.charts.words import ChartTable

ROW_HEIGHT = 34.0
LEFT, RIGHT, TOP = 300.0, 860.0, 44.0


@dataclass(frozen=True)
class Bar:
    label: str
    value: float
    is_alarm: bool = False


@dataclass(frozen=True)
class BarChart:
    """`thresholds` are values with their names; `heads` are those of the table behind the picture."""

    sentence: str
    unit: str
    heads: tuple[str, str]
    bars: tuple[Bar, ...]
    thresholds: tuple[tuple[float, str], ...] = ()
    decimals: int | None = 1


def bar_chart(chart: BarChart) -> str:
    """Draw the bars in the order given."""
    longest = max([*(one.value for one in chart.bars), *(value for value, _name in chart.thresholds), 1e-12])
    across = Scale(0.0, longest * 1.06, LEFT, RIGHT)
    bottom = TOP + ROW_HEIGHT * len(chart.bars)
    rows = [part for place, one in enumerate(chart.bars) for part in _row(chart, one, TOP + ROW_HEIGHT * place, across)]
    return document(
        (WIDTH, bottom + 20.0),
        chart.sentence,
        group(*rows),
        *(line((across(value), TOP - 8), (across(value), bottom), "c-limit") for value, _name in chart.thresholds),
        *_threshold_names(chart, across),
        line((LEFT, TOP - 8), (LEFT, bottom), "c-axis"),
    )


def _row(chart: BarChart, one: Bar, top: float, across: Scale) -> list[Fragment]:
    middle = top + ROW_HEIGHT / 2 + 5
    end = across(max(one.value, 0.0))
    text = f"{number_text(one.value, chart.decimals)} {chart.unit}".strip()
    return [
        label((LEFT - 12, middle), shortened(one.label, LEFT - 24), "c-strong", "end"),
        box((LEFT, top + 6), (end - LEFT, ROW_HEIGHT - 12), "c-bar-alarm" if one.is_alarm else "c-bar"),
        label((end + 8, middle), text, "c-halo c-rule" if one.is_alarm else "c-halo c-strong"),
    ]


def _threshold_names(chart: BarChart, across: Scale) -> list[Fragment]:
    names: list[Fragment] = []
    free_from = 0.0
    for value, name in sorted(chart.thresholds):
        width = text_width(name)
        start = min(max(across(value) - width / 2, free_from), WIDTH - width)
        names.append(label((start, TOP - 16), name, ""))
        free_from = start + width + 12
    return names


def bar_table(chart: BarChart) -> ChartTable:
    what, value = chart.heads
    heads = (what, f"{value} [{chart.unit}]" if chart.unit else value)
    rows = tuple((one.label, number_text(one.value, chart.decimals)) for one in chart.bars)
    return ChartTable(heads, rows, (False, True))
