"""What every chart is made of: observations, a law with frozen limits and bounded memory, and plotted points.

Time is the last axis everywhere; axes before it are characteristics, charted side by side.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from samegauge.engines.spc.charts.rules import Course, RuleChoice, rule_alarms

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import EllipsisType
    from typing import Self

    from numpy.typing import NDArray

_NONE = np.empty(0)
_ROUNDING = 64.0 * float(np.finfo(np.float64).eps)


class Observed(NamedTuple):
    """What a chart is drawn from, after the door: per point a value, and whatever else its limits depend on.

    `values` (..., n), of several variables (..., p, n); `sizes` subgroup size or area of opportunity; `ranges` and
    `deviations` of subgroups; `parts` the number of the part family's member; `scatter` (..., p, p, n) the covariance
    within subgroups. Empty where a chart has no use for it.
    """

    values: NDArray[np.float64]
    sizes: NDArray[np.float64] = _NONE
    ranges: NDArray[np.float64] = _NONE
    deviations: NDArray[np.float64] = _NONE
    parts: NDArray[np.intp] = np.empty(0, dtype=np.intp)
    scatter: NDArray[np.float64] = _NONE

    @property
    def length(self) -> int:
        return self.values.shape[-1]

    def between(self, first: int, end: int) -> Self:
        return self._make(array[..., first:end] for array in self)

    def rows(self, places: NDArray[np.intp]) -> Self:
        return self._make(array[places] if array.size else array for array in self)


class Trace(NamedTuple):
    """Plotted points and their limits before anything is cut off at `floor` and `ceiling`; `spread` is their sigma."""

    points: NDArray[np.float64]
    center: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    spread: NDArray[np.float64]
    scores: NDArray[np.float64]
    floor: float | NDArray[np.float64] = -np.inf
    ceiling: float | NDArray[np.float64] = np.inf


Arrays = tuple["NDArray[np.float64]", ...]


class Law(Protocol):
    """From frozen parameters and what is remembered of earlier points to new points, limits and the next memory."""

    def __call__(self, frozen: Arrays, memory: Arrays, seen: Observed) -> tuple[Trace, Arrays]: ...


@dataclass(frozen=True, slots=True)
class Design:
    """A chart whose limits no longer move: `frozen` and `memory` have the characteristics on their leading axes.

    `sigma` is the estimated standard deviation of single values, NaN where a chart knows none.
    """

    law: Law
    frozen: Arrays
    sigma: NDArray[np.float64]
    estimator: str
    constants: Mapping[str, float]
    memory: Arrays = ()


@dataclass(frozen=True, slots=True)
class Plotted:
    """Points with the limits that held for each, of shape (..., n), in the unit of the statistic.

    `spread` is the standard deviation of the plotted statistic; NaN where limits are quantiles of a distribution.
    `scores` are the points in sigma. Bit k - 1 of `alarms` is set where rule k is completed.
    """

    points: NDArray[np.float64]
    center: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    spread: NDArray[np.float64]
    scores: NDArray[np.float64]
    alarms: NDArray[np.uint16]


def plotted(trace: Trace, rules: RuleChoice, before: Course | None = None) -> Plotted:
    """Which rules do new points break, seen after the points before them?

    Parameters
    ----------
    trace : Trace
        New points with their limits, shape (..., k) [unit of the statistic].
    rules : RuleChoice
        The rules [1].
    before : Course, optional
        Points before them, as many as the rules remember, NaN where there were none [unit of the statistic].

    Returns
    -------
    Plotted
        The new points with limits and alarms [unit of the statistic].

    Notes
    -----
    Limits are compared before they are cut off at a natural bound: a count of zero is not below a limit of zero.

    Examples
    --------
    >>> import numpy as np
    >>> from samegauge.engines.spc.charts.rules import LIMITS_ONLY
    >>> x, z = np.array([0.5]), np.zeros(1)
    >>> plotted(Trace(x, z, z - 0.3, z + 0.3, z + 0.1, x / 0.1), LIMITS_ONLY).alarms.tolist()
    [1]

    References
    ----------
    ISO 7870-2:2013.
    """
    points, scores = trace.points, trace.scores
    new = points.shape[-1]
    beyond = beyond_limits(trace, strict=rules.strict)
    if before is not None:
        points = np.concatenate([before.points, points], axis=-1)
        scores = np.concatenate([before.scores, scores], axis=-1)
        beyond = np.concatenate([before.beyond, beyond], axis=-1)
    alarms = rule_alarms(Course(points, scores, beyond), rules, new)
    lower, upper = _cut(trace.lower, np.maximum, trace.floor), _cut(trace.upper, np.minimum, trace.ceiling)
    return Plotted(trace.points, trace.center, lower, upper, trace.spread, trace.scores, alarms)


def _cut(limit: NDArray[np.float64], nearer: np.ufunc, bound: float | NDArray[np.float64]) -> NDArray[np.float64]:
    """A limit that is one number for all points stays one, seen many times."""
    one = limit.strides[-1] == 0 and np.ndim(bound) == 0
    return np.broadcast_to(nearer(limit[..., :1] if one else limit, bound), limit.shape)


def beyond_limits(trace: Trace, *, strict: bool) -> NDArray[np.bool_]:
    """Which points lie beyond their limits?

    Parameters
    ----------
    trace : Trace
        Points and limits, shape (..., n) [unit of the statistic].
    strict : bool
        False counts a point on a limit as beyond [1].

    Returns
    -------
    ndarray of bool, shape (..., n)
        True beyond; False where a point has no score, unless there is no spread [1].

    Notes
    -----
    Points that set limits without a spread leave centre and both limits on one value. Under a process that only ever
    gives that value, another one is impossible, not merely rare: whatever differs from the centre by more than
    rounding is beyond, and what equals it is within, whether or not a point on a limit counts.

    Examples
    --------
    >>> import numpy as np
    >>> none, score = np.zeros(2), np.full(2, np.nan)
    >>> beyond_limits(Trace(np.array([0.0, 0.1]), none, none, none, none, score), strict=False).tolist()
    [False, True]

    References
    ----------
    ISO 7870-2:2013.
    """
    if strict:
        outside = (trace.points > trace.upper) | (trace.points < trace.lower)
    else:
        outside = (trace.points >= trace.upper) | (trace.points <= trace.lower)
    outside &= ~np.isnan(trace.scores)
    still = trace.spread == 0.0
    if not still.any():
        return outside
    return np.where(still, np.abs(deviations(trace.points, trace.center)) > 0.0, outside)


def deviations(points: NDArray[np.float64], center: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far do points lie from a centre, where equal values are known to be equal?

    Parameters
    ----------
    points, center : ndarray of float, broadcastable to the shape of points
        Plotted statistic and its centre [unit of the statistic].

    Returns
    -------
    ndarray of float, shape (..., n)
        Point minus centre; 0 where it is mere rounding, NaN where a point does not exist [unit of the statistic].

    Notes
    -----
    The mean of equal values differs from them in the last bits; 64 of them are more than the sums of this product
    lose, and far less than any gauge resolves.

    Examples
    --------
    >>> import numpy as np
    >>> values = np.array([0.1] * 6 + [0.6])
    >>> deviations(values, np.mean(values[:6]))[[0, 6]].tolist()
    [0.0, 0.5]

    References
    ----------
    None: elementary.
    """
    away = points - center
    return np.where(np.abs(away) <= _ROUNDING * np.maximum(np.abs(points), np.abs(center)), 0.0, away)


