from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samegauge.engines.errors import InvalidOptionError, NonFiniteValuesError, TooFewValuesError
from samegauge.engines.spc.capability.fitting import NoFitError
from samegauge.engines.spc.capability.johnson import Criterion, Johnson, JohnsonSystem, johnson, johnson_from_quantiles
from samegauge.engines.spc.capability.normal import CapabilityOptions, capability
from samegauge.engines.spc.capability.normality import anderson_darling, ryan_joiner, shapiro_wilk
from samegauge.engines.spc.capability.transformations import box_cox, capability_transformed
from samegauge.quantities.method import Method
from samegauge.quantities.tolerance import Limits

SEEDED = settings(derandomize=True, deadline=None, max_examples=100)
NONE = Method("exact quantiles", "none")


def inverse(one: Johnson, z: np.ndarray) -> np.ndarray:
    shaped = (z - one.gamma) / one.eta
    u = {
        JohnsonSystem.UNBOUNDED: np.sinh(shaped),
        JohnsonSystem.LOGNORMAL: np.exp(shaped),
        JohnsonSystem.BOUNDED: 1.0 / (1.0 + np.exp(-shaped)),
    }[one.system]
    return one.epsilon + one.lambda_ * u


def sample(count: int = 100, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).lognormal(1.0, 0.5, count)


@SEEDED
@given(
    gamma=st.floats(-1.5, 1.5),
    eta=st.floats(0.6, 2.5),
    epsilon=st.floats(-5.0, 5.0),
    scale=st.floats(0.5, 5.0),
    z=st.floats(0.3, 0.8),
    system=st.sampled_from([JohnsonSystem.BOUNDED, JohnsonSystem.UNBOUNDED]),
)
def test_exact_quantiles_give_the_parameters_back(
    gamma: float, eta: float, epsilon: float, scale: float, z: float, system: JohnsonSystem
) -> None:
    truth = Johnson(system, gamma, eta, epsilon, scale, z, 0.0, NONE)
    found = johnson_from_quantiles(inverse(truth, z * np.array([-3.0, -1.0, 1.0, 3.0])), z, NONE)[0]
    assert found.system is system
    assert [found.gamma, found.eta, found.epsilon, found.lambda_] == pytest.approx(
        [gamma, eta, epsilon, scale], rel=1e-5, abs=1e-5
    )


@SEEDED
@given(gamma=st.floats(-2.0, 2.0), eta=st.floats(0.6, 4.0), epsilon=st.floats(-5.0, 5.0), z=st.floats(0.3, 0.8))
def test_exact_lognormal_quantiles_too(gamma: float, eta: float, epsilon: float, z: float) -> None:
    truth = Johnson(JohnsonSystem.LOGNORMAL, gamma, eta, epsilon, 1.0, z, 0.0, NONE)
    found = johnson_from_quantiles(inverse(truth, z * np.array([-3.0, -1.0, 1.0, 3.0])), z, NONE)[-1]
    assert found.system is JohnsonSystem.LOGNORMAL
    assert [found.gamma, found.eta, found.epsilon] == pytest.approx([gamma, eta, epsilon], rel=1e-6, abs=1e-6)


def test_quantiles_without_distance_have_no_distribution() -> None:
    assert johnson_from_quantiles([1.0, 1.0, 2.0, 3.0], 0.5, NONE) == ()


@pytest.mark.parametrize("criterion", list(Criterion))
def test_johnson_makes_skewed_values_normal(criterion: Criterion) -> None:
    x = sample()
    found = johnson(x, criterion)
    moved = found.transformed(x)
    assert shapiro_wilk(x).p_value < 0.01
    test = shapiro_wilk(moved) if criterion is Criterion.SHAPIRO_WILK else anderson_darling(moved)
    assert found.p_value == pytest.approx(test.p_value)
    assert found.p_value > 0.5
    assert (np.diff(moved[np.argsort(x)]) > 0.0).all()
    scaled = johnson(3.0 + 10.0 * x, criterion)
    assert (scaled.system, scaled.z) == (found.system, found.z)
    assert scaled.transformed(3.0 + 10.0 * x) == pytest.approx(moved, rel=1e-6, abs=1e-8)


