from __future__ import annotations

import numpy as np
import pytest

from samegauge.engines.errors import InvalidOptionError, NonFiniteValuesError, TooFewValuesError
from samegauge.engines.spc.capability.dispersion import WithinEstimator
from samegauge.engines.spc.capability.indices import Conventions
from samegauge.engines.spc.capability.intervals import (
    CentredMethod,
    centred_index_interval,
    conforming_fraction_bound,
    values_to_decide,
)
from samegauge.engines.spc.capability.normal import Basis, Capability, CapabilityOptions, Verdict, capability
from samegauge.engines.spc.capability.normality import anderson_darling
from samegauge.engines.spc.constants import c4
from samegauge.quantities.method import Exclusion
from samegauge.quantities.tolerance import Limits

LIMITS = Limits(9.0, 11.0, "mm")


def codes(result: Capability) -> set[str]:
    return {one.code for one in result.cautions}


def sample(count: int, sigma: float, mean: float = 10.0, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(mean, sigma, count)


def test_indices_do_not_depend_on_unit_and_origin() -> None:
    values = sample(60, 0.2)
    plain = capability(values, LIMITS)
    moved = capability(1000.0 * values - 500.0, Limits(8500.0, 10500.0, "µm"))
    for name in ("cp", "cpk", "pp", "ppk"):
        one, other = getattr(plain, name), getattr(moved, name)
        assert (one.value, one.lower, one.upper) == pytest.approx((other.value, other.lower, other.upper))


def test_centred_index_never_exceeds_the_spread_index() -> None:
    for seed in range(20):
        result = capability(sample(15, 0.3, 10.0 + 0.05 * seed, seed), LIMITS)
        assert result.cpk is not None
        assert result.cp is not None
        assert result.cpk.value <= result.cp.value


def test_order_matters_within_but_not_overall() -> None:
    values = sample(40, 0.2)
    mixed, ordered = capability(values, LIMITS), capability(np.sort(values), LIMITS)
    assert mixed.ppk == ordered.ppk
    assert ordered.sigma_within < 0.5 * mixed.sigma_within


def test_wide_interval_cannot_decide_and_says_how_many_would() -> None:
    result = capability(sample(12, 0.3), LIMITS, CapabilityOptions(goal=1.33, basis=Basis.PERFORMANCE))
    assert result.ppk is not None
    assert result.ppk.lower < 1.33 < result.ppk.upper
    assert result.verdict is Verdict.UNDECIDED
    assert result.values_needed is not None
    assert result.values_needed > 12
    again = centred_index_interval(result.ppk.value, result.values_needed, result.values_needed * 11 / 12)
    assert again.lower >= 1.33 or again.upper <= 1.33 or abs(result.ppk.value - 1.33) < 0.02


@pytest.mark.parametrize(("sigma", "expected"), [(0.1, Verdict.REACHED), (0.6, Verdict.NOT_REACHED)])
def test_clear_cases_are_decided(sigma: float, expected: Verdict) -> None:
    result = capability(sample(200, sigma), LIMITS, CapabilityOptions(check_stability=False))
    assert result.verdict is expected
    assert result.values_needed is None


def test_one_limit_gives_the_centred_index_alone() -> None:
    values = sample(30, 0.2)
    upper_only = capability(values, Limits(None, 11.0, "mm"))
    assert upper_only.cp is None
    assert upper_only.pp is None
    assert upper_only.ppk is not None
    assert upper_only.ppk.value == pytest.approx((11.0 - values.mean()) / 3.0 / values.std(ddof=1))


def test_value_bounded_by_zero_gets_no_verdict() -> None:
    values = np.abs(sample(30, 0.005, 0.0))
    result = capability(values, Limits(None, 0.05, "mm", zero_is_bound=True))
    assert "zero_bound" in codes(result)
    assert result.verdict is Verdict.NOT_ASSESSED
    assert result.conforming_at_least == pytest.approx(0.05 ** (1 / 30))


def test_unstable_process_gets_no_verdict() -> None:
    values = np.append(sample(30, 0.05), 10.9)
    result = capability(values, LIMITS)
    assert "out_of_control" in codes(result)
    assert "31" in next(one.text_zh for one in result.cautions if one.code == "out_of_control")
    assert result.verdict is Verdict.NOT_ASSESSED


def test_exclusion_is_recorded_and_breaks_its_ranges() -> None:
    values = np.append(sample(30, 0.05, seed=7), [12.0, 10.0, 10.02])
    result = capability(values, LIMITS, CapabilityOptions(excluded=(Exclusion(30, "burr", "毛邊"),)))
    assert result.count == 32
    assert result.maximum < 12.0
    assert result.method.excluded[0].reason_en == "burr"
    assert "out_of_control" not in codes(result)


def test_equal_values_are_a_state_not_a_crash() -> None:
    result = capability([0.1 + 0.2] * 10, Limits(0.0, 1.0, "mm"))
    assert (result.cp, result.cpk, result.pp, result.ppk, result.normality) == (None,) * 5
    assert codes(result) == {"no_spread"}
    assert result.verdict is Verdict.NOT_ASSESSED


def test_coarse_and_skewed_values_are_flagged() -> None:
    coarse = capability(np.round(sample(40, 0.008), 2), LIMITS)
    assert "coarse" in codes(coarse)
    skewed = capability(np.random.default_rng(2).exponential(0.2, 60) + 9.5, LIMITS)
    assert "not_normal" in codes(skewed)


def test_subgroups_use_their_ranges() -> None:
    groups = sample(100, 0.2).reshape(20, 5) + np.linspace(0.0, 0.4, 20)[:, None]
    result = capability(groups, LIMITS)
    assert result.sigma_within == pytest.approx(float(np.ptp(groups, axis=1).mean()) / 2.325929, rel=1e-6)
    assert result.sigma_within < result.sigma_overall
    assert result.method.constants["subgroup"] == 5


def test_broken_input_is_refused() -> None:
    with pytest.raises(TooFewValuesError):
        capability([1.0], LIMITS)
    with pytest.raises(TooFewValuesError):
        capability([[[1.0]]], LIMITS)
    with pytest.raises(NonFiniteValuesError):
        capability([1.0, np.inf], LIMITS)
    with pytest.raises(InvalidOptionError):
        capability([1.0, 2.0], LIMITS, CapabilityOptions(goal=0.0))
    with pytest.raises(InvalidOptionError):
        capability([1.0, 2.0], LIMITS, CapabilityOptions(confidence=1.0))
    with pytest.raises(InvalidOptionError):
        capability([[1.0, 2.0]], LIMITS, CapabilityOptions(excluded=(Exclusion(0, "a", "b"),)))
    with pytest.raises(TooFewValuesError):
        anderson_darling([1.0] * 20)


def test_bounds_by_counting() -> None:
    assert conforming_fraction_bound(0, 10) == 0.0
    assert conforming_fraction_bound(59, 59) == pytest.approx(0.9505, abs=1e-4)
    assert conforming_fraction_bound(18, 19) < conforming_fraction_bound(19, 19)
    with pytest.raises(InvalidOptionError):
        conforming_fraction_bound(3, 2)


def test_no_number_of_values_decides_an_index_on_its_goal() -> None:
    assert values_to_decide(1.33, 1.33, 1.0) is None
    assert (values_to_decide(1.5, 1.33, 1.0) or 0) > (values_to_decide(1.7, 1.33, 1.0) or 0) > 0


def test_subgroups_of_unequal_size() -> None:
    values = sample(23, 0.2)
    result = capability(values, LIMITS, CapabilityOptions(subgroup_sizes=(5, 5, 4, 5, 4)))
    assert "mean range of subgroups" in result.method.estimator
    assert {"d2(4)", "d2(5)"} < result.method.constants.keys()
    equal = capability(values[:20], LIMITS, CapabilityOptions(subgroup_sizes=(5,) * 4))
    rows = capability(values[:20].reshape(4, 5), LIMITS)
    assert (equal.cpk, equal.ppk, equal.cpm) == (rows.cpk, rows.ppk, rows.cpm)
    with pytest.raises(InvalidOptionError):
        capability(values, LIMITS, CapabilityOptions(subgroup_sizes=(23,), excluded=(Exclusion(0, "a", "b"),)))


def test_conventions_are_named_and_change_the_figures() -> None:
    groups = sample(60, 0.2).reshape(12, 5)
    plain = capability(groups, LIMITS)
    other = capability(
        groups,
        LIMITS,
        CapabilityOptions(
            conventions=Conventions(
                WithinEstimator.POOLED, unbiased_overall=True, centred_method=CentredMethod.NONCENTRAL_T
            )
        ),
    )
    assert other.sigma_overall == pytest.approx(plain.sigma_overall / c4(60))
    assert other.sigma_within != plain.sigma_within
    assert "noncentral t" in other.method.estimator
    assert "/ c4" in other.method.estimator
    with pytest.raises(InvalidOptionError):
        capability(groups, LIMITS, CapabilityOptions(conventions=Conventions(WithinEstimator.MEAN_MOVING_RANGE)))


def test_every_index_of_a_process_off_its_target() -> None:
    values = sample(50, 0.2, 10.3)
    result = capability(values, LIMITS, CapabilityOptions(target=10.2))
    sigma, mean = values.std(ddof=1), values.mean()
    assert result.ppl is not None
    assert result.ppu is not None
    assert result.ppm_index is not None
    assert result.ppk == result.ppu
    assert result.ppl.value == pytest.approx((mean - 9.0) / 3.0 / sigma)
    assert result.ppm_index.value == pytest.approx(2.0 / 6.0 / np.hypot(sigma, mean - 10.2))
    assert result.z_bench_overall is not None
    assert result.z_bench_overall.value <= 3.0 * result.ppk.value
    assert result.expected_overall.above is not None
    assert result.observed.total is not None
    assert result.observed.total.value == pytest.approx(1e6 * (result.count - result.inside) / result.count)
    with pytest.raises(InvalidOptionError):
        capability(values, LIMITS, CapabilityOptions(target=np.nan))


def test_two_exclusions_make_three_stretches() -> None:
    values = np.arange(8.0) ** 2 / 100.0 + 9.5
    excluded = (Exclusion(2, "a", "甲"), Exclusion(5, "b", "乙"))
    result = capability(values, LIMITS, CapabilityOptions(excluded=excluded, check_stability=False))
    ranges = [abs(values[i + 1] - values[i]) for i in (0, 3, 6)]
    assert result.sigma_within == pytest.approx(np.mean(ranges) * np.sqrt(np.pi) / 2.0)


@pytest.mark.parametrize("cut", [False, True])
def test_subgroups_whose_means_drift_have_no_verdict(cut: bool) -> None:  # noqa: FBT001
    groups = 10.0 + 0.1 * np.arange(20.0)[:, None] + np.array([0.0, 0.01, -0.01])
    sizes = CapabilityOptions(subgroup_sizes=(3,) * 20)
    limits = Limits(9.0, 13.0, "mm")
    drifting = capability(groups.ravel(), limits, sizes) if cut else capability(groups, limits)
    assert drifting.verdict is Verdict.NOT_ASSESSED
    (caution,) = (one for one in drifting.cautions if one.code == "out_of_control")
    assert "subgroups 1, 2, 3," in caution.text_en
    assert "第 1、2、3、" in caution.text_zh
    unchecked = capability(groups, limits, CapabilityOptions(check_stability=False))
    assert (unchecked.verdict, codes(unchecked) & {"out_of_control"}) == (Verdict.REACHED, set())


def test_subgroups_about_one_mean_are_judged() -> None:
    groups = 10.0 + np.array([0.0, 0.01, -0.01]) + 0.002 * np.tile([1.0, -1.0], 10)[:, None]
    assert capability(groups, Limits(9.0, 13.0, "mm")).verdict is Verdict.REACHED
    # Without any spread within, every difference between means is a change of the process.
    assert "out_of_control" in codes(capability(np.repeat([[1.0], [1.1]], 3, axis=1), Limits(0.0, 2.0, "mm")))
