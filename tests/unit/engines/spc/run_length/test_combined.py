"""Individuals and EWMA read together: each alone as a limit, simulation, and what a short baseline costs."""

from __future__ import annotations

import numpy as np
import pytest

from samegauge.engines.errors import InvalidOptionError
from samegauge.engines.spc.constants import moving_range_dof
from samegauge.engines.spc.run_length.baseline import xbar_baseline_run_length
from samegauge.engines.spc.run_length.combined import (
    Baseline,
    IndividualsEwma,
    individuals_ewma_baseline_run_length,
    individuals_ewma_run_length,
    individuals_ewma_width,
)
from samegauge.engines.spc.run_length.memory import EwmaDesign, ewma_run_length
from samegauge.engines.spc.run_length.shewhart import xbar_run_length

USUAL = IndividualsEwma(3.5, 0.2, 2.906)


@pytest.mark.parametrize("shift", [0.0, 0.7, 2.0])
def test_with_one_limit_far_away_the_other_chart_is_left(shift: float) -> None:
    alone = individuals_ewma_run_length(IndividualsEwma(12.0, 0.2, 2.86), shift).mean
    assert alone == pytest.approx(ewma_run_length(EwmaDesign(0.2, 2.86), shift).mean, rel=1e-7)
    single = individuals_ewma_run_length(IndividualsEwma(3.0, 0.5, 8.0), shift).mean
    assert single == pytest.approx(xbar_run_length(3.0, shift).mean, rel=1e-7)


def test_limits_and_mirror() -> None:
    lengths = [individuals_ewma_run_length(USUAL, shift).mean for shift in (-1.0, 0.0, 1.0, 2.0, 4.0)]
    assert lengths[0] == pytest.approx(lengths[2], rel=1e-9)
    assert lengths[1] > lengths[2] > lengths[3] > lengths[4] > 1.0
    wide = individuals_ewma_run_length(USUAL, 0.0, ratio=1.5).mean
    assert wide < lengths[1]


def test_as_many_false_alarms_as_three_sigma_alone() -> None:
    width = individuals_ewma_width(0.2, 3.5, 370.4)
    assert individuals_ewma_run_length(IndividualsEwma(3.5, 0.2, width)).mean == pytest.approx(370.4)
    with pytest.raises(InvalidOptionError, match="widen them"):
        individuals_ewma_width(0.2, 2.5, 370.4)


def test_a_simulation_of_charts_with_their_own_baselines_agrees() -> None:
    rng, charts = np.random.default_rng(5), 40_000
    first = rng.normal(size=(charts, 15))
    mean, sigma = first.mean(axis=1), first.std(axis=1, ddof=1) / 0.98232
    limit = USUAL.ewma_width * np.sqrt(0.2 / 1.8)
    average, silent = np.zeros(charts), np.ones(charts, dtype=bool)
    share = []
    for _point in range(20):
        value = (rng.normal(1.0, 1.0, charts) - mean) / sigma
        average = 0.8 * average + 0.2 * value
        silent &= (np.abs(value) <= USUAL.width) & (np.abs(average) <= limit)
        share.append(float(silent.mean()))
    found = individuals_ewma_baseline_run_length(USUAL, Baseline(15, 14.0), 1.0, 20)
    error = 4.0 * np.sqrt(0.25 / charts)
    assert found.silent[1:] == pytest.approx(share, abs=error)


def test_a_long_baseline_is_as_good_as_known_limits() -> None:
    known = individuals_ewma_run_length(USUAL, 2.0).mean
    assert individuals_ewma_baseline_run_length(USUAL, Baseline(100_000, 60_000.0), 2.0).mean == pytest.approx(
        known, rel=1e-3
    )
    short = individuals_ewma_baseline_run_length(USUAL, Baseline(15, moving_range_dof(15)), 2.0)
    assert short.mean > known
    with pytest.raises(InvalidOptionError, match="sets no limits"):
        individuals_ewma_baseline_run_length(USUAL, Baseline(2, 1.0))


@pytest.mark.parametrize("shift", [0.0, 1.0])
def test_without_the_ewma_it_is_the_closed_form_of_the_individuals_alone(shift: float) -> None:
    found = individuals_ewma_baseline_run_length(IndividualsEwma(3.0, 0.5, 12.0), Baseline(40, 39.0), shift, 250)
    closed = xbar_baseline_run_length(40, 39, shift=shift)
    assert found.mean == pytest.approx(closed.mean, rel=1e-3)
    median = round(closed.median)
    assert found.silent[median] <= 0.5 <= found.silent[median - 1]


def test_the_usual_design_of_few_values_is_as_quiet_as_three_sigma_with_known_limits() -> None:
    """The widths that the platform takes when nobody set any: one false alarm in 370 points, 15 values or not."""
    default = IndividualsEwma(4.5, 0.2, 3.75)
    silent = individuals_ewma_baseline_run_length(default, Baseline(15, moving_range_dof(15)), 0.0, 100).silent[100]
    assert silent == pytest.approx(np.exp(-100.0 / 370.4), abs=0.005)
