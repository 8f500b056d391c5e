"""What gauges and balances send over a serial line or type as a keyboard: one string, one reading.

The forms stand in gauge_strings.json, which the tablet reads too. A single comma is a decimal comma, since no gauge
groups thousands. Where two forms read a string differently, or a unit is not known, the reading is refused.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from samegauge.formats.errors import FormatError
from samegauge.formats.plain_text import visible_text

_LONGEST = 64


class GaugeStringError(FormatError):
    """`reason` is the key of the refusal in the table."""

    def __init__(self, text: str, reason: str) -> None:
        self.reason = reason
        said = _table()["reasons"][reason]
        super().__init__(f'"{visible_text(text, 40)}"', None, said["en"], said["zh"])


@dataclass(frozen=True, slots=True)
class Reading:
    """`unit` is None where the gauge does not say: the step must. `judged` is the gauge's own <, = or >."""

    value: float
    decimals: int
    unit: str | None
    form: str
    channel: str = ""
    judged: str = ""


@cache
def _table() -> dict[str, Any]:
    return json.loads((files(__package__ or "") / "gauge_strings.json").read_text(encoding="utf-8"))


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], dict[str, Any]], ...]:
    # `$` would also match before a line end, which JavaScript's does not.
    return tuple((re.compile(form["pattern"].removesuffix("$") + r"\Z"), form) for form in _table()["forms"])


def read_gauge(text: str) -> Reading:
    """Read what a gauge sent, or raise `GaugeStringError`."""
    plain = text.strip(" \t\r\n\0").replace("\N{MINUS SIGN}", "-")
    if not plain:
        raise GaugeStringError(text, "empty")
    found = [
        (match, form) for pattern, form in _patterns() if len(plain) <= _LONGEST and (match := pattern.match(plain))
    ]
    if not found:
        raise GaugeStringError(text, "unknown")
    outcomes = [_reading(match, form) for match, form in found]
    first = outcomes[0]
    if any(_meaning(one) != _meaning(first) for one in outcomes):
        raise GaugeStringError(text, "ambiguous")
    if isinstance(first, str):
        raise GaugeStringError(text, first)
    return first


def value_in(reading: Reading, unit: str) -> float:
    """Express a reading in the unit of a step; a reading without a unit is in it already."""
    if reading.unit is None or reading.unit == unit:
        return reading.value
    si = _table()["si"]
    if unit not in si or si[unit][0] != si[reading.unit][0]:
        raise GaugeStringError(f"{reading.value} {reading.unit}", "other_quantity")
    return reading.value * (si[reading.unit][1] / si[unit][1])


def _reading(match: re.Match[str], form: dict[str, Any]) -> Reading | str:
    """Return the reading, or the key of the reason why there is none."""
    parts: dict[str, str] = dict(zip(form["groups"], (part or "" for part in match.groups()), strict=True))
    refused: str | dict[str, str] | None = form.get("refused")
    if refused is not None:
        return refused if isinstance(refused, str) else refused[parts["status"]]
    unit: str | None = None
    if "unit" in parts:
        unit = _table()["units"].get(parts["unit"])
        if unit is None:
            return "unknown_unit"
    digits = parts["number"].replace(",", ".").replace("[", "").replace("]", "")
    return Reading(
        value=float(f"{parts['sign']}{digits}"),
        decimals=len(digits.partition(".")[2]),
        unit=unit,
        form=form["name"],
        channel=parts.get("channel", ""),
        judged=parts.get("judged", ""),
    )


def _meaning(outcome: Reading | str) -> object:
    return outcome if isinstance(outcome, str) else (outcome.value, outcome.unit, outcome.decimals)
