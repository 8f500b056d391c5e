"""A concern is declared once, in the `concerns.py` of the app that knows it.

Start page, duties and notices follow. A panel is what a role finds on its start page beside what needs attention.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from samegauge.core.attention.models import Severity
from samegauge.core.organisations.models import OrganisationKind, Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from samegauge.core.face import Provenance
    from samegauge.core.organisations.models import Membership

    Text = Callable[[], str]

STAFF = frozenset(Role) - {Role.GUEST}
EVERY_KIND = frozenset(OrganisationKind)
LONGEST_PICTURE = 60


class ConcernError(Exception):
    """Two declarations bear one name."""


@dataclass(frozen=True)
class Picture:
    """The last values in order with their limits; `alarms` are the places of those that somebody must look at."""

    values: tuple[float, ...]
    lower: float | None = None
    upper: float | None = None
    alarms: tuple[int, ...] = ()

    def shortened(self) -> Picture:
        left_out = max(len(self.values) - LONGEST_PICTURE, 0)
        alarms = tuple(place - left_out for place in self.alarms if place >= left_out)
        return Picture(self.values[left_out:], self.lower, self.upper, alarms)


def _nothing() -> str:
    return ""


def _always(_membership: Membership) -> bool:
    return True


def makes_things(membership: Membership) -> bool:
    """An organisation that only uses machines has no processes to watch."""
    return membership.organisation.kind != OrganisationKind.END_USER


@dataclass(frozen=True)
class Finding:
    """One cause that needs somebody.

    `cause` stays the same for as long as the cause does: it is what makes one incident of many looks. `said`,
    `evidence` and `step` are called once in each language. `step` names what to do at `url`. Of two findings of the
    same severity the one of higher `rank` comes first. `count` is how many things stand behind this one cause.
    """

    cause: str
    said: Text
    step: Text
    url: str
    since: datetime
    severity: Severity = Severity.WARNING
    evidence: Text = _nothing
    rank: float = 0.0
    count: int = 1
    picture: Picture | None = None
    provenance: Provenance = ""


def counted(things: str, *, alarm: str | None = None) -> Callable[[int, Severity], str]:
    """Say how many `things` need somebody, by a lazy plural of `count`; `alarm` is said where it is one."""

    def said(count: int, severity: Severity) -> str:
        text = things if alarm is None or severity != Severity.ALARM else alarm
        return text % {"count": count}

    return said


@dataclass(frozen=True)
class Concern:
    """`find` runs in the worker, in the scope of one organisation, and never while a page waits.

    `counted` says in one clause how many things of a severity need somebody: "3 gauges are overdue". `state`, where it
    is given, names the state of the records that `find` reads: while it stays the same, `find` is not asked again.
    `applies` tells whether a member of one of the roles can meet it at all; else it is not said to be in order.
    Among concerns of the same severity the one of higher `weight` speaks first.
    """

    name: str
    title: str
    icon: str
    roles: frozenset[Role]
    find: Callable[[], Iterable[Finding]]
    counted: Callable[[int, Severity], str]
    state: Callable[[], str] | None = None
    applies: Callable[[Membership], bool] = _always
    weight: int = 0


@dataclass(frozen=True)
class Panel:
    """A part of the start page: `facts` gives its template what it shows."""

    name: str
    title: str
    roles: frozenset[Role]
    template: str
    facts: Callable[[Membership], dict[str, Any]]
    kinds: frozenset[OrganisationKind] = EVERY_KIND


_concerns: dict[str, Concern] = {}
_panels: dict[str, Panel] = {}


def declare(thing: Concern | Panel) -> None:
    known: dict[str, Any] = _concerns if isinstance(thing, Concern) else _panels
    if thing.name in known:
        raise ConcernError(f"{thing.name} is declared twice.")
    known[thing.name] = thing


def all_concerns() -> tuple[Concern, ...]:
    return tuple(_concerns.values())


def concerns_of(membership: Membership) -> dict[str, Concern]:
    return {
        name: concern
        for name, concern in _concerns.items()
        if membership.role in concern.roles and concern.applies(membership)
    }


def panels_of(membership: Membership) -> list[Panel]:
    kind = membership.organisation.kind
    return [panel for panel in _panels.values() if membership.role in panel.roles and kind in panel.kinds]
