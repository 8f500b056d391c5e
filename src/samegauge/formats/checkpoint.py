"""What a log says of itself, and who has seen it: checkpoints as signed notes, and a witness's signatures on them.

Forms of C2SP: signed-note v1.0.0, tlog-checkpoint v1.0.0, tlog-cosignature (Ed25519), tlog-witness (the body of
add-checkpoint). A checkpoint is the log's name, its size and its root; everybody who signs adds a line.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error as BinasciiError
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from typing import TYPE_CHECKING

from samegauge.doors.crypto import PUBLIC_KEY_BYTES, SIGNATURE_BYTES, PublicKey, sha256

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from samegauge.doors.crypto import SigningKey

MOST_BYTES = 1 << 16
MOST_SIGNATURES = 100
MOST_PROOF_LINES = 63
HASH_BYTES = 32
_KEY_HASH_BYTES = 4
_TIME_BYTES = 8
_DASH = "\u2014 "
_NAME = re.compile(r"[^\s+\x00-\x1f\x7f]{1,200}")
_SIZE = re.compile(r"0|[1-9][0-9]{0,17}")


class CheckpointError(ValueError):
    """Not a checkpoint, a key or a request in its form: what is wrong."""


class KeyKind(IntEnum):
    LOG = 1
    WITNESS = 4


@dataclass(frozen=True, slots=True)
class NoteKey:
    """A public key with the name that it signs under."""

    name: str
    key: PublicKey
    kind: KeyKind = KeyKind.LOG

    def __post_init__(self) -> None:
        if _NAME.fullmatch(self.name) is None:
            raise CheckpointError(f"{self.name[:80]!r} is no name of a key: no space, no plus sign, at most 200 signs.")

    @property
    def key_hash(self) -> bytes:
        return sha256(f"{self.name}\n".encode() + bytes([self.kind]) + self.key.raw)[:_KEY_HASH_BYTES]

    @property
    def text(self) -> str:
        """One line that tells others the key."""
        return f"{self.name}+{self.key_hash.hex()}+{_base64(bytes([self.kind]) + self.key.raw)}"

    @classmethod
    def from_text(cls, text: str) -> NoteKey:
        name, _, rest = text.strip().partition("+")
        key_hash, _, material = rest.partition("+")
        data = _bytes(material)
        if len(data) != 1 + PUBLIC_KEY_BYTES or data[0] not in set(KeyKind):
            raise CheckpointError(f"{text[:80]!r} is no Ed25519 key of a log or a witness.")
        key = cls(name, PublicKey(data[1:]), KeyKind(data[0]))
        if key.key_hash.hex() != key_hash:
            raise CheckpointError(f"{text[:80]!r} is not written as it was: the key does not fit its number.")
        return key


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The log `origin` held `size` entries, whose Merkle tree has this `root`."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{_base64(self.root)}\n"


@dataclass(frozen=True, slots=True)
class Signature:
    name: str
    key_hash: bytes
    data: bytes

    @property
    def line(self) -> str:
        return f"{_DASH}{self.name} {_base64(self.key_hash + self.data)}\n"


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """`body` is what the signatures are over, byte for byte; signatures by strangers are kept and prove nothing."""

    body: str
    signatures: tuple[Signature, ...]

    @property
    def checkpoint(self) -> Checkpoint:
        origin, size, root = self.body.split("\n")[:3]
        return Checkpoint(origin, int(size), _bytes(root))

    @property
    def text(self) -> str:
        return self.body + "\n" + "".join(signature.line for signature in self.signatures)

    def signed_by(self, key: NoteKey) -> bool:
        """Whether the log itself, under this key, says so."""
        return any(key.key.verifies(one.data, self.body.encode()) for one in self._of(key, SIGNATURE_BYTES))

    def seen_by(self, witness: NoteKey) -> datetime | None:
        """When the witness saw it, by its own clock; None: it did not sign."""
        for one in self._of(witness, _TIME_BYTES + SIGNATURE_BYTES):
            seconds = int.from_bytes(one.data[:_TIME_BYTES], "big")
            if witness.key.verifies(one.data[_TIME_BYTES:], _cosigned(self.body, seconds)):
                return _moment(seconds)
        return None

    def with_signatures(self, more: Iterable[Signature]) -> SignedCheckpoint:
        return SignedCheckpoint(self.body, tuple(dict.fromkeys((*self.signatures, *more))))

    def _of(self, key: NoteKey, length: int) -> list[Signature]:
        return [
            one
            for one in self.signatures
            if (one.name, one.key_hash, len(one.data)) == (key.name, key.key_hash, length)
        ]


@dataclass(frozen=True, slots=True)
class WitnessRequest:
    """What a witness is asked to sign: `proof` leads from the tree of `old_size` to the checkpoint's."""

    old_size: int
    proof: tuple[bytes, ...]
    signed: SignedCheckpoint

    @property
    def text(self) -> str:
        return f"old {self.old_size}\n" + "".join(f"{_base64(one)}\n" for one in self.proof) + "\n" + self.signed.text


