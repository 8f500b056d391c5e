"""The file vault: content-addressed, written so that a power cut leaves a whole file or none."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

from django.conf import settings
from django.utils.translation import gettext as _

from samegauge.core.scope import current_organisation_id
from samegauge.core.vault.models import StoredFile

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_FILE_BYTES = 512 * 2**20
CHUNK_BYTES = 2**20

# First bytes -> media type; what a file is called decides nothing.
SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "application/pdf"),
    (b"\x1f\x8b", "application/gzip"),
    (b"PK\x03\x04", "application/zip"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"ISO-10303-21;", "model/step"),
    (b"<?xml", "application/xml"),
    (b"\xef\xbb\xbf<?xml", "application/xml"),
)


class Readable(Protocol):
    def read(self, size: int = ..., /) -> bytes: ...


class VaultError(Exception):
    """A file cannot be kept or given out."""


def keep(
    content: Readable | bytes, name: str, *, expected_sha256: str = "", expected_bytes: int | None = None
) -> StoredFile:
    """Keep a file for the organisation in scope; refuse it when length or hash differ from what was announced."""
    chunks = [content] if isinstance(content, bytes) else iter(lambda: content.read(CHUNK_BYTES), b"")
    sha256, size, first, path = _write(chunks)
    if (expected_sha256 and sha256 != expected_sha256) or (expected_bytes is not None and size != expected_bytes):
        path.unlink()
        raise VaultError(
            _("%(name)s arrived incomplete: %(size)d bytes, SHA-256 %(sha)s. Send it again.")
            % {"name": name, "size": size, "sha": sha256[:12]}
        )
    _place(path, sha256)
    stored, _created = StoredFile.objects.get_or_create(
        organisation_id=current_organisation_id(),
        sha256=sha256,
        name=plain_name(name),
        defaults={"size_bytes": size, "media_type": sniffed_type(first)},
    )
    return stored


def open_stored(stored: StoredFile) -> BinaryIO:
    return blob_path(stored.sha256).open("rb")


def read_stored(stored: StoredFile) -> bytes:
    return blob_path(stored.sha256).read_bytes()


def blob_path(sha256: str) -> Path:
    if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):  # noqa: PLR2004 - hex digits of SHA-256
        raise VaultError(f"{sha256!r} is no SHA-256.")
    return vault_folder() / sha256[:2] / sha256


def plain_name(name: str) -> str:
    """Return the last part of a path of any system, printable and never empty."""
    last = re.split(r"[/\\]", name)[-1]
    printable = "".join(character for character in last if character.isprintable()).strip()
    return printable[:255] if printable.strip(".") else "file"


def vault_folder() -> Path:
    return Path(settings.SAMEGAUGE_HOME) / "vault"


def sniffed_type(first: bytes) -> str:
    for signature, media_type in SIGNATURES:
        if first.startswith(signature):
            return media_type
    if b"\x00" in first:
        return "application/octet-stream"
    return "text/plain"


def _write(chunks: Iterable[bytes]) -> tuple[str, int, bytes, Path]:
    """Write to a temporary file beside the vault and flush it to the disk."""
    incoming = vault_folder() / "incoming"
    if not incoming.exists():
        incoming.mkdir(parents=True, exist_ok=True, mode=0o700)
        _flush_folder(vault_folder())
        _flush_folder(vault_folder().parent)
    digest, size, first = hashlib.sha256(), 0, b""
    descriptor, temporary = tempfile.mkstemp(dir=incoming)
    path = Path(temporary)
    try:
        with os.fdopen(descriptor, "wb") as file:
            for chunk in chunks:
                size += len(chunk)
                _refuse_too_large(size)
                first = first or chunk[:512]
                digest.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return digest.hexdigest(), size, first, path


def _refuse_too_large(size: int) -> None:
    if size > MAX_FILE_BYTES:
        raise VaultError(_("The file is larger than %(limit)d MiB.") % {"limit": MAX_FILE_BYTES >> 20})


def _place(temporary: Path, sha256: str) -> None:
    """Rename into place and flush the folder, so that the name survives a power cut too."""
    target = blob_path(sha256)
    if not target.parent.exists():
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _flush_folder(target.parent.parent)
    temporary.replace(target)
    _flush_folder(target.parent)


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
