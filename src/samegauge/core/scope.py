"""The wall between organisations: queries on owned records compile only inside a scope, and only to its rows.

The filter is added when SQL is compiled, so every way of evaluating a queryset (iteration, exists, aggregate,
update, delete, explain, subquery, union) passes it; a method that Django adds tomorrow does too.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import sql
from django.db.models.sql.constants import ROW_COUNT  # type: ignore[attr-defined]
from django.db.models.sql.where import AND

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class ScopeError(Exception):
    """A record was asked for without saying for whom, or for somebody else."""


@dataclass(frozen=True)
class Scope:
    """Whose records are visible now; `organisation_id` None means all, for the `reason` stated."""

    organisation_id: int | None
    reason: str = ""


_current: ContextVar[Scope | None] = ContextVar("samegauge_scope", default=None)


def open_scope() -> Scope | None:
    return _current.get()


def current_scope() -> Scope:
    scope = _current.get()
    if scope is None:
        raise ScopeError("No organisation is in scope: open one with organisation_scope(organisation).")
    return scope


def current_organisation_id() -> int:
    organisation_id = current_scope().organisation_id
    if organisation_id is None:
        raise ScopeError("This needs one organisation; the scope is open to all of them.")
    return organisation_id


@contextmanager
def _opened(scope: Scope) -> Iterator[Scope]:
    token = _current.set(scope)
    try:
        yield scope
    finally:
        _current.reset(token)


def organisation_scope(organisation: int | models.Model) -> Any:
    """Open the wall for one organisation (its row or its primary key) inside a `with` block."""
    key = organisation if isinstance(organisation, int) else organisation.pk
    if key is None:
        raise ScopeError("An unsaved organisation has no scope.")
    return _opened(Scope(key))


def all_organisations(reason: str) -> Any:
    """Open every organisation's records; the reason is for whoever reviews the code that asks for it."""
    if not reason:
        raise ScopeError("Opening all organisations needs a reason.")
    return _opened(Scope(None, reason))


class _ScopedQueryMixin:
    """Adds the organisation to the WHERE clause at compile time."""

    scope_applied = False

    def chain(self, klass: type[sql.Query] | None = None) -> Any:
        return super().chain(_SCOPED.get(klass, klass) if klass else klass)  # type: ignore[misc]

    def get_compiler(self, *args: Any, **kwargs: Any) -> Any:
        scope = current_scope()
        if self.scope_applied or scope.organisation_id is None or getattr(self, "combinator", None):
            return super().get_compiler(*args, **kwargs)  # type: ignore[misc]
        walled: Any = self.clone()  # type: ignore[attr-defined]
        walled.scope_applied = True
        # Not add_filter: that would look the name up among the annotations first.
        field = walled.model._meta.get_field("organisation")
        column = field.get_col(walled.get_initial_alias())
        walled.where.add(field.get_lookup("exact")(column, scope.organisation_id), AND)
        return walled.get_compiler(*args, **kwargs)


class ScopedQuery(_ScopedQueryMixin, sql.Query):
    pass


class ScopedUpdateQuery(_ScopedQueryMixin, sql.UpdateQuery):
    pass


class ScopedDeleteQuery(_ScopedQueryMixin, sql.DeleteQuery):
    pass


_SCOPED: dict[type[sql.Query], type[sql.Query]] = {
    sql.Query: ScopedQuery,
    sql.UpdateQuery: ScopedUpdateQuery,
    sql.DeleteQuery: ScopedDeleteQuery,
}


