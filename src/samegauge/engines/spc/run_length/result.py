"""Run length: how many points a chart shows until its first alarm, from the chain or integral equation behind it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from samegauge.engines.values import require

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from samegauge.quantities.method import Method

KNOWN_PARAMETERS = "Mean and standard deviation in control are known, not estimated."
INDEPENDENT_NORMAL = "Values are independent and normal."
LEVELS = (0.05, 0.5, 0.95)
_LONGEST = 1e12  # points
_SETTLED = 1e-11  # relative change of the distribution over the states from one point to the next


@dataclass(frozen=True, slots=True)
class RunLength:
    """Points until the first alarm, that one included; infinite where no alarm is possible.

    `early`, `median` and `late` are the points by which 5, 50 and 95 of 100 charts have given it.
    """

    mean: float
    deviation: float
    early: float
    median: float
    late: float
    method: Method


@dataclass(frozen=True, slots=True)
class Passage:
    """A run length as a chain: `silent[n]` is the chance of no alarm up to point n, for the first T points.

    From then on it is state @ kernel^(n - T) @ weight.
    """

    silent: NDArray[np.float64]
    state: NDArray[np.float64]
    kernel: NDArray[np.float64]
    weight: NDArray[np.float64]


def run_length_of_passage(passage: Passage, method: Method) -> RunLength:
    """After how many points does a chain leave its silent states?

    Parameters
    ----------
    passage : Passage
        The chain [1].
    method : Method
        What the chain stands for.

    Returns
    -------
    RunLength
        Mean, standard deviation and quantiles [points].

    Raises
    ------
    InvalidOptionError
        NaN or infinity in the chain.

    Notes
    -----
    E N = sum of P(N > n) and E N^2 = sum of (2 n + 1) P(N > n), in closed form by (I - Q)^-1. Quantiles by stepping,
    and by the geometric tail once the distribution over the states stands still (1e-11).
    A mean above 1e12 points is given as infinite: the chance of an alarm is then below the rounding of 1.

    Examples
    --------
    >>> from samegauge.quantities.method import Method
    >>> coin = Passage(np.ones(0), np.ones(1), np.full((1, 1), 0.5), np.ones(1))
    >>> run_length_of_passage(coin, Method("coin", "none")).mean
    2.0

    References
    ----------
    Brook D., Evans D. A., Biometrika 59 (1972) 539, doi:10.1093/biomet/59.3.539.
    """
    require(
        bool(np.isfinite(passage.kernel).all() and np.isfinite(passage.state).all()),
        "The shift, a limit or a ratio of the chart is not a number.",
        "管制圖的偏移量、界限或比值不是有限的數。",
    )
    escape = np.eye(passage.state.size) - passage.kernel
    try:
        length = np.linalg.solve(escape, passage.weight)
    except np.linalg.LinAlgError:
        return _never(method)
    length_of_length = np.linalg.solve(escape, length)
    start = passage.silent.size
    rest = float(passage.state @ length)
    mean = float(passage.silent.sum()) + rest
    if not 0.0 < mean < _LONGEST:
        return _never(method)
    moment = float(np.arange(start) @ passage.silent) + start * rest
    moment += float(passage.state @ passage.kernel @ length_of_length)
    deviation = math.sqrt(max(0.0, 2.0 * moment + mean - mean**2))
    return RunLength(mean, deviation, *_quantiles(passage), method)


def _never(method: Method) -> RunLength:
    return RunLength(math.inf, math.inf, math.inf, math.inf, math.inf, method)


def _quantiles(passage: Passage) -> tuple[float, float, float]:
    early, median, late = (_quantile(passage, level) for level in LEVELS)
    return early, median, late


def _quantile(passage: Passage, level: float) -> float:
    """First point by which the share `level` of all charts has given its alarm."""
    below = np.flatnonzero(passage.silent <= 1.0 - level)
    if below.size:
        return float(below[0])
    state, point = passage.state, passage.silent.size
    silent = float(state @ passage.weight)
    while silent > 1.0 - level:
        following = state @ passage.kernel
        kept = float(following @ passage.weight) / silent
        settled = np.abs(following - kept * state).sum() < _SETTLED * np.abs(following).sum()
        if settled and kept < 1.0:
            return float(point + math.ceil(math.log((1.0 - level) / silent) / math.log(kept)))
        state, silent, point = following, kept * silent, point + 1
    return float(point)


def geometric_run_length(alarm: float, method: Method) -> RunLength:
    """After how many points does a chart give an alarm, whose every point gives one with the same chance?

    Parameters
    ----------
    alarm : float
        Chance of an alarm at one point, between 0 and 1 [1].
    method : Method
        What the chance stands for.

    Returns
    -------
    RunLength
        Mean, standard deviation and quantiles; infinite where the chance is 0 [points].

    Raises
    ------
    InvalidOptionError
        The chance is no probability.

    Notes
    -----
    ARL = 1 / p, standard deviation sqrt(1 - p) / p, quantile ceil(ln(1 - level) / ln(1 - p)).

    Examples
    --------
    >>> from samegauge.quantities.method import Method
    >>> geometric_run_length(0.0027, Method("limits", "none")).median
    257.0

    References
    ----------
    Montgomery D. C., Introduction to Statistical Quality Control, 7th ed., chapter 5.
    """
    require(0.0 <= alarm <= 1.0, f"{alarm} is no probability of an alarm.", f"{alarm} 不是警報的機率。")
    if alarm == 0.0:
        return _never(method)
    if alarm == 1.0:
        return RunLength(1.0, 0.0, 1.0, 1.0, 1.0, method)
    early, median, late = (float(max(1, math.ceil(math.log1p(-level) / math.log1p(-alarm)))) for level in LEVELS)
    return RunLength(1.0 / alarm, math.sqrt(1.0 - alarm) / alarm, early, median, late, method)
