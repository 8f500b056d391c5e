"""Kappas, rank correlations and attribute studies: limits, symmetries, refusals."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samegauge.engines.errors import InvalidOptionError, ShapeError, TooFewValuesError
from samegauge.engines.gauging.agreement import (
    KappaWeights,
    cohen_kappa,
    fleiss_kappa,
    kendall_tau,
    kendall_w,
    light_kappa,
)
from samegauge.engines.gauging.attributes import AttributeOptions, attribute_study

codes = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 2)), min_size=6, max_size=40)


@given(ratings=codes)
@settings(max_examples=60, derandomize=True, deadline=None)
def test_raters_and_subjects_have_no_order(ratings: list[tuple[int, int, int]]) -> None:
    table = np.array(ratings)
    kappa = cohen_kappa(table[:, 0], table[:, 1])
    for other in (cohen_kappa(table[:, 1], table[:, 0]), cohen_kappa(table[::-1, 0], table[::-1, 1])):
        assert other.value == pytest.approx(kappa.value, rel=1e-9, abs=1e-9, nan_ok=True)
        assert other.error == pytest.approx(kappa.error, rel=1e-9, abs=1e-9, nan_ok=True)
    names = np.array(["poor", "good", "fair"])[table]
    assert fleiss_kappa(names).overall.value == pytest.approx(
        fleiss_kappa(table[:, ::-1]).overall.value, rel=1e-9, abs=1e-9, nan_ok=True
    )


def test_perfect_agreement_and_none() -> None:
    same = [0, 1, 2, 0, 1, 2]
    assert cohen_kappa(same, same).value == 1.0
    assert cohen_kappa(same, same).error == pytest.approx(0.0)
    opposite = cohen_kappa([0, 1] * 5, [1, 0] * 5)
    assert opposite.value == -1.0
    assert opposite.lower == -1.0
    assert opposite.p_value > 0.99
    assert fleiss_kappa(np.column_stack([same] * 4)).overall.value == pytest.approx(1.0)
    assert light_kappa(np.column_stack([same] * 4)).value == pytest.approx(1.0)


def test_one_category_everywhere_has_no_kappa() -> None:
    assert math.isnan(cohen_kappa([1, 1, 1], [1, 1, 1]).value)
    assert math.isnan(fleiss_kappa([[1, 1], [1, 1]]).overall.value)
    assert math.isnan(kendall_tau([1, 1, 1], [1, 2, 3]).value)
    assert math.isnan(kendall_w([[1, 1], [1, 1]]).value)


def test_light_of_two_raters_is_cohen() -> None:
    table = np.array([[0, 0], [1, 1], [2, 1], [0, 2], [1, 1], [2, 2], [0, 1]])
    light, cohen = light_kappa(table), cohen_kappa(table[:, 0], table[:, 1])
    assert [light.value, light.error, light.z] == pytest.approx([cohen.value, cohen.error, cohen.z])


def test_weights_forgive_near_misses() -> None:
    first, near = [0, 0, 1, 1, 2, 2, 3, 3], [0, 1, 1, 2, 2, 3, 3, 2]
    values = [cohen_kappa(first, near, weights=weights).value for weights in KappaWeights]
    assert values == sorted(values)
    assert values[0] < values[2]


def test_fleiss_of_two_categories_is_the_same_for_each() -> None:
    found = fleiss_kappa([[0, 0, 1], [1, 1, 1], [0, 0, 0], [0, 1, 1], [1, 1, 0]])
    assert found.categories == ("0", "1")
    assert [one.value for one in found.by_category] == pytest.approx([found.overall.value] * 2)


@pytest.mark.parametrize("kind", ["cohen", "fleiss", "tau"])
def test_coverage_of_the_bounds_by_simulation(kind: str) -> None:
    rng = np.random.default_rng(31)

    def drawn(count: int) -> np.ndarray:
        truth = rng.integers(0, 3, count)
        return np.where(rng.random((count, 2)) < 0.7, truth[:, None], rng.integers(0, 3, (count, 2)))

    def measured(table: np.ndarray) -> tuple[float, float, float]:
        if kind == "fleiss":
            found = fleiss_kappa(table).overall
        else:
            found = (cohen_kappa if kind == "cohen" else kendall_tau)(table[:, 0], table[:, 1])
        return found.value, found.lower, found.upper

    # Both raters keep the truth with probability 0.7 and guess otherwise: kappa is 0.49, and tau-b follows from the
    # chances that two subjects are concordant where both pairs of ratings are kept, or one of them.
    truth = 0.49 if kind != "tau" else (0.49**2 * 2.0 / 3.0 + 2.0 * 0.49 * 0.51 * 8.0 / 27.0) / (2.0 / 3.0)
    hits = [lower <= truth <= upper for _, lower, upper in (measured(drawn(80)) for _ in range(400))]
    # Three standard errors of a share of 0.95 in 400 trials are 0.033, and the bounds are large-sample ones.
    assert np.mean(hits) > 0.905


def test_rank_correlations_at_their_ends() -> None:
    rising = np.arange(8.0)
    assert kendall_tau(rising, rising).value == pytest.approx(1.0)
    assert kendall_tau(rising, -rising).value == pytest.approx(-1.0)
    assert kendall_w(np.column_stack([rising] * 3)).value == pytest.approx(1.0)
    assert kendall_w(np.column_stack([rising, -rising])).value == pytest.approx(0.0)
    assert kendall_w(np.column_stack([rising, rising])).dof == 7


def test_ordered_categories_get_a_concordance() -> None:
    ratings = np.array([[[1, 1], [1, 2]], [[2, 2], [2, 2]], [[3, 3], [3, 2]], [[4, 4], [4, 5]]])
    study = attribute_study(ratings, ("A", "B"), options=AttributeOptions(ordered=True))
    assert study.within[0].concordance is not None
    assert study.within[0].concordance.value == pytest.approx(1.0)
    assert study.between is not None
    assert study.between.concordance is not None
    assert study.each_against_standard == ()
    assert study.effectiveness == ()
    with pytest.raises(InvalidOptionError):
        attribute_study([[["a"]], [["b"]]], ("A",), options=AttributeOptions(ordered=True))


def test_one_appraiser_with_one_trial_is_compared_with_the_standard_only() -> None:
    study = attribute_study([[["ok"]], [["bad"]], [["ok"]]], ("A",), ["ok", "bad", "bad"])
    assert study.within == ()
    assert study.between is None
    assert study.each_against_standard[0].matched == 2
    assert study.categories == ("bad", "ok")


def test_counts_of_missed_and_false_alarms_need_both_kinds_of_parts() -> None:
    options = AttributeOptions(rejecting="bad")
    study = attribute_study([[["ok", "bad"]], [["ok", "ok"]]], ("A",), ["bad", "bad"], options)
    assert study.effectiveness[0].missed_percent == 75.0
    assert math.isnan(study.effectiveness[0].false_alarm_percent)


def test_broken_contracts_are_refused() -> None:
    with pytest.raises(ShapeError):
        cohen_kappa([1, 2], [1, 2, 3])
    with pytest.raises(TooFewValuesError):
        fleiss_kappa([[1, 2]])
    with pytest.raises(ShapeError):
        light_kappa([1, 2])
    with pytest.raises(ShapeError):
        kendall_tau([1, 2], [1, 2, 3])
    with pytest.raises(TooFewValuesError):
        kendall_w([[1], [2]])
    with pytest.raises(ShapeError):
        attribute_study([[["a"]], [["b"]]], ("A", "B"))
    with pytest.raises(ShapeError):
        attribute_study([[["a"]], [["b"]]], ("A",), ["a"])
    with pytest.raises(TooFewValuesError):
        attribute_study([[["a"]]], ("A",))
    with pytest.raises(InvalidOptionError, match="rejecting"):
        attribute_study([[["a"]], [["b"]]], ("A",), options=AttributeOptions(rejecting="c"))
