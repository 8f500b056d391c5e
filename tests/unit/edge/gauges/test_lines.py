from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from samegauge.edge.gauges.lines import LONGEST, Line, LineBuffer
from samegauge.formats.gauge_strings import GaugeStringError, read_gauge

CONTENT = st.binary(min_size=1, max_size=60).map(lambda said: said.translate(None, b"\r\n") or b"1")
ENDS = st.sampled_from([b"\r", b"\n", b"\r\n"])


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    places = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[one:other] for one, other in pairwise(places)]


def fed(parts: list[bytes], *, begun: bool = False) -> list[Line]:
    lines = LineBuffer(begun=begun)
    return [line for part in parts for line in lines.feed(part)]


@given(st.lists(st.tuples(CONTENT, ENDS), max_size=8), st.lists(st.integers(min_value=0), max_size=12))
@example([(b"+00012.345", b"\r\n"), (b"0", b"\r")], [11])
def test_lines_are_the_same_however_their_bytes_are_cut(sent: list[tuple[bytes, bytes]], cuts: list[int]) -> None:
    data = b"".join(content + end for content, end in sent)
    assert fed(pieces(data, cuts)) == [Line(content) for content, _end in sent]


@given(st.binary(max_size=3 * LONGEST), st.lists(st.integers(min_value=0), max_size=12), st.booleans())
def test_noise_is_cut_the_same_way_and_never_grows(data: bytes, cuts: list[int], begun: bool) -> None:  # noqa: FBT001 - drawn
    lines = fed(pieces(data, cuts), begun=begun)
    assert lines == fed([data], begun=begun)
    assert all(0 < len(line.said) <= LONGEST for line in lines)
    assert b"".join(line.said for line in lines) in data.translate(None, b"\r\n") or any(not one.whole for one in lines)


@given(st.integers(1, 10))
def test_the_rest_of_a_line_is_never_a_reading(heard_from: int) -> None:
    (line,) = fed([b"+00012.345\r"[heard_from - 1 :]], begun=True)
    assert not line.whole


def test_a_line_without_an_end_is_given_up_and_the_next_one_is_whole() -> None:
    lines = LineBuffer()
    assert list(lines.feed(b"+00012.3")) == []
    assert lines.is_waiting
    assert list(lines.give_up()) == [Line(b"+00012.3", whole=False)]
    assert not lines.is_waiting
    assert list(lines.give_up()) == []
    assert list(lines.feed(b"4.5\r")) == [Line(b"4.5")]


def test_a_line_that_is_too_long_is_kept_by_its_beginning_and_is_no_reading() -> None:
    (long, short) = fed([b"7" * (LONGEST + 1) + b"\r", b"7\r"])
    assert (long.said, long.whole) == (b"7" * LONGEST, False)
    assert short == Line(b"7")


@pytest.mark.parametrize(
    ("said", "unit"),
    [("12,5 µm".encode(), "µm"), (b"12,5 \xb5m", "µm"), (b"90.5\xb0", "deg"), ("90.5°".encode(), "deg")],
)
def test_units_beyond_ascii_are_read_in_both_codings(said: bytes, unit: str) -> None:
    assert read_gauge(Line(said).text).unit == unit


@pytest.mark.parametrize("said", [b"+12.\xff\x00\x003", b"\xff\x00\x0012.5", b"12\x00.5", b"\xff\xff"])
def test_a_byte_that_was_received_wrongly_makes_no_reading(said: bytes) -> None:
    with pytest.raises(GaugeStringError):
        read_gauge(Line(said).text)
