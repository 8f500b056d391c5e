"""Offline proof of a passport: genuine, or what is wrong with it and where it begins."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, TypeGuard, cast

from samegauge.doors.crypto import SIGNATURE_BYTES, CryptoError, PublicKey, bytes_from_text
from samegauge.formats.canonical import CanonicalError, JsonValue, canonical_bytes, leaf_hash, parse_json
from samegauge.formats.merkle import merkle_root
from samegauge.formats.passport.fields import Change, Finding, first_altered_field
from samegauge.formats.passport.logged import LogState, log_state
from samegauge.formats.passport.records import PassportError
from samegauge.formats.passport.seal import (
    FORMAT,
    HEADER_FIELDS,
    MAX_BYTES,
    VERSION,
    VERSIONS,
    chunk_leaves,
    read,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from samegauge.formats.checkpoint import NoteKey
    from samegauge.formats.passport.records import Passport

_MARKS = (b'{"chunks":[{"content":', f'"{FORMAT}"'.encode())
_TAIL = re.compile(rb'"signature":"[A-Za-z0-9_-]{86}"\}$')
_NAME_AFTER_LEAVES = re.compile(rb'"\]\],"name":"([a-z_]+(?:/[0-9]+)?)"\}')
_CHUNK_FIELDS = {"name", "content", "leaves"}
_MEMBERS = {"chunks", "header", "signature"}

_Header = dict[str, JsonValue]
_Chunk = dict[str, JsonValue]


class State(StrEnum):
    GENUINE = "genuine"
    ALTERED = "altered"
    BAD_SIGNATURE = "bad_signature"
    UNTRUSTED = "untrusted"
    PAGES_ALTERED = "pages_altered"
    NOT_ATTACHED = "not_attached"
    TRUNCATED = "truncated"
    NOT_A_PASSPORT = "not_a_passport"
    NEWER_VERSION = "newer_version"
    NOT_IN_LOG = "not_in_log"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`finding` names the first altered place; `matching` counts the chunks that still fit the signature."""

    state: State
    finding: Finding | None = None
    chunks: int = 0
    matching: int = 0
    serial: str = ""
    issuer: str = ""
    issued_at: str = ""
    key_id: str = ""
    trusted_as: str = ""
    passport: Passport | None = None
    log: LogState | None = None

    @property
    def genuine(self) -> bool:
        return self.state is State.GENUINE


def verify(data: bytes, trusted_keys: Mapping[str, PublicKey], witnesses: Sequence[NoteKey] = ()) -> Verdict:
    """Judge the bytes of a passport against the keys that the reader trusts, each under the reader's name for it.

    Of the `witnesses` that the reader believes the verdict says which have seen the log that the passport stands in.
    """
    if len(data) > MAX_BYTES or not any(mark in data for mark in _MARKS):
        return Verdict(State.NOT_A_PASSPORT)
    try:
        document = parse_json(data)
        spelling = canonical_bytes(document)
    except CanonicalError as error:
        return _unreadable(data, error.offset)
    header, chunks, fault = _outline(document)
    if fault is not None:
        return fault
    verdict = Verdict(
        State.GENUINE,
        chunks=len(cast("list[JsonValue]", header["chunks"])),
        serial=str(header["serial"]),
        issuer=str(header["issuer"]),
        issued_at=str(header["issued_at"]),
        key_id=str(header["key_id"]),
    )
    key = _signer(header, cast("dict[str, JsonValue]", document)["signature"])
    if key is None:
        return replace(verdict, state=State.BAD_SIGNATURE, finding=_header_finding(header, chunks))
    findings = _chunk_findings(header, chunks)
    touched = {finding.chunk for finding in findings if finding.change is not Change.ADDED_CHUNK}
    verdict = replace(verdict, matching=verdict.chunks - len(touched))
    if not findings and spelling != data:
        findings = [_respelled(data, spelling)]
    if findings:
        return replace(verdict, state=State.ALTERED, finding=findings[0])
    return _judge_log(_judge_issuer(verdict, data, key, trusted_keys), key, witnesses)


