"""The first start, people and their tokens."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils.translation import gettext as _

from samegauge.core.organisations.models import (
    ApiToken,
    Membership,
    Organisation,
    OrganisationKind,
    Person,
    Role,
    SetupLink,
)
from samegauge.core.organisations.permissions import Action, may
from samegauge.core.security_events.models import What
from samegauge.core.security_events.rules import Concerned, record

LINK_LIFE = timedelta(days=7)
UNNAMED = "–"
# A token's last use is known to this precision, so that reading by token does not write at every request.
LAST_USE_PRECISION = timedelta(minutes=5)


def fingerprint(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def first_start_link() -> str | None:
    """Return the path of a new one-time link while nobody has an account; older unused links stop working."""
    if Person.objects.exists():
        return None
    token = secrets.token_urlsafe(24)
    with transaction.atomic():
        SetupLink.objects.filter(used_at__isnull=True).delete()
        SetupLink.objects.create(token_sha256=fingerprint(token))
    return f"/start/{token}/"


def open_setup_link(token: str) -> SetupLink | None:
    born_after = datetime.now(UTC) - LINK_LIFE
    links = SetupLink.objects.filter(token_sha256=fingerprint(token), used_at__isnull=True, created_at__gt=born_after)
    return links.first()


def found_organisation(link: SetupLink, organisation: Organisation, owner: Person) -> Membership:
    """Use the one-time link up: save the first organisation and its owner, or nothing."""
    with transaction.atomic():
        used = SetupLink.objects.filter(pk=link.pk, used_at__isnull=True).update(used_at=datetime.now(UTC))
        if not used or Person.objects.exists():
            raise SetupLinkUsedError
        _adopt(organisation)
        owner.save()
        membership = Membership.objects.create(person=owner, organisation=organisation, role=Role.OWNER)
        open_simulated(owner)
        return membership


def add_person(person: Person, role: Role, by: Membership) -> Membership:
    """Give somebody an account without a password; the link that the owner hands over lets the person choose one."""
    with transaction.atomic():
        person.set_unusable_password()
        person.save()
        if person.email:
            # The owner vouches for the address; a sign-in at the company's identity provider is matched by it.
            EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
        membership = Membership.objects.create(person=person, organisation=by.organisation, role=role)
        record(What.PERSON_ADDED, Concerned(by.person, person, by.organisation_id), role.value)
    return membership


class SetupLinkUsedError(Exception):
    """Somebody was faster with the same link."""


def issue_token(membership: Membership, name: str) -> tuple[ApiToken, str]:
    """Return the token's record and its text, which is shown once and kept nowhere."""
    text = f"sg_{secrets.token_urlsafe(32)}"
    with transaction.atomic():
        token = ApiToken.objects.create(membership=membership, name=name, token_sha256=fingerprint(text))
        record(What.TOKEN_MADE, Concerned(membership.person, organisation_id=membership.organisation_id), name)
    return token, text


def revoke_token(token: ApiToken, membership: Membership) -> None:
    with transaction.atomic():
        token.revoked_at = datetime.now(UTC)
        token.save(update_fields=["revoked_at"])
        whose = Concerned(membership.person, organisation_id=membership.organisation_id)
        record(What.TOKEN_REVOKED, whose, token.name)


def membership_of_token(text: str) -> Membership | None:
    tokens = ApiToken.objects.filter(
        token_sha256=fingerprint(text),
        revoked_at__isnull=True,
        membership__person__is_active=True,
        membership__switched_off_at__isnull=True,
    )
    token = tokens.select_related("membership__organisation", "membership__person").first()
    if token is None:
        return None
    now = datetime.now(UTC)
    if token.last_used_at is None or now - token.last_used_at > LAST_USE_PRECISION:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token.membership


@dataclass(frozen=True)
class MemberChange:
    """What a member is to be from now on."""

    role: Role
    active: bool

    def __str__(self) -> str:
        return f"{self.role.value}, {'on' if self.active else 'off'}"


class MemberChangeError(Exception):
    """Why a member's role or access cannot be changed so."""


def change_member(membership: Membership, change: MemberChange, by: Membership) -> None:
    """Give a member another role, or switch one off or on again; one switched off loses every token for good."""
    with transaction.atomic():
        # Of two owners who change each other at once, the second one sees what the first did.
        Organisation.objects.select_for_update(no_key=True).get(pk=by.organisation_id)
        acting = Membership.active().filter(pk=by.pk).first()
        if acting is None or not may(acting.role, Action.MANAGE_PEOPLE):
            raise MemberChangeError(_("This role may not do that. Ask the owner of the organisation."))
        membership = Membership.objects.select_related("person").get(pk=membership.pk, organisation=by.organisation_id)
        if membership.pk == by.pk:
            raise MemberChangeError(_("You cannot change your own role or switch yourself off. Ask another owner."))
        _refuse_losing_the_last_owner(membership, change)
        before = MemberChange(Role(membership.role), membership.switched_off_at is None)
        membership.role = change.role
        if before.active != change.active:
            membership.switched_off_at = None if change.active else datetime.now(UTC)
        membership.save(update_fields=["role", "switched_off_at"])
        if not change.active:
            ApiToken.objects.filter(membership=membership, revoked_at__isnull=True).update(revoked_at=datetime.now(UTC))
        concerned = Concerned(acting.person, membership.person, by.organisation_id)
        record(What.ROLE_CHANGED, concerned, f"{before} -> {change}")


def _refuse_losing_the_last_owner(membership: Membership, change: MemberChange) -> None:
    if change.active and change.role == Role.OWNER:
        return
    owners = Membership.active().filter(organisation=membership.organisation_id, role=Role.OWNER)
    if not owners.exclude(pk=membership.pk).exists():
        raise MemberChangeError(_("This is the last owner. Make somebody else an owner first."))


def only_organisation() -> Organisation | None:
    """Return the one organisation there is, made without a name when there is none yet; None among several."""
    found = list(Organisation.objects.filter(is_simulated=False)[:2])
    if not found:
        return Organisation.objects.create(name=UNNAMED, kind=OrganisationKind.MACHINE_BUILDER)
    return found[0] if len(found) == 1 else None


def _adopt(organisation: Organisation) -> None:
    """Save the first organisation; what the command line imported before anybody had an account becomes its own."""
    waiting = Organisation.objects.filter(name=UNNAMED, memberships__isnull=True).first()
    if waiting is not None:
        organisation.pk, organisation.uid, organisation.created_at = waiting.pk, waiting.uid, waiting.created_at
        organisation.save(force_update=True)
    else:
        organisation.save()


def house() -> Organisation | None:
    """Return the organisation that runs this site: the first one, founded by the one-time link."""
    return Organisation.objects.filter(is_simulated=False).order_by("pk").first()


def open_simulated(owner: Person) -> None:
    """Let the owner of this site work in every simulated organisation."""
    simulated = Organisation.objects.filter(is_simulated=True).exclude(memberships__person=owner)
    for organisation in simulated.order_by("pk"):
        Membership.objects.create(person=owner, organisation=organisation, role=Role.OWNER)


def administers_site(membership: Membership) -> bool:
    """Tell whether somebody may do what concerns every organisation on this site, such as its backup."""
    if membership.role != Role.OWNER:
        return False
    first = house()
    return first is not None and membership.organisation_id == first.pk
