"""What a passport carries of the log, and what its code does: that events stand in a signed state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

from samegauge.core.merkle_log.models import SignedState
from samegauge.core.merkle_log.tree import checkpoint_of, places_of, sign_newest, tree_of
from samegauge.core.merkle_log.witnessing import ask_witnesses
from samegauge.core.thread.rules import sealed_content
from samegauge.formats.canonical import canonical_bytes
from samegauge.formats.checkpoint import hash_lines
from samegauge.formats.log_proof import LogProof
from samegauge.formats.passport import Logged

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from samegauge.core.thread.models import Event


def sign_and_show(at: datetime) -> None:
    """Sign the state of the log as it is now, and have the witnesses that the site names see it, if they answer."""
    sign_newest(at)
    if settings.SITE.witnesses:
        ask_witnesses()


def logged(events: Sequence[Event]) -> Logged | None:
    """The proof for some events together; None where one of them is not in a signed state yet."""
    state = SignedState.objects.order_by("-pk").first()
    places = places_of(events)
    at = [places.get(event.pk) for event in events]
    if state is None or not at or any(place is None or place >= state.size for place in at):
        return None
    stated = tuple(place for place in at if place is not None)
    return Logged(state.note, stated, tuple(hash_lines(tree_of(state.size).proof_of(stated))))


def proof_of(event: Event) -> LogProof | None:
    """The proof for one event, with the event's content in it."""
    state = SignedState.objects.order_by("-pk").first()
    place = places_of([event]).get(event.pk)
    if state is None or place is None or place >= state.size:
        return None
    said = canonical_bytes(sealed_content(event))
    return LogProof(said, place, tree_of(state.size).inclusion(place), checkpoint_of(state))
