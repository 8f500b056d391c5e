"""Control charts of individual values and of their moving range: points joined, limits at the right, signals marked."""

from __future__ import annotations

from dataclasses import dataclass

from samegauge.core.charts.numerals import number_text
from samegauge.core.charts.svg import (
    EMPTY,
    LINE_HEIGHT,
    WIDTH,
    Fragment,
    Scale,
    document,
    element,
    group,
    label,
    line,
    link,
    padded,
    path,
    spread,
    tick_decimals,
)
from samegauge.core.charts.words import ENGLISH, ChartTable, ChartWords

INDIVIDUALS_HEIGHT = 360.0
RANGE_HEIGHT = 220.0
LEFT, RIGHT, TOP, BOTTOM = 84.0, 836.0, 42.0, 46.0
MANY_POINTS = 300
BEYOND_LIMITS = 1


@dataclass(frozen=True)
class RunPoint:
    """One value in order of production; `rules` are the numbers of the run rules it violates."""

    name: str
    value: float
    rules: tuple[int, ...] = ()
    excluded: bool = False
    reason: str = ""
    url: str = ""


@dataclass(frozen=True)
class Phase:
    """Limits that hold for the points from `first` up to, but not including, `end`."""

    first: int
    end: int
    centre: float
    lower: float | None
    upper: float | None
    reason: str = ""


@dataclass(frozen=True)
class Mark:
    """Something that happened before a point: a new lot, gauge or person."""

    index: int
    text: str


@dataclass(frozen=True)
class ControlChart:
    """`sentence` says in words what the picture shows; specification limits are drawn only where given."""

    sentence: str
    quantity: str
    unit: str
    points: tuple[RunPoint, ...]
    phases: tuple[Phase, ...] = ()
    lower_specification: float | None = None
    upper_specification: float | None = None
    marks: tuple[Mark, ...] = ()
    order_name: str = ""
    decimals: int | None = None


def control_chart(chart: ControlChart, words: ChartWords = ENGLISH) -> str:
    """Draw the individual values."""
    specifications = (("LSL", chart.lower_specification), ("USL", chart.upper_specification))
    return _panel(
        chart, INDIVIDUALS_HEIGHT, [(name, value) for name, value in specifications if value is not None], words
    )


def moving_range_chart(chart: ControlChart, words: ChartWords = ENGLISH) -> str:
    """Draw moving ranges under the individuals, on the same width; the axis starts at zero."""
    return _panel(chart, RANGE_HEIGHT, [], words, from_zero=True)


def control_table(chart: ControlChart, words: ChartWords = ENGLISH) -> ChartTable:
    value_head = f"{chart.quantity} [{chart.unit}]" if chart.unit else chart.quantity
    heads = (words.number, words.point, value_head, words.rules, words.reason)
    rows = tuple(
        (
            str(index + 1),
            point.name,
            number_text(point.value, chart.decimals),
            ", ".join(str(rule) for rule in point.rules),
            f"{words.excluded}: {point.reason}" if point.excluded else point.reason,
        )
        for index, point in enumerate(chart.points)
    )
    return ChartTable(heads, rows, (True, False, True, False, False))


def _panel(
    chart: ControlChart,
    height: float,
    specifications: list[tuple[str, float]],
    words: ChartWords,
    *,
    from_zero: bool = False,
) -> str:
    vertical = _vertical(chart, height, [value for _name, value in specifications], from_zero=from_zero)
    across = Scale(0.0, max(len(chart.points), 1), LEFT, RIGHT)
    return document(
        (WIDTH, height),
        chart.sentence,
        _ground(chart, vertical, height),
        _order_axis(chart, across, height),
        _specification_lines(specifications, vertical),
        *(_phase_lines(phase, number, across, vertical) for number, phase in enumerate(chart.phases)),
        *(_mark(mark, across, height) for mark in chart.marks),
        *_curve(chart, across, vertical),
        *(_point(chart, index, across, vertical, words) for index in range(len(chart.points))),
        _limit_labels(chart, specifications, vertical, height),
    )


def _vertical(chart: ControlChart, height: float, specifications: list[float], *, from_zero: bool) -> Scale:
    values = [point.value for point in chart.points] + specifications
    for phase in chart.phases:
        values += [value for value in (phase.centre, phase.lower, phase.upper) if value is not None]
    low, high = padded(values or [0.0, 1.0])
    return Scale(0.0 if from_zero else low, high, height - BOTTOM, TOP)


