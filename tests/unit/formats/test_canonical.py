from __future__ import annotations

import hashlib
import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samegauge.formats.canonical import (
    MAX_DEPTH,
    CanonicalError,
    canonical_bytes,
    leaf_digest,
    leaf_hash,
    number_text,
    parse_json,
)

# RFC 8785, appendix B; checked once more against JSON.stringify of Node 20.
RFC_8785_NUMBERS = {
    "0000000000000000": "0",
    "8000000000000000": "0",
    "0000000000000001": "5e-324",
    "8000000000000001": "-5e-324",
    "7fefffffffffffff": "1.7976931348623157e+308",
    "4340000000000000": "9007199254740992",
    "c340000000000000": "-9007199254740992",
    "4430000000000000": "295147905179352830000",
    "44b52d02c7e14af5": "9.999999999999997e+22",
    "44b52d02c7e14af6": "1e+23",
    "44b52d02c7e14af7": "1.0000000000000001e+23",
    "444b1ae4d6e2ef4e": "999999999999999700000",
    "444b1ae4d6e2ef4f": "999999999999999900000",
    "444b1ae4d6e2ef50": "1e+21",
    "3eb0c6f7a0b5ed8c": "9.999999999999997e-7",
    "3eb0c6f7a0b5ed8d": "0.000001",
    "41b3de4355555553": "333333333.3333332",
    "41b3de4355555554": "333333333.33333325",
    "41b3de4355555555": "333333333.3333333",
    "becbf647612f3696": "-0.0000033333333333333333",
    "43143ff3c1cb0959": "1424953923781206.2",
}

scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
values = st.recursive(
    scalars | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize(("bits", "text"), RFC_8785_NUMBERS.items())
def test_numbers_of_rfc_8785(bits: str, text: str) -> None:
    assert number_text(struct.unpack(">d", bytes.fromhex(bits))[0]) == text


def test_key_order_and_escapes_of_rfc_8785_section_3_2() -> None:
    value = {
        "\u20ac": "Euro Sign",
        "\r": "Carriage Return",
        "\ufb33": "Hebrew Letter Dalet With Dagesh",
        "1": "One",
        "\U0001f600": "Emoji: Grinning Face",
        "\u0080": "Control",
        "\u00f6": "Latin Small Letter O With Diaeresis",
    }
    ordered = list(json.loads(canonical_bytes(value)).values())
    assert [text.partition(" ")[0] for text in ordered] == [
        "Carriage",
        "One",
        "Control",
        "Latin",
        "Euro",
        "Emoji:",
        "Hebrew",
    ]
    assert canonical_bytes('€$\x0f\nA\'B"\\\\"/') == '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"'.encode()


def test_key_order_is_free() -> None:
    assert leaf_hash({"a": 1, "b": [2, {"d": 3, "c": 4}]}) == leaf_hash({"b": [2, {"c": 4, "d": 3}], "a": 1})


def test_equal_numbers_have_equal_bytes_whatever_a_database_made_of_them() -> None:
    assert canonical_bytes([1, 1e22, -0.0]) == canonical_bytes([1.0, 10**22, 0])
    shortest_digits = 59703292774100370  # how PostgreSQL spells 5.970329277410037e16; the double is two less
    assert canonical_bytes(shortest_digits) == canonical_bytes(5.970329277410037e16) == b"59703292774100370"


@given(values)
def test_reading_back_and_writing_again_changes_nothing(value: object) -> None:
    data = canonical_bytes(value)
    assert canonical_bytes(parse_json(data)) == data


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_no_double_loses_a_bit(value: float) -> None:
    assert float(number_text(value)) == value


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), -float("inf"), 2**53 + 1, 10**400, {1: 2}, {"a": b"x"}, "\ud800"]
)
def test_values_without_a_form_are_refused(value: object) -> None:
    with pytest.raises(CanonicalError):
        canonical_bytes(value)


def test_nesting_is_bounded() -> None:
    value: object = 1
    for _ in range(MAX_DEPTH):
        value = [value]
    assert canonical_bytes(value).startswith(b"[[[[")
    with pytest.raises(CanonicalError, match="levels"):
        canonical_bytes([value])


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b'{"a":1,"a":2}', b"NaN", b"[-Infinity]", b'"\xff"', b"[" * 200_000, b"1" * 5000, b"[1] 2"],
    ids=["empty", "open", "twice", "nan", "infinity", "encoding", "deep", "digits", "more"],
)
def test_bytes_that_are_not_strict_json_are_refused(data: bytes) -> None:
    with pytest.raises(CanonicalError):
        parse_json(data)


def test_the_place_of_a_fault_is_counted_in_bytes() -> None:
    with pytest.raises(CanonicalError) as caught:
        parse_json('["履歷",}'.encode())
    assert caught.value.offset == 10


def test_a_leaf_is_prefixed_as_rfc_6962_says() -> None:
    assert leaf_digest("") != leaf_digest([])
    assert leaf_hash("") == leaf_digest("").hex() == hashlib.sha256(b'\x00""').hexdigest()
