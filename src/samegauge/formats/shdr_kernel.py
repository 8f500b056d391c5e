"""The byte loop of `shdr.parse_columns`, compiled; its readable reference is `shdr.parse_line`, which tests hold it to.

Every text (tag, value, condition) is interned where it is first met, so a row is a handful of numbers. A line that
breaks a rule only leaves its number and span: the reference is asked for the reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from samegauge.formats.native import compiled, inlined

if TYPE_CHECKING:
    from typing import Any, TypeAlias

    from numpy.typing import NDArray

    Bytes: TypeAlias = Any  # uint8; Any because single elements are plain machine integers here, not numpy scalars
    State: TypeAlias = Any  # int64
    Records: TypeAlias = Any  # a record array: numba reads its fields as attributes, which numpy's types cannot say

MAX_LINE_BYTES = 65_536
MAX_PAIRS = 32_767
FIRST_YEAR, LAST_YEAR = 1970, 2261  # what signed 64-bit nanoseconds hold, in whole years
EXACT_DIGITS = 15  # decimal digits that a double gives back unchanged
EXACT_DECIMALS = 22  # the largest exact power of ten in a double
POWERS_OF_TEN: NDArray[np.float64] = np.array([float(10**power) for power in range(EXACT_DECIMALS + 1)])

_PIPE, _LF, _CR, _TAB, _DOT, _COLON, _MINUS, _T, _Z = 124, 10, 13, 9, 46, 58, 45, 84, 90
_ZERO, _NINE, _SPACE, _LOWER = 48, 57, 32, 32
_FRACTION_DIGITS = 9
_HASH_SEED = -3750763034362895579
_NS = 1_000_000_000
_BAD = -1
_LEVELS = (b"normal", b"warning", b"fault", b"unavailable")

# Places in the `state` vector of one parse.
STATE_SIZE = 8
DATE, DAYS, WORDS, ROW, LINE, BLANK, BAD, NON_ASCII = range(STATE_SIZE)

# One record array each instead of tuples of arrays: numba counts references at every step for those (4x slower,
# measured).
ROW_TYPE = np.dtype(
    [
        ("time_ns", np.int64),
        ("number", np.float64),
        ("tag", np.int32),
        ("text", np.int32),  # -1: number and decimals say it all
        ("line", np.int32),
        ("pair", np.int16),
        ("time_digits", np.int8),
        ("decimals", np.int8),  # -1: the text says more than the number
    ]
)
BAD_TYPE = np.dtype([("start", np.int64), ("end", np.int64), ("line", np.int64)])


@compiled
def census(data: Bytes) -> tuple[int, int, int]:
    """How many pipes, line feeds and bytes beyond ASCII: the room a parse needs."""
    pipes = 0
    feeds = 0
    beyond = 0
    for index in range(data.size):
        pipes += data[index] == _PIPE
        feeds += data[index] == _LF
        beyond += data[index] > 127  # noqa: PLR2004
    return pipes, feeds, beyond


@inlined
def _two(data: Bytes, at: int) -> int:
    tens = data[at] - _ZERO
    ones = data[at + 1] - _ZERO
    if tens < 0 or tens > 9 or ones < 0 or ones > 9:  # noqa: PLR2004
        return -1_000_000_000
    return tens * 10 + ones


@inlined
def _days(date: int) -> int:
    """Days since 1970-01-01 of yyyymmdd (proleptic Gregorian, years from March), or -1."""
    year, month, day = date // 10_000, date // 100 % 100, date % 100
    if year < FIRST_YEAR or year > LAST_YEAR or month < 1 or month > 12 or day < 1:  # noqa: PLR2004
        return _BAD
    leap = (year % 4 == 0 and year % 100 != 0) or year % 400 == 0
    longest = 30 + (month + month // 8) % 2
    if month == 2:  # noqa: PLR2004
        longest = 29 if leap else 28
    if day > longest:
        return _BAD
    from_march = year - 1 if month <= 2 else year  # noqa: PLR2004
    day_of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return from_march * 365 + from_march // 4 - from_march // 100 + from_march // 400 + day_of_year - 719_468


@inlined
def _date(data: Bytes, at: int, state: State) -> int:
    """Days since 1970-01-01 of `yyyy-mm-ddT` at `at`; the last date is remembered, logs change it once a day."""
    date = (_two(data, at) * 100 + _two(data, at + 2)) * 10_000 + _two(data, at + 5) * 100 + _two(data, at + 8)
    if date < 0 or data[at + 4] != _MINUS or data[at + 7] != _MINUS or data[at + 10] != _T:
        return _BAD
    if date != state[DATE]:
        state[DATE] = date
        state[DAYS] = _days(date)
    return state[DAYS]


@inlined
def _stamp(data: Bytes, at: int, state: State) -> tuple[int, int, int]:
    """(ns since 1970, fraction digits, index behind the Z); fraction digits are -1 when this is no timestamp."""
    if at + 20 > data.size:
        return 0, _BAD, at
    days = _date(data, at, state)
    hour, minute, second = _two(data, at + 11), _two(data, at + 14), _two(data, at + 17)
    colons = data[at + 13] == _COLON and data[at + 16] == _COLON
    if days < 0 or not colons or not 0 <= hour < 24 or not 0 <= minute < 60 or not 0 <= second < 60:  # noqa: PLR2004
        return 0, _BAD, at
    here = at + 19
    fraction = 0
    digits = 0
    if data[here] == _DOT:
        here += 1
        while here < data.size and _ZERO <= data[here] <= _NINE and digits < _FRACTION_DIGITS:
            fraction = fraction * 10 + (data[here] - _ZERO)
            digits += 1
            here += 1
        if digits == 0:
            return 0, _BAD, at
    if here >= data.size or data[here] != _Z:
        return 0, _BAD, at
    for _ in range(_FRACTION_DIGITS - digits):
        fraction *= 10
    return ((days * 24 + hour) * 60 + minute) * 60 * _NS + second * _NS + fraction, digits, here + 1


@inlined
def _ends_line(data: Bytes, at: int) -> bool:
    if at >= data.size or data[at] == _LF:
        return True
    return data[at] == _CR and (at + 1 == data.size or data[at + 1] == _LF)


@inlined
def _field_end(data: Bytes, at: int) -> tuple[int, int]:
    """(index behind the field, hash of its bytes); stops at a pipe and at any control byte but the tab."""
    key = _HASH_SEED
    while at < data.size:
        byte = data[at]
        if byte == _PIPE or (byte < _SPACE and byte != _TAB):
            break
        key = (key << 5) - key + byte
        at += 1
    return at, key


@inlined
def _number(data: Bytes, at: int) -> tuple[int, float, int]:
    """(index behind it, value, decimals) of a number a double gives back as written; decimals are -1 for any other."""
    negative = at < data.size and data[at] == _MINUS
    first = at + 1 if negative else at
    here = first
    mantissa = np.int64(0)
    significant = 0
    point = _BAD
    while here < data.size:
        byte = data[here]
        if _ZERO <= byte <= _NINE:
            mantissa = mantissa * 10 + (byte - _ZERO)
            significant += mantissa != 0
        elif byte == _DOT and point < 0 and here > first:
            point = here
        else:
            break
        here += 1
    decimals = 0 if point < 0 else here - point - 1
    padded = here > first + 1 and data[first] == _ZERO and point != first + 1
    odd = here == first or here - 1 == point or padded or (negative and mantissa == 0)
    if odd or significant > EXACT_DIGITS or decimals > EXACT_DECIMALS:
        return here, 0.0, _BAD
    value = mantissa / POWERS_OF_TEN[decimals]
    return here, -value if negative else value, decimals


@inlined
def _intern(
    data: Bytes, span: tuple[int, int], key: int, table: NDArray[np.int32], words: Records, state: State
) -> int:
    """Code of the span's bytes in `words`; open addressing, `table` holds code + 1 and zero where free."""
    start, end = span
    mask = table.size - 1
    slot = (key ^ (key >> 23) ^ (key >> 41)) & mask
    while table[slot] != 0:
        code = table[slot] - 1
        known = words[code, 0]
        if words[code, 1] - known == end - start:
            same = 0
            while same < end - start and data[known + same] == data[start + same]:
                same += 1
            if same == end - start:
                return code
        slot = (slot + 1) & mask
    code = state[WORDS]
    table[slot] = code + 1
    words[code, 0] = start
    words[code, 1] = end
    state[WORDS] = code + 1
    return code


