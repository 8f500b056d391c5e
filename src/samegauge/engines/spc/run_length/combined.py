"""Run length of an individuals chart read together with an EWMA of the same values, limits known or from a baseline."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from samegauge.engines.laws.continuous import chi_square_quantile
from samegauge.engines.laws.numerics import root_between
from samegauge.engines.spc.constants import c4
from samegauge.engines.spc.run_length.result import (
    INDEPENDENT_NORMAL,
    KNOWN_PARAMETERS,
    Passage,
    RunLength,
    run_length_of_passage,
)
from samegauge.engines.values import require
from samegauge.quantities.method import Method

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NODES = 12  # on each piece
_PIECE = 3.0  # standard deviations of one step of the EWMA
_SAME_PLACE = 1e-9
_MEAN_NODES, _SIGMA_NODES = 9, 15
_TAIL = 1e-7  # of the law of the estimated sigma that is left out on each side
_FEWEST = 3
_LEAST_WEIGHT = 0.02
_NARROWEST = 0.5


@dataclass(frozen=True, slots=True)
class IndividualsEwma:
    """Limits `width` sigmas around single values, and an EWMA of `weight` whose limits are `ewma_width` of its sigmas.

    The EWMA's limits are those of a long series from the first point on; whichever chart is first gives the alarm.
    """

    width: float
    weight: float
    ewma_width: float


@dataclass(frozen=True, slots=True)
class Baseline:
    """Mean and sigma come from `count` values; the sigma is worth `dof` degrees of freedom."""

    count: int
    dof: float


@dataclass(frozen=True, slots=True)
class BaselineRunLength:
    """Averaged over what a baseline leaves uncertain.

    `mean` is in points; `silent[n]` is the chance of no alarm in the first n points.
    """

    mean: float
    silent: NDArray[np.float64]
    method: Method


def individuals_ewma_run_length(watch: IndividualsEwma, shift: float = 0.0, *, ratio: float = 1.0) -> RunLength:
    """How long do an individuals chart and an EWMA of the same values take until the first alarm of either?

    Parameters
    ----------
    watch : IndividualsEwma
        Both charts; the EWMA starts at the centre line [1].
    shift : float
        Distance of the mean from the centre line [standard deviations of the limits].
    ratio : float
        Standard deviation over that of the limits, positive [1].

    Returns
    -------
    RunLength
        Mean, standard deviation and quantiles, the shift being there from the first point on [points].

    Raises
    ------
    InvalidOptionError
        Weight outside [0.02, 1), or a width or ratio that is not positive.

    Notes
    -----
    L(z) = 1 + integral of L(y) f(y) over the silent interval of the EWMA and over values within the individuals'
    limits, by collocation with Legendre polynomials on the pieces between which L is not smooth.

    Examples
    --------
    >>> round(individuals_ewma_run_length(IndividualsEwma(4.0, 0.1, 2.7)).mean, 1)
    362.6

    References
    ----------
    Lucas J. M., Saccucci M. S., Technometrics 32 (1990) 1, doi:10.1080/00401706.1990.10484583.
    """
    method = Method(
        name="run length of an individuals chart together with an EWMA chart, limits of a long series",
        reference="Lucas and Saccucci 1990",
        estimator="integral equation, collocation on pieces",
        constants={**_constants(watch), "shift": shift, "ratio": ratio},
        assumed=(KNOWN_PARAMETERS, INDEPENDENT_NORMAL),
    )
    return run_length_of_passage(_passage(watch, shift, ratio), method)


def individuals_ewma_width(weight: float, width: float, mean: float) -> float:
    """How wide are the EWMA's limits, so that both charts together give a wanted number of false alarms?

    Parameters
    ----------
    weight : float
        lambda [1].
    width : float
        Limits of the single values [standard deviations].
    mean : float
        Average run length of both in control, less than that of the individuals alone [points].

    Returns
    -------
    float
        L [standard deviations of the EWMA].

    Raises
    ------
    InvalidOptionError
        A run length that the individuals alone do not reach.

    Notes
    -----
    Brent's method on individuals_ewma_run_length.

    Examples
    --------
    >>> round(individuals_ewma_width(0.2, 3.5, 370.4), 3)
    2.906

    References
    ----------
    Lucas J. M., Saccucci M. S., Technometrics 32 (1990) 1, doi:10.1080/00401706.1990.10484583.
    """
    widest = 1.5 * width

    def length(ewma_width: float) -> float:
        return individuals_ewma_run_length(IndividualsEwma(width, weight, ewma_width)).mean

    require(
        length(_NARROWEST) < mean < length(widest),
        f"Single values with limits of {width:g} sigmas give a false alarm sooner than in {mean:g} points; widen them.",
        f"單值界限 {width:g} 倍標準差的誤報早於平均 {mean:g} 點；請放寬。",
    )
    return root_between(lambda ewma_width: math.log(length(ewma_width) / mean), _NARROWEST, widest)


def individuals_ewma_baseline_run_length(
    watch: IndividualsEwma, baseline: Baseline, shift: float = 0.0, points: int = 100
) -> BaselineRunLength:
    """How long do an individuals chart and an EWMA take together when centre and sigma come from few values?

    Parameters
    ----------
    watch : IndividualsEwma
        Both charts [1].
    baseline : Baseline
        What centre and sigma rest on [1].
    shift : float
        Distance of the mean from its value during the baseline [standard deviations].
    points : int
        Up to which point the chance of silence is given [points].

    Returns
    -------
    BaselineRunLength
        Mean run length and chance of silence, averaged over all baselines [points; 1].

    Raises
    ------
    InvalidOptionError
        As of `individuals_ewma_run_length`; fewer than 3 baseline values or no degrees of freedom.

    Notes
    -----
    The estimated mean is normal with variance 1 / count, the unbiased estimate of sigma a chi of `dof` degrees of
    freedom, and independent of it: exact for the standard deviation, an approximation for mean moving ranges. Without a
    shift the mean is governed by the rare baselines that come out far too wide: look at the chances instead.
    An EWMA with limits out of reach leaves the individuals chart alone, for which `xbar_baseline_run_length` has the
    closed form, exact in the tail too.

    Examples
    --------
    >>> watch = IndividualsEwma(3.5, 0.2, 2.96)
    >>> f"{individuals_ewma_baseline_run_length(watch, Baseline(15, 8.6), 2.0).mean:.1f}"
    '3.9'

    References
    ----------
    Jones L. A., Champ C. W., Rigdon S. E., Technometrics 43 (2001) 156, doi:10.1198/004017001750386279.
    """
    require(
        baseline.count >= _FEWEST and baseline.dof > 0.0 and points >= 1,
        f"A baseline of {baseline.count} values worth {baseline.dof:g} degrees of freedom sets no limits.",
        f"基準期 {baseline.count} 筆、自由度 {baseline.dof:g}，無法設定管制界限。",
    )
    method = Method(
        name="run length of an individuals chart together with an EWMA chart, limits estimated from a baseline",
        reference="Jones, Champ and Rigdon 2001",
        estimator=f"integral equation, averaged over {_MEAN_NODES} x {_SIGMA_NODES} baselines by Gauss quadrature",
        constants={**_constants(watch), "shift": shift, "baseline": float(baseline.count), "dof": baseline.dof},
        assumed=(INDEPENDENT_NORMAL, "The estimates of mean and sigma are independent."),
    )
    error, error_weight = np.polynomial.hermite_e.hermegauss(_MEAN_NODES)
    sigma, sigma_weight = _sigmas(baseline.dof)
    mean, silent = 0.0, np.zeros(points + 1)
    for off, share in zip(error / math.sqrt(baseline.count), error_weight / error_weight.sum(), strict=True):
        for scale, other in zip(sigma, sigma_weight, strict=True):
            passage = _passage(watch, (shift - off) / scale, 1.0 / scale)
            mean += share * other * run_length_of_passage(passage, method).mean
            silent += share * other * _silence(passage, points)
    return BaselineRunLength(mean, silent, method)


def _constants(watch: IndividualsEwma) -> dict[str, float]:
    return {"width": watch.width, "lambda": watch.weight, "L": watch.ewma_width}


def _sigmas(dof: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Estimates of a sigma of 1 and how likely each is."""
    low, high = (math.sqrt(chi_square_quantile(chance, dof) / dof) for chance in (_TAIL, 1.0 - _TAIL))
    node, weight = np.polynomial.legendre.leggauss(_SIGMA_NODES)
    s = low + (high - low) / 2.0 * (node + 1.0)
    density = weight * np.exp((dof - 1.0) * np.log(s) - dof * (s**2 - 1.0) / 2.0)
    unbiased = c4(round(dof) + 1)
    return s / unbiased, density / density.sum()


