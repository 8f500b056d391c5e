"""The verdict in whole sentences, Chinese and English, and the facts a reader compares with the paper."""

from __future__ import annotations

from typing import NamedTuple

from samegauge.formats.passport.check import State, Verdict
from samegauge.formats.passport.fields import Change, Finding
from samegauge.formats.passport.records import Status
from samegauge.formats.plain_text import visible_text

_SHOWN = 120


class Bilingual(NamedTuple):
    zh: str
    en: str


class Fact(NamedTuple):
    """`name` is stable for programs; `label` is for people."""

    name: str
    label: Bilingual
    value: str


_CHUNK_NAMES = {
    "identity": Bilingual("識別", "the identity"),
    "as_built": Bilingual("實裝結構", "the as-built tree"),
    "operations": Bilingual("第 {n} 道工序", "operation {n}"),
    "inspections": Bilingual("第 {n} 次檢驗", "inspection {n}"),
    "events": Bilingual("事件", "the events"),
    "documents": Bilingual("文件清單", "the list of documents"),
    "provenance": Bilingual("資料來源說明", "the notes on provenance"),
    "log": Bilingual("紀錄證明", "the proof of the log"),
    "header": Bilingual("簽章目錄", "the signed header"),
    "": Bilingual("檔案結構", "the structure of the file"),
}

_FINDINGS = {
    Change.CHANGED: Bilingual(
        "{chunk}{field}在簽署後被更動過；",
        "{chunk}{field} was changed after signing; ",
    ),
    Change.ADDED: Bilingual("{chunk}{field}是簽署後才加上的；", "{chunk}{field} was added after signing; "),
    Change.REMOVED: Bilingual("{chunk}{field}在簽署後被刪除；", "{chunk}{field} was removed after signing; "),
    Change.MOVED: Bilingual("{chunk}{field}在簽署後被換了位置；", "{chunk}{field} was moved after signing; "),
    Change.ADDED_CHUNK: Bilingual("{chunk}整段是簽署後才加上的；", "{chunk} as a whole was added after signing; "),
    Change.REMOVED_CHUNK: Bilingual("{chunk}整段在簽署後被刪除；", "{chunk} as a whole was removed after signing; "),
    Change.MOVED_CHUNK: Bilingual("{chunk}整段在簽署後被換了位置；", "{chunk} as a whole was moved after signing; "),
    Change.HASH_LIST: Bilingual(
        "{chunk}的內容與簽章相符，但{field}的雜湊在簽署後被更動過；",
        "the content of {chunk} fits the signature, but the hash of{field} was changed after signing; ",
    ),
    Change.RESPELLED: Bilingual(
        "各欄的值與簽章相符，但{chunk}從第 {offset} 位元組起的寫法不是簽發時的；",
        "all values fit the signature, but from byte {offset}, in {chunk}, the file is not written as it was issued; ",
    ),
    Change.DAMAGED: Bilingual("{chunk}已損壞{place}；", "{chunk} is damaged{place}; "),
    Change.BEFORE_SIGNING: Bilingual(
        "{chunk}{field}與記錄當時的雜湊不符，在簽署前就被更動過；",
        "{chunk}{field} does not fit the hash made when it was recorded: it was changed before signing; ",
    ),
}

