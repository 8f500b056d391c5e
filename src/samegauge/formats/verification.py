"""What a passport or a log's proof turns out to be, as plain data: for the command line and for the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from samegauge.formats.log_proof import FIRST_LINE, verify_proof
from samegauge.formats.log_wording import proof_facts, proof_text
from samegauge.formats.passport import Bilingual, Verdict, facts, verdict_text, verify_file_bytes
from samegauge.formats.passport.pdf_file import PDF_MAGIC

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from samegauge.doors.crypto import PublicKey
    from samegauge.formats.checkpoint import NoteKey
    from samegauge.formats.log_proof import ProofVerdict
    from samegauge.formats.passport import Fact, LogState

_PROOF_MAGIC = FIRST_LINE.encode()


def verification_report(data: bytes, trusted: Mapping[str, PublicKey], witnesses: Sequence[NoteKey]) -> dict[str, Any]:
    """Judge a passport, JSON or PDF, or the text of a proof, against the keys that the reader trusts."""
    if data.startswith(_PROOF_MAGIC):
        said = verify_proof(data.decode("utf-8", "replace").strip() + "\n", trusted, witnesses)
        report = {"state": said.state.value, "form": "proof", **texts_of(proof_text(said)), "log": _log(said)}
        return {**report, "facts": _facts(proof_facts(said))}
    return _passport(verify_file_bytes(data, trusted, witnesses), "pdf" if data.startswith(PDF_MAGIC) else "json")


def _passport(verdict: Verdict, form: str) -> dict[str, Any]:
    finding = verdict.finding
    return {
        "state": verdict.state.value,
        "form": form,
        **texts_of(verdict_text(verdict)),
        "chunk": finding.chunk if finding else "",
        "field": finding.field if finding else "",
        "change": finding.change.value if finding else "",
        "offset": finding.offset if finding else None,
        "chunks": verdict.chunks,
        "matching": verdict.matching,
        "serial": verdict.serial,
        "issuer": verdict.issuer,
        "issued_at": verdict.issued_at,
        "key_id": verdict.key_id,
        "trusted_as": verdict.trusted_as,
        "log": _log(verdict.log),
        "facts": _facts(facts(verdict)),
    }


def _log(log: LogState | ProofVerdict | None) -> dict[str, Any] | None:
    """The state of the log that was proven; None: nothing was."""
    if log is None:
        return None
    seen = {name: at.isoformat() for name, at in log.seen}
    return {"origin": log.origin, "size": log.size, "root": log.root.hex(), "witnesses": seen}


def _facts(found: Sequence[Fact]) -> list[dict[str, str]]:
    return [
        {"name": fact.name, "label_zh": fact.label.zh, "label_en": fact.label.en, "value": fact.value} for fact in found
    ]


def texts_of(texts: Bilingual) -> dict[str, str]:
    return {"text_zh": texts.zh, "text_en": texts.en}
