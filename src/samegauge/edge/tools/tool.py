"""A torque tool under a station's command: locked, except for the tightenings that its open step asks for.

The lock is the controller's own (messages 0042 and 0043). What the tool does while nobody is connected is a setting
of the controller: lock it there without a client ("lock on communication loss"), since nothing here can reach it.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING, Final

from samegauge.edge.tools.ledger import Ledger, NumberReusedError
from samegauge.edge.tools.session import ANSWER_WITHIN_S, NOT_FOUND, OLD_REVISION, LinkLostError, RefusedError, Session
from samegauge.formats.open_protocol import PORT, MessageError, kinds, message, mids
from samegauge.formats.tightening import tightening_from

if TYPE_CHECKING:
    from samegauge.edge.stations.work import Tell
    from samegauge.edge.tools.orders import Order, Progress
    from samegauge.edge.tools.session import World
    from samegauge.formats.open_protocol import Message
    from samegauge.formats.tightening import Tightening

FIRST_WAIT_S: Final = 1.0
LONGEST_WAIT_S: Final = 30.0
_ACKNOWLEDGED_BY = {
    "alarm": "acknowledge_alarm",
    "alarm_status": "acknowledge_alarm_status",
    "alarm_acknowledged": "acknowledge_alarm_acknowledged",
}
# What ends a connection but not the tool: it is tried again.
_BREAKS = (OSError, LinkLostError, RefusedError, MessageError, NumberReusedError)


@dataclass(frozen=True)
class Address:
    """`zone` is that of the controller's clock; `revision` the highest asked for in results."""

    host: str
    port: int = PORT
    zone: tzinfo = UTC
    revision: int = max(kinds()[61].revisions)


class BlockedError(Exception):
    """The controller does not do what an order needs: its parameter set is not there, for example."""

    def __init__(self, refusal: RefusedError) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal


class TorqueTool:
    """`tell` hears what a person at the station should know: English, 中文."""

    def __init__(self, world: World, address: Address, ledger: Ledger, tell: Tell) -> None:
        self._world, self._address, self._ledger, self._tell = world, address, ledger, tell
        self._order: Order | None = None
        self._outcome: asyncio.Future[Progress] | None = None
        self._changed = asyncio.Event()
        self._enabled = False
        self._unlocked_for: Order | None = None
        self._locked = asyncio.Event()
        self._wait_s = FIRST_WAIT_S
        self._revisions = {"result": address.revision, "old_result": max(kinds()[65].revisions)}

    async def run(self) -> None:
        """Keep the tool connected until cancelled."""
        while True:
            try:
                await self._converse()
            except* _BREAKS as errors:
                self._lower_revision(errors)
                reasons = "; ".join(str(error) or type(error).__name__ for error in errors.exceptions)
                self._tell(f"Not connected to the tool: {reasons}", f"未連上工具：{reasons}")
            await asyncio.sleep(self._wait_s)
            self._wait_s = min(2 * self._wait_s, LONGEST_WAIT_S)

    async def fulfil(self, order: Order) -> Progress:
        """Unlock the tool for an order and lock it when the order ends; any other order is given up."""
        if self._outcome and not self._outcome.done():
            self._outcome.cancel()
        self._order, self._outcome = order, asyncio.get_running_loop().create_future()
        self._changed.set()
        return await self._outcome

    async def lock(self) -> None:
        """Give the order up; returns when the controller has locked the tool."""
        self._order = None
        self._changed.set()
        await self._locked.wait()

    async def _converse(self) -> None:
        async with asyncio.timeout(ANSWER_WITHIN_S):
            reader, writer = await self._world.connect(self._address.host, self._address.port)
        session = Session(reader, writer, self._address.zone)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(session.listen())
                tasks.create_task(session.stay_alive())
                tasks.create_task(self._hear(session))
                tasks.create_task(self._command(session))
        finally:
            if self._enabled:  # the last word, should it still be heard
                with suppress(OSError):
                    await session.say(message("disable_tool"))
            self._enabled = False
            self._locked.clear()
            writer.close()

    async def _command(self, session: Session) -> None:
        await self._newest_revision(session, "communication_start", "communication_started")
        await self._switch(session, on=False)
        await self._optional(session, message("set_time", time=self._world.now()))
        latest, newest = await self._old_result(session, 0), self._ledger.newest
        self._ledger.begin_era(latest, await self._old_result(session, newest) if newest else None)
        await self._newest_revision(session, "subscribe_results", "result")
        if last := await self._old_result(session, 0):
            self._take(last)
        await self._optional(session, message("subscribe_alarms"))
        self._wait_s = FIRST_WAIT_S
        self._tell("Connected; the tool is locked.", "已連線，工具已鎖定。")
        while True:
            self._changed.clear()
            await self._settle(session)
            await self._changed.wait()

    async def _settle(self, session: Session) -> None:
        for number in self._ledger.missing():
            await self._fetch(session, number)
        order = self._order
        if order is None or (self._enabled and order is not self._unlocked_for):
            await self._switch(session, on=False)
        if order is None:
            self._ledger.close_order()
            return
        number = self._ledger.begin(order)
        progress = self._ledger.progress(number)
        if progress.finished:
            await self._switch(session, on=False)
            self._ledger.close_order()
            self._finish(progress)
        elif not self._enabled:
            await self._unlock(session, order, number)

    async def _unlock(self, session: Session, order: Order, number: int) -> None:
        try:
            await session.ask(message("select_parameter_set", parameter_set=order.parameter_set))
            identified = await self._optional(session, message("download_identifier", identifier=order.identifier))
            self._ledger.mark_identified(number, identified=identified)
            if self._order is order:
                self._unlocked_for = order
                await self._switch(session, on=True)
        except RefusedError as refusal:
            self._tell(
                f"The tool stays locked: {refusal} Check parameter set {order.parameter_set} in the controller.",
                f"工具維持鎖定：控制器拒絕 {refusal.name}（代碼 {refusal.code}）。"
                f"檢查控制器的參數組 {order.parameter_set}。",
            )
            self._ledger.close_order()
            self._finish(BlockedError(refusal))

    def _finish(self, outcome: Progress | BlockedError) -> None:
        self._order = None
        if self._outcome and not self._outcome.done():
            if isinstance(outcome, BlockedError):
                self._outcome.set_exception(outcome)
            else:
                self._outcome.set_result(outcome)

    async def _switch(self, session: Session, *, on: bool) -> None:
        if on == self._enabled and (on or self._locked.is_set()):
            return
        self._locked.clear()
        self._enabled = True  # until the controller says otherwise
        await session.ask(message("enable_tool" if on else "disable_tool"))
        if not on:
            self._enabled = False
            self._locked.set()

    async def _hear(self, session: Session) -> None:
        while True:
            event = await session.events.get()
            if event.name == "result":
                self._take(tightening_from(event))
                await session.say(message("acknowledge_result", event.revision))
                continue
            await session.say(message(_ACKNOWLEDGED_BY[event.name]))
            if event.name == "alarm" or event.number("active"):
                code = event.text("code").strip()
                self._tell(f"The controller raises alarm {code}.", f"控制器發出警報 {code}。")

    def _take(self, one: Tightening) -> None:
        if self._ledger.take(one):
            self._changed.set()

    async def _fetch(self, session: Session, number: int) -> None:
        try:
            answer = await self._newest_revision(session, "ask_old_result", "old_result", tightening_id=number)
        except RefusedError as refusal:
            self._ledger.mark_absent(number, refusal.code)
            self._tell(f"Result {number} is not in the controller any more.", f"控制器已沒有第 {number} 筆鎖付結果。")
            return
        self._take(tightening_from(answer))

    async def _old_result(self, session: Session, number: int) -> Tightening | None:
        try:
            answer = await self._newest_revision(session, "ask_old_result", "old_result", tightening_id=number)
        except RefusedError as refusal:
            if refusal.code != NOT_FOUND:
                self._tell(
                    "The controller gives no earlier results: what is tightened while it is not connected is lost.",
                    "控制器不提供先前的結果：離線期間的鎖付會遺失。",
                )
            return None
        return tightening_from(answer)

    async def _newest_revision(self, session: Session, name: str, about: str, **values: int) -> Message:
        """Ask in the newest revision that both sides read, and remember it."""
        known = [one for one in kinds()[mids()[about]].revisions if one <= self._revisions.get(about, one)]
        for revision in known:
            try:
                answer = await session.ask(message(name, revision, **values))
            except RefusedError as refusal:
                if refusal.code not in OLD_REVISION or revision == known[-1]:
                    raise
            else:
                self._revisions[about] = revision
                return answer
        raise ValueError(f"{about} has no revision")

    async def _optional(self, session: Session, one: Message) -> bool:
        try:
            await session.ask(one)
        except RefusedError:
            return False
        return True

    def _lower_revision(self, errors: BaseExceptionGroup[BaseException]) -> None:
        """A controller whose results do not read as its revision says is asked for an earlier one next time."""
        for error in errors.exceptions:
            if isinstance(error, MessageError) and (kind := kinds().get(error.mid)) and kind.name in self._revisions:
                self._revisions[kind.name] = max(1, error.revision - 1)
