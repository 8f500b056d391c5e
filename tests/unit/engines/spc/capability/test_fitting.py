from __future__ import annotations

import math

import numpy as np
import pytest

from samegauge.engines.errors import InvalidOptionError, NonFiniteValuesError, TooFewValuesError
from samegauge.engines.spc.capability.families import Distribution, Family, LocationScale
from samegauge.engines.spc.capability.fitting import NoFitError, fitted
from samegauge.engines.spc.capability.goodness import Relation, goodness_of_fit, simulated_p_value

WORKING = (0.4, 0.7, -0.5)
SHARES = np.array([1e-6, 0.00135, 0.2, 0.5, 0.9, 0.99865])
OF_LOGARITHMS = (Family.WEIBULL, Family.LOGNORMAL, Family.LOGLOGISTIC, Family.EXPONENTIAL, Family.GAMMA)


def distribution(family: Family) -> Distribution:
    threshold = WORKING[0] if 0 in family.free else 0.0
    return Distribution(family, (threshold, WORKING[1], 0.0 if family is Family.EXPONENTIAL else WORKING[2]))


def sample(family: Family, count: int, seed: int = 1) -> np.ndarray:
    return distribution(family).quantile(np.random.default_rng(seed).uniform(size=count))


@pytest.mark.parametrize("family", list(Family))
def test_quantiles_shares_and_density_agree(family: Family) -> None:
    one = distribution(family)
    x = one.quantile(SHARES)
    assert one.below(x) == pytest.approx(SHARES, rel=1e-9)
    assert one.above(x) == pytest.approx(1.0 - SHARES, rel=1e-9)
    inner, step = x[2:5], 1e-5
    slope = (one.below(inner + step) - one.below(inner - step)) / (2.0 * step)
    assert np.exp(one.log_density(inner)) == pytest.approx(slope, rel=1e-6)
    assert one.below(one.lowest if math.isfinite(one.lowest) else -1e9) == 0.0
    assert one.above(one.lowest - 1.0 if math.isfinite(one.lowest) else -1e9) == 1.0


@pytest.mark.parametrize("family", [Family.NORMAL, Family.LOGISTIC, Family.WEIBULL])
def test_derivatives_of_the_kernels(family: Family) -> None:
    form = family.form
    assert isinstance(form, LocationScale)
    z, step = np.linspace(-3.0, 2.0, 11), 1e-5
    kernel = form.kernel
    slope = (kernel.log_density(z + step) - kernel.log_density(z - step)) / (2.0 * step)
    bend = (kernel.score(z + step) - kernel.score(z - step)) / (2.0 * step)
    assert kernel.score(z) == pytest.approx(slope, abs=1e-8)
    assert kernel.curvature(z) == pytest.approx(bend, abs=1e-8)


@pytest.mark.parametrize("family", list(Family))
def test_no_neighbouring_parameters_are_likelier(family: Family) -> None:
    x = sample(family, 80)
    found = fitted(x, family)
    working = found.distribution.working
    for place in family.free:
        for by in (-0.01, 0.01):
            moved = [one + by * (place == at) for at, one in enumerate(working)]
            assert Distribution(family, (moved[0], moved[1], moved[2])).log_density(x).sum() < found.log_likelihood
    assert found.akaike == pytest.approx(2.0 * len(family.free) - 2.0 * found.log_likelihood)


@pytest.mark.parametrize("family", list(Family))
def test_a_change_of_unit_changes_scales_alone(family: Family) -> None:
    x = sample(family, 60)
    shares = np.array([0.01, 0.5, 0.99])
    plain, scaled = fitted(x, family).distribution, fitted(25.4 * x, family).distribution
    assert scaled.quantile(shares) == pytest.approx(25.4 * plain.quantile(shares), rel=1e-6)
    assert fitted(np.random.default_rng(2).permutation(x), family).distribution.parameters == pytest.approx(
        plain.parameters, rel=1e-6
    )


@pytest.mark.parametrize("family", [Family.WEIBULL_3, Family.LOGNORMAL_3])
def test_a_threshold_moves_with_the_origin(family: Family) -> None:
    x = sample(family, 60)
    plain, moved = fitted(x, family).distribution.parameters, fitted(x + 100.0, family).distribution.parameters
    assert moved.pop("threshold") == pytest.approx(plain.pop("threshold") + 100.0, abs=1e-5)
    assert moved == pytest.approx(plain, rel=1e-5)


@pytest.mark.parametrize("family", [one for one in Family if 0 not in one.free])
def test_parameters_and_their_errors_by_simulation(family: Family) -> None:
    fits = [fitted(sample(family, 120, seed), family) for seed in range(300)]
    found = np.array([[one.distribution.working[place] for place in family.free] for one in fits])
    truth = np.array([distribution(family).working[place] for place in family.free])
    promised = np.sqrt(np.mean([np.diag(one.covariance) for one in fits], axis=0))
    assert np.abs(found.mean(axis=0) - truth).max() < 0.02
    assert found.std(axis=0) == pytest.approx(promised, rel=0.15)


