"""Are two lists about the same parts? Permutation tests, since nothing else is known of the parts but their values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from samegauge.engines.errors import NonFiniteValuesError, ShapeError, TooFewValuesError
from samegauge.engines.signals.linear_assignment import best_columns
from samegauge.quantities.method import Method, hash_of_data

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_CAP = 3.0  # robust deviations; a part may be odd, but must not decide for all
_MAD_TO_SIGMA = 1.4826
_FEWEST = 5
_SHIFTS = (-3, -2, -1, 1, 2, 3)


@dataclass(frozen=True, slots=True)
class AssignmentTest:
    """`statistic` is the mean similarity of the pairs as numbered, beyond what row and column alone explain.

    `rank` says for each pair at which place its partner is among all candidates (1: the most similar); `best` is the
    assignment with the greatest total similarity. `shift_statistics` are those of the lists shifted against each other.
    """

    statistic: float
    permutation_sd: float
    p_value: float
    rank: tuple[int, ...]
    best: tuple[int, ...]
    best_statistic: float
    shift_statistics: tuple[tuple[int, float], ...]
    method: Method

    @property
    def score(self) -> float:
        """Standard deviations of chance above chance."""
        return self.statistic / self.permutation_sd if self.permutation_sd > 0.0 else 0.0


@dataclass(frozen=True, slots=True)
class GroupTest:
    """Do the members of a group have larger scores? `difference` is the difference of the mean ranks."""

    difference: float
    p_value: float
    members: int
    others: int
    method: Method


def invariant_features(pattern: ArrayLike) -> NDArray[np.float64]:
    """Turn like characteristics, whose order differs between two inspections, into columns that can be compared.

    Parameters
    ----------
    pattern : array_like of float, shape (parts, k)
        The same k holes, slots or positions of each part, in any order [mm].

    Returns
    -------
    ndarray of float, shape (parts, 3) or (parts, 1)
        Mean, smallest and largest per part; the value itself where k is 1 [mm].

    Raises
    ------
    ShapeError
        Not a table, or without columns.
    NonFiniteValuesError
        NaN or infinity among the values.

    Notes
    -----
    Order statistics do not depend on the order of the features, so two programs need not number holes alike.

    Examples
    --------
    >>> invariant_features([[1.0, 3.0, 2.0]])
    array([[2., 1., 3.]])

    References
    ----------
    None: elementary.
    """
    table = _table(pattern)
    if table.shape[1] == 1:
        return table
    return np.stack([table.mean(axis=1), table.min(axis=1), table.max(axis=1)], axis=1)


def assignment_test(
    first: ArrayLike, second: ArrayLike, *, permutations: int = 20_000, seed: int = 20_170_307
) -> AssignmentTest:
    """Is row i of one inspection the same part as row i of another?

    Parameters
    ----------
    first, second : array_like of float, shape (parts, characteristics)
        Values of the same characteristics from two inspections, rows paired as their numbers say [mm].
    permutations : int
        Random pairings to compare with [1].
    seed : int
        Seed of the random pairings [1].

    Returns
    -------
    AssignmentTest
        Statistic, p-value, rank of each partner, best assignment [1].

    Raises
    ------
    ShapeError
        Tables of different shape.
    TooFewValuesError
        Fewer than 5 parts, or no characteristic with spread.
    NonFiniteValuesError
        NaN or infinity among the values.

    Notes
    -----
    Distance of rows: mean over characteristics of |a - b - offset| / spread, capped at 3; offset is the difference of
    the medians (two machines never agree absolutely) and spread a robust one of the first table. Doubly centred, so
    that an odd part does not count as similar to all others. p = (1 + number of random pairings as good) /
    (1 + permutations).

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> parts = rng.normal(size=(8, 6))
    >>> assignment_test(parts, parts + 0.1 * rng.normal(size=(8, 6)), permutations=999).p_value
    0.001

    References
    ----------
    Good P., Permutation, Parametric and Bootstrap Tests of Hypotheses, 3rd ed., Springer 2005, doi:10.1007/b138696.
    """
    a, b = _table(first), _table(second)
    if a.shape != b.shape:
        raise ShapeError(
            f"The tables have the shapes {a.shape} and {b.shape}.", f"兩張表的大小不同：{a.shape} 與 {b.shape}。"
        )
    spread = _MAD_TO_SIGMA * np.median(np.abs(a - np.median(a, axis=0)), axis=0)
    telling = (np.ptp(a, axis=0) > 0.0) & (np.ptp(b, axis=0) > 0.0) & (spread > 0.0)
    count = a.shape[0]
    if count < _FEWEST or not telling.any():
        raise TooFewValuesError(
            f"A comparison needs at least {_FEWEST} parts and a characteristic with spread.",
            f"至少需要 {_FEWEST} 件，以及一個有變異的特性，才能比較。",
        )
    similarity = _similarity(a[:, telling], b[:, telling], spread[telling])
    rng = np.random.default_rng(seed)
    rows: NDArray[np.intp] = np.arange(count, dtype=np.intp)
    chance = np.array([similarity[rows, rng.permutation(count)].mean() for _ in range(permutations)])
    statistic = float(np.trace(similarity) / count)
    best = best_columns(similarity)
    return AssignmentTest(
        statistic,
        float(chance.std()),
        float((1 + np.count_nonzero(chance >= statistic)) / (1 + permutations)),
        tuple(int(rank) for rank in 1 + (similarity > np.diag(similarity)[:, None]).sum(axis=1)),
        tuple(int(column) for column in best),
        float(similarity[rows, best].mean()),
        tuple((shift, float(similarity[rows, (rows + shift) % count].mean())) for shift in _SHIFTS),
        Method(
            name="permutation test of a pairing",
            reference="Good 2005",
            estimator="mean capped robust distance, doubly centred",
            constants={
                "cap": _CAP,
                "characteristics": float(telling.sum()),
                "permutations": permutations,
                "seed": seed,
            },
            sample_size=count,
            data_hash=hash_of_data(a, b),
        ),
    )


def oddness(values: ArrayLike) -> NDArray[np.float64]:
    """How unusual is each part among its like, over all its values?

    Parameters
    ----------
    values : array_like of float, shape (parts, characteristics)
        Values of the same characteristics for each part [any unit per column].

    Returns
    -------
    ndarray of float, shape (parts,)
        Mean over characteristics of the deviation from the median in robust standard deviations, capped at 3 [1].

    Raises
    ------
    ShapeError
        Not a table, or without columns.
    TooFewValuesError
        No characteristic with spread.
    NonFiniteValuesError
        NaN or infinity among the values.

    Notes
    -----
    Median and median absolute deviation, so that odd parts do not hide themselves.

    Examples
    --------
    >>> float(oddness([[1.0], [1.1], [0.9], [1.0], [5.0]])[-1])
    3.0

    References
    ----------
    Rousseeuw P. J., Croux C., J. Am. Stat. Assoc. 88 (1993) 1273, doi:10.1080/01621459.1993.10476408.
    """
    table = _table(values)
    distance = np.abs(table - np.median(table, axis=0))
    spread = _MAD_TO_SIGMA * np.median(distance, axis=0)
    if not (spread > 0.0).any():
        raise TooFewValuesError("No characteristic has any spread.", "沒有任何特性有變異。")
    scaled = np.minimum(distance[:, spread > 0.0] / spread[spread > 0.0], _CAP)
    return np.asarray(scaled.mean(axis=1), dtype=np.float64)


def group_test(
    members: ArrayLike, scores: ArrayLike, *, permutations: int = 20_000, seed: int = 20_170_307
) -> GroupTest:
    """Do the parts that a machine's readings single out also stand out in their measured values?

    Parameters
    ----------
    members : array_like of bool, shape (parts,)
        Parts singled out without looking at the scores [1].
    scores : array_like of float, shape (parts,)
        How unusual each part measured [1].
    permutations : int
        Random groups of the same size to compare with [1].
    seed : int
        Seed of the random groups [1].

    Returns
    -------
    GroupTest
        Difference of mean ranks and one-sided p-value [1].

    Raises
    ------
    ShapeError
        Different lengths, or a group that is empty or everybody.
    NonFiniteValuesError
        NaN or infinity among the scores.

    Notes
    -----
    Wilcoxon's rank sum with a random sample of all groupings. It links lists as a whole, never a single part.

    Examples
    --------
    >>> group_test([True, True, False, False, False, False], [9.0, 8.0, 1.0, 2.0, 3.0, 4.0]).difference
    3.0

    References
    ----------
    Wilcoxon F., Biometrics Bulletin 1 (1945) 80, doi:10.2307/3001968.
    """
    inside = np.asarray(members, dtype=np.bool_)
    values = _table(np.asarray(scores, dtype=np.float64).reshape(-1, 1))[:, 0]
    size = int(inside.sum())
    if inside.shape != values.shape or size in {0, inside.size}:
        raise ShapeError(
            "The group must be a part of the scored parts, neither empty nor all.",
            "群組必須是已評分零件的一部分，不能一件都沒有，也不能是全部。",
        )
    ranks = _mean_ranks(values)
    observed = float(ranks[inside].sum())
    rng = np.random.default_rng(seed)
    chance = np.array([ranks[rng.permutation(ranks.size)[:size]].sum() for _ in range(permutations)])
    return GroupTest(
        float(ranks[inside].mean() - ranks[~inside].mean()),
        float((1 + np.count_nonzero(chance >= observed - 1e-9)) / (1 + permutations)),
        size,
        int(inside.size - size),
        Method(
            name="rank sum permutation test",
            reference="Wilcoxon 1945",
            constants={"permutations": permutations, "seed": seed},
            sample_size=int(inside.size),
            data_hash=hash_of_data(inside, values),
        ),
    )


def _mean_ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    below = (values[:, None] > values[None, :]).sum(axis=1)
    equal = (values[:, None] == values[None, :]).sum(axis=1)
    return below + (equal + 1) / 2.0


def _similarity(a: NDArray[np.float64], b: NDArray[np.float64], spread: NDArray[np.float64]) -> NDArray[np.float64]:
    offset = np.median(a, axis=0) - np.median(b, axis=0)
    distance = np.minimum(np.abs(a[:, None, :] - b[None, :, :] - offset) / spread, _CAP).mean(axis=2)
    near = -distance
    return near - near.mean(axis=0) - near.mean(axis=1)[:, None] + near.mean()


def _table(values: ArrayLike) -> NDArray[np.float64]:
    table = np.asarray(values, dtype=np.float64)
    if table.ndim != 2 or not table.shape[1]:  # noqa: PLR2004 - a table has two dimensions
        raise ShapeError("Parts and characteristics must form a table.", "零件與特性必須排成一張表。")
    if not np.isfinite(table).all():
        raise NonFiniteValuesError(
            "The table holds values that are not finite; leave out the characteristic or the part.",
            "表中有非有限的數值；排除該特性或該零件。",
        )
    return table
