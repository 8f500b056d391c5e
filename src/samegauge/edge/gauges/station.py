"""Between a gauge and the platform: a reading becomes the value of the step that is open, or is kept and told.

A reading answers the step that was open when it was heard, and only if that step is open still when it is sent: a step
that somebody else has answered meanwhile is not written over. While the platform is away, what was open stays open for
a while, as on a tablet without network; nobody knows what is open later.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from samegauge.edge.stations.work import LOOK_EVERY_S, Asked, HubError, asked_by, open_step
from samegauge.formats.gauge_strings import GaugeStringError, read_gauge, value_in
from samegauge.formats.plain_text import visible_text
from samegauge.quantities.errors import QuantityError
from samegauge.quantities.units import unit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from samegauge.edge.gauges.ledger import Kept, Ledger
    from samegauge.edge.gauges.lines import Line
    from samegauge.edge.stations.work import Hub, Json, Tell

# Nobody measures two things in one second: a button that bounced, or a gauge that sends by itself.
REPEATED_WITHIN_S: Final = 1.0
STANDS_FOR_S: Final = 900.0
_SHOWN = 40
_DIGITS = 12


@dataclass(frozen=True)
class Duty:
    """`channel` is the gauge's input at a multiplexer, without leading zeros."""

    station: str
    instrument: str
    channel: str = "1"


@dataclass(frozen=True)
class Unused:
    """Why a reading answers nothing; `reason` is what the ledger keeps."""

    reason: str
    en: str
    zh: str


PART = Unused("part", "only a part of a line arrived. Send it again.", "只收到一部分。再送一次。")
REPEATED = Unused(
    "repeated",
    "it follows another line within a second. Set the gauge to one line for each reading, without continuous output.",
    "與前一行相隔不到一秒。將量具設為每筆讀值一行，並關閉連續輸出。",
)
UNKNOWN = Unused(
    "unknown_work",
    "what is open at the station is not known while the platform is not reached. Measure again later.",
    "連不上平台，不知道站上開放的步驟。稍後重新量測。",
)
OVERTAKEN = Unused(
    "overtaken",
    "its step is not open any more, or another one before it. Look at the tablet and measure again.",
    "步驟已不再開放，或前面有其他步驟。看平板後重新量測。",
)
NOTHING_OPEN = Unused(
    "nothing_open",
    "no step is open for it: no unit is here, several are, or a person has to act first.",
    "沒有開放的步驟：站上沒有機台或有多台，或須先由人員處理。",
)


def asked_now(work: Json, duty: Duty) -> Asked | Unused:
    """Return what the station asks of this gauge: the value of its open step, if the instrument fits."""
    found = open_step(work)
    if found is None:
        return NOTHING_OPEN
    one, step = found
    place = f"{one['serial']}, step {step['key']}", f"{one['serial']} 步驟 {step['key']}"
    if step["kind"] != "value":
        return Unused("no_value_step", f"{place[0]} takes no value.", f"{place[1]} 不需要數值。")
    if fault := _instrument_fault(work, step, duty, place):
        return fault
    return Asked(**asked_by(one, step, duty.station, duty.instrument))


def value_for(line: Line, asked: Asked, duty: Duty) -> float | Unused:
    """Return a reading in the unit of the step."""
    try:
        reading = read_gauge(line.text)
        value = value_in(reading, _symbol(asked.unit_code))
    except GaugeStringError as error:
        return Unused(error.reason, error.reason_en, error.reason_zh)
    channel = reading.channel.lstrip("0")
    if channel and channel != duty.channel:
        return Unused(
            "other_channel",
            f"it is of channel {channel}, not {duty.channel}. Connect the gauge there, or choose with --channel.",
            f"來自通道 {channel}，不是 {duty.channel}。改接該通道，或以 --channel 指定。",
        )
    return value if value == reading.value else float(f"{value:.{_DIGITS}g}")


