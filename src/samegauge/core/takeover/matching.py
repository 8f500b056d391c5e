"""Which row names the columns, and which column goes to which field: proposals that a person corrects."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import lru_cache
from typing import TYPE_CHECKING

from django.utils.translation import override

from samegauge.core.takeover.cells import LANGUAGES
from samegauge.core.takeover.models import SavedMatching
from samegauge.core.takeover.words import other_names, unit_named

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from samegauge.core.kinds.declaration import RecordField
    from samegauge.core.takeover.targets import Target
    from samegauge.formats.spreadsheet import Grid

ROWS_TO_TELL_HEADER = 30
# Below this two names are taken for different ones; a person sees and corrects every match.
SIMILAR = 0.82
SHORTEST_SIMILAR = 3
_BRACKETS = re.compile(r"\[(.*?)\]|\((.*?)\)|（(.*?)）|【(.*?)】")
_NO_LETTERS = re.compile(r"[\s_*:：.,、/\\#＊'\"-]+")


@dataclass(frozen=True)
class Matching:
    """Field for each column by its place from 0, and what holds for every row of fields that have no column."""

    columns: dict[int, str]
    constants: dict[str, str] = field(default_factory=dict)
    saved_as: str = ""
    unsure: frozenset[int] = frozenset()

    def as_json(self) -> dict[str, dict[str, str]]:
        return {"columns": {str(place): name for place, name in self.columns.items()}, "constants": self.constants}

    @classmethod
    def from_json(cls, said: dict[str, dict[str, str]]) -> Matching:
        return cls({int(place): name for place, name in said["columns"].items()}, said["constants"])


def stated_unit(title: str) -> str:
    """The unit that a title states in brackets, by its symbol; nothing where it states none that is known."""
    for found in _BRACKETS.finditer(title):
        known = unit_named(next(part for part in found.groups() if part is not None))
        if known is not None and known.symbol:
            return known.symbol
    return ""


def bare_title(title: str) -> str:
    """A title without the unit in its brackets."""
    return _BRACKETS.sub("", title).strip() or title


def is_spread(target: Target, matching: Matching) -> bool:
    """Whether each column of values is named by its title, for want of a column that names them."""
    return bool(target.spread) and target.spread_name not in {*matching.columns.values(), *matching.constants}


def _bare(title: str) -> str:
    plain = unicodedata.normalize("NFKC", _BRACKETS.sub("", title)).casefold()
    return _NO_LETTERS.sub("", plain)


def known_names(target: Target) -> dict[str, str]:
    """Every bare name that a column may have, with its field; the earlier field keeps a name that two could have."""
    known: dict[str, str] = {}
    for one in target.fields:
        for name in (one.name, *(_in(language, one) for language in LANGUAGES)):
            known.setdefault(_bare(name), one.name)
    names = {one.name for one in target.fields}
    for name, others in other_names(target.slug).items():
        for other in others if name in names else ():
            known.setdefault(_bare(other), name)
    return known


def _in(language: str, one: RecordField) -> str:
    with override(language):
        return str(one.label)


def proposed(target: Target, header: Sequence[str]) -> Matching:
    """A matching that this firm has saved and that fits the header, else what the names of the columns suggest."""
    for saved in SavedMatching.objects.filter(target=target.slug).order_by("-pk"):
        if saved.columns and set(saved.columns) <= set(header):
            return fitted(saved, target, header)
    return _by_name(target, header)


def fitted(saved: SavedMatching, target: Target, header: Sequence[str]) -> Matching:
    """What of a saved matching this header and today's fields still have."""
    names = {one.name for one in target.fields}
    columns = {place: saved.columns[title] for place, title in enumerate(header) if saved.columns.get(title) in names}
    constants = {name: text for name, text in saved.constants.items() if name in names}
    return Matching(columns, constants, saved.name)


def _by_name(target: Target, header: Sequence[str]) -> Matching:
    known = known_names(target)
    columns: dict[int, str] = {}
    for place, title in enumerate(header):
        _take(target, columns, place, title, known.get(_bare(title)))
    if target.spread and not {target.spread, target.spread_name} & {*columns.values()}:
        measured = {place for place, title in enumerate(header) if place not in columns and stated_unit(title)}
        columns |= dict.fromkeys(measured, target.spread)
    unsure = set()
    for place, title in enumerate(header):
        if place not in columns and _take(target, columns, place, title, _similar(_bare(title), known)):
            unsure.add(place)
    return Matching(columns, unsure=frozenset(unsure))


def _take(target: Target, columns: dict[int, str], place: int, title: str, name: str | None) -> bool:
    """Match a column, unless its field is taken or its unit is of another sort than the field's."""
    if name is None or name in columns.values() or not _units_agree(target.field(name), title):
        return False
    columns[place] = name
    return True


def _units_agree(one: RecordField, title: str) -> bool:
    stated, wanted = unit_named(stated_unit(title)), unit_named(one.unit)
    if not one.is_number or stated is None:
        return True
    return wanted is not None and stated.dimension == wanted.dimension


def _similar(bare: str, known: dict[str, str]) -> str | None:
    if len(bare) < SHORTEST_SIMILAR:
        return None
    nearest = max(known, key=lambda name: _likeness(bare, name))
    return known[nearest] if _likeness(bare, nearest) >= SIMILAR else None


@lru_cache(maxsize=20_000)
def _likeness(one: str, other: str) -> float:
    if len(other) >= SHORTEST_SIMILAR and (other in one or one in other):
        return SIMILAR + len(other) / 1000
    return SequenceMatcher(None, one, other).ratio()


def header_line(target: Target, grid: Grid) -> int | None:
    """The line near the top that names most fields; None leaves it to the first with two filled cells."""
    known = known_names(target)
    best = max(grid.rows[:ROWS_TO_TELL_HEADER], key=lambda row: _named(row.cells, known), default=None)
    return best.line if best and _named(best.cells, known) > 1 else None


def _named(cells: Iterable[str], known: dict[str, str]) -> int:
    return len({known[bare] for bare in map(_bare, cells) if bare in known})
