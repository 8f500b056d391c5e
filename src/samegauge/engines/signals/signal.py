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


@dataclass(frozen=True, slots=True)
class TextSignal:
    """`time_s` ascending; texts as reported, without surrounding blanks."""

    time_s: NDArray[np.float64]
    value: tuple[str, ...]


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


def number_held(signal: NumericSignal, times_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Value in force at each time; NaN before the first reading."""
    if not signal.time_s.size:
        return np.full(times_s.shape, np.nan)
    place = np.searchsorted(signal.time_s, times_s, side="right") - 1
    return np.where(place >= 0, signal.value[np.maximum(place, 0)], np.nan)


def text_held(signal: TextSignal, time_s: float) -> str | None:
    place = int(np.searchsorted(signal.time_s, time_s, side="right")) - 1
    return signal.value[place] if place >= 0 else None


def clipped_numeric(signal: NumericSignal, start_s: float, end_s: float) -> NumericSignal:
    inside = (signal.time_s >= start_s) & (signal.time_s <= end_s)
    return NumericSignal(signal.time_s[inside], signal.value[inside])


def clipped_text(signal: TextSignal, start_s: float, end_s: float) -> TextSignal:
    inside = np.flatnonzero((signal.time_s >= start_s) & (signal.time_s <= end_s))
    return TextSignal(signal.time_s[inside], tuple(signal.value[place] for place in inside))


def all_times(signals: Iterable[NumericSignal | TextSignal]) -> NDArray[np.float64]:
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
