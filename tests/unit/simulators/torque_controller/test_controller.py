from __future__ import annotations

import asyncio
import statistics
from typing import TYPE_CHECKING, Any

import pytest
from support import virtual_time
from support.torque_line import Line

from samegauge.formats.open_protocol import FrameBuffer, Message, decode, encode, message
from samegauge.simulators.torque_controller.controller import Habits, TorqueController
from samegauge.simulators.torque_controller.plant import BATCH_OK, BATCH_RUNNING, ParameterSet, Plant

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

SETS = {1: ParameterSet(1, "M8", batch_size=2), 2: ParameterSet(2, "M12", 18.0, 20.0, 22.0, 0.5)}


class Caller:
    """Says messages one by one and hears whatever comes back at once."""

    def __init__(self, plant: Plant, habits: Habits | None = None) -> None:
        self.controller = TorqueController(plant, habits)
        self._line = Line(self.controller)
        self._buffer = FrameBuffer()

    async def begin(self) -> Caller:
        self._reader, self._writer = await self._line.connect("", 0)
        (answer,) = await self.say(message("communication_start", 3))
        assert answer.text("supplier_code") == "SIM"
        return self

    async def say(self, one: Message) -> list[Message]:
        self._writer.write(encode(one))
        return await self.hear()

    async def hear(self) -> list[Message]:
        await asyncio.sleep(0.1)
        heard: list[Message] = []
        while self._reader._buffer:  # type: ignore[attr-defined] - what waits, without waiting for more
            heard += [decode(frame) for frame in self._buffer.feed(await self._reader.read(4096))]
        return heard

    async def accepts(self, one: Message) -> list[Message]:
        answer, *more = await self.say(one)
        assert answer.name == "accepted", answer
        assert answer.number("accepted_mid") == one.mid
        return more

    async def refuses(self, one: Message, code: int) -> None:
        (answer,) = await self.say(one)
        assert (answer.name, answer.number("refused_mid"), answer.number("code")) == ("refused", one.mid, code)


def plant(**said: Any) -> Plant:
    return Plant(virtual_time.now, dict(SETS), **said)


def scene(script: Callable[[Caller], Coroutine[Any, Any, None]], habits: Habits | None = None) -> None:
    async def whole() -> None:
        await script(await Caller(plant(), habits).begin())

    virtual_time.run(whole())


def test_every_question_has_its_answer() -> None:
    async def script(caller: Caller) -> None:
        assert (await caller.say(message("ask_parameter_sets")))[0].values["numbers"] == (1, 2)
        told = (await caller.say(message("ask_parameter_set", parameter_set=2)))[0]
        assert (told.values["torque_max"], told.text("parameter_set_name")) == (22.0, "M12")
        await caller.refuses(message("ask_parameter_set", parameter_set=7), 2)
        await caller.refuses(message("select_parameter_set", parameter_set=7), 2)
        assert (await caller.say(message("ask_tool")))[0].text("tool_serial") == "SIM-0001"
        assert (await caller.say(message("ask_time")))[0].values["time"] == virtual_time.EPOCH
        assert (await caller.say(message("keep_alive"))) == [message("keep_alive")]
        await caller.accepts(message("set_time", time=virtual_time.EPOCH))
        await caller.refuses(message("ask_old_result", tightening_id=1), 15)
        await caller.accepts(message("communication_stop"))

    scene(script)


def test_subscriptions_begin_and_end_once() -> None:
    async def script(caller: Caller) -> None:
        for what, fault, absent in (
            ("selected_parameter_set", 13, 14), ("identifier", 6, 7), ("results", 9, 10), ("alarms", 11, 12),
        ):  # fmt: skip
            await caller.refuses(message(f"unsubscribe_{what}"), absent)
            await caller.accepts(message(f"subscribe_{what}"))
            await caller.refuses(message(f"subscribe_{what}"), fault)
        (selected,) = await caller.accepts(message("select_parameter_set", parameter_set=2))
        assert selected.number("parameter_set") == 2
        (identified,) = await caller.accepts(message("download_identifier", identifier="TX-1"))
        assert identified.text("identifier") == "TX-1"
        await caller.accepts(message("unsubscribe_identifier"))
        assert await caller.accepts(message("download_identifier", identifier="TX-2")) == []

    scene(script)


