"""Answering a question from the index: a few of the newest records of each kind, the best fitting first.

The rarest gram of the question decides. Where few entries have it, all of them are looked at and counted. Where many
have it, the newest of each kind are looked at, and those whose number begins with what was asked; the answer then says
that there are more. Every entry is held against the question itself, so no gram finds what does not fit.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

from django.db.models import Exists, OuterRef

from samegauge.core.search.folding import BEGINNING, LINE, WHOLE, fit, grams_of_term, joined, terms_of
from samegauge.core.search.indexing import key_of
from samegauge.core.search.models import SearchEntry, SearchGram

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.db.models import QuerySet

    from samegauge.core.search.declaration import Hit, Searched

FEW = 2_000
LOOKED_AT = 10_000
SHOWN_AT_MOST = 200
MOST_GRAMS = 12
NARROWING_GRAMS = 4
AFTER_HEXADECIMAL = "g"
NEAREST = 5
LIKE_ENOUGH = 0.6


@dataclass(frozen=True)
class Found:
    """What was found of one kind, the best first; `more` says that there is more than is counted."""

    searched: Searched
    keys: tuple[int, ...]
    more: bool

    @property
    def count(self) -> int:
        return len(self.keys)

    def hits(self, most: int) -> list[Hit]:
        return hits_of(self.searched, self.keys[:most])


@dataclass(frozen=True, order=True)
class _Candidate:
    fit: int
    length: int
    text: str
    age: int
    kind: str
    record: int


def hits_of(searched: Searched, keys: Iterable[int]) -> list[Hit]:
    """The rows of the records themselves, asked for now: what has gone out of sight meanwhile is not shown."""
    wanted = list(keys)
    # Not in the model's order, for whose sake SQLite would walk through all of them.
    records: QuerySet[Any] = searched.model._default_manager.filter(pk__in=wanted).order_by()
    by_key = {record.pk: record for record in records.select_related(*searched.related)}
    return [searched.show(by_key[key]) for key in wanted if key in by_key]


def find(question: str, kinds: Sequence[Searched]) -> list[Found]:
    """Return what fits the question among these kinds, in their order; kinds without any are left out."""
    terms = terms_of(question)
    if not terms or not kinds:
        return []
    grams = _by_rarity(terms)
    entries, more = _few(grams, kinds) if grams[0][1] < FEW else _many(grams, terms, kinds)
    candidates = sorted(_fitting(terms, entries))
    groups = []
    for searched in kinds:
        keys = tuple(one.record for one in candidates if one.kind == searched.name)
        if keys:
            groups.append(Found(searched, keys[:SHOWN_AT_MOST], searched.name in more or len(keys) > SHOWN_AT_MOST))
    return groups


def named_exactly(question: str, kinds: Sequence[Searched]) -> tuple[Searched, int] | None:
    """Return the one record that is called what was asked, hyphens, case and width aside."""
    key = "".join(terms_of(question))
    if not key:
        return None
    entries = SearchEntry.objects.filter(kind__in=[one.name for one in kinds], key=key_of(key))[:NEAREST]
    called = [entry for entry in entries if joined(entry.filed.partition(LINE)[0]) == key]
    if len(called) != 1:
        return None
    return next(one for one in kinds if one.name == called[0].kind), called[0].record


def nearest(question: str, searched: Searched) -> list[Hit]:
    """Return what is called most alike, for a number that nothing has: it shares grams, and most of its letters."""
    terms = terms_of(question)
    if not terms:
        return []
    asked = "".join(terms)
    entries: dict[int, tuple[int, str]] = {}
    for gram, _count in _by_rarity((asked,))[:NARROWING_GRAMS]:
        newest = SearchGram.objects.filter(gram=gram, kind=searched.name).order_by("-entry")
        keys = list(newest.values_list("entry", flat=True)[:SHOWN_AT_MOST])
        rows = SearchEntry.objects.filter(pk__in=keys).values_list("pk", "record", "filed")
        entries |= {key: (record, filed) for key, record, filed in rows}
    likeness = [
        (SequenceMatcher(None, asked, joined(filed.partition(LINE)[0]), autojunk=False).ratio(), key, record)
        for key, (record, filed) in entries.items()
    ]
    near = sorted((one for one in likeness if one[0] >= LIKE_ENOUGH), reverse=True)[:NEAREST]
    return hits_of(searched, [record for _likeness, _key, record in near])


def _by_rarity(terms: Iterable[str]) -> list[tuple[str, int]]:
    """The grams of a question with how many entries have each, counted up to a limit; the rarest first."""
    grams = sorted({gram for term in terms for gram in grams_of_term(term)})
    chosen = grams[:: -(-len(grams) // MOST_GRAMS)]
    return sorted(((gram, _counted(gram)) for gram in chosen), key=lambda one: one[1])


def _counted(gram: str) -> int:
    return SearchGram.objects.filter(gram=gram).values("entry")[:FEW].count()


def _with_all(rows: QuerySet[SearchGram], grams: list[tuple[str, int]]) -> QuerySet[SearchGram]:
    """Narrow rows of the rarest gram down to entries that have the next ones too."""
    for gram, _count in grams[1:NARROWING_GRAMS]:
        same = SearchGram.objects.filter(gram=gram, kind=OuterRef("kind"), entry=OuterRef("entry"))
        rows = rows.filter(Exists(same))
    return rows


def _few(grams: list[tuple[str, int]], kinds: Sequence[Searched]) -> tuple[list[int], set[str]]:
    rows = SearchGram.objects.filter(gram=grams[0][0], kind__in=[one.name for one in kinds])
    return list(_with_all(rows, grams).values_list("entry", flat=True)), set()


def _many(grams: list[tuple[str, int]], terms: Sequence[str], kinds: Sequence[Searched]) -> tuple[list[int], set[str]]:
    entries: set[int] = set()
    more: set[str] = set()
    for searched in kinds:
        rows = SearchGram.objects.filter(gram=grams[0][0], kind=searched.name).order_by("-entry")
        oldest = rows.values_list("entry", flat=True)[LOOKED_AT - 1 : LOOKED_AT].first() if len(grams) > 1 else None
        if oldest is not None:
            rows = rows.filter(entry__gte=oldest)
        newest = list(_with_all(rows, grams).values_list("entry", flat=True)[: SHOWN_AT_MOST + 1])
        if oldest is not None or len(newest) > SHOWN_AT_MOST:
            more.add(searched.name)
        entries.update(newest, _beginning_with("".join(terms), searched))
    return list(entries), more


def _beginning_with(asked: str, searched: Searched) -> list[int]:
    key = key_of(asked)
    rows = SearchEntry.objects.filter(kind=searched.name, key__gte=key, key__lt=key + AFTER_HEXADECIMAL)
    return list(rows.order_by("key").values_list("pk", flat=True)[:SHOWN_AT_MOST])


def _fitting(terms: Sequence[str], entries: list[int]) -> Iterable[_Candidate]:
    rows = SearchEntry.objects.filter(pk__in=entries).values_list("pk", "kind", "record", "filed")
    for key, kind, record, filed in rows:
        found = fit(terms, filed)
        if found in {WHOLE, BEGINNING}:
            # The shortest first: a machine before what is built into it and named after it; then in order.
            first = joined(filed.partition(LINE)[0])
            yield _Candidate(found, len(first), first, key, kind, record)
        elif found is not None:
            yield _Candidate(found, 0, "", -key, kind, record)
