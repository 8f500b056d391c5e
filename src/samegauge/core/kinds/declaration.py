"""A record kind is declared once, beside its model; list, form, import, export, API, help and proofs follow from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db import models
from django.forms import modelform_factory
from django.urls import reverse
from django.utils.text import format_lazy

from samegauge.core.kinds.forms import RecordForm
from samegauge.core.kinds.models import Record
from samegauge.core.organisations.models import Role
from samegauge.quantities.errors import UnknownUnitError
from samegauge.quantities.units import unit

EVERY_ROLE = frozenset(Role)


class KindError(Exception):
    """A declaration contradicts its model."""


@dataclass(frozen=True)
class RecordField:
    """One field as every door shows it: list, form, spreadsheet, API, help."""

    name: str
    label: str
    meaning: str
    unit: str
    required: bool
    choices: tuple[tuple[str, str], ...]
    target: type[Record] | None
    model_field: Any = field(repr=False)

    @property
    def heading(self) -> str:
        return f"{self.label} [{self.unit}]" if self.unit else str(self.label)

    @property
    def is_number(self) -> bool:
        numeric = (models.IntegerField, models.FloatField, models.DecimalField)
        return isinstance(self.model_field, numeric) and not self.choices


@dataclass(frozen=True)
class RecordKind:
    """`key` is the field that people call a record by; it is unique within an organisation."""

    model: type[Record]
    slug: str
    key: str
    about: str
    icon: str
    listed: tuple[str, ...]
    searched: tuple[str, ...]
    filtered: tuple[str, ...] = ()
    writers: frozenset[Role] = frozenset({Role.OWNER, Role.ENGINEER})
    readers: frozenset[Role] = EVERY_ROLE

    @property
    def name(self) -> str:
        return str(self.model._meta.model_name)

    @property
    def one(self) -> str:
        return self.model._meta.verbose_name or self.name

    @property
    def many(self) -> str:
        return self.model._meta.verbose_name_plural or self.name

    @cached_property
    def fields(self) -> tuple[RecordField, ...]:
        inherited = {one.name for one in Record._meta.get_fields()}
        own = (one for one in self.model._meta.concrete_fields if one.editable and not one.primary_key)
        return tuple(described(one) for one in own if one.name not in inherited)

    @cached_property
    def form(self) -> type[RecordForm]:
        names = [one.name for one in self.fields]
        with_units = {one.name: format_lazy("{} [{}]", one.label, one.unit) for one in self.fields if one.unit}
        made: Any = modelform_factory(self.model, form=RecordForm, fields=names, labels=with_units)
        return made

    def url(self, page: str, *place: object) -> str:
        """The address of one of the kind's pages: list, new, help, csv, xlsx, upload, import, record, edit, switch."""
        return reverse(f"{self.name}_{page}", args=place)

    @property
    def list_url(self) -> str:
        return self.url("list")

    @property
    def help_url(self) -> str:
        return self.url("help")

    @property
    def csv_url(self) -> str:
        return self.url("csv")

    @property
    def xlsx_url(self) -> str:
        return self.url("xlsx")

    def field(self, name: str) -> RecordField:
        return next(one for one in self.fields if one.name == name)


def _unit_of(name: str) -> str:
    """The unit that a field's name ends with, as the table of units writes it."""
    stem, _, tail = name.rpartition("_")
    try:
        return unit(tail).symbol if stem else ""
    except UnknownUnitError:
        return ""


def described(one: Any) -> RecordField:
    target: Any = one.related_model
    if target is not None and not issubclass(target, Record):
        raise KindError(f"{one} points to {target.__name__}, which is no declared kind of record.")
    return RecordField(
        name=one.name,
        label=one.verbose_name,
        meaning=one.help_text,
        unit=_unit_of(one.name),
        required=not one.blank and not one.has_default(),
        choices=tuple(one.flatchoices),
        target=target,
        model_field=one,
    )


_kinds: dict[str, RecordKind] = {}


def register(kind: RecordKind) -> RecordKind:
    """Take a kind in; a declaration that names what its model lacks is refused at the start of the site."""
    names = {one.name for one in kind.fields}
    if not kind.writers <= kind.readers:
        raise KindError(f"{kind.slug}: who may change records must be able to see them.")
    unknown = {kind.key, *kind.listed, *kind.searched, *kind.filtered} - names
    if unknown:
        raise KindError(f"{kind.slug}: the model has no field {', '.join(sorted(unknown))}.")
    constraints = [set(one.fields) for one in kind.model._meta.constraints if isinstance(one, models.UniqueConstraint)]
    if {"organisation", kind.key} not in constraints:
        raise KindError(f"{kind.slug}: {kind.key} needs a unique constraint together with the organisation.")
    if any(one.slug == kind.slug or one.name == kind.name for one in _kinds.values()):
        raise KindError(f"{kind.slug} is declared twice.")
    _kinds[kind.slug] = kind
    return kind


def all_kinds() -> tuple[RecordKind, ...]:
    return tuple(_kinds[slug] for slug in sorted(_kinds))


def kind_of(model: type[Record]) -> RecordKind:
    return next(kind for kind in _kinds.values() if kind.model is model)
