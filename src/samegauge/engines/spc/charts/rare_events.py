"""Charts of rare events: how many good parts lie between two events (g), and how much time (t)."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from samegauge.engines.errors import InvalidOptionError, TooFewValuesError
from samegauge.engines.laws.continuous import normal_below
from samegauge.engines.spc.charts.chart import DEFAULT, ChartOptions, ControlChart, Kind, drawn, known_or
from samegauge.engines.spc.charts.design import Arrays, Design, Observed, Trace, normal_trace
from samegauge.engines.spc.charts.individuals import imr_charts
from samegauge.engines.spc.charts.scores import normal_score
from samegauge.engines.values import checked_values

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_POWER = 1.0 / 3.6  # Nelson: brings exponential times close to a normal law
_ITERATIONS = 60
GLimits = Literal["sigma", "probability", "interpolated"]
TModel = Literal["weibull", "exponential", "power"]


def g_chart(
    between: ArrayLike, options: ChartOptions = DEFAULT, *, limits: GLimits = "sigma", unbiased: bool = False
) -> ControlChart:
    """Do events come more often, or more rarely, counted in the good parts between them?

    Parameters
    ----------
    between : array_like of float, shape (n,) or (characteristics, n)
        Good parts (or days) between neighbouring events, the event's own not counted; 0 or more [1].
    options : ChartOptions
        Baseline, exclusions, stages, rules; `known.mean` is a known mean count between events [1].
    limits : {"sigma", "probability", "interpolated"}
        Mean with standard deviations, or median with quantiles of the geometric law, smooth or interpolated [1].
    unbiased : bool
        With quantiles: estimate p by (N - 1) / N / (mean + 1) instead of 1 / (mean + 1) [1].

    Returns
    -------
    ControlChart
        Counts between events; a point below the lower limit says that events come more often [1].

    Raises
    ------
    TooFewValuesError
        Fewer than 2 counts that may set limits.
    InvalidOptionError
        A negative count, or unknown limits.

    Notes
    -----
    Geometric law on 0, 1, ...: sigma = sqrt(mean (mean + 1)). Quantiles take F(x) = 1 - (1 - p)^(x + 1) as continuous
    in x, at the tail shares of `width` normal sigmas and at one half; scores are normal scores of F. "Interpolated"
    draws F straight between whole numbers, and below F(0) the quantile q / F(0), as Minitab and JASP do; a count of
    zero is then beyond the lower limit, however common it is.

    Examples
    --------
    >>> round(float(g_chart([10, 20, 30, 20]).upper[0]), 3)
    81.482

    References
    ----------
    Benneyan J. C., Health Care Management Science 4 (2001) 305, doi:10.1023/A:1011846412909.
    """
    if limits not in ("sigma", "probability", "interpolated"):
        raise InvalidOptionError(f'"{limits}" are no known limits.', f"沒有「{limits}」這種管制界限。")
    seen = Observed(_not_below_zero(between, zero_allowed=True))

    def design(part: Observed, used: NDArray[np.bool_]) -> Design:
        values = np.compress(used, part.values, axis=-1)
        mean = known_or(options.known.mean, np.asarray(values.mean(axis=-1)))
        shrink = 1.0 - 1.0 / values.shape[-1] if unbiased and options.known.mean is None else 1.0
        law = (
            _GeometricSigma(options.width) if limits == "sigma" else _Geometric(options.width, limits == "probability")
        )
        words = "p = (N - 1) / N / (mean + 1)" if unbiased else "p = 1 / (mean + 1)"
        return Design(law, (mean, shrink / (mean + 1.0)), np.full(mean.shape, np.nan), words, {})

    kind = Kind(
        "good parts between events",
        f"g chart, {limits} limits",
        "Benneyan 2001",
        design,
        options.rules,
        ("every part has the same chance of an event (geometric law)",),
    )
    return drawn(kind, seen, options)


def t_chart(times: ArrayLike, options: ChartOptions = DEFAULT, *, model: TModel = "weibull") -> ControlChart:
    """Do events come more often, or more rarely, by the time between them?

    Parameters
    ----------
    times : array_like of float, shape (n,) or (characteristics, n)
        Times between neighbouring events, above 0 [any unit].
    options : ChartOptions
        Baseline, exclusions, stages, rules [1].
    model : {"weibull", "exponential", "power"}
        Law of the times, or an individuals chart of time^(1 / 3.6) [1].

    Returns
    -------
    ControlChart
        Times, or their powers, with limits; a point below says that events come more often [unit of the times, or its
        power 1 / 3.6].

    Raises
    ------
    TooFewValuesError
        Fewer than 2 times that may set limits; equal times for Weibull.
    InvalidOptionError
        A time of zero or below, or an unknown model.

    Notes
    -----
    Weibull by maximum likelihood, exponential by the mean. Limits are the quantiles at the tail shares of `width`
    normal sigmas, the centre is the median, scores are normal scores of F(t). A stream of the "power" model wants
    powers. JASP 0.97.1 fits a Weibull scale and shape that differ from these in the fifth digit.

    Examples
    --------
    >>> chart = t_chart([1.0, 2.0, 3.0, 4.0], model="exponential")
    >>> round(float(chart.center[0]), 4), round(float(chart.upper[0]), 4)
    (1.7329, 16.5193)

    References
    ----------
    Nelson L. S., Journal of Quality Technology 26 (1994) 239 (power). Montgomery D. C., Introduction to Statistical
    Quality Control, 7th ed., 7.3 (times between events).
    """
    values = _not_below_zero(times, zero_allowed=False)
    if model == "power":
        chart = imr_charts(values**_POWER, options).location
        method = replace(chart.method, name="t chart, individuals of t^(1 / 3.6)", reference="Nelson 1994")
        return replace(chart, statistic="time between events ^ (1 / 3.6)", method=method)
    if model not in ("weibull", "exponential"):
        raise InvalidOptionError(f'"{model}" is no known law of times.', f"沒有「{model}」這種時間分布。")

    def design(part: Observed, used: NDArray[np.bool_]) -> Design:
        given = np.compress(used, part.values, axis=-1)
        shape = _weibull_shape(given) if model == "weibull" else np.ones(given.shape[:-1])
        scale = np.asarray((given ** shape[..., None]).mean(axis=-1) ** (1.0 / shape))
        words = "maximum likelihood" if model == "weibull" else "scale = mean"
        return Design(_Weibull(options.width), (shape, scale), np.full(scale.shape, np.nan), words, {})

    assumed = (f"times are independent and follow a {model.capitalize()} law",)
    kind = Kind(
        "time between events",
        f"t chart, {model}",
        "Nelson 1994; Montgomery, 7th ed., 7.3",
        design,
        options.rules,
        assumed,
    )
    return drawn(kind, Observed(values), options)


def _not_below_zero(values: ArrayLike, *, zero_allowed: bool) -> NDArray[np.float64]:
    array = checked_values(values, dimensions=(1, 2))
    wrong = np.flatnonzero(array < 0.0 if zero_allowed else array <= 0.0)
    if wrong.size:
        raise InvalidOptionError(
            f"Index {wrong[0]}: {array.flat[wrong[0]]:g} between two events is not possible here. Correct it, or "
            "exclude events recorded twice before drawing the chart.",
            f"索引 {wrong[0]}：兩次事件之間不可能是 {array.flat[wrong[0]]:g}。請更正，或先剔除重複記錄的事件。",
        )
    return array


def _weibull_shape(times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Newton's steps on the likelihood equation in the logarithm of the shape, for all characteristics at once."""
    logs = np.log(times)
    logs = logs - logs.mean(axis=-1, keepdims=True)  # the scale cancels, and powers stay small
    spread = np.asarray(logs.std(axis=-1))
    if (spread == 0.0).any():
        raise TooFewValuesError(
            "All times between events are equal: no Weibull law follows. Use the exponential model.",
            "事件間隔時間全部相同，無法估計 Weibull 分布；請改用指數模型。",
        )
    shape = np.asarray(math.pi / math.sqrt(6.0) / spread)
    for _ in range(_ITERATIONS):
        weights = np.exp(shape[..., None] * logs)
        total = weights.sum(axis=-1)
        mean = (weights * logs).sum(axis=-1) / total
        second = (weights * logs**2).sum(axis=-1) / total
        # g(k) = mean - 1 / k, and k g'(k) = k (second - mean^2) + 1 / k is its slope in ln k.
        step = (mean - 1.0 / shape) / (shape * (second - mean**2) + 1.0 / shape)
        shape = shape * np.exp(-step)
    return np.asarray(shape)


