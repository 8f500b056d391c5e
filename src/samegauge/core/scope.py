"""The wall between organisations: queries on owned records compile only inside a scope, and only to its rows.

The filter is added when SQL is compiled, so every way of evaluating a queryset (iteration, exists, aggregate,
update, delete, explain, subquery, union) passes it; a method that Django adds tomorrow does too.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache, reduce
from operator import or_
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from django.apps import apps
from django.core.exceptions import BadRequest, EmptyResultSet, FieldDoesNotExist
from django.db import models, transaction
from django.db.models import Q, sql
from django.db.models.sql.constants import ROW_COUNT  # type: ignore[attr-defined]
from django.db.models.sql.datastructures import Join
from django.db.models.sql.where import AND, OR, NothingNode, WhereNode
from django.utils.translation import gettext

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from uuid import UUID


class ScopeError(Exception):
    """A record was asked for without saying for whom, or for somebody else."""


class TooLongError(BadRequest):
    """A text is longer than its column: SQLite would take it, and the site could never move to PostgreSQL."""

    def __init__(self, field: Any, length: int) -> None:
        self.facts = {"field": field.verbose_name, "limit": field.max_length, "length": length}
        super().__init__(field.name, length)

    def __str__(self) -> str:
        return gettext("%(field)s: %(length)d characters, and at most %(limit)d fit. Shorten it.") % self.facts


@dataclass(frozen=True)
class Window:
    """Through it people of one organisation see what another one's grant covers: for reading, and nothing else."""

    grant_id: int
    grant_uid: UUID
    reader_id: int

    def sql(self, name: str) -> tuple[str, list[Any]]:
        return "%s", [getattr(self, name)]


@dataclass(frozen=True)
class Scope:
    """Whose records are visible now; `organisation_id` None means all, for the `reason` stated.

    Through a `window` only those of the organisation's records are that the window's grant covers.
    """

    organisation_id: int | None
    reason: str = ""
    window: Window | None = None


class OfWindow(models.Expression):
    """What the open window says of itself, as a value within a query."""

    def __init__(self, name: str) -> None:
        super().__init__(output_field=models.BigIntegerField())
        self.name = name

    def as_sql(self, compiler: Any, connection: Any, **_context: Any) -> tuple[str, list[Any]]:  # noqa: ARG002 - Django's signature
        window = current_scope().window
        if window is None:
            raise ScopeError("No window is open.")
        return window.sql(self.name)


@dataclass(frozen=True)
class Opening:
    """Which rows of a model windows show, and which of its columns name rows of others that show with them.

    A model without one is in no window, unless another model names it so.
    """

    rows: Callable[[], Q]
    shows: tuple[str, ...] = ()


@dataclass(frozen=True)
class Shown:
    """To the organisation in the column `to` a row is readable too, while the condition holds."""

    to: str
    rows: Callable[[], Q]


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
    refuse_through_window()
    if organisation_id is None:
        raise ScopeError("This needs one organisation; the scope is open to all of them.")
    return organisation_id


@contextmanager
def within(scope: Scope) -> Iterator[Scope]:
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
    return within(Scope(key))


def all_organisations(reason: str) -> Any:
    """Open every organisation's records; the reason is for whoever reviews the code that asks for it."""
    if not reason:
        raise ScopeError("Opening all organisations needs a reason.")
    return within(Scope(None, reason))


def looking_through(window: Window, organisation_id: int) -> Any:
    """Open a window into the records of the organisation that granted it."""
    return within(Scope(organisation_id, window=window))


def refuse_through_window() -> None:
    if current_scope().window is not None:
        raise ScopeError("A window is for reading what a grant covers: nothing is written or worked out through it.")


def granted_units(**flags: bool) -> models.QuerySet[Any]:
    """The units of the open window's grant, for conditions in an `Opening`."""
    granted: Any = apps.get_model("sharing.GrantedUnit")
    return granted._base_manager.filter(**flags).values("unit")


