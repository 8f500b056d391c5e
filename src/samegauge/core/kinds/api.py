"""The API of every declared kind, with a schema of its own: list, read, create, change, retire."""

from __future__ import annotations

import inspect
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from django.db import models
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Schema, Status
from ninja.errors import HttpError, ValidationError
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StringConstraints, create_model

from samegauge.core.api_contract import Day, GuardedRouter, Listed, Problem, Window, Word, Words
from samegauge.core.fields import LONGEST_REASON
from samegauge.core.kinds.declaration import RecordField, RecordKind, kind_of
from samegauge.core.kinds.rules import RecordError, find, plain_values, records, restore, retire, save
from samegauge.core.organisations.permissions import needs

if TYPE_CHECKING:
    from collections.abc import Callable

    from samegauge.core.kinds.models import Record


class Switch(BaseModel):
    """Which version was seen, and why it is changed."""

    version: StrictInt = Field(ge=0, le=10**9)
    reason: Annotated[Words, StringConstraints(max_length=LONGEST_REASON)]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


def router_of(kind: RecordKind) -> GuardedRouter:
    """Make the operations of one kind; their schemas follow from its fields."""
    router = GuardedRouter(tags=[kind.slug])
    asked, sent, changed, shown = schemas(kind)
    uid = f"{kind.name}_uid"

    def offer(method: str, path: str, response: Any, run: Callable[..., Any], **parameters: Any) -> None:
        operation = needs(kind.readers if method == "GET" else kind.writers)(run)
        positional = inspect.Parameter.POSITIONAL_OR_KEYWORD
        named = {"request": HttpRequest, **parameters}
        operation.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
            [inspect.Parameter(name, positional, annotation=annotation) for name, annotation in named.items()]
        )
        operation.__name__ = f"{kind.name}_{run.__name__}"
        router.api_operation([method], path, response=response)(operation)

    def listing(_request: HttpRequest, question: Any, window: Window) -> dict[str, Any]:
        """List the records, filtered and searched as on the page."""
        stated = {name: str(value) for name, value in question.dict().items() if value not in (None, False)}
        return window.of(find(kind, stated), lambda record: described(kind, record))

    def read(_request: HttpRequest, **place: UUID) -> dict[str, Any]:
        """Read one record."""
        return described(kind, _found(kind, place[uid]))

    def create(request: HttpRequest, body: Any) -> Status[dict[str, Any]]:
        """Create a record."""
        return Status(201, _written(request, kind, kind.model(), body.model_dump(exclude_unset=True), seen=0))

    def change(request: HttpRequest, body: Any, **place: UUID) -> dict[str, Any]:
        """Change the fields that are sent; refused with 409 when the record has a newer version than the one named."""
        data = body.model_dump(exclude_unset=True)
        return _written(request, kind, _found(kind, place[uid]), data, seen=data.pop("version"))

    def switch(request: HttpRequest, body: Switch, **place: UUID) -> dict[str, Any]:
        """Take a record out of use, or back into it; nothing is ever deleted."""
        found = _found(kind, place[uid])
        run = restore if found.retired_at else retire
        with_conflicts(lambda: run(kind, found, request.user, seen=body.version, reason=body.reason))  # type: ignore[arg-type]
        return described(kind, found)

    one, base = f"/{kind.slug}/{{{uid}}}", f"/{kind.slug}"
    offer("GET", base, Listed[shown], listing, question=Query[asked], window=Query[Window])  # type: ignore[valid-type]
    offer("POST", base, {201: shown, 409: Problem}, create, body=sent)
    offer("GET", one, shown, read, **{uid: UUID})
    offer("PATCH", one, {200: shown, 409: Problem}, change, body=changed, **{uid: UUID})
    offer("POST", f"{one}/switch", {200: shown, 409: Problem}, switch, body=Switch, **{uid: UUID})
    return router