class GaugeAtStation:
    """`tell` hears what a person at the gauge should know: English, 中文."""

    def __init__(self, hub: Hub, ledger: Ledger, duty: Duty, tell: Tell) -> None:
        self._hub, self._ledger, self._duty, self._tell = hub, ledger, duty, tell
        self._work: Json | None = None
        self._seen_s = 0.0
        self._heard_s = -REPEATED_WITHIN_S
        self._asked: Asked | Unused = UNKNOWN
        self._told: object = None
        self._heard = asyncio.Event()

    def hear(self, line: Line) -> None:
        """Keep a line of the gauge and say at once what becomes of it."""
        now_s = asyncio.get_running_loop().time()
        unused = self._unused(line, now_s)
        self._heard_s = now_s
        kept = self._ledger.keep(line, self._asked if isinstance(self._asked, Asked) and not unused else None)
        if unused:
            self._set_aside(kept, unused)
        elif (entry := self._entry(kept)) is not None:
            self._tell_taken(kept, entry)
            self._ask_next()
            self._heard.set()

    async def run(self) -> None:
        """Follow the station until cancelled."""
        while True:
            self._heard.clear()
            try:
                await self._look()
            except HubError as error:
                self._tell_state(str(error), f"{error} Readings are kept.", f"{error.zh}讀值已保存。")
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_S):
                    await self._heard.wait()

    async def _look(self) -> None:
        asked_s = asyncio.get_running_loop().time()
        work = await self._hub.work()
        if await self._pass_on(work):
            work = await self._hub.work()
        self._work, self._seen_s = work, asked_s
        self._ask_next()

    async def _pass_on(self, work: Json) -> bool:
        """Send what is kept for a step; True where anything was sent."""
        entries: list[dict[str, Any]] = []
        waiting = {str(kept.entry): kept for kept in self._ledger.outbox() if _is_of(kept, self._duty)}
        for kept in waiting.values():
            if not kept.tried and not _is_open(kept, asked_now(_with_own(work, entries), self._duty)):
                self._set_aside(kept, OVERTAKEN)
            elif (entry := self._entry(kept)) is not None:
                entries.append(entry)
        if not entries:
            return False
        self._ledger.mark_tried(waiting[entry["id"]].entry for entry in entries)
        for result in (await self._hub.record(entries))["results"]:
            kept = waiting[result["id"]]
            self._ledger.answer(kept.entry, result["outcome"])
            if kept.asked and (reason := result.get("reason")):
                self._tell(f"{kept.asked.serial}: {reason['en']}", f"{kept.asked.serial}：{reason['zh']}")
        return True

    def _ask_next(self) -> None:
        """What is open, this gauge's own readings counted, whether or not the platform has them."""
        if self._work is None:
            return
        own = [self._entry(kept) for kept in self._ledger.counted()]
        self._asked = asked = asked_now(_with_own(self._work, [one for one in own if one]), self._duty)
        if isinstance(asked, Unused):
            self._tell_state(asked, f"Not waiting for a reading: {asked.en}", f"目前不等待讀值：{asked.zh}")
        else:
            self._tell_state(
                asked,
                f"{asked.serial}, step {asked.step}: waiting for a reading, {asked.unit_code}.",
                f"{asked.serial} 步驟 {asked.step}：等待讀值，單位 {asked.unit_code}。",
            )

    def _unused(self, line: Line, now_s: float) -> Unused | None:
        if not line.whole:
            return PART
        if now_s - self._heard_s < REPEATED_WITHIN_S:
            return REPEATED
        if isinstance(self._asked, Unused):
            return self._asked
        return UNKNOWN if now_s - self._seen_s > STANDS_FOR_S else None

    def _entry(self, kept: Kept) -> dict[str, Any] | None:
        """Write a reading as the entry of its step; what cannot be read in its unit is set aside."""
        if kept.asked is None:
            return None
        value = value_for(kept.line, kept.asked, self._duty)
        if isinstance(value, Unused):
            self._set_aside(kept, value)
            return None
        return kept.asked.entry(kept.entry, kept.taken_at, value)

    def _set_aside(self, kept: Kept, unused: Unused) -> None:
        self._ledger.answer(kept.entry, unused.reason)
        said = visible_text(kept.line.text, _SHOWN)
        if unused is REPEATED and self._told is REPEATED:
            return
        self._told = unused
        self._tell(f'"{said}" is kept and not used: {unused.en}', f"「{said}」已保存但未使用：{unused.zh}")

    def _tell_taken(self, kept: Kept, entry: Json) -> None:
        if (asked := kept.asked) is not None:
            value = f"{entry['payload']['value']:.{_DIGITS}g} {asked.unit_code}"
            self._tell(f"{asked.serial}, step {asked.step}: {value}", f"{asked.serial} 步驟 {asked.step}：{value}")

    def _tell_state(self, state: object, english: str, chinese: str) -> None:
        if state != self._told:
            self._told = state
            self._tell(english, chinese)


def _instrument_fault(work: Json, step: Json, duty: Duty, place: tuple[str, str]) -> Unused | None:
    if not (wanted := step.get("instrument_kind")):
        return None
    known = next((one for one in work["instruments"] if one["number"] == duty.instrument), None)
    if known is None or known["kind"] != wanted:
        return Unused(
            "other_instrument",
            f"{place[0]} takes an instrument of the kind {wanted}; {duty.instrument} is none in use.",
            f"{place[1]} 要用種類 {wanted} 的量具，{duty.instrument} 不是使用中的這類量具。",
        )
    if not known["usable"]:
        reason = known["reason"]
        return Unused("unusable_instrument", f"{duty.instrument}: {reason['en']}", f"{duty.instrument}：{reason['zh']}")
    return None


def _is_of(kept: Kept, duty: Duty) -> bool:
    """Whether this gauge at this station heard it; what another one left in the file waits for that one."""
    asked = kept.asked
    return asked is not None and (asked.station, asked.instrument) == (duty.station, duty.instrument)


def _is_open(kept: Kept, asked: Asked | Unused) -> bool:
    if kept.asked is None or isinstance(asked, Unused):
        return False
    return replace(asked, lower=None, upper=None) == replace(kept.asked, lower=None, upper=None)


def _with_own(work: Json, own: Iterable[Json]) -> Json:
    """The work with entries that it does not show yet, judged by the limits of their steps."""
    entries = list(own)
    return {**work, "units": [_with_entries(one, entries) for one in work["units"]]}


def _with_entries(one: Json, own: list[Json]) -> Json:
    known = {entry["id"] for entry in one["entries"]}
    added = [entry for entry in own if entry["unit"] == one["uid"] and entry["id"] not in known]
    steps = {step["key"]: step for step in one["procedure"]["steps"]}
    return {**one, "entries": [*one["entries"], *(_judged(entry, steps.get(entry["step"], {})) for entry in added)]}


def _judged(entry: Json, step: Json) -> Json:
    value, lower, upper = entry["payload"]["value"], step.get("lower"), step.get("upper")
    outside = (lower is not None and value < lower) or (upper is not None and value > upper)
    return {**entry, "reason": {"en": "outside"} if outside else None}


def _symbol(unit_code: str) -> str:
    try:
        return unit(unit_code).symbol
    except QuantityError:
        return unit_code
