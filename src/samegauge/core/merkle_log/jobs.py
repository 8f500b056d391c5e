"""The worker's part: what waits gets its place every minute, the state is signed every hour, witnesses are asked."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

from django.conf import settings

from samegauge.core.attention.jobs import after_each_look
from samegauge.core.merkle_log.keys import has_key
from samegauge.core.merkle_log.models import SignedState
from samegauge.core.merkle_log.tree import LogKeyGoneError, current_log, place_waiting, sign_newest, take_over
from samegauge.core.merkle_log.witnessing import ask_witnesses
from samegauge.doors.crypto import CryptoError

log = logging.getLogger(__name__)

SIGNED_EVERY = timedelta(hours=1)


@after_each_look
def keep_log() -> None:
    """Bring the log of the organisation in scope up to date."""
    take_over()
    place_waiting()
    # The first passport or the first file for a witness makes the key, which somebody then has to back up.
    if not has_key(current_log().organisation) and not settings.SITE.witnesses:
        return
    now = datetime.now(UTC)
    last = SignedState.objects.order_by("-pk").values_list("made_at", flat=True).first()
    try:
        if last is None or last <= now - SIGNED_EVERY:
            sign_newest(now)
    except (LogKeyGoneError, CryptoError) as error:
        log.warning("The log could not be signed: %s", error)
    ask_witnesses()
