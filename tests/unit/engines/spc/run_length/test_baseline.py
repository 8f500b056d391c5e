"""Limits estimated from a baseline: against R spc, against the law of known limits, and by simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest

from samegauge.engines.errors import InvalidOptionError
from samegauge.engines.spc.run_length.baseline import xbar_baseline_run_length
from samegauge.engines.spc.run_length.shewhart import xbar_run_length

# dof, ARL in control, ARL at a shift of 1 sigma: R spc 0.6.7, xewma.arl.prerun(1, 3, mu, size = dof + 1, df = dof,
# estimated = "both", qm.mu = 40, qm.sigma = 60), that is an EWMA of weight 1 with sigma from the plain variance.
R_SPC = [(24, 1142.775, 106.86875), (49, 584.7664, 63.6852), (99, 455.9139, 52.16093)]


@pytest.mark.parametrize(("dof", "in_control", "shifted"), R_SPC)
def test_it_agrees_with_r_spc(dof: int, in_control: float, shifted: float) -> None:
    # At few degrees of freedom their quadrature cuts the long tail; ours changes by 1e-9 with twice the nodes.
    assert xbar_baseline_run_length(dof + 1, dof, unbiased=False).mean == pytest.approx(in_control, rel=4e-4)
    assert xbar_baseline_run_length(dof + 1, dof, shift=1.0, unbiased=False).mean == pytest.approx(shifted, rel=2e-5)


def test_a_long_baseline_is_as_good_as_known_limits() -> None:
    known, found = xbar_run_length(shift=0.5), xbar_baseline_run_length(10**6, 10**7, shift=0.5)
    assert found.mean == pytest.approx(known.mean, rel=1e-4)
    assert found.deviation == pytest.approx(known.deviation, rel=1e-3)
    assert (found.early, found.median) == (known.early, known.median)


def test_a_short_baseline_makes_half_of_the_charts_alarm_sooner_and_some_never() -> None:
    short = xbar_baseline_run_length(10, 9)
    assert short.median < xbar_run_length().median
    assert math.isinf(short.mean)
    assert math.isinf(xbar_baseline_run_length(13, 12).deviation)


def test_simulated_baselines_agree() -> None:
    rng = np.random.default_rng(20261121)
    charts, points = 4000, 40
    base = rng.normal(size=(charts, points))
    centre, spread = base.mean(axis=1), base.std(axis=1, ddof=1)
    first = np.full(charts, 400)
    for place in range(400, 0, -1):
        first[np.abs(rng.normal(1.5, 1.0, charts) - centre) > 3.0 * spread] = place
    found = xbar_baseline_run_length(points, points - 1, shift=1.5, unbiased=False)
    assert np.median(first) == pytest.approx(found.median, abs=1.0)
    assert np.quantile(first, 0.95) == pytest.approx(found.late, rel=0.12)


@pytest.mark.parametrize(("points", "dof", "width"), [(1, 9, 3.0), (10, 0, 3.0), (10, 9, 0.0)])
def test_what_is_no_baseline_is_refused(points: int, dof: int, width: float) -> None:
    with pytest.raises(InvalidOptionError):
        xbar_baseline_run_length(points, dof, width=width)
