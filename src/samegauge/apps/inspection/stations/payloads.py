"""What an entry of each kind must carry; anything else is refused with the field that is wrong."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any
from uuid import UUID

from samegauge.apps.inspection.stations.reasons import said
from samegauge.quantities.errors import QuantityError
from samegauge.quantities.units import unit as declared_unit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from samegauge.apps.inspection.plans.models import ProcedureStep
    from samegauge.apps.inspection.stations.reasons import Said

    Payload = dict[str, Any]

LONGEST_TEXT = 2000
LONGEST_REASON = 500
LONGEST_SERIAL = 100
LONGEST_NUMBER = 50
LARGEST_VALUE = 1e12
MOST_PHOTO_BYTES = 8 * 2**20
SHA256 = re.compile(r"[0-9a-f]{64}")


class RefusedEntryError(Exception):
    """An entry that can never be valid."""

    def __init__(self, reason: Said, field: str) -> None:
        super().__init__(reason["en"])
        self.reason, self.field = reason, field


def checked_payload(kind: str, payload: Mapping[str, Any], step: ProcedureStep | None) -> Payload:
    """Return what is kept of a payload: the known fields, each of its kind and within its limits."""
    return _CHECKS[kind](payload, step)


def _value(payload: Mapping[str, Any], step: Any) -> Payload:
    value, unit_code = payload.get("value"), _text(payload, "unit_code", LONGEST_NUMBER)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise RefusedEntryError(said(f"{value!r} is no number.", f"{value!r} 不是數字。"), "value")
    if abs(value) > LARGEST_VALUE:
        raise RefusedEntryError(said(f"{value:g} is too large.", f"{value:g} 太大。"), "value")
    if not _same_unit(unit_code, step.unit_code):
        text = said(
            f'The value is in "{unit_code}"; this step takes {step.unit_code}. Measure again in that unit.',
            f"數值的單位是「{unit_code}」；這個步驟用 {step.unit_code}。改用這個單位重新量測。",
        )
        raise RefusedEntryError(text, "unit_code")
    instrument = _text(payload, "instrument", LONGEST_NUMBER)
    return {"value": float(value), "unit_code": step.unit_code, "instrument": instrument}


def _same_unit(stated: str, wanted: str) -> bool:
    if stated == wanted:
        return True
    try:
        return declared_unit(stated) == declared_unit(wanted)
    except QuantityError:
        return False


def _check(payload: Mapping[str, Any], _step: Any) -> Payload:
    done = payload.get("done")
    if not isinstance(done, bool):
        raise RefusedEntryError(said("A check is done or not: true or false.", "確認只能是 true 或 false。"), "done")
    return {"done": done}


def _choice(payload: Mapping[str, Any], step: Any) -> Payload:
    choice = _text(payload, "choice", LONGEST_TEXT)
    if choice not in {str(one["value"]) for one in step.choices}:
        raise RefusedEntryError(said(f'"{choice}" is none of the choices.', f"「{choice}」不在選項中。"), "choice")
    return {"choice": choice}


def _photo(payload: Mapping[str, Any], _step: Any) -> Payload:
    sha256, size = _text(payload, "sha256", LONGEST_TEXT), payload.get("bytes")
    if not SHA256.fullmatch(sha256):
        raise RefusedEntryError(said("That is no SHA-256.", "這不是 SHA-256。"), "sha256")
    if isinstance(size, bool) or not isinstance(size, int) or not 0 < size <= MOST_PHOTO_BYTES:
        raise RefusedEntryError(said("A picture has 1 byte to 8 MiB.", "照片大小須在 1 位元組到 8 MiB 之間。"), "bytes")
    return {"sha256": sha256, "name": _text(payload, "name", 255), "bytes": size}


def _part(payload: Mapping[str, Any], _step: Any) -> Payload:
    return {"serial": _text(payload, "serial", LONGEST_SERIAL, needed=True)}


def _signature(payload: Mapping[str, Any], _step: Any) -> Payload:
    return {"meaning": _text(payload, "meaning", LONGEST_REASON)}


def _note(payload: Mapping[str, Any], _step: Any) -> Payload:
    return {"text": _text(payload, "text", LONGEST_TEXT, needed=True)}


def _nothing(_payload: Mapping[str, Any], _step: Any) -> Payload:
    return {}


def _override(payload: Mapping[str, Any], _step: Any) -> Payload:
    return {"reason": _text(payload, "reason", LONGEST_REASON, needed=True)}


def _withdraw(payload: Mapping[str, Any], _step: Any) -> Payload:
    named = _text(payload, "entry", LONGEST_REASON, needed=True)
    try:
        entry = str(UUID(named))
    except ValueError as error:
        raise RefusedEntryError(said("That is no entry's identifier.", "這不是紀錄的識別碼。"), "entry") from error
    return {"entry": entry, "reason": _text(payload, "reason", LONGEST_REASON, needed=True)}


def _text(payload: Mapping[str, Any], name: str, longest: int, *, needed: bool = False) -> str:
    text = payload.get(name, "")
    if not isinstance(text, str) or "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise RefusedEntryError(said(f"{name} is no text.", f"{name} 不是文字。"), name)
    text = text.strip()
    if len(text) > longest:
        raise RefusedEntryError(
            said(f"{name} is longer than {longest} characters.", f"{name} 超過 {longest} 個字元。"), name
        )
    if needed and not text:
        raise RefusedEntryError(said(f"{name} is missing.", f"缺少 {name}。"), name)
    return text


_CHECKS: dict[str, Callable[[Mapping[str, Any], Any], Payload]] = {
    "value": _value,
    "check": _check,
    "choice": _choice,
    "photo": _photo,
    "part": _part,
    "signature": _signature,
    "note": _note,
    "finish": _nothing,
    "override": _override,
    "withdraw": _withdraw,
}
