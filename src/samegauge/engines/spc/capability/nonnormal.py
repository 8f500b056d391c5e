"""Performance of values that are not normal, by the percentiles of a fitted distribution."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

from samegauge.engines.errors import InvalidOptionError
from samegauge.engines.laws.continuous import normal_below, normal_quantile, normal_quantiles
from samegauge.engines.spc.capability.families import Distribution, Family
from samegauge.engines.spc.capability.fitting import Fit, fitted
from samegauge.engines.spc.capability.goodness import GoodnessOfFit, goodness_of_fit
from samegauge.engines.spc.capability.intervals import Index
from samegauge.engines.spc.capability.nonconforming import Nonconforming, PartsPerMillion, observed_nonconforming
from samegauge.quantities.method import Method

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    from samegauge.quantities.tolerance import Limits

    Array = NDArray[np.float64]

_SHARES = (0.00135, 0.5, 0.99865)
_MILLION = 1e6
_STEP = 1e-4  # of the standard error of a parameter, for derivatives


class NonnormalMethod(Enum):
    """PERCENTILES compares widths; SHARES asks which normal distribution has the same share beyond each limit."""

    PERCENTILES = "percentiles 0.135 %, 50 %, 99.865 % of the fitted distribution"
    SHARES = "share beyond each limit as a normal quantile"


@dataclass(frozen=True, slots=True)
class FittedCapability:
    """Overall indices only: a fit of all values knows nothing of subgroups. None where a limit is missing.

    `low`, `median` and `high` are the percentiles that take the place of mean - 3 sigma, mean and mean + 3 sigma.
    """

    limits: Limits
    count: int
    fit: Fit
    goodness: GoodnessOfFit
    low: float
    median: float
    high: float
    pp: Index | None
    ppl: Index | None
    ppu: Index | None
    ppk: Index | None
    expected: Nonconforming
    observed: Nonconforming
    method: Method


def capability_fitted(
    values: ArrayLike,
    limits: Limits,
    family: Family,
    *,
    index_method: NonnormalMethod = NonnormalMethod.PERCENTILES,
    confidence: float = 0.95,
) -> FittedCapability:
    """Does a process whose values follow another distribution than the normal one keep within its limits?

    Parameters
    ----------
    values : array_like of float, shape (n,)
        Single values, n >= 5 (8 for the normal and the lognormal family) [unit of the limits].
    limits : Limits
        One- or two-sided tolerance limits [unit of the limits].
    family : Family
        The family to fit by maximum likelihood [1].
    index_method : NonnormalMethod
        What the indices compare [1].
    confidence : float
        Confidence level, between 0 and 1 [1].

    Returns
    -------
    FittedCapability
        Fit, test of the fit, percentiles, indices with intervals and shares beyond [unit of the limits; 1].

    Raises
    ------
    TooFewValuesError
        Too few values, or all equal.
    NonFiniteValuesError
        NaN or infinity among the values.
    NoFitError
        Values that the family cannot describe.
    InvalidOptionError
        Confidence outside (0, 1).

    Notes
    -----
    Pp = (U - L) / (X99.865 - X0.135), Ppu = (U - X50) / (X99.865 - X50), Ppl = (X50 - L) / (X50 - X0.135), Ppk the
    smaller. SHARES: Ppu = -z(P(x > U)) / 3, Ppl alike, Pp from both shares as half the distance of their quantiles.
    A limit beyond the end of the fitted distribution has no share beyond it: 0 parts per million, no index by SHARES.
    Intervals: delta method with the covariance of the fit (Pp and the shares on a scale without bounds), good for 50
    values or more; the family is taken as right, which a good test of the fit supports but does not prove. No outside
    number was found for the intervals; their coverage is simulated in the tests.

    Examples
    --------
    >>> from samegauge.quantities.tolerance import Limits
    >>> values = [17.88, 28.92, 33.0, 41.52, 42.12, 45.6, 48.48, 51.84, 51.96, 54.12, 55.56, 67.8, 68.64, 68.64, 68.88]
    >>> round(capability_fitted(values, Limits(None, 150.0, "h"), Family.WEIBULL).ppk.value, 3)
    2.544

    References
    ----------
    ISO 22514-2:2017 (percentile method; clause from memory). Clements J. A., Quality Progress 22 (1989) No. 9, 95.
    """
    if not 0.0 < confidence < 1.0:
        raise InvalidOptionError(
            f"A confidence of {confidence} is not between 0 and 1.", f"信賴水準 {confidence} 不在 0 與 1 之間。"
        )
    fit = fitted(values, family)
    low, median, high = (float(one) for one in fit.distribution.quantile(_SHARES))
    value, error = _with_errors(fit, lambda one: _indices(one, limits, index_method))
    spread = normal_quantile(0.5 + confidence / 2.0), normal_quantile(confidence)
    ppl, ppu = (_index(float(v), float(e), spread) for v, e in zip(value[1:], error[1:], strict=True))
    sides = [one for one in (ppl, ppu) if one is not None]
    return FittedCapability(
        limits=limits,
        count=fit.count,
        fit=fit,
        goodness=goodness_of_fit(values, fit.distribution),
        low=low,
        median=median,
        high=high,
        pp=_spread_index(float(value[0]), float(error[0]), spread),
        ppl=ppl,
        ppu=ppu,
        ppk=min(sides, key=lambda one: one.value, default=None),
        expected=_expected(fit, limits, confidence),
        observed=observed_nonconforming(values, limits, confidence),
        method=Method(
            name="process performance by a fitted distribution",
            reference="ISO 22514-2:2017 (percentile method)",
            estimator=f"{family.value} by maximum likelihood; {index_method.value}; intervals: delta method",
            constants={"share_low": _SHARES[0], "share_high": _SHARES[2], **fit.distribution.parameters},
            confidence=confidence,
            sample_size=fit.count,
            data_hash=fit.method.data_hash,
            assumed=("values are independent", f"values follow the {family.value} distribution"),
        ),
    )


def _indices(one: Distribution, limits: Limits, index_method: NonnormalMethod) -> Array:
    """Pp, Ppl and Ppu, NaN where they do not exist."""
    lower = math.nan if limits.lower is None else limits.lower
    upper = math.nan if limits.upper is None else limits.upper
    if index_method is NonnormalMethod.PERCENTILES:
        low, median, high = one.quantile(_SHARES)
        return np.array(
            [(upper - lower) / (high - low), (median - lower) / (median - low), (upper - median) / (high - median)]
        )
    below, above = _distances(one, limits)
    return np.array([(below + above) / 6.0, below / 3.0, above / 3.0])


def _distances(one: Distribution, limits: Limits) -> Array:
    """Shares below and above the limits as distances in a normal distribution; NaN where nothing can lie beyond."""
    below = math.nan if limits.lower is None else float(one.below(limits.lower))
    above = math.nan if limits.upper is None else float(one.above(limits.upper))
    found = -normal_quantiles([below, above])
    return np.where(np.isfinite(found), found, np.nan)


def _with_errors(fit: Fit, measure: Callable[[Distribution], Array]) -> tuple[Array, Array]:
    """What is measured of the fitted distribution, and its standard errors by the delta method."""
    working = np.array(fit.distribution.working)
    family = fit.distribution.family

    def moved(place: int, by: float) -> Array:
        other = working.copy()
        other[place] += by
        return measure(Distribution(family, (float(other[0]), float(other[1]), float(other[2]))))

    steps = _STEP * np.sqrt(np.diag(fit.covariance))
    gradient = np.stack(
        [(moved(place, by) - moved(place, -by)) / (2.0 * by) for place, by in zip(family.free, steps, strict=True)]
    )
    return measure(fit.distribution), np.sqrt(np.einsum("ik,ij,jk->k", gradient, fit.covariance, gradient))


def _index(value: float, error: float, spread: tuple[float, float]) -> Index | None:
    if math.isnan(value):
        return None
    return Index(value, value - spread[0] * error, value + spread[0] * error, value - spread[1] * error)


def _spread_index(value: float, error: float, spread: tuple[float, float]) -> Index | None:
    """Pp is positive: its interval is symmetric in the logarithm."""
    logarithm = _index(math.log(value), error / value, spread) if value > 0.0 else None
    if logarithm is None:
        return None
    return Index(value, math.exp(logarithm.lower), math.exp(logarithm.upper), math.exp(logarithm.lower_bound))


def _expected(fit: Fit, limits: Limits, confidence: float) -> Nonconforming:
    value, error = _with_errors(fit, lambda one: _distances(one, limits))
    given = [limits.lower is not None, limits.upper is not None]
    sides = [_ppm(float(z), float(e), confidence) for z, e in zip(value, error, strict=True)]
    shared = confidence if sum(given) == 1 else (1.0 + confidence) / 2.0
    parts = [_ppm(float(z), float(e), shared) for z, e in zip(value, error, strict=True)]
    total = PartsPerMillion(
        sum(one.value for one in parts),
        sum(one.lower for one in parts),
        min(sum(one.upper for one in parts), _MILLION),
        min(sum(one.upper_bound for one in parts), _MILLION),
    )
    return Nonconforming(sides[0] if given[0] else None, sides[1] if given[1] else None, total)


def _ppm(z: float, error: float, confidence: float) -> PartsPerMillion:
    if math.isnan(z):
        return PartsPerMillion(0.0, 0.0, 0.0, 0.0)
    both, one = normal_quantile(0.5 + confidence / 2.0) * error, normal_quantile(confidence) * error
    value, lower, upper, bound = _MILLION * normal_below([-z, -z - both, -z + both, -z + one])
    return PartsPerMillion(float(value), float(lower), float(upper), float(bound))
