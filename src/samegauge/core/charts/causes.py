"""Possible causes of an effect, why below why: what is the root stands out, what was ruled out is struck."""

from __future__ import annotations

from dataclasses import dataclass

from samegauge.core.charts.svg import (
    WIDTH,
    Fragment,
    document,
    element,
    group,
    label,
    line,
    shortened,
    text_width,
)
from samegauge.core.charts.words import ChartTable

ROW_HEIGHT, INDENT, TOP = 32.0, 30.0, 54.0
CATEGORY_WIDTH = 150.0


@dataclass(frozen=True)
class CauseNode:
    text: str
    category: str = ""
    is_root: bool = False
    is_struck: bool = False
    whys: tuple[CauseNode, ...] = ()


@dataclass(frozen=True)
class CauseTree:
    """`heads` are those of the table: level, cause, category, mark; `marks` are "root cause" and "ruled out"."""

    sentence: str
    effect: str
    causes: tuple[CauseNode, ...]
    heads: tuple[str, str, str, str]
    marks: tuple[str, str]


def _rows(nodes: tuple[CauseNode, ...], level: int = 0) -> list[tuple[int, CauseNode]]:
    return [row for node in nodes for row in [(level, node), *_rows(node.whys, level + 1)]]


def cause_tree(chart: CauseTree) -> str:
    """Draw the effect and below it a line for each cause, the whys of a cause indented beneath it."""
    rows = _rows(chart.causes)
    drawn: list[Fragment] = []
    last_at: dict[int, float] = {}
    category = ""
    for place, (level, node) in enumerate(rows):
        y, x = TOP + ROW_HEIGHT * (place + 0.5), CATEGORY_WIDTH + INDENT * level
        if level == 0 and node.category != category:
            category = node.category
            drawn.append(label((0.0, y + 5), shortened(category, CATEGORY_WIDTH - 12), "c-strong"))
        above = last_at.get(level - 1, TOP - 14) if level else TOP - 14
        drawn += [
            element("path", d=f"M{x - 18:.1f} {above + 8:.1f}V{y:.1f}H{x - 6:.1f}", class_="c-edge"),
            *_node(chart, node, x, y),
        ]
        last_at = {**{key: at for key, at in last_at.items() if key < level}, level: y}
    return document(
        (WIDTH, TOP + ROW_HEIGHT * max(len(rows), 1) + 10),
        chart.sentence,
        label((0.0, 22.0), shortened(chart.effect, WIDTH), "c-strong"),
        line((0.0, 34.0), (WIDTH, 34.0), "c-grid"),
        group(*drawn),
    )


def _node(chart: CauseTree, node: CauseNode, x: float, y: float) -> list[Fragment]:
    mark = chart.marks[0] if node.is_root else (chart.marks[1] if node.is_struck else "")
    room = WIDTH - x - (text_width(mark) + 40 if mark else 0)
    text = shortened(node.text, room)
    look = "c-suspect" if node.is_root else ("c-struck" if node.is_struck else "c-strong")
    start = x + (22.0 if node.is_root else 0.0)
    parts = [label((start, y + 5), text, look)]
    if node.is_root:
        parts.append(element("path", d=f"M{x + 8:.1f} {y - 8:.1f}l8 15h-16z", class_="c-alarm"))
    if mark:
        parts.append(label((start + text_width(text) * 1.08 + 14, y + 5), mark, "c-rule" if node.is_root else "c-more"))
    return parts


def cause_table(chart: CauseTree) -> ChartTable:
    rows = tuple(
        (
            str(level + 1),
            node.text,
            node.category,
            chart.marks[0] if node.is_root else (chart.marks[1] if node.is_struck else ""),
        )
        for level, node in _rows(chart.causes)
    )
    return ChartTable(chart.heads, rows, (True, False, False, False))
