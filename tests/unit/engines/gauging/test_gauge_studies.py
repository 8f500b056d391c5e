"""Gauge R&R: conventions, refusals, symmetries, and what a study finds in readings of known composition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samegauge.engines.errors import InvalidOptionError, NonFiniteValuesError, ShapeError, TooFewValuesError
from samegauge.engines.gauging.layout import crossed_block, nested_block
from samegauge.engines.gauging.ranges import RepeatabilityConstant, gauge_rr_ranges, range_study
from samegauge.engines.gauging.repeatability import gauge_rr_automatic, gauge_rr_crossed, gauge_rr_nested
from samegauge.engines.gauging.study import GaugeStudy, GaugeVerdict, Source, StudyOptions
from samegauge.quantities.tolerance import Limits

QUICK = StudyOptions(draws=200)


def readings(seed: int = 3, *, shape: tuple[int, ...] = (8, 3, 3)) -> np.ndarray:
    rng = np.random.default_rng(seed)
    parts, operators, trials = shape
    effects = rng.normal(0, 4, (parts, 1, 1)) + rng.normal(0, 1, (1, operators, 1))
    return effects + rng.normal(0, 0.5, (parts, operators, trials)) + rng.normal(0, 0.3, (parts, operators, 1))


def shares(study: GaugeStudy) -> list[float]:
    return [one.contribution_percent for one in study.components.values()]


STUDIES = (
    lambda x: gauge_rr_crossed(x, QUICK),
    lambda x: gauge_rr_nested(x.transpose(1, 0, 2), QUICK),
    lambda x: gauge_rr_automatic(x[:, 0], QUICK),
    lambda x: gauge_rr_ranges(x, QUICK),
)


@pytest.mark.parametrize("study", STUDIES)
@given(seed=st.integers(0, 1000), scale=st.floats(1e-3, 1e3), shift=st.floats(-1e3, 1e3))
@settings(max_examples=20, derandomize=True, deadline=None)
def test_shares_do_not_depend_on_unit_and_zero(study, seed: int, scale: float, shift: float) -> None:  # noqa: ANN001
    x = readings(seed)
    assert shares(study(scale * x + shift)) == pytest.approx(shares(study(x)), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("study", STUDIES)
def test_a_mirrored_study_is_the_same_study(study) -> None:  # noqa: ANN001
    assert shares(study(-readings())) == pytest.approx(shares(study(readings())), rel=1e-12)


@given(seed=st.integers(0, 1000))
@settings(max_examples=20, derandomize=True, deadline=None)
def test_the_order_of_trials_parts_and_operators_does_not_matter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = readings(seed)
    mixed = rng.permuted(x, axis=2)[rng.permutation(8)][:, rng.permutation(3)]
    assert shares(gauge_rr_crossed(mixed, QUICK)) == pytest.approx(shares(gauge_rr_crossed(x, QUICK)), rel=1e-9)


def test_components_add_up() -> None:
    for pooling in (None, 0.05):
        study = gauge_rr_crossed(readings(), StudyOptions(pooling_alpha=pooling))
        variances = {source: one.variance for source, one in study.components.items()}
        interaction = variances.get(Source.INTERACTION, 0.0)
        assert variances[Source.REPRODUCIBILITY] == pytest.approx(variances[Source.OPERATOR] + interaction)
        gauge = variances[Source.REPEATABILITY] + variances[Source.REPRODUCIBILITY]
        assert variances[Source.GAUGE] == pytest.approx(gauge)
        assert variances[Source.TOTAL] == pytest.approx(gauge + variances[Source.PART])
        assert sum(row.sum_of_squares for row in study.anova[:-1]) == pytest.approx(study.anova[-1].sum_of_squares)


def test_bounds_hold_their_estimates() -> None:
    study = gauge_rr_crossed(readings(), StudyOptions(pooling_alpha=None))
    for one in study.components.values():
        assert one.variance_bounds is not None
        assert one.contribution_bounds is not None
        assert one.variance_bounds.lower <= one.variance <= one.variance_bounds.upper
        assert one.contribution_bounds.lower - 1e-9 <= one.contribution_percent <= one.contribution_bounds.upper + 1e-9
    wide = gauge_rr_crossed(readings(), StudyOptions(pooling_alpha=None, confidence=0.99))
    narrow_bounds, wide_bounds = study.gauge.variance_bounds, wide.gauge.variance_bounds
    assert narrow_bounds is not None
    assert wide_bounds is not None
    assert wide_bounds.upper > narrow_bounds.upper


def test_the_same_study_twice_gives_the_same_bounds() -> None:
    one, other = (gauge_rr_crossed(readings()).gauge.study_bounds for _ in range(2))
    assert one == other


def test_negative_components_are_set_to_zero_and_said() -> None:
    x = readings()
    alike = x - x.mean(axis=(0, 2), keepdims=True)
    study = gauge_rr_crossed(alike, StudyOptions(pooling_alpha=None))
    operator = study.components[Source.OPERATOR]
    assert operator.set_to_zero
    assert operator.variance == 0.0
    assert "operator" in study.method.estimator.partition("set to zero")[2]
    assert "negative" in gauge_rr_ranges(alike).method.estimator


def test_one_trial_pools_the_interaction_with_repeatability() -> None:
    study = gauge_rr_crossed(readings(shape=(8, 3, 1)), StudyOptions(pooling_alpha=None))
    assert study.anova_pooled is not None
    assert Source.INTERACTION not in study.components
    assert [row.source for row in study.anova] == ["part", "operator", "operator*part", "total"]


def test_tolerance_takes_two_limits_or_the_distance_of_the_mean_from_one() -> None:
    x = readings()
    both = gauge_rr_crossed(x, StudyOptions(limits=Limits(x.mean() - 10.0, x.mean() + 10.0, "mm"), draws=200))
    one = gauge_rr_crossed(x, StudyOptions(limits=Limits(None, x.mean() + 10.0, "mm"), draws=200))
    assert both.gauge.tolerance_percent == pytest.approx(100.0 * 6.0 * both.gauge.deviation / 20.0)
    assert one.gauge.tolerance_percent == pytest.approx(both.gauge.tolerance_percent)


def test_fewer_sigmas_change_study_variation_but_no_per_cent_of_it() -> None:
    six, less = (gauge_rr_crossed(readings(), StudyOptions(study_sigmas=k, draws=200)) for k in (6.0, 5.15))
    assert less.gauge.study_variation == pytest.approx(5.15 / 6.0 * six.gauge.study_variation)
    assert less.gauge.study_percent == six.gauge.study_percent


def test_verdict_takes_the_worse_of_study_and_tolerance() -> None:
    x = readings()
    good = np.arange(8.0)[:, None, None] * 100.0 + 0.01 * x
    assert gauge_rr_crossed(good, QUICK).verdict is GaugeVerdict.ACCEPTABLE
    tight = StudyOptions(limits=Limits(0.0, 0.1, "mm"), draws=200)
    assert gauge_rr_crossed(good, tight).verdict is GaugeVerdict.UNACCEPTABLE


def test_a_perfect_gauge_has_no_categories_to_count() -> None:
    x = np.broadcast_to(np.arange(4.0)[:, None, None], (4, 2, 2))
    study = gauge_rr_crossed(x, QUICK)
    assert study.gauge.variance == 0.0
    assert study.distinct_categories is None
    assert study.distinct_categories_bounds is None
    assert study.components[Source.PART].contribution_percent == 100.0


@pytest.mark.parametrize("study", STUDIES)
def test_repeats_that_never_differ_are_accepted_under_conditions_at_best(study) -> None:  # noqa: ANN001
    levels = np.array([0.1, 0.7, 1.3, 2.9, 3.3, 4.7, 5.1, 6.1])
    alike = study(np.broadcast_to(levels[:, None, None], (8, 3, 3)))
    assert alike.verdict is GaugeVerdict.CONDITIONAL
    assert [one.code for one in alike.cautions] == ["no_spread"]


def test_repeats_that_seldom_differ_are_named() -> None:
    x = np.broadcast_to(100.0 * np.arange(8.0)[:, None, None], (8, 3, 3)).copy()
    x[:, 0, 0] += 0.01
    study = gauge_rr_crossed(x, QUICK)
    assert ([one.code for one in study.cautions], study.verdict) == (["coarse"], GaugeVerdict.ACCEPTABLE)
    assert "67 %" in study.cautions[0].text_en
    assert gauge_rr_crossed(readings(), QUICK).cautions == ()
    assert gauge_rr_crossed(readings(shape=(8, 3, 1)), QUICK).cautions == ()


def test_a_mean_on_or_beyond_the_only_limit_has_no_tolerance_to_take() -> None:
    x = np.array([[[1.0, 1.1], [1.0, 1.1]], [[3.0, 2.9], [3.0, 2.9]]])
    assert x.mean() == 2.0
    for limits in (Limits(None, 2.0, "mm"), Limits(None, -5.0, "mm"), Limits(2.0, None, "mm")):
        with pytest.raises(InvalidOptionError, match="not inside the only limit"):
            gauge_rr_crossed(x, StudyOptions(limits=limits, draws=200))
    inside = gauge_rr_crossed(x, StudyOptions(limits=Limits(None, 3.0, "mm"), draws=200))
    assert inside.gauge.tolerance_percent is not None


@pytest.mark.parametrize("study", STUDIES)
def test_readings_without_variation_are_refused(study) -> None:  # noqa: ANN001
    with pytest.raises(TooFewValuesError, match="resolution"):
        study(np.full((8, 3, 3), 0.1))


def test_broken_contracts_are_refused() -> None:
    with pytest.raises(TooFewValuesError):
        gauge_rr_crossed(readings(shape=(8, 1, 3)))
    with pytest.raises(TooFewValuesError):
        gauge_rr_nested(readings(shape=(8, 3, 1)))
    with pytest.raises(TooFewValuesError):
        gauge_rr_ranges(readings(shape=(8, 3, 1)))
    with pytest.raises(NonFiniteValuesError):
        gauge_rr_crossed(np.where(readings() > 0.0, np.nan, 1.0))
    for options in (
        StudyOptions(confidence=1.0),
        StudyOptions(pooling_alpha=1.5),
        StudyOptions(study_sigmas=0.0),
        StudyOptions(acceptable=40.0),
    ):
        with pytest.raises(InvalidOptionError):
            gauge_rr_crossed(readings(), options)


def test_components_of_a_known_gauge_are_found_on_average() -> None:
    found = np.array(
        [
            [
                study.components[source].variance
                for source in (Source.REPEATABILITY, Source.INTERACTION, Source.OPERATOR, Source.PART)
            ]
            for study in (
                gauge_rr_crossed(readings(seed, shape=(10, 6, 3)), StudyOptions(pooling_alpha=None, draws=2))
                for seed in range(300)
            )
        ]
    )
    errors = found.std(axis=0, ddof=1) / np.sqrt(len(found))
    assert (np.abs(found.mean(axis=0) - [0.25, 0.09, 1.0, 16.0]) < 3.5 * errors).all()


def test_generalised_bounds_cover_the_share_of_a_known_gauge() -> None:
    truth = 100.0 * (0.25 + 0.09 + 1.0) / 17.34
    inside = 0
    for seed in range(300):
        bounds = gauge_rr_crossed(
            readings(seed, shape=(10, 4, 2)), StudyOptions(pooling_alpha=None, draws=1000)
        ).gauge.contribution_bounds
        assert bounds is not None
        inside += bounds.lower <= truth <= bounds.upper
    # Three standard errors of a share of 0.95 in 300 trials are 0.038.
    assert inside / 300 > 0.912


def test_range_constants_agree_for_many_ranges() -> None:
    x = readings(shape=(60, 3, 3))
    one, other = (gauge_rr_ranges(x, QUICK, constant) for constant in RepeatabilityConstant)
    a, b = (study.components[Source.REPEATABILITY].deviation for study in (one, other))
    assert a > b
    assert a == pytest.approx(b, rel=2e-3)


def test_short_range_study_refuses_what_it_cannot_use() -> None:
    with pytest.raises(TooFewValuesError):
        range_study([[1.0], [2.0]])
    with pytest.raises(InvalidOptionError):
        range_study([[1.0, 1.1], [2.0, 2.1]], process_deviation=0.0)
    found = range_study([[1.0, 1.1], [2.0, 2.1]])
    assert found.process_percent is None
    assert found.gauge_lower < found.gauge_deviation < found.gauge_upper


def test_a_long_table_becomes_the_block_it_came_from() -> None:
    x = readings()
    places = np.indices(x.shape).reshape(3, -1)
    order = np.argsort(places[2], kind="stable")
    parts, operators = [str(9 + n) for n in places[0][order]], [f"op{n}" for n in places[1][order]]
    block = crossed_block(x.reshape(-1)[order], parts, operators)
    assert np.array_equal(block.readings, x)
    assert block.rows[:2] == ("9", "10")
    own = [f"{who}-{part}" for who, part in zip(operators, parts, strict=True)]
    nested = nested_block(x.reshape(-1)[order], own, operators)
    assert nested.rows == ("op0", "op1", "op2")
    assert np.array_equal(np.sort(nested.readings, axis=None), np.sort(x, axis=None))


def test_unbalanced_tables_are_refused_with_the_cell() -> None:
    with pytest.raises(ShapeError, match='"2" with "B" has 1 readings, others have 2'):
        crossed_block([1.0] * 7, list("1111222"), list("AABBAAB"))
    with pytest.raises(ShapeError):
        crossed_block([1.0, 2.0], ["1"], ["A", "B"])
    with pytest.raises(ShapeError):
        nested_block([1.0, 2.0, 3.0], list("abc"), list("AAB"))
