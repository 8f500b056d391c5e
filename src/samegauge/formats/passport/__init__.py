"""The machine passport: one unit's records as signed JSON, alone or inside a sealed PDF, provable offline."""

from __future__ import annotations

from samegauge.formats.passport.check import State, Verdict, verify
from samegauge.formats.passport.fields import Change, Finding
from samegauge.formats.passport.logged import LogState
from samegauge.formats.passport.pdf_file import (
    PdfError,
    extract_attachment,
    seal_holds,
    seal_pdf,
    verify_file_bytes,
    verify_pdf,
)
from samegauge.formats.passport.records import (
    AttachedDocument,
    Characteristic,
    Component,
    Identity,
    Inspection,
    Logged,
    Operation,
    Passport,
    PassportError,
    Provenance,
    ProvenanceKind,
    RecordedEvent,
    Status,
)
from samegauge.formats.passport.seal import build, read
from samegauge.formats.passport.wording import Bilingual, Fact, chunk_name, facts, verdict_text

__all__ = [
    "AttachedDocument",
    "Bilingual",
    "Change",
    "Characteristic",
    "Component",
    "Fact",
    "Finding",
    "Identity",
    "Inspection",
    "LogState",
    "Logged",
    "Operation",
    "Passport",
    "PassportError",
    "PdfError",
    "Provenance",
    "ProvenanceKind",
    "RecordedEvent",
    "State",
    "Status",
    "Verdict",
    "build",
    "chunk_name",
    "extract_attachment",
    "facts",
    "read",
    "seal_holds",
    "seal_pdf",
    "verdict_text",
    "verify",
    "verify_file_bytes",
    "verify_pdf",
]
