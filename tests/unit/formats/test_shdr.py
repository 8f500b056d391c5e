"""The compiled parser says what the readable one says, on every line a log or a vandal can hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from samegauge.formats.errors import FormatError
from samegauge.formats.shdr import (
    BadLine,
    Condition,
    Observation,
    Reason,
    number_from,
    parse_columns,
    parse_line,
    read_lines,
    written,
)
from samegauge.formats.shdr_kernel import MAX_LINE_BYTES, MAX_PAIRS

SEEDED = settings(derandomize=True, deadline=None)  # compiling takes longer than any deadline
GOOD = b"2017-10-23T08:54:30.304Z|estop|ARMED"
HALF_PAST = 1_508_748_870_304_000_000  # 2017-10-23T08:54:30.304Z


def fast(data: bytes) -> tuple[list[Observation], list[BadLine]]:
    columns = parse_columns(data, "log")
    return [columns.observation(row) for row in range(len(columns))], list(columns.bad_lines)


def reference(data: bytes) -> tuple[list[Observation], list[BadLine]]:
    parsed = list(read_lines(data))
    bad = [line for line in parsed if isinstance(line, BadLine)]
    return [one for line in parsed if not isinstance(line, BadLine) for one in line], bad


def test_one_line_is_one_observation() -> None:
    assert parse_line(GOOD, 7) == (Observation(HALF_PAST, 3, "estop", "ARMED", None, None, 7, 0),)


def test_hundred_nanoseconds_are_kept_exactly() -> None:
    (one,), _ = fast(b"2017-02-02T16:37:08.9062501Z|Block_Number|0\n")
    assert (one.time_ns % 1_000_000_000, one.time_digits) == (906_250_100, 7)


def test_a_condition_has_its_five_fields() -> None:
    (one,), _ = fast(b"2017-10-23T08:54:30.304Z|servo_cond|Fault|100|HIGH|LOW|overload \xe9\x81\x8e\xe8\xbc\x89\n")
    assert one.condition == Condition("FAULT", "100", "HIGH", "LOW", "overload 過載")
    assert one.number is None


def test_three_pairs_are_no_condition() -> None:
    (first, second, third), _ = fast(b"2017-10-23T08:54:30Z|a|UNAVAILABLE|b|UNAVAILABLE|c|12.50\n")
    assert [(one.tag, one.value, one.pair) for one in (first, second, third)] == [
        ("a", "UNAVAILABLE", 0),
        ("b", "UNAVAILABLE", 1),
        ("c", "12.50", 2),
    ]
    assert third.number == 12.5
    assert first.condition is None


def test_an_unavailable_condition_says_nothing_more() -> None:
    (one,), _ = fast(b"2017-10-23T08:54:30Z|Xtravel|Unavailable||||\n")
    assert one.condition == Condition("UNAVAILABLE", "", "", "", "")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"<<<<<<< HEAD", Reason.CONFLICT_MARKER),
        (b"=======", Reason.CONFLICT_MARKER),
        (b">>>>>>> 0fc28b83", Reason.CONFLICT_MARKER),
        (b"2017", Reason.NO_TIMESTAMP),
        (b"* PING", Reason.NO_TIMESTAMP),
        (b"2017-10-23T08:54:30.304|estop|ARMED", Reason.NO_TIMESTAMP),
        (b"2017-10-23T08:54:30.304+08:00|estop|ARMED", Reason.NO_TIMESTAMP),
        (b"2017-10-23T08:54:30.Z|estop|ARMED", Reason.NO_TIMESTAMP),
        (b"2017-10-23T08:54:30.1234567890Z|estop|ARMED", Reason.NO_TIMESTAMP),
        (b"2017-02-29T08:54:30Z|estop|ARMED", Reason.IMPOSSIBLE_TIME),
        (b"2017-13-01T08:54:30Z|estop|ARMED", Reason.IMPOSSIBLE_TIME),
        (b"2017-10-23T24:00:00Z|estop|ARMED", Reason.IMPOSSIBLE_TIME),
        (b"1969-12-31T23:59:59Z|estop|ARMED", Reason.IMPOSSIBLE_TIME),
        (b"2262-01-01T00:00:00Z|estop|ARMED", Reason.IMPOSSIBLE_TIME),
        (b"2017-10-23T08:54:30Z", Reason.NO_VALUE),
        (b"2017-10-23T08:54:30Z|estop", Reason.NO_VALUE),
        (b"2017-10-23T08:54:30Z|estop|ARMED|mode", Reason.NO_VALUE),
        (b"2017-10-23T08:54:30Z||ARMED", Reason.NO_NAME),
        (b"2017-10-23T08:54:30Z|estop|AR\0MED", Reason.CONTROL_BYTE),
        (b"2017-10-23T08:54:30Z|estop|AR\rMED", Reason.CONTROL_BYTE),
        (b"2017-10-23T08:54:30Z|estop|\xff\xfe", Reason.NOT_UTF8),
        (b"2017-10-23T08:54:30Z|estop|\xed\xa0\x80", Reason.NOT_UTF8),
        (b"2017-10-23T08:54:30Z|estop|" + b"x" * MAX_LINE_BYTES, Reason.TOO_LONG),
        (b"2017-10-23T08:54:30Z" + b"|a|" * 1 + b"1" + b"|a|1" * 3 + b"|", Reason.NO_VALUE),
    ],
)
def test_a_bad_line_is_set_aside_and_the_rest_goes_in(line: bytes, reason: Reason) -> None:
    observations, bad = fast(GOOD + b"\n" + line + b"\r\n" + GOOD + b"\n")
    assert [one.line for one in observations] == [1, 3]
    assert bad == [BadLine(2, reason, line)]


def test_a_line_of_countless_pairs_is_too_long_before_it_has_too_many() -> None:
    line = GOOD + b"|a|" * MAX_PAIRS
    _, (bad,) = fast(GOOD + b"\n" + line + b"\n")
    assert bad.reason is Reason.TOO_LONG


def test_a_snippet_hides_nothing() -> None:
    bad = parse_line(b"2017\x1b[2J \xe2\x80\xae evil " + b"x" * 500, 1)
    assert isinstance(bad, BadLine)
    assert "[U+001B]" in bad.snippet
    assert "[U+202E]" in bad.snippet
    assert len(bad.snippet) < 200


def test_reasons_are_in_both_languages() -> None:
    assert all(reason.en and reason.zh and reason.en != reason.zh for reason in Reason)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n\r\n",
        b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\n",
        b"PK\x03\x04" + bytes(range(256)) * 20,
        b'<?xml version="1.0"?>\n<MTConnectStreams/>\n',
        GOOD + b"\nnot a line\nnot a line\n",
        GOOD.decode().encode("utf-16"),
    ],
)
def test_a_file_that_is_no_log_is_refused_whole(data: bytes) -> None:
    with pytest.raises(FormatError) as refusal:
        parse_columns(data, "drawing.pdf")
    assert refusal.value.file == "drawing.pdf"
    assert refusal.value.reason_zh


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm() -> None:
    observations, bad = fast(b"\xef\xbb\xbf" + GOOD + b"\r\n" + GOOD + b"\r\n")
    assert [one.value for one in observations] == ["ARMED", "ARMED"]
    assert bad == []


def test_an_open_end_is_noticed() -> None:
    assert parse_columns(GOOD, "log").open_ended
    assert not parse_columns(GOOD + b"\n", "log").open_ended


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("0", 0.0),
        ("-12.500", -12.5),
        ("007", 7.0),
        ("+5", 5.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("1e3", 1000.0),
        ("12345678901234567890", 12345678901234567890.0),
        ("0.1234567890123456789", 0.12345678901234568),
        ("1e999", None),
        ("nan", None),
        ("inf", None),
        ("1_000", None),
        ("1 2 3", None),
        ("", None),
        ("-", None),
        ("٣", None),
    ],
)
def test_numbers_are_what_they_spell_and_stay_as_written(value: str, number: float | None) -> None:
    (one,), _ = fast(f"2017-10-23T08:54:30Z|a|{value}\n".encode())
    assert (one.value, one.number) == (value, number)
    assert number_from(value) == number


@SEEDED
@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-99_999_999, max_value=99_999_999))
def test_a_number_of_fifteen_digits_is_given_back_as_written(value: object) -> None:
    text = f"{value:f}"
    (one,), _ = fast(f"2017-10-23T08:54:30Z|a|{text}\n".encode())
    assert one.value == text
    assert one.number == float(text)


@SEEDED
@given(st.integers(0, 10**15 - 1), st.integers(0, 22))
def test_the_decimals_tell_the_spelling(mantissa: int, decimals: int) -> None:
    digits = str(mantissa).rjust(decimals + 1, "0")
    text = f"{digits[: len(digits) - decimals]}.{digits[len(digits) - decimals :]}" if decimals else digits
    columns = parse_columns(f"2017-10-23T08:54:30Z|a|{text}\n".encode(), "log")
    assert columns.text[0] == -1
    assert columns.number[0] == float(text)
    assert written(float(columns.number[0]), int(columns.decimals[0])) == text


STAMPS = st.one_of(
    st.datetimes().map(lambda time: f"{time.isoformat()}Z".encode()),
    st.from_regex(rb"20[0-3][0-9]-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{0,10})?Z?", fullmatch=True),
    st.binary(max_size=24),
)
FIELDS = st.one_of(
    st.sampled_from([b"", b"Xabs", b"Normal", b"FAULT", b"warning", b"Unavailable", b"UNAVAILABLE", b" ", b"\t"]),
    st.from_regex(rb"[+-]?[0-9]{0,18}\.?[0-9]{0,18}(e[0-9]{1,3})?", fullmatch=True),
    st.text(max_size=6).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.binary(max_size=6),
)
LINES = st.one_of(
    st.tuples(STAMPS, st.lists(FIELDS, max_size=9)).map(lambda parts: b"|".join([parts[0], *parts[1]])),
    st.sampled_from([b"", b"\r", b"=======", b"<<<<<<< HEAD", b"\xef\xbb\xbf" + GOOD]),
)
LOGS = st.lists(st.tuples(LINES, st.sampled_from([b"\n", b"\r\n"])), max_size=12).map(
    lambda lines: b"".join(line + end for line, end in lines)
)


@settings(SEEDED, max_examples=400)
@given(LOGS, st.sampled_from([b"", b"\n", b"\r\n", b"\r"]))
@example(b"2017-10-23T08:54:30Z|a|b\r\n\r", b"\r")
@example(b"2017-10-23T08:54:30Z|\xf0\x9f\x94\xa7|\xf4\x90\x80\x80", b"\n")
def test_compiled_equals_readable(log: bytes, end: bytes) -> None:
    # Good lines ahead keep the file from being refused, so that every odd line is compared.
    data = (GOOD + b"\n") * 14 + log + GOOD + end
    assert fast(data) == reference(data)


@SEEDED
@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    observations, bad = reference(data)
    filled = len({one.line for one in observations}) + len(bad)
    if filled == 0 or 2 * len(bad) > filled:
        with pytest.raises(FormatError):
            parse_columns(data, "log")
    else:
        assert fast(data) == (observations, bad)


def test_columns_are_one_entry_an_observation() -> None:
    columns = parse_columns(b"2017-10-23T08:54:30Z|a|1|b|two\n\n2017-10-23T08:54:31Z|a|2\n", "log")
    assert columns.time_ns.tolist() == [1_508_748_870_000_000_000] * 2 + [1_508_748_871_000_000_000]
    assert [columns.words[code] for code in columns.tag] == ["a", "b", "a"]
    assert np.isnan(columns.number).tolist() == [False, True, False]
    assert columns.line.tolist() == [1, 1, 3]
    assert columns.pair.tolist() == [0, 1, 0]
    assert (columns.lines, columns.blank_lines) == (3, 1)
