"""From a long table, one reading a line, to the balanced block that a gauge study needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from samegauge.engines.errors import ShapeError
from samegauge.engines.values import checked_values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray


class Block(NamedTuple):
    """Readings of shape (rows, columns, trials), trials in the order of the table; names in sorted order."""

    readings: NDArray[np.float64]
    rows: tuple[str, ...]
    columns: tuple[str, ...]


def crossed_block(values: ArrayLike, parts: Sequence[str], operators: Sequence[str]) -> Block:
    """Which readings belong to which part and operator of a crossed study?

    Parameters
    ----------
    values : array_like of float, shape (n,)
        Readings, one a line [any unit].
    parts, operators : sequence of str, length n
        Part and operator of each reading [1].

    Returns
    -------
    Block
        Readings by part, operator and trial [unit of the values].

    Raises
    ------
    ShapeError
        Lengths that differ, or cells without the same number of readings; the first such cell is named.
    NonFiniteValuesError
        NaN or infinity among the readings.

    Notes
    -----
    Names that are whole numbers sort as numbers. An unbalanced study is refused: its components have no closed form.

    Examples
    --------
    >>> crossed_block([1.0, 2.0, 3.0, 4.0], ["1", "1", "2", "2"], ["A", "B", "A", "B"]).readings.shape
    (2, 2, 1)

    References
    ----------
    AIAG, Measurement Systems Analysis, 4th ed. (2010), chapter III.
    """
    array = _checked(values, parts, operators)
    rows, columns = _sorted(parts), _sorted(operators)
    return Block(_filled(array, (parts, rows), (operators, columns)), rows, columns)


def nested_block(values: ArrayLike, parts: Sequence[str], operators: Sequence[str]) -> Block:
    """Which readings belong to which operator, and to which of his own parts?

    Parameters
    ----------
    values : array_like of float, shape (n,)
        Readings, one a line [any unit].
    parts, operators : sequence of str, length n
        Part and operator of each reading; part names may repeat from operator to operator [1].

    Returns
    -------
    Block
        Readings by operator, place of the part among the operator's and trial [unit of the values].

    Raises
    ------
    ShapeError
        Lengths that differ, or operators without the same number of parts or readings.
    NonFiniteValuesError
        NaN or infinity among the readings.

    Notes
    -----
    The column names are places, 1 to the number of parts of an operator: no part is measured by two operators.

    Examples
    --------
    >>> nested_block([1.0, 2.0, 3.0, 4.0], ["a", "b", "c", "d"], ["A", "A", "B", "B"]).readings.shape
    (2, 2, 1)

    References
    ----------
    AIAG, Measurement Systems Analysis, 4th ed. (2010), chapter IV.
    """
    array = _checked(values, parts, operators)
    rows = _sorted(operators)
    places = {
        (operator, part): str(place + 1)
        for operator in rows
        for place, part in enumerate(
            _sorted([part for part, who in zip(parts, operators, strict=True) if who == operator])
        )
    }
    own = [places[operator, part] for part, operator in zip(parts, operators, strict=True)]
    columns = _sorted(own)
    return Block(_filled(array, (operators, rows), (own, columns)), rows, columns)


def _checked(values: ArrayLike, parts: Sequence[str], operators: Sequence[str]) -> NDArray[np.float64]:
    array = checked_values(values)
    if not array.size == len(parts) == len(operators) or array.size == 0:
        raise ShapeError(
            f"{array.size} readings do not fit {len(parts)} parts and {len(operators)} operators.",
            f"{array.size} 筆讀值與 {len(parts)} 個零件、{len(operators)} 位量測者的列數不符。",
        )
    return array


def _sorted(names: Sequence[str]) -> tuple[str, ...]:
    distinct = set(names)
    if all(name.isdecimal() for name in distinct):
        return tuple(sorted(distinct, key=int))
    return tuple(sorted(distinct))


def _filled(
    values: NDArray[np.float64],
    row: tuple[Sequence[str], tuple[str, ...]],
    column: tuple[Sequence[str], tuple[str, ...]],
) -> NDArray[np.float64]:
    row_of = {name: place for place, name in enumerate(row[1])}
    column_of = {name: place for place, name in enumerate(column[1])}
    cells = np.array([row_of[a] * len(column_of) + column_of[b] for a, b in zip(row[0], column[0], strict=True)])
    counts = np.bincount(cells, minlength=len(row_of) * len(column_of))
    usual = int(counts.max())
    odd = np.flatnonzero(counts != usual)
    if odd.size:
        a, b = divmod(int(odd[0]), len(column_of))
        raise ShapeError(
            f'The study is not balanced: "{row[1][a]}" with "{column[1][b]}" has {counts[odd[0]]} readings, '
            f"others have {usual}. Measure the missing ones or leave the row out.",
            f"量測研究不平衡：「{row[1][a]}」與「{column[1][b]}」有 {counts[odd[0]]} 筆讀值，其他有 {usual} 筆。"
            "補量缺少的讀值，或移除該列。",
        )
    order = np.argsort(cells, kind="stable")
    return values[order].reshape(len(row_of), len(column_of), usual)
