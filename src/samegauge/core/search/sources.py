"""What the box finds besides filed records; each source is a function that takes the question and who asks.

A source answers from what it may show at that moment and leaves nothing behind, so what is taken back, such as a grant
of another organisation, is gone with the next question.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from samegauge.core.organisations.models import Membership, Role
from samegauge.core.organisations.permissions import Action, may
from samegauge.core.search.commands import commands_for
from samegauge.core.search.declaration import Hit, readable
from samegauge.core.search.finding import find
from samegauge.core.search.folding import filed_text, fit, terms_of
from samegauge.core.sharing.rules import shared_units

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MOST_SHARED = 2_000
ALL = 200


@dataclass(frozen=True)
class Group:
    """A heading with what stands below it; `all_url` leads to all of them where not all are shown."""

    key: str
    name: str
    icon: str
    hits: tuple[Hit, ...]
    count: int
    more: bool = False
    all_url: str = ""

    def shortened(self, most: int, asked: str) -> Group:
        """The first rows, and where the others are."""
        if self.count <= most and not self.more:
            return self
        url = f"{reverse('search')}?{urlencode({'q': asked, 'in': self.key})}"
        return replace(self, hits=self.hits[:most], all_url=url)


class Source(Protocol):
    def __call__(self, terms: Sequence[str], membership: Membership) -> Iterable[Group]: ...


def people(terms: Sequence[str], membership: Membership) -> Iterable[Group]:
    """Members of the organisation, for those who may see them; few enough to be looked through."""
    if not may(membership.role, Action.MANAGE_PEOPLE):
        return
    members = Membership.objects.filter(organisation_id=membership.organisation_id).select_related("person")
    found = [
        (fits, str(one.person), one)
        for one in members
        if (fits := fit(terms, filed_text([one.person.display_name, one.person.username, one.person.email])))
        is not None
    ]
    found.sort(key=lambda row: row[:2])
    hits = tuple(
        Hit(name, reverse("member", args=[one.person.uid]), str(Role(one.role).label)) for _fits, name, one in found
    )
    if hits:
        yield Group("people", _("People"), "users", hits, len(hits))


def commands(terms: Sequence[str], membership: Membership) -> Iterable[Group]:
    """Pages and what can be done there, by their names in both languages."""
    found = [(fits, one) for one in commands_for(membership) if (fits := fit(terms, one.filed)) is not None]
    found.sort(key=lambda row: row[0])
    hits = tuple(Hit(one.title, one.url) for _fits, one in found)
    if hits:
        yield Group("commands", _("Pages and commands"), "list", hits, len(hits))


def shared_with_us(terms: Sequence[str], membership: Membership) -> Iterable[Group]:
    """Units that other organisations grant this one to read now; a grant that was revoked is not among them."""
    if not may(membership.role, Action.READ_SHARED):
        return
    found = [
        (fits, unit)
        for unit in shared_units("", MOST_SHARED)
        if (fits := fit(terms, filed_text([unit.text, unit.item]))) is not None
    ]
    found.sort(key=lambda row: row[0])
    hits = tuple(Hit(unit.text, unit.url, f"{unit.item} · {unit.giver}") for _fits, unit in found)
    if hits:
        yield Group("shared", _("Shared with us"), "link", hits, len(hits))


# Another part of the platform adds its own when it starts.
SOURCES: list[Source] = [shared_with_us, people, commands]


def found_groups(asked: str, most: int, member: Membership, only: str = "") -> list[Group]:
    """Everything that was found, or all of one group; each source says what it has."""
    terms = terms_of(asked)
    if not terms:
        return []
    kinds = [one for one in readable(member.role) if only in {"", one.name}]
    groups = [
        Group(
            found.searched.name,
            str(found.searched.group),
            found.searched.icon,
            tuple(found.hits(ALL if only else most)),
            found.count,
            found.more,
        )
        for found in find(asked, kinds)
    ]
    groups += [group for source in SOURCES for group in source(terms, member) if only in {"", group.key}]
    return [group if only else group.shortened(most, asked) for group in groups if group.hits]
