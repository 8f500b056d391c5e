from __future__ import annotations

import tomllib
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samegauge.formats.open_protocol import (
    HEADER_BYTES,
    FrameBuffer,
    Message,
    MessageError,
    UnknownMessageError,
    decode,
    encode,
    kinds,
    message,
)
from samegauge.formats.tightening import Judgement, tightening_from

PUBLISHED: list[dict[str, Any]] = tomllib.loads(
    Path(__file__).with_name("open_protocol_published.toml").read_text(encoding="utf-8")
)["published"]
RUNS = settings(max_examples=60, deadline=None, derandomize=True)
TAIPEI = timezone(timedelta(hours=8))
LAST_RESULT = next(one["frame"] for one in PUBLISHED if one["name"] == "result").encode("latin-1")


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


@pytest.mark.parametrize("one", PUBLISHED, ids=lambda one: f"{one['source']}-{one['frame'][:11].strip()}")
def test_published_messages_read_as_their_publishers_say_and_are_written_again_byte_for_byte(
    one: dict[str, Any],
) -> None:
    frame = one["frame"].encode("latin-1")
    read = decode(frame)
    assert read.name == one["name"]
    assert {name: _plain(read.values[name]) for name in one.get("said", {})} == one.get("said", {})
    again = encode(read)
    assert again[HEADER_BYTES:] == frame[HEADER_BYTES:] + b"\0"
    assert decode(again[:-1]) == read


