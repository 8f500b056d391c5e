"""`samegauge verify FILE`: proves a passport without network, database or Django."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samegauge.cli.output import say, say_json, text
from samegauge.core.site import home_folder
from samegauge.doors.crypto import CryptoError, load_public_key, load_public_keys
from samegauge.formats.log_proof import FIRST_LINE, ProofState, verify_proof
from samegauge.formats.log_wording import proof_facts, proof_text
from samegauge.formats.passport import Bilingual, State, Verdict, facts, verdict_text, verify_file_bytes
from samegauge.formats.passport.pdf_file import MAX_PDF_BYTES, PDF_MAGIC
from samegauge.formats.plain_text import visible_text
from samegauge.formats.witness_keys import read_witness_keys, witness_key

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Sequence

    from samegauge.doors.crypto import PublicKey
    from samegauge.formats.checkpoint import NoteKey
    from samegauge.formats.log_proof import ProofVerdict
    from samegauge.formats.passport import Fact, LogState

GENUINE, DISPROVEN, UNREADABLE = 0, 1, 2
PROOF_MAGIC = FIRST_LINE.encode()
_EXIT_BY_PROOF = {
    ProofState.PROVEN: GENUINE,
    ProofState.DISPROVEN: DISPROVEN,
    ProofState.UNTRUSTED: DISPROVEN,
    ProofState.NOT_A_PROOF: UNREADABLE,
}
_EXIT_BY_STATE = {
    State.GENUINE: GENUINE,
    State.ALTERED: DISPROVEN,
    State.BAD_SIGNATURE: DISPROVEN,
    State.UNTRUSTED: DISPROVEN,
    State.PAGES_ALTERED: DISPROVEN,
    State.NOT_IN_LOG: DISPROVEN,
    State.TRUNCATED: UNREADABLE,
    State.NOT_ATTACHED: UNREADABLE,
    State.NOT_A_PASSPORT: UNREADABLE,
    State.NEWER_VERSION: UNREADABLE,
}


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "file",
        type=Path,
        help=text("passport, JSON or PDF, or the text of its code", "履歷護照檔，JSON 或 PDF；或其 QR 碼的文字"),
    )
    parser.add_argument(
        "--key",
        type=Path,
        action="append",
        default=[],
        help=text("public key to trust, besides those in SAMEGAUGE_HOME", "除 SAMEGAUGE_HOME 之外要信任的公鑰"),
        metavar="FILE",
    )
    parser.add_argument(
        "--witness",
        type=Path,
        action="append",
        default=[],
        help=text(
            "witness key to believe, besides those in SAMEGAUGE_HOME", "除 SAMEGAUGE_HOME 之外要信任的見證人金鑰"
        ),
        metavar="FILE",
    )


def run(options: Namespace) -> int:
    status, report = verify_file(options.file, Believed(options.key, options.witness), home_folder())
    say(options, report["text_en"], report["text_zh"])
    for fact in report.get("facts", []):
        say(options, f"  {fact['label_en']}: {fact['value']}", f"  {fact['label_zh']}：{fact['value']}")
    for name in report.get("unusable_keys", {}):
        say(
            options,
            f"  The trusted key file {name} could not be read; what it signed is not trusted here.",
            f"  無法讀取受信任的金鑰檔 {name}；由它簽署的履歷護照在這裡不受信任。",
        )
    say_json(options, report)
    return status


@dataclass(frozen=True)
class Believed:
    """Files named on the command line: issuers' public keys, and keys of witnesses."""

    keys: Sequence[Path] = ()
    witnesses: Sequence[Path] = ()


def verify_file(path: Path, believed: Believed, home: Path) -> tuple[int, dict[str, Any]]:
    """Exit status and report; trusted are the keys named and those in `home`/keys."""
    trusted, unusable = load_public_keys(home / "keys" / "trusted")
    witnesses, unusable_witnesses = read_witness_keys(home / "keys")
    try:
        trusted.update((str(key_path), load_public_key(key_path)) for key_path in believed.keys)
        witnesses += [witness_key(named.read_text("utf-8")) for named in believed.witnesses]
        data = _read_bounded(path)
    except (OSError, CryptoError, ValueError) as error:
        return UNREADABLE, _refusal(path, error)
    status, report = _judged(data, trusted, witnesses)
    reasons = {visible_text(name): visible_text(why) for name, why in (unusable | unusable_witnesses).items()}
    return status, {"file": str(path), **report, "unusable_keys": reasons}


def _judged(data: bytes, trusted: dict[str, PublicKey], witnesses: list[NoteKey]) -> tuple[int, dict[str, Any]]:
    if data.startswith(PROOF_MAGIC):
        said = verify_proof(data.decode("utf-8", "replace").strip() + "\n", trusted, witnesses)
        report = {"state": said.state.value, "form": "proof", **_texts(proof_text(said)), "log": log_report(said)}
        return _EXIT_BY_PROOF[said.state], {**report, "facts": _facts(proof_facts(said))}
    verdict = verify_file_bytes(data, trusted, witnesses)
    report = _report(verdict, "pdf" if data.startswith(PDF_MAGIC) else "json")
    return _EXIT_BY_STATE[verdict.state], report


def log_report(log: LogState | ProofVerdict | None) -> dict[str, Any] | None:
    """The state of the log that was proven; None: nothing was."""
    if log is None:
        return None
    seen = {name: at.isoformat() for name, at in log.seen}
    return {"origin": log.origin, "size": log.size, "root": log.root.hex(), "witnesses": seen}


def _read_bounded(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(MAX_PDF_BYTES + 1)


def _report(verdict: Verdict, form: str) -> dict[str, Any]:
    finding = verdict.finding
    return {
        "state": verdict.state.value,
        "form": form,
        **_texts(verdict_text(verdict)),
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
        "log": log_report(verdict.log),
        "facts": _facts(facts(verdict)),
    }


def _facts(found: Sequence[Fact]) -> list[dict[str, str]]:
    return [
        {"name": fact.name, "label_zh": fact.label.zh, "label_en": fact.label.en, "value": fact.value} for fact in found
    ]


def _refusal(path: Path, error: Exception) -> dict[str, Any]:
    reason = visible_text(str(error))
    texts = Bilingual(
        f"{path} 沒有驗證，檔案或金鑰讀不到：{reason}。檢查路徑後再試。",
        f"{path} was not verified, because a file or key cannot be read: {reason}. Check the paths and try again.",
    )
    return {"file": str(path), "state": "unreadable", **_texts(texts), "reason": reason}


def _texts(texts: Bilingual) -> dict[str, str]:
    return {"text_zh": texts.zh, "text_en": texts.en}
