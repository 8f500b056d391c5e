from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

import pytest

from samegauge.core import charts
from samegauge.core.charts.strip import merged, totals_s
from samegauge.core.charts.svg import BOLD, Scale, UnsafeLinkError, link, shortened, spread, text_width, tick_decimals
from samegauge.core.charts.timeline import SILENCE_PX
from samegauge.doors import xml

if TYPE_CHECKING:
    from collections.abc import Callable

HOSTILE = "\"><script>alert(1)</script>&<b x='\x00\x1b"
NIGHT = datetime(2026, 11, 20, 16, tzinfo=UTC)
SVG = "{http://www.w3.org/2000/svg}"


def _run_chart(text: str = "A") -> charts.ControlChart:
    points = [charts.RunPoint(f"{text}{index}", 10.0 + index % 3) for index in range(24)]
    points[6] = replace(points[6], value=18.0, rules=(1,), url="/parts/6/")
    points[7] = replace(points[7], rules=(2, 4))
    points[9] = replace(points[9], value=3.0, excluded=True, reason=text)
    return charts.ControlChart(
        text,
        text,
        "µm",
        tuple(points),
        (charts.Phase(0, 12, 11.0, 8.0, 14.0), charts.Phase(12, 24, 11.0, 7.5, 14.5, text)),
        upper_specification=16.0,
        marks=(charts.Mark(12, text),),
        order_name=text,
        decimals=1,
    )


def _histogram(text: str = "A") -> charts.CapabilityHistogram:
    return charts.CapabilityHistogram(
        text, text, "µm", (0.0, 1.0, 2.0, 3.0, 4.0, 5.0), (2, 5, 7, 3, 1), 0.5, 4.0, 2.0, 2.3, 0.8, 1.0, 1
    )


def _strip(text: str = "A") -> charts.StateStrip:
    hours = [(0, 2, charts.State.RUN), (2, 3, charts.State.RUN), (3, 4, charts.State.ALARM), (5, 7, charts.State.WAIT)]
    intervals = tuple(
        charts.Interval(NIGHT + timedelta(hours=a), NIGHT + timedelta(hours=b), state, text) for a, b, state in hours
    )
    row = charts.StripRow(text, intervals, "/machines/1/")
    return charts.StateStrip(text, NIGHT, NIGHT + timedelta(hours=8), (row,), ((NIGHT, text),))


def _operations(text: str = "A") -> charts.OperationTimeline:
    later = NIGHT + timedelta(minutes=40)
    stops = ((NIGHT + timedelta(minutes=5), NIGHT + timedelta(minutes=9)),)
    return charts.OperationTimeline(
        text,
        (charts.Operation(text, later, later + timedelta(minutes=20)), charts.Operation(text, NIGHT, later, stops)),
    )


def _life(text: str = "A") -> charts.LifeLine:
    days = (0, 1, 2, 200, 201)
    return charts.LifeLine(text, tuple(charts.LifeEvent(NIGHT + timedelta(days=day), f"{text} {day}") for day in days))


def _tree(text: str = "A") -> charts.Genealogy:
    deep = charts.TreeNode("deep", children=(charts.TreeNode("deeper"), charts.TreeNode("deeper 2")))
    old = charts.TreeNode("old", replaced=True)
    part = charts.TreeNode(text, text, "/u/1/", (deep,), suspect=True)
    return charts.Genealogy(text, charts.TreeNode("root", children=(old, part)))


def _bar(text: str = "A") -> charts.LimitBar:
    return charts.LimitBar(text, 7.6, 0.0, 8.0, 4.0, 0.9)


def _spark(text: str = "A") -> charts.Sparkline:
    return charts.Sparkline(text, (1.0, 2.0, 3.0), 0.5, 2.5, (2,))


def _bars(text: str = "A") -> charts.BarChart:
    bars = (charts.Bar(text, 92.3, is_alarm=True), charts.Bar("B", 8.4), charts.Bar("C", 0.0))
    return charts.BarChart(text, "%", (text, text), bars, ((10.0, text), (30.0, text)))


def _dots(text: str = "A") -> charts.DotChart:
    groups = (
        charts.DotGroup(text, 1.5, (1.0, 2.0, 1.5)),
        charts.DotGroup("B", 1_000_000.0, (), 200_000.0, 1_400_000.0, is_alarm=True),
        charts.DotGroup("C", None),
        charts.DotGroup("D", 3.0, (), 1.0, 5.0),
    )
    return charts.DotChart(text, text, "ppm", (text,) * 5, groups, ((4.0, text),), from_zero=True)


