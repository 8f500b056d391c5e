"""The witnesses that a reader believes: one line of text a key, in keys/witnesses/*.vkey."""

from __future__ import annotations

from typing import TYPE_CHECKING

from samegauge.formats.checkpoint import CheckpointError, KeyKind, NoteKey

if TYPE_CHECKING:
    from pathlib import Path

_LONGEST_FILE = 4096


def read_witness_keys(keys_folder: Path) -> tuple[list[NoteKey], dict[str, str]]:
    """Usable keys, and by the names of the other files why each is not usable."""
    usable: list[NoteKey] = []
    unusable: dict[str, str] = {}
    for path in sorted((keys_folder / "witnesses").glob("*.vkey")):
        try:
            usable.append(witness_key(path.read_text("utf-8")[:_LONGEST_FILE]))
        except (OSError, ValueError) as error:
            unusable[path.name] = str(error)
    return usable, unusable


def witness_key(text: str) -> NoteKey:
    key = NoteKey.from_text(text)
    if key.kind is not KeyKind.WITNESS:
        raise CheckpointError(f"{key.name} is the key of a log, not of a witness.")
    return key
