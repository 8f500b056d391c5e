"""Bias constants of range and standard deviation for normal values, exact by quadrature, not from rounded tables."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from samegauge.engines.errors import InvalidOptionError
from samegauge.engines.laws.continuous import normal_below

if TYPE_CHECKING:
    from collections.abc import Mapping

_SPAN = 9.0  # standard deviations; the normal tail beyond is 1e-19
_STEPS = 1801
_NODES = 120


def _checked(size: int) -> int:
    if size < 2:  # noqa: PLR2004 - a range needs two values
        raise InvalidOptionError(
            f"A range needs at least 2 values, not {size}.", f"全距至少需要 2 個數值，不能是 {size} 個。"
        )
    return size


@cache
def d2(size: int) -> float:
    """Mean of the range of `size` standard normal values: what turns a mean range into a standard deviation.

    Parameters
    ----------
    size : int
        Number of values in a range, at least 2 [1].

    Returns
    -------
    float
        Expected range over standard deviation [1].

    Raises
    ------
    InvalidOptionError
        Fewer than 2 values.

    Notes
    -----
    E[W] = integral of 1 - F^n - (1 - F)^n. The trapezoid rule converges faster than any power on this integrand.

    Examples
    --------
    >>> round(d2(5), 6)
    2.325929

    References
    ----------
    Tippett L. H. C., Biometrika 17 (1925) 364, doi:10.1093/biomet/17.3-4.364.
    """
    count = _checked(size)
    x = np.linspace(-_SPAN, _SPAN, _STEPS)
    below = normal_below(x)
    return float(np.trapezoid(1.0 - below**count - (1.0 - below) ** count, x))


@cache
def d3(size: int) -> float:
    """Standard deviation of the range of `size` standard normal values.

    Parameters
    ----------
    size : int
        Number of values in a range, at least 2 [1].

    Returns
    -------
    float
        Standard deviation of the range over standard deviation of the values [1].

    Raises
    ------
    InvalidOptionError
        Fewer than 2 values.

    Notes
    -----
    E[W^2] = integral of 2 w P(W > w), P(W > w) = 1 - n * integral of f(x) (F(x + w) - F(x))^(n - 1). The inner one
    falls to nothing on both sides, where the trapezoid rule converges faster than any power; the outer one has an edge
    at 0 and is left to Gauss and Legendre. Equal to the closed form at n = 2 within 1e-13.

    Examples
    --------
    >>> round(d3(5), 4)
    0.8641

    References
    ----------
    Tippett L. H. C., Biometrika 17 (1925) 364, doi:10.1093/biomet/17.3-4.364.
    """
    count = _checked(size)
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    width, weights = _SPAN * (nodes + 1.0), _SPAN * weights
    x = np.linspace(-_SPAN, _SPAN, _STEPS // 10 + 1)
    density = np.exp(-0.5 * x**2) / math.sqrt(2.0 * math.pi)
    inside = np.maximum(normal_below(x + width[:, None]) - normal_below(x), 0.0) ** (count - 1)
    beyond = 1.0 - count * np.trapezoid(density * inside, x, axis=1)
    return math.sqrt(float((2.0 * weights * width * beyond).sum()) - d2(count) ** 2)


@cache
def c4(size: int) -> float:
    """Mean of the sample standard deviation of `size` standard normal values.

    Parameters
    ----------
    size : int
        Number of values, at least 2 [1].

    Returns
    -------
    float
        Expected sample standard deviation over standard deviation [1].

    Raises
    ------
    InvalidOptionError
        Fewer than 2 values.

    Notes
    -----
    c4 = sqrt(2 / (n - 1)) * Gamma(n / 2) / Gamma((n - 1) / 2).

    Examples
    --------
    >>> round(c4(5), 6)
    0.939986

    References
    ----------
    Montgomery D. C., Introduction to Statistical Quality Control, 7th ed., section 3-2.
    """
    count = _checked(size)
    return math.sqrt(2.0 / (count - 1)) * math.exp(math.lgamma(count / 2) - math.lgamma((count - 1) / 2))


def moving_range_dof(count: int) -> float:
    """Degrees of freedom a standard deviation from mean moving ranges is worth.

    Parameters
    ----------
    count : int
        Number of individual values, at least 2 [1].

    Returns
    -------
    float
        Degrees of freedom nu with relative variance 1 / (2 nu) of the estimate [1].

    Raises
    ------
    InvalidOptionError
        Fewer than 2 values.

    Notes
    -----
    Neighbouring ranges share a value; their covariance (4 / pi)(sqrt(3) / 2 + pi / 12 - 1) follows from the bivariate
    normal moment E|XY| at correlation -1/2. For long series nu tends to 0.605 n: the price of following drift.

    Examples
    --------
    >>> round(moving_range_dof(20), 2)
    11.69

    References
    ----------
    Cryer J. D., Ryan T. P., Journal of Quality Technology 22 (1990) 187, doi:10.1080/00224065.1990.11979239.
    """
    ranges = _checked(count) - 1
    variance = 2.0 - 4.0 / math.pi
    covariance = 4.0 / math.pi * (math.sqrt(3.0) / 2.0 + math.pi / 12.0 - 1.0)
    relative = (ranges * variance + 2.0 * (ranges - 1) * covariance) / ranges**2 / d2(2) ** 2
    return 1.0 / (2.0 * relative)


@dataclass(frozen=True, slots=True)
class RangeTable:
    """Which d2 and d3 a chart uses: exact ones, rounded as in print, or a customer's own (`given`: size to d2, d3)."""

    d2_digits: int | None = None
    d3_digits: int | None = None
    given: Mapping[int, tuple[float, float]] = field(default_factory=dict[int, tuple[float, float]])

    def d2(self, size: int) -> float:
        if size in self.given:
            return self.given[size][0]
        return d2(size) if self.d2_digits is None else round(d2(size), self.d2_digits)

    def d3(self, size: int) -> float:
        if size in self.given:
            return self.given[size][1]
        return d3(size) if self.d3_digits is None else round(d3(size), self.d3_digits)


EXACT = RangeTable()
PRINTED = RangeTable(d2_digits=3, d3_digits=4)


class SpreadStatistic(Enum):
    """From what a subgroup tells its sigma."""

    RANGE = "range"
    DEVIATION = "standard deviation"

    def divisor(self, size: int, ranges: RangeTable = EXACT) -> float:
        """Mean of the statistic of `size` normal values over their sigma."""
        return ranges.d2(size) if self is SpreadStatistic.RANGE else c4(size)

    def weight(self, size: int) -> float:
        """Reciprocal of the squared relative standard error of what one subgroup tells."""
        if self is SpreadStatistic.RANGE:
            return (d2(size) / d3(size)) ** 2
        return c4(size) ** 2 / (1.0 - c4(size) ** 2)
