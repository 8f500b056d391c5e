"""Run length of charts with a memory: EWMA, CUSUM and multivariate EWMA, by integral equations."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from samegauge.engines.laws.continuous import normal_below
from samegauge.engines.laws.counts import length_density
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
    from numpy.typing import ArrayLike, NDArray

_LEAST_NODES = 30
_NODES_PER_SIGMA = 4.0  # of half the silent interval, in standard deviations of one step: 1e-10 by the spacing
_LIMITS_SETTLED = 1e-10
_LEAST_WEIGHT = 0.005
_FEWEST_DIMENSIONS = 2
_ASSUMED = (KNOWN_PARAMETERS, INDEPENDENT_NORMAL)


@dataclass(frozen=True, slots=True)
class EwmaDesign:
    """`weight` is lambda, `width` is L in standard deviations of the EWMA.

    `widening` limits follow the exact variance from the first point on; else they are those of a long series.
    """

    weight: float
    width: float
    widening: bool = False


@dataclass(frozen=True, slots=True)
class CusumDesign:
    """`reference` is k, `interval` is h, `head_start` the first value of each sum, all in standard deviations."""

    reference: float
    interval: float
    head_start: float = 0.0
    two_sided: bool = True


def _normal_density(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.exp(-0.5 * x * x) / math.sqrt(2.0 * math.pi)


def _nodes(low: float, high: float, count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    x, w = np.polynomial.legendre.leggauss(count)
    half = (high - low) / 2.0
    return low + half * (x + 1.0), half * w


def ewma_run_length(design: EwmaDesign, shift: float = 0.0) -> RunLength:
    """How long does a two-sided EWMA chart take until its first alarm?

    Parameters
    ----------
    design : EwmaDesign
        Weight and limits; the EWMA starts at the centre line [1].
    shift : float
        Distance of the mean from the centre line [standard deviations of what is averaged].

    Returns
    -------
    RunLength
        Mean, standard deviation and quantiles, the shift being there from the first point on [points].

    Raises
    ------
    InvalidOptionError
        Weight outside [0.005, 1], or a width that is not positive.

    Notes
    -----
    L(z) = 1 + integral over the silent interval of L(y) f((y - (1 - lambda) z) / lambda) / lambda, by Gauss-Legendre
    nodes (Nystroem); with widening limits the first points are integrated one by one until the limits stand still.

    Examples
    --------
    >>> round(ewma_run_length(EwmaDesign(0.1, 2.7)).mean, 3)
    368.994

    References
    ----------
    Crowder S. V., Technometrics 29 (1987) 401. Lucas J. M., Saccucci M. S., Technometrics 32 (1990) 1,
    doi:10.1080/00401706.1990.10484583.
    """
    weight, width = design.weight, design.width
    require(
        _LEAST_WEIGHT <= weight <= 1.0 and width > 0.0,
        f"An EWMA needs a weight in [{_LEAST_WEIGHT}, 1] and a positive width, not {weight} and {width}.",
        f"EWMA 的權重須在 {_LEAST_WEIGHT} 與 1 之間，界限倍數須大於 0，不能是 {weight} 與 {width}。",
    )
    last_limit = width * math.sqrt(weight / (2.0 - weight))
    count = _LEAST_NODES + math.ceil(_NODES_PER_SIGMA * last_limit / weight)
    y, w = _nodes(-1.0, 1.0, count)

    def step(old: ArrayLike, old_limit: float, limit: float) -> NDArray[np.float64]:
        kept = (1.0 - weight) * old_limit * np.asarray(old, dtype=np.float64)[:, None]
        return _normal_density((limit * y - kept) / weight - shift) * limit * w / weight

    limits = _widening_limits(weight, last_limit) if design.widening else [last_limit]
    state = step([0.0], 0.0, limits[0])[0]
    silent = [1.0]
    for old_limit, limit in zip(limits, [*limits[1:], last_limit], strict=True):
        if limit != old_limit:
            silent.append(float(state.sum()))
            state = state @ step(y, old_limit, limit)
    method = Method(
        name="run length of an EWMA chart, " + ("widening limits" if design.widening else "limits of a long series"),
        reference="Crowder 1987; Lucas and Saccucci 1990",
        estimator=f"integral equation, {count} Gauss-Legendre nodes",
        constants={"lambda": weight, "L": width, "shift": shift},
        assumed=_ASSUMED,
    )
    passage = Passage(np.array(silent), state, step(y, last_limit, last_limit), np.ones(count))
    return run_length_of_passage(passage, method)


def _widening_limits(weight: float, last_limit: float) -> list[float]:
    limits: list[float] = []
    forgotten = (1.0 - weight) ** 2
    while forgotten > _LIMITS_SETTLED:
        limits.append(last_limit * math.sqrt(1.0 - forgotten))
        forgotten *= (1.0 - weight) ** 2
    return limits or [last_limit]


def cusum_run_length(design: CusumDesign, shift: float = 0.0) -> RunLength:
    """How long does a tabular CUSUM take until its first alarm?

    Parameters
    ----------
    design : CusumDesign
        Reference value, decision interval, head start, one side (the upper one) or two [1].
    shift : float
        Distance of the mean from the target [standard deviations of what is summed].

    Returns
    -------
    RunLength
        Mean, standard deviation and quantiles, the shift being there from the first point on [points].

    Raises
    ------
    InvalidOptionError
        A reference or interval that is not positive, or a head start outside [0, interval / 2].

    Notes
    -----
    C+ = max(0, C+ + x - k), alarm at C+ > h; its density on (0, h] by Gauss-Legendre nodes, with an atom at 0. Two
    sides: when one gives the alarm the other stands at 0, so that the generating functions of the alarms of either
    side obey A = G+ - B G+(0) and B = G- - A G-(0); the sums are carried as one chain with these negative entries,
    which also gives the deviation and the quantiles.

    Examples
    --------
    >>> round(cusum_run_length(CusumDesign(0.5, 4.0)).mean, 3)
    167.684

    References
    ----------
    Lucas J. M., Crosier R. B., Technometrics 24 (1982) 199.
    """
    k, h, head = design.reference, design.interval, design.head_start
    require(
        k > 0.0 and h > 0.0,
        f"Reference {k} and decision interval {h} have to be positive.",
        f"參考值 {k} 與決策界限 {h} 必須大於 0。",
    )
    require(
        0.0 <= head <= h / 2.0,
        f"A head start of {head} is not between 0 and half the interval {h}.",
        f"起始值 {head} 不在 0 與決策界限 {h} 的一半之間。",
    )
    up_state, up_kernel = _one_side(design, shift)
    passage = Passage(np.ones(1), up_state, up_kernel, np.ones(up_state.size))
    if design.two_sided:
        passage = _both_sides((up_state, up_kernel), _one_side(design, -shift))
    method = Method(
        name="run length of a tabular CUSUM, " + ("two sides" if design.two_sided else "upper side"),
        reference="Lucas and Crosier 1982",
        estimator=f"integral equation, {up_state.size - 1} Gauss-Legendre nodes and the atom at zero",
        constants={"k": k, "h": h, "head_start": head, "shift": shift},
        assumed=_ASSUMED,
    )
    return run_length_of_passage(passage, method)


def _one_side(design: CusumDesign, shift: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """State after the first point, and the step from then on; place 0 is the sum that stands at zero."""
    count = _LEAST_NODES + math.ceil(_NODES_PER_SIGMA * design.interval / 2.0)
    y, w = _nodes(0.0, design.interval, count)
    drift = design.reference - shift
    old = np.concatenate(([design.head_start, 0.0], y))[:, None]
    rows = np.hstack([normal_below(drift - old), w * _normal_density(y + drift - old)])
    return rows[0], rows[1:]


def _both_sides(
    up: tuple[NDArray[np.float64], NDArray[np.float64]], down: tuple[NDArray[np.float64], NDArray[np.float64]]
) -> Passage:
    """Each alarm of one side takes a fresh sum away from the other; the chance of silence is half of what is left.

    The two sides hold the same in all; adding a multiple of their difference (which is zero) changes no path, but makes
    I - kernel regular.
    """
    (up_state, up_kernel), (down_state, down_kernel) = up, down
    size = up_state.size
    kernel = np.zeros((2 * size, 2 * size))
    kernel[:size, :size], kernel[size:, size:] = up_kernel, down_kernel
    alarm = 1.0 - np.concatenate([up_kernel.sum(axis=1), down_kernel.sum(axis=1)])
    kernel[:size, size] -= alarm[:size]
    kernel[size:, 0] -= alarm[size:]
    difference = np.repeat([1.0, -1.0], size)
    kernel[:, 0] -= 0.5 * difference
    kernel[:, size] += 0.5 * difference
    state = np.concatenate([up_state, down_state])
    state[0] -= 1.0 - down_state.sum()
    state[size] -= 1.0 - up_state.sum()
    return Passage(np.ones(1), state, kernel, np.full(2 * size, 0.5))


def mewma_run_length(weight: float, limit: float, dimensions: int, shift: float = 0.0) -> RunLength:
    """How long does a multivariate EWMA chart take until its first alarm?

    Parameters
    ----------
    weight : float
        lambda, the same for all variables [1].
    limit : float
        Limit of the statistic Z' S^-1 Z with the covariance S of a long series [1].
    dimensions : int
        Number of variables, at least 2 [1].
    shift : float
        Length of the mean's shift, sqrt(d' Sigma^-1 d) [standard deviations].

    Returns
    -------
    RunLength
        Mean, standard deviation and quantiles, the shift being there from the first point on [points].

    Raises
    ------
    InvalidOptionError
        Weight outside [0.02, 1], a limit that is not positive, or fewer than 2 dimensions.

    Notes
    -----
    In control only the length of Z matters: one integral equation with the noncentral chi density. With a shift, the
    component along it and the length across it: an equation over half a disc, by products of Gauss-Legendre nodes.

    Examples
    --------
    >>> round(mewma_run_length(0.1, 8.66, 2).mean, 2)
    202.25

    References
    ----------
    Rigdon S. E., J. Stat. Comput. Simul. 52 (1995) 351; Statistics & Probability Letters 24 (1995) 365. Runger G. C.,
    Prabhu S. S., J. Am. Stat. Assoc. 91 (1996) 1701.
    """
    least_weight = 0.02
    require(
        least_weight <= weight <= 1.0 and limit > 0.0 and dimensions >= _FEWEST_DIMENSIONS,
        f"A MEWMA needs a weight in [{least_weight}, 1], a positive limit and at least 2 variables; "
        f"given are {weight}, {limit}, {dimensions}.",
        f"MEWMA 的權重須在 {least_weight} 與 1 之間，界限須大於 0，變數至少 2 個；"
        f"給定的是 {weight}、{limit}、{dimensions}。",
    )
    radius = math.sqrt(limit / (weight * (2.0 - weight)))
    rows = _lengths(weight, radius, dimensions) if shift == 0.0 else _half_disc(weight, radius, dimensions, shift)
    method = Method(
        name="run length of a multivariate EWMA chart",
        reference="Rigdon 1995; Runger and Prabhu 1996",
        estimator=f"integral equation, {len(rows) - 1} Gauss-Legendre nodes",
        constants={"lambda": weight, "limit": limit, "dimensions": float(dimensions), "shift": shift},
        assumed=_ASSUMED,
    )
    return run_length_of_passage(Passage(np.ones(1), rows[0], rows[1:], np.ones(len(rows) - 1)), method)


def _lengths(weight: float, radius: float, dimensions: int) -> NDArray[np.float64]:
    """Rows: from the centre, then from each node; lengths are in units of lambda, where a step has unit variance."""
    s, w = _nodes(0.0, radius, _LEAST_NODES + math.ceil(_NODES_PER_SIGMA * radius / 2.0))
    old = np.concatenate(([0.0], s))[:, None]
    return w * length_density(s, (1.0 - weight) * old, dimensions)


def _half_disc(weight: float, radius: float, dimensions: int, shift: float) -> NDArray[np.float64]:
    angle, angle_weight = _nodes(-math.pi / 2.0, math.pi / 2.0, 20 + math.ceil(2.5 * radius))
    part, part_weight = _nodes(0.0, 1.0, 12 + math.ceil(1.5 * radius))
    edge = radius * np.cos(angle)
    along = np.repeat(radius * np.sin(angle), part.size)
    across = np.outer(edge, part).ravel()
    w = np.outer(angle_weight * edge**2, part_weight).ravel()
    kept = 1.0 - weight
    old_along, old_across = (np.concatenate(([0.0], old))[:, None] for old in (along, across))
    density = _normal_density(along - kept * old_along - shift)
    return w * density * length_density(across, kept * old_across, dimensions - 1)
