"""What a design promises is what its processes get: promised figures against alarms that the live charts raise."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest
from django.utils import translation

from samegauge.apps.inspection.control import tables
from samegauge.apps.inspection.control.charting import Frame, Watch, signalled
from samegauge.apps.inspection.control.models import ControlDesign
from samegauge.apps.inspection.control.promises import POINTS, NoPromise, Promise, curve_of, promise_of
from samegauge.apps.inspection.control.series import Place, Value

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Draw = Callable[[np.random.Generator, int], NDArray[np.float64]]

START = datetime(2026, 1, 5, tzinfo=UTC)
PROCESSES = 120


def normal(random: np.random.Generator, count: int) -> NDArray[np.float64]:
    return random.normal(size=count)


def defects(random: np.random.Generator, count: int) -> NDArray[np.float64]:
    return random.poisson(9.0, count).astype(float)


def watched(design: ControlDesign, values: NDArray[np.float64], sizes: int = 1) -> Watch:
    """The live charts of one process; of several `sizes` in turn where it is a family."""
    rows = [
        Value(Place(START + timedelta(hours=place), place, place), place % sizes, float(value), failed=False)
        for place, value in enumerate(values)
    ]
    return Watch(Frame(design, dict.fromkeys(range(sizes), 0.0)), rows)


def promised(design: ControlDesign, watch: Watch | None = None) -> Promise:
    found = promise_of(design, watch)
    assert isinstance(found, Promise)
    return found


@pytest.mark.parametrize(
    ("settings", "draw", "sizes"),
    [
        ({"chart": "xbar-r", "subgroup": 5, "width": 3.0}, normal, 1),
        ({"chart": "xbar-s", "subgroup": 5, "width": 3.0, "rules": "nelson"}, normal, 1),
        ({"chart": "i-mr", "rules": "western-electric", "width": 3.0}, normal, 1),
        ({"chart": "i-mr", "rules": "western-electric"}, normal, 1),
        ({"chart": "i-mr", "width": 3.0}, normal, 1),
        ({"chart": "i-ewma", "rules": "western-electric", "memory_width": 2.7, "width": 3.0}, normal, 1),
        ({"chart": "i-ewma", "estimator": "median-moving-range"}, normal, 1),
        ({"chart": "i-ewma"}, normal, 1),
        ({"chart": "dnom", "width": 3.0}, normal, 1),
        ({"chart": "cusum", "memory_width": 5.0}, normal, 1),
        ({"chart": "c", "rules": "western-electric", "width": 3.0}, defects, 1),
        ({"chart": "z-mr", "width": 3.0}, normal, 5),
    ],
)
def test_as_many_live_charts_give_a_false_alarm_as_promised(
    settings: dict[str, object], draw: Draw, sizes: int
) -> None:
    design = ControlDesign(**settings)
    random, size = np.random.default_rng(42), int(design.subgroup)
    count = size * (design.baseline_count + POINTS)
    watches = [watched(design, draw(random, count), sizes) for _one in range(PROCESSES)]
    share = np.mean([bool(signalled(watch.stretches[0].plotted)) for watch in watches])
    # A count promises for the level of its own baseline; that of all together is the average.
    promises = [promised(design, watch).of_baseline for watch in watches[:: 12 if draw is defects else PROCESSES]]
    said = float(np.mean([one.false_share for one in promises]))
    error = math.hypot(math.sqrt(said * (1.0 - said) / PROCESSES), max(one.false_error for one in promises))
    assert share == pytest.approx(said, abs=3.0 * error)


def test_known_limits_and_the_limits_of_a_baseline_are_told_apart() -> None:
    """Alone the means would give a false alarm once in 370 points."""
    promise = promised(ControlDesign(chart="xbar-r", subgroup=5, width=3.0))
    assert promise.in_control.mean == pytest.approx(137.2, abs=0.1)
    with translation.override("en"):
        said = " ".join(tables.promise_sentences(promise))
    assert "Limits from 15 points" in said
    assert "With known limits it gives a false alarm once in 137 points" in said
    assert "±" in said


def test_what_is_exact_has_no_error_beside_it() -> None:
    with translation.override("en"):
        said = " ".join(tables.promise_sentences(promised(ControlDesign())))
    assert "Limits from 15 values: 24 of 100 such charts give a false alarm within 100 points." in said
    assert "±" not in said


def test_where_no_baseline_tells_a_level_or_the_members_there_is_no_figure() -> None:
    for chart in ("c", "z-mr"):
        promise = promise_of(ControlDesign(chart=chart))
        assert isinstance(promise, NoPromise)
        assert curve_of(ControlDesign(chart=chart)) == ()
        with translation.override("en"):
            assert "when its limits are known" in tables.promise_sentences(promise)[0]


def test_a_baseline_without_spread_promises_nothing_and_says_so() -> None:
    design = ControlDesign(chart="i-ewma", baseline_count=15)
    promise = promise_of(design, watched(design, np.full(15, 3.1)))
    assert isinstance(promise, NoPromise)
    assert promise.reason is not None
    assert "spread" in promise.reason["en"]


def test_limits_that_find_nothing_now_and_then_are_told_by_half_of_the_charts() -> None:
    promise = promised(ControlDesign(chart="i-mr"))
    assert promise.of_baseline.found is None
    with translation.override("en"):
        assert "Half of such charts find a lasting shift of 2.0 σ within" in tables.promise_sentences(promise)[1]
    blind = promised(ControlDesign(chart="i-mr", width=6.0, shift=0.2))
    assert blind.of_baseline.half is None
    with translation.override("en"):
        assert "Not even half of such charts" in tables.promise_sentences(blind)[1]


def test_the_curve_falls_with_the_shift() -> None:
    curve = curve_of(ControlDesign(chart="i-mr", rules="nelson", width=3.0))
    lengths = [length for _shift, length in curve]
    assert lengths[0] > 40.0 > lengths[4] > lengths[8] > lengths[-1]