@inlined
def _starts_with(data: Bytes, at: int, word: bytes) -> bool:
    if at + len(word) >= data.size:
        return False
    for index in range(len(word)):
        if data[at + index] | _LOWER != word[index]:
            return False
    return data[at + len(word)] == _PIPE


@inlined
def _condition_end(data: Bytes, at: int) -> tuple[int, int]:
    """(index behind, hash) of `Level|code|severity|qualifier|text`; the index is -1 when the fields are something
    else.
    """
    length = 0
    for word in _LEVELS:
        if _starts_with(data, at, word):
            length = len(word)
            break
    if length == 0:
        return _BAD, 0
    pipes = 0
    here, key = at, _HASH_SEED
    while here < data.size and (data[here] >= _SPACE or data[here] == _TAB):
        key = (key << 5) - key + data[here]
        pipes += data[here] == _PIPE
        here += 1
    nothing_said = here - at == length + 4
    if pipes != 4 or (length == 11 and not nothing_said):  # noqa: PLR2004
        return _BAD, 0
    return here, key


@inlined
def _value(
    data: Bytes,
    at: int,
    first: bool,  # noqa: FBT001
    table: NDArray[np.int32],
    words: Records,
    state: State,
) -> tuple[int, float, int, int]:
    """(index behind, number, decimals, code of the text or -1) of the value at `at`."""
    here, number, decimals = _number(data, at)
    if decimals >= 0 and (_ends_line(data, here) or data[here] == _PIPE):
        return here, number, decimals, _BAD
    here = _BAD
    key = 0
    if first:
        here, key = _condition_end(data, at)
    if here < 0:
        here, key = _field_end(data, at)
    return here, np.nan, _BAD, _intern(data, (at, here), key, table, words, state)


