from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samegauge.engines.errors import InvalidOptionError
from samegauge.engines.laws.noncentral_t import noncentral_t_shift
from samegauge.engines.spc.capability.indices import (
    Conventions,
    Estimates,
    IndexTable,
    TargetDenominator,
    index_table,
    tolerances,
)
from samegauge.engines.spc.capability.intervals import CentredMethod, centred_index_bounds, spread_index_bounds

SEEDED = settings(derandomize=True, deadline=None, max_examples=150)
MEANS, SIGMAS = st.floats(-3.0, 3.0), st.floats(0.05, 5.0)


def estimates(mean: float, sigma: float, count: int = 40) -> Estimates:
    return Estimates(*(np.array([float(one)]) for one in (count, mean, sigma, count - 1, sigma)))


def values(table: IndexTable) -> list[float]:
    columns = (table.spread, table.lower, table.upper, table.nearest, table.target)
    return [float(one.value[0]) for one in columns]


@SEEDED
@given(mean=MEANS, sigma=SIGMAS, scale=st.floats(0.1, 1000.0), shift=st.floats(-100.0, 100.0))
def test_unit_origin_and_mirror(mean: float, sigma: float, scale: float, shift: float) -> None:
    limits = tolerances([-1.0], [2.0], [0.2])
    plain = index_table(limits, estimates(mean, sigma))
    moved = index_table(
        tolerances([scale * -1.0 + shift], [scale * 2.0 + shift], [scale * 0.2 + shift]),
        estimates(scale * mean + shift, scale * sigma),
    )
    assert values(moved) == pytest.approx(values(plain), rel=1e-6, abs=1e-9)
    mirrored = index_table(tolerances([-2.0], [1.0], [-0.2]), estimates(-mean, sigma))
    spread, lower, upper, nearest, target = values(mirrored)
    assert [spread, upper, lower, nearest, target] == pytest.approx(values(plain), rel=1e-9, abs=1e-12)
    assert mirrored.nearest.lower == pytest.approx(plain.nearest.lower, rel=1e-9, abs=1e-12)


@SEEDED
@given(mean=MEANS, sigma=SIGMAS)
def test_order_of_the_indices(mean: float, sigma: float) -> None:
    table = index_table(tolerances([-1.0], [1.0]), estimates(mean, sigma))
    spread, lower, upper, nearest, target = values(table)
    assert nearest == min(lower, upper) <= spread * (1.0 + 1e-12)
    assert target <= spread * (1.0 + 1e-12)
    assert spread == pytest.approx((lower + upper) / 2.0, abs=1e-9)
    for column in (table.spread, table.lower, table.upper, table.nearest, table.target):
        assert float(column.lower[0]) <= float(column.lower_bound[0]) <= float(column.value[0]) + 1e-12
        assert float(column.value[0]) - 1e-12 <= float(column.upper[0])


def test_on_target_cpm_is_cp() -> None:
    table = index_table(tolerances([-1.0], [1.0]), estimates(0.0, 0.3))
    assert float(table.target.value[0]) == pytest.approx(float(table.spread.value[0]))


@pytest.mark.parametrize(
    ("denominator", "less"), [(TargetDenominator.VALUES, 0), (TargetDenominator.VALUES_LESS_ONE, 1)]
)
def test_cpm_from_the_values_themselves(denominator: TargetDenominator, less: int) -> None:
    x, target = np.random.default_rng(5).normal(10.1, 0.2, 30), 9.9
    found = Estimates(*(np.array([one]) for one in (30.0, x.mean(), 0.17, 29.0, x.std(ddof=1))))
    table = index_table(
        tolerances([9.0], [11.0], [target]), found, conventions=Conventions(target_denominator=denominator)
    )
    about = np.sqrt(((x - target) ** 2).sum() / (x.size - less))
    assert float(table.target.value[0]) == pytest.approx(2.0 / 6.0 / about)
    asymmetric = Conventions(target_denominator=denominator, asymmetric_target=True)
    shorter = index_table(tolerances([9.0], [11.0], [target]), found, conventions=asymmetric)
    assert float(shorter.target.value[0]) == pytest.approx(0.9 / 3.0 / about)


def test_one_limit_has_one_half_and_a_cpm_only_if_it_is_asymmetric() -> None:
    limits = tolerances([np.nan], [2.0], [1.0])
    plain = index_table(limits, estimates(1.1, 0.2))
    assert np.isnan(plain.spread.value[0])
    assert np.isnan(plain.lower.value[0])
    assert plain.nearest.value[0] == plain.upper.value[0] == pytest.approx(1.5)
    assert plain.nearest.lower[0] == plain.upper.lower[0]
    assert plain.target.at(0) is None
    asymmetric = index_table(limits, estimates(1.1, 0.2), conventions=Conventions(asymmetric_target=True))
    assert asymmetric.target.value[0] == pytest.approx(1.0 / 3.0 / np.hypot(0.1, 0.2))


def test_exact_bounds_are_a_convention() -> None:
    exact = index_table(
        tolerances([-1.0], [1.0]),
        estimates(0.1, 0.25),
        conventions=Conventions(centred_method=CentredMethod.NONCENTRAL_T),
    )
    approximate = index_table(tolerances([-1.0], [1.0]), estimates(0.1, 0.25))
    assert exact.nearest.lower[0] != approximate.nearest.lower[0]
    assert exact.nearest.lower[0] == pytest.approx(approximate.nearest.lower[0], abs=0.01)


@SEEDED
@given(index=st.floats(0.2, 3.0), count=st.integers(5, 500), confidence=st.floats(0.6, 0.995))
def test_bounds_tighten_with_values_and_widen_with_confidence(index: float, count: int, confidence: float) -> None:
    for method in CentredMethod:
        one, more = (centred_index_bounds(index, n, n - 1.0, confidence, method) for n in (count, 2 * count))
        surer = centred_index_bounds(index, count, count - 1.0, (1.0 + confidence) / 2.0, method)
        assert more.upper - more.lower < one.upper - one.lower < surer.upper - surer.lower
    few, many = (spread_index_bounds(index, n - 1.0, confidence) for n in (count, 2 * count))
    assert few.lower < many.lower < index < many.upper < few.upper


def test_limits_are_checked() -> None:
    with pytest.raises(InvalidOptionError, match="Characteristic 1"):
        tolerances([0.0, 2.0], [1.0, 1.0])
    with pytest.raises(InvalidOptionError, match="no limit"):
        tolerances([np.nan], [np.inf])
    with pytest.raises(InvalidOptionError):
        centred_index_bounds(1.0, 0, 5.0)
    with pytest.raises(InvalidOptionError):
        spread_index_bounds(1.0, 0.0)


@pytest.mark.parametrize("dof", [1.0, 9.0, 999.0])
def test_exact_bounds_go_on_where_the_search_would_not_end(dof: float) -> None:
    for probability in (0.025, 0.975):
        near, far = (float(noncentral_t_shift(probability, dof, scale * np.sqrt(dof))) for scale in (99.9, 100.1))
        assert far == pytest.approx(near * 100.1 / 99.9, rel=1e-4)
        mirrored = float(noncentral_t_shift(1.0 - probability, dof, -100.1 * np.sqrt(dof)))
        assert mirrored == pytest.approx(-far, rel=1e-9)
    assert np.isfinite(noncentral_t_shift(0.95, dof, 1e12))