@dataclass(frozen=True, slots=True)
class _GeometricSigma:
    width: float

    def __call__(self, frozen: Arrays, memory: Arrays, seen: Observed) -> tuple[Trace, Arrays]:  # noqa: ARG002
        mean = frozen[0][..., None]
        return normal_trace(seen.values, mean, np.sqrt(mean * (mean + 1.0)), self.width, (0.0, np.inf))


@dataclass(frozen=True, slots=True)
class _Geometric:
    width: float
    smooth: bool

    def __call__(self, frozen: Arrays, memory: Arrays, seen: Observed) -> tuple[Trace, Arrays]:  # noqa: ARG002
        # Where every part had its event (p = 1), only a count of zero is possible, and nothing has a spread.
        certain = frozen[1][..., None] >= 1.0
        log_good = np.log1p(-np.where(certain, 0.5, frozen[1][..., None]))
        above = np.exp(log_good * (seen.values + 1.0))
        below = -np.expm1(log_good * (seen.values + 1.0))
        quantile = _smooth_quantile if self.smooth else _interpolated_quantile
        limits = [np.where(certain, 0.0, quantile(log, log_good)) for log in _log_tails(self.width)]
        limits = [np.broadcast_to(limit, seen.values.shape) for limit in limits]
        scores = np.where(certain, np.nan, normal_score(below, above))
        return _quantile_trace(seen.values, limits, scores, np.where(certain, 0.0, np.nan)), ()


