"""Finding and changing records of a declared kind; every change is written down with who, when, old, new and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from samegauge.core.kinds.declaration import all_kinds, kind_of
from samegauge.core.kinds.models import Change, ChangeKind, Record
from samegauge.core.scope import Retractable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from uuid import UUID

    from django.db.models import QuerySet

    from samegauge.core.intake.models import ImportBatch
    from samegauge.core.kinds.declaration import RecordField, RecordKind
    from samegauge.core.organisations.models import Person

LONGEST_QUESTION = 200
MOST_LOCKED = 500


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
        fields = differences(kind, before, record)
        if before is not None and not fields:
            return None
        return _written(
            kind, record, _change(ChangeKind.CHANGED if before else ChangeKind.CREATED, actor, fields, reason)
        )


@dataclass(frozen=True)
class Reason:
    """Why many records change at once, and the import that brought the change."""

    text: str = ""
    batch: ImportBatch | None = None


def save_all(kind: RecordKind, records: Sequence[tuple[Record, int]], actor: Person, why: Reason) -> None:
    """Write new and changed records, each with the version that was seen, and take retired ones back into use."""
    with transaction.atomic():
        before = _all_locked(kind, records)
        new = [record for record, _seen in records if record.pk is None]
        changes = [_prepared(kind, record, before.get(record.pk), actor, why) for record, _seen in records]
        try:
            with transaction.atomic():
                kind.model._default_manager.bulk_create(new, batch_size=500)
                for record, _seen in records:
                    if record.pk in before:
                        record.save()
                Change.objects.bulk_create(changes, batch_size=500)
        except IntegrityError as error:
            raise RecordError(_("Somebody else has added one of these records. Do the dry run again.")) from error


def _all_locked(kind: RecordKind, records: Sequence[tuple[Record, int]]) -> dict[int, Record]:
    seen = {record.pk: version for record, version in records if record.pk is not None}
    before: dict[int, Record] = {}
    keys = list(seen)
    for start in range(0, len(keys), MOST_LOCKED):
        rows = kind.model._default_manager.select_for_update(of=("self",)).filter(pk__in=keys[start:][:MOST_LOCKED])
        before |= {row.pk: row for row in rows}
    if {pk: row.version for pk, row in before.items()} != seen:
        raise StaleError(_("Somebody else has changed some of these records. Do the dry run again."))
    return before


def _prepared(kind: RecordKind, record: Record, before: Record | None, actor: Person, why: Reason) -> Change:
    what = ChangeKind.CREATED if before is None else ChangeKind.CHANGED
    if before is not None and before.retired_at:
        what, record.retired_at = ChangeKind.RESTORED, None
    change = _change(what, actor, differences(kind, before, record), why.text)
    change.batch = why.batch
    return _of(kind, record, change)


def _of(kind: RecordKind, record: Record, change: Change) -> Change:
    """Make a change the next one of its record."""
    record.version += 1
    change.kind, change.record_uid, change.version = kind.name, record.uid, record.version
    return change


def differences(kind: RecordKind, before: Record | None, record: Record) -> dict[str, list[Any]]:
    """Return old and new of each field that differs; an empty text of a new record is nothing new."""
    old = plain_values(kind, before) if before else dict.fromkeys((one.name for one in kind.fields), None)
    new = plain_values(kind, record)
    return {name: [old[name], new[name]] for name in new if new[name] != old[name] and (before or new[name] != "")}


def undo_changes(batch: ImportBatch, actor: Person, reason: str) -> int:
    """Give every record that an import changed its old values; what it brought in goes out of use. Count them."""
    changes = list(Change.objects.filter(batch=batch).order_by("-pk"))
    for kind in all_kinds():
        own = [change for change in changes if change.kind == kind.name]
        found = _records_of(kind, own)
        created = [found[one.record_uid] for one in own if one.what == ChangeKind.CREATED]
        changed = [found[one.record_uid] for one in own if one.what != ChangeKind.CREATED]
        _refuse_pointed_to(kind, created)
        taken_back = [_undone(kind, found[one.record_uid], one, actor, reason) for one in own]
        kind.model._default_manager.bulk_update(created, ["version", "retired_at"], batch_size=MOST_LOCKED)
        for record in changed:
            record.save()
        Change.objects.bulk_create(taken_back, batch_size=MOST_LOCKED)
    return len(changes)


def _records_of(kind: RecordKind, changes: Sequence[Change]) -> dict[UUID, Any]:
    uids = [change.record_uid for change in changes]
    return {
        record.uid: record
        for start in range(0, len(uids), MOST_LOCKED)
        for record in records(kind).filter(uid__in=uids[start : start + MOST_LOCKED])
    }


def _undone(kind: RecordKind, record: Record, change: Change, actor: Person, reason: str) -> Change:
    """Put the old values into a record, and return what its history will say of that."""
    if record.version != change.version:
        raise RecordError(
            _("%(record)s has been changed since. Nothing was undone; put it right by hand.") % {"record": record}
        )
    out = change.what in {ChangeKind.CREATED, ChangeKind.RESTORED}
    fields = {name: [new, old] for name, (old, new) in change.fields.items()}
    if change.what != ChangeKind.CREATED:
        for name, (_new, old) in fields.items():
            one = kind.field(name)
            setattr(record, one.model_field.attname, as_value(one, old))
    if out:
        record.retired_at = datetime.now(UTC)
    what = ChangeKind.RETIRED if out else ChangeKind.CHANGED
    undoing = _change(what, actor, {} if change.what == ChangeKind.CREATED else fields, reason)
    return _of(kind, record, undoing)


def as_value(one: RecordField, plain: Any) -> Any:
    """Return what the record's column holds for a value as JSON writes it; the opposite of `plain_values`."""
    if plain is None:
        return None if one.model_field.null else one.model_field.get_default()
    if one.target is not None:
        return one.target._default_manager.get(**{kind_of(one.target).key: plain}).pk
    return one.model_field.to_python(plain)


def _refuse_pointed_to(kind: RecordKind, created: Sequence[Record]) -> None:
    """What others have begun to point to stays until they no longer do."""
    keys = [record.pk for record in created]
    for model, column in _columns_to(kind.model):
        standing = model._default_manager.filter(**({"retired_at": None} if issubclass(model, Record) else {}))
        for start in range(0, len(keys), MOST_LOCKED):
            if other := standing.filter(**{f"{column}__in": keys[start : start + MOST_LOCKED]}).first():
                names = {"other": other, "record": getattr(other, column)}
                raise RecordError(_("%(other)s points to %(record)s. Nothing was undone; undo that first.") % names)


def _columns_to(target: type[Record]) -> Iterator[tuple[Any, str]]:
    """Yield the references of whatever can itself be taken out of use or out of sight."""
    for model in apps.get_models():
        if issubclass(model, Record | Retractable):
            for column in model._meta.concrete_fields:
                if column.related_model is target:
                    yield model, column.name


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
    _of(kind, record, change)
    try:
        with transaction.atomic():
            record.save()
            change.save()
    except IntegrityError as error:
        record.version -= 1
        raise RecordError(
            _("A record with this %(field)s exists already.") % {"field": kind.field(kind.key).label}
        ) from error
    return change