_TEXTS = {
    State.GENUINE: Bilingual(
        "{serial} 的履歷護照與簽發時完全相同，由信任的金鑰「{trusted_as}」簽署，{chunks} 段全部相符。{log}",
        "The passport of {serial} is exactly as issued, signed with the key trusted as “{trusted_as}”; "
        "all {chunks} parts match. {log}",
    ),
    State.ALTERED: Bilingual(
        "{finding}{rest}向簽發者索取原檔。",
        "{finding}{rest} Ask the issuer for the original.",
    ),
    State.BAD_SIGNATURE: Bilingual(
        "簽章不成立：{header}與簽章不符，整份履歷護照都不能採信。向簽發者索取原檔。",
        "The signature does not hold: {header} does not fit it, so nothing in the passport is proven. "
        "Ask the issuer for the original.",
    ),
    State.UNTRUSTED: Bilingual(
        "內容與簽章相符，但金鑰 {key_id} 不在信任清單，不能證明簽發者是「{issuer}」。"
        "另以電話等管道向簽發者核對金鑰編號，再把 .pub 檔放進 SAMEGAUGE_HOME/keys/trusted，或用 --key 指定。",
        "The content fits the signature, but key {key_id} is not trusted here, so it is not proven that "
        "“{issuer}” issued it. "
        "Check the key number with the issuer by another channel, then put its .pub file into "
        "SAMEGAUGE_HOME/keys/trusted or name it with --key.",
    ),
    State.PAGES_ALTERED: Bilingual(
        "附在 PDF 裡的履歷護照是 {serial} 的原件，但 PDF 頁面不是簽發時的原樣，印出的數值不能採信。"
        "以下列數值為準，並向簽發者索取原檔。",
        "The passport attached to the PDF is the original of {serial}, but the PDF around it is not as issued: "
        "do not rely on its printed values. Use those listed here and ask the issuer for the original.",
    ),
    State.NOT_ATTACHED: Bilingual(
        "這份 PDF 沒有正好附上一份可讀的履歷護照，無法驗證；列印或另存的副本不帶附件。向簽發者索取原檔。",
        "The PDF does not carry exactly one readable passport, so it cannot be verified; a copy printed or saved anew "
        "has no attachment. Ask the issuer for the original.",
    ),
    State.TRUNCATED: Bilingual(
        "檔案只有前 {offset} 位元組，後面缺了，無法驗證。重新下載，或向簽發者索取原檔。",
        "The file ends after {offset} bytes and the rest is missing, so it cannot be verified. "
        "Download it again or ask the issuer for the original.",
    ),
    State.NOT_A_PASSPORT: Bilingual(
        "這不是 samegauge 的履歷護照。選擇簽發者給的 .json 或 .pdf 檔。",
        "This is not a samegauge passport. Choose the .json or .pdf file from the issuer.",
    ),
    State.NOT_IN_LOG: Bilingual(
        "{serial} 的履歷護照由金鑰 {key_id} 簽署，但它的事件不在它所附的紀錄裡：簽發者的歷史前後不一。"
        "向簽發者與見證人查詢。",
        "The passport of {serial} is signed with key {key_id}, but its events do not stand in the log that it carries: "
        "the issuer's history contradicts itself. Ask the issuer and the witness.",
    ),
    State.NEWER_VERSION: Bilingual(
        "這份履歷護照的格式比這套軟體新，無法驗證。更新 samegauge 後再試。",
        "The passport's format is newer than this software, so it cannot be verified. Update samegauge and try again.",
    ),
}


def chunk_name(chunk: str) -> Bilingual:
    """How people call a chunk; operations and inspections count from 1."""
    group, _, number = chunk.partition("/")
    names = _CHUNK_NAMES.get(group)
    if names is None or (number and not number.isdecimal()):
        shown = visible_text(chunk, _SHOWN)
        return Bilingual(f"「{shown}」", f"“{shown}”")
    count = int(number[:9]) + 1 if number else 0
    return Bilingual(names.zh.format(n=count), names.en.format(n=count))


def verdict_text(verdict: Verdict) -> Bilingual:
    finding = verdict.finding or Finding("", "", Change.CHANGED)
    found, header = _finding_text(finding), _header_text(finding)
    texts: list[str] = []
    for zh, template in ((True, _TEXTS[verdict.state].zh), (False, _TEXTS[verdict.state].en)):
        sentence = template.format(
            serial=visible_text(verdict.serial, _SHOWN),
            issuer=visible_text(verdict.issuer, _SHOWN),
            trusted_as=visible_text(verdict.trusted_as, _SHOWN),
            key_id=visible_text(verdict.key_id, _SHOWN),
            chunks=verdict.chunks,
            offset=finding.offset,
            finding=found.zh if zh else found.en,
            header=header.zh if zh else header.en,
            rest=_rest(verdict, zh=zh),
            log=_log_text(verdict, zh=zh),
        )
        texts.append(sentence if zh else sentence[:1].upper() + sentence[1:])
    return Bilingual(*texts)