def test_bounded_and_heavy_tailed_values_find_their_systems() -> None:
    rng = np.random.default_rng(6)
    assert johnson(rng.beta(0.8, 0.8, 400)).system is JohnsonSystem.BOUNDED
    assert johnson(np.sinh(rng.normal(size=400))).system is JohnsonSystem.UNBOUNDED


@pytest.mark.parametrize("power", [-0.5, 0.0, 0.5, 2.0])
def test_box_cox_finds_the_power_that_made_the_values(power: float) -> None:
    normal = np.random.default_rng(7).normal(10.0, 1.0, 400)
    x = np.exp(normal / 5.0) if power == 0.0 else normal ** (1.0 / power)
    found = box_cox(x, rounded=True)
    assert found.lower < power < found.upper
    assert found.power == pytest.approx(power, abs=0.51)
    assert found.power % 0.5 == 0.0
    assert box_cox(1000.0 * x).best == pytest.approx(found.best, abs=1e-6)


def test_capability_after_the_logarithm_is_capability_of_logarithms() -> None:
    x, limits = sample(60), Limits(0.5, 14.0, "um")
    rounded = box_cox(x, rounded=True)
    assert rounded.power == 0.0
    options = CapabilityOptions(target=3.0)
    found = capability_transformed(x.reshape(12, 5), limits, rounded, options)
    expected = capability(
        np.log(x).reshape(12, 5), Limits(np.log(0.5), np.log(14.0), "1"), CapabilityOptions(target=np.log(3.0))
    )
    assert found.result.cpk == expected.cpk
    assert found.result.cpm == expected.cpm
    assert found.unreachable == ()


def test_a_limit_out_of_reach_gives_no_index() -> None:
    x = sample(60)
    found = capability_transformed(x, Limits(-1.0, 14.0, "um"), box_cox(x, rounded=True))
    assert found.unreachable == (-1.0,)
    assert found.result.pp is None
    assert found.result.ppl is None
    assert found.result.ppk == found.result.ppu
    bounded = np.random.default_rng(8).beta(2.0, 2.0, 300)
    transformation = johnson(bounded)
    assert transformation.system is JohnsonSystem.BOUNDED
    with pytest.raises(NoFitError, match="No limit"):
        capability_transformed(bounded, Limits(-3.0, 4.0, "1"), transformation)
    with pytest.raises(NoFitError, match="target"):
        capability_transformed(bounded, Limits(0.1, 0.9, "1"), transformation, CapabilityOptions(target=-3.0))


def test_a_zero_is_within_a_positive_power_only() -> None:
    assert np.isnan(box_cox(sample(60), rounded=True).transformed([0.0, -1.0])).all()
    root = box_cox(np.random.default_rng(7).normal(10.0, 1.0, 400) ** 2, rounded=True)
    assert root.power == 0.5
    assert root.transformed([0.0, 4.0]).tolist() == [-2.0, 2.0]


def test_broken_input_is_refused() -> None:
    with pytest.raises(NoFitError, match="positive"):
        box_cox(sample() - 5.0)
    with pytest.raises(InvalidOptionError):
        box_cox(sample(), confidence=0.0)
    with pytest.raises(TooFewValuesError):
        box_cox([1.0, 2.0, 3.0])
    with pytest.raises(TooFewValuesError):
        johnson([2.0] * 20)
    with pytest.raises(NonFiniteValuesError):
        johnson([1.0] * 10 + [np.nan])


def test_normality_tests_agree_and_know_their_range() -> None:
    normal = np.random.default_rng(9).normal(size=60)
    for x, is_normal in ((normal, True), (np.exp(normal), False)):
        found = ryan_joiner(x)
        assert (found.p_at_least >= 0.05) is is_normal
        assert (shapiro_wilk(x).p_value > 0.05) is is_normal
        assert ryan_joiner(7.0 - 3.0 * x[::-1]).statistic == pytest.approx(found.statistic)
        assert shapiro_wilk(7.0 + 3.0 * x).statistic == pytest.approx(shapiro_wilk(x).statistic)
    for test, count in ((shapiro_wilk, 2), (ryan_joiner, 3)):
        with pytest.raises(TooFewValuesError):
            test(np.arange(float(count)))
        with pytest.raises(TooFewValuesError):
            test(np.ones(20))
    with pytest.raises(InvalidOptionError):
        shapiro_wilk(np.arange(5001.0))
