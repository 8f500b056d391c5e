"""Which of many groups stands out: by how often something happens in it, or by what is measured in it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from samegauge.engines.errors import InvalidOptionError, ShapeError
from samegauge.engines.laws.continuous import beta_below, beta_quantile, student_below
from samegauge.engines.values import checked_values
from samegauge.quantities.method import Method, hash_of_data

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

_FEWEST_IN_GROUP = 3
_FEWEST_OTHERS = 8


@dataclass(frozen=True, slots=True)
class RateApart:
    """A group in which something happens more often; `place` is its place in the input.

    `ratio` compares its rate with that of all others together; infinite where it never happened to them. `p_value` is
    multiplied by the number of groups that were looked at.
    """

    place: int
    events: int
    exposure: float
    other_events: int
    other_exposure: float
    ratio: float
    ratio_lower_bound: float
    p_value: float
    method: Method


@dataclass(frozen=True, slots=True)
class MeanApart:
    """A group whose mean differs from that of all others; `p_value` is multiplied by the number of groups."""

    group: str
    count: int
    mean: float
    other_count: int
    other_mean: float
    p_value: float
    method: Method


def rates_apart(
    events: ArrayLike, exposures: ArrayLike, *, confidence: float = 0.95, most_p: float = 0.01
) -> tuple[RateApart, ...]:
    """In which groups does something happen more often than in the others?

    Parameters
    ----------
    events : array_like of int, shape (n,)
        How often it happened in each group [1].
    exposures : array_like of float, shape (n,)
        How long each group was exposed to it, in all; the same unit for all [any unit].
    confidence : float
        Confidence level of the ratio's lower bound, between 0 and 1 [1].
    most_p : float
        Largest adjusted p-value of a group that is returned [1].

    Returns
    -------
    tuple of RateApart
        The groups that stand out, the surest first [rates per unit of the exposures].

    Raises
    ------
    ShapeError
        Events and exposures of different lengths.
    NonFiniteValuesError
        NaN or infinity among the numbers.
    InvalidOptionError
        Confidence outside (0, 1), a negative count or exposure.

    Notes
    -----
    Given the total K over all groups, the count of one group is binomial with the share of its exposure when all have
    the same constant rate; the one-sided exact p-value is multiplied by the number of groups (Bonferroni). The ratio's
    bound follows from that of the share by Clopper and Pearson. A rate that changes with age makes groups of
    different age differ without a fault in any of them.

    Examples
    --------
    >>> [one.place for one in rates_apart([7, 1, 2], [100.0, 300.0, 400.0])]
    [0]

    References
    ----------
    Clopper C. J., Pearson E. S., Biometrika 26 (1934) 404. Nelson W., Applied Life Data Analysis (1982), 10.
    """
    counts, times = checked_values(events), checked_values(exposures)
    if counts.shape != times.shape:
        raise ShapeError(
            f"{counts.size} counts do not fit {times.size} exposures.",
            f"{counts.size} 個次數與 {times.size} 個曝露量不符。",
        )
    if not 0.0 < confidence < 1.0 or (counts < 0.0).any() or (times < 0.0).any():
        raise InvalidOptionError(
            "Counts and exposures are not negative, and the confidence lies between 0 and 1.",
            "次數與曝露量不可為負，信賴水準須在 0 與 1 之間。",
        )
    method = Method(
        name="exact binomial test of rates, Bonferroni",
        reference="Clopper and Pearson 1934",
        confidence=confidence,
        sample_size=int(counts.sum()),
        data_hash=hash_of_data(counts, times),
        assumed=("The rate does not change with age.",),
    )
    compared = [
        _rate(int(place), counts, times, confidence, method) for place in np.flatnonzero((counts > 0) & (times > 0))
    ]
    return tuple(sorted((one for one in compared if one.p_value <= most_p), key=lambda one: one.p_value))


def _rate(
    place: int, counts: NDArray[np.float64], times: NDArray[np.float64], confidence: float, method: Method
) -> RateApart:
    k, total = int(counts[place]), int(counts.sum())
    exposure, others = float(times[place]), float(times.sum() - times[place])
    share = exposure / (exposure + others)
    p = beta_below(share, k, total - k + 1) if share < 1.0 else 1.0
    rest = total - k
    ratio = (k / exposure) / (rest / others) if rest and others else math.inf
    low = beta_quantile(1.0 - confidence, k, total - k + 1)
    bound = low / (1.0 - low) * others / exposure if low < 1.0 else math.inf
    adjusted = min(p * counts.size, 1.0)
    return RateApart(place, k, exposure, rest, others, ratio, bound, adjusted, method)


def means_apart(values: ArrayLike, groups: Sequence[str], *, most_p: float = 0.001) -> tuple[MeanApart, ...]:
    """In which groups is something else measured than in the others?

    Parameters
    ----------
    values : array_like of float, shape (n,)
        Measured values [any unit].
    groups : sequence of str, length n
        The group that each value belongs to [1].
    most_p : float
        Largest adjusted p-value of a group that is returned [1].

    Returns
    -------
    tuple of MeanApart
        The groups that stand out, the surest first [unit of the values].

    Raises
    ------
    ShapeError
        Values and groups of different lengths.
    NonFiniteValuesError
        NaN or infinity among the values.

    Notes
    -----
    Welch's t test of each group of at least 3 values against at least 8 others, two-sided, multiplied by the number of
    groups compared (Bonferroni). Normal values are assumed; a group that stands out also widens the spread of those
    that it is among the others of, which hides and never invents a difference.

    Examples
    --------
    >>> values = [9.0, 9.1, 8.9] + [5.0, 5.2, 4.8, 5.1, 4.9, 5.0, 5.1, 4.9]
    >>> [one.group for one in means_apart(values, ["a"] * 3 + ["b"] * 8)]
    ['a']

    References
    ----------
    Welch B. L., Biometrika 34 (1947) 28.
    """
    array = checked_values(values)
    if array.size != len(groups):
        raise ShapeError(f"{array.size} values do not fit {len(groups)} groups.", "數值與分組的數目不符。")
    names = np.array(groups, dtype=object)
    masks = [(str(name), names == name) for name in sorted(set(groups))]
    asked = [
        (name, mask)
        for name, mask in masks
        if mask.sum() >= _FEWEST_IN_GROUP and array.size - mask.sum() >= _FEWEST_OTHERS
    ]
    method = Method(
        name="Welch t test, Bonferroni",
        reference="Welch 1947",
        sample_size=int(array.size),
        data_hash=hash_of_data(array),
        assumed=("The values of each group are normally distributed.",),
    )
    compared = [_mean(name, array[mask], array[~mask], len(asked), method) for name, mask in asked]
    return tuple(sorted((one for one in compared if one.p_value <= most_p), key=lambda one: one.p_value))


def _mean(name: str, inside: NDArray[np.float64], others: NDArray[np.float64], asked: int, method: Method) -> MeanApart:
    a, b = float(inside.var(ddof=1)) / inside.size, float(others.var(ddof=1)) / others.size
    difference = float(inside.mean() - others.mean())
    if a + b > 0.0:
        dof = (a + b) ** 2 / (a**2 / (inside.size - 1) + b**2 / (others.size - 1))
        p = 2.0 * student_below(-abs(difference) / math.sqrt(a + b), dof)
    else:
        p = 0.0 if difference else 1.0
    return MeanApart(
        name,
        int(inside.size),
        float(inside.mean()),
        int(others.size),
        float(others.mean()),
        min(p * asked, 1.0),
        method,
    )