def facts(verdict: Verdict) -> tuple[Fact, ...]:
    """What a genuine attachment says, to be compared with the paper; empty when nothing is proven.

    What it leaves open, such as the revision of a part that has none, is left out.
    """
    passport = verdict.passport
    if passport is None:
        return ()
    statuses = [entry.status for inspection in passport.inspections for entry in inspection.characteristics]
    counts = ", ".join(f"{status.value} {statuses.count(status)}" for status in Status if status in statuses)
    log = verdict.log
    rows = (
        ("serial", Bilingual("序號", "Serial"), passport.identity.serial),
        ("item", Bilingual("料號與名稱", "Item"), f"{passport.identity.item} {passport.identity.item_name}".strip()),
        ("revision", Bilingual("版次", "Revision"), passport.identity.revision),
        ("maker", Bilingual("製造者", "Maker"), passport.identity.maker),
        ("issuer", Bilingual("簽發者自稱", "Issuer, by its own word"), passport.issuer),
        ("issued_at", Bilingual("簽發時間（UTC）", "Issued (UTC)"), f"{passport.issued_at:%Y-%m-%d %H:%M:%S}"),
        (
            "characteristics",
            Bilingual("檢驗的特性", "Characteristics"),
            f"{len(statuses)} ({counts})" if counts else "0",
        ),
        ("operations", Bilingual("工序數", "Operations"), str(len(passport.operations))),
        ("provenance", Bilingual("模擬、假設、推論", "Simulated, assumed, inferred"), str(len(passport.provenance))),
        ("log", Bilingual("事件紀錄與筆數", "Log of events, entries"), f"{log.origin} · {log.size}" if log else "—"),
        (
            "witnesses",
            Bilingual("見證人", "Witnesses"),
            ", ".join(f"{name} {at:%Y-%m-%d %H:%M:%S}Z" for name, at in log.seen) if log and log.seen else "—",
        ),
    )
    return tuple(Fact(name, label, visible_text(value, _SHOWN)) for name, label, value in rows if value)


def _finding_text(finding: Finding) -> Bilingual:
    chunk, template = chunk_name(finding.chunk), _FINDINGS[finding.change]
    field = visible_text(finding.field, _SHOWN)
    return Bilingual(
        template.zh.format(
            chunk=chunk.zh,
            field=f"的欄位 {field} " if field else "",
            offset=finding.offset,
            place="" if finding.offset is None else f"，從第 {finding.offset} 位元組起無法讀取",
        ),
        template.en.format(
            chunk=chunk.en,
            field=f", field {field}" if field else "",
            offset=finding.offset,
            place="" if finding.offset is None else f" and unreadable from byte {finding.offset}",
        ),
    )


def _header_text(finding: Finding) -> Bilingual:
    field = visible_text(finding.field, _SHOWN)
    if not field:
        return Bilingual("簽章目錄或簽章本身", "the signed header or the signature itself")
    return Bilingual(f"簽章目錄的欄位 {field} ", f"the field {field} of the signed header")


def _log_text(verdict: Verdict, *, zh: bool) -> str:
    log = verdict.log
    if log is None:
        return (
            "它不附紀錄的證明，無法證明簽發者沒有改寫過自己的歷史。"
            if zh
            else "It carries no proof of the log: that the issuer never rewrote its own history is not proven."
        )
    names = [visible_text(name, _SHOWN) for name, _at in log.seen]
    if not names:
        return (
            f"{log.events} 筆事件都在簽發者簽署的紀錄中，但這裡信任的見證人都沒有簽署該紀錄。"
            if zh
            else f"Its {log.events} events stand in the log that the issuer signed; "
            "no witness believed here has signed it."
        )
    if zh:
        return f"{log.events} 筆事件都在紀錄中，見證人 {'、'.join(names)} 已見過並簽署該紀錄。"
    return f"Its {log.events} events stand in a log that {', '.join(names)} has seen and signed."


def _rest(verdict: Verdict, *, zh: bool) -> str:
    if not verdict.chunks:
        return "其餘未驗證。" if zh else "the rest was not verified."
    if zh:
        return f"其他 {verdict.matching} 段相符。"
    return f"the other {verdict.matching} parts match."
