"""Run length of Shewhart charts of measured values: means, spreads, T2, and individuals with moving ranges."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

from samegauge.engines.laws.continuous import chi_square_below, normal_below
from samegauge.engines.spc.run_length.result import (
    INDEPENDENT_NORMAL,
    KNOWN_PARAMETERS,
    Passage,
    RunLength,
    geometric_run_length,
    run_length_of_passage,
)
from samegauge.engines.values import require
from samegauge.quantities.method import Method

_SPAN = 9.0  # standard deviations on either side in which a range is looked for
_STEPS = 1201
_NODES = 24  # per piece of a collocation
_FEWEST = 2
_SAME_PLACE = 1e-9  # two kinks


def _require_limits(lower: float, upper: float, ratio: float) -> None:
    require(
        lower < upper and ratio > 0.0,
        f"The limits {lower} and {upper} are not in order, or the ratio {ratio} is not positive.",
        f"界限 {lower} 與 {upper} 的順序不對，或標準差比 {ratio} 不大於 0。",
    )


def xbar_run_length(width: float = 3.0, shift: float = 0.0, *, ratio: float = 1.0) -> RunLength:
    """How long does a chart of means or of single values take until a point lies beyond a limit?

    Parameters
    ----------
    width : float
        Distance of both limits from the centre line [standard deviations of what is plotted].
    shift : float
        Distance of the mean from the centre line [standard deviations of what is plotted].
    ratio : float
        Standard deviation over that of the limits, positive [1].

    Returns
    -------
    RunLength
        Mean, standard deviation and quantiles [points].

    Raises
    ------
    InvalidOptionError
        A width or ratio that is not positive.

    Notes
    -----
    1 / ARL = F((-L - shift) / ratio) + F((-L + shift) / ratio). For subgroup means of n values multiply a shift in
    sigma by sqrt(n).

    Examples
    --------
    >>> round(xbar_run_length().mean, 3), round(xbar_run_length(shift=1.0).mean, 2)
    (370.398, 43.89)

    References
    ----------
    Montgomery D. C., Introduction to Statistical Quality Control, 7th ed., chapter 6.
    """
    _require_limits(-width, width, ratio)
    tails = normal_below([(-width - shift) / ratio, (-width + shift) / ratio])
    method = Method(
        name="run length of limits on a normal statistic",
        reference="Montgomery, Introduction to Statistical Quality Control, 7th ed., chapter 6",
        estimator="geometric law",
        constants={"width": width, "shift": shift, "ratio": ratio},
        assumed=(KNOWN_PARAMETERS, INDEPENDENT_NORMAL),
    )
    return geometric_run_length(float(tails.sum()), method)


def range_run_length(size: int, lower: float, upper: float, *, ratio: float = 1.0) -> RunLength:
    """How long does a range chart take until a point lies beyond a limit?

    Parameters
    ----------
    size : int
        Values in a subgroup, at least 2 [1].
    lower, upper : float
        Limits on the range; lower 0 where there is none [standard deviations in control].
    ratio : float
        Standard deviation of the process over that in control, positive [1].

    Returns
    -------
    RunLength
        Mean, standard deviation and quantiles [points].

    Raises
    ------
    InvalidOptionError
        Fewer than 2 values, limits out of order or a ratio that is not positive.

    Notes
    -----
    P(W <= w) = n integral of f(x) (F(x + w) - F(x))^(n - 1) dx by the trapezoid rule. Not for moving ranges, which
    share values: see individuals_range_run_length.

    Examples
    --------
    >>> round(range_run_length(5, 0.0, 4.918).mean, 1)
    217.2

    References
    ----------
    Tippett L. H. C., Biometrika 17 (1925) 364, doi:10.1093/biomet/17.3-4.364.
    """
    _require_limits(lower, upper, ratio)
    require(
        size >= _FEWEST, f"A range needs at least 2 values, not {size}.", f"全距至少需要 2 個數值，不能是 {size} 個。"
    )
    x = np.linspace(-_SPAN, _SPAN, _STEPS)
    density = np.exp(-0.5 * x * x) / math.sqrt(2.0 * math.pi)

    def below(limit: float) -> float:
        return size * float(
            np.trapezoid(density * (normal_below(x + limit / ratio) - normal_below(x)) ** (size - 1), x)
        )

    alarm = 1.0 - below(upper) + (below(lower) if lower > 0.0 else 0.0)
    return geometric_run_length(min(max(alarm, 0.0), 1.0), _spread_method("range", size, (lower, upper), ratio))


def deviation_run_length(size: int, lower: float, upper: float, *, ratio: float = 1.0) -> RunLength:
    """How long does a chart of sample standard deviations take until a point lies beyond a limit?

    Parameters
    ----------
    size : int
        Values in a subgroup, at least 2 [1].
    lower, upper : float
        Limits on the standard deviation; lower 0 where there is none [standard deviations in control].
    ratio : float
        Standard deviation of the process over that in control, positive [1].

    Returns
    -------
    RunLength
        Mean, standard deviation and quantiles [points].

    Raises
    ------
    InvalidOptionError
        Fewer than 2 values, limits out of order or a ratio that is not positive.

    Notes
    -----
    (n - 1) s^2 / sigma^2 is chi-square with n - 1 degrees of freedom.

    Examples
    --------
    >>> round(deviation_run_length(5, 0.0, 1.9636).mean, 1)
    256.4

    References
    ----------
    Montgomery D. C., Introduction to Statistical Quality Control, 7th ed., chapter 6.
    """
    _require_limits(lower, upper, ratio)
    require(
        size >= _FEWEST,
        f"A standard deviation needs at least 2 values, not {size}.",
        f"標準差至少需要 2 個數值，不能是 {size} 個。",
    )
    low, high = chi_square_below((size - 1) * (np.maximum([lower, upper], 0.0) / ratio) ** 2, size - 1.0)
    return geometric_run_length(
        float(1.0 - high + low), _spread_method("standard deviation", size, (lower, upper), ratio)
    )


def _spread_method(statistic: str, size: int, limits: tuple[float, float], ratio: float) -> Method:
    return Method(
        name=f"run length of a chart of the {statistic}",
        reference="Tippett 1925" if statistic == "range" else "Montgomery, 7th ed., chapter 6",
        estimator="geometric law",
        constants={"size": float(size), "lower_limit": limits[0], "upper_limit": limits[1], "ratio": ratio},
        assumed=(KNOWN_PARAMETERS, INDEPENDENT_NORMAL),
    )


def t2_run_length(limit: float, dimensions: int, shift: float = 0.0) -> RunLength:
    """How long does a Hotelling T2 chart take until a point lies above its limit?

    Parameters
    ----------
    limit : float
        Upper limit of T2, positive [1].
    dimensions : int
        Number of variables, at least 1 [1].
    shift : float
        Length of the mean's shift, sqrt(n d' Sigma^-1 d) [standard deviations of what is plotted].

    Returns
    -------
    RunLength
        Mean, standard deviation and quantiles [points].

    Raises
    ------
    InvalidOptionError
        A limit that is not positive, or no variable.

    Notes
    -----
    T2 with known mean and covariance is chi-square, noncentral with shift^2. With an estimated covariance and the
    limits of F or beta laws the run length differs.

    Examples
    --------
    >>> round(t2_run_length(10.597, 2).mean, 1)
    200.0

    References
    ----------
    Montgomery D. C., Introduction to Statistical Quality Control, 7th ed., chapter 11.
    """
    require(
        limit > 0.0 and dimensions >= 1,
        f"A T2 chart needs a positive limit and at least one variable, not {limit} and {dimensions}.",
        f"T2 管制圖的界限須大於 0，變數至少 1 個，不能是 {limit} 與 {dimensions}。",
    )
    method = Method(
        name="run length of a Hotelling T2 chart",
        reference="Montgomery, 7th ed., chapter 11",
        estimator="geometric law",
        constants={"limit": limit, "dimensions": float(dimensions), "shift": shift},
        assumed=(KNOWN_PARAMETERS, INDEPENDENT_NORMAL),
    )
    return geometric_run_length(float(1.0 - chi_square_below(limit, float(dimensions), shift**2)), method)


def individuals_range_run_length(
    width: float, range_limit: float, shift: float = 0.0, *, ratio: float = 1.0
) -> RunLength:
    """How long do an individuals chart and its moving range chart together take until the first alarm?

    Parameters
    ----------
    width : float
        Distance of the limits from the centre line [standard deviations in control].
    range_limit : float
        Upper limit of the moving range of two values; 3.686 for D4 = 3.267 [standard deviations in control].
    shift : float
        Distance of the mean from the centre line [standard deviations in control].
    ratio : float
        Standard deviation of the process over that in control, positive [1].

    Returns
    -------
    RunLength
        Mean, standard deviation and quantiles; the first value has no range [points].

    Raises
    ------
    InvalidOptionError
        A width, range limit or ratio that is not positive.

    Notes
    -----
    L(x) = 1 + integral of L(y) f(y) over |y| <= width and |y - x| <= range limit, by collocation with Legendre
    polynomials on the pieces between which L is not smooth.

    Examples
    --------
    >>> round(individuals_range_run_length(3.0, 3.686).mean, 2)
    105.35

    References
    ----------
    Crowder S. V., Journal of Quality Technology 19 (1987) 98.
    """
    _require_limits(-width, width, ratio)
    require(
        range_limit > 0.0, f"The range limit {range_limit} is not positive.", f"全距上限 {range_limit} 必須大於 0。"
    )
    pieces = _smooth_pieces(width, range_limit)
    unit, unit_weight = np.polynomial.legendre.leggauss(_NODES)
    to_coefficients = np.linalg.inv(np.polynomial.legendre.legvander(unit, _NODES - 1))
    old = np.concatenate([low + (high - low) / 2.0 * (unit + 1.0) for low, high in pieces])
    reach_low = np.concatenate(([-width], np.maximum(old - range_limit, -width)))
    reach_high = np.concatenate(([width], np.minimum(old + range_limit, width)))
    columns: list[np.ndarray[tuple[int, int], np.dtype[np.float64]]] = []
    for low, high in pieces:
        start, end = np.clip(reach_low, low, high), np.clip(reach_high, low, high)
        half = np.maximum(end - start, 0.0)[:, None] / 2.0
        y = start[:, None] + half * (unit + 1.0)
        mass = half * unit_weight * np.exp(-0.5 * ((y - shift) / ratio) ** 2) / (ratio * math.sqrt(2.0 * math.pi))
        basis = np.polynomial.legendre.legvander(2.0 * (y - low) / (high - low) - 1.0, _NODES - 1)
        columns.append(np.einsum("rq,rqc->rc", mass, basis) @ to_coefficients)
    rows = np.hstack(columns)
    method = Method(
        name="run length of an individuals and moving range chart",
        reference="Crowder 1987",
        estimator=f"integral equation, collocation on {len(pieces)} pieces of {_NODES} nodes",
        constants={"width": width, "range_limit": range_limit, "shift": shift, "ratio": ratio},
        assumed=(KNOWN_PARAMETERS, INDEPENDENT_NORMAL),
    )
    return run_length_of_passage(Passage(np.ones(1), rows[0], rows[1:], np.ones(old.size)), method)


def _smooth_pieces(width: float, range_limit: float) -> list[tuple[float, float]]:
    """Kinks lie a multiple of the range limit from the ends; the fourth ones no longer matter. Pieces of 2 sigma."""
    inner = [width - step * range_limit for step in (1, 2, 3) if step * range_limit < 2.0 * width]
    marks = sorted({-width, width, *inner, *(-mark for mark in inner)})
    pieces: list[tuple[float, float]] = []
    for low, high in pairwise(marks):
        count = math.ceil((high - low) / 2.0)
        pieces.extend(
            (low + (high - low) * part / count, low + (high - low) * (part + 1) / count) for part in range(count)
        )
    return [(low, high) for low, high in pieces if high - low > _SAME_PLACE]
