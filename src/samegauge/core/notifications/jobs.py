"""The worker's part: what was found is written into letters, and the letters go out."""

from __future__ import annotations

from datetime import UTC, datetime

from django.conf import settings

from samegauge.core.attention.jobs import after_each_look
from samegauge.core.notifications.letters import write_letters
from samegauge.core.notifications.sending import send_due


@after_each_look
def post() -> None:
    """Write and send the letters of the organisation in scope, where the site has a mail server."""
    if settings.SITE.mail is not None:
        now = datetime.now(UTC)
        write_letters(now)
        send_due(now)
