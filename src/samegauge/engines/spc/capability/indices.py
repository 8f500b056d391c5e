"""The indices of many characteristics at once: Cp, Cpl, Cpu, Cpk, Cpm, or their overall twins, with intervals."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

from samegauge.engines.errors import InvalidOptionError
from samegauge.engines.spc.capability.dispersion import WithinEstimator, WithinOptions
from samegauge.engines.spc.capability.intervals import (
    Bounds,
    CentredMethod,
    Index,
    centred_index_bounds,
    spread_index_bounds,
    target_index_bounds,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


class TargetDenominator(Enum):
    """What Cpm and Ppm divide by; the last two are the same for both, since they use no estimate within subgroups."""

    SIGMA = "sqrt(sigma^2 + (mean - target)^2)"
    VALUES = "sqrt(sum (x - target)^2 / n)"
    VALUES_LESS_ONE = "sqrt(sum (x - target)^2 / (n - 1))"


@dataclass(frozen=True, slots=True)
class Conventions:
    """Where authorities differ. `estimator` None: mean range of subgroups, mean moving range of single values.

    `asymmetric_target` compares the shorter way from target to limit with 3 deviations (Cpm*), not the width with 6.
    """

    estimator: WithinEstimator | None = None
    within: WithinOptions = field(default_factory=WithinOptions)
    unbiased_overall: bool = False
    centred_method: CentredMethod = CentredMethod.BISSELL
    target_denominator: TargetDenominator = TargetDenominator.SIGMA
    asymmetric_target: bool = False

    def text(self, estimator: WithinEstimator) -> str:
        """Everything that changes a printed number, for the method record."""
        divided = " / c4" if self.within.unbiased and estimator is WithinEstimator.POOLED else ""
        overall = " / c4" if self.unbiased_overall else ""
        numerator = "shorter way to a limit / 3" if self.asymmetric_target else "width / 6"
        centred = "Bissell" if self.centred_method is CentredMethod.BISSELL else "noncentral t"
        return (
            f"within: {estimator.value}{divided}; overall: sample standard deviation (n - 1){overall}; "
            f"intervals: chi-square (Cp, Pp), {centred} (Cpk, Ppk), Boyles (Cpm); "
            f"degrees of freedom: {self.within.dof.value}; Cpm: {numerator} over {self.target_denominator.value}"
        )


@dataclass(frozen=True, slots=True)
class Tolerances:
    """Shape (c,); lower is -inf and upper +inf where there is no limit, target NaN where there is none."""

    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    target: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimates:
    """Shape (c,). `sigma`, worth `dof` degrees of freedom, is the deviation of these indices; `sample` that of all."""

    count: NDArray[np.float64]
    mean: NDArray[np.float64]
    sigma: NDArray[np.float64]
    dof: NDArray[np.float64]
    sample: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class IndexColumn:
    """Shape (c,); NaN where the index does not exist."""

    value: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    lower_bound: NDArray[np.float64]

    def at(self, place: int) -> Index | None:
        value = float(self.value[place])
        if np.isnan(value):
            return None
        return Index(value, float(self.lower[place]), float(self.upper[place]), float(self.lower_bound[place]))


@dataclass(frozen=True, slots=True)
class IndexTable:
    """`spread` is Cp or Pp, `lower` and `upper` the halves (l, u), `nearest` the smaller (k), `target` Cpm or Ppm."""

    spread: IndexColumn
    lower: IndexColumn
    upper: IndexColumn
    nearest: IndexColumn
    target: IndexColumn


_DEFAULT = Conventions()


def tolerances(lower: ArrayLike, upper: ArrayLike, target: ArrayLike | None = None) -> Tolerances:
    """Which limits and targets do the characteristics have, said in one way?

    Parameters
    ----------
    lower, upper : array_like of float, shape (c,)
        Limits; NaN or infinite where there is none [unit of the values].
    target : array_like of float, shape (c,), optional
        Targets; NaN where there is none [unit of the values].

    Returns
    -------
    Tolerances
        Without a target, the middle of two limits is one [unit of the values].

    Raises
    ------
    InvalidOptionError
        No limit at all, or a lower limit that is not below the upper one.

    Notes
    -----
    The middle as target is what R's qcc does; a characteristic with one limit and no target has no Cpm.

    Examples
    --------
    >>> tolerances([9.0, np.nan], [11.0, 5.0]).target.tolist()
    [10.0, nan]

    References
    ----------
    None: a rule of this product.
    """
    low, high = np.asarray(lower, dtype=np.float64), np.asarray(upper, dtype=np.float64)
    low = np.where(np.isfinite(low), low, -np.inf)
    high = np.where(np.isfinite(high), high, np.inf)
    broken = np.flatnonzero(~(low < high) | (np.isinf(low) & np.isinf(high)))
    if broken.size:
        raise InvalidOptionError(
            f"Characteristic {broken[0]} has no limit, or a lower one that is not below the upper one.",
            f"第 {broken[0]} 個特性沒有界限，或下限沒有小於上限。",
        )
    both = np.isfinite(low) & np.isfinite(high)
    middle = np.where(both, (np.where(both, low, 0.0) + np.where(both, high, 0.0)) / 2.0, np.nan)
    given = np.full(low.shape, np.nan) if target is None else np.asarray(target, dtype=np.float64)
    return Tolerances(low, high, np.where(np.isnan(given), middle, given))


def index_table(
    limits: Tolerances, estimates: Estimates, confidence: float = 0.95, conventions: Conventions = _DEFAULT
) -> IndexTable:
    """How do many tolerances compare with the spreads of their processes, and how sure is each index?

    Parameters
    ----------
    limits : Tolerances
        Limits and targets of c characteristics [unit of the values].
    estimates : Estimates
        Means and standard deviations, within subgroups or overall [unit of the values].
    confidence : float
        Confidence level, between 0 and 1 [1].
    conventions : Conventions
        Kind of interval and of Cpm [1].

    Returns
    -------
    IndexTable
        Five indices with their bounds, each of shape (c,) [1].

    Raises
    ------
    InvalidOptionError
        Confidence outside (0, 1) or no degrees of freedom.

    Notes
    -----
    Cp = (U - L) / (6 sigma), Cpl = (mean - L) / (3 sigma), Cpu = (U - mean) / (3 sigma), Cpk the smaller of the two,
    Cpm = (U - L) / (6 tau) with tau after the convention. Without spread no index exists. Normal values are assumed.

    Examples
    --------
    >>> estimates = Estimates(*(np.array([one]) for one in (50.0, 10.2, 0.2, 49.0, 0.2)))
    >>> table = index_table(tolerances([9.0], [11.0]), estimates)
    >>> [round(float(one.value[0]), 4) for one in (table.spread, table.nearest, table.target)]
    [1.6667, 1.3333, 1.1785]

    References
    ----------
    ISO 22514-2:2017 (Cp, Cpk, Pp, Ppk). Chan L. K., Cheng S. W., Spiring F. A., Journal of Quality Technology 20 (1988)
    162 (Cpm).
    """
    count, dof = estimates.count, estimates.dof
    sigma = np.where(estimates.sigma > 0.0, estimates.sigma, np.nan)
    spread = _existing((limits.upper - limits.lower) / (6.0 * sigma))
    lower = _existing((estimates.mean - limits.lower) / (3.0 * sigma))
    upper = _existing((limits.upper - estimates.mean) / (3.0 * sigma))
    offset, target = _target_index(limits, estimates, conventions)

    def centred(value: NDArray[np.float64]) -> IndexColumn:
        return _column(value, centred_index_bounds(value, count, dof, confidence, conventions.centred_method))

    below, above = centred(lower), centred(upper)
    return IndexTable(
        _column(spread, spread_index_bounds(spread, dof, confidence)),
        below,
        above,
        _chosen(~(upper <= lower) & ~np.isnan(lower), below, above),
        _column(target, target_index_bounds(target, offset, dof + 1.0, confidence)),
    )


def _chosen(first: NDArray[np.bool_], one: IndexColumn, other: IndexColumn) -> IndexColumn:
    return IndexColumn(
        np.where(first, one.value, other.value),
        np.where(first, one.lower, other.lower),
        np.where(first, one.upper, other.upper),
        np.where(first, one.lower_bound, other.lower_bound),
    )


def _target_index(
    limits: Tolerances, estimates: Estimates, conventions: Conventions
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The distance of the mean from the target in deviations, and Cpm."""
    off, n = estimates.mean - limits.target, estimates.count
    denominator = conventions.target_denominator
    if denominator is TargetDenominator.SIGMA:
        squared = estimates.sigma**2 + off**2
    elif denominator is TargetDenominator.VALUES:
        squared = estimates.sample**2 * (n - 1.0) / n + off**2
    else:
        squared = estimates.sample**2 + off**2 * n / (n - 1.0)
    sigma = np.where(estimates.sigma > 0.0, estimates.sigma, np.nan)
    room = (limits.upper - limits.lower) / 6.0
    if conventions.asymmetric_target:
        room = np.minimum(limits.target - limits.lower, limits.upper - limits.target) / 3.0
    return off / sigma, _existing(room / np.where(sigma > 0.0, np.sqrt(squared), np.nan))


def _existing(index: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(np.isinf(index), np.nan, index)


def _column(value: NDArray[np.float64], bounds: Bounds) -> IndexColumn:
    return IndexColumn(value, bounds.lower, bounds.upper, bounds.lower_bound)