def test_alarms_are_raised_shown_and_silenced() -> None:
    async def script(caller: Caller) -> None:
        await caller.refuses(message("acknowledge_alarm_on_controller"), 58)
        await caller.controller.raise_alarm("E851")
        (status,) = await caller.accepts(message("subscribe_alarms"))
        assert (status.number("active"), status.text("code")) == (1, "E851")
        (silenced,) = await caller.accepts(message("acknowledge_alarm_on_controller"))
        assert silenced.text("code") == "E851"

    scene(script)


def test_a_locked_tool_does_not_turn_and_a_batch_is_counted() -> None:
    async def script(caller: Caller) -> None:
        assert not await caller.controller.tighten(), "no parameter set is selected"
        await caller.accepts(message("subscribe_results", 7))
        await caller.accepts(message("select_parameter_set", parameter_set=1))
        await caller.accepts(message("disable_tool"))
        assert not await caller.controller.tighten()
        await caller.accepts(message("enable_tool"))
        told = []
        for torque in (3.1, 9.9, 3.2):
            assert await caller.controller.tighten(torque)
            (result,) = await caller.hear()
            told.append([result.number(name) for name in ("batch_counter", "batch_status", "torque_status")])
            assert await caller.say(message("acknowledge_result", 7)) == []
        assert told == [[1, BATCH_RUNNING, 1], [1, BATCH_RUNNING, 2], [2, BATCH_OK, 1]]
        (old,) = await caller.say(message("ask_old_result", 6))
        assert (old.number("tightening_id"), old.values["torque"]) == (3, 3.2)

    scene(script)


def test_the_next_result_waits_for_the_acknowledgement_of_the_one_before() -> None:
    async def script(caller: Caller) -> None:
        await caller.accepts(message("subscribe_results"))
        await caller.accepts(message("select_parameter_set", parameter_set=2))
        for _pull in range(3):
            assert await caller.controller.tighten()
        seen = []
        told = await caller.hear()
        while told:
            seen += [one.number("tightening_id") for one in told]
            told = await caller.say(message("acknowledge_result"))
        assert seen == [1, 2, 3]

    scene(script)


@pytest.mark.parametrize(
    ("frame", "code"),
    [(b"00200777001         \0", 99), (b"00200061099         \0", 97), (b"00230018009         001\0", 97)],
)
def test_what_the_controller_does_not_know_is_refused_with_the_codes_of_the_protocol(frame: bytes, code: int) -> None:
    async def script(caller: Caller) -> None:
        caller._writer.write(frame)
        (answer,) = await caller.hear()
        assert (answer.number("refused_mid"), answer.number("code")) == (int(frame[4:8]), code)

    scene(script)


def test_a_second_client_is_turned_away() -> None:
    async def script(caller: Caller) -> None:
        reader, writer = await caller._line.connect("", 0)
        writer.write(encode(message("communication_start")))
        await asyncio.sleep(0.1)
        (frame,) = FrameBuffer().feed(await reader.read(4096))
        assert decode(frame).number("code") == 96

    scene(script)


def test_torques_scatter_as_their_parameter_set_says_and_follow_the_seed() -> None:
    def drawn(seed: int) -> list[float]:
        async def scene() -> list[float]:
            one = plant(seed=seed, selected=2)
            return [float(str((one.tighten() or {})["torque"])) for _pull in range(400)]

        return virtual_time.run(scene())

    torques = drawn(1)
    assert statistics.mean(torques) == pytest.approx(20.0, abs=0.1)
    assert statistics.stdev(torques) == pytest.approx(0.5, rel=0.15)
    assert drawn(1) == torques
    assert drawn(2) != torques
