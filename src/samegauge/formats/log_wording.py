"""What the code of a log proves, in whole sentences, Chinese and English."""

from __future__ import annotations

from typing import TYPE_CHECKING

from samegauge.formats.log_proof import ProofState
from samegauge.formats.passport.wording import Bilingual, Fact
from samegauge.formats.plain_text import visible_text

if TYPE_CHECKING:
    from samegauge.formats.log_proof import ProofVerdict

_SHOWN = 120
_TEXTS = {
    ProofState.PROVEN: Bilingual(
        "這筆事件在紀錄 {origin} 中，紀錄由信任的金鑰「{trusted_as}」簽署。{seen}",
        "This event stands in the log {origin}, which is signed with the key trusted as “{trusted_as}”. {seen}",
    ),
    ProofState.UNTRUSTED: Bilingual(
        "這筆事件與證明相符，但簽署紀錄 {origin} 的金鑰不在信任清單。取得簽發者的 .pub 檔後用 --key 指定。",
        "The event fits the proof, but the key that signed the log {origin} is not trusted here. "
        "Name the issuer's .pub file with --key.",
    ),
    ProofState.DISPROVEN: Bilingual(
        "這筆事件不在它所附的紀錄狀態中：內容或證明被更動過。",
        "The event does not stand in the state of the log that comes with it: it or the proof was changed.",
    ),
    ProofState.NOT_A_PROOF: Bilingual(
        "這不是紀錄的證明，或掃描不完整。重新掃描一次。",
        "This is no proof of a log, or the scan is incomplete. Scan it again.",
    ),
}


def proof_text(verdict: ProofVerdict) -> Bilingual:
    names = [visible_text(name, _SHOWN) for name, _at in verdict.seen]
    seen = Bilingual(
        f"見證人 {'、'.join(names)} 已簽署。" if names else "沒有這裡信任的見證人簽署它。",
        f"Witnessed by {', '.join(names)}." if names else "No witness believed here has signed it.",
    )
    said = {"origin": visible_text(verdict.origin, _SHOWN), "trusted_as": visible_text(verdict.trusted_as, _SHOWN)}
    text = _TEXTS[verdict.state]
    return Bilingual(text.zh.format(**said, seen=seen.zh), text.en.format(**said, seen=seen.en))


def proof_facts(verdict: ProofVerdict) -> tuple[Fact, ...]:
    """What to compare with the paper; empty when nothing is proven."""
    if verdict.event is None:
        return ()
    payload = verdict.event.get("payload")
    of_file = payload.get("sha256", "") if isinstance(payload, dict) else ""
    rows = (
        ("kind", Bilingual("事件", "Event"), verdict.event.get("kind")),
        ("serial", Bilingual("序號", "Serial"), verdict.event.get("serial")),
        ("device_time", Bilingual("時間（UTC）", "Time (UTC)"), verdict.event.get("device_time")),
        ("sha256", Bilingual("履歷護照檔的 SHA-256", "SHA-256 of the passport's file"), of_file),
        ("size", Bilingual("紀錄筆數", "Entries of the log"), verdict.size),
        ("root", Bilingual("根雜湊", "Root hash"), verdict.root.hex()),
        (
            "witnesses",
            Bilingual("見證人", "Witnesses"),
            ", ".join(f"{name} {at:%Y-%m-%d %H:%M:%S}Z" for name, at in verdict.seen),
        ),
    )
    return tuple(Fact(name, label, visible_text(str(value or "—"), _SHOWN)) for name, label, value in rows)
