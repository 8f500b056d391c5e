"""Shares of parts beyond the limits: counted, and expected of a normal distribution; Z.bench."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from samegauge.engines.errors import InvalidOptionError
from samegauge.engines.laws.continuous import beta_quantile, log_normal_below, normal_quantiles_of_log
from samegauge.engines.spc.capability.indices import Conventions, Estimates, IndexColumn, Tolerances
from samegauge.engines.spc.capability.intervals import centred_index_bounds
from samegauge.engines.values import checked_values

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from samegauge.quantities.tolerance import Limits

_MILLION = 1e6


@dataclass(frozen=True, slots=True)
class PartsPerMillion:
    """`lower` and `upper` bound the share two-sidedly, `upper_bound` one-sidedly."""

    value: float
    lower: float
    upper: float
    upper_bound: float


@dataclass(frozen=True, slots=True)
class PpmColumn:
    """Shape (c,) [parts per million]; NaN where there is no limit on that side."""

    value: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    upper_bound: NDArray[np.float64]

    def at(self, place: int) -> PartsPerMillion | None:
        value = float(self.value[place])
        if np.isnan(value):
            return None
        return PartsPerMillion(
            value, float(self.lower[place]), float(self.upper[place]), float(self.upper_bound[place])
        )


@dataclass(frozen=True, slots=True)
class ExpectedTable:
    """Expected shares below, above and beyond the limits, and Z.bench: the total as a one-sided normal quantile."""

    below: PpmColumn
    above: PpmColumn
    total: PpmColumn
    z_bench: IndexColumn

    def at(self, place: int) -> Nonconforming:
        return Nonconforming(self.below.at(place), self.above.at(place), self.total.at(place))


@dataclass(frozen=True, slots=True)
class Nonconforming:
    """One characteristic; `below` or `above` is None without that limit, everything is None without spread."""

    below: PartsPerMillion | None
    above: PartsPerMillion | None
    total: PartsPerMillion | None


_DEFAULT = Conventions()


def expected_nonconforming(
    limits: Tolerances, estimates: Estimates, confidence: float = 0.95, conventions: Conventions = _DEFAULT
) -> ExpectedTable:
    """How many parts per million does a normal distribution put beyond the limits of many characteristics?

    Parameters
    ----------
    limits : Tolerances
        Limits of c characteristics [unit of the values].
    estimates : Estimates
        Means and standard deviations, within subgroups or overall [unit of the values].
    confidence : float
        Confidence level, between 0 and 1 [1].
    conventions : Conventions
        Kind of interval [1].

    Returns
    -------
    ExpectedTable
        Shares below, above, in all [parts per million], and Z.bench [1], each of shape (c,).

    Raises
    ------
    InvalidOptionError
        Confidence outside (0, 1) or no degrees of freedom.

    Notes
    -----
    F(-3 Cpl) and F(-3 Cpu); their bounds are those of Cpl and Cpu carried over. The total's bounds add those of both
    sides at half the error probability each (Bonferroni): never too narrow for exact side bounds, often too wide.
    Z.bench = -F^-1(total), minus infinity where a bound of the total is all parts. The estimator is the usual plug-in
    one, which is biased upwards in small samples.

    Examples
    --------
    >>> from samegauge.engines.spc.capability.indices import tolerances
    >>> estimates = Estimates(*(np.array([one]) for one in (50.0, 10.2, 0.2, 49.0, 0.2)))
    >>> table = expected_nonconforming(tolerances([9.0], [11.0]), estimates)
    >>> round(float(table.total.value[0]), 2), round(float(table.z_bench.value[0]), 3)
    (31.67, 4.0)

    References
    ----------
    ISO 22514-2:2017 (shares; clause from memory). Bissell A. F., Applied Statistics 39 (1990) 331.
    """
    sigma = np.where(estimates.sigma > 0.0, estimates.sigma, np.nan)
    distances = [
        np.where(np.isinf(one), np.nan, one)
        for one in ((estimates.mean - limits.lower) / sigma, (limits.upper - estimates.mean) / sigma)
    ]
    below, above = (_side(z, estimates, confidence, conventions) for z in distances)
    shared = [_side(z, estimates, (1.0 + confidence) / 2.0, conventions) for z in distances]
    both = ~np.isnan(below[0] + above[0])
    total = np.where(both, _sum(*shared), _sum(below, above))
    z_bench = -normal_quantiles_of_log(total[[0, 2, 1, 3]])
    below, above, total = (_MILLION * np.exp(one) for one in (below, above, total))
    return ExpectedTable(PpmColumn(*below), PpmColumn(*above), PpmColumn(*total), IndexColumn(*z_bench))


def _side(
    z: NDArray[np.float64], estimates: Estimates, confidence: float, conventions: Conventions
) -> NDArray[np.float64]:
    """The rows of a PpmColumn for limits z standard deviations away, as logarithms of shares: some are too small."""
    bounds = centred_index_bounds(z / 3.0, estimates.count, estimates.dof, confidence, conventions.centred_method)
    distances = np.stack([z, 3.0 * bounds.upper, 3.0 * bounds.lower, 3.0 * bounds.lower_bound])
    return log_normal_below(-distances)


def _sum(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shares of both sides, or of the one there is; at most all parts."""
    with np.errstate(invalid="ignore"):
        both = np.minimum(np.logaddexp(one, other), 0.0)
    return np.where(np.isnan(one), other, np.where(np.isnan(other), one, both))