def normal_trace(
    points: NDArray[np.float64],
    center: NDArray[np.float64],
    spread: NDArray[np.float64],
    width: float,
    bounds: tuple[float, float | NDArray[np.float64]] = (-np.inf, np.inf),
) -> tuple[Trace, Arrays]:
    """Where do limits lie that are a number of standard deviations around a centre?

    Parameters
    ----------
    points, center, spread : ndarray of float, broadcastable to the shape of points
        Plotted statistic, its mean and standard deviation [unit of the statistic].
    width : float
        Half width of the limits in standard deviations [1].
    bounds : tuple of float or ndarray of float
        Values beyond which the statistic cannot lie [unit of the statistic].

    Returns
    -------
    tuple
        The trace, and an empty memory: such points know nothing of earlier ones [unit of the statistic].

    Notes
    -----
    centre +- width * spread; scores are (point - centre) / spread, NaN without spread.

    Examples
    --------
    >>> import numpy as np
    >>> trace, _ = normal_trace(np.array([4.0]), np.array([1.0]), np.array([0.5]), 3.0)
    >>> float(trace.upper[0]), float(trace.scores[0])
    (2.5, 6.0)

    References
    ----------
    ISO 7870-2:2013.
    """
    scores = points - center
    scores /= np.where(spread > 0.0, spread, np.nan)
    reach = width * spread
    middle, lower, upper, sigma = (
        np.broadcast_to(array, points.shape) for array in (center, center - reach, center + reach, spread)
    )
    return Trace(points, middle, lower, upper, sigma, scores, *bounds), ()


def taken(design: Design, places: int | NDArray[np.intp] | EllipsisType) -> Design:
    """What is the design of some of many characteristics?

    Parameters
    ----------
    design : Design
        Of many characteristics [1].
    places : int, ndarray of int or Ellipsis
        Which of them [1].

    Returns
    -------
    Design
        With the leading axis reduced [1].

    Notes
    -----
    Indexing, no more.

    Examples
    --------
    >>> import numpy as np
    >>> from samegauge.engines.spc.charts.individuals import imr_charts
    >>> many = imr_charts([[1.0, 2.0], [5.0, 6.0]]).location.designs[0]
    >>> float(taken(many, 1).frozen[0])
    5.5

    References
    ----------
    None: elementary.
    """
    return replace(
        design,
        frozen=tuple(array[places] for array in design.frozen),
        memory=tuple(array[places] for array in design.memory),
        sigma=np.asarray(design.sigma[places]),
    )
