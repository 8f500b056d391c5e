from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from samegauge.core.face import Cell, Chip, Column, RecordTable
from samegauge.core.language import named

if TYPE_CHECKING:
    from samegauge.core.pages import Page
    from samegauge.core.sharing.models import Grant, GrantUse


def stamp(moment: datetime | None) -> str:
    return timezone.localtime(moment).strftime("%Y-%m-%d %H:%M") if moment else "–"


def last_day(grant: Grant) -> str:
    if grant.ends_at is None:
        return _("until revoked")
    return timezone.localtime(grant.ends_at - timedelta(microseconds=1)).strftime("%Y-%m-%d")


def state_chip(grant: Grant) -> Chip:
    if grant.revoked_at is not None:
        return Chip("neutral", _("Revoked"))
    if grant.ends_at is not None and grant.ends_at <= datetime.now(UTC):
        return Chip("neutral", pgettext("grant", "Ended"))
    return Chip("ok", pgettext("grant", "Shared"))


def given_table(page: Page) -> RecordTable:
    columns = (
        Column(_("Unit")),
        Column(_("Receiver"), prose=True),
        Column(_("What is shared"), prose=True),
        Column(_("State")),
        Column(pgettext("sharing", "Since")),
        Column(_("Last day")),
        Column(_("By"), prose=True),
    )
    rows = tuple(
        (
            Cell(grant.serial, reverse("grant", args=[grant.uid]), code=True, note=grant.item_number),
            Cell(named(grant.receiver)),
            Cell(grant.get_covers_display()),
            Cell(chip=state_chip(grant)),
            Cell(stamp(grant.granted_at)),
            Cell(last_day(grant)),
            Cell(grant.giver_name),
        )
        for grant in page.rows
    )
    return RecordTable(_("Shared by us"), columns, rows, page)


def received_table(page: Page) -> RecordTable:
    columns = (
        Column(_("Unit")),
        Column(_("Giver"), prose=True),
        Column(_("What is shared"), prose=True),
        Column(pgettext("sharing", "Since")),
        Column(_("Last day")),
        Column(_("Why"), prose=True),
    )
    rows = tuple(
        (
            Cell(grant.serial, reverse("shared", args=[grant.uid]), code=True, note=grant.item_number),
            Cell(named(grant.organisation)),
            Cell(grant.get_covers_display()),
            Cell(stamp(grant.granted_at)),
            Cell(last_day(grant)),
            Cell(grant.reason),
        )
        for grant in page.rows
    )
    return RecordTable(_("Shared with us"), columns, rows, page)


def use_table(page: Page) -> RecordTable:
    columns = (Column(_("When")), Column(_("Who")), Column(_("What was read")), Column(_("Way")))
    rows = tuple(_use_row(use) for use in page.rows)
    return RecordTable(_("Uses"), columns, rows, page)


def _use_row(use: GrantUse) -> tuple[Cell, ...]:
    return (
        Cell(stamp(use.at)),
        Cell(use.person_name),
        Cell(use.get_page_display(), note=use.subject),
        Cell(_("by a program") if use.by_program else _("page")),
    )


def facts(grant: Grant) -> list[tuple[str, str, str]]:
    """Name, value and no link of what a grant's page says first."""
    known = [
        (_("Receiver"), named(grant.receiver), ""),
        (_("What is shared"), str(grant.get_covers_display()), ""),
        (_("Why"), grant.reason, ""),
        (pgettext("sharing", "Since"), stamp(grant.granted_at), ""),
        (_("Last day"), last_day(grant), ""),
        (_("By"), grant.giver_name, ""),
    ]
    if grant.revoked_at is not None:
        known.append(
            (_("Revoked"), f"{stamp(grant.revoked_at)} · {grant.revoker_name} · {grant.revocation_reason}", "")
        )
    return known
