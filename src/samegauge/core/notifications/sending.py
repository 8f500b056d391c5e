"""The outbox: letters are sent at least once, each under one Message-ID, and tried again with growing pauses."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.urls import reverse

from samegauge.core.notifications.letters import absolute
from samegauge.core.notifications.models import Mail

if TYPE_CHECKING:
    from datetime import datetime

    from django.core.mail.backends.base import BaseEmailBackend

log = logging.getLogger(__name__)

AT_ONE_TIME = 50
# While a letter is being sent nobody else takes it; after a kill it is free again then.
HELD_FOR = timedelta(minutes=5)
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 720, 1440))
FAULT_CHARACTERS = 300
NO_ADDRESS = "The person has no e-mail address."


def send_due(now: datetime) -> int:
    """Send the letters of the organisation in scope whose time has come; return how many went out."""
    waiting = Mail.objects.filter(sent_at__isnull=True, given_up_at__isnull=True, next_try_at__lte=now)
    connection = get_connection()
    sent = 0
    for mail in waiting.select_related("person").order_by("pk")[:AT_ONE_TIME]:
        held = Mail.objects.filter(pk=mail.pk, next_try_at=mail.next_try_at, sent_at__isnull=True)
        if held.update(next_try_at=now + HELD_FOR):
            sent += _send(mail, connection, now)
    return sent


def _send(mail: Mail, connection: BaseEmailBackend, now: datetime) -> bool:
    if not mail.person.email:
        Mail.objects.filter(pk=mail.pk).update(given_up_at=now, fault=NO_ADDRESS)
        return False
    try:
        message_of(mail, connection).send()
    except OSError as error:  # what a mail server answers is one too
        _try_later(mail, f"{type(error).__name__}: {error}"[:FAULT_CHARACTERS], now)
        return False
    Mail.objects.filter(pk=mail.pk).update(sent_at=now, tries=mail.tries + 1, fault="")
    return True


def message_of(mail: Mail, connection: BaseEmailBackend | None = None) -> EmailMultiAlternatives:
    host = urlsplit(settings.SITE.address).hostname or "localhost"
    headers = {
        "Message-ID": f"<{mail.uid}@{host}>",
        "Auto-Submitted": "auto-generated",
        "List-Unsubscribe": f"<{absolute(reverse('notification_settings'))}>",
    }
    message = EmailMultiAlternatives(
        mail.subject, mail.text, to=[mail.person.email], headers=headers, connection=connection
    )
    message.attach_alternative(mail.html, "text/html")
    return message


def _try_later(mail: Mail, fault: str, now: datetime) -> None:
    log.warning("Letter %s could not be sent (try %s): %s", mail.uid, mail.tries + 1, fault)
    over = mail.tries >= len(PAUSES)
    Mail.objects.filter(pk=mail.pk).update(
        tries=mail.tries + 1,
        fault=fault,
        next_try_at=now if over else now + PAUSES[mail.tries],
        given_up_at=now if over else None,
    )
