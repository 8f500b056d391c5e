"""Ranks and changes of counted shares: exact values against scipy, and how often the promise holds."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from samegauge.engines.comparison.shares import rank_ranges, share_fell
from samegauge.engines.errors import InvalidOptionError, ShapeError


def test_the_p_value_is_that_of_fishers_exact_test() -> None:
    for before, after in (((6, 20), (0, 25)), ((3, 40), (2, 30)), ((0, 9), (4, 9)), ((9, 9), (0, 9)), ((1, 1), (0, 1))):
        table = [[before[0], before[1] - before[0]], [after[0], after[1] - after[0]]]
        exact = stats.fisher_exact(table, alternative="greater").pvalue
        assert share_fell(before, after).p_value == pytest.approx(exact, rel=1e-9)


def test_own_bounds_are_those_of_clopper_and_pearson() -> None:
    (one, _other) = rank_ranges([7, 0], [170, 500])
    exact = stats.binomtest(7, 170).proportion_ci(0.95, "exact")
    assert (one.lower, one.upper) == pytest.approx((exact.low, exact.high), rel=1e-6)
    assert one.method.sample_size == 670


def test_few_counts_tell_nobody_apart_and_many_tell_everybody() -> None:
    assert [(one.best, one.worst) for one in rank_ranges([0, 1, 2], [10, 10, 10])] == [(1, 3)] * 3
    many = rank_ranges([10, 2_000, 5_000], [10_000] * 3)
    assert [(one.best, one.worst) for one in many] == [(1, 1), (2, 2), (3, 3)]
    assert [(one.best, one.worst) for one in reversed(rank_ranges([5_000, 2_000, 10], [10_000] * 3))] == [
        (1, 1),
        (2, 2),
        (3, 3),
    ]


def test_all_true_ranks_lie_in_their_ranges_as_often_as_promised() -> None:
    rng = np.random.default_rng(7)
    shares, totals = np.array([0.001, 0.004, 0.01, 0.03, 0.06]), [400, 900, 250, 600, 120]
    held = 0
    for _run in range(400):
        counts = [int(rng.binomial(total, share)) for total, share in zip(totals, shares, strict=True)]
        ranked = rank_ranges(counts, totals)
        held += all(one.best <= true <= one.worst for true, one in enumerate(ranked, 1))
    assert held / 400 >= 0.95


def test_contracts() -> None:
    assert rank_ranges([], []) == ()
    with pytest.raises(ShapeError):
        rank_ranges([1], [2, 3])
    with pytest.raises(InvalidOptionError):
        rank_ranges([3], [2])
    with pytest.raises(InvalidOptionError):
        share_fell((1, 2), (0, 0))
