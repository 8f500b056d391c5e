"""Transformations of values towards a normal distribution: Box-Cox and Johnson."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from samegauge.engines.errors import InvalidOptionError
from samegauge.engines.laws.continuous import chi_square_quantile
from samegauge.engines.laws.numerics import minimum_between, root_between
from samegauge.engines.spc.capability.fitting import NoFitError
from samegauge.engines.spc.capability.johnson import Johnson, spread_sample
from samegauge.engines.spc.capability.normal import Capability, CapabilityOptions, capability
from samegauge.engines.values import checked_values
from samegauge.quantities.method import Method, hash_of_data
from samegauge.quantities.tolerance import Limits

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

_LAMBDAS = (-5.0, 5.0)
_NEARLY_ZERO = 1e-9
_ROUNDED_TO = 0.5


@dataclass(frozen=True, slots=True)
class BoxCox:
    """(x^power - 1) / power, or log x for power 0. `lower` and `upper` bound the best power at the confidence."""

    power: float
    best: float
    lower: float
    upper: float
    method: Method

    def transformed(self, values: ArrayLike) -> Array:
        """NaN where a value has no transform: not positive, or zero for a power that is not positive."""
        return _box_cox(np.asarray(values, dtype=np.float64), self.power)


Transformation = BoxCox | Johnson


@dataclass(frozen=True, slots=True)
class TransformedCapability:
    """`result` is in transformed units; a limit without a transform cannot be crossed and is left out of it."""

    limits: Limits
    transformation: Transformation
    result: Capability
    unreachable: tuple[float, ...]


def _box_cox(x: Array, power: float) -> Array:
    possible = (x > 0.0) | ((x == 0.0) & (power > _NEARLY_ZERO))
    safe = np.where(possible, x, 1.0)
    if abs(power) < _NEARLY_ZERO:
        return np.where(possible, np.log(safe), np.nan)
    return np.where(possible, (safe**power - 1.0) / power, np.nan)


def box_cox(values: ArrayLike, *, rounded: bool = False, confidence: float = 0.95) -> BoxCox:
    """Which power makes positive values most like a normal sample?

    Parameters
    ----------
    values : array_like of float, shape (n,)
        Positive values, n >= 8 [any unit].
    rounded : bool
        Take the multiple of 0.5 next to the best power, as is usual in reports [1].
    confidence : float
        Confidence level of the power's interval [1].

    Returns
    -------
    BoxCox
        The transformation with the best power and its interval [1].

    Raises
    ------
    TooFewValuesError
        Fewer than 8 values, or all equal.
    NoFitError
        Values that are not positive.
    NonFiniteValuesError
        NaN or infinity among the values.
    InvalidOptionError
        Confidence outside (0, 1).

    Notes
    -----
    Maximum of -n/2 log(variance) + (power - 1) sum(log x) between -5 and 5; the interval holds all powers whose
    log-likelihood is less than half a chi-square quantile below it. Overall variance: subgroups play no part.

    Examples
    --------
    >>> values = [17.88, 28.92, 33.0, 41.52, 42.12, 45.6, 48.48, 51.84, 51.96, 54.12, 55.56, 67.8, 68.64, 68.64, 68.88]
    >>> round(box_cox(values).best, 3), box_cox(values, rounded=True).power
    (1.384, 1.5)

    References
    ----------
    Box G. E. P., Cox D. R., Journal of the Royal Statistical Society B 26 (1964) 211,
    doi:10.1111/j.2517-6161.1964.tb00553.x.
    """
    if not 0.0 < confidence < 1.0:
        raise InvalidOptionError(
            f"A confidence of {confidence} is not between 0 and 1.", f"信賴水準 {confidence} 不在 0 與 1 之間。"
        )
    x = spread_sample(values)
    if float(x.min()) <= 0.0:
        raise NoFitError(
            f"Box-Cox needs positive values; the smallest one is {x.min():g}. Use Johnson, or another zero.",
            f"Box-Cox 需要正值；最小值是 {x.min():g}。改用 Johnson 轉換，或改變零點。",
        )
    logs = np.log(x / np.exp(np.log(x).mean()))  # of mean zero: the second term of the likelihood drops out

    def loss(power: float) -> float:
        return x.size / 2.0 * math.log(float(_box_cox(np.exp(logs), power).var()))

    best = minimum_between(loss, *_LAMBDAS)
    allowed = loss(best) + chi_square_quantile(confidence, 1.0) / 2.0
    low, high = (
        end if loss(end) < allowed else root_between(lambda power: loss(power) - allowed, *sorted((end, best)))
        for end in _LAMBDAS
    )
    return BoxCox(
        round(best / _ROUNDED_TO) * _ROUNDED_TO if rounded else best,
        best,
        low,
        high,
        Method(
            name="Box-Cox transformation",
            reference="Box and Cox 1964",
            estimator=f"maximum likelihood, {'rounded to halves' if rounded else 'not rounded'}",
            constants={"best_power": best},
            confidence=confidence,
            sample_size=x.size,
            data_hash=hash_of_data(x),
        ),
    )


def capability_transformed(
    values: ArrayLike,
    limits: Limits,
    transformation: Transformation,
    options: CapabilityOptions | None = None,
) -> TransformedCapability:
    """How capable is a process, judged where its transformed values are normal?

    Parameters
    ----------
    values : array_like of float, shape (n,) or (m, k)
        Single values in time order, or m subgroups of k values each [unit of the limits].
    limits : Limits
        One- or two-sided tolerance limits [unit of the limits].
    transformation : BoxCox or Johnson
        The transformation, usually found from the same values [1].
    options : CapabilityOptions, optional
        As for values that need no transformation; the target is transformed as well [1].

    Returns
    -------
    TransformedCapability
        Capability in transformed units, and the limits that cannot be reached [1; unit of the limits].

    Raises
    ------
    NoFitError
        A value or the target has no transform, or neither limit has one.
    TooFewValuesError
        Fewer than 2 values left.
    NonFiniteValuesError
        NaN or infinity among the values.
    InvalidOptionError
        Options out of range.

    Notes
    -----
    All transformations rise, so limits keep their sides. A limit outside the bounds of the transformation is one that
    the model never crosses; it gives no index. Without a given target, Cpm refers to the middle of the transformed
    limits, which is not the transform of the middle. Intervals do not count the uncertainty of the transformation.

    Examples
    --------
    >>> values = np.random.default_rng(4).lognormal(0.0, 0.2, 60)
    >>> found = capability_transformed(values, Limits(0.4, 2.5, "um"), box_cox(values, rounded=True))
    >>> found.transformation.power, found.result.ppk.value > 1.0
    (-0.5, True)

    References
    ----------
    Chou Y.-M., Polansky A. M., Mason R. L., Journal of Quality Technology 30 (1998) 133.
    """
    chosen = CapabilityOptions() if options is None else options
    array = checked_values(values, dimensions=(1, 2))
    moved = transformation.transformed(array)
    target = None if chosen.target is None else float(transformation.transformed(chosen.target))
    if np.isnan(moved).any() or (target is not None and math.isnan(target)):
        raise NoFitError(
            "A value or the target lies outside the bounds of the transformation.", "有數值或目標超出轉換的範圍。"
        )
    given = [bound for bound in (limits.lower, limits.upper) if bound is not None]
    lower, upper = (
        None
        if bound is None or math.isnan(float(transformation.transformed(bound)))
        else float(transformation.transformed(bound))
        for bound in (limits.lower, limits.upper)
    )
    if lower is None and upper is None:
        raise NoFitError(
            "No limit lies within the bounds of the transformation: there is nothing to compare with.",
            "沒有任何界限落在轉換的範圍內，無法比較。",
        )
    return TransformedCapability(
        limits,
        transformation,
        capability(moved, Limits(lower, upper, "1"), replace(chosen, target=target)),
        tuple(bound for bound in given if math.isnan(float(transformation.transformed(bound)))),
    )
