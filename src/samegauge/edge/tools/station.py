"""Between the platform and the tool: unlocks the tool for the step that is open at a station, and records the result.

What is open is the platform's word (`GET /api/stations/{code}/work`), read with the token of the person at the tool;
while the platform is not reached no new step is opened, so the tool stays locked.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

from samegauge.edge.tools.orders import Order
from samegauge.edge.tools.tool import BlockedError
from samegauge.quantities.errors import QuantityError
from samegauge.quantities.units import convert, unit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from samegauge.edge.tools.ledger import Kept, Ledger
    from samegauge.edge.tools.tool import Tell, TorqueTool

    Json: TypeAlias = Mapping[str, Any]

LOOK_EVERY_S: Final = 2.0
WITHHELD: Final = "withheld"
# After one of these the platform still shows the step as open; without a person it would be tightened for ever.
_IN_VAIN: Final = frozenset({WITHHELD, "refused", "conflict"})


class HubError(Exception):
    """The platform is not reached or does not do what it is asked."""

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self.zh = zh


class Hub(Protocol):
    async def work(self) -> Json:
        """Return what is to be done at the station."""
        ...

    async def record(self, entries: Sequence[Json]) -> Json:
        """Send entries; the answer has one result for each."""
        ...


@dataclass(frozen=True)
class Duty:
    """Which tool this is; `parameter_sets` by key of step, "" for those not named; 0 leaves a step to the hand."""

    station: str
    parameter_sets: Mapping[str, int]
    instrument: str = ""
    attempts: int = 1

    def parameter_set(self, step: str) -> int:
        return self.parameter_sets.get(step, self.parameter_sets.get("", 0))


def open_order(work: Json, duty: Duty) -> Order | None:
    """Return what the tool may do: the first open step of the one unit that is here, if it is a torque."""
    here = [one for one in work["units"] if one["state"] == "here" and _is_begun_or_alone(one, work["units"])]
    if len(here) != 1:
        return None
    (one,) = here
    standing = _standing(one["entries"])
    for step in one["procedure"]["steps"]:
        answers = [entry for entry in standing if entry["step"] == step["key"]]
        if answers and not answers[-1].get("reason"):
            continue
        # A reading outside the limits keeps the tool locked until a person withdraws it.
        return None if answers or not step["required"] else _order(one, step, duty)
    return None


def entry_of(kept: Kept) -> dict[str, Any]:
    """Write a result as the entry of its step."""
    order, one = kept.order, kept.tightening
    value = convert(one.torque, source=one.torque_unit, target=order.unit_code)
    return {
        "id": str(kept.entry),
        "unit": order.unit,
        "station": order.station,
        "procedure": order.procedure,
        "step": order.step,
        "kind": "value",
        "device_time": kept.taken_at.isoformat().replace("+00:00", "Z"),
        "payload": {"value": round(value, 6), "unit_code": order.unit_code, "instrument": order.instrument},
    }


class ToolAtStation:
    def __init__(self, tool: TorqueTool, hub: Hub, ledger: Ledger, duty: Duty, tell: Tell) -> None:
        self._tool, self._hub, self._ledger, self._duty, self._tell = tool, hub, ledger, duty, tell

    async def run(self) -> None:
        """Follow the station until cancelled."""
        while True:
            try:
                if (order := await self._asked()) is None:
                    await asyncio.sleep(LOOK_EVERY_S)
                else:
                    await self._fulfil(order)
            except HubError as error:
                self._tell(str(error), error.zh)
                await asyncio.sleep(LOOK_EVERY_S)

    async def _asked(self) -> Order | None:
        """What has not been recorded yet comes first: until then its step looks open."""
        await self._pass_on()
        order = open_order(await self._hub.work(), self._duty)
        if order is not None and self._ledger.times(order, _IN_VAIN) >= self._duty.attempts:
            return None
        return order

    async def _fulfil(self, order: Order) -> None:
        self._tell(
            f"{order.serial}, step {order.step}: the tool is free, parameter set {order.parameter_set}.",
            f"{order.serial} 步驟 {order.step}：工具已解鎖，參數組 {order.parameter_set}。",
        )
        task = asyncio.ensure_future(self._tool.fulfil(order))
        try:
            while not (await asyncio.wait({task}, timeout=LOOK_EVERY_S))[0]:
                if not await self._is_still_open(order):
                    await self._tool.lock()
                    return
            await task
        except BlockedError:
            await asyncio.sleep(LOOK_EVERY_S)
        finally:
            task.cancel()

    async def _is_still_open(self, order: Order) -> bool:
        """While the platform is out of reach, what was open stays open."""
        try:
            return open_order(await self._hub.work(), self._duty) == order
        except HubError:
            return True

    async def _pass_on(self) -> None:
        entries: list[dict[str, Any]] = []
        for kept in self._ledger.outbox():
            if _is_bad_in_good_limits(kept):
                self._ledger.mark_passed_on(kept.entry, WITHHELD)
                self._tell(
                    f"{kept.order.serial}, step {kept.order.step}: the controller says NOK though the torque is within "
                    "the limits. Nothing was recorded; check angle and joint.",
                    f"{kept.order.serial} 步驟 {kept.order.step}：扭矩在界限內，但控制器判定不合格。"
                    "未記錄；檢查角度與接合處。",
                )
            else:
                entries.append(entry_of(kept))
        if not entries:
            return
        answer = await self._hub.record(entries)
        for entry, result in zip(self._ledger.outbox(), answer["results"], strict=True):
            self._ledger.mark_passed_on(entry.entry, result["outcome"])
            if reason := result.get("reason"):
                self._tell(f"{entry.order.serial}: {reason['en']}", f"{entry.order.serial}：{reason['zh']}")


def _is_bad_in_good_limits(kept: Kept) -> bool:
    """A value alone cannot say that its angle was wrong, so it must not close the step."""
    order, one = kept.order, kept.tightening
    value = convert(one.torque, source=one.torque_unit, target=order.unit_code)
    below = order.lower is not None and value < order.lower
    above = order.upper is not None and value > order.upper
    return not one.ok and not below and not above


def _is_begun_or_alone(one: Json, units: Iterable[Json]) -> bool:
    """Of several units at a station the one that was begun; who works on two at once works by hand."""
    begun = [other for other in units if other["state"] == "here" and _standing(other["entries"])]
    return one in begun if begun else True


def _standing(entries: Iterable[Json]) -> list[Json]:
    counted = sorted(
        (one for one in entries if one.get("outcome") not in {"conflict", "refused"}),
        key=lambda one: (one.get("at") or one["device_time"], one["id"]),
    )
    gone = {one["payload"].get("entry") for one in counted if one["kind"] == "withdraw"}
    return [one for one in counted if one["kind"] != "withdraw" and one["id"] not in gone]


def _order(one: Json, step: Json, duty: Duty) -> Order | None:
    parameter_set = duty.parameter_set(step["key"])
    if step["kind"] != "value" or not parameter_set or not _is_torque(step.get("unit_code", "")):
        return None
    return Order(
        unit=one["uid"],
        serial=one["serial"],
        station=duty.station,
        procedure=one["procedure"]["uid"],
        step=step["key"],
        parameter_set=parameter_set,
        unit_code=step["unit_code"],
        lower=step.get("lower"),
        upper=step.get("upper"),
        instrument=duty.instrument,
    )


def _is_torque(unit_code: str) -> bool:
    try:
        return unit(unit_code).dimension == "torque"
    except QuantityError:
        return False
