"""What can be found: declared beside the models in a module `searched`; declared kinds follow by themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils.translation import gettext as _

from samegauge.core.kinds.declaration import all_kinds
from samegauge.core.language import named, script_of
from samegauge.core.organisations.permissions import Action, may

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from samegauge.core.face import Provenance
    from samegauge.core.kinds.declaration import RecordKind
    from samegauge.core.organisations.permissions import Needed


class SearchError(Exception):
    """A declaration contradicts its model."""


@dataclass(frozen=True)
class Hit:
    """One thing found, as its row shows it; `note` says what it is or belongs to."""

    title: str
    url: str
    note: str = ""
    provenance: Provenance = ""

    @property
    def title_lang(self) -> str:
        return script_of(self.title)

    @property
    def note_lang(self) -> str:
        return script_of(self.note)


@dataclass(frozen=True)
class Searched:
    """Records of one model that can be found by the texts of `fields`, of which the first is what people call them by.

    `show` makes the row that is shown, from the record with its `related` ones; `opens` lets an exact number lead to
    the record at once.
    """

    model: Any
    group: Any
    icon: str
    fields: tuple[str, ...]
    show: Callable[[Any], Hit]
    related: tuple[str, ...] = ()
    readers: Needed = Action.READ
    opens: bool = False

    @property
    def name(self) -> str:
        return str(self.model._meta.model_name)


_declared: dict[type[models.Model], Searched] = {}


def register(searched: Searched) -> Searched:
    texts = {one.name for one in searched.model._meta.fields if isinstance(one, models.CharField | models.TextField)}
    if unknown := set(searched.fields) - texts:
        raise SearchError(f"{searched.name} has no field of text {', '.join(sorted(unknown))}.")
    if any(one.name == searched.name for one in _declared.values()):
        raise SearchError(f"{searched.name} is declared twice.")
    _declared[searched.model] = searched
    return searched


def all_searched() -> Iterator[Searched]:
    """Every kind of record that can be found; a declaration of its own goes before what its kind would give."""
    yield from _declared.values()
    yield from (_of_kind(kind) for kind in all_kinds() if kind.model not in _declared)


def readable(role: str) -> list[Searched]:
    return [searched for searched in all_searched() if may(role, searched.readers)]


def searched_of(model: type[models.Model]) -> Searched | None:
    if model in _declared:
        return _declared[model]
    return next((_of_kind(kind) for kind in all_kinds() if kind.model is model), None)


def _of_kind(kind: RecordKind) -> Searched:
    texts = [one for one in kind.searched if isinstance(kind.field(one).model_field, models.CharField)]
    fields = (kind.key, *(name for name in texts if name != kind.key))
    return Searched(
        kind.model, kind.many, kind.icon, fields, lambda record: _record_hit(kind, record), (), kind.readers
    )


def _record_hit(kind: RecordKind, record: Any) -> Hit:
    notes = (named(record) if hasattr(record, "name") else "", _("out of use") if record.retired_at else "")
    url = kind.url("record", record.uid)
    return Hit(str(getattr(record, kind.key)), url, " · ".join(note for note in notes if note))
