"""Groups that stand out: exact values, limits, and how often chance alone makes one."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from samegauge.engines.comparison.groups import means_apart, rates_apart
from samegauge.engines.errors import InvalidOptionError, NonFiniteValuesError, ShapeError


def test_the_p_value_is_the_exact_binomial_one_times_the_number_of_groups() -> None:
    (one,) = rates_apart([7, 1, 2], [100.0, 300.0, 400.0])
    exact = stats.binomtest(7, 10, 100.0 / 800.0, alternative="greater")
    assert one.place == 0
    assert one.p_value == pytest.approx(3 * exact.pvalue, rel=1e-9)
    assert one.ratio == pytest.approx((7 / 100) / (3 / 700))
    low = exact.proportion_ci(0.95, "exact").low
    assert one.ratio_lower_bound == pytest.approx(low / (1 - low) * 700 / 100, rel=1e-6)
    assert (one.method.confidence, one.method.sample_size) == (0.95, 10)


def test_equal_rates_do_not_stand_out_and_one_group_has_nothing_to_stand_out_from() -> None:
    assert rates_apart([10, 10, 10], [1.0, 1.0, 1.0]) == ()
    assert rates_apart([10], [1.0]) == ()
    assert rates_apart([0, 0], [1.0, 1.0]) == ()


def test_what_never_happened_to_others_has_an_infinite_ratio_with_a_finite_bound() -> None:
    (one,) = rates_apart([7, 0], [1300.0, 12500.0])
    assert math.isinf(one.ratio)
    assert 5 < one.ratio_lower_bound < 40


@pytest.mark.parametrize(
    ("events", "exposures", "error"),
    [
        ([1, 2], [1.0], ShapeError),
        ([1, float("nan")], [1.0, 1.0], NonFiniteValuesError),
        ([-1, 2], [1.0, 1.0], InvalidOptionError),
    ],
)
def test_a_broken_contract_is_refused(events: list[float], exposures: list[float], error: type[Exception]) -> None:
    with pytest.raises(error):
        rates_apart(events, exposures)


def test_chance_alone_makes_a_group_stand_out_as_rarely_as_promised() -> None:
    rng = np.random.default_rng(7)
    false = sum(bool(rates_apart(rng.poisson(3.0, 20), np.full(20, 1.0), most_p=0.05)) for _ in range(400))
    assert false <= 400 * 0.05 + 3 * math.sqrt(400 * 0.05 * 0.95)


def test_the_mean_test_is_welchs() -> None:
    rng = np.random.default_rng(7)
    odd, others = rng.normal(3.0, 1.0, 6), rng.normal(0.0, 1.0, 6)
    values, groups = np.concatenate([odd, others, others]), ["odd"] * 6 + ["b"] * 6 + ["c"] * 6
    found = {one.group: one for one in means_apart(values, groups, most_p=0.01)}
    expected = stats.ttest_ind(odd, np.concatenate([others, others]), equal_var=False).pvalue
    assert found["odd"].p_value == pytest.approx(3 * expected, rel=1e-9)
    assert (found["odd"].count, found["odd"].other_count) == (6, 12)


def test_small_groups_are_not_compared() -> None:
    assert means_apart([9.0, 9.0] + [1.0] * 20, ["few"] * 2 + ["many"] * 20) == ()
    with pytest.raises(ShapeError):
        means_apart([1.0], ["a", "b"])
