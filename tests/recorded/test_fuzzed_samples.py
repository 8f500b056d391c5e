"""Real QIF documents damaged in every way: refused with the declared error, or read and written again unharmed."""

from __future__ import annotations

import re
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nist_files import recorded

from samegauge.formats.errors import FormatError
from samegauge.formats.qif import parse_qif, status_disagreements, write_qif

RUNS = settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
SAMPLES = [
    "2.1/Statistics/mitutoyo_statistics_first_article_inspection_sample.QIF",
    "3.0/ExternalReferencesAndQPIds/All-in-one.QIF",
    "3.0/Results/QIF_Results_Sample.QIF",
]
ELEMENT = re.compile(rb"<(\w+)[ >]")
TEXT = re.compile(rb">([^<>\n]+)<")
ODD = [b"", b"0", b"-1", b"1e400", b"NaN", b"0,5", b"2126-01-01T00:00:00Z", b"9" * 70, "王\u202e".encode(), b"&lt;"]


@cache
def sample(path: str) -> bytes:
    return recorded(f"qif-samples/{path}").read_bytes()


def outcome(data: bytes) -> str:
    """Why it was refused; empty where it was read, and then what was written of it says the same."""
    try:
        document = parse_qif(data, "fuzzed")
        status_disagreements(document)
        again = parse_qif(write_qif(document), "fuzzed")
    except FormatError as error:
        return error.message_zh
    values = [[measured.value for measured in result.measurements] for result in document.results]
    assert [[measured.value for measured in result.measurements] for result in again.results] == values
    assert len(again.characteristics) == len(document.characteristics)
    return ""


@pytest.mark.parametrize("path", SAMPLES)
@RUNS
@given(changes=st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=3), st.integers(0, 3)), min_size=1, max_size=3))
def test_bytes_changed(path: str, changes: list[tuple[float, bytes, int]]) -> None:
    data = sample(path)
    for share, inserted, removed in changes:
        place = int(share * len(data))
        data = data[:place] + inserted + data[place + removed :]
    assert isinstance(outcome(data), str)


@pytest.mark.parametrize("path", SAMPLES)
@RUNS
@given(place=st.integers(0, 10_000), other=st.integers(0, 10_000))
def test_elements_renamed(path: str, place: int, other: int) -> None:
    names = sorted(set(ELEMENT.findall(sample(path))))
    old, new = names[place % len(names)], names[other % len(names)]
    assert isinstance(outcome(re.sub(rb"(</?)" + old + rb"(?=[ />])", rb"\1" + new, sample(path))), str)


@pytest.mark.parametrize("path", SAMPLES)
@RUNS
@given(place=st.integers(0, 10_000), odd=st.sampled_from(ODD))
def test_texts_exchanged(path: str, place: int, odd: bytes) -> None:
    found = list(TEXT.finditer(sample(path)))
    one = found[place % len(found)]
    assert isinstance(outcome(sample(path)[: one.start(1)] + odd + sample(path)[one.end(1) :]), str)


@pytest.mark.parametrize("path", SAMPLES)
@RUNS
@given(share=st.floats(0, 1))
def test_cut_short(path: str, share: float) -> None:
    whole = sample(path).rstrip()
    assert outcome(whole[: int(share * (len(whole) - 1))])
