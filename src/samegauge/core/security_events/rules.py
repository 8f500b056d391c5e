"""Writing down what happened, from wherever in a request or a command it happens."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from samegauge.core.identifiers import new_uid
from samegauge.core.organisations.models import Membership, Organisation, Person
from samegauge.core.scope import all_organisations, organisation_scope
from samegauge.core.security_events.models import LONGEST_DETAILS, LONGEST_DEVICE, LONGEST_NAME, SecurityEvent, What

if TYPE_CHECKING:
    from collections.abc import Iterator

log = logging.getLogger(__name__)

FAILURES_THAT_LOCK = 5
LOCKED_FOR = timedelta(minutes=15)


@dataclass(frozen=True)
class Circumstances:
    """From where somebody acts; a command acts from this machine, without an address."""

    address: str | None = None
    device: str = ""


THIS_MACHINE = Circumstances()
_current: ContextVar[Circumstances] = ContextVar("samegauge_circumstances", default=THIS_MACHINE)


@contextmanager
def happening_from(address: str | None, device: str) -> Iterator[None]:
    token = _current.set(Circumstances(address or None, device[:LONGEST_DEVICE]))
    try:
        yield
    finally:
        _current.reset(token)


@dataclass(frozen=True)
class Concerned:
    """Who acted, whose account it was about when that is somebody else, and where it counts if in one place only."""

    person: Person | None = None
    subject: Person | None = None
    organisation_id: int | None = None
    name: str = ""


def record(what: What, concerned: Concerned, details: str = "") -> None:
    """Write one row for each organisation that the happening concerns."""
    person, subject = concerned.person, concerned.subject
    whose = subject or person
    if concerned.organisation_id is not None:
        organisations = [concerned.organisation_id]
    else:
        organisations = _organisations_of(whose) if whose is not None else _house()
    said = {
        "occurrence": new_uid(),
        "at": datetime.now(UTC),
        "what": what,
        "person": person,
        "person_name": (person.username if person else concerned.name)[:LONGEST_NAME],
        "subject": subject,
        "subject_name": subject.username[:LONGEST_NAME] if subject else "",
        "address": _current.get().address,
        "device": _current.get().device,
        "details": details[:LONGEST_DETAILS],
    }
    # One line whatever somebody types as a name: repr writes line ends and control characters as escapes.
    log.info("%s by %r about %r: %r", what.value, said["person_name"], said["subject_name"], said["details"])
    with transaction.atomic():
        for organisation_id in organisations:
            with organisation_scope(organisation_id):
                SecurityEvent.objects.create(**said)


def is_second_factor_locked(person: Person) -> bool:
    """Tell whether so many codes failed lately that no further one is looked at, whatever address it comes from."""
    now = datetime.now(UTC)
    with all_organisations("a person's failures are counted once, whatever organisations see them"):
        mine = SecurityEvent.objects.filter(person=person, at__gt=now - LOCKED_FOR)
        opened = mine.filter(what=What.SIGNED_IN).order_by("-at").values_list("at", flat=True).first()
        failures = mine.filter(what=What.SECOND_FACTOR_FAILED)
        if opened is not None:
            failures = failures.filter(at__gt=opened)
        return failures.values("occurrence").distinct().count() >= FAILURES_THAT_LOCK


def _organisations_of(person: Person) -> list[int]:
    """Real organisations first: what happens in a simulated one is of interest only to who has no other."""
    found = Membership.active().filter(person=person).values_list("organisation_id", "organisation__is_simulated")
    rows: list[tuple[int, bool]] = list(found)
    return [pk for pk, simulated in rows if not simulated] or [pk for pk, _simulated in rows] or _house()


def _house() -> list[int]:
    """The organisation that runs this site is told what concerns nobody's account."""
    first = Organisation.objects.filter(is_simulated=False).order_by("pk").values_list("pk", flat=True).first()
    return [] if first is None else [first]