def _smooth_quantile(log_above: float, log_good: NDArray[np.float64]) -> NDArray[np.float64]:
    return log_above / log_good - 1.0


def _interpolated_quantile(log_above: float, log_good: NDArray[np.float64]) -> NDArray[np.float64]:
    whole = np.maximum(np.ceil(log_above / log_good - 1.0), 0.0)
    share, before, after = -np.expm1(log_above), -np.expm1(log_good * whole), -np.expm1(log_good * (whole + 1.0))
    return np.maximum(whole - 1.0, 0.0) + (share - before) / (after - before)


@dataclass(frozen=True, slots=True)
class _Weibull:
    width: float

    def __call__(self, frozen: Arrays, memory: Arrays, seen: Observed) -> tuple[Trace, Arrays]:  # noqa: ARG002
        shape, scale = (array[..., None] for array in frozen)
        hazard = (seen.values / scale) ** shape
        limits = [np.broadcast_to(scale * (-log) ** (1.0 / shape), seen.values.shape) for log in _log_tails(self.width)]
        return _quantile_trace(seen.values, limits, normal_score(-np.expm1(-hazard), np.exp(-hazard))), ()


def _log_tails(width: float) -> tuple[float, float, float]:
    """Logarithms of the shares above the lower limit, the centre and the upper limit."""
    tail = float(normal_below(-width))
    return math.log1p(-tail), math.log(0.5), math.log(tail)


def _quantile_trace(
    points: NDArray[np.float64],
    limits: list[NDArray[np.float64]],
    scores: NDArray[np.float64],
    spread: NDArray[np.float64] | float = np.nan,
) -> Trace:
    lower, center, upper = limits
    return Trace(
        points, np.maximum(center, 0.0), lower, upper, np.broadcast_to(spread, points.shape), scores, floor=0.0
    )
