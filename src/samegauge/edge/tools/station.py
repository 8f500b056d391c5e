"""Between the platform and the tool: unlocks the tool for the step that is open at a station, and records the result.

While the platform is not reached no new step is opened, so the tool stays locked.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from samegauge.edge.stations.work import LOOK_EVERY_S, HubError, asked_by, open_step
from samegauge.edge.tools.orders import Order
from samegauge.edge.tools.tool import BlockedError
from samegauge.quantities.errors import QuantityError
from samegauge.quantities.units import convert, unit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from samegauge.edge.stations.work import Hub, Json, Tell
    from samegauge.edge.tools.ledger import Kept, Ledger
    from samegauge.edge.tools.tool import TorqueTool

WITHHELD: Final = "withheld"
# After one of these the platform still shows the step as open; without a person it would be tightened for ever.
_IN_VAIN: Final = frozenset({WITHHELD, "refused", "conflict"})


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
    """Return what the tool may do: the open step, if it is a torque."""
    found = open_step(work)
    if found is None:
        return None
    one, step = found
    parameter_set = duty.parameter_set(step["key"])
    if step["kind"] != "value" or not parameter_set or not _is_torque(step.get("unit_code", "")):
        return None
    return Order(**asked_by(one, step, duty.station, duty.instrument), parameter_set=parameter_set)


def entry_of(kept: Kept) -> dict[str, Any]:
    """Write a result as the entry of its step."""
    return kept.order.entry(kept.entry, kept.taken_at, round(_torque(kept), 6))


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
                self._tell(f"{error} The tool stays locked for new steps.", f"{error.zh}新步驟的工具維持鎖定。")
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
    return not kept.tightening.ok and kept.order.holds(_torque(kept))


def _torque(kept: Kept) -> float:
    one = kept.tightening
    return convert(one.torque, source=one.torque_unit, target=kept.order.unit_code)


def _is_torque(unit_code: str) -> bool:
    try:
        return unit(unit_code).dimension == "torque"
    except QuantityError:
        return False
