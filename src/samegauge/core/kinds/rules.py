"""Finding and changing records of a declared kind; every change is written down with who, when, old, new and why."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from samegauge.core.kinds.declaration import kind_of
from samegauge.core.kinds.models import Change, ChangeKind, Record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet

    from samegauge.core.kinds.declaration import RecordField, RecordKind
    from samegauge.core.organisations.models import Person

LONGEST_QUESTION = 200
LONGEST_REASON = 500


class RecordError(Exception):
    """The change was not made; the message says why, in the reader's language."""


class StaleError(RecordError):
    """Somebody else changed the record in the meantime."""


def find(kind: RecordKind, asked: Mapping[str, str]) -> QuerySet[Any]:
    """Return what a query string asks for: `q` searches, a field's name filters, `retired` shows what is out of use."""
    found = records(kind).filter(retired_at__isnull=not asked.get("retired"))
    if words := asked.get("q", "")[:LONGEST_QUESTION].split():
        for word in words:
            found = found.filter(_any_contains(kind.searched, word))
    for name in kind.filtered:
        if value := asked.get(name):
            found = _filtered(found, kind.field(name), value)
    return found.order_by(sort_order(kind, asked), "pk")


def records(kind: RecordKind) -> QuerySet[Any]:
    """Return all records of a kind, each with the ones that it points to."""
    related = [one.name for one in kind.fields if one.target]
    every: QuerySet[Any] = kind.model._default_manager.all()
    return every.select_related(*related) if related else every


def sort_order(kind: RecordKind, asked: Mapping[str, str]) -> str:
    sort = asked.get("sort", "")
    return sort if sort.removeprefix("-") in kind.listed else kind.key


def _any_contains(names: tuple[str, ...], word: str) -> Q:
    matching = Q()
    for name in names:
        matching |= Q(**{f"{name}__icontains": word})
    return matching


def _filtered(found: QuerySet[Any], one: RecordField, value: str) -> QuerySet[Any]:
    if one.target is not None:
        return found.filter(**{f"{one.name}__{kind_of(one.target).key}": value})
    known = {str(choice) for choice, _label in one.choices}
    return found.filter(**{one.name: value}) if value in known else found.none()


def plain_values(kind: RecordKind, record: Record) -> dict[str, Any]:
    """The record's fields as JSON writes them; a related record by its key."""
    return {one.name: _plain(one, getattr(record, one.name)) for one in kind.fields}


def _plain(one: RecordField, value: Any) -> Any:
    if one.target is not None and value is not None:
        return str(getattr(value, kind_of(one.target).key))
    if isinstance(value, Decimal):
        return str(value)
    return value.isoformat() if isinstance(value, date | datetime) else value


def save(kind: RecordKind, record: Record, actor: Person, *, seen: int, reason: str = "") -> Change | None:
    """Write a new or changed record; `seen` is the version that the person had before them. None: nothing differs."""
    with transaction.atomic():
        before = _locked(kind, record, seen) if record.pk else None
        old = plain_values(kind, before) if before else dict.fromkeys((one.name for one in kind.fields), None)
        new = plain_values(kind, record)
        fields = {
            name: [old[name], new[name]] for name in new if new[name] != old[name] and (before or new[name] != "")
        }
        if before is not None and not fields:
            return None
        return _written(
            kind, record, _change(ChangeKind.CHANGED if before else ChangeKind.CREATED, actor, fields, reason)
        )


def retire(kind: RecordKind, record: Record, actor: Person, *, seen: int, reason: str) -> Change:
    """Take a record out of use; what points to it keeps pointing."""
    return _switch(kind, record, seen, datetime.now(UTC), _change(ChangeKind.RETIRED, actor, {}, reason))


def restore(kind: RecordKind, record: Record, actor: Person, *, seen: int, reason: str) -> Change:
    return _switch(kind, record, seen, None, _change(ChangeKind.RESTORED, actor, {}, reason))


def history(kind: RecordKind, record: Record) -> QuerySet[Change]:
    changes = Change.objects.filter(kind=kind.name, record_uid=record.uid)
    return changes.select_related("actor").order_by("-version")


def _switch(kind: RecordKind, record: Record, seen: int, retired_at: datetime | None, change: Change) -> Change:
    with transaction.atomic():
        before = _locked(kind, record, seen)
        if (before.retired_at is None) == (retired_at is None):
            raise RecordError(_("This record is already so. Nothing was changed."))
        record.retired_at = retired_at
        return _written(kind, record, change)


def _change(what: ChangeKind, actor: Person, fields: dict[str, list[Any]], reason: str) -> Change:
    return Change(what=what, actor=actor, at=datetime.now(UTC), fields=fields, reason=reason)


def _locked(kind: RecordKind, record: Record, seen: int) -> Record:
    before = kind.model._default_manager.select_for_update(of=("self",)).filter(pk=record.pk).first()
    if before is None or before.version != seen:
        raise StaleError(
            _("Somebody else has changed this record since you opened it. Look at it again, then make your change.")
        )
    return before


def _written(kind: RecordKind, record: Record, change: Change) -> Change:
    record.version += 1
    try:
        with transaction.atomic():
            record.save()
            change.kind, change.record_uid, change.version = kind.name, record.uid, record.version
            change.save()
    except IntegrityError as error:
        record.version -= 1
        raise RecordError(
            _("A record with this %(field)s exists already.") % {"field": kind.field(kind.key).label}
        ) from error
    return change
