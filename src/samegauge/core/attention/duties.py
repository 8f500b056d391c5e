"""Who takes care of what: taking, handing over, putting off. Nothing is done while its cause is there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from samegauge.core.attention.declaration import STAFF, concerns_of
from samegauge.core.attention.models import Incident, IncidentStep, StepKind
from samegauge.core.attention.steps import write
from samegauge.core.fields import LONGEST_REASON
from samegauge.core.organisations.models import Membership

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from samegauge.core.organisations.models import Person

LONGEST_DELAY = timedelta(days=366)
WORST_FIRST = ("severity", "-rank", "since", "pk")


class DutyError(Exception):
    """Why this cannot be done with the incident."""


def open_incidents(membership: Membership) -> QuerySet[Incident]:
    """What is open for the role, and what the person has taken or was given."""
    concerned = Q(concern__in=concerns_of(membership)) | Q(taken_by=membership.person_id)
    return Incident.objects.filter(concerned, cleared_at__isnull=True)


def over(membership: Membership) -> QuerySet[Incident]:
    return Incident.objects.filter(concern__in=concerns_of(membership), cleared_at__isnull=False)


class View(models.TextChoices):
    """Which of them: those due for the role, one's own, what is put off, and what is over."""

    DUE = "", gettext_lazy("For my role")
    MINE = "mine", pgettext_lazy("duties", "Mine")
    PUT_OFF = "put_off", pgettext_lazy("incident", "Put off")
    OVER = "over", pgettext_lazy("duties", "Over")


def listed(view: str, membership: Membership) -> QuerySet[Incident]:
    waiting = open_incidents(membership)
    if view == View.MINE:
        return waiting.filter(taken_by=membership.person_id).order_by(*WORST_FIRST)
    if view == View.PUT_OFF:
        return waiting.exclude(pk__in=due(waiting).values("pk")).order_by("put_off_until", "pk")
    if view == View.OVER:
        return over(membership).order_by("-cleared_at", "pk")
    return due(waiting).order_by(*WORST_FIRST)


def due(incidents: QuerySet[Incident], now: datetime | None = None) -> QuerySet[Incident]:
    """Leave out what is put off."""
    return incidents.filter(Q(put_off_until__isnull=True) | Q(put_off_until__lte=now or datetime.now(UTC)))


def colleagues(by: Membership) -> QuerySet[Membership]:
    """To whom a duty can be handed."""
    members = Membership.active().filter(organisation=by.organisation_id, role__in=STAFF, person__is_active=True)
    return members.exclude(pk=by.pk).select_related("person").order_by("person__username")


def take(incident: Incident, by: Membership) -> None:
    _change(incident, IncidentStep(kind=StepKind.TAKEN, person=by.person), taken_by=by.person)


def give_back(incident: Incident, by: Membership) -> None:
    if incident.taken_by_id != by.person_id:
        raise DutyError(_("Somebody else has this one."))
    _change(incident, IncidentStep(kind=StepKind.LEFT, person=by.person), taken_by=None)


def hand_over(incident: Incident, by: Membership, to: Person) -> None:
    _change(incident, IncidentStep(kind=StepKind.HANDED, person=by.person, to=to), taken_by=to)


def put_off(incident: Incident, by: Membership, until: datetime, reason: str) -> None:
    now = datetime.now(UTC)
    if not reason.strip():
        raise DutyError(_("Say why it can wait."))
    if len(reason) > LONGEST_REASON:
        raise DutyError(_("The reason is longer than %(limit)d characters.") % {"limit": LONGEST_REASON})
    if not now < until <= now + LONGEST_DELAY:
        raise DutyError(_("Choose a day from tomorrow to a year from now."))
    step = IncidentStep(kind=StepKind.PUT_OFF, person=by.person, until=until, reason=reason.strip())
    _change(incident, step, put_off_until=until)


def resume(incident: Incident, by: Membership) -> None:
    _change(incident, IncidentStep(kind=StepKind.RESUMED, person=by.person), put_off_until=None)


def _change(incident: Incident, step: IncidentStep, **changes: Any) -> None:
    with transaction.atomic():
        if not Incident.objects.filter(pk=incident.pk, cleared_at__isnull=True).update(**changes):
            raise DutyError(_("Its cause is gone already."))
        for name, value in changes.items():
            setattr(incident, name, value)
        step.incident, step.at = incident, datetime.now(UTC)
        write(step)
