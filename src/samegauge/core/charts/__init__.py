"""Charts as SVG text: frozen data in, picture out; colours come from the page's tokens by class."""

from __future__ import annotations

from samegauge.core.charts.bars import Bar, BarChart, bar_chart, bar_table
from samegauge.core.charts.capability import CapabilityHistogram, capability_histogram, capability_table
from samegauge.core.charts.causes import CauseNode, CauseTree, cause_table, cause_tree
from samegauge.core.charts.control import (
    ControlChart,
    Mark,
    Phase,
    RunPoint,
    control_chart,
    control_table,
    moving_range_chart,
)
from samegauge.core.charts.curves import Curve, curve_chart, curve_table
from samegauge.core.charts.dots import DotChart, DotGroup, dot_chart, dot_table
from samegauge.core.charts.marks import LimitBar, Sparkline, limit_bar, sparkline
from samegauge.core.charts.palette import standalone
from samegauge.core.charts.strip import Interval, State, StateStrip, StripRow, state_strip, state_strip_table
from samegauge.core.charts.timeline import (
    LifeEvent,
    LifeLine,
    Operation,
    OperationTimeline,
    Weight,
    life_line,
    life_table,
    operation_table,
    operation_timeline,
)
from samegauge.core.charts.tree import Genealogy, TreeNode, genealogy_table, genealogy_tree
from samegauge.core.charts.words import ENGLISH, ChartTable, ChartWords

__all__ = [
    "ENGLISH",
    "Bar",
    "BarChart",
    "CapabilityHistogram",
    "CauseNode",
    "CauseTree",
    "ChartTable",
    "ChartWords",
    "ControlChart",
    "Curve",
    "DotChart",
    "DotGroup",
    "Genealogy",
    "Interval",
    "LifeEvent",
    "LifeLine",
    "LimitBar",
    "Mark",
    "Operation",
    "OperationTimeline",
    "Phase",
    "RunPoint",
    "Sparkline",
    "State",
    "StateStrip",
    "StripRow",
    "TreeNode",
    "Weight",
    "bar_chart",
    "bar_table",
    "capability_histogram",
    "capability_table",
    "cause_table",
    "cause_tree",
    "control_chart",
    "control_table",
    "curve_chart",
    "curve_table",
    "dot_chart",
    "dot_table",
    "genealogy_table",
    "genealogy_tree",
    "life_line",
    "life_table",
    "limit_bar",
    "moving_range_chart",
    "operation_table",
    "operation_timeline",
    "sparkline",
    "standalone",
    "state_strip",
    "state_strip_table",
]