def _silence(passage: Passage, points: int) -> NDArray[np.float64]:
    silent, state = np.ones(points + 1), passage.state
    for point in range(1, points + 1):
        silent[point] = float(state @ passage.weight)
        state = state @ passage.kernel
    return silent


def _passage(watch: IndividualsEwma, shift: float, ratio: float) -> Passage:
    weight, width = watch.weight, watch.width
    require(
        _LEAST_WEIGHT <= weight < 1.0 and min(width, watch.ewma_width, ratio) > 0.0,
        f"Both charts need a weight in [{_LEAST_WEIGHT}, 1) and positive widths and ratio, not {weight}, {width}, "
        f"{watch.ewma_width} and {ratio}.",
        f"權重須在 {_LEAST_WEIGHT} 以上且小於 1，界限倍數與標準差比須大於 0，"
        f"不能是 {weight}、{width}、{watch.ewma_width}、{ratio}。",
    )
    limit = watch.ewma_width * math.sqrt(weight / (2.0 - weight))
    pieces = _pieces(limit, weight, width)
    unit, unit_weight = np.polynomial.legendre.leggauss(_NODES)
    to_coefficients = np.linalg.inv(np.polynomial.legendre.legvander(unit, _NODES - 1))
    old = np.concatenate([low + (high - low) / 2.0 * (unit + 1.0) for low, high in pieces])
    kept = (1.0 - weight) * np.concatenate(([0.0], old))
    reach = np.maximum(kept - weight * width, -limit), np.minimum(kept + weight * width, limit)
    columns: list[NDArray[np.float64]] = []
    for low, high in pieces:
        start, end = (np.clip(one, low, high) for one in reach)
        half = np.maximum(end - start, 0.0)[:, None] / 2.0
        z = start[:, None] + half * (unit + 1.0)
        value = ((z - kept[:, None]) / weight - shift) / ratio
        mass = half * unit_weight * np.exp(-0.5 * value**2) / (ratio * weight * math.sqrt(2.0 * math.pi))
        basis = np.polynomial.legendre.legvander(2.0 * (z - low) / (high - low) - 1.0, _NODES - 1)
        columns.append(np.einsum("rq,rqc->rc", mass, basis) @ to_coefficients)
    rows = np.hstack(columns)
    return Passage(np.ones(1), rows[0], rows[1:], np.ones(old.size))


def _pieces(limit: float, weight: float, width: float) -> list[tuple[float, float]]:
    """The run length has a kink where the individuals' limit begins to cut the EWMA's interval."""
    kink = abs(limit - weight * width) / (1.0 - weight)
    marks = sorted({-limit, limit, *((-kink, kink) if kink < limit else ())})
    pieces: list[tuple[float, float]] = []
    for low, high in pairwise(marks):
        count = math.ceil((high - low) / (_PIECE * weight))
        edges = np.linspace(low, high, count + 1).tolist()
        pieces += [(a, b) for a, b in pairwise(edges) if b - a > _SAME_PLACE]
    return pieces