def schemas(kind: RecordKind) -> tuple[type[Schema], type[Schema], type[Schema], type[Schema]]:
    """Return what can be asked of a list, sent as new, sent as a change, and what is shown."""
    title = kind.model.__name__
    asked = _model(f"{title}Question", Schema, dict.fromkeys(("q", *kind.filtered), (Word | None, None)) | _RETIRED)
    needed = {one.name: _sent(one) for one in kind.fields if one.required}
    every = {one.name: (_json_type(one) | None, _described_field(one, None)) for one in kind.fields}
    sent = _model(f"New{title}", _Closed, every | needed)
    seen = {"version": (StrictInt, Field(ge=0, le=10**9, description="The version that you read"))}
    changed = _model(f"Changed{title}", _Closed, seen | {"reason": (Word, Field("", description="Why"))} | every)
    known = {
        one.name: ((date if _json_type(one) is Day else _json_type(one)) | None, _described_field(one, ...))
        for one in kind.fields
    }
    own = {"uid": (UUID, ...), "version": (int, ...), "retired_at": (datetime | None, ...)}
    return asked, sent, changed, _model(f"{title}Record", Schema, own | known)


_RETIRED: dict[str, Any] = {"retired": (bool, False)}


def _model(name: str, base: type[BaseModel], fields: dict[str, Any]) -> type[Any]:
    return create_model(name, __base__=base, **fields)


def _described_field(one: RecordField, default: Any) -> Any:
    with_unit = f"{one.meaning} [{one.unit}]".strip() if one.unit else str(one.meaning)
    return Field(default, description=with_unit)


def _sent(one: RecordField) -> tuple[Any, Any]:
    return _json_type(one), _described_field(one, ...)


def _json_type(one: RecordField) -> Any:
    if one.target is not None:
        return Word
    kinds = (
        (models.BooleanField, StrictBool),
        (models.IntegerField, StrictInt),
        (models.FloatField, float),
        (models.DateTimeField, datetime),
        (models.DateField, Day),
    )
    return next((json for model_field, json in kinds if isinstance(one.model_field, model_field)), str)


def described(kind: RecordKind, record: Record) -> dict[str, Any]:
    own = {"uid": record.uid, "version": record.version, "retired_at": record.retired_at}
    return own | {
        one.name: _as_json(one, value)
        for one, value in zip(kind.fields, plain_values(kind, record).values(), strict=True)
    }


def _as_json(one: RecordField, value: Any) -> Any:
    return date.fromisoformat(value) if isinstance(one.model_field, models.DateField) and value else value


def _found(kind: RecordKind, record_uid: UUID) -> Record:
    return get_object_or_404(records(kind), uid=record_uid)


def _written(
    request: HttpRequest, kind: RecordKind, record: Record, data: dict[str, Any], *, seen: int
) -> dict[str, Any]:
    reason = data.pop("reason", "")
    standing = {one.name: getattr(record, one.model_field.attname) for one in kind.fields}
    values = standing | {name: _as_form(kind.field(name), value) for name, value in data.items()}
    form = kind.form({name: "" if value is None else value for name, value in values.items()}, instance=record)
    if not form.is_valid():
        faults = [
            {
                "loc": ["body", "body", *([] if name == "__all__" else [name])],
                "msg": " ".join(map(str, reasons)),
                "type": "value_error",
            }
            for name, reasons in form.errors.items()
        ]
        raise ValidationError(faults)
    with_conflicts(lambda: save(kind, record, request.user, seen=seen, reason=reason))  # type: ignore[arg-type]
    return described(kind, record)


def _as_form(one: RecordField, value: Any) -> Any:
    """Return the key of the related record that the sender named; one that is not there fails in the form."""
    if one.target is None or value is None:
        return value
    key = kind_of(one.target).key
    found = one.target._default_manager.filter(**{key: value}).values_list("pk", flat=True).first()
    return found if found is not None else f"? {value}"


def with_conflicts(work: Callable[[], Any]) -> None:
    try:
        work()
    except RecordError as refusal:
        raise HttpError(409, str(refusal)) from refusal
