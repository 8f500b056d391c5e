"""Counted shares of several groups: which of them can be told apart, and whether a share has fallen."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from samegauge.engines.errors import ShapeError
from samegauge.engines.laws.inference import checked_confidence, share_bounds
from samegauge.quantities.method import Method, hash_of_data

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Ranked:
    """A group's share and the ranks it may have, 1 for the smallest share; `best` equal to `worst` is a sure rank."""

    share: float
    lower: float
    upper: float
    best: int
    worst: int
    method: Method


def rank_ranges(counts: Sequence[int], totals: Sequence[int], *, confidence: float = 0.95) -> tuple[Ranked, ...]:
    """Which ranks may each group have when groups are ordered by a counted share?

    Parameters
    ----------
    counts : sequence of int, length n
        How often it happened in each group [1].
    totals : sequence of int, length n
        How often it could have, at least 1 in each group [1].
    confidence : float
        Joint confidence of all ranges together, between 0 and 1 [1].

    Returns
    -------
    tuple of Ranked
        Share with exact bounds of its own, and its range of ranks, in the order of the input [1].

    Raises
    ------
    ShapeError
        Counts and totals of different lengths.
    InvalidOptionError
        A count above its total, an empty group, confidence outside (0, 1).

    Notes
    -----
    Group i is surely below group j where the upper Clopper-Pearson bound of i lies below the lower bound of j, both at
    the level 1 - (1 - confidence) / n (Bonferroni). Its best rank is one more than the number of groups surely below
    it, its worst n minus the number surely above it: all ranges hold together with at least the stated confidence.
    `lower` and `upper` are bounds at the stated confidence for the one group alone, narrower than those compared.

    Examples
    --------
    >>> [(one.best, one.worst) for one in rank_ranges([0, 30, 1], [1000, 1000, 20])]
    [(1, 2), (2, 3), (1, 3)]

    References
    ----------
    Klein M., Wright T., Wieczorek J., J. R. Stat. Soc. C 69 (2020) 589. Clopper C. J., Pearson E. S., Biometrika 26
    (1934) 404.
    """
    if len(counts) != len(totals):
        raise ShapeError(
            f"{len(counts)} counts do not fit {len(totals)} totals.",
            f"{len(counts)} 個次數與 {len(totals)} 個總數不符。",
        )
    if not counts:
        return ()
    pairs = list(zip(counts, totals, strict=True))
    joint = 1.0 - (1.0 - checked_confidence(confidence)) / len(pairs)
    compared = [share_bounds(count, total, joint) for count, total in pairs]
    method = Method(
        name="ranks from simultaneous exact intervals",
        reference="Klein, Wright, Wieczorek 2020; Clopper and Pearson 1934",
        confidence=confidence,
        sample_size=sum(totals),
        data_hash=hash_of_data([float(one) for one in counts], [float(one) for one in totals]),
    )
    ranked: list[Ranked] = []
    for (count, total), (lower, upper) in zip(pairs, compared, strict=True):
        below = sum(other_upper < lower for _lower, other_upper in compared)
        above = sum(other_lower > upper for other_lower, _upper in compared)
        own = share_bounds(count, total, confidence)
        ranked.append(Ranked(count / total, *own, 1 + below, len(pairs) - above, method))
    return tuple(ranked)


@dataclass(frozen=True, slots=True)
class Change:
    """`p_value` is the chance of so few afterwards, or fewer, had nothing changed."""

    before: float
    after: float
    after_upper: float
    p_value: float
    method: Method


def share_fell(before: tuple[int, int], after: tuple[int, int], *, confidence: float = 0.95) -> Change:
    """Has a counted share become smaller?

    Parameters
    ----------
    before : tuple of int
        How often it happened before, and how often it could have, at least once [1].
    after : tuple of int
        The same afterwards [1].
    confidence : float
        Confidence of the upper bound of the share afterwards, between 0 and 1 [1].

    Returns
    -------
    Change
        Both shares, the two-sided upper bound of the later one and the one-sided p-value [1].

    Raises
    ------
    InvalidOptionError
        A count above its total, an empty group, confidence outside (0, 1).

    Notes
    -----
    Fisher's exact test: given the total of events, the number afterwards is hypergeometric when nothing changed. Never
    less sure than promised, and with few events it cannot decide at all.

    Examples
    --------
    >>> change = share_fell((6, 20), (0, 25))
    >>> round(change.p_value, 4), round(change.after_upper, 3)
    (0.0048, 0.137)

    References
    ----------
    Fisher R. A., J. R. Stat. Soc. 98 (1935) 39.
    """
    bounds = [share_bounds(*one, confidence) for one in (before, after)]
    events, total = before[0] + after[0], before[1] + after[1]
    ways = math.comb(total, events)
    fewest = max(0, events - before[1])
    p = sum(math.comb(after[1], k) * math.comb(before[1], events - k) for k in range(fewest, after[0] + 1)) / ways
    method = Method(
        name="Fisher's exact test, one-sided",
        reference="Fisher 1935",
        confidence=confidence,
        sample_size=total,
        data_hash=hash_of_data([float(one) for one in (*before, *after)]),
    )
    return Change(before[0] / before[1], after[0] / after[1], bounds[1][1], p, method)