def _ground(chart: ControlChart, vertical: Scale, height: float) -> Fragment:
    ticks = vertical.ticks(max(int(height // 70), 2))
    decimals = tick_decimals(ticks)
    parts = [
        element("g", line((LEFT, vertical(tick)), (RIGHT, vertical(tick)), "c-grid"),
                label((LEFT - 10, vertical(tick) + 5), number_text(tick, decimals), "", "end"))
        for tick in ticks
    ]  # fmt: skip
    name = f"{chart.quantity} [{chart.unit}]" if chart.unit else chart.quantity
    return group(*parts, label((0.0, 16.0), name, "c-strong"))


def _order_axis(chart: ControlChart, across: Scale, height: float) -> Fragment:
    """Write the numbers of a few points, and what their order is, below."""
    base = height - BOTTOM
    count = len(chart.points)
    step = next((size for size in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000) if count / size <= 12), 5000)  # noqa: PLR2004
    numbers = sorted({1, *range(step, count + 1, step)}) if count else []
    parts = [label((across(number - 0.5), base + 20), str(number), "", "middle") for number in numbers]
    return group(
        line((LEFT, base), (RIGHT, base), "c-axis"), *parts, label((RIGHT, base + 42), chart.order_name, "", "end")
    )


def _specification_lines(specifications: list[tuple[str, float]], vertical: Scale) -> Fragment:
    return group(
        *(line((LEFT, vertical(value)), (RIGHT, vertical(value)), "c-spec") for _name, value in specifications)
    )


def _phase_lines(phase: Phase, number: int, across: Scale, vertical: Scale) -> Fragment:
    start, end = across(phase.first), across(phase.end)
    parts = [line((start, vertical(phase.centre)), (end, vertical(phase.centre)), "c-centre")]
    limits = [vertical(limit) for limit in (phase.lower, phase.upper) if limit is not None]
    parts += [line((start, y), (end, y), "c-limit") for y in limits]
    if number:
        parts.append(line((start, TOP - 8), (start, vertical.start), "c-phase"))
    if phase.reason:
        parts.append(label((start + 4, TOP - 4), phase.reason, ""))
    return group(*parts)


def _mark(mark: Mark, across: Scale, height: float) -> Fragment:
    x, base = across(mark.index), height - BOTTOM
    return group(line((x, base), (x, base + 26), "c-mark"), label((x + 4, base + 42), mark.text, ""))


def _curve(chart: ControlChart, across: Scale, vertical: Scale) -> list[Fragment]:
    """Join the points of each phase; points left out interrupt nothing but are not joined."""
    borders = {phase.first for phase in chart.phases}
    pieces: list[list[tuple[float, float]]] = [[]]
    for index, point in enumerate(chart.points):
        if index in borders and pieces[-1]:
            pieces.append([])
        if not point.excluded:
            pieces[-1].append((across(index + 0.5), vertical(point.value)))
    return [path(piece, "c-line") for piece in pieces]


def _point(chart: ControlChart, index: int, across: Scale, vertical: Scale, words: ChartWords) -> Fragment:
    point = chart.points[index]
    x, y = across(index + 0.5), vertical(point.value)
    many = len(chart.points) > MANY_POINTS
    if many and not point.rules and not point.excluded:
        return EMPTY
    title = element("title", _said(chart, point, words))
    if point.excluded:
        shape = element("circle", title, cx=x, cy=y, r=4.5, class_="c-hollow")
    elif BEYOND_LIMITS in point.rules:
        shape = element("path", title, d=f"M{x:.1f} {y - 9:.1f}l9 16h-18z", class_="c-alarm")
    elif point.rules:
        shape = element("rect", title, x=x - 6, y=y - 6, width=12, height=12, class_="c-alarm")
    else:
        shape = element("circle", title, cx=x, cy=y, r=3.5, class_="c-point")
    if not point.rules or point.excluded:
        return link(point.url, shape)
    neighbour_marked = index > 0 and bool(chart.points[index - 1].rules)
    beside = y + 26 if (neighbour_marked and index % 2) or y - 26 < TOP - LINE_HEIGHT else y - 14
    numbers = label((x, beside), ",".join(str(rule) for rule in point.rules), "c-rule c-halo", "middle")
    return link(point.url, shape, numbers)


def _said(chart: ControlChart, point: RunPoint, words: ChartWords) -> str:
    said = [point.name, f"{number_text(point.value, chart.decimals)} {chart.unit}".strip()]
    said += [words.rule.format(number=rule) for rule in point.rules]
    if point.excluded:
        said.append(words.excluded)
    if point.reason:
        said.append(point.reason)
    return " · ".join(said)


def _limit_labels(
    chart: ControlChart, specifications: list[tuple[str, float]], vertical: Scale, height: float
) -> Fragment:
    """Write the last phase's limits at the right edge, moved apart where they would touch."""
    named = list(specifications)
    if chart.phases:
        last = chart.phases[-1]
        named += [("LCL", last.lower), ("CL", last.centre), ("UCL", last.upper)]
    shown = [(name, value) for name, value in named if value is not None]
    heights = spread([vertical(value) + 5 for _name, value in shown], LINE_HEIGHT - 1, TOP + 5, height - BOTTOM + 5)
    return group(
        *(
            label((RIGHT + 8, y), f"{name} {number_text(value, chart.decimals)}", "c-strong" if name == "CL" else "")
            for (name, value), y in zip(shown, heights, strict=True)
        ),
    )