@inlined
def _second_byte_range(lead: int) -> tuple[int, int]:
    """What may follow a lead byte: no overlong forms, no surrogates, nothing beyond U+10FFFF (Unicode table 3-7)."""
    lowest = 0xA0 if lead == 0xE0 else 0x90 if lead == 0xF0 else 0x80  # noqa: PLR2004
    highest = 0x9F if lead == 0xED else 0x8F if lead == 0xF4 else 0xBF  # noqa: PLR2004
    return lowest, highest


@inlined
def _is_utf8(data: Bytes, start: int, end: int) -> bool:
    here = start
    while here < end:
        lead = data[here]
        more = (lead >= 0xC2) + (lead >= 0xE0) + (lead >= 0xF0)  # noqa: PLR2004
        if (lead >= 0x80 and more == 0) or lead > 0xF4 or here + more >= end:  # noqa: PLR2004
            return False
        lowest, highest = _second_byte_range(lead)
        for index in range(here + 1, here + 1 + more):
            if data[index] < lowest or data[index] > highest:
                return False
            lowest, highest = 0x80, 0xBF
        here += 1 + more
    return True


@inlined
def _line(data: Bytes, start: int, table: NDArray[np.int32], words: Records, rows: Records, state: State) -> int:
    """Append the observations of the line at `start`; index of its line end, or -1 when it breaks a rule."""
    time_ns, digits, here = _stamp(data, start, state)
    if digits < 0:
        return _BAD
    pair = 0
    while here < data.size and data[here] == _PIPE:
        name = here + 1
        here, key = _field_end(data, name)
        if here == name or here >= data.size or data[here] != _PIPE:
            return _BAD
        row = state[ROW]
        rows[row].time_ns = time_ns
        rows[row].time_digits = digits
        rows[row].line = state[LINE]
        rows[row].pair = pair
        rows[row].tag = _intern(data, (name, here), key, table, words, state)
        here, number, decimals, code = _value(data, here + 1, pair == 0, table, words, state)
        rows[row].number = number
        rows[row].decimals = decimals
        rows[row].text = code
        state[ROW] = row + 1
        pair += 1
    if pair == 0 or pair > MAX_PAIRS or not _ends_line(data, here) or here - start > MAX_LINE_BYTES:
        return _BAD
    if state[NON_ASCII] and not _is_utf8(data, start, here):
        return _BAD
    return here


@compiled
def parse(data: Bytes, table: NDArray[np.int32], words: Records, rows: Records, bad: Records, state: State) -> None:
    """Fill `rows` from the bytes of a whole file; bad lines leave their number and span in `bad`."""
    here = 0
    while here < data.size:
        state[LINE] += 1
        start = here
        first_row = state[ROW]
        if _ends_line(data, here):
            state[BLANK] += 1
        else:
            here = _line(data, start, table, words, rows, state)
        failed = here < 0
        here = max(here, start)
        while here < data.size and data[here] != _LF:
            here += 1
        if failed:
            state[ROW] = first_row
            bad[state[BAD]].line = state[LINE]
            bad[state[BAD]].start = start
            bad[state[BAD]].end = here
            state[BAD] += 1
        here += 1
