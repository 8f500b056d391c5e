"""A proof that one event stands in a log, small enough for a QR code: C2SP tlog-proof v1.

`extra` is the event's content as canonical JSON; nothing vouches for it but that its leaf hash leads to the root.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error as BinasciiError
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from samegauge.formats.canonical import CanonicalError, JsonValue, leaf_digest, parse_json
from samegauge.formats.checkpoint import CheckpointError, NoteKey, hash_lines, hash_of, read_checkpoint
from samegauge.formats.merkle import proves_inclusion

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from samegauge.doors.crypto import PublicKey
    from samegauge.formats.checkpoint import SignedCheckpoint

FIRST_LINE = "c2sp.org/tlog-proof@v1"
MOST_BYTES = 1 << 16
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,17})")


@dataclass(frozen=True, slots=True)
class LogProof:
    extra: bytes
    index: int
    proof: tuple[bytes, ...]
    signed: SignedCheckpoint

    @property
    def text(self) -> str:
        extra = b64encode(self.extra).decode("ascii")
        lines = [FIRST_LINE, f"extra {extra}", f"index {self.index}", *hash_lines(self.proof), "", self.signed.text]
        return "\n".join(lines)


class ProofState(StrEnum):
    PROVEN = "proven"
    DISPROVEN = "disproven"
    UNTRUSTED = "untrusted"
    NOT_A_PROOF = "not_a_proof"


@dataclass(frozen=True, slots=True)
class ProofVerdict:
    """`event` is what the proof is about; `seen` the witnesses believed here that have seen the log, and when."""

    state: ProofState
    event: Mapping[str, JsonValue] | None = None
    trusted_as: str = ""
    origin: str = ""
    size: int = 0
    root: bytes = b""
    seen: tuple[tuple[str, datetime], ...] = ()


def read_proof(text: str) -> LogProof:
    head, separator, checkpoint = text.partition("\n\n")
    lines = head.split("\n")
    index = _INDEX.fullmatch(lines[2]) if len(lines) > 2 else None  # noqa: PLR2004 - first line, extra, index
    if len(text) > MOST_BYTES or not separator or lines[0] != FIRST_LINE or index is None:
        raise CheckpointError(f"Not a proof of a log: it begins with {FIRST_LINE}, what it is about, and its place.")
    word, _, extra = lines[1].partition(" ")
    try:
        said = b64decode(extra.encode("ascii"), validate=True)
    except (UnicodeEncodeError, BinasciiError) as error:
        raise CheckpointError("What the proof is about is not base64.") from error
    if word != "extra" or b64encode(said).decode("ascii") != extra:
        raise CheckpointError("What the proof is about is not written as it was.")
    return LogProof(said, int(index[1]), tuple(map(hash_of, lines[3:])), read_checkpoint(checkpoint))


def verify_proof(text: str, trusted_keys: Mapping[str, PublicKey], witnesses: Sequence[NoteKey]) -> ProofVerdict:
    """Judge the text of a QR code, without network or files."""
    try:
        proof = read_proof(text)
        event = parse_json(proof.extra)
    except (CheckpointError, CanonicalError):
        return ProofVerdict(ProofState.NOT_A_PROOF)
    stated = proof.signed.checkpoint
    if not isinstance(event, dict) or not _holds(event, proof):
        return ProofVerdict(ProofState.DISPROVEN, origin=stated.origin, size=stated.size, root=stated.root)
    names = sorted(name for name, key in trusted_keys.items() if proof.signed.signed_by(NoteKey(stated.origin, key)))
    seen = [(witness.name, proof.signed.seen_by(witness)) for witness in witnesses]
    return ProofVerdict(
        ProofState.PROVEN if names else ProofState.UNTRUSTED,
        event,
        names[0] if names else "",
        stated.origin,
        stated.size,
        stated.root,
        tuple((name, at) for name, at in seen if at is not None),
    )


def _holds(event: dict[str, JsonValue], proof: LogProof) -> bool:
    stated = proof.signed.checkpoint
    try:
        leaf = leaf_digest(event)
    except CanonicalError:
        return False
    return proves_inclusion(leaf, proof.index, stated.size, proof.proof, stated.root)