def _causes(text: str = "A") -> charts.CauseTree:
    root = charts.CauseNode(text, "M", is_root=True)
    first = charts.CauseNode(text, "M", whys=(charts.CauseNode(text, "M", whys=(root,)),))
    return charts.CauseTree(
        text, text, (first, charts.CauseNode(text, "P", is_struck=True)), (text,) * 4, ("root cause", "ruled out")
    )


DRAWN: dict[str, Callable[[str], str]] = {
    "control": lambda text: charts.control_chart(_run_chart(text)),
    "range": lambda text: charts.moving_range_chart(_run_chart(text)),
    "capability": lambda text: charts.capability_histogram(_histogram(text)),
    "strip": lambda text: charts.state_strip(_strip(text)),
    "operations": lambda text: charts.operation_timeline(_operations(text)),
    "life": lambda text: charts.life_line(_life(text)),
    "tree": lambda text: charts.genealogy_tree(_tree(text)),
    "bars": lambda text: charts.bar_chart(_bars(text)),
    "dots": lambda text: charts.dot_chart(_dots(text)),
    "causes": lambda text: charts.cause_tree(_causes(text)),
    "bar": lambda text: charts.limit_bar(_bar(text)),
    "spark": lambda text: charts.sparkline(_spark(text)),
}


def _elements(svg: str, name: str, class_: str | None = None) -> list[xml.XmlElement]:
    found = xml.parse_xml(svg.encode()).iter(f"{SVG}{name}")
    return [one for one in found if class_ is None or class_ in (one.get("class") or "").split()]


def _texts(svg: str) -> list[str]:
    return ["".join(one.itertext()) for one in _elements(svg, "text")]


@pytest.mark.asvs("1.2.1")
@pytest.mark.threat("T08")
@pytest.mark.parametrize("name", DRAWN)
def test_hostile_text_stays_text(name: str) -> None:
    svg = DRAWN[name](HOSTILE)
    root = xml.parse_xml(svg.encode())
    assert root.get("aria-label") == HOSTILE.replace("\x00", "").replace("\x1b", "")
    assert _elements(svg, "script") == []
    assert "style=" not in svg
    assert " on" not in " ".join(key for one in root.iter() for key in one.attrib)


@pytest.mark.parametrize("name", DRAWN)
def test_every_picture_says_what_it_shows_and_scales(name: str) -> None:
    svg = DRAWN[name]("What it shows")
    root = xml.parse_xml(svg.encode())
    assert root.get("aria-label") == "What it shows"
    assert root.get("role") == ("group" if "<a " in svg else "img")
    assert [float(number) for number in (root.get("viewBox") or "").split()][:2] == [0.0, 0.0]
    assert root.get("width") is None


@pytest.mark.parametrize("name", DRAWN)
def test_nothing_is_drawn_outside_the_picture(name: str) -> None:
    svg = DRAWN[name]("Ein langer Name")
    width, height = (float(number) for number in (xml.parse_xml(svg.encode()).get("viewBox") or "").split()[2:])
    for one in [*_elements(svg, "line"), *_elements(svg, "text"), *_elements(svg, "circle")]:
        across = [float(one.get(key) or 0) for key in ("x", "x1", "x2", "cx")]
        down = [float(one.get(key) or 0) for key in ("y", "y1", "y2", "cy")]
        assert min(across) >= 0
        assert max(across) <= width
        assert min(down) >= 0
        assert max(down) <= height


def test_violations_are_shapes_with_their_rule_numbers() -> None:
    svg = charts.control_chart(_run_chart())
    assert len(_elements(svg, "path", "c-alarm")) == 1
    assert len(_elements(svg, "rect", "c-alarm")) == 1
    assert [text for text in _texts(svg) if text in {"1", "2,4"}].count("2,4") == 1
    assert len(_elements(svg, "circle", "c-point")) == 24 - 3
    assert len(_elements(svg, "circle", "c-hollow")) == 1


def test_limits_stand_at_the_right_edge_and_belong_to_their_phase() -> None:
    svg = charts.control_chart(_run_chart())
    assert {"UCL 14.5", "CL 11.0", "LCL 7.5", "USL 16.0"} <= set(_texts(svg))
    limits = _elements(svg, "line", "c-limit")
    assert len(limits) == 4
    assert float(limits[0].get("x2") or 0) == float(limits[2].get("x1") or 0)
    assert len(_elements(svg, "line", "c-spec")) == 1