def observed_ppm(beyond: int, count: int, confidence: float = 0.95) -> PartsPerMillion:
    """How many parts per million lie beyond a limit, by counting alone?

    Parameters
    ----------
    beyond : int
        Parts beyond the limit [1].
    count : int
        Parts measured [1].
    confidence : float
        Confidence level, between 0 and 1 [1].

    Returns
    -------
    PartsPerMillion
        Share with exact bounds [parts per million].

    Raises
    ------
    InvalidOptionError
        Confidence outside (0, 1), no parts, or more beyond than measured.

    Notes
    -----
    Clopper-Pearson, by quantiles of the beta distribution: no distribution of the values is assumed.

    Examples
    --------
    >>> round(observed_ppm(1, 100).value), round(observed_ppm(0, 59).upper_bound)
    (10000, 49508)

    References
    ----------
    Clopper C. J., Pearson E. S., Biometrika 26 (1934) 404, doi:10.1093/biomet/26.4.404.
    """
    if not 0 <= beyond <= count or count < 1 or not 0.0 < confidence < 1.0:
        raise InvalidOptionError(
            f"{beyond} of {count} parts with confidence {confidence} is no count.",
            f"{count} 件中有 {beyond} 件、信賴水準 {confidence}，不是合理的計數。",
        )
    tail = (1.0 - confidence) / 2.0

    def upper(probability: float) -> float:
        return _MILLION * beta_quantile(probability, beyond + 1, count - beyond) if beyond < count else _MILLION

    lower = _MILLION * beta_quantile(tail, beyond, count - beyond + 1) if beyond else 0.0
    return PartsPerMillion(_MILLION * beyond / count, lower, upper(1.0 - tail), upper(confidence))


def observed_nonconforming(values: ArrayLike, limits: Limits, confidence: float = 0.95) -> Nonconforming:
    """How many of the measured parts lie beyond each limit, in parts per million?

    Parameters
    ----------
    values : array_like of float, shape (n,)
        Measured values [unit of the limits].
    limits : Limits
        One- or two-sided tolerance limits [unit of the limits].
    confidence : float
        Confidence level, between 0 and 1 [1].

    Returns
    -------
    Nonconforming
        Counted shares below, above and in all, with exact bounds [parts per million].

    Raises
    ------
    NonFiniteValuesError
        NaN or infinity among the values.
    InvalidOptionError
        Confidence outside (0, 1) or no values.

    Notes
    -----
    A value on a limit conforms.

    Examples
    --------
    >>> from samegauge.quantities.tolerance import Limits
    >>> observed_nonconforming([1.0, 2.0, 3.0, 4.0], Limits(None, 3.0, "mm")).total.value
    250000.0

    References
    ----------
    Clopper C. J., Pearson E. S., Biometrika 26 (1934) 404, doi:10.1093/biomet/26.4.404.
    """
    flat = checked_values(values)
    below = None if limits.lower is None else int(np.count_nonzero(flat < limits.lower))
    above = None if limits.upper is None else int(np.count_nonzero(flat > limits.upper))
    return Nonconforming(
        None if below is None else observed_ppm(below, flat.size, confidence),
        None if above is None else observed_ppm(above, flat.size, confidence),
        observed_ppm((below or 0) + (above or 0), flat.size, confidence),
    )
