"""What a whole scheme promises, against the alarms that its charts give on other drawn values."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from samegauge.engines.errors import InvalidOptionError
from samegauge.engines.spc.charts.attributes import c_chart, np_chart
from samegauge.engines.spc.charts.chart import ChartOptions, Known
from samegauge.engines.spc.charts.individuals import imr_charts
from samegauge.engines.spc.charts.rules import LIMITS_ONLY, RuleChoice
from samegauge.engines.spc.charts.subgroups import xbar_r_charts, xbar_s_charts
from samegauge.engines.spc.charts.weighted import ewma_chart
from samegauge.engines.spc.run_length.combined import IndividualsEwma
from samegauge.engines.spc.run_length.counts import CountLimits, defects_run_length
from samegauge.engines.spc.run_length.schemes import (
    Counted,
    counts_scheme_run_length,
    drawn_run_length,
    first_alarms,
    individuals_scheme_run_length,
    means_scheme_run_length,
)
from samegauge.engines.spc.run_length.shewhart import xbar_run_length

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from samegauge.engines.spc.run_length.result import RunLength

WESTERN, NELSON = RuleChoice("western-electric"), RuleChoice("nelson")
SCHEMES, POINTS, FAR = 500, 3000, 3.0


def gap(promised: RunLength, *alarms: NDArray[Any]) -> float:
    """Distance of promise and drawn mean in standard errors of both; every scheme has to give its alarm."""
    given = np.logical_or.reduce([one > 0 for one in alarms])
    if not given.any(axis=1).all():
        return math.inf
    lengths = given.argmax(axis=1) + 1.0
    drawn_error = lengths.std(ddof=1) / math.sqrt(SCHEMES)
    error = math.hypot(drawn_error, promised.method.constants.get("standard_error", 0.0))
    return abs(promised.mean - float(lengths.mean())) / error


@pytest.mark.long
@pytest.mark.parametrize(("choice", "about"), [(LIMITS_ONLY, 137), (NELSON, 57)])
def test_means_and_ranges(choice: RuleChoice, about: float) -> None:
    values = np.random.default_rng(7).normal(size=(SCHEMES, POINTS // 2, 5))
    pair = xbar_r_charts(values, ChartOptions(choice, known=Known(0.0, 1.0)))
    promised = means_scheme_run_length("range", 5, choice)
    assert gap(promised, pair.location.alarms, pair.dispersion.alarms) < FAR
    assert promised.mean == pytest.approx(about, rel=0.1)
    assert promised.mean < xbar_run_length().mean / 2.0


@pytest.mark.long
@pytest.mark.parametrize(("choice", "shift"), [(LIMITS_ONLY, 0.0), (WESTERN, 0.3)])
def test_means_and_standard_deviations(choice: RuleChoice, shift: float) -> None:
    values = np.random.default_rng(8).normal(shift, size=(SCHEMES, POINTS // 2, 5))
    pair = xbar_s_charts(values, ChartOptions(choice, known=Known(0.0, 1.0)))
    assert (
        gap(
            means_scheme_run_length("standard deviation", 5, choice, shift),
            pair.location.alarms,
            pair.dispersion.alarms,
        )
        < FAR
    )


@pytest.mark.parametrize(("choice", "width", "about"), [(WESTERN, 3.0, 60), (WESTERN, 4.5, 112), (NELSON, 3.0, 53)])
def test_single_values_with_run_rules_and_their_moving_ranges(choice: RuleChoice, width: float, about: float) -> None:
    """The width in force is that of rule 1 too."""
    values = np.random.default_rng(9).normal(size=(SCHEMES, POINTS // 2))
    pair = imr_charts(values, ChartOptions(choice, width=width, known=Known(0.0, 1.0)))
    promised = individuals_scheme_run_length(choice, width=width)
    assert gap(promised, pair.location.alarms, pair.dispersion.alarms) < FAR
    assert promised.mean == pytest.approx(about, rel=0.1)
    assert promised.method.simulated


def test_single_values_with_run_rules_and_an_ewma() -> None:
    values = np.random.default_rng(10).normal(size=(SCHEMES, POINTS // 2))
    pair = imr_charts(values, ChartOptions(WESTERN, known=Known(0.0, 1.0)))
    average = ewma_chart(pair.location, 0.2, 2.7, steady=True)
    promised = individuals_scheme_run_length(WESTERN, ewma=IndividualsEwma(3.0, 0.2, 2.7))
    assert gap(promised, pair.location.alarms, average.alarms) < FAR


def test_narrow_limits_leave_a_moving_range_a_lower_one_and_are_drawn() -> None:
    values = np.random.default_rng(11).normal(size=(SCHEMES, 200))
    pair = imr_charts(values, ChartOptions(LIMITS_ONLY, width=1.2, known=Known(0.0, 1.0)))
    assert (
        gap(individuals_scheme_run_length(LIMITS_ONLY, width=1.2), pair.location.alarms, pair.dispersion.alarms) < FAR
    )


@pytest.mark.parametrize(("choice", "about"), [(WESTERN, 174), (NELSON, 155)])
def test_counts_of_defects(choice: RuleChoice, about: float) -> None:
    counts = np.random.default_rng(12).poisson(9.0, (SCHEMES, POINTS)).astype(float)
    promised = counts_scheme_run_length(Counted(9.0), choice, Counted(9.0))
    assert gap(promised, c_chart(counts, ChartOptions(choice, known=Known(mean=9.0))).alarms) < FAR
    assert promised.mean == pytest.approx(about, rel=0.1)


@pytest.mark.parametrize("choice", [WESTERN, NELSON])
def test_counts_of_what_does_not_conform(choice: RuleChoice) -> None:
    counts = np.random.default_rng(13).binomial(50, 0.12, (SCHEMES, POINTS)).astype(float)
    promised = counts_scheme_run_length(Counted(5.0, 50), choice, Counted(6.0, 50))
    assert gap(promised, np_chart(counts, 50.0, ChartOptions(choice, known=Known(mean=0.1))).alarms) < FAR


def test_without_rules_counts_have_the_law_of_their_limits() -> None:
    found = counts_scheme_run_length(Counted(9.0), LIMITS_ONLY, Counted(9.0))
    assert found.mean == pytest.approx(defects_run_length(CountLimits(None, 18.0), 9.0).mean, rel=1e-9)


def test_what_gives_no_alarm_has_no_mean() -> None:
    with pytest.raises(InvalidOptionError, match="1 of 2 drawn charts gave no alarm"):
        drawn_run_length(np.array([4.0, np.inf]), xbar_run_length().method)
    with pytest.raises(InvalidOptionError, match="have no spread"):
        counts_scheme_run_length(Counted(0.0), LIMITS_ONLY, Counted(0.0))


def test_one_scheme_alone_is_drawn_like_many() -> None:
    chart = imr_charts(np.zeros(2), ChartOptions(LIMITS_ONLY, known=Known(0.0, 1.0))).location
    seen = chart.seen._replace(values=np.array([0.0, 0.0, 5.0]), sizes=np.ones(3))
    assert first_alarms((chart,), lambda _points: seen, 3).tolist() == 3.0