def test_a_point_above_another_is_drawn_above_it() -> None:
    svg = charts.control_chart(_run_chart())
    circles = _elements(svg, "circle", "c-point")
    heights = [float(one.get("cy") or 0) for one in circles[:3]]
    assert heights[0] > heights[1] > heights[2]


def test_points_left_out_are_not_joined() -> None:
    whole = replace(_run_chart(), phases=())
    curve = _elements(charts.control_chart(whole), "path", "c-line")
    assert len(curve) == 1
    assert (curve[0].get("d") or "").count("L") == 24 - 1 - 1


def test_moving_ranges_start_at_zero_and_know_no_specification() -> None:
    svg = charts.moving_range_chart(_run_chart())
    assert "0" in _texts(svg)
    assert _elements(svg, "line", "c-spec") == []


def test_control_table_names_every_point() -> None:
    table = charts.control_table(_run_chart())
    assert len(table.rows) == 24
    assert table.rows[7] == ("8", "A7", "11.0", "2, 4", "")
    assert table.rows[9][4].startswith("Left out")
    assert len(table.numeric) == len(table.heads)


def test_an_empty_run_is_still_a_picture() -> None:
    svg = charts.control_chart(charts.ControlChart("Nothing yet", "q", "µm", ()))
    assert _elements(svg, "circle") == []
    assert len(_elements(svg, "line", "c-axis")) == 1


def test_thousands_of_points_stay_a_line() -> None:
    points = tuple(charts.RunPoint(str(index), index % 7) for index in range(5000))
    svg = charts.control_chart(charts.ControlChart("Many", "q", "µm", points))
    assert _elements(svg, "circle") == []
    assert len(svg) < 120_000


def test_bars_have_the_heights_of_their_counts() -> None:
    bars = _elements(charts.capability_histogram(_histogram()), "rect")
    heights = [float(one.get("height") or 0) for one in bars]
    assert [round(height / heights[0] * 2) for height in heights] == [2, 5, 7, 3, 1]
    assert [one.get("class") for one in bars] == ["c-bar"] * 4 + ["c-bar-alarm"]


def test_fitted_curve_peaks_at_the_mean_with_the_area_of_the_bars() -> None:
    svg = charts.capability_histogram(
        replace(_histogram(), edges=(0.0, 2.0, 4.0), counts=(9, 9), mean=2.0, sigma_overall=1.0, sigma_within=None)
    )
    curve = _elements(svg, "path", "c-curve")[0].get("d") or ""
    points = [tuple(float(number) for number in piece.split()) for piece in curve[1:].split("L")]
    top = min(points, key=lambda point: point[1])
    bars = _elements(svg, "rect")
    middle = float(bars[1].get("x") or 0)
    per_count = float(bars[0].get("height") or 0) / 9
    assert top[0] == pytest.approx(middle, abs=8)
    assert (306.0 - top[1]) / per_count == pytest.approx(18 * 2.0 * 0.398942, rel=0.01)


def test_histogram_refuses_edges_that_do_not_fit() -> None:
    with pytest.raises(ValueError, match="2 counts need 3 edges, not 2"):
        charts.CapabilityHistogram("s", "q", "µm", (0.0, 1.0), (1, 2))


def test_strip_merges_neighbours_and_adds_up() -> None:
    strip = _strip()
    assert [one.state for one in merged(strip.rows[0].intervals)] == ["run", "alarm", "wait"]
    sums = totals_s(strip)
    assert {state.value: length / 3600 for state, length in sums.items()} == {
        "run": 3.0, "wait": 2.0, "setup": 0.0, "alarm": 1.0, "no_data": 2.0,
    }  # fmt: skip
    assert any("3\N{NO-BREAK SPACE}h" in text and "38 %" in text for text in _texts(charts.state_strip(strip)))
    assert len(charts.state_strip_table(strip).rows) == 3


def test_strip_writes_local_hours_and_keeps_gaps() -> None:
    svg = charts.state_strip(_strip())
    assert "00:00" in _texts(svg)
    run = _elements(svg, "rect", "c-run")[0]
    assert float(run.get("width") or 0) == pytest.approx((960 - 150 - 150) * 3 / 8)
    assert len([one for one in _elements(svg, "rect") if (one.get("fill") or "").startswith("url(#hatch-")]) == 2


