"""A witness of other people's logs: it remembers the newest state it saw of each and signs only what contains it.

Everything lies in one folder, so that a small machine, a USB stick or a site can be one: its key, its name, and for
each log the keys it believes and the newest checkpoint. What it refused stays there as evidence. It needs no database.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from samegauge.doors.crypto import load_or_create_key, sha256
from samegauge.formats.checkpoint import (
    CheckpointError,
    KeyKind,
    NoteKey,
    cosignature,
    read_checkpoint,
    read_request,
    text_of,
)
from samegauge.formats.merkle import proves_consistency
from samegauge.lake.durable import exclusive, flush

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from samegauge.doors.crypto import SigningKey
    from samegauge.formats.checkpoint import SignedCheckpoint, WitnessRequest

SIZE_TYPE = "text/x.tlog.size"


class Status(IntEnum):
    """As a witness answers over HTTP (C2SP tlog-witness)."""

    SIGNED = 200
    MALFORMED = 400
    FOREIGN_KEY = 403
    UNKNOWN_LOG = 404
    OTHER_SIZE = 409
    NOT_CONSISTENT = 422


@dataclass(frozen=True)
class Decision:
    """`body` goes back to the log; `shout` says that a history was rewritten, and how that shows."""

    status: Status
    body: str
    shout: str = ""
    shout_zh: str = ""


class WitnessError(Exception):
    """The witness's own folder cannot be used."""


class Witness:
    def __init__(self, folder: Path, name: str, key: SigningKey) -> None:
        self.folder, self.name, self._key = folder, name, key

    @property
    def key(self) -> NoteKey:
        return NoteKey(self.name, self._key.public, KeyKind.WITNESS)

    def add_log(self, key: NoteKey) -> None:
        """Believe a key of a log; the person who says so has it from the log's owner by another way."""
        if key.kind is not KeyKind.LOG:
            raise CheckpointError(f"{key.name} is the key of a witness, not of a log.")
        with exclusive(self.folder / "lock"):
            seen = self._seen(key.name) or {"keys": [], "checkpoint": ""}
            seen["keys"] = sorted({*seen["keys"], key.text})
            self._keep(key.name, seen)

    def logs(self) -> list[tuple[str, int]]:
        """Names of the logs it knows, with the size of the newest state it signed."""
        every = [json.loads(path.read_bytes()) for path in sorted((self.folder / "logs").glob("*.json"))]
        return [(seen["origin"], _size(seen)) for seen in every]

    def answer(self, data: bytes, now: datetime) -> Decision:
        try:
            request = read_request(text_of(data))
        except CheckpointError as error:
            return Decision(Status.MALFORMED, f"{error}\n")
        with exclusive(self.folder / "lock"):
            decision = self._judged(request, now)
            if decision.shout:
                self._note(request, decision, now)
        return decision

    def _judged(self, request: WitnessRequest, now: datetime) -> Decision:
        signed, asked = request.signed, request.signed.checkpoint
        seen = self._seen(asked.origin)
        if seen is None:
            return Decision(Status.UNKNOWN_LOG, f"{asked.origin} is not among the logs that this witness knows.\n")
        if not any(signed.signed_by(NoteKey.from_text(text)) for text in seen["keys"]):
            return Decision(Status.FOREIGN_KEY, f"{asked.origin} did not sign this with a key that is known here.\n")
        if request.old_size > asked.size:
            return Decision(Status.MALFORMED, "The old size is larger than the checkpoint's.\n")
        if request.old_size != _size(seen):
            return _shortened(seen, asked.size) or Decision(Status.OTHER_SIZE, f"{_size(seen)}\n")
        if fault := _rewritten(seen, request):
            return fault
        seen["checkpoint"] = signed.text
        self._keep(asked.origin, seen)
        return Decision(Status.SIGNED, cosignature(signed, self.name, self._key, now).line)

    def _seen(self, origin: str) -> dict[str, Any] | None:
        try:
            seen: dict[str, Any] = json.loads(self._place(origin).read_bytes())
        except FileNotFoundError:
            return None
        return seen

    def _keep(self, origin: str, seen: dict[str, Any]) -> None:
        """On disk before anybody hears of it: a witness that forgets could be shown another history."""
        place = self._place(origin)
        place.parent.mkdir(exist_ok=True)
        written = place.with_suffix(".new")
        with written.open("w", encoding="utf-8") as stream:
            json.dump({"origin": origin, **seen}, stream, ensure_ascii=False)
            stream.flush()
            os.fsync(stream.fileno())
        written.replace(place)
        flush(place.parent)

    def _place(self, origin: str) -> Path:
        return self.folder / "logs" / f"{sha256(origin.encode()).hex()}.json"

    def _note(self, request: WitnessRequest, decision: Decision, now: datetime) -> None:
        """Keep what proves that the log said two things: it signed both."""
        with (self.folder / "refused.txt").open("a", encoding="utf-8") as stream:
            stream.write(f"{now.isoformat()} {decision.shout}\n{request.text}\n")
            stream.flush()
            os.fsync(stream.fileno())


def open_witness(folder: Path, name: str = "") -> Witness:
    """The witness in a folder, made there when it is given a name; its name never changes, since its key goes by it."""
    kept = folder / "name.txt"
    if not kept.exists():
        if not name:
            raise WitnessError(f"{folder} holds no witness yet.")
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        NoteKey(name, load_or_create_key(folder / "witness.key").public, KeyKind.WITNESS)
        kept.write_text(name + "\n", "utf-8")
    known = kept.read_text("utf-8").strip()
    if name and name != known:
        raise WitnessError(f"The witness in {folder} is named {known}.")
    return Witness(folder, known, load_or_create_key(folder / "witness.key"))


def _size(seen: dict[str, Any]) -> int:
    return read_checkpoint(seen["checkpoint"]).checkpoint.size if seen["checkpoint"] else 0


def _shortened(seen: dict[str, Any], size: int) -> Decision | None:
    """An older state than the one that is known: somebody found an old file, or entries were taken away."""
    known = _size(seen)
    if size >= known:
        return None
    return Decision(
        Status.OTHER_SIZE,
        f"{known}\n",
        f"The log {seen['origin']} shows {size} entries and showed {known} before: this is an old file, "
        "or entries were taken away.",
        f"紀錄 {seen['origin']} 這次有 {size} 筆，先前已有 {known} 筆：這是舊檔案，或有紀錄被拿掉。",
    )


def _rewritten(seen: dict[str, Any], request: WitnessRequest) -> Decision | None:
    asked = request.signed.checkpoint
    if not seen["checkpoint"]:
        return Decision(Status.NOT_CONSISTENT, "A first checkpoint has no proof.\n") if request.proof else None
    known: SignedCheckpoint = read_checkpoint(seen["checkpoint"])
    before = known.checkpoint
    if proves_consistency(before.size, asked.size, before.root, asked.root, request.proof):
        return None
    same_size = before.size == asked.size
    return Decision(
        Status.OTHER_SIZE if same_size else Status.NOT_CONSISTENT,
        f"{before.size}\n" if same_size else "The proof does not lead from what was signed before to this.\n",
        f"The log {asked.origin} does not contain what it signed before ({before.size} entries): it was rewritten.",
        f"紀錄 {asked.origin} 不包含它先前簽署的內容（{before.size} 筆）：歷史被改寫。",
    )
