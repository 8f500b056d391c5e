"""Genealogy: what a unit was made of, from left to right, two levels open; parts taken out stay, struck."""

from __future__ import annotations

from dataclasses import dataclass, replace

from samegauge.core.charts.svg import (
    BOLD,
    WIDTH,
    Fragment,
    document,
    element,
    group,
    label,
    link,
    shortened,
    text_width,
)
from samegauge.core.charts.words import ENGLISH, ChartTable, ChartWords

ROW_HEIGHT = 46.0
MOST_NODES = 200
EDGE_ROOM = 44.0


@dataclass(frozen=True)
class TreeNode:
    """`detail` is the second line: what it is and since when; `hidden` counts descendants that were not given."""

    name: str
    detail: str = ""
    url: str = ""
    children: tuple[TreeNode, ...] = ()
    replaced: bool = False
    suspect: bool = False
    hidden: int = 0

    @property
    def size(self) -> int:
        """Count this node, those below it and those not given."""
        return 1 + self.hidden + sum(child.size for child in self.children)


@dataclass(frozen=True)
class Genealogy:
    sentence: str
    root: TreeNode
    open_levels: int = 2


@dataclass(frozen=True)
class _Placed:
    node: TreeNode
    level: int
    y: float
    children: tuple[_Placed, ...]


def genealogy_tree(chart: Genealogy, words: ChartWords = ENGLISH) -> str:
    """Draw the open levels; what lies deeper, or would not fit, becomes a count."""
    shown = _within_budget(chart, words)
    column = WIDTH / (chart.open_levels + 1)
    placed, rows = _placed(shown, 0, 0)
    return document(
        (WIDTH, max(rows, 1) * ROW_HEIGHT + 16),
        chart.sentence,
        group(*_edges(placed, column)),
        group(*_names(placed, column)),
    )


def genealogy_table(chart: Genealogy, words: ChartWords = ENGLISH) -> ChartTable:
    """Name every part given, however deep."""
    rows: list[tuple[str, ...]] = []
    waiting = [(chart.root, 0)]
    while waiting:
        node, level = waiting.pop()
        states = [word for word, holds in ((words.replaced, node.replaced), (words.suspect, node.suspect)) if holds]
        rows.append((str(level), node.name, node.detail, ", ".join(states)))
        waiting.extend((child, level + 1) for child in reversed(node.children))
    return ChartTable((words.level, words.part, words.detail, words.state), tuple(rows), (True, False, False, False))


def _within_budget(chart: Genealogy, words: ChartWords) -> TreeNode:
    """Show as many children of each part as keeps the picture at two hundred names."""
    cap = MOST_NODES
    while True:
        shown = _cut(chart.root, chart.open_levels, cap, words)
        if cap == 1 or shown.size - _hidden(shown) <= MOST_NODES:
            return shown
        cap = max(cap * 2 // 3, 1)


def _hidden(node: TreeNode) -> int:
    return node.hidden + sum(_hidden(child) for child in node.children)


def _cut(node: TreeNode, levels: int, cap: int, words: ChartWords) -> TreeNode:
    if levels == 0:
        return replace(node, children=(), hidden=node.size - 1)
    ranked = sorted(node.children, key=lambda child: not child.suspect)
    kept, left = ranked[:cap], ranked[cap:]
    children = [_cut(child, levels - 1, cap, words) for child in kept]
    if left or (node.hidden and node.children):
        count = sum(child.size for child in left) + node.hidden
        children.append(TreeNode(words.more.format(count=count), url=node.url))
        return replace(node, children=tuple(children), hidden=0)
    return replace(node, children=tuple(children))


def _placed(node: TreeNode, level: int, row: int) -> tuple[_Placed, int]:
    """Give leaves a row each and every other part the middle of its children; returns the next free row."""
    if not node.children:
        return _Placed(node, level, (row + 0.5) * ROW_HEIGHT + 8, ()), row + 1
    children: list[_Placed] = []
    for child in node.children:
        placed, row = _placed(child, level + 1, row)
        children.append(placed)
    return _Placed(node, level, (children[0].y + children[-1].y) / 2, tuple(children)), row


def _edges(placed: _Placed, column: float) -> list[Fragment]:
    parts: list[Fragment] = []
    for child in placed.children:
        end = (placed.level + 1) * column - 8
        start, middle = placed.level * column + _width(placed.node, column) + 10, end - EDGE_ROOM / 2
        course = f"M{start:.1f} {placed.y:.1f}H{middle:.1f}V{child.y:.1f}H{end:.1f}"
        parts.append(element("path", d=course, class_=_edge_class(child.node)))
        parts += _edges(child, column)
    return parts


def _edge_class(node: TreeNode) -> str:
    if node.suspect:
        return "c-edge-suspect"
    return "c-edge-replaced" if node.replaced else "c-edge"


def _room(column: float, *, is_open: bool) -> float:
    return column - EDGE_ROOM - 12 if is_open else column - 12


def _width(node: TreeNode, column: float) -> float:
    room = _room(column, is_open=True)
    return min(max(text_width(node.name) * BOLD, text_width(node.detail)), room)


def _names(placed: _Placed, column: float) -> list[Fragment]:
    node, x = placed.node, placed.level * column
    room = _room(column, is_open=bool(placed.children))
    look = "c-suspect" if node.suspect else "c-strong"
    if node.replaced:
        look += " c-struck"
    two_lines = bool(node.detail or node.hidden)
    detail = f"{node.detail} · +{node.hidden}" if node.detail and node.hidden else (node.detail or f"+{node.hidden}")
    name = label((x, placed.y - (3 if two_lines else -5)), shortened(node.name, room), look)
    parts = [link(node.url, element("title", node.name), name)]
    if two_lines:
        parts.append(label((x, placed.y + 15), shortened(detail, room), "c-more"))
    for child in placed.children:
        parts += _names(child, column)
    return parts