def shown_in_windows(model: Any) -> Q | None:
    """The condition under which a window shows a row of the model; None: it shows none."""
    ways = [model.opening.rows()] if model.opening else []
    ways += [Q(pk__in=source._base_manager.values(name)) for source, name in _showing(model)]
    return reduce(or_, ways) if ways else None


@cache
def _showing(model: Any) -> list[tuple[Any, str]]:
    """The models and columns whose rows, where they show, show rows of this one with them."""
    return [
        (source, name)
        for source in apps.get_models()
        if is_owned(source) and source.opening is not None  # type: ignore[attr-defined]
        for name in source.opening.shows  # type: ignore[attr-defined]
        if source._meta.get_field(name).related_model is model
    ]


@cache
def _owned_tables() -> dict[str, Any]:
    return {model._meta.db_table: model for model in apps.get_models() if is_owned(model)}


def _among(model: Any, alias: str, condition: Q | None) -> Any:
    """Where the row behind the alias meets the condition, written of the model's own columns."""
    if condition is None:
        return NothingNode()
    asked = sql.Query(model)
    where, own = asked.build_where(condition), asked.get_initial_alias()
    return where if alias == own else where.relabeled_clone({own: alias})


class _WindowJoin(Join):
    """A joined table of which the window shows no more than it does when the table itself is asked."""

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        joined, values = super().as_sql(compiler, connection)
        model = _owned_tables()[self.table_name]
        alias: Any = self.table_alias  # has been given by now
        shown = WhereNode([_among(model, alias, shown_in_windows(model))])
        try:
            condition, more = compiler.compile(shown)
        except EmptyResultSet:
            condition, more = "1 = 0", []
        return f"{joined} AND {condition}", [*values, *more]


def _narrowed(join: Any) -> Any:
    if not isinstance(join, Join) or join.table_name not in _owned_tables():
        return join
    parts = (join.table_name, join.parent_alias, join.table_alias, join.join_type, join.join_field, join.nullable)
    return _WindowJoin(*parts, filtered_relation=join.filtered_relation)


class _ScopedQueryMixin:
    """Adds the organisation to the WHERE clause at compile time."""

    scope_applied = False
    through_window = False

    def chain(self, klass: type[sql.Query] | None = None) -> Any:
        return super().chain(_SCOPED.get(klass, klass) if klass else klass)  # type: ignore[misc]

    def get_compiler(self, *args: Any, **kwargs: Any) -> Any:
        scope, writes = current_scope(), isinstance(self, sql.UpdateQuery | sql.DeleteQuery)
        if writes:
            refuse_through_window()
        if self.scope_applied or scope.organisation_id is None or getattr(self, "combinator", None):
            return super().get_compiler(*args, **kwargs)  # type: ignore[misc]
        walled: Any = self.clone()  # type: ignore[attr-defined]
        walled.scope_applied = True
        # Not add_filter: that would look the names up among the annotations first.
        model, alias = walled.model, walled.get_initial_alias()
        own = _equal(model, alias, "organisation", scope.organisation_id)
        if scope.window is not None:
            walled.through_window = True
            walled.alias_map = {name: _narrowed(join) for name, join in walled.alias_map.items()}
            own = WhereNode([own, _among(model, alias, shown_in_windows(model))], AND)
        elif model.shown is not None and not writes:
            to = _equal(model, alias, model.shown.to, scope.organisation_id)
            own = WhereNode([own, WhereNode([to, _among(model, alias, model.shown.rows())], AND)], OR)
        walled.where.add(own, AND)
        return walled.get_compiler(*args, **kwargs)

    def join(self, join: Any, reuse: Any = None) -> Any:
        return super().join(_narrowed(join) if self.through_window else join, reuse)  # type: ignore[misc]


def _equal(model: Any, alias: str, name: str, value: Any) -> Any:
    field = model._meta.get_field(name)
    return field.get_lookup("exact")(field.get_col(alias), value)


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


class Follower(Protocol):
    """Keeps something in step with the records; it is told in the transaction that writes them."""

    def follows(self, model: type[models.Model]) -> bool: ...

    def added(self, records: Sequence[Any], keys: Sequence[int]) -> None: ...

    def changed(self, model: type[models.Model], keys: list[int]) -> None: ...


