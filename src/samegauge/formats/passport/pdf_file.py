"""The passport inside its PDF: takes the attached JSON out, and seals all bytes of the PDF with the passport's key.

The seal is one comment line before the last `startxref`: a signature over the hash of the file without that line. PDF
readers ignore it; any other byte that is changed, in the visible pages too, breaks it. It is not a PAdES signature.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING

from samegauge.doors.crypto import CryptoError, bytes_from_text, sha256, text_from_bytes
from samegauge.formats.passport.check import State, Verdict, verify
from samegauge.formats.passport.seal import MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from samegauge.doors.crypto import PublicKey, SigningKey
    from samegauge.formats.checkpoint import NoteKey

PDF_MAGIC = b"%PDF-"
MAX_PDF_BYTES = 128 << 20
MAX_ATTACHMENTS = 16
_DICTIONARY_LIMIT = 2048
_SEAL_CONTEXT = b"samegauge-pdf-seal-1\x00"
_SEAL = re.compile(rb"\n%samegauge-seal-1 ([A-Za-z0-9_-]{86})\n\Z")
_EMBEDDED = re.compile(rb"/EmbeddedFile(?![A-Za-z0-9])")
_STREAM = re.compile(rb"stream(\r\n|\n)")
_LENGTH = re.compile(rb"/Length\s+([0-9]{1,9})(?!\s+[0-9]+\s+R)")
_PASSPORT_START = b'{"chunks":['
_TAIL_BYTES = 160  # longer than a seal line


class PdfError(ValueError):
    """A PDF out of which no single passport can be taken."""


def extract_attachment(pdf: bytes) -> bytes:
    """The one attached passport of a PDF, whose size is bounded before it is unpacked."""
    if not pdf.startswith(PDF_MAGIC):
        raise PdfError("Not a PDF: it does not begin with %PDF-.")
    if len(pdf) > MAX_PDF_BYTES:
        raise PdfError(f"The PDF has more than {MAX_PDF_BYTES >> 20} MiB.")
    places = [match.start() for match in _EMBEDDED.finditer(pdf)]
    if len(places) > MAX_ATTACHMENTS:
        raise PdfError(f"The PDF has more than {MAX_ATTACHMENTS} attachments.")
    files = [_embedded_file(pdf, place) for place in places]
    passports = [data for data in files if data.startswith(_PASSPORT_START)]
    if not passports:
        raise PdfError("No passport is attached to the PDF; a copy printed or saved anew does not carry it.")
    if len(passports) > 1:
        raise PdfError(f"{len(passports)} passports are attached to the PDF; an issued one carries exactly one.")
    return passports[0]


def seal_pdf(pdf: bytes, key: SigningKey) -> bytes:
    """Bind every byte of `pdf` to the key that signed the passport in it."""
    body, end = _split(pdf)
    if _SEAL.search(body[-_TAIL_BYTES:]):
        raise PdfError("The PDF is sealed already. Render it anew.")
    if not body.endswith(b"\n"):
        raise PdfError("The PDF does not break the line before startxref. Render it anew.")
    signature = text_from_bytes(key.sign(_SEAL_CONTEXT + sha256(pdf)))
    return body + b"%samegauge-seal-1 " + signature.encode("ascii") + b"\n" + end


def seal_holds(pdf: bytes, key: PublicKey) -> bool:
    try:
        body, end = _split(pdf)
        match = _SEAL.search(body[-_TAIL_BYTES:])
        if match is None:
            return False
        signature = bytes_from_text(match.group(1).decode("ascii"))
    except (PdfError, CryptoError):
        return False
    unsealed = body[: len(body) - len(match.group(0)) + 1] + end
    return key.verifies(signature, _SEAL_CONTEXT + sha256(unsealed))


def verify_pdf(pdf: bytes, trusted_keys: Mapping[str, PublicKey], witnesses: Sequence[NoteKey] = ()) -> Verdict:
    """Judge the attached passport first, then whether the pages around it are still those that were sealed."""
    try:
        attachment = extract_attachment(pdf)
    except PdfError:
        return Verdict(State.NOT_ATTACHED)
    verdict = verify(attachment, trusted_keys, witnesses)
    if verdict.genuine and not seal_holds(pdf, trusted_keys[verdict.trusted_as]):
        return replace(verdict, state=State.PAGES_ALTERED)
    return verdict


def verify_file_bytes(data: bytes, trusted_keys: Mapping[str, PublicKey], witnesses: Sequence[NoteKey] = ()) -> Verdict:
    """Judge a file of either form, told apart by its first bytes and not by its name."""
    judge = verify_pdf if data.startswith(PDF_MAGIC) else verify
    return judge(data, trusted_keys, witnesses)


def _split(pdf: bytes) -> tuple[bytes, bytes]:
    place = pdf.rfind(b"startxref")
    if place < 0:
        raise PdfError("The PDF has no startxref: it is cut off.")
    return pdf[:place], pdf[place:]


def _embedded_file(pdf: bytes, place: int) -> bytes:
    start = max(pdf.rfind(b"obj", max(0, place - _DICTIONARY_LIMIT), place), 0)
    stream = _STREAM.search(pdf, place, place + _DICTIONARY_LIMIT)
    if stream is None:
        raise PdfError(f"The attachment at byte {place} has no stream: the PDF is damaged or cut off.")
    dictionary, data_start = pdf[start : stream.start()], stream.end()
    if b"/FlateDecode" in dictionary:
        return _inflated(pdf[data_start:], place)
    length = _LENGTH.search(dictionary)
    if b"/Filter" in dictionary or length is None:
        raise PdfError(f"The attachment at byte {place} is stored in a way samegauge never writes.")
    data = pdf[data_start : data_start + int(length.group(1))]
    if len(data) < int(length.group(1)) or len(data) > MAX_BYTES:
        raise PdfError(f"The attachment at byte {place} is cut off or larger than {MAX_BYTES >> 20} MiB.")
    return data


def _inflated(packed: bytes, place: int) -> bytes:
    unpacker = zlib.decompressobj()
    try:
        data = unpacker.decompress(packed, MAX_BYTES + 1)
    except zlib.error as error:
        raise PdfError(f"The attachment at byte {place} cannot be unpacked: {error}.") from error
    if len(data) > MAX_BYTES:
        raise PdfError(f"The attachment at byte {place} unpacks to more than {MAX_BYTES >> 20} MiB.")
    if not unpacker.eof:
        raise PdfError(f"The attachment at byte {place} is cut off.")
    return data
