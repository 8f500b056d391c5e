from __future__ import annotations

import numpy as np
import pytest

from samegauge.engines.errors import InvalidOptionError, NonFiniteValuesError, ShapeError, TooFewValuesError
from samegauge.engines.spc.capability.dispersion import DofConvention, WithinEstimator, WithinOptions
from samegauge.engines.spc.capability.indices import Conventions, TargetDenominator, tolerances
from samegauge.engines.spc.capability.normal import CapabilityOptions, capability
from samegauge.engines.spc.capability.table import CapabilityTable, TableOptions, capability_of_many
from samegauge.quantities.tolerance import Limits

SINGLE = {
    "cp": ("within", "spread"),
    "cpl": ("within", "lower"),
    "cpu": ("within", "upper"),
    "cpk": ("within", "nearest"),
    "cpm": ("within", "target"),
    "pp": ("overall", "spread"),
    "ppk": ("overall", "nearest"),
    "ppm_index": ("overall", "target"),
    "z_bench_within": ("expected_within", "z_bench"),
    "z_bench_overall": ("expected_overall", "z_bench"),
}
COUNTS = (20, 45, 10, 60, 5)
LIMITS = ((9.0, 11.0), (None, 10.5), (9.2, None), (9.6, 10.9), (9.0, 10.8))


def cases() -> list[TableOptions]:
    several = Conventions(
        WithinEstimator.POOLED, WithinOptions(unbiased=False, dof=DofConvention.VALUES), unbiased_overall=True
    )
    asymmetric = Conventions(target_denominator=TargetDenominator.VALUES, asymmetric_target=True)
    return [
        TableOptions(),
        TableOptions(5),
        TableOptions(5, 0.9, Conventions(WithinEstimator.MEAN_DEVIATION)),
        TableOptions(5, conventions=Conventions(WithinEstimator.POOLED)),
        TableOptions(5, conventions=several),
        TableOptions(conventions=asymmetric),
    ]


def sample(seed: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).normal(10.0, 0.2, sum(COUNTS))


def table_of(values: np.ndarray, options: TableOptions) -> CapabilityTable:
    lower, upper = (np.array([np.nan if one is None else one for one in side]) for side in zip(*LIMITS, strict=True))
    return capability_of_many(values, COUNTS, tolerances(lower, upper), options)


@pytest.mark.parametrize("options", cases())
def test_many_at_once_equal_one_by_one(options: TableOptions) -> None:
    values = sample()
    table = table_of(values, options)
    plain = CapabilityOptions(confidence=options.confidence, conventions=options.conventions)
    for place, (part, limits) in enumerate(zip(np.split(values, np.cumsum(COUNTS)[:-1]), LIMITS, strict=True)):
        shaped = part.reshape(-1, options.subgroup) if options.subgroup > 1 else part
        one = capability(shaped, Limits(*limits, "mm"), plain)
        assert table.sigma_within[place] == pytest.approx(one.sigma_within, rel=1e-12)
        assert table.sigma_overall[place] == pytest.approx(one.sigma_overall, rel=1e-12)
        assert table.beyond[place] == one.count - one.inside
        for name, (basis, column) in SINGLE.items():
            found, index = getattr(getattr(table, basis), column).at(place), getattr(one, name)
            assert (found is None) == (index is None)
            if index is not None:
                assert (found.value, found.lower, found.upper, found.lower_bound) == pytest.approx(
                    (index.value, index.lower, index.upper, index.lower_bound), rel=1e-9
                )


def test_order_of_the_characteristics_does_not_matter() -> None:
    values = sample()
    parts, order = np.split(values, np.cumsum(COUNTS)[:-1]), [3, 0, 4, 2, 1]
    plain = table_of(values, TableOptions())
    lower, upper = (np.array([np.nan if one is None else one for one in side]) for side in zip(*LIMITS, strict=True))
    moved = capability_of_many(
        np.concatenate([parts[one] for one in order]),
        [COUNTS[one] for one in order],
        tolerances(lower[order], upper[order]),
    )
    assert moved.overall.nearest.value == pytest.approx(plain.overall.nearest.value[order], rel=1e-12)
    assert moved.within.nearest.lower == pytest.approx(plain.within.nearest.lower[order], rel=1e-12)


def test_equal_values_have_no_index_and_harm_no_neighbour() -> None:
    table = capability_of_many([0.1 + 0.2] * 5 + [1.0, 2.0, 3.0], [5, 3], tolerances([0.0, 0.0], [1.0, 4.0]))
    assert np.isnan(table.overall.nearest.value).tolist() == [True, False]
    assert np.isnan(table.within.spread.value).tolist() == [True, False]
    assert table.expected_overall.at(0).total is None
    assert table.sigma_overall.tolist() == [0.0, 1.0]


def test_large_offsets_lose_no_digits() -> None:
    values = np.random.default_rng(9).normal(0.0, 1e-3, 50)
    plain = capability_of_many(values, [50], tolerances([-0.005], [0.005]))
    moved = capability_of_many(values + 1000.0, [50], tolerances([999.995], [1000.005]))
    assert moved.overall.nearest.value == pytest.approx(plain.overall.nearest.value, rel=1e-8)


def test_method_names_what_was_done() -> None:
    table = table_of(sample(), TableOptions(5, 0.9, Conventions(WithinEstimator.POOLED)))
    assert "pooled standard deviation of subgroups / c4" in table.method.estimator
    assert table.method.confidence == 0.9
    assert table.method.sample_size == sum(COUNTS)


def test_broken_input_is_refused() -> None:
    limits = tolerances([0.0], [1.0])
    with pytest.raises(ShapeError):
        capability_of_many([1.0, 2.0, 3.0], [2], limits)
    with pytest.raises(ShapeError):
        capability_of_many([1.0, 2.0], [1, 1], limits)
    with pytest.raises(ShapeError):
        capability_of_many([1.0, 2.0, 3.0], [3], limits, TableOptions(2))
    with pytest.raises(TooFewValuesError):
        capability_of_many([1.0], [1], limits)
    with pytest.raises(NonFiniteValuesError):
        capability_of_many([1.0, np.nan], [2], limits)
    median = Conventions(WithinEstimator.MEDIAN_MOVING_RANGE)
    with pytest.raises(InvalidOptionError):
        capability_of_many([1.0, 2.0], [2], limits, TableOptions(conventions=median))