def _judge_log(verdict: Verdict, key: PublicKey, witnesses: Sequence[NoteKey]) -> Verdict:
    if verdict.passport is None or verdict.passport.log is None:
        return verdict
    log = log_state(verdict.passport, key, witnesses)
    return replace(verdict, log=log) if log else replace(verdict, state=State.NOT_IN_LOG)


def _judge_issuer(verdict: Verdict, data: bytes, key: PublicKey, trusted_keys: Mapping[str, PublicKey]) -> Verdict:
    names = sorted(name for name, trusted in trusted_keys.items() if trusted == key)
    if not names:
        return replace(verdict, state=State.UNTRUSTED)
    try:
        passport = read(data)
    except PassportError:
        return replace(verdict, state=State.NOT_A_PASSPORT)
    return replace(verdict, trusted_as=names[0], passport=passport)


def _unreadable(data: bytes, offset: int | None) -> Verdict:
    if _TAIL.search(data[-120:]) is None and not data.rstrip().endswith(b"}"):
        return Verdict(State.TRUNCATED, Finding("", "", Change.DAMAGED, len(data)))
    place = 0 if offset is None else offset
    match = _NAME_AFTER_LEAVES.search(data, place)
    chunk = match.group(1).decode("ascii") if match and offset is not None else ""
    return Verdict(State.ALTERED, Finding(chunk, "", Change.DAMAGED, offset))


def _outline(document: JsonValue) -> tuple[_Header, list[_Chunk], Verdict | None]:
    """The document's members when they have their shape, else the verdict."""
    members = document if isinstance(document, dict) else {}
    header, chunks = members.get("header"), members.get("chunks")
    if not isinstance(header, dict) or not isinstance(chunks, list) or set(members) != _MEMBERS:
        return {}, [], Verdict(State.ALTERED, Finding("", "", Change.DAMAGED))
    version = header.get("version")
    if isinstance(version, int) and version > VERSION:
        return {}, [], Verdict(State.NEWER_VERSION)
    wrong = _wrong_header_field(header)
    if wrong is not None:
        return {}, [], Verdict(State.BAD_SIGNATURE, Finding("header", wrong, Change.CHANGED))
    broken = next((number for number, chunk in enumerate(chunks) if not _is_chunk(chunk)), None)
    if broken is not None:
        return {}, [], Verdict(State.ALTERED, Finding(_place_name(header, chunks, broken), "", Change.DAMAGED))
    return header, cast("list[_Chunk]", chunks), None


def _place_name(header: _Header, chunks: list[JsonValue], number: int) -> str:
    """What a chunk without its shape calls itself, else what the header lists at its place."""
    chunk = chunks[number]
    name = chunk.get("name") if isinstance(chunk, dict) else None
    return name if isinstance(name, str) else "".join(_listed_names(header)[number : number + 1])


def _wrong_header_field(header: Mapping[str, JsonValue]) -> str | None:
    """Path of the first header field that is missing, unknown or of the wrong type; None when all have their shape."""
    strange = sorted(set(header) ^ HEADER_FIELDS)
    if strange:
        return f"/{strange[0]}"
    if header["format"] != FORMAT or type(header["version"]) is not int or header["version"] not in VERSIONS:
        return "/format" if header["format"] != FORMAT else "/version"
    for name in ("serial", "issuer", "issued_at", "key_id", "public_key"):
        if not isinstance(header[name], str):
            return f"/{name}"
    entries = header["chunks"]
    if not isinstance(entries, list):
        return "/chunks"
    broken = [number for number, entry in enumerate(entries) if not _is_entry(entry)]
    if broken or len({str(cast("_Chunk", entry)["name"]) for entry in entries}) != len(entries):
        return f"/chunks/{broken[0]}" if broken else "/chunks"
    return None


def _is_entry(entry: JsonValue) -> bool:
    if not isinstance(entry, dict) or set(entry) != {"name", "fields", "root"}:
        return False
    return isinstance(entry["name"], str) and isinstance(entry["root"], str) and type(entry["fields"]) is int


def _is_chunk(chunk: JsonValue) -> TypeGuard[_Chunk]:
    if not isinstance(chunk, dict) or set(chunk) != _CHUNK_FIELDS or not isinstance(chunk["name"], str):
        return False
    leaves = chunk["leaves"]
    return isinstance(leaves, list) and all(
        isinstance(leaf, list) and len(leaf) == 2 and all(isinstance(part, str) for part in leaf)  # noqa: PLR2004 - path, hash
        for leaf in leaves
    )


