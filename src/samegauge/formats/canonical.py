"""One byte sequence per JSON value (RFC 8785), so that equal records have equal hashes wherever they were stored."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, NoReturn, TypeAlias, cast

from samegauge.doors.crypto import sha256

if TYPE_CHECKING:
    from collections.abc import Iterator

# Sequence and Mapping instead of list and dict: callers hand over frozen records as well as parsed ones.
JsonValue: TypeAlias = "bool | int | float | str | Sequence[JsonValue] | Mapping[str, JsonValue] | None"

MAX_DEPTH = 64
_PLAIN_DIGITS = 21  # ECMA-262 Number::toString writes larger magnitudes with an exponent
_LEADING_ZEROS = 6
_LEAF_PREFIX = b"\x00"


class CanonicalError(ValueError):
    """A value that has no canonical form, or bytes that are not strict JSON; `offset` is the byte at fault if known."""

    def __init__(self, message: str, offset: int | None = None) -> None:
        super().__init__(message)
        self.offset = offset


def canonical_bytes(value: JsonValue) -> bytes:
    """UTF-8 JSON: keys in UTF-16 order, no white space, numbers as ECMAScript writes the nearest double."""
    try:
        return "".join(_pieces(value, 0)).encode("utf-8")
    except UnicodeEncodeError as error:
        raise CanonicalError("A text holds half of a surrogate pair. Correct the encoding of its source.") from error


def leaf_digest(payload: JsonValue) -> bytes:
    """SHA-256(0x00 || canonical bytes), the leaf of an RFC 6962 tree."""
    return sha256(_LEAF_PREFIX + canonical_bytes(payload))


def leaf_hash(payload: JsonValue) -> str:
    """`leaf_digest` as 64 hexadecimal digits, the form in which records keep it."""
    return leaf_digest(payload).hex()


def parse_json(data: bytes) -> JsonValue:
    """Strict reading: UTF-8, no duplicate keys, no NaN or Infinity."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise CanonicalError(f"Byte {error.start} is not UTF-8.", error.start) from error
    try:
        return cast("JsonValue", json.loads(text, object_pairs_hook=_unique_keys, parse_constant=_refuse_constant))
    except json.JSONDecodeError as error:
        offset = len(text[: error.pos].encode("utf-8"))
        raise CanonicalError(f"{error.msg} at byte {offset}.", offset) from error
    except RecursionError as error:
        raise CanonicalError("Nested too deeply.") from error
    except CanonicalError:
        raise
    except ValueError as error:  # a whole number of thousands of digits
        raise CanonicalError(str(error)) from error


def number_text(value: float) -> str:
    """ECMA-262 Number::toString of the double `value`; refuses what a double cannot hold exactly."""
    double = _double_from(value)
    if double == 0:
        return "0"
    sign = "-" if double < 0 else ""
    mantissa, _, exponent = f"{abs(double)!r}".partition("e")
    whole, _, fraction = mantissa.partition(".")
    point = len(whole) + int(exponent or 0)
    digits = whole + fraction
    stripped = digits.lstrip("0")
    point -= len(digits) - len(stripped)
    return sign + _placed(stripped.rstrip("0"), point)


def _double_from(value: float) -> float:
    try:
        double = float(value)
    except OverflowError as error:
        raise CanonicalError("A whole number is beyond the range of a double. Store it as text.") from error
    if not math.isfinite(double):
        raise CanonicalError(f"{value!r} is not a number JSON can carry. Leave the value out instead.")
    # A whole number stands for a double by its exact value or by the shortest digits, which databases hand back.
    if isinstance(value, int) and value not in {int(double), int(Decimal(repr(double)))}:
        raise CanonicalError(f"{value} has no exact double. Store it as text.")
    return double


def _placed(digits: str, point: int) -> str:
    """`digits` with the decimal point after the first `point` of them."""
    count = len(digits)
    if count <= point <= _PLAIN_DIGITS:
        return digits + "0" * (point - count)
    if 0 < point <= _PLAIN_DIGITS:
        return f"{digits[:point]}.{digits[point:]}"
    if -_LEADING_ZEROS < point <= 0:
        return "0." + "0" * -point + digits
    mantissa = digits[0] + (f".{digits[1:]}" if count > 1 else "")
    return f"{mantissa}e{point - 1:+d}"


def _pieces(value: JsonValue, depth: int) -> Iterator[str]:
    if value is None or isinstance(value, bool):
        yield {None: "null", True: "true", False: "false"}[value]
    elif isinstance(value, str):
        yield json.dumps(value, ensure_ascii=False)
    elif isinstance(value, int | float):
        yield number_text(value)
    else:
        yield from _container_pieces(value, depth + 1)


def _container_pieces(value: Sequence[JsonValue] | Mapping[str, JsonValue], depth: int) -> Iterator[str]:
    if depth > MAX_DEPTH:
        raise CanonicalError(f"More than {MAX_DEPTH} levels.")
    if isinstance(value, Mapping):
        separator = "{"
        for key in sorted(value, key=_utf16_order):
            yield f"{separator}{json.dumps(key, ensure_ascii=False)}:"
            yield from _pieces(value[key], depth)
            separator = ","
        yield "}" if value else "{}"
    elif isinstance(value, list | tuple):
        separator = "["
        for element in value:
            yield separator
            yield from _pieces(element, depth)
            separator = ","
        yield "]" if value else "[]"
    else:
        raise CanonicalError(f"{type(value).__name__} has no form in JSON. Convert it to text or numbers first.")


def _utf16_order(key: object) -> bytes:
    if not isinstance(key, str):
        raise CanonicalError(f"The key {key!r} is not text.")
    return key.encode("utf-16-be")


def _unique_keys(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    record = dict(pairs)
    if len(record) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))
        raise CanonicalError(f"The key {twice[:80]!r} stands twice in one object.")
    return record


def _refuse_constant(name: str) -> NoReturn:
    raise CanonicalError(f"{name} is not a number JSON can carry.")