class ScopedQuerySet(models.QuerySet):
    def __init__(self, model: Any = None, query: Any = None, using: str | None = None, hints: Any = None) -> None:
        super().__init__(model, query or ScopedQuery(model), using, hints)

    def _insert(self, objs: Sequence[Any], *args: Any, **kwargs: Any) -> Any:
        for record in objs:
            _stamp(record)
        return super()._insert(objs, *args, **kwargs)  # type: ignore[misc]

    def _raw_delete(self, using: str | None) -> Any:
        # Django's own sets the query's class past the wall.
        query: Any = self.query.chain(sql.DeleteQuery)
        return query.get_compiler(using).execute_sql(ROW_COUNT)

    def bulk_create(self, objs: Any, *args: Any, **kwargs: Any) -> Any:
        if kwargs.get("update_conflicts") and not {"organisation", "organisation_id"} & set(
            kwargs.get("unique_fields") or ()
        ):
            raise ScopeError("Updating on conflict needs the organisation among the unique fields.")
        return super().bulk_create(objs, *args, **kwargs)

    def update(self, **changes: Any) -> int:
        if {"organisation", "organisation_id"} & changes.keys():
            raise ScopeError("A record cannot change its organisation.")
        for name, value in changes.items():
            _refuse_foreign_value(self.model._meta.get_field(name), value)
        return super().update(**changes)

    def raw(self, *_args: Any, **_kwargs: Any) -> Any:
        raise ScopeError("Raw SQL does not pass the wall between organisations.")

    def extra(self, *_args: Any, **_kwargs: Any) -> Any:
        raise ScopeError("Hand-written SQL does not pass the wall between organisations.")


def _refuse_foreign_value(field: Any, value: Any) -> None:
    """Refuse to point many records at another organisation's record."""
    target = field.related_model
    if value is None or target is None or not is_owned(target):
        return
    if hasattr(value, "resolve_expression"):
        raise ScopeError(f"{field} takes a record, not an expression: the wall cannot see where that points.")
    key = value.pk if isinstance(value, models.Model) else value
    if not target._base_manager.filter(pk=key, organisation_id=current_organisation_id()).exists():
        raise ScopeError(f"{field} would point to another organisation's record.")


def _refuse_outsider(record: Any) -> None:
    scope = current_scope()
    if scope.organisation_id is not None and record.organisation_id != scope.organisation_id:
        raise ScopeError(f"{type(record).__name__} belongs to another organisation than the scope.")


def _stamp(record: Any) -> None:
    """Write the scope's organisation into a new record and refuse any reference into another one."""
    if record.organisation_id is None:
        record.organisation_id = current_scope().organisation_id
    _refuse_outsider(record)
    refuse_foreign_references(record)


def refuse_foreign_references(record: Any) -> None:
    """Refuse a record whose foreign keys point into another organisation."""
    for field in record._meta.concrete_fields:
        target = field.related_model
        if target is None or not is_owned(target) or getattr(record, field.attname) is None:
            continue
        if field.is_cached(record):
            referred = getattr(record, field.name)
            same = referred.organisation_id == record.organisation_id
        else:
            rows = target._base_manager.filter(
                pk=getattr(record, field.attname), organisation_id=record.organisation_id
            )
            same = rows.exists()
        if not same:
            raise ScopeError(f"{type(record).__name__}.{field.name} points to another organisation's record.")


def is_owned(model: type[models.Model]) -> bool:
    try:
        model._meta.get_field("organisation")
    except FieldDoesNotExist:
        return False
    return getattr(model, "belongs_to", None) == "owned"


class ScopedManager(models.Manager.from_queryset(ScopedQuerySet)):  # type: ignore[misc]
    """The default and base manager of every owned record."""


class StandingManager(ScopedManager):
    """Leaves out what an undone import brought in; `everything` still has it."""

    def get_queryset(self) -> ScopedQuerySet:
        standing: Any = super().get_queryset().filter(retracted_at__isnull=True)
        return standing


class Owned(models.Model):
    """A record that belongs to one organisation and does not exist for any other."""

    belongs_to = "owned"

    organisation = models.ForeignKey("organisations.Organisation", on_delete=models.PROTECT, related_name="+")

    objects = ScopedManager()

    class Meta:
        abstract = True
        base_manager_name = "objects"

    def save(self, *args: Any, **kwargs: Any) -> None:
        _stamp(self)
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        # Django deletes a record in hand by its key, without a queryset that would pass the wall.
        _refuse_outsider(self)
        return super().delete(*args, **kwargs)


class Retractable(Owned):
    """A record that an import brought in and that undoing the import takes out of sight, never out of history."""

    batch = models.ForeignKey("intake.ImportBatch", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    retracted_at = models.DateTimeField(null=True, blank=True)

    objects = StandingManager()
    everything = ScopedManager()

    class Meta(Owned.Meta):
        abstract = True
        base_manager_name = "everything"