def test_large_samples_find_the_threshold() -> None:
    for family in (Family.WEIBULL_3, Family.LOGNORMAL_3):
        found = fitted(sample(family, 5000), family).distribution.parameters
        assert found["threshold"] == pytest.approx(0.4, abs=0.12)


def test_a_family_without_a_maximum_is_refused() -> None:
    x = np.random.default_rng(3).normal(10.0, 1.0, 60)
    mirrored = 20.0 - sample(Family.LOGNORMAL, 60)
    with pytest.raises(NoFitError, match="no maximum"):
        fitted(mirrored, Family.LOGNORMAL_3)
    with pytest.raises(NoFitError, match="positive"):
        fitted(x - 10.0, Family.GAMMA)
    with pytest.raises(TooFewValuesError):
        fitted([1.0, 2.0, 3.0], Family.NORMAL)
    with pytest.raises(TooFewValuesError):
        fitted([2.0] * 9, Family.NORMAL)
    with pytest.raises(NonFiniteValuesError):
        fitted([1.0, 2.0, 3.0, 4.0, math.inf], Family.NORMAL)
    with pytest.raises(InvalidOptionError):
        fitted(x, Family.NORMAL).distribution.quantile(1.0)


ODD = {
    "very skewed": lambda rng: rng.lognormal(0.0, 4.0, 40),
    "almost equal": lambda rng: rng.normal(100.0, 1e-6, 40),
    "rounded": lambda rng: np.round(rng.normal(5.0, 1.0, 40)),
    "one outlier": lambda rng: np.append(rng.normal(1.0, 0.01, 40), 1e6),
    "no mean": lambda rng: rng.pareto(0.5, 40) + 1e-12,
    "uniform": lambda rng: rng.uniform(0.0, 1.0, 40),
    "far from zero": lambda rng: 1e9 + rng.normal(0.0, 1.0, 40),
    "all but one equal": lambda _: np.append(np.full(40, 3.0), 4.0),
    "tiny": lambda rng: rng.exponential(1e-9, 40),
}


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("family", list(Family))
def test_odd_values_are_fitted_or_refused_in_words(odd: str, family: Family) -> None:
    x = np.asarray(ODD[odd](np.random.default_rng(6)))
    try:
        found = fitted(x, family)
    except NoFitError as refusal:
        assert refusal.reason_zh  # noqa: PT017 - either outcome is right
        return
    assert math.isfinite(found.log_likelihood)
    assert (np.diag(found.covariance) > 0.0).all()
    assert (np.diff(found.distribution.quantile(SHARES)) > 0.0).all()


def test_a_right_family_fits_and_a_wrong_one_does_not() -> None:
    x = sample(Family.WEIBULL, 200)
    right = goodness_of_fit(x, fitted(x, Family.WEIBULL).distribution)
    wrong = goodness_of_fit(x, fitted(x, Family.EXPONENTIAL).distribution)
    assert right.p_value is not None
    assert right.p_value > 0.05
    assert (wrong.p_value, wrong.relation) == (0.01, Relation.BELOW)
    assert wrong.statistic > right.statistic


def test_the_ends_of_a_table_are_said() -> None:
    x = distribution(Family.LOGISTIC).quantile((np.arange(50) + 0.5) / 50.0)
    found = goodness_of_fit(x, fitted(x, Family.LOGISTIC).distribution)
    assert (found.p_value, found.relation) == (0.25, Relation.ABOVE)


@pytest.mark.parametrize("family", [Family.GAMMA, Family.WEIBULL_3, Family.LOGNORMAL_3])
def test_no_table_no_p_value_but_a_simulated_one(family: Family) -> None:
    x = sample(family, 40, 3)
    one = fitted(x, family).distribution
    assert goodness_of_fit(x, one).p_value is None
    found = simulated_p_value(x, one, np.random.default_rng(4), 39)
    assert found.p_value == simulated_p_value(x, one, np.random.default_rng(4), 39).p_value
    assert found.p_value is not None
    assert found.p_value > 0.02
    with pytest.raises(InvalidOptionError):
        simulated_p_value(x, one, np.random.default_rng(4), 5)


@pytest.mark.parametrize("seed", [4, 8, 9])
def test_simulated_and_tabled_p_values_agree(seed: int) -> None:
    x = np.random.default_rng(seed).lognormal(0.0, 0.3, 40)
    one = fitted(x, Family.WEIBULL).distribution
    tabled, simulated = goodness_of_fit(x, one), simulated_p_value(x, one, np.random.default_rng(5), 399)
    assert tabled.relation is Relation.EQUAL
    assert simulated.p_value == pytest.approx(tabled.p_value, abs=0.05)
