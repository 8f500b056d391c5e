"""The door of the statistics: values are finite, excluded ones named, before anything is estimated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from samegauge.engines.errors import InvalidOptionError, NonFiniteValuesError, TooFewValuesError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from samegauge.quantities.method import Exclusion

_NAMED_AT_MOST = 5


def checked_values(values: ArrayLike, *, dimensions: tuple[int, ...] = (1,)) -> NDArray[np.float64]:
    """Are these values fit for a statistic?

    Parameters
    ----------
    values : array_like of float
        Measured values [any unit].
    dimensions : tuple of int
        Numbers of dimensions that are allowed [1].

    Returns
    -------
    ndarray of float
        A copy of the values, in their shape and unit [unit of the values].

    Raises
    ------
    TooFewValuesError
        Another number of dimensions.
    NonFiniteValuesError
        NaN or infinity; the first places are named.

    Notes
    -----
    Nothing is left out silently: a missing value has to be excluded by name.

    Examples
    --------
    >>> checked_values([1, 2]).tolist()
    [1.0, 2.0]

    References
    ----------
    None: a rule of this product.
    """
    array = np.array(values, dtype=np.float64)
    if array.ndim not in dimensions:
        raise TooFewValuesError(
            f"The values have {array.ndim} dimensions; expected {' or '.join(map(str, dimensions))}.",
            f"數值的維度是 {array.ndim}，應為 {'或'.join(map(str, dimensions))}。",
        )
    broken = np.flatnonzero(~np.isfinite(array))
    if broken.size:
        places = ", ".join(map(str, broken[:_NAMED_AT_MOST]))
        raise NonFiniteValuesError(
            f"{broken.size} values are not finite (index {places}). Exclude them with a reason or correct the source.",
            f"有 {broken.size} 個數值不是有限數（索引 {places}）。附上原因予以排除，或修正來源。",
        )
    return array


def kept_mask(count: int, excluded: Sequence[Exclusion]) -> NDArray[np.bool_]:
    """Which values are left after exclusions?

    Parameters
    ----------
    count : int
        Number of values [1].
    excluded : sequence of Exclusion
        Places to leave out, with reasons [1].

    Returns
    -------
    ndarray of bool, shape (count,)
        True where a value is kept [1].

    Raises
    ------
    InvalidOptionError
        A place outside the values.

    Notes
    -----
    A place named twice is left out once.

    Examples
    --------
    >>> kept_mask(2, []).tolist()
    [True, True]

    References
    ----------
    None: elementary.
    """
    keep = np.ones(count, dtype=np.bool_)
    for one in excluded:
        if not 0 <= one.index < count:
            raise InvalidOptionError(
                f"Index {one.index} is excluded, but there are only {count} values.",
                f"要排除索引 {one.index}，但只有 {count} 個數值。",
            )
        keep[one.index] = False
    return keep


def require(condition: bool, reason_en: str, reason_zh: str) -> None:  # noqa: FBT001 - reads as the sentence it is
    """Is what was asked for within the range of the calculation?

    Parameters
    ----------
    condition : bool
        What has to hold.
    reason_en, reason_zh : str
        What is wrong and what to do.

    Raises
    ------
    InvalidOptionError
        The condition does not hold.

    Notes
    -----
    A check that reads as the sentence it is.

    Examples
    --------
    >>> print(require(True, "no", "否"))
    None

    References
    ----------
    None: a rule of this product.
    """
    if not condition:
        raise InvalidOptionError(reason_en, reason_zh)
