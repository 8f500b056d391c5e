"""The life of a revision: drafted with its reason, released for serial numbers or days, withdrawn; never changed."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from samegauge.apps.inspection.plans.models import (
    InspectionPlan,
    PartOfRevision,
    PlannedCharacteristic,
    Procedure,
    ProcedureStep,
    Revised,
    RevisionState,
    Route,
    RouteStop,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from samegauge.apps.inspection.plans.effectivity import Bounds
    from samegauge.core.organisations.models import Person

RevisedT = TypeVar("RevisedT", bound=Revised)
# What a revision consists of, and the name of the column that says of which.
LINES: dict[type[Revised], tuple[type[PartOfRevision], str]] = {
    InspectionPlan: (PlannedCharacteristic, "plan"),
    Procedure: (ProcedureStep, "procedure"),
    Route: (RouteStop, "route"),
}
LIFE = {"state", "reason", "drafted_by", "drafted_at", "released_by", "released_at"}
LIFE |= {"withdrawn_by", "withdrawn_at", "withdrawn_reason"}
ITS_OWN = {"id", "uid", "revision"}


class RevisionError(Exception):
    """The revision was not changed; the message says why, in the reader's language."""


def lines_of(revised: Revised) -> list[Any]:
    model, name = LINES[type(revised)]
    return list(model._default_manager.filter(**{name: revised}).order_by("sequence", "pk"))


def draft(revised: RevisedT, lines: Iterable[PartOfRevision], actor: Person | None) -> RevisedT:
    """Keep a new revision as a draft with its lines."""
    model, name = LINES[type(revised)]
    with transaction.atomic():
        newest = type(revised)._default_manager.filter(code=revised.code).aggregate(newest=Max("revision"))["newest"]
        revised.revision, revised.state, revised.drafted_by = (newest or 0) + 1, RevisionState.DRAFT, actor
        revised.save()
        rows = list(lines)
        for row in rows:
            setattr(row, name, revised)
        model._default_manager.bulk_create(rows, batch_size=500)
    return revised


def next_revision(revised: RevisedT, actor: Person, reason: str) -> RevisedT:
    """Copy a revision into a new draft, with the reason for the change."""
    if not reason.strip():
        raise RevisionError(_("Say why a new revision is made."))
    same = type(revised)._default_manager.filter(code=revised.code, state=RevisionState.DRAFT)
    if standing := same.first():
        raise RevisionError(_("%(draft)s is a draft already. Release it, or change it.") % {"draft": standing})
    copied = type(revised)(**_fields(revised, LIFE | ITS_OWN), reason=reason.strip())
    _model, name = LINES[type(revised)]
    lines = [type(line)(**_fields(line, {"id", name})) for line in lines_of(revised)]
    return draft(copied, lines, actor)


def _fields(row: Any, left_out: set[str]) -> dict[str, Any]:
    fields = [field for field in row._meta.concrete_fields if field.name not in left_out]
    return {field.attname: getattr(row, field.attname) for field in fields}


def release(revised: Revised, actor: Person | None, bounds: Bounds) -> None:
    """Let people work by a draft from now on, for the serial numbers and days within its bounds."""
    with transaction.atomic():
        locked(revised)
        if revised.state != RevisionState.DRAFT:
            raise RevisionError(_("%(revision)s is no draft.") % {"revision": revised})
        if not lines_of(revised):
            raise RevisionError(_("%(revision)s is empty. Add what it asks for.") % {"revision": revised})
        if not bounds.are_in_order:
            raise RevisionError(_("It would end before it begins. Exchange the bounds."))
        for name, value in asdict(bounds).items():
            setattr(revised, name, value)
        revised.state = RevisionState.RELEASED
        revised.released_by, revised.released_at = actor, datetime.now(UTC)
        revised.save()


def withdraw(revised: Revised, actor: Person, reason: str) -> None:
    """Take a released revision back; what an older one said holds again, where there is one."""
    if not reason.strip():
        raise RevisionError(_("Say why it is withdrawn."))
    with transaction.atomic():
        locked(revised)
        if revised.state != RevisionState.RELEASED:
            raise RevisionError(_("Only a released revision can be withdrawn."))
        revised.state = RevisionState.WITHDRAWN
        revised.withdrawn_by, revised.withdrawn_at = actor, datetime.now(UTC)
        revised.withdrawn_reason = reason.strip()
        revised.save()


def locked(revised: Revised) -> None:
    """Read a revision anew and keep everybody else from changing it until the transaction ends."""
    type(revised)._default_manager.select_for_update(of=("self",)).get(pk=revised.pk)
    revised.refresh_from_db()
