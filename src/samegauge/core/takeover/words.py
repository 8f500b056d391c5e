"""What else people call the fields and choices of a sheet, from a table in both languages."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from samegauge.quantities.errors import UnknownUnitError
from samegauge.quantities.units import Unit, unit, units


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads((files("samegauge.core.takeover") / "words.toml").read_text("utf-8"))


def other_names(slug: str) -> dict[str, list[str]]:
    """For each field of a target what its column may be called besides its own name and label."""
    return {**_table()["fields"].get("every", {}), **_table()["fields"].get(slug, {})}


def choice_words(value: str) -> list[str]:
    return _table()["choices"].get(value, [])


def unit_named(text: str) -> Unit | None:
    """Return the unit behind a symbol, or behind its Chinese or English name; None where there is none."""
    named = next((one for one in units().values() if text.strip() in {one.name_zh, one.name_en}), None)
    if named is not None or not text.strip():
        return named
    try:
        return unit(text)
    except UnknownUnitError:
        return None
