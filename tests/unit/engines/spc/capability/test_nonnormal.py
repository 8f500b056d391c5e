from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import lognorm, norm

from samegauge.engines.errors import InvalidOptionError, TooFewValuesError
from samegauge.engines.spc.capability.families import Family
from samegauge.engines.spc.capability.fitting import NoFitError
from samegauge.engines.spc.capability.nonnormal import NonnormalMethod, capability_fitted
from samegauge.quantities.tolerance import Limits

LIMITS = Limits(0.3, 3.0, "mm")


def sample(count: int = 80, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).lognormal(0.0, 0.3, count)


def test_the_normal_family_gives_the_normal_indices() -> None:
    x = np.random.default_rng(2).normal(10.0, 0.2, 60)
    sigma = x.std()  # maximum likelihood
    for method in NonnormalMethod:
        result = capability_fitted(x, Limits(9.0, 11.2, "mm"), Family.NORMAL, index_method=method)
        assert result.pp is not None
        assert result.ppk is not None
        assert result.pp.value == pytest.approx(2.2 / 6.0 / sigma, rel=1e-4)
        assert result.ppk.value == pytest.approx(min(11.2 - x.mean(), x.mean() - 9.0) / 3.0 / sigma, rel=1e-4)
        # The asymptotic error of Ppk is Bissell's: sqrt(1 / (9 n) + Ppk^2 / (2 n)).
        error = np.sqrt(1.0 / 540.0 + result.ppk.value**2 / 120.0)
        assert result.ppk.upper - result.ppk.value == pytest.approx(norm.ppf(0.975) * error, rel=2e-3)


def test_both_methods_and_their_shares() -> None:
    x = sample()
    mean, sigma = np.log(x).mean(), np.log(x).std()
    shares = capability_fitted(x, LIMITS, Family.LOGNORMAL, index_method=NonnormalMethod.SHARES)
    assert shares.ppu is not None
    assert shares.ppl is not None
    assert shares.pp is not None
    assert shares.ppu.value == pytest.approx((np.log(3.0) - mean) / sigma / 3.0)
    assert shares.pp.value == pytest.approx((shares.ppu.value + shares.ppl.value) / 2.0)
    assert shares.expected.above is not None
    assert shares.expected.above.value == pytest.approx(1e6 * lognorm(sigma, scale=np.exp(mean)).sf(3.0))
    percentiles = capability_fitted(x, LIMITS, Family.LOGNORMAL)
    assert percentiles.ppu is not None
    assert percentiles.ppu.value == pytest.approx((3.0 - percentiles.median) / (percentiles.high - percentiles.median))
    assert percentiles.low == pytest.approx(np.exp(mean - 2.99998 * sigma), rel=1e-4)
    assert percentiles.method.confidence == 0.95


@pytest.mark.parametrize("family", list(Family))
@pytest.mark.parametrize("method", list(NonnormalMethod))
def test_wider_limits_and_other_units(family: Family, method: NonnormalMethod) -> None:
    x = sample()
    plain = capability_fitted(x, LIMITS, family, index_method=method)
    wider = capability_fitted(x, Limits(0.29, 3.1, "mm"), family, index_method=method)
    inches = capability_fitted(x / 25.4, Limits(0.3 / 25.4, 3.0 / 25.4, "in"), family, index_method=method)
    assert plain.ppk is not None
    assert wider.ppk is not None
    assert inches.ppk is not None
    assert wider.ppk.value > plain.ppk.value
    assert (inches.ppk.value, inches.ppk.lower) == pytest.approx((plain.ppk.value, plain.ppk.lower), rel=1e-4)
    assert plain.ppk.lower < plain.ppk.lower_bound < plain.ppk.value < plain.ppk.upper
    assert plain.expected.total is not None
    assert wider.expected.total is not None
    assert wider.expected.total.value < plain.expected.total.value <= plain.expected.total.upper


def test_coverage_of_the_intervals_by_simulation() -> None:
    truth = lognorm(0.3)
    low, median, high = truth.ppf([0.00135, 0.5, 0.99865])
    expected = {
        "ppu": (3.0 - median) / (high - median),
        "pp": 2.7 / (high - low),
        "ppl": (median - 0.3) / (median - low),
    }
    inside = dict.fromkeys(expected, 0)
    share = 0
    for seed in range(500):
        result = capability_fitted(sample(60, seed), LIMITS, Family.LOGNORMAL)
        for name, value in expected.items():
            index = getattr(result, name)
            inside[name] += index.lower <= value <= index.upper
        above = result.expected.above
        assert above is not None
        share += above.lower <= 1e6 * truth.sf(3.0) <= above.upper
    # Three standard errors of a share of 0.95 in 500 trials are 0.03; the delta method is a little too sure at n = 60.
    assert all(0.91 < one / 500 < 0.98 for one in (*inside.values(), share))


def test_one_limit_and_limits_beyond_the_support() -> None:
    x = sample()
    upper = capability_fitted(x, Limits(None, 3.0, "mm", zero_is_bound=True), Family.GAMMA)
    assert (upper.pp, upper.ppl, upper.expected.below) == (None, None, None)
    assert upper.ppk == upper.ppu
    assert upper.expected.above == upper.expected.total
    below_zero = Limits(-1.0, 3.0, "mm")
    percentiles = capability_fitted(x, below_zero, Family.WEIBULL)
    assert percentiles.expected.below is not None
    assert percentiles.expected.below.value == 0.0
    assert percentiles.ppl is not None
    shares = capability_fitted(x, below_zero, Family.WEIBULL, index_method=NonnormalMethod.SHARES)
    assert (shares.ppl, shares.pp) == (None, None)
    assert shares.ppk == shares.ppu


def test_a_median_outside_the_limits_has_a_negative_index() -> None:
    result = capability_fitted(sample(), Limits(2.0, 3.0, "mm"), Family.LOGNORMAL)
    assert result.ppk is not None
    assert result.ppk.value < 0.0
    assert result.observed.total is not None
    assert result.observed.total.value > 500_000


def test_broken_input_is_refused() -> None:
    with pytest.raises(InvalidOptionError):
        capability_fitted(sample(), LIMITS, Family.GAMMA, confidence=1.0)
    with pytest.raises(NoFitError):
        capability_fitted(sample() - 1.0, LIMITS, Family.GAMMA)
    with pytest.raises(TooFewValuesError):
        capability_fitted([1.0, 2.0], LIMITS, Family.GAMMA)
