"""What an organisation asks of its people's accounts, and what an owner can do when somebody lost the way in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from axes.utils import reset as forget_failures
from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from samegauge.core.organisations.models import Membership, Organisation, Person, Role
from samegauge.core.security_events.models import What
from samegauge.core.security_events.rules import Concerned, record

if TYPE_CHECKING:
    from collections.abc import Iterable

SECOND_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


class AccountRefusedError(Exception):
    """Why an owner cannot do this to an account."""


@dataclass(frozen=True)
class SignInRules:
    """Which roles must have a second factor, and after how many minutes without a request one is signed out."""

    second_factor_roles: frozenset[Role]
    idle_minutes: int

    def __str__(self) -> str:
        roles = ", ".join(sorted(self.second_factor_roles)) or "–"
        return f"{roles}; {self.idle_minutes} min"


def rules_of(organisation: Organisation) -> SignInRules:
    return SignInRules(frozenset(map(Role, organisation.second_factor_roles)), organisation.idle_minutes)


def change_rules(rules: SignInRules, by: Membership) -> None:
    with transaction.atomic():
        organisation = Organisation.objects.select_for_update(no_key=True).get(pk=by.organisation_id)
        before = rules_of(organisation)
        organisation.second_factor_roles = sorted(rules.second_factor_roles)
        organisation.idle_minutes = rules.idle_minutes
        organisation.save(update_fields=["second_factor_roles", "idle_minutes"])
        where = Concerned(by.person, organisation_id=organisation.pk)
        record(What.RULES_CHANGED, where, f"{before} -> {rules}")


def needs_second_factor(membership: Membership) -> bool:
    return membership.role in membership.organisation.second_factor_roles


def has_second_factor(person: Person) -> bool:
    return Authenticator.objects.filter(user=person, type__in=SECOND_FACTORS).exists()


def people_with_second_factor(people: Iterable[int]) -> set[int]:
    found = Authenticator.objects.filter(user__in=people, type__in=SECOND_FACTORS)
    return set(found.values_list("user_id", flat=True))


def link_for_new_password(person: Person) -> str:
    """Return the path of a link that works once, for three days, until the person signs in."""
    return reverse("join", args=[person.uid, default_token_generator.make_token(person)])


def make_link(member: Membership, by: Membership) -> str:
    """Let somebody who cannot sign in choose a new password; a second factor is asked for all the same."""
    _refuse_foreign_account(member, by)
    _refuse_oneself(member, by)
    record(What.PASSWORD_LINK_MADE, Concerned(by.person, member.person, by.organisation_id))
    return link_for_new_password(member.person)


def reset_second_factor(member: Membership, by: Membership) -> None:
    _refuse_foreign_account(member, by)
    _refuse_oneself(member, by)
    with transaction.atomic():
        Authenticator.objects.filter(user=member.person).delete()
        record(What.SECOND_FACTOR_RESET, Concerned(by.person, member.person, by.organisation_id))
    end_sessions(member.person)


def end_members_sessions(member: Membership, by: Membership) -> int:
    _refuse_oneself(member, by)
    ended = end_sessions(member.person)
    record(What.SESSION_ENDED, Concerned(by.person, member.person, by.organisation_id), f"{ended}")
    return ended


def end_sessions(person: Person, but: str = "") -> int:
    """End every session of somebody, or all but the one with this key; return how many."""
    sessions = list(UserSession.objects.filter(user=person).exclude(session_key=but))
    for session in sessions:
        session.end()
    return len(sessions)


def open_again(person: Person) -> str:
    """Let whoever holds this machine get an account back: no second factor, no session, no lock, a new password."""
    with transaction.atomic():
        Authenticator.objects.filter(user=person).delete()
        forget_failures(username=person.username.casefold())
        record(What.SECOND_FACTOR_RESET, Concerned(subject=person), "samegauge account-reset")
        record(What.PASSWORD_LINK_MADE, Concerned(subject=person), "samegauge account-reset")
    end_sessions(person)
    return link_for_new_password(person)


def _refuse_foreign_account(member: Membership, by: Membership) -> None:
    """An owner gets no way into an account that also opens another organisation."""
    elsewhere = Membership.active().filter(person=member.person, organisation__is_simulated=False)
    if elsewhere.exclude(organisation_id=by.organisation_id).exists():
        raise AccountRefusedError(
            _(
                "This person also works for another organisation on this site. "
                "Whoever runs the site can help with the command “samegauge account-reset”."
            )
        )


def _refuse_oneself(member: Membership, by: Membership) -> None:
    if member.person_id == by.person_id:
        raise AccountRefusedError(_("This is your own account: change it under “My account”."))