def _value(kind: str, width: int) -> st.SearchStrategy[Any]:
    letters = st.characters(min_codepoint=0x21, max_codepoint=0xFF, exclude_categories=["Cc"])
    below = min(10**width, 10**9)
    moments = st.datetimes(datetime(1990, 1, 1), datetime(2099, 1, 1))  # noqa: DTZ001 - what hypothesis asks for
    return {
        "number": st.integers(0, below - 1),
        "integer": st.integers(-below // 10 + 1, below - 1),
        "hundredths": st.integers(-below // 10 + 1, below - 1).map(lambda number: number / 100),
        "flag": st.sampled_from([0, 1]),
        "raw": st.binary(min_size=width, max_size=width),
        "time": st.none() | moments.map(lambda at: at.replace(microsecond=0, tzinfo=TAIPEI)),
        "list": st.lists(st.integers(0, 999), max_size=20).map(tuple),
    }.get(kind, st.text(letters, max_size=width))


@st.composite
def messages(draw: st.DrawFn) -> Message:
    kind = draw(st.sampled_from(sorted(kinds().values(), key=lambda one: one.mid)))
    revision = draw(st.sampled_from(kind.revisions or (1, 7, 998)))
    layout = kind.layout(revision)
    assert layout is not None
    values = {one.name: draw(_value(one.kind, one.width)) for one in layout.fields}
    places = st.integers(1, 99)
    return Message(kind.mid, values, revision, draw(st.booleans()), draw(places), draw(places))


@RUNS
@given(messages())
def test_every_message_reads_back_as_it_was_written(one: Message) -> None:
    assert decode(encode(one, TAIPEI)[:-1], TAIPEI) == one


@RUNS
@given(st.lists(messages(), max_size=5), st.data())
def test_a_stream_gives_the_same_messages_wherever_it_is_cut(sent: list[Message], data: st.DataObject) -> None:
    stream = b"".join(encode(one, TAIPEI) for one in sent)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    buffer, received = FrameBuffer(), []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        received += [decode(frame, TAIPEI) for frame in buffer.feed(stream[start:end])]
    assert received == sent


@RUNS
@given(st.binary(max_size=60) | st.binary(max_size=40).map(lambda tail: LAST_RESULT[:60] + tail))
def test_garbage_is_refused_with_nothing_but_the_declared_error(data: bytes) -> None:
    read: list[Message] = []
    with suppress(MessageError):
        read += [decode(frame) for frame in FrameBuffer().feed(data)]
    assert all(one.mid in kinds() for one in read)


@pytest.mark.parametrize(
    ("change", "byte", "field", "reason"),
    [
        (lambda frame: frame.replace(b"0008401300", b"0008X01300"), 117, "torque_min", "Digits"),
        (lambda frame: frame.replace(b"202001-06-02", b"202001-13-02"), 177, "tightened_at", "A time such as"),
        (lambda frame: frame.replace(b"04KPOL", b"05KPOL"), 58, "identifier", "Field 04 is expected"),
        (lambda frame: b"0230" + frame[4:-1], 222, "tightening_id", "10 bytes are expected here, 9 are left"),
        (lambda frame: b"0232" + frame[4:] + b"!", 232, "", "1 bytes stand after the last field"),
        (lambda frame: b"0400" + frame[4:], 1, "", "231 bytes long"),
        (lambda frame: frame[:8] + b"x01" + frame[11:], 9, "revision", "Digits"),
        (lambda frame: frame[:18] + b"2" + frame[19:], 19, "message_parts", "several parts"),
    ],
)
def test_a_refusal_names_message_byte_and_reason(change: Any, byte: int, field: str, reason: str) -> None:
    with pytest.raises(MessageError, match=reason) as refused:
        decode(change(LAST_RESULT))
    assert refused.value.byte == byte
    assert field in refused.value.message_en
    assert f"byte {byte}" in refused.value.message_zh


@pytest.mark.parametrize("head", [b"00200777001         ", b"00230018009         001"])
def test_what_the_table_lacks_is_not_guessed_at(head: bytes) -> None:
    with pytest.raises(UnknownMessageError, match="not in the table"):
        decode(head)


@pytest.mark.parametrize("stream", [b"01x9", b"0019", b"00200005            0018\0"])
def test_a_stream_out_of_step_is_refused_at_once(stream: bytes) -> None:
    with pytest.raises(MessageError, match=r"begins with its length|no NUL follows"):
        list(FrameBuffer().feed(stream))


@pytest.mark.parametrize(
    "wrong",
    [
        message("select_parameter_set", parameter_set=1000),
        message("select_parameter_set", parameter_set=-1),
        message("download_identifier", identifier="X" * 26),
        message("ask_old_result", tightening_id="7"),
        message("set_time", time="now"),
    ],
)
def test_a_value_that_does_not_fit_its_field_is_not_cut_off(wrong: Message) -> None:
    with pytest.raises(MessageError, match="cannot be written"):
        encode(wrong)


def test_a_result_is_the_same_told_at_once_or_asked_for_later_in_any_revision() -> None:
    at = datetime(2026, 11, 21, 0, 30, tzinfo=UTC)
    values: dict[str, Any] = {
        "tightening_id": 4711, "identifier": "TX-001", "parameter_set": 3, "tightening_status": 1, "torque_status": 1,
        "angle_status": 2, "torque": 3.14, "angle": -42, "tightened_at": at, "torque_unit": 1, "result_type": 1,
    }  # fmt: skip
    told = {
        tightening_from(decode(encode(message(name, revision, **values))[:-1]))
        for name in ("result", "old_result")
        for revision in kinds()[61 if name == "result" else 65].revisions
    }
    assert len(told) == 1
    (one,) = told
    assert (one.torque_n_m, one.angle_judgement, one.tightened_at) == (3.14, Judgement.HIGH, at)


@pytest.mark.parametrize(("code", "n_m"), [(2, 13.558179), (3, 1.129848), (4, 98.0665), (5, 0.980665), (8, 0.1)])
def test_torque_arrives_in_newton_metres_from_every_unit(code: int, n_m: float) -> None:
    one = tightening_from(message("result", 3, torque=10.0, torque_unit=code))
    assert one.torque_n_m == pytest.approx(n_m, rel=1e-6)


@pytest.mark.parametrize("wrong", [{"torque_unit": 7}, {"torque_unit": 1, "torque_status": 5}])
def test_a_result_without_a_torque_unit_or_with_an_unknown_judgement_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(MessageError, match=r"not known|none of"):
        tightening_from(message("result", 3, torque=1.0, **wrong))