def _listed(header: _Header) -> list[dict[str, JsonValue]]:
    return cast("list[dict[str, JsonValue]]", header["chunks"])


def _listed_names(header: Mapping[str, JsonValue]) -> list[str]:
    return [str(entry["name"]) for entry in cast("list[dict[str, JsonValue]]", header["chunks"])]


def _signer(header: _Header, signature_text: JsonValue) -> PublicKey | None:
    """The key in the header when its name is its own and it signed the header."""
    try:
        key = PublicKey(bytes_from_text(str(header["public_key"])))
        signature = bytes_from_text(str(signature_text))
    except CryptoError:
        return None
    if key.key_id != header["key_id"] or len(signature) != SIGNATURE_BYTES:
        return None
    return key if key.verifies(signature, canonical_bytes(header)) else None


def _header_finding(header: _Header, chunks: list[_Chunk]) -> Finding:
    """Which header field disagrees with the rest of the file; without one, header or signature as a whole."""
    unproven = Finding("header", "", Change.CHANGED)
    try:
        if PublicKey(bytes_from_text(str(header["public_key"]))).key_id != header["key_id"]:
            return Finding("header", "/key_id", Change.CHANGED)
    except CryptoError:
        return Finding("header", "/public_key", Change.CHANGED)
    for number, (entry, chunk) in enumerate(zip(_listed(header), chunks, strict=False)):
        leaves = chunk_leaves(str(chunk["name"]), chunk["content"])
        root = merkle_root([leaf.digest for leaf in leaves]).hex()
        for name, value in (("name", chunk["name"]), ("fields", len(leaves)), ("root", root)):
            if entry[name] != value:
                return Finding("header", f"/chunks/{number}/{name}", Change.CHANGED)
    identity = next((chunk["content"] for chunk in chunks if chunk["name"] == "identity"), None)
    if isinstance(identity, dict) and identity.get("serial") != header["serial"]:
        return Finding("header", "/serial", Change.CHANGED)
    return unproven


def _chunk_findings(header: _Header, chunks: list[_Chunk]) -> list[Finding]:
    names = [str(chunk["name"]) for chunk in chunks]
    by_name = dict(zip(reversed(names), reversed(chunks), strict=True))
    findings: list[Finding] = []
    for entry in _listed(header):
        name = str(entry["name"])
        if name not in by_name:
            findings.append(Finding(name, "", Change.REMOVED_CHUNK))
        else:
            altered = first_altered_field(by_name[name], str(entry["root"]), cast("int", entry["fields"]))
            findings.extend([altered] if altered else _unsealed_events(by_name[name]))
    return findings + _order_findings(_listed_names(header), names)


def _order_findings(expected: list[str], names: list[str]) -> list[Finding]:
    extra = [name for place, name in enumerate(names) if name not in expected or name in names[:place]]
    if extra:
        return [Finding(name, "", Change.ADDED_CHUNK) for name in extra]
    present = [name for name in expected if name in names]
    moved = [name for name, found in zip(present, names, strict=True) if name != found]
    return [Finding(moved[0], "", Change.MOVED_CHUNK)] if moved else []


def _unsealed_events(chunk: _Chunk) -> list[Finding]:
    """Events that differ from their own leaf hash although the issuer signed them: changed before the signing."""
    if chunk["name"] != "events" or not isinstance(chunk["content"], list):
        return []
    for number, event in enumerate(chunk["content"]):
        if not isinstance(event, dict) or event.get("leaf_hash") != leaf_hash(event.get("record")):
            return [Finding("events", f"/{number}", Change.BEFORE_SIGNING)]
    return []


def _respelled(data: bytes, spelling: bytes) -> Finding:
    """The same values in other bytes (white space, escapes): the first byte that differs from the issued form."""
    shorter = min(len(data), len(spelling))
    offset = next((place for place in range(shorter) if data[place] != spelling[place]), shorter)
    match = _NAME_AFTER_LEAVES.search(spelling, offset)
    return Finding(match.group(1).decode("ascii") if match else "", "", Change.RESPELLED, offset)
