"""Which letters are written: at once by cause, as one summary when there are many, and once a day."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from samegauge.core.attention.duties import WORST_FIRST, due, open_incidents
from samegauge.core.attention.models import Severity
from samegauge.core.language import in_reader_language, named
from samegauge.core.notifications.models import AtOnce, Mail, MailKind, Notice, NotificationSettings
from samegauge.core.organisations.models import Membership
from samegauge.core.scope import current_organisation_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from samegauge.core.attention.models import Incident

FLOOD = 10
FLOOD_WINDOW = timedelta(minutes=10)
OLDEST_AT_ONCE = timedelta(days=1)
MOST_LINES = 30
SUBJECT_CHARACTERS = 200


def write_letters(now: datetime) -> None:
    """Write what is due for every member of the organisation in scope who has an address."""
    members = Membership.active().filter(organisation=current_organisation_id(), person__is_active=True)
    wishes = {row.person_id: row for row in NotificationSettings.objects.all()}
    for member in members.exclude(person__email="").select_related("person", "organisation"):
        wish = wishes.get(member.person_id) or NotificationSettings(person=member.person)
        zone = zoneinfo.ZoneInfo(member.organisation.time_zone)
        with translation.override(wish.language), timezone.override(zone), transaction.atomic():
            _write_at_once(member, wish, now)
            _write_digest(member, wish, now)


def _write_at_once(member: Membership, wish: NotificationSettings, now: datetime) -> None:
    waiting = _waiting(member, wish, now)
    if not waiting:
        return
    recent = Mail.objects.filter(person=member.person, created_at__gt=now - FLOOD_WINDOW)
    if recent.filter(kind=MailKind.SUMMARY).exists():
        return  # the rest of a flood waits for the next summary
    by_cause = {notice.incident_id: notice for notice in waiting}
    if recent.filter(kind=MailKind.ONE).count() + len(by_cause) > FLOOD:
        count = len(by_cause)
        subject = ngettext("%(count)d thing needs attention", "%(count)d things need attention", count)
        lines = [notice.incident for notice in by_cause.values()]
        mail = _written(member, MailKind.SUMMARY, subject % {"count": count}, lines, now)
        Notice.objects.filter(pk__in=[notice.pk for notice in waiting]).update(mail=mail)
        return
    for incident_id, notice in by_cause.items():
        said = in_reader_language(notice.incident.said)
        mail = _written(member, MailKind.ONE, said, [notice.incident], now)
        Notice.objects.filter(pk__in=[one.pk for one in waiting if one.incident_id == incident_id]).update(mail=mail)


def _waiting(member: Membership, wish: NotificationSettings, now: datetime) -> list[Notice]:
    """Unread notices of causes that are still there and that this person wants to hear of now."""
    severities = {
        AtOnce.NOTHING.value: [],
        AtOnce.ALARMS.value: [Severity.ALARM],
        AtOnce.ALL.value: [Severity.ALARM, Severity.WARNING],
    }[wish.at_once]
    if is_quiet(wish, now):
        severities = [one for one in severities if one == Severity.ALARM and wish.alarms_break_quiet]
    rows = Notice.objects.filter(
        person=member.person,
        mail__isnull=True,
        read_at__isnull=True,
        at__gt=now - OLDEST_AT_ONCE,
        severity__in=severities,
        incident__cleared_at__isnull=True,
    )
    return list(rows.select_related("incident").order_by("severity", "at", "pk"))


def is_quiet(wish: NotificationSettings, now: datetime) -> bool:
    """Tell whether a moment lies in the person's quiet hours, which may reach over midnight."""
    if wish.quiet_from is None or wish.quiet_to is None:
        return False
    clock = timezone.localtime(now).time()
    if wish.quiet_from <= wish.quiet_to:
        return wish.quiet_from <= clock < wish.quiet_to
    return clock >= wish.quiet_from or clock < wish.quiet_to


def _write_digest(member: Membership, wish: NotificationSettings, now: datetime) -> None:
    local = timezone.localtime(now)
    if wish.digest_at is None or wish.digest_sent_on == local.date() or local.time() < wish.digest_at:
        return
    wish.digest_sent_on = local.date()
    wish.save(update_fields=["digest_sent_on"])
    lines = list(due(open_incidents(member), now).order_by(*WORST_FIRST)[: MOST_LINES + 1])
    if lines:
        subject = _("Open on %(day)s") % {"day": f"{local:%Y-%m-%d}"}
        _written(member, MailKind.DIGEST, subject, lines, now)


def write_test(member: Membership, wish: NotificationSettings) -> Mail:
    zone = zoneinfo.ZoneInfo(member.organisation.time_zone)
    with translation.override(wish.language), timezone.override(zone):
        return _written(member, MailKind.TEST, _("This is a test"), [], datetime.now(UTC))


def _written(member: Membership, kind: MailKind, subject: str, incidents: Sequence[Incident], now: datetime) -> Mail:
    organisation = named(member.organisation)
    context: dict[str, Any] = {
        "organisation": organisation,
        "simulated": member.organisation.is_simulated,
        "person": member.person,
        "kind": kind,
        "lines": [_line(one) for one in incidents[:MOST_LINES]],
        "more": max(len(incidents) - MOST_LINES, 0),
        "duties_url": absolute(reverse("duties")),
        "settings_url": absolute(reverse("notification_settings")),
    }
    return Mail.objects.create(
        person=member.person,
        kind=kind,
        subject=" ".join(f"[{organisation}] {subject}".split())[:SUBJECT_CHARACTERS],
        text=render_to_string("notifications/letter.txt", context),
        html=render_to_string("notifications/letter.html", context),
        created_at=now,
        next_try_at=now,
    )


def _line(incident: Incident) -> dict[str, Any]:
    return {
        "incident": incident,
        "said": in_reader_language(incident.said),
        "evidence": in_reader_language(incident.evidence),
        "step": in_reader_language(incident.step),
        "url": absolute(reverse("incident", args=[incident.uid])),
    }


def absolute(path: str) -> str:
    return urljoin(settings.SITE.address, path)
