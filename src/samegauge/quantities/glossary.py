"""The field's terms in both languages, with symbol, unit and clause: one table for columns, labels and translations."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from samegauge.quantities.errors import UnknownTermError

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Term:
    """`key` names columns and API fields; `symbol`, `unit` and `clause` are empty where there is none."""

    key: str
    en: str
    zh: str
    symbol: str
    unit: str
    clause: str
    note_en: str
    note_zh: str


@cache
def glossary() -> Mapping[str, Term]:
    table = tomllib.loads((files(__package__ or "") / "glossary.toml").read_text(encoding="utf-8"))
    return {
        key: Term(
            key,
            row["en"],
            row["zh"],
            row.get("symbol", ""),
            row.get("unit", ""),
            row.get("clause", ""),
            row.get("note_en", ""),
            row.get("note_zh", ""),
        )
        for key, row in table.items()
    }


def term(key: str) -> Term:
    found = glossary().get(key)
    if found is None:
        raise UnknownTermError(
            f'"{key}" is not in quantities/glossary.toml.', f"「{key}」不在 quantities/glossary.toml 裡。"
        )
    return found
