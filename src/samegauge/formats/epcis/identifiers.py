"""GS1 identifiers in their one form: EPC URNs and Digital Link URIs of any host become id.gs1.org URIs (CBV 2.0, 8.9).

A URI without a GS1 key stays as it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

if TYPE_CHECKING:
    from collections.abc import Callable

HOST = "https://id.gs1.org"
_URN = re.compile(r"urn:epc:(id|class|idpat):([a-z]+):([0-9]{6,12})\.(.*)")
_WEB = re.compile(r"https?://[^/?#]+(/[^?#]*)(?:\?[^#]*)?(?:#.*)?")
_GTIN_DIGITS = 14
_GTIN_SERIAL = re.compile(re.escape(HOST) + r"/01/([0-9]{14})/21/(.+)")
# Of the keys the names that may stand for them, and what their values look like.
_KEYS = {
    "00": ("sscc", r"[0-9]{18}"),
    "01": ("gtin", r"[0-9]{8}|[0-9]{12,14}"),
    "253": ("gdti", r"[0-9]{13}.{0,17}"),
    "255": ("gcn", r"[0-9]{13,25}"),
    "401": ("ginc", r"[0-9]{6,12}.{1,24}"),
    "402": ("gsin", r"[0-9]{17}"),
    "414": ("gln", r"[0-9]{13}"),
    "417": ("party", r"[0-9]{13}"),
    "8003": ("grai", r"[0-9]{14}.{0,16}"),
    "8004": ("giai", r"[0-9]{6,12}.{0,24}"),
    "8006": ("itip", r"[0-9]{18}"),
    "8010": ("cpi", r"[0-9]{6,12}.{1,24}"),
    "8017": ("gsrnp", r"[0-9]{18}"),
    "8018": ("gsrn", r"[0-9]{18}"),
}
_KEY_OF = {name: key for key, (short, _pattern) in _KEYS.items() for name in (key, short)}
# What may follow a key; of these the first one that is there tells one thing from another, the rest is left out.
_QUALIFIERS = {"01": ("21", "235", "10"), "8006": ("21", "10"), "8010": ("8011",), "414": ("254",)}
_QUALIFIER_OF = {
    **{key: key for key in ("10", "21", "22", "235", "254", "8011", "8019")},
    "lot": "10",
    "ser": "21",
    "cpv": "22",
    "glnx": "254",
    "cpsn": "8011",
    "srin": "8019",
}


@dataclass(frozen=True, slots=True)
class _Key:
    """A key with what may follow it; `parts` are the URN's, after the company prefix."""

    key: str
    value: Callable[[str, list[str]], str]
    qualifier: str = ""
    serial_at: int = 0


def canonical_uri(text: str) -> str:
    """The one spelling of a GS1 identifier; any other text unchanged."""
    return _from_urn(text) or _from_web(text) or text


def stated_serial(uri: str) -> tuple[str, str]:
    """Serial number and GTIN that a URI of anybody's states; without a GTIN where it states none."""
    canonical = canonical_uri(uri)
    if match := _GTIN_SERIAL.fullmatch(canonical):
        return unquote(match[2]), match[1]
    return unquote(re.split(r"[/:#]", canonical.rstrip("/:#"))[-1]), ""


def check_digit(digits: str) -> str:
    """Of a GS1 key without its last digit (General Specifications, 7.9)."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def gtin14(prefix: str, item: str) -> str:
    """`item` is the indicator digit and the item reference."""
    digits = item[:1] + prefix + item[1:]
    return digits + check_digit(digits)


def _with_check(prefix: str, parts: list[str]) -> str:
    digits = prefix + parts[0]
    return digits + check_digit(digits)


def _sscc(prefix: str, parts: list[str]) -> str:
    digits = parts[0][:1] + prefix + parts[0][1:]
    return digits + check_digit(digits)


def _gtin(prefix: str, parts: list[str]) -> str:
    return gtin14(prefix, parts[0])


def _joined(prefix: str, parts: list[str]) -> str:
    return prefix + parts[0]


def _checked_and_serial(prefix: str, parts: list[str]) -> str:
    serial = "" if parts[1:] == ["*"] else "".join(parts[1:])
    return _with_check(prefix, parts) + serial


def _returnable(prefix: str, parts: list[str]) -> str:
    return "0" + _checked_and_serial(prefix, parts)


def _piece(prefix: str, parts: list[str]) -> str:
    return _gtin(prefix, parts) + "".join(parts[1:3])


_URN_KEYS = {
    "sgtin": _Key("01", _gtin, "21", 1),
    "lgtin": _Key("01", _gtin, "10", 1),
    "upui": _Key("01", _gtin, "235", 1),
    "sscc": _Key("00", _sscc),
    "sgln": _Key("414", _with_check, "254", 1),
    "pgln": _Key("417", _with_check),
    "grai": _Key("8003", _returnable),
    "giai": _Key("8004", _joined),
    "gsrn": _Key("8018", _with_check),
    "gsrnp": _Key("8017", _with_check),
    "gdti": _Key("253", _checked_and_serial),
    "sgcn": _Key("255", _checked_and_serial),
    "cpi": _Key("8010", _joined, "8011", 1),
    "ginc": _Key("401", _joined),
    "gsin": _Key("402", _with_check),
    "itip": _Key("8006", _piece, "21", 3),
}


def _from_urn(text: str) -> str:
    match = _URN.fullmatch(text)
    scheme = _URN_KEYS.get(match[2]) if match else None
    if match is None or scheme is None:
        return ""
    kind, prefix, parts = match[1], match[3], match[4].split(".", scheme.serial_at or 1)
    if scheme.key in {"00", "01", "402", "414", "417", "8006", "8017", "8018"} and not (parts[0] or "0").isdecimal():
        return ""
    uri = f"{HOST}/{scheme.key}/{_spelled(scheme.value(prefix, parts))}"
    serial = parts[scheme.serial_at] if scheme.qualifier and len(parts) > scheme.serial_at else ""
    if not serial or (kind == "idpat" and serial == "*") or (scheme.key == "414" and serial == "0"):
        return uri
    return f"{uri}/{scheme.qualifier}/{_spelled(serial)}"


def _from_web(text: str) -> str:
    match = _WEB.fullmatch(text)
    steps = match[1].split("/")[1:] if match else []
    for place in range(len(steps) - 1):
        key = _KEY_OF.get(steps[place])
        if key is None or re.fullmatch(_KEYS[key][1], unquote(steps[place + 1])) is None:
            continue
        end = _qualifier(key, steps[place + 2 :])
        if end is not None:
            value = steps[place + 1].zfill(_GTIN_DIGITS) if key == "01" else steps[place + 1]
            return f"{HOST}/{key}/{_spelled(value)}{end}"
    return ""


def _qualifier(key: str, following: list[str]) -> str | None:
    """What tells one thing from another, as the end of a URI; None: this does not follow a key."""
    names = [_QUALIFIER_OF.get(name) for name in following[::2]]
    if None in names or len(following) % 2:
        return None
    stated = dict(zip(names, following[1::2], strict=True))
    telling = next((name for name in _QUALIFIERS.get(key, ()) if stated.get(name)), None)
    return f"/{telling}/{_spelled(stated[telling])}" if telling else ""


def _spelled(value: str) -> str:
    return quote(unquote(value), safe="")
