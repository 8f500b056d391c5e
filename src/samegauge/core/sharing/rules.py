"""Giving, revoking and using grants; each leaves its trace with the giver."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from samegauge.core.fields import LONGEST_REASON
from samegauge.core.kinds.models import Change, ChangeKind
from samegauge.core.language import named
from samegauge.core.organisations.models import Organisation
from samegauge.core.scope import current_organisation_id, organisation_scope
from samegauge.core.sharing.models import Covers, Grant, GrantedUnit, GrantUse, UsedPage, is_live
from samegauge.core.sharing.windows import bring_up_to_date
from samegauge.core.thread.genealogy import used_in
from samegauge.core.thread.rules import Fact, record, said_of

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from samegauge.core.organisations.models import Person
    from samegauge.core.thread.models import Unit
    from samegauge.core.thread.rules import Recorder

RECORD = "grant"


class SharingError(Exception):
    """Why something cannot be shared, or a grant not be ended, in the reader's language."""


@dataclass(frozen=True)
class Offer:
    """What is to be shared, until when if not for good, and why."""

    covers: Covers
    reason: str
    ends_at: datetime | None = None


def receiver_of(code: str) -> Organisation:
    """Find an organisation by the sharing code that its people told; names find nothing, so nobody can try them out."""
    try:
        found = Organisation.objects.filter(uid=UUID(code.strip())).first()
    except ValueError:
        found = None
    if found is None:
        raise SharingError(
            _("No organisation here has this sharing code. Ask the receiver: their page “Shared with us” shows it.")
        )
    if found.pk == current_organisation_id():
        raise SharingError(_("This is your own organisation's code. Ask the receiver for theirs."))
    return found


def known_receivers() -> QuerySet[Organisation]:
    """The organisations that this one has shared something with, or that have shared something with it."""
    mine = current_organisation_id()
    grants = Grant.objects.all()
    known = Q(pk__in=grants.values("receiver")) | Q(pk__in=grants.values("organisation"))
    return Organisation.objects.filter(known).exclude(pk=mine).order_by("name")


def share(unit: Unit, receiver: Organisation, offer: Offer, by: Recorder) -> Grant:
    """Let the receiver read what the offer names of the unit, from now on."""
    now = datetime.now(UTC)
    if not offer.reason.strip():
        raise SharingError(_("Say why it is shared."))
    if offer.ends_at is not None and offer.ends_at <= now:
        raise SharingError(_("The end lies in the past. Choose a later day, or none."))
    with transaction.atomic():
        # Two people who share the same at once: the second one sees what the first did.
        Organisation.objects.select_for_update(no_key=True).get(pk=current_organisation_id())
        if Grant.objects.filter(is_live(), unit=unit, receiver=receiver).exists():
            raise SharingError(
                _("%(serial)s is shared with %(receiver)s already. Revoke that first, then share it anew.")
                % {"serial": unit.serial, "receiver": named(receiver)}
            )
        grant = Grant.objects.create(
            unit=unit,
            receiver=receiver,
            covers=offer.covers,
            unit_uid=unit.uid,
            serial=unit.serial,
            item_number=unit.item.number,
            reason=offer.reason.strip(),
            granted_at=now,
            granted_by=by.actor,
            granted_by_name=by.name,
            ends_at=offer.ends_at,
        )
        bring_up_to_date(grant)
        until = offer.ends_at.isoformat() if offer.ends_at else None
        # Not with whom: whoever reads the unit's events later need not know.
        said = {"grant": str(grant.uid), "covers": offer.covers.value, "until": until}
        record(Fact("shared", now, said_of(unit, said), unit=unit), by)
        fields = {"receiver": named(receiver), "serial": unit.serial, "covers": offer.covers.value, "ends_at": until}
        _note(grant, 1, ChangeKind.CREATED, by, {name: [None, value] for name, value in fields.items() if value})
    return grant