def test_times_without_a_zone_are_refused() -> None:
    bare = datetime(2026, 11, 21)  # noqa: DTZ001 - the fault under test
    with pytest.raises(ValueError, match="zone"):
        charts.state_strip(charts.StateStrip("s", bare, bare + timedelta(hours=1), ()))


def test_operations_stand_in_order_with_their_lengths() -> None:
    svg = charts.operation_timeline(_operations())
    assert _texts(svg).index("40\N{NO-BREAK SPACE}min") < _texts(svg).index("20\N{NO-BREAK SPACE}min")
    assert len(_elements(svg, "rect", "c-stop")) == 1
    assert charts.operation_table(_operations()).rows[0][4] == "4\N{NO-BREAK SPACE}min"


def test_silence_is_dotted_short_and_named() -> None:
    svg = charts.life_line(_life())
    gaps = _elements(svg, "line", "c-gap")
    assert len(gaps) == 1
    assert float(gaps[0].get("x2") or 0) - float(gaps[0].get("x1") or 0) == pytest.approx(SILENCE_PX)
    assert "198\N{NO-BREAK SPACE}d" in _texts(svg)
    assert len(charts.life_table(_life()).rows) == 5


def test_a_single_event_and_many_on_one_day_are_drawn() -> None:
    one = charts.LifeLine("One", (charts.LifeEvent(NIGHT, "Made"),))
    assert "Made" in _texts(charts.life_line(one))
    crowd = charts.LifeLine("Many", tuple(charts.LifeEvent(NIGHT, f"E{index}") for index in range(30)))
    assert "30 events" in _texts(charts.life_line(crowd))


@pytest.mark.parametrize("seed", range(20))
def test_labels_of_a_crowded_life_touch_neither_each_other_nor_a_stem(seed: int) -> None:
    chance = random.Random(seed)
    events = [charts.LifeEvent(NIGHT + timedelta(hours=chance.uniform(0, 90)), "Part fitted here") for _ in range(16)]
    svg = charts.life_line(charts.LifeLine("Busy", tuple(events)))
    boxes = [
        (centre - width / 2, top - 10, centre + width / 2, top)
        for one in _elements(svg, "text", "c-strong")
        for centre, top in [(float(one.get("x") or 0), float(one.get("y") or 0))]
        for width in [text_width("".join(one.itertext())) * BOLD]
    ]
    stems = [
        (x, *sorted((float(one.get("y1") or 0), float(one.get("y2") or 0))))
        for one in _elements(svg, "line", "c-stem")
        for x in [float(one.get("x1") or 0)]
    ]
    assert len(boxes) >= 3
    assert not [
        (first, second)
        for first, second in combinations(boxes, 2)
        if first[0] < second[2] and second[0] < first[2] and first[1] < second[3] and second[1] < first[3]
    ]
    assert not [
        (stem, label)
        for stem in stems
        for label in boxes
        if label[0] < stem[0] < label[2] and stem[1] < label[1] and label[3] < stem[2]
    ]


def test_empty_charts_of_time_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one event"):
        charts.LifeLine("s", ())
    with pytest.raises(ValueError, match="at least one operation"):
        charts.OperationTimeline("s", ())


def test_tree_strikes_what_was_replaced_and_counts_what_is_below() -> None:
    svg = charts.genealogy_tree(_tree())
    assert [("".join(one.itertext())) for one in _elements(svg, "text", "c-struck")] == ["old"]
    assert len(_elements(svg, "path", "c-edge-suspect")) == 1
    assert "+2" in _texts(svg)
    assert "deeper" not in _texts(svg)
    assert [row[1] for row in charts.genealogy_table(_tree()).rows] == [
        "root",
        "old",
        "A",
        "deep",
        "deeper",
        "deeper 2",
    ]


@pytest.mark.parametrize("size", [30, 300, 5000])
def test_a_large_tree_becomes_counts(size: int) -> None:
    leaves = tuple(charts.TreeNode(f"S-{index}", suspect=index == size - 1) for index in range(size))
    groups = tuple(charts.TreeNode(f"G-{index}", children=leaves[index::10]) for index in range(10))
    svg = charts.genealogy_tree(charts.Genealogy("Large", charts.TreeNode("root", children=groups)))
    texts = _texts(svg)
    assert len(texts) <= 201
    assert f"S-{size - 1}" in texts
    counted = sum(int(text.split()[0]) for text in texts if text.endswith(" more"))
    assert counted + sum(text.startswith("S-") for text in texts) == size


