"""Passport to signed bytes and back: named chunks, a Merkle root over the fields of each, one signature over the roots.

The file is canonical JSON with three members. `chunks` holds each chunk's content and the leaf hash of every field in
it; `header` lists the names and roots of the chunks; `signature` is Ed25519 over its canonical bytes. A leaf is the
hash of [chunk name, field path, value]: the signed root proves the list of leaves, so an altered field can be named.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from samegauge.doors.crypto import text_from_bytes
from samegauge.formats.canonical import CanonicalError, JsonValue, canonical_bytes, leaf_digest, leaf_hash, parse_json
from samegauge.formats.merkle import merkle_root
from samegauge.formats.passport.records import Passport, PassportError, from_json, instant_text, to_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from samegauge.doors.crypto import SigningKey

FORMAT = "samegauge-passport"
VERSION = 2
VERSION_WITHOUT_LOG = 1
VERSIONS = (VERSION_WITHOUT_LOG, VERSION)
MAX_BYTES = 64 << 20
HEADER_FIELDS = frozenset(
    {"format", "version", "serial", "issuer", "issued_at", "key_id", "public_key", "chunks"},
)
_SINGLE = ("identity", "as_built")
_NUMBERED = ("operations", "inspections")
_LAST = ("events", "documents", "provenance")
_LOG = "log"


@dataclass(frozen=True, slots=True)
class Leaf:
    path: str
    digest: bytes


def build(passport: Passport, key: SigningKey) -> bytes:
    """Signed JSON of `passport`; refuses events that do not fit their leaf hash and evidence for no chunk."""
    contents = dict(_contents(passport))
    _check_before_signing(passport, contents)
    chunks: list[JsonValue] = []
    index: list[JsonValue] = []
    try:
        for name, content in contents.items():
            leaves = chunk_leaves(name, content)
            root = merkle_root([leaf.digest for leaf in leaves])
            chunks.append(
                {"name": name, "content": content, "leaves": [[leaf.path, leaf.digest.hex()] for leaf in leaves]},
            )
            index.append({"name": name, "fields": len(leaves), "root": root.hex()})
        header: dict[str, JsonValue] = {
            "format": FORMAT,
            "version": VERSION if passport.log else VERSION_WITHOUT_LOG,
            "serial": passport.identity.serial,
            "issuer": passport.issuer,
            "issued_at": instant_text(passport.issued_at),
            "key_id": key.public.key_id,
            "public_key": text_from_bytes(key.public.raw),
            "chunks": index,
        }
        signature = text_from_bytes(key.sign(canonical_bytes(header)))
        data = canonical_bytes({"chunks": chunks, "header": header, "signature": signature})
    except CanonicalError as error:
        raise PassportError(f"Passport of {passport.identity.serial}: {error}") from error
    if len(data) > MAX_BYTES:
        raise PassportError(
            f"The passport has {len(data)} bytes, more than {MAX_BYTES}. Leave out events or documents."
        )
    return data


def read(data: bytes) -> Passport:
    """What the bytes of a passport say, proven or not: `verify` judges them."""
    try:
        document = parse_json(data)
    except CanonicalError as error:
        raise PassportError(f"Not a passport: {error}") from error
    header, contents = _parts(document)
    fields: dict[str, JsonValue] = {name: contents.pop(name, None) for name in (*_SINGLE, *_LAST, _LOG)}
    for group in _NUMBERED:
        names = [name for name in contents if name.partition("/")[0] == group]
        if names != [f"{group}/{number}" for number in range(len(names))]:
            raise PassportError(f"{group}: the chunks are not numbered from 0 without gaps.")
        fields[group] = [contents.pop(name) for name in names]
    if contents:
        raise PassportError(f"{next(iter(contents))[:80]!r} is no chunk of a passport.")
    passport = from_json(Passport, {**fields, "issuer": header.get("issuer"), "issued_at": header.get("issued_at")}, "")
    if (passport.log is None) != (header.get("version") == VERSION_WITHOUT_LOG):
        raise PassportError("header/version: says otherwise than the passport whether it carries a proof of the log.")
    if passport.identity.serial != header.get("serial"):
        raise PassportError("header/serial: differs from the serial of the identity.")
    return passport


def chunk_leaves(name: str, content: JsonValue, path: str = "") -> list[Leaf]:
    """One leaf per field of the content at `path` of a chunk, in document order; an empty list or object is a field."""
    return [Leaf(place, leaf_digest([name, place, value])) for place, value in _field_values(content, path)]


def _field_values(content: JsonValue, path: str) -> Iterator[tuple[str, JsonValue]]:
    """JSON pointer (RFC 6901) and value of every field."""
    if isinstance(content, dict) and content:
        for key in sorted(content):
            yield from _field_values(content[key], f"{path}/{key.replace('~', '~0').replace('/', '~1')}")
    elif isinstance(content, list) and content:
        for index, element in enumerate(content):
            yield from _field_values(element, f"{path}/{index}")
    else:
        yield path, content


def _contents(passport: Passport) -> Iterator[tuple[str, JsonValue]]:
    yield from ((name, to_json(getattr(passport, name))) for name in _SINGLE)
    for group in _NUMBERED:
        yield from ((f"{group}/{number}", to_json(entry)) for number, entry in enumerate(getattr(passport, group)))
    yield from ((name, to_json(getattr(passport, name))) for name in _LAST)
    if passport.log is not None:
        yield _LOG, to_json(passport.log)


def _check_before_signing(passport: Passport, contents: dict[str, JsonValue]) -> None:
    if not passport.identity.serial or not passport.issuer:
        raise PassportError("A passport needs a serial and an issuer.")
    for number, event in enumerate(passport.events):
        if leaf_hash(event.record) != event.leaf_hash:
            raise PassportError(
                f"events/{number}: the event no longer fits its leaf hash {event.leaf_hash[:12]}…; it was changed "
                "after it was recorded. Run: samegauge doctor",
            )
    for number, note in enumerate(passport.provenance):
        if not any(note.about == name or note.about.startswith(f"{name}/") for name in contents):
            raise PassportError(
                f"provenance/{number}: {note.about!r} names no chunk. Use one of {', '.join(contents)}."
            )
        if not note.evidence_zh or not note.evidence_en:
            raise PassportError(f"provenance/{number}: evidence is missing. Say in both languages what it rests on.")


def _parts(document: JsonValue) -> tuple[dict[str, JsonValue], dict[str, JsonValue]]:
    if not isinstance(document, dict):
        raise PassportError("Not a passport: an object belongs here.")
    header, chunks = document.get("header"), document.get("chunks")
    if not isinstance(header, dict) or header.get("format") != FORMAT or not isinstance(chunks, list):
        raise PassportError("Not a passport: header and chunks are missing.")
    if header.get("version") not in VERSIONS:
        raise PassportError(
            f"Version {str(header.get('version'))[:20]} of the passport is not known. Update samegauge."
        )
    contents: dict[str, JsonValue] = {}
    for number, chunk in enumerate(chunks):
        name = chunk.get("name") if isinstance(chunk, dict) else None
        if not isinstance(chunk, dict) or not isinstance(name, str) or name in contents or "content" not in chunk:
            raise PassportError(f"chunks/{number}: a name of its own and a content belong here.")
        contents[name] = chunk["content"]
    return header, contents