def revoke(grant: Grant, reason: str, by: Recorder) -> None:
    """End a grant: to the receiver's next request nothing of it exists any more."""
    if not reason.strip():
        raise SharingError(_("Say why it is revoked."))
    if len(reason) > LONGEST_REASON:
        raise SharingError(_("The reason is longer than %(limit)d characters.") % {"limit": LONGEST_REASON})
    now = datetime.now(UTC)
    with transaction.atomic():
        standing = Grant.objects.filter(pk=grant.pk, revoked_at__isnull=True)
        over = {"revoked_at": now, "revoked_by": by.actor, "revoked_by_name": by.name}
        if not standing.update(**over, revocation_reason=reason.strip()):
            raise SharingError(_("This has been revoked already. Nothing was changed."))
        GrantedUnit.objects.filter(grant=grant).delete()
        record(Fact("sharing_ended", now, said_of(grant.unit, {"grant": str(grant.uid)}), unit=grant.unit), by)
        _note(grant, 2, ChangeKind.RETIRED, by, {}, reason)
    grant.refresh_from_db()


def _note(
    grant: Grant, version: int, what: ChangeKind, by: Recorder, fields: dict[str, list[str | None]], reason: str = ""
) -> None:
    """The changes are those of people; what a program does stands in the grant and in the event."""
    if by.actor is None:
        return
    Change.objects.create(
        kind=RECORD,
        record_uid=grant.uid,
        version=version,
        what=what,
        actor=by.actor,
        at=datetime.now(UTC),
        fields=fields,
        reason=reason.strip() or grant.reason,
    )


@dataclass(frozen=True)
class Use:
    """What somebody of the receiver has read."""

    page: UsedPage
    subject: str
    by_program: bool


def note_use(grant: Grant, use: Use, person: Person) -> None:
    """Write a use down for the giver; the giver's own look at what the receiver sees is none."""
    if current_organisation_id() == grant.organisation_id:
        return
    with organisation_scope(grant.organisation_id):
        GrantUse.objects.create(
            grant=grant,
            at=datetime.now(UTC),
            person=person,
            person_name=str(person),
            page=use.page,
            subject=use.subject[:255],
            by_program=use.by_program,
        )


def given() -> QuerySet[Grant]:
    """What this organisation shares and has shared."""
    mine = Grant.objects.filter(organisation=current_organisation_id())
    return mine.select_related("organisation", "receiver", "granted_by", "revoked_by")


def readable() -> QuerySet[Grant]:
    """The grants through whose windows this organisation may look: received, and its own to see what they show."""
    return Grant.objects.filter(is_live()).select_related("organisation", "receiver")


def received() -> QuerySet[Grant]:
    """What is shared with this organisation now."""
    return readable().filter(receiver=current_organisation_id())


def grants_over(unit: Unit) -> list[Grant]:
    """The grants through which others read this unit's thread or passports now."""
    live = given().filter(is_live())
    if not live.exists():
        return []
    above = [branch.unit_id for branch in used_in(unit, datetime.now(UTC))]
    through_others = Q(unit__in=above, covers__in=[Covers.HISTORY, Covers.BOTH])
    return list(live.filter(Q(unit=unit) | through_others))


@dataclass(frozen=True)
class SharedUnit:
    """One line for a search: a unit of somebody else that this organisation may read."""

    text: str
    url: str
    giver: str
    item: str


def shared_units(serial_begins: str, most: int) -> list[SharedUnit]:
    """What is shared with this organisation now, by the beginning of the serial number; revoked ones are not there."""
    found = received().filter(serial__istartswith=serial_begins).order_by("serial", "pk")[:most]
    return [
        SharedUnit(grant.serial, reverse("shared", args=[grant.uid]), named(grant.organisation), grant.item_number)
        for grant in found
    ]


def stands_behind_one_wall() -> bool:
    """SQLite knows no sessions: there the wall in the queries keeps organisations apart alone."""
    return connection.vendor == "sqlite"