def test_limit_bar_marks_what_is_outside_and_what_is_undecided() -> None:
    inside = charts.limit_bar(_bar())
    assert len(_elements(inside, "rect", "c-zone")) == 2
    assert len(_elements(inside, "circle", "c-dot")) == 1
    outside = charts.limit_bar(replace(_bar(), value=8.2))
    assert len(_elements(outside, "path", "c-alarm")) == 1


def test_one_sided_limit_bar_has_no_zone_at_zero() -> None:
    one_sided = charts.limit_bar(charts.LimitBar("s", 8.9, upper=12.0, expanded_uncertainty=1.6))
    assert len(_elements(one_sided, "rect", "c-zone")) == 1
    with pytest.raises(ValueError, match="at least one limit"):
        charts.LimitBar("s", 1.0)


def test_sparkline_marks_alarms_and_the_last_point() -> None:
    svg = charts.sparkline(_spark())
    assert len(_elements(svg, "path", "c-alarm")) == 1
    assert len(_elements(svg, "circle", "c-point")) == 1
    assert xml.parse_xml(charts.sparkline(charts.Sparkline("Nothing", ())).encode()).get("aria-label") == "Nothing"


def test_links_lead_only_within_the_site() -> None:
    assert 'href="/parts/1/"' in link("/parts/1/", "x")
    for url in ("javascript:alert(1)", "//elsewhere.example", "https://elsewhere.example", "/\\elsewhere.example"):
        with pytest.raises(UnsafeLinkError):
            link(url, "x")


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-3.7, 12.2), (1e-6, 3e-6), (99.95, 100.05), (0.0, 1e6)])
def test_ticks_are_round_distinct_and_inside(low: float, high: float) -> None:
    ticks = Scale(low, high, 0, 100).ticks(5)
    decimals = tick_decimals(ticks)
    assert 3 <= len(ticks) <= 7
    assert all(low - 1e-9 <= tick <= high + 1e-9 for tick in ticks)
    assert len({f"{tick:.{decimals}f}" for tick in ticks}) == len(ticks)
    assert all(float(f"{tick:.{decimals}f}") == pytest.approx(tick, abs=(high - low) * 1e-6) for tick in ticks)


def test_labels_keep_their_distance_and_order() -> None:
    placed = spread([10.0, 12.0, 11.0, 90.0], 20.0, 0.0, 100.0)
    assert placed[0] < placed[2] < placed[1] < placed[3]
    ordered = sorted(placed)
    assert min(after - before for before, after in pairwise(ordered)) >= 20.0 - 1e-9


def test_long_names_are_cut_to_their_room() -> None:
    cut = shortened("主軸頭與刀庫總成 assembly with a long name", 120.0)
    assert cut.endswith("…")
    assert text_width(cut) <= 120.0


def test_a_picture_for_paper_carries_its_colours() -> None:
    svg = charts.standalone(charts.control_chart(_run_chart()))
    style = _elements(svg, "style")[0].text or ""
    assert ".c-alarm{fill:#B3261E" in style
    assert "var(" not in style
    assert "<" not in style


def test_a_bar_too_long_is_an_alarm_and_its_table_has_the_figures() -> None:
    svg = charts.bar_chart(_bars())
    assert len(_elements(svg, "rect", "c-bar-alarm")) == 1
    assert len(_elements(svg, "line", "c-limit")) == 2
    assert charts.bar_table(_bars()).rows == (("A", "92.3"), ("B", "8.4"), ("C", "0.0"))


def test_dots_show_values_means_and_bounds_and_leave_gaps() -> None:
    svg = charts.dot_chart(_dots())
    assert len(_elements(svg, "circle", "c-hollow")) == 3
    assert len(_elements(svg, "line", "c-whisker")) == 2
    assert len(_elements(svg, "path", "c-line")) == 1  # C has nothing, so neither B–C nor C–D is joined
    assert len(charts.dot_table(_dots()).rows) == 4


def test_the_root_cause_stands_out_and_what_was_ruled_out_is_struck() -> None:
    svg = charts.cause_tree(_causes())
    assert len(_elements(svg, "text", "c-suspect")) == 1
    assert len(_elements(svg, "text", "c-struck")) == 1
    levels = [row[0] for row in charts.cause_table(_causes()).rows]
    assert levels == ["1", "2", "3", "1"]
