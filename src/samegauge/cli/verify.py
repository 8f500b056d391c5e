"""`samegauge verify FILE`: proves a passport without network, database or Django."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from samegauge.cli.output import say, say_json, text
from samegauge.core.site import home_folder
from samegauge.doors.crypto import CryptoError, load_public_key, load_public_keys
from samegauge.formats.passport import Bilingual, State, Verdict, facts, verdict_text, verify_file_bytes
from samegauge.formats.passport.pdf_file import MAX_PDF_BYTES, PDF_MAGIC
from samegauge.formats.plain_text import visible_text

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Sequence

GENUINE, DISPROVEN, UNREADABLE = 0, 1, 2
_EXIT_BY_STATE = {
    State.GENUINE: GENUINE,
    State.ALTERED: DISPROVEN,
    State.BAD_SIGNATURE: DISPROVEN,
    State.UNTRUSTED: DISPROVEN,
    State.PAGES_ALTERED: DISPROVEN,
    State.TRUNCATED: UNREADABLE,
    State.NOT_ATTACHED: UNREADABLE,
    State.NOT_A_PASSPORT: UNREADABLE,
    State.NEWER_VERSION: UNREADABLE,
}


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help=text("passport, JSON or PDF", "履歷護照檔，JSON 或 PDF"))
    parser.add_argument(
        "--key",
        type=Path,
        action="append",
        default=[],
        help=text("public key to trust, besides those in SAMEGAUGE_HOME", "除 SAMEGAUGE_HOME 之外要信任的公鑰"),
        metavar="FILE",
    )


def run(options: Namespace) -> int:
    status, report = verify_file(options.file, options.key, home_folder())
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


def verify_file(path: Path, key_paths: Sequence[Path], home: Path) -> tuple[int, dict[str, Any]]:
    """Exit status and report; trusted are the keys named and those in `home`/keys/trusted."""
    trusted, unusable = load_public_keys(home / "keys" / "trusted")
    try:
        trusted.update((str(key_path), load_public_key(key_path)) for key_path in key_paths)
        data = _read_bounded(path)
    except (OSError, CryptoError) as error:
        return UNREADABLE, _refusal(path, error)
    verdict = verify_file_bytes(data, trusted)
    report = _report(verdict, "pdf" if data.startswith(PDF_MAGIC) else "json")
    reasons = {visible_text(name): visible_text(reason) for name, reason in unusable.items()}
    return _EXIT_BY_STATE[verdict.state], {"file": str(path), **report, "unusable_keys": reasons}


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
        "facts": [
            {"name": fact.name, "label_zh": fact.label.zh, "label_en": fact.label.en, "value": fact.value}
            for fact in facts(verdict)
        ],
    }


def _refusal(path: Path, error: Exception) -> dict[str, Any]:
    reason = visible_text(str(error))
    texts = Bilingual(
        f"{path} 沒有驗證，檔案或金鑰讀不到：{reason}。檢查路徑後再試。",
        f"{path} was not verified, because a file or key cannot be read: {reason}. Check the paths and try again.",
    )
    return {"file": str(path), "state": "unreadable", **_texts(texts), "reason": reason}


def _texts(texts: Bilingual) -> dict[str, str]:
    return {"text_zh": texts.zh, "text_en": texts.en}
