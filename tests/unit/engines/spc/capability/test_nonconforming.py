from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from samegauge.engines.errors import InvalidOptionError
from samegauge.engines.spc.capability.indices import Conventions, Estimates, index_table, tolerances
from samegauge.engines.spc.capability.intervals import CentredMethod
from samegauge.engines.spc.capability.nonconforming import (
    Nonconforming,
    expected_nonconforming,
    observed_nonconforming,
    observed_ppm,
)
from samegauge.quantities.tolerance import Limits

EXACT = Conventions(centred_method=CentredMethod.NONCENTRAL_T)


def estimates(mean: float, sigma: float, count: int = 50) -> Estimates:
    return Estimates(*(np.array([float(one)]) for one in (count, mean, sigma, count - 1, sigma)))


def test_sides_follow_the_one_sided_indices() -> None:
    limits, found = tolerances([-1.0], [1.0]), estimates(0.2, 0.3)
    shares, indices = expected_nonconforming(limits, found), index_table(limits, found)
    assert shares.below.value == pytest.approx(1e6 * norm.sf(3.0 * indices.lower.value))
    assert shares.above.lower == pytest.approx(1e6 * norm.sf(3.0 * indices.upper.upper))
    assert shares.above.upper_bound == pytest.approx(1e6 * norm.sf(3.0 * indices.upper.lower_bound))
    assert shares.total.value == pytest.approx(shares.below.value + shares.above.value)
    assert shares.z_bench.value == pytest.approx(norm.isf(shares.total.value / 1e6))
    assert shares.z_bench.lower == pytest.approx(norm.isf(shares.total.upper / 1e6))
    assert shares.total.lower < shares.total.value < shares.total.upper_bound < shares.total.upper


def test_one_limit_makes_z_bench_three_times_the_index() -> None:
    limits, found = tolerances([np.nan], [1.0]), estimates(0.2, 0.3)
    shares, indices = expected_nonconforming(limits, found), index_table(limits, found)
    assert shares.z_bench.value == pytest.approx(3.0 * indices.nearest.value)
    assert shares.z_bench.lower_bound == pytest.approx(3.0 * indices.nearest.lower_bound)
    assert shares.at(0).below is None
    assert shares.at(0).above == shares.at(0).total


def test_without_spread_nothing_is_expected() -> None:
    assert expected_nonconforming(tolerances([0.0], [1.0]), estimates(0.5, 0.0)).at(0) == Nonconforming(
        None, None, None
    )


def test_a_mean_far_outside_stays_below_all_parts() -> None:
    total = expected_nonconforming(tolerances([0.0], [1.0]), estimates(50.0, 0.1, 4)).at(0).total
    assert total is not None
    assert 0.0 <= total.lower <= total.value <= total.upper <= 1e6


def test_bounds_of_the_total_cover_the_truth() -> None:
    rng = np.random.default_rng(41)
    truth = 1e6 * (norm.cdf(-2.0) + norm.sf(2.5))
    x = rng.normal(size=(3000, 25))
    count = np.full(3000, 25.0)
    found = Estimates(count, x.mean(axis=1), x.std(axis=1, ddof=1), count - 1.0, x.std(axis=1, ddof=1))
    limits = tolerances(np.full(3000, -2.0), np.full(3000, 2.5))
    total = expected_nonconforming(limits, found).total
    assert np.mean((total.lower <= truth) & (truth <= total.upper)) > 0.945
    assert np.mean(truth <= total.upper_bound) > 0.945
    side = expected_nonconforming(limits, found).above
    one = 1e6 * norm.sf(2.5)
    assert np.mean((side.lower <= one) & (one <= side.upper)) == pytest.approx(0.95, abs=0.02)


def test_exact_side_bounds_cover_as_promised() -> None:
    rng = np.random.default_rng(42)
    x = rng.normal(size=(400, 10))
    count, sd = np.full(400, 10.0), x.std(axis=1, ddof=1)
    found = Estimates(count, x.mean(axis=1), sd, count - 1.0, sd)
    above = expected_nonconforming(tolerances(np.full(400, np.nan), np.full(400, 3.0)), found, 0.8, EXACT).above
    truth = 1e6 * norm.sf(3.0)
    assert np.mean((above.lower <= truth) & (truth <= above.upper)) == pytest.approx(0.8, abs=0.06)


def test_counting() -> None:
    found = observed_nonconforming([1.0, 2.0, 3.0, 4.0], Limits(2.0, 3.5, "mm"))
    assert found.below is not None
    assert found.above is not None
    assert found.total is not None
    assert (found.below.value, found.above.value, found.total.value) == (250_000.0, 250_000.0, 500_000.0)
    assert observed_ppm(0, 10).lower == 0.0
    assert observed_ppm(10, 10).upper == 1e6
    assert observed_nonconforming([1.0], Limits(None, 3.0, "mm")).below is None
    for beyond, count, confidence in ((3, 2, 0.95), (-1, 2, 0.95), (0, 0, 0.95), (1, 2, 1.0)):
        with pytest.raises(InvalidOptionError):
            observed_ppm(beyond, count, confidence)


def test_z_bench_is_finite_where_shares_are_too_small_for_a_float() -> None:
    found = expected_nonconforming(
        tolerances([np.nan, -50.0], [60.0, 50.0]),
        Estimates(*(np.array([one] * 2) for one in (40.0, 0.0, 1.0, 39.0, 1.0))),
    )
    assert found.total.value.tolist() == [0.0, 0.0]
    assert found.z_bench.value == pytest.approx([60.0, 50.0], abs=0.02)
