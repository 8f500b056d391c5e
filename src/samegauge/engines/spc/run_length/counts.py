"""Run length of charts of counts and of times between events, by the exact laws behind them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from samegauge.engines.laws.counts import binomial_at_most, poisson_at_most
from samegauge.engines.spc.run_length.result import RunLength, geometric_run_length
from samegauge.engines.values import require
from samegauge.quantities.method import Method

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NOISE_DIGITS = 9  # of limits on counts: 30 * 0.1 is 3, not a little more


@dataclass(frozen=True, slots=True)
class CountLimits:
    """Limits of a count; `strict` where a count on a limit is no alarm. None: no limit on that side."""

    lower: float | None
    upper: float | None
    strict: bool = True

    @property
    def least_silent(self) -> float:
        """Smallest count that gives no alarm."""
        if self.lower is None:
            return -math.inf
        limit = round(self.lower, _NOISE_DIGITS)
        return math.ceil(limit) if self.strict else math.floor(limit) + 1

    @property
    def most_silent(self) -> float:
        """Largest count that gives no alarm."""
        if self.upper is None:
            return math.inf
        limit = round(self.upper, _NOISE_DIGITS)
        return math.floor(limit) if self.strict else math.ceil(limit) - 1

    @property
    def constants(self) -> dict[str, float]:
        lower = -math.inf if self.lower is None else self.lower
        upper = math.inf if self.upper is None else self.upper
        return {"lower_limit": lower, "upper_limit": upper, "strict": float(self.strict)}


def defectives_run_length(limits: CountLimits, size: int, share: float) -> RunLength:
    """How long does an np or p chart take until a point gives an alarm?

    Parameters
    ----------
    limits : CountLimits
        Limits on the number of nonconforming units; those of a p chart times `size` [1].
    size : int
        Units in a sample, the same for all [1].
    share : float
        Nonconforming share of the process [1].

    Returns
    -------
    RunLength
        Mean, standard deviation and quantiles [points].

    Raises
    ------
    InvalidOptionError
        No unit, or a share outside [0, 1].

    Notes
    -----
    Exact binomial law, not the normal approximation behind the limits.

    Examples
    --------
    >>> round(defectives_run_length(CountLimits(None, 10.0), 50, 0.1).mean, 1)
    106.9

    References
    ----------
    Montgomery D. C., Introduction to Statistical Quality Control, 7th ed., chapter 7.
    """
    require(
        size >= 1 and 0.0 <= share <= 1.0,
        f"A sample of {size} with a nonconforming share of {share} does not exist.",
        f"樣本數 {size}、不合格率 {share} 不成立。",
    )
    silent = binomial_at_most([limits.least_silent - 1.0, limits.most_silent], size, share)
    method = _count_method("np or p", limits, {"size": float(size), "share": share}, "binomial")
    return geometric_run_length(_alarm(silent), method)


def defects_run_length(limits: CountLimits, mean: float) -> RunLength:
    """How long does a c or u chart take until a point gives an alarm?

    Parameters
    ----------
    limits : CountLimits
        Limits on the number of nonconformities; those of a u chart times the size of the sample [1].
    mean : float
        Expected number in a sample [1].

    Returns
    -------
    RunLength
        Mean, standard deviation and quantiles [points].

    Raises
    ------
    InvalidOptionError
        A negative mean.

    Notes
    -----
    Exact Poisson law, not the normal approximation behind the limits.

    Examples
    --------
    >>> round(defects_run_length(CountLimits(None, 10.0), 4.0).mean, 1)
    352.1

    References
    ----------
    Montgomery D. C., Introduction to Statistical Quality Control, 7th ed., chapter 7.
    """
    require(mean >= 0.0, f"A mean of {mean} nonconformities is negative.", f"平均缺點數 {mean} 不可為負。")
    silent = poisson_at_most([limits.least_silent - 1.0, limits.most_silent], mean)
    return geometric_run_length(_alarm(silent), _count_method("c or u", limits, {"mean": mean}, "Poisson"))


def cases_between_run_length(limits: CountLimits, chance: float) -> RunLength:
    """How long does a g chart of cases between events take until a point gives an alarm?

    Parameters
    ----------
    limits : CountLimits
        Limits on the number of cases without the event between two events, counted from 0 [1].
    chance : float
        Chance of the event in a case [1].

    Returns
    -------
    RunLength
        Mean, standard deviation and quantiles; a point is an event, not a case [points].

    Raises
    ------
    InvalidOptionError
        A chance outside (0, 1].

    Notes
    -----
    P(X <= x) = 1 - (1 - p)^(x + 1). Charts that count the event's own case lie higher by 1: subtract it from both
    limits.

    Examples
    --------
    >>> round(cases_between_run_length(CountLimits(None, 40.0), 0.1).mean, 1)
    75.2

    References
    ----------
    Benneyan J. C., Health Care Management Science 4 (2001) 305, doi:10.1023/A:1011846412909.
    """
    require(0.0 < chance <= 1.0, f"The chance {chance} is not in (0, 1].", f"機率 {chance} 不在 0 與 1 之間。")
    bounds = np.array([limits.least_silent - 1.0, limits.most_silent])
    silent = np.where(bounds < 0.0, 0.0, 1.0 - (1.0 - chance) ** (np.maximum(bounds, 0.0) + 1.0))
    return geometric_run_length(_alarm(silent), _count_method("g", limits, {"chance": chance}, "geometric"))


def _alarm(silent: NDArray[np.float64]) -> float:
    """Chance that a count is not among the silent ones; `silent`: up to below the least, up to the most of them."""
    return min(max(1.0 - float(silent[1] - silent[0]), 0.0), 1.0)


def _count_method(chart: str, limits: CountLimits, constants: dict[str, float], law: str) -> Method:
    return Method(
        name=f"run length of a {chart} chart",
        reference="Montgomery, 7th ed., chapter 7",
        estimator=f"exact {law} law",
        constants={**limits.constants, **constants},
        assumed=("The rate in control is known, not estimated.", "Samples are independent and of one size."),
    )


def time_between_run_length(lower: float, upper: float, scale: float, *, shape: float = 1.0) -> RunLength:
    """How long does a t chart of times between events take until a point gives an alarm?

    Parameters
    ----------
    lower, upper : float
        Limits on the time; lower 0 or upper infinity where there is none [any unit of time].
    scale : float
        Characteristic life; with shape 1 the mean time between events [unit of the limits].
    shape : float
        Shape of the Weibull law, 1 for a constant rate [1].

    Returns
    -------
    RunLength
        Mean, standard deviation and quantiles; a point is an event [points].

    Raises
    ------
    InvalidOptionError
        Limits out of order, or a scale or shape that is not positive.

    Notes
    -----
    P(T <= t) = 1 - exp(-(t / scale)^shape).

    Examples
    --------
    >>> round(time_between_run_length(0.0013508, 6.607653, 1.0).mean, 1)
    370.4

    References
    ----------
    Montgomery D. C., Introduction to Statistical Quality Control, 7th ed., chapter 7.
    """
    require(
        lower < upper and scale > 0.0 and shape > 0.0,
        f"The limits {lower} and {upper} are not in order, or scale {scale} or shape {shape} is not positive.",
        f"界限 {lower} 與 {upper} 的順序不對，或尺度 {scale}、形狀 {shape} 不大於 0。",
    )
    early = -math.expm1(-((max(lower, 0.0) / scale) ** shape))
    late = math.exp(-((upper / scale) ** shape))
    method = Method(
        name="run length of a t chart",
        reference="Montgomery, 7th ed., chapter 7",
        estimator="exact Weibull law",
        constants={"lower_limit": lower, "upper_limit": upper, "scale": scale, "shape": shape},
        assumed=("The law in control is known, not estimated.", "Times are independent."),
    )
    return geometric_run_length(early + late, method)