FOLLOWERS: list[Follower] = []


def follow_writes(follower: Follower) -> None:
    FOLLOWERS.append(follower)


class ScopedQuerySet(models.QuerySet):
    def __init__(self, model: Any = None, query: Any = None, using: str | None = None, hints: Any = None) -> None:
        super().__init__(model, query or ScopedQuery(model), using, hints)

    def _insert(self, objs: Sequence[Any], *args: Any, **kwargs: Any) -> Any:
        for record in objs:
            _stamp(record)
            for field in _text_fields(self.model):
                _refuse_too_long(field, getattr(record, field.attname))
        told = self._followed()
        if not told:
            return super()._insert(objs, *args, **kwargs)  # type: ignore[misc]
        with transaction.atomic(using=self.db):
            made = super()._insert(objs, *args, **kwargs)  # type: ignore[misc]
            known = self._written(objs, **kwargs)
            # Django writes those that have a key and those that have none apart.
            keys = [row[0] for row in made or ()] if objs[0].pk is None else [record.pk for record in objs]
            for follower in told:
                follower.added(objs, keys) if known is None else follower.changed(self.model, known)
            return made

    def _written(
        self, objs: Sequence[Any], on_conflict: Any = None, unique_fields: Any = None, **_others: Any
    ) -> list[int] | None:
        """The keys of the rows that were written where some may have been there before; None: all of them are new."""
        if on_conflict is None:
            return None
        names = [one.attname for one in unique_fields or [self.model._meta.get_field("uid")]]
        rows = [Q(**{name: getattr(record, name) for name in names}) for record in objs]
        everything: Any = self.model._base_manager.filter(reduce(or_, rows))
        return list(everything.values_list("pk", flat=True))

    def _followed(self) -> list[Follower]:
        return [follower for follower in FOLLOWERS if follower.follows(self.model)]

    def _changed(self, change: Callable[[], int]) -> int:
        told = self._followed()
        if not told:
            return change()
        with transaction.atomic(using=self.db):
            # Before: what is changed may no longer fit the question afterwards.
            keys = list(self.order_by().values_list("pk", flat=True))
            count = change()
            for follower in told:
                follower.changed(self.model, keys)
            return count

    def _update(self, values: Any) -> int:
        for field, _model, value in values:
            if field in _text_fields(self.model):
                _refuse_too_long(field, value)
        return self._changed(lambda: super(ScopedQuerySet, self)._update(values))  # type: ignore[misc]

    def _raw_delete(self, using: str | None) -> Any:
        # Django's own sets the query's class past the wall.
        query: Any = self.query.chain(sql.DeleteQuery)
        return query.get_compiler(using).execute_sql(ROW_COUNT)

    def delete(self) -> tuple[int, dict[str, int]]:
        # Records that others refer to are fetched and then deleted by their keys, past the wall.
        refuse_through_window()
        if self.model.shown is not None:
            raise ScopeError(f"{self.model.__name__} is shown to others: a record of it is ended, never deleted.")
        return super().delete()

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]

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
            field = self.model._meta.get_field(name)
            _refuse_foreign_value(field, value)
            if field in _text_fields(self.model):
                _refuse_too_long(field, value)
        return self._changed(lambda: super(ScopedQuerySet, self).update(**changes))

    def raw(self, *_args: Any, **_kwargs: Any) -> Any:
        raise ScopeError("Raw SQL does not pass the wall between organisations.")

    def extra(self, *_args: Any, **_kwargs: Any) -> Any:
        raise ScopeError("Hand-written SQL does not pass the wall between organisations.")


@cache
def _text_fields(model: type[models.Model]) -> list[models.CharField]:
    return [one for one in model._meta.concrete_fields if isinstance(one, models.CharField) and one.max_length]


def _refuse_too_long(field: models.CharField, value: Any) -> None:
    if isinstance(value, str) and len(value) > field.max_length:
        raise TooLongError(field, len(value))


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
    refuse_through_window()
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
    opening: ClassVar[Opening | None] = None
    shown: ClassVar[Shown | None] = None

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
