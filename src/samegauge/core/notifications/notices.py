"""Who is told of which step, and how often people are told at all."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models.functions import TruncHour

from samegauge.core.attention.declaration import all_concerns
from samegauge.core.attention.models import StepKind
from samegauge.core.notifications.models import Notice
from samegauge.core.organisations.models import Membership
from samegauge.core.scope import current_organisation_id

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from samegauge.core.attention.models import IncidentStep
    from samegauge.core.organisations.models import Person

TOLD = frozenset({StepKind.APPEARED, StepKind.RETURNED, StepKind.WORSENED, StepKind.RESUMED})
GOAL_PER_HOUR = 6
WATCHED = timedelta(days=7)


def tell(step: IncidentStep) -> None:
    """Tell whoever takes care of the incident, else everybody whose role it concerns; nobody of what they did."""
    incident = step.incident
    if step.person_id is not None:
        _unread(step.person_id).filter(incident=incident).update(read_at=step.at)
    if step.kind == StepKind.HANDED:
        people = [step.to_id]
    elif step.kind in TOLD:
        people = [incident.taken_by_id] if incident.taken_by_id else _concerned(incident.concern)
    else:
        people = []
    Notice.objects.bulk_create(
        Notice(
            organisation_id=incident.organisation_id,
            person_id=person,
            incident=incident,
            kind=step.kind,
            severity=incident.severity,
            said=incident.said,
            at=step.at,
        )
        for person in people
        if person != step.person_id
    )


def _concerned(name: str) -> list[int]:
    roles = next((concern.roles for concern in all_concerns() if concern.name == name), frozenset())
    members = Membership.active().filter(organisation=current_organisation_id(), role__in=roles)
    return list(members.order_by("pk").values_list("person_id", flat=True))


def _unread(person_id: int) -> QuerySet[Notice]:
    return Notice.objects.filter(person_id=person_id, read_at__isnull=True)


def unread(person: Person) -> QuerySet[Notice]:
    """What the bell counts: of a cause that is gone nobody needs to be told any more."""
    return _unread(person.pk).filter(incident__cleared_at__isnull=True)


def mark_read(person: Person) -> int:
    return _unread(person.pk).update(read_at=datetime.now(UTC))


@dataclass(frozen=True)
class Rate:
    """How often one person was told in the last seven days: in all, and in the fullest hour."""

    person: Person
    told: int
    per_hour: float
    fullest_hour: int

    @property
    def is_flood(self) -> bool:
        return self.fullest_hour > GOAL_PER_HOUR


def rates(now: datetime) -> list[Rate]:
    """The product's own alarm rate, for every member who can be told."""
    hours = (
        Notice.objects.filter(at__gt=now - WATCHED)
        .annotate(hour=TruncHour("at", tzinfo=UTC))
        .values_list("person_id", "hour")
    )
    counted = Counter(hours)
    members = Membership.active().filter(organisation=current_organisation_id()).select_related("person")
    found = []
    for member in members.order_by("person__username"):
        of_hours = [count for (person, _hour), count in counted.items() if person == member.person_id]
        per_hour = sum(of_hours) / (WATCHED / timedelta(hours=1))
        found.append(Rate(member.person, sum(of_hours), per_hour, max(of_hours, default=0)))
    return found
