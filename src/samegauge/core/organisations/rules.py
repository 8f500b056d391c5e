"""The first start, people and their tokens."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime, timedelta

from django.db import transaction

from samegauge.core.organisations.models import (
    ApiToken,
    Membership,
    Organisation,
    OrganisationKind,
    Person,
    Role,
    SetupLink,
)

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
        return Membership.objects.create(person=owner, organisation=organisation, role=Role.OWNER)


class SetupLinkUsedError(Exception):
    """Somebody was faster with the same link."""


def issue_token(membership: Membership, name: str) -> tuple[ApiToken, str]:
    """Return the token's record and its text, which is shown once and kept nowhere."""
    text = f"sg_{secrets.token_urlsafe(32)}"
    return ApiToken.objects.create(membership=membership, name=name, token_sha256=fingerprint(text)), text


def membership_of_token(text: str) -> Membership | None:
    tokens = ApiToken.objects.filter(
        token_sha256=fingerprint(text), revoked_at__isnull=True, membership__person__is_active=True
    )
    token = tokens.select_related("membership__organisation", "membership__person").first()
    if token is None:
        return None
    now = datetime.now(UTC)
    if token.last_used_at is None or now - token.last_used_at > LAST_USE_PRECISION:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token.membership


def only_organisation() -> Organisation | None:
    """Return the one organisation there is, made without a name when there is none yet; None among several."""
    found = list(Organisation.objects.all()[:2])
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
