"""Whether the events of a passport stand in the log that its issuer signed, and who outside has seen that log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from samegauge.formats.checkpoint import CheckpointError, NoteKey, hash_of, read_checkpoint
from samegauge.formats.merkle import root_from_leaves

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from samegauge.doors.crypto import PublicKey
    from samegauge.formats.passport.records import Passport


@dataclass(frozen=True, slots=True)
class LogState:
    """The state of the log that was proven; `seen` are the witnesses believed here, with when each saw it."""

    origin: str
    size: int
    root: bytes
    events: int
    seen: tuple[tuple[str, datetime], ...] = ()


def log_state(passport: Passport, signer: PublicKey, witnesses: Sequence[NoteKey]) -> LogState | None:
    """None: the proof does not hold, so the log that was signed is not the one these events stand in."""
    logged = passport.log
    if logged is None or len(logged.places) != len(passport.events):
        return None
    try:
        signed = read_checkpoint(logged.checkpoint)
        leaves = {
            place: bytes.fromhex(event.leaf_hash) for place, event in zip(logged.places, passport.events, strict=True)
        }
        root = root_from_leaves(leaves, signed.checkpoint.size, [hash_of(line) for line in logged.proof])
        own = NoteKey(signed.checkpoint.origin, signer)
    except (CheckpointError, ValueError):
        return None
    stated = signed.checkpoint
    if len(leaves) != len(logged.places) or root != stated.root or not signed.signed_by(own):
        return None
    seen = [(witness.name, signed.seen_by(witness)) for witness in witnesses]
    return LogState(
        stated.origin, stated.size, stated.root, len(leaves), tuple((name, at) for name, at in seen if at is not None)
    )