def signed_checkpoint(checkpoint: Checkpoint, key: SigningKey) -> SignedCheckpoint:
    """A log signs under its own name."""
    name = NoteKey(checkpoint.origin, key.public)
    signature = Signature(name.name, name.key_hash, key.sign(checkpoint.text.encode()))
    return SignedCheckpoint(checkpoint.text, (signature,))


def cosignature(signed: SignedCheckpoint, name: str, key: SigningKey, at: datetime) -> Signature:
    """A witness says: at that time this was the newest state of the log I have seen, and it contains all before."""
    seconds = int(at.timestamp())
    witness = NoteKey(name, key.public, KeyKind.WITNESS)
    data = seconds.to_bytes(_TIME_BYTES, "big") + key.sign(_cosigned(signed.body, seconds))
    return Signature(name, witness.key_hash, data)


def read_checkpoint(text: str) -> SignedCheckpoint:
    body, separator, lines = text.partition("\n\n")
    parts = body.split("\n")
    if len(text) > MOST_BYTES or not separator or len(parts) < 3 or not parts[0] or not _SIZE.fullmatch(parts[1]):  # noqa: PLR2004 - origin, size, root
        raise CheckpointError("Not a checkpoint: its first lines are the log's name, its size and its root.")
    if len(_bytes(parts[2])) != HASH_BYTES or not all(parts[3:]):
        raise CheckpointError("Not a checkpoint: the root in its third line is no SHA-256 hash.")
    return SignedCheckpoint(body + "\n", read_signatures(lines))


def read_signatures(text: str) -> tuple[Signature, ...]:
    lines = text.split("\n")
    if lines.pop() or not lines or len(lines) > MOST_SIGNATURES:
        raise CheckpointError("The signatures do not end with their line, or there are none or too many.")
    return tuple(map(_signature, lines))


def read_request(text: str) -> WitnessRequest:
    head, separator, rest = text.partition("\n\n")
    first, *proof = head.split("\n")
    word, _, size = first.partition(" ")
    if len(text) > MOST_BYTES or not separator or word != "old" or not _SIZE.fullmatch(size):
        raise CheckpointError("Not a request to a witness: it begins with “old” and a size.")
    hashes = tuple(map(_bytes, proof))
    if len(hashes) > MOST_PROOF_LINES or any(len(one) != HASH_BYTES for one in hashes):
        raise CheckpointError("Not a request to a witness: the lines of the proof are at most 63 SHA-256 hashes.")
    return WitnessRequest(int(size), hashes, read_checkpoint(rest))


def text_of(data: bytes) -> str:
    """Notes are UTF-8."""
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise CheckpointError(f"Byte {error.start} is not UTF-8.") from error


def hash_lines(hashes: Sequence[bytes]) -> list[str]:
    return [_base64(one) for one in hashes]


def hash_of(line: str) -> bytes:
    data = _bytes(line)
    if len(data) != HASH_BYTES:
        raise CheckpointError(f"{line[:60]!r} is no SHA-256 hash.")
    return data


def _signature(line: str) -> Signature:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    data = _bytes(encoded)
    if not line.startswith(_DASH) or _NAME.fullmatch(name) is None or len(data) <= _KEY_HASH_BYTES:
        raise CheckpointError(f"{line[:60]!r} is no line of a signature.")
    return Signature(name, data[:_KEY_HASH_BYTES], data[_KEY_HASH_BYTES:])


def _cosigned(body: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{body}".encode()


def _moment(seconds: int) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def _base64(data: bytes) -> str:
    return b64encode(data).decode("ascii")


def _bytes(text: str) -> bytes:
    """One spelling only: what decodes to the same bytes in other letters is refused."""
    try:
        data = b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, BinasciiError) as error:
        raise CheckpointError(f"{text[:60]!r} is not base64.") from error
    if _base64(data) != text:
        raise CheckpointError(f"{text[:60]!r} is not the one spelling of its bytes in base64.")
    return data
