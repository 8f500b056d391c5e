"""What stands on the printed passport: bilingual where the words are ours, verbatim where the record's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from samegauge.formats.canonical import JsonValue, canonical_bytes
from samegauge.formats.passport import Bilingual, Passport, Provenance, ProvenanceKind, Status, chunk_name
from samegauge.formats.plain_text import visible_text

if TYPE_CHECKING:
    from samegauge.formats.log_proof import LogProof
    from samegauge.formats.passport import Characteristic, Component, Inspection, Operation, RecordedEvent

Row = dict[str, Any]

MOST_COMPONENTS = 500
MOST_EVENTS = 60
MOST_DOCUMENTS = 200
LONGEST_TEXT = 160
LONGEST_EVIDENCE = 800
_LONGEST_PAYLOAD = 160
_DECIMALS = {"mm": 4, "in": 5, "µm": 1, "um": 1, "deg": 4, "rad": 6}
_OTHER_DECIMALS = 4
_MOST_DECIMALS = 9
_DEEPEST_INDENT = 8

STATUS_WORDS = {
    Status.PASSED: Bilingual("合格", "Pass"),
    Status.FAILED: Bilingual("不合格", "Fail"),
    Status.UNDECIDED: Bilingual("無法判定", "Undecided"),
    Status.NOT_JUDGED: Bilingual("未判定", "Not judged"),
}
PROVENANCE_WORDS = {
    ProvenanceKind.SIMULATED: Bilingual("模擬資料", "Simulated"),
    ProvenanceKind.ASSUMED: Bilingual("假設值", "Assumed"),
    ProvenanceKind.INFERRED: Bilingual("推論", "Inferred"),
    ProvenanceKind.UNCERTAIN: Bilingual("不確定", "Uncertain"),
}


@dataclass(frozen=True, slots=True)
class Printing:
    """The passport with what only the paper needs: the time zone and the notes by the chunk they speak of."""

    passport: Passport
    zone: ZoneInfo

    def tags(self, chunk: str) -> list[Row]:
        notes = [note for note in self.passport.provenance if f"{note.about}/".startswith(f"{chunk}/")]
        kinds = dict.fromkeys(note.kind for note in notes)
        return [_pair(PROVENANCE_WORDS[kind]) for kind in kinds]

    def time(self, moment: datetime | None) -> str:
        return f"{moment.astimezone(self.zone):%Y-%m-%d %H:%M:%S}" if moment else "—"


def passport_sheet(passport: Passport, header: Row, zone: str) -> Row:
    """Everything the template prints; `header` is the signed header of the same passport."""
    printing = Printing(passport, ZoneInfo(zone))
    identity = passport.identity
    return {
        "serial": printable(identity.serial),
        "maker": printable(identity.maker),
        "facts": [
            _fact("料號", "Item", f"{identity.item}　{identity.item_name}".strip()),
            _fact("版次", "Revision", identity.revision),
            _fact("製造者", "Maker", identity.maker),
            _fact("簽發者", "Issuer", passport.issuer),
            _fact("簽發時間", "Issued", printing.time(passport.issued_at)),
            _fact("時區", "Time zone", f"{zone} (UTC{passport.issued_at.astimezone(printing.zone):%z})"),
        ],
        "tags": printing.tags("identity"),
        "verdict": _verdict(passport),
        "components": _limited([_component(row, printing) for row in passport.as_built], MOST_COMPONENTS),
        "component_tags": printing.tags("as_built"),
        "operations": [_operation(row, number, printing) for number, row in enumerate(passport.operations)],
        "inspections": [_inspection(row, number, printing) for number, row in enumerate(passport.inspections)],
        "documents": _limited(
            [
                {"name": printable(row.name), "kind": printable(row.kind or "—"), "sha256": printable(row.sha256)}
                for row in passport.documents
            ],
            MOST_DOCUMENTS,
        ),
        "event_tags": printing.tags("events"),
        "events": _limited([_event(row, printing) for row in passport.events], MOST_EVENTS),
        "provenance": [_note(note) for note in passport.provenance],
        "key_id": header["key_id"],
        "chunks": [
            {**_pair(chunk_name(row["name"])), "fields": row["fields"], "root": row["root"]} for row in header["chunks"]
        ],
    }


def log_sheet(proof: LogProof | None) -> Row | None:
    """What stands beside the code of the log: by these numbers somebody with a copy of the log finds its state."""
    if proof is None:
        return None
    stated = proof.signed.checkpoint
    return {"origin": printable(stated.origin), "size": stated.size, "place": proof.index, "root": stated.root.hex()}


def printable(text: str, longest: int = LONGEST_TEXT) -> str:
    return visible_text(text, longest) or "—"


def number(value: float | None, decimals: int, *, signed: bool = False) -> str:
    """Fixed decimals, thousands separated, a real minus sign."""
    if value is None:
        return "—"
    text = f"{value:{'+' if signed else ''},.{decimals}f}"
    if float(text.replace(",", "")) == 0:
        text = text.lstrip("+-")
    return text.replace("-", "−")


def decimals_for(entry: Characteristic) -> int:
    """As many as the unit needs, and more where rounding would move the value across its limit."""
    decimals = _DECIMALS.get(entry.unit, _OTHER_DECIMALS)
    if entry.actual is None:
        return decimals
    limits = [
        (entry.nominal or 0.0) + deviation
        for deviation in (entry.tolerance_lower, entry.tolerance_upper)
        if deviation is not None
    ]
    while decimals < _MOST_DECIMALS and any(_hidden(entry.actual, limit, decimals) for limit in limits):
        decimals += 1
    return decimals


def tolerance_text(entry: Characteristic) -> str:
    lower, upper = entry.tolerance_lower, entry.tolerance_upper
    if lower is None and upper is None:
        return "—"
    if entry.nominal is None:
        zone = [f"≥ {_trimmed(lower)}"] if lower is not None else []
        return "  ".join(zone + ([f"≤ {_trimmed(upper)}"] if upper is not None else []))
    if lower is not None and upper is not None and _trimmed(-lower) == _trimmed(upper):
        return f"±{_trimmed(upper)}"
    return " / ".join(_trimmed(value, signed=True) for value in (lower, upper) if value is not None)


def _hidden(actual: float, limit: float, decimals: int) -> bool:
    return (actual > limit) != (round(actual, decimals) > round(limit, decimals)) or (actual < limit) != (
        round(actual, decimals) < round(limit, decimals)
    )


def _trimmed(value: float, *, signed: bool = False) -> str:
    text = number(value, _MOST_DECIMALS - 3, signed=signed)
    return text.rstrip("0").rstrip(".") if "." in text else text


def _pair(words: Bilingual) -> Row:
    return {"zh": words.zh, "en": words.en}


def _fact(zh: str, en: str, value: str) -> Row:
    return {"zh": zh, "en": en, "value": printable(value)}


def _limited(rows: list[Row], most: int) -> Row:
    return {"rows": rows[:most], "left_out": max(0, len(rows) - most)}


def _verdict(passport: Passport) -> Row:
    statuses = [entry.status for inspection in passport.inspections for entry in inspection.characteristics]
    if not statuses:
        return {"zh": "這份履歷護照沒有檢驗紀錄。", "en": "This passport holds no inspection.", "bad": False}
    counts = [(STATUS_WORDS[status], statuses.count(status)) for status in Status if status in statuses]
    return {
        "zh": f"{len(statuses)} 項檢驗特性：" + "、".join(f"{count} 項{words.zh}" for words, count in counts) + "。",
        "en": f"{len(statuses)} inspected characteristics: "
        + ", ".join(f"{count} {words.en.lower()}" for words, count in counts)
        + ".",
        "bad": Status.FAILED in statuses,
    }


def _component(row: Component, printing: Printing) -> Row:
    return {
        "indent": min(max(row.level - 1, 0), _DEEPEST_INDENT),
        "serial": printable(row.serial),
        "item": printable(f"{row.item} {row.revision}".strip()),
        "position": printable(row.position),
        "installed": printing.time(row.installed_at),
        "removed": printing.time(row.removed_at),
        "struck": row.removed_at is not None,
    }


def _operation(row: Operation, place: int, printing: Printing) -> Row:
    return {
        "name": printable(row.name),
        "machine": printable(row.machine),
        "program": printable(" ".join(part for part in (row.program, row.program_revision) if part)),
        "sha256": printable(row.program_sha256[:16]),
        "started": printing.time(row.started_at),
        "ended": printing.time(row.ended_at),
        "cycle": number(row.cycle_time_s, 1),
        "tags": printing.tags(f"operations/{place}"),
    }


def _inspection(row: Inspection, place: int, printing: Printing) -> Row:
    return {
        "name": printable(row.name),
        "device": printable(row.device),
        "measured": printing.time(row.measured_at),
        "source": printable(row.source),
        "sha256": printable(row.source_sha256[:16]),
        "tags": printing.tags(f"inspections/{place}"),
        "rows": [_characteristic(entry) for entry in row.characteristics],
    }


def _characteristic(entry: Characteristic) -> Row:
    decimals = decimals_for(entry)
    deviation = entry.actual - entry.nominal if entry.actual is not None and entry.nominal is not None else None
    uncertainty = ""
    if entry.expanded_uncertainty is not None:
        factor = f" (k = {_trimmed(entry.coverage_factor)})" if entry.coverage_factor is not None else ""
        uncertainty = f"U = {_trimmed(entry.expanded_uncertainty)}{factor}"
    return {
        "designator": printable(entry.designator),
        "name": printable(entry.name),
        "nominal": number(entry.nominal, decimals),
        "tolerance": tolerance_text(entry),
        "actual": number(entry.actual, decimals),
        "uncertainty": uncertainty,
        "deviation": number(deviation, decimals, signed=True),
        "unit": printable(entry.unit),
        "status": _pair(STATUS_WORDS[entry.status]),
        "bad": entry.status is Status.FAILED,
    }


def _event(row: RecordedEvent, printing: Printing) -> Row:
    payload = row.record.get("payload")
    return {
        "kind": printable(_text(row.record.get("kind"))),
        "time": _event_time(_text(row.record.get("device_time")), printing),
        "actor": printable(_text(row.record.get("actor"))),
        "payload": visible_text(canonical_bytes(payload).decode("utf-8"), _LONGEST_PAYLOAD) if payload else "—",
        "leaf": printable(row.leaf_hash[:16]),
    }


def _event_time(text: str, printing: Printing) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return printable(text)
    return printing.time(moment) if moment.tzinfo else printable(text)


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else ""


def _note(note: Provenance) -> Row:
    parts = note.about.split("/")
    depth = 2 if parts[0] in {"operations", "inspections"} else 1
    chunk, field = chunk_name("/".join(parts[:depth])), "/".join(parts[depth:])
    return {
        **_pair(PROVENANCE_WORDS[note.kind]),
        "about_zh": printable(f"{chunk.zh} {field}".strip()),
        "about_en": printable(f"{chunk.en} {field}".strip()),
        "evidence_zh": printable(note.evidence_zh, LONGEST_EVIDENCE),
        "evidence_en": printable(note.evidence_en, LONGEST_EVIDENCE),
    }
