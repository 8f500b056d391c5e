"""Keeping the index in step with the records, in their own transaction, and building it anew.

Every write of a record passes `ScopedQuerySet`, the wall's own layer, and that layer calls here; so records that
importers write in bulk and models of tomorrow are filed without anybody having to remember it.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.db import transaction

from samegauge.core.organisations.models import Organisation
from samegauge.core.scope import organisation_scope
from samegauge.core.search import folding
from samegauge.core.search.declaration import all_searched, searched_of
from samegauge.core.search.folding import LINE, filed_text, grams_of_text, joined
from samegauge.core.search.models import SearchEntry, SearchGram, SearchMark
from samegauge.core.search.rows import add_grams

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from django.db import models

    from samegauge.core.search.declaration import Searched

    Tell = Callable[[int, int, str, str], None]

LONGEST_KEY = 60
AT_ONCE = 500
UNFINISHED = " unfinished"


class Filing:
    """What the wall's layer tells of written records."""

    def follows(self, model: type[models.Model]) -> bool:
        return searched_of(model) is not None

    def added(self, records: Sequence[Any], keys: Sequence[int]) -> None:
        searched = searched_of(type(records[0]))
        if searched is not None:
            rows = zip(records, keys, strict=True)
            standing = ((one, key) for one, key in rows if getattr(one, "retracted_at", None) is None)
            _file(searched, [(one.organisation_id, key, _filed(searched, one)) for one, key in standing])

    def changed(self, model: type[models.Model], keys: list[int]) -> None:
        searched = searched_of(model)
        if searched is not None:
            for start in range(0, len(keys), AT_ONCE):
                _refile(searched, keys[start : start + AT_ONCE])


def forget(sender: type[models.Model], instance: Any, **_told: Any) -> None:
    """Take a deleted record out of the index; connected to Django's own signal, which no way of deleting passes by."""
    searched = searched_of(sender)
    if searched is not None:
        _take_out(SearchEntry.objects.filter(kind=searched.name, record=instance.pk))


def key_of(line: str) -> str:
    """A first line as the index sorts it; hexadecimal digits stand in the same order in every database."""
    return joined(line).encode()[:LONGEST_KEY].hex()


def _filed(searched: Searched, record: Any) -> str:
    return filed_text(str(getattr(record, name)) for name in searched.fields)


def _file(searched: Searched, rows: Iterable[tuple[int, int, str]]) -> None:
    entries = SearchEntry.objects.bulk_create(
        [
            SearchEntry(
                organisation_id=organisation_id,
                kind=searched.name,
                record=key,
                key=key_of(filed.partition(LINE)[0]),
                filed=filed,
            )
            for organisation_id, key, filed in rows
        ],
        batch_size=AT_ONCE,
    )
    add_grams((entry, grams_of_text(entry.filed)) for entry in entries)


def _refile(searched: Searched, keys: list[int]) -> None:
    """Hold entries against their records, which are locked meanwhile, and put right what differs."""
    records = searched.model._base_manager.select_for_update(of=("self",)).filter(pk__in=keys).order_by("pk")
    found = {record.pk: record for record in records}
    standing = {key for key, record in found.items() if getattr(record, "retracted_at", None) is None}
    entries = {entry.record: entry for entry in SearchEntry.objects.filter(kind=searched.name, record__in=keys)}
    _take_out(entry for key, entry in entries.items() if key not in standing)
    _file(
        searched,
        [
            (record.organisation_id, key, _filed(searched, record))
            for key, record in found.items()
            if key in standing and key not in entries
        ],
    )
    for key in standing & entries.keys():
        _change(entries[key], _filed(searched, found[key]))


def _change(entry: SearchEntry, filed: str) -> None:
    if entry.filed == filed:
        return
    before, after = grams_of_text(entry.filed), grams_of_text(filed)
    _grams_of(entry, before - after).delete()
    entry.filed, entry.key = filed, key_of(filed.partition(LINE)[0])
    entry.save()
    add_grams([(entry, after - before)])


def _take_out(entries: Iterable[SearchEntry]) -> None:
    gone = []
    for entry in entries:
        _grams_of(entry, grams_of_text(entry.filed)).delete()
        gone.append(entry.pk)
    if gone:
        SearchEntry.objects.filter(pk__in=gone).delete()


def _grams_of(entry: SearchEntry, grams: set[str]) -> models.QuerySet[SearchGram]:
    return SearchGram.objects.filter(gram__in=sorted(grams), kind=entry.kind, entry=entry.pk)


def rebuild(tell: Tell) -> dict[str, int]:
    """Build the index anew, while others go on writing: each stretch of records in a transaction of its own."""
    with transaction.atomic():
        for organisation in Organisation.objects.order_by("pk"):
            with organisation_scope(organisation):
                SearchGram.objects.all().delete()
                SearchEntry.objects.all().delete()
        _mark(rules() + UNFINISHED)
    return _fill(tell)


def rebuild_if_stale() -> None:
    """Build the index anew where other rules made it, or nobody yet; one that was stopped half-way is finished."""
    mark = SearchMark.objects.filter(pk=1).values_list("rules", flat=True).first()
    if mark == rules() + UNFINISHED:
        _fill(lambda *_told: None)
    elif mark != rules():
        rebuild(lambda *_told: None)


def _fill(tell: Tell) -> dict[str, int]:
    counts = dict.fromkeys((searched.name for searched in all_searched()), 0)
    for organisation in Organisation.objects.order_by("pk"):
        with organisation_scope(organisation):
            for searched in all_searched():
                counts[searched.name] += _rebuilt(searched, tell)
    _mark(rules())
    return counts


def _mark(text: str) -> None:
    SearchMark.objects.update_or_create(pk=1, defaults={"rules": text})


def _rebuilt(searched: Searched, tell: Tell) -> int:
    total, done, last = _standing(searched).count(), 0, 0
    while keys := list(_standing(searched).filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:AT_ONCE]):
        with transaction.atomic():
            _refile(searched, keys)
        done, last = done + len(keys), keys[-1]
        tell(done, total, f"Filing {searched.name}", f"正在編入 {searched.name}")
    return done


def _standing(searched: Searched) -> models.QuerySet[Any]:
    every: models.QuerySet[Any] = searched.model._default_manager.order_by()
    return every


def rules() -> str:
    """What tells the index of one version from that of another: how texts are folded, and what is filed."""
    declared = sorted(f"{searched.name}:{','.join(searched.fields)}" for searched in all_searched())
    return hashlib.sha256(Path(folding.__file__).read_bytes() + "\n".join(declared).encode()).hexdigest()


def disagreements() -> Iterator[tuple[str, int, int]]:
    """Name each kind of which the scope's organisation has more or fewer entries than records, with both counts."""
    for searched in all_searched():
        records = _standing(searched).count()
        entries = SearchEntry.objects.filter(kind=searched.name).count()
        if records != entries:
            yield searched.name, records, entries
