"""Declared units and the conversion between them: at the edges a number has a unit, inside the engines it is SI."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, overload

from samegauge.quantities.errors import IncompatibleUnitsError, UnknownUnitError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

# Shorter spellings differ by case alone (mm and Mm, s and S).
_CASE_MATTERS_UP_TO = 2


@dataclass(frozen=True, slots=True)
class Unit:
    """`value_si = value * factor + offset`; units of one dimension convert into each other."""

    symbol: str
    dimension: str
    factor: float
    offset: float
    name_en: str
    name_zh: str
    aliases: tuple[str, ...]


@cache
def units() -> Mapping[str, Unit]:
    table = tomllib.loads((files(__package__ or "") / "units.toml").read_text(encoding="utf-8"))
    return {
        row["symbol"]: Unit(
            row["symbol"],
            row["dimension"],
            row["factor"],
            row.get("offset", 0.0),
            row["en"],
            row["zh"],
            tuple(row.get("aliases", ())),
        )
        for row in table["unit"]
    }


@cache
def _spellings() -> Mapping[str, Unit]:
    found: dict[str, Unit] = {}
    for unit in units().values():
        for spelling in (unit.symbol, *unit.aliases):
            found[spelling] = unit
    for spelling, unit in tuple(found.items()):
        if len(spelling) > _CASE_MATTERS_UP_TO:
            found.setdefault(spelling.lower(), unit)
    return found


def unit(spelling: str) -> Unit:
    """Unit behind a symbol or any spelling met in files, MTConnect's included (`MILLIMETER/SECOND`)."""
    plain = spelling.strip()
    found = _spellings().get(plain)
    if found is None and len(plain) > _CASE_MATTERS_UP_TO:
        found = _spellings().get(plain.lower())
    if found is None:
        raise UnknownUnitError(
            f'"{spelling}" is no declared unit. Add it to quantities/units.toml or correct the spelling.',
            f"「{spelling}」不是已宣告的單位。修正寫法，或登記到 quantities/units.toml。",
        )
    return found


@overload
def convert(value: float, *, source: str, target: str) -> float: ...
@overload
def convert(value: NDArray[np.float64], *, source: str, target: str) -> NDArray[np.float64]: ...
def convert(value: float | NDArray[np.float64], *, source: str, target: str) -> float | NDArray[np.float64]:
    """Express a value given in `source` units in `target` units.

    >>> convert(1.0, source="INCH", target="mm")
    25.4
    """
    given, wanted = unit(source), unit(target)
    if given.dimension != wanted.dimension:
        raise IncompatibleUnitsError(
            f"{given.symbol} is a unit of {given.dimension}, {wanted.symbol} of {wanted.dimension}: "
            "they do not convert into each other.",
            f"{given.symbol}（{given.name_zh}）與 {wanted.symbol}（{wanted.name_zh}）量的不是同一種量，不能換算。",
        )
    if given is wanted:
        return value
    if given.offset == wanted.offset:
        return value * (given.factor / wanted.factor)
    return (value * given.factor + given.offset - wanted.offset) / wanted.factor
