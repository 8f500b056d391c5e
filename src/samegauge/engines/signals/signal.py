"""What a machine reports: values with times, held until the next value comes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from samegauge.engines.errors import NonFiniteValuesError, ShapeError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True)
class NumericSignal:
    """`time_s` ascending; a NaN value means that the source said nothing usable ("UNAVAILABLE", empty)."""

    time_s: NDArray[np.float64]
    value: NDArray[np.float64]

    def held(self, times_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Value in force at each time; NaN before the first reading."""
        if not self.time_s.size:
            return np.full(times_s.shape, np.nan)
        place = np.searchsorted(self.time_s, times_s, side="right") - 1
        return np.where(place >= 0, self.value[np.maximum(place, 0)], np.nan)

    def clipped(self, start_s: float, end_s: float) -> NumericSignal:
        """Readings from start to end, both included."""
        inside = (self.time_s >= start_s) & (self.time_s <= end_s)
        return NumericSignal(self.time_s[inside], self.value[inside])


@dataclass(frozen=True, slots=True)
class TextSignal:
    """`time_s` ascending; texts as reported, without surrounding blanks."""

    time_s: NDArray[np.float64]
    value: tuple[str, ...]

    def held(self, time_s: float) -> str | None:
        """Word in force at a time; None before the first reading."""
        place = int(np.searchsorted(self.time_s, time_s, side="right")) - 1
        return self.value[place] if place >= 0 else None

    def clipped(self, start_s: float, end_s: float) -> TextSignal:
        """Readings from start to end, both included."""
        inside = np.flatnonzero((self.time_s >= start_s) & (self.time_s <= end_s))
        return TextSignal(self.time_s[inside], tuple(self.value[place] for place in inside))


def numeric_signal(time_s: ArrayLike, value: ArrayLike) -> NumericSignal:
    """Put readings of a number in order of time.

    Parameters
    ----------
    time_s : array_like of float, shape (n,)
        Times since any fixed instant, in any order [s].
    value : array_like of float, shape (n,)
        Readings, NaN where unavailable [any unit].

    Returns
    -------
    NumericSignal
        Arrays of shape (n,), equal times in the order given [s; unit of the readings].

    Raises
    ------
    ShapeError
        Different numbers of times and values.
    NonFiniteValuesError
        A time that is not finite.

    Notes
    -----
    The sort is stable: of two readings at one time the one written later is the one held afterwards.

    Examples
    --------
    >>> numeric_signal([2.0, 1.0], [20.0, 10.0]).value
    array([10., 20.])

    References
    ----------
    MTConnect Part 1.0, version 1.3: a value holds until the next observation.
    """
    times, order = _ordered(time_s)
    numbers = np.asarray(value, dtype=np.float64)
    _same_length(times.size, numbers.size)
    return NumericSignal(times, numbers[order])


def text_signal(time_s: ArrayLike, value: tuple[str, ...] | list[str]) -> TextSignal:
    """Put readings of a text in order of time.

    Parameters
    ----------
    time_s : array_like of float, shape (n,)
        Times since any fixed instant, in any order [s].
    value : tuple or list of str, length n
        Readings as reported [1].

    Returns
    -------
    TextSignal
        n times and texts, equal times in the order given [s].

    Raises
    ------
    ShapeError
        Different numbers of times and values.
    NonFiniteValuesError
        A time that is not finite.

    Notes
    -----
    The sort is stable, as for numbers.

    Examples
    --------
    >>> text_signal([2.0, 1.0], ["READY", " ACTIVE"]).value
    ('ACTIVE', 'READY')

    References
    ----------
    MTConnect Part 1.0, version 1.3: a value holds until the next observation.
    """
    times, order = _ordered(time_s)
    _same_length(times.size, len(value))
    return TextSignal(times, tuple(value[int(place)].strip() for place in order))


EMPTY_NUMERIC = NumericSignal(np.empty(0), np.empty(0))
EMPTY_TEXT = TextSignal(np.empty(0), ())


def all_times(signals: Iterable[NumericSignal | TextSignal]) -> NDArray[np.float64]:
    """When did anything at all report?

    Parameters
    ----------
    signals : iterable of NumericSignal or TextSignal
        Any signals [s].

    Returns
    -------
    ndarray of float, shape (n,)
        Times of all readings, ascending, repeated as often as they occur [s].

    Notes
    -----
    Two signals read at one time count twice, so the length is the number of readings.

    Examples
    --------
    >>> all_times([numeric_signal([2.0], [0.0]), text_signal([1.0], ["READY"])])
    array([1., 2.])

    References
    ----------
    None: sorting.
    """
    parts = [signal.time_s for signal in signals]
    return np.sort(np.concatenate(parts)) if parts else np.empty(0)


def _ordered(time_s: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    times = np.asarray(time_s, dtype=np.float64).reshape(-1)
    if not np.isfinite(times).all():
        raise NonFiniteValuesError(
            "A reading has no finite time. Set aside such lines before they come here.",
            "有讀值沒有有效的時間。這些行要先隔離。",
        )
    order = np.argsort(times, kind="stable")
    return times[order], order


def _same_length(times: int, values: int) -> None:
    if times != values:
        raise ShapeError(f"{times} times but {values} values.", f"有 {times} 個時間，卻有 {values} 個數值。")
