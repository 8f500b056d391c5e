"""`samegauge verify FILE`: proves a passport without network, database or Django."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samegauge.cli.output import say, say_json, text
from samegauge.core.site import home_folder
from samegauge.doors.crypto import CryptoError, load_public_key, load_public_keys
from samegauge.formats.log_proof import ProofState
from samegauge.formats.passport import Bilingual, State
from samegauge.formats.passport.pdf_file import MAX_PDF_BYTES
from samegauge.formats.plain_text import visible_text
from samegauge.formats.verification import texts_of, verification_report
from samegauge.formats.witness_keys import read_witness_keys, witness_key

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Sequence


GENUINE, DISPROVEN, UNREADABLE = 0, 1, 2
_EXIT_BY_STATE = {
    one.value: status
    for status, states in {
        GENUINE: (State.GENUINE, ProofState.PROVEN),
        DISPROVEN: (
            *(State.ALTERED, State.BAD_SIGNATURE, State.UNTRUSTED, State.PAGES_ALTERED, State.NOT_IN_LOG),
            *(ProofState.DISPROVEN, ProofState.UNTRUSTED),
        ),
        UNREADABLE: (
            *(State.TRUNCATED, State.NOT_ATTACHED, State.NOT_A_PASSPORT, State.NEWER_VERSION),
            ProofState.NOT_A_PROOF,
        ),
    }.items()
    for one in states
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
    report = verification_report(data, trusted, witnesses)
    reasons = {visible_text(name): visible_text(why) for name, why in (unusable | unusable_witnesses).items()}
    return _EXIT_BY_STATE[report["state"]], {"file": str(path), **report, "unusable_keys": reasons}


def _read_bounded(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(MAX_PDF_BYTES + 1)


def _refusal(path: Path, error: Exception) -> dict[str, Any]:
    reason = visible_text(str(error))
    texts = Bilingual(
        f"{path} 沒有驗證，檔案或金鑰讀不到：{reason}。檢查路徑後再試。",
        f"{path} was not verified, because a file or key cannot be read: {reason}. Check the paths and try again.",
    )
    return {"file": str(path), "state": "unreadable", **texts_of(texts), "reason": reason}
