"""A reading becomes the value of the step that is open, once; what fits none is kept and told, never guessed."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import virtual_time
from support.station_bench import Bench, entry, step, unit

from samegauge.edge.gauges.ledger import Ledger
from samegauge.edge.gauges.lines import Line
from samegauge.edge.gauges.station import STANDS_FOR_S, Duty, GaugeAtStation, Unused, asked_now, value_for
from samegauge.edge.stations.work import Asked

if TYPE_CHECKING:
    from collections.abc import Sequence

DUTY = Duty("S17", "M-01")
MICROMETER = {"number": "M-01", "kind": "micrometer", "usable": True, "reason": {"en": "", "zh": ""}}
OVERDUE = {**MICROMETER, "usable": False, "reason": {"en": "Calibration is overdue.", "zh": "校正過期。"}}
ASKED = Asked("u", "TX-1", "S17", "p", "gap-1", "mm", 0.0, 20.0, "M-01")


def gap(key: str, **said: Any) -> dict[str, Any]:
    return step(key, unit_code="mm", **{"lower": 12.0, "upper": 13.0, "instrument_kind": "micrometer", **said})


GAPS = (gap("gap-1"), gap("gap-2"), step("seal", "check"), gap("gap-3"))


@pytest.mark.parametrize(
    ("units", "instruments", "expected"),
    [
        ([unit(steps=GAPS)], [MICROMETER], "gap-1"),
        ([unit(entry("gap-1"), steps=GAPS)], [MICROMETER], "gap-2"),
        ([unit(entry("gap-1"), entry("gap-2", 2), steps=GAPS)], [MICROMETER], "no_value_step"),
        ([unit(entry("gap-1", reason={"en": "outside"}), steps=GAPS)], [MICROMETER], "nothing_open"),
        ([unit(steps=GAPS), unit(serial="TX-2", steps=GAPS)], [MICROMETER], "nothing_open"),
        ([unit(steps=GAPS, state="waiting")], [MICROMETER], "nothing_open"),
        ([unit(steps=[gap("gap-1", required=False)])], [MICROMETER], "nothing_open"),
        ([unit(steps=GAPS)], [], "other_instrument"),
        ([unit(steps=GAPS)], [{**MICROMETER, "kind": "caliper"}], "other_instrument"),
        ([unit(steps=GAPS)], [{**MICROMETER, "number": "M-02"}], "other_instrument"),
        ([unit(steps=GAPS)], [OVERDUE], "unusable_instrument"),
        ([unit(steps=[gap("gap-1", instrument_kind=None)])], [], "gap-1"),
    ],
)
def test_only_an_open_step_that_fits_the_instrument_is_answered(
    units: list[Any], instruments: list[Any], expected: str
) -> None:
    asked = asked_now({"units": units, "instruments": instruments}, DUTY)
    assert (asked.step if isinstance(asked, Asked) else asked.reason) == expected


@pytest.mark.parametrize(
    ("said", "unit_code", "expected"),
    [
        (b"01A+00012.345", "mm", 12.345),
        (b"+12,345", "mm", 12.345),
        (b"12345 um", "mm", 12.345),
        (b"0.5in", "mm", 12.7),
        (b"0.5in", "µm", 12700.0),
        (b"0.5in", "MILLIMETER", 12.7),
        (b"12.5", "", 12.5),
        (b"12.5 mm", "", "other_quantity"),
        (b"12.5 g", "mm", "other_quantity"),
        (b"12.5 smoots", "mm", "unknown_unit"),
        (b"02A+00012.345", "mm", "other_channel"),
        (b"M01, +12.5", "mm", 12.5),
        (b"Err 1", "mm", "gauge_error"),
        (b"US,+00012.3 g", "g", "moving"),
        (b"12.5;13.5", "mm", "several"),
        (b"12.3.4", "mm", "unknown"),
        (b"\x00\x00", "mm", "empty"),
        (b"12\x005", "mm", "unknown"),
        (b"12.\xff\x00\x005", "mm", "unknown"),
        (b"+" + b"7" * 80, "mm", "unknown"),
    ],
)
def test_a_reading_is_in_the_unit_of_its_step_or_is_none(said: bytes, unit_code: str, expected: float | str) -> None:
    value = value_for(Line(said), Asked("u", "TX-1", "S17", "p", "gap-1", unit_code), DUTY)
    assert (value.reason if isinstance(value, Unused) else value) == expected


@given(st.binary(max_size=80))
def test_no_noise_breaks_the_reader(said: bytes) -> None:
    value = value_for(Line(said), ASKED, DUTY)
    assert isinstance(value, float | Unused)


class Scene:
    """`restart` is what a kill leaves: the ledger and the platform."""

    def __init__(self, *steps: dict[str, Any], instruments: Sequence[dict[str, Any]] = (MICROMETER,)) -> None:
        self.bench = Bench(*(steps or GAPS), instruments=instruments)
        self.ledger = Ledger(Path(":memory:"), virtual_time.now)
        self.told: list[tuple[str, str]] = []
        self.restart()

    def restart(self) -> None:
        self.station = GaugeAtStation(self.bench, self.ledger, DUTY, lambda *said: self.told.append(said))

    async def last(self, *lines: bytes, every_s: float = 5.0) -> None:
        task = asyncio.create_task(self.station.run())
        await asyncio.sleep(1.0)
        for line in lines:
            self.station.hear(Line(line))
            await asyncio.sleep(every_s)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    @property
    def recorded(self) -> list[tuple[str, float]]:
        return [(one["step"], one["payload"]["value"]) for one in self.bench.known.values()]

    @property
    def answers(self) -> list[str | None]:
        return [answer for _said, answer in self.ledger.answers()]


def test_readings_fill_the_steps_in_their_order_and_stop_before_a_step_of_another_kind() -> None:
    async def scene() -> None:
        one = Scene()
        await one.last(b"01A+00012.345", b"12400 um", b"12.5")
        assert one.recorded == [("gap-1", 12.345), ("gap-2", 12.4)]
        assert one.answers == ["taken", "taken", "no_value_step"]
        (first, _second) = one.bench.known.values()
        assert first["payload"] == {"value": 12.345, "unit_code": "mm", "instrument": "M-01"}
        assert first["device_time"].endswith("Z")
        assert ('"12.5" is kept and not used: TX-1, step seal takes no value.') in [said for said, _zh in one.told]
        assert "「12.5」已保存但未使用：TX-1 步驟 seal 不需要數值。" in [zh for _en, zh in one.told]

    virtual_time.run(scene())


def test_what_cannot_be_read_or_converted_is_kept_and_told_and_the_step_stays_open() -> None:
    async def scene() -> None:
        one = Scene()
        await one.last(b"Err 1", b"12.5 g", b"12.5.6", b"12.5")
        assert one.recorded == [("gap-1", 12.5)]
        assert one.answers == ["gauge_error", "other_quantity", "unknown", "taken"]
        assert sum("is kept and not used" in english for english, _chinese in one.told) == 3

    virtual_time.run(scene())


def test_a_value_outside_the_limits_is_recorded_and_shuts_the_step_until_a_person_acts() -> None:
    async def scene() -> None:
        one = Scene()
        await one.last(b"14.5", b"12.5")
        assert one.recorded == [("gap-1", 14.5)]
        assert one.answers == ["taken", "nothing_open"]

    virtual_time.run(scene())


def test_an_instrument_that_may_not_be_used_records_nothing() -> None:
    async def scene() -> None:
        one = Scene(instruments=(OVERDUE,))
        await one.last(b"12.5")
        assert (one.recorded, one.answers) == ([], ["unusable_instrument"])
        assert any("Calibration is overdue" in english for english, _chinese in one.told)

    virtual_time.run(scene())


def test_a_gauge_that_sends_by_itself_fills_no_row_of_steps() -> None:
    async def scene() -> None:
        one = Scene()
        await one.last(*[b"12.5"] * 50, every_s=0.1)
        assert one.recorded == [("gap-1", 12.5)]
        assert one.answers == ["taken"] + 49 * ["repeated"]
        assert sum("within a second" in english for english, _chinese in one.told) < 10

    virtual_time.run(scene())


def test_without_the_platform_what_was_open_is_answered_and_sent_later_once() -> None:
    async def scene() -> None:
        one = Scene()
        task = asyncio.create_task(one.last(b"12.1", b"12.2", every_s=60.0))
        await asyncio.sleep(0.5)
        one.bench.reached = False
        await asyncio.sleep(30.0)
        assert one.answers == [None]
        await asyncio.sleep(60.0)
        assert (one.recorded, one.answers) == ([], [None, None])
        one.bench.reached = True
        await task
        assert one.recorded == [("gap-1", 12.1), ("gap-2", 12.2)]
        assert one.answers == ["taken", "taken"]

    virtual_time.run(scene())


def test_when_the_platform_is_away_for_long_nobody_knows_what_is_open() -> None:
    async def scene() -> None:
        one = Scene()
        task = asyncio.create_task(one.last(b"\x00", b"12.5", every_s=STANDS_FOR_S + 60.0))
        await asyncio.sleep(0.5)
        one.bench.reached = False
        await task
        assert (one.recorded, one.answers) == ([], ["empty", "unknown_work"])

    virtual_time.run(scene())


def test_a_step_that_somebody_answered_meanwhile_is_not_written_over() -> None:
    async def scene() -> None:
        one = Scene()
        task = asyncio.create_task(one.last(b"12.1", every_s=60.0))
        await asyncio.sleep(0.5)
        one.bench.reached = False
        await asyncio.sleep(30.0)
        one.bench.unit["entries"] = [entry("gap-1", payload={"value": 12.9})]
        one.bench.reached = True
        await task
        assert (one.recorded, one.answers) == ([], ["overtaken"])
        assert any("not open any more" in english for english, _chinese in one.told)

    virtual_time.run(scene())


def test_a_refused_value_is_told_and_can_be_measured_again() -> None:
    async def scene() -> None:
        one = Scene()
        one.bench.outcome = "conflict"
        await one.last(b"12.1")
        one.bench.known.clear()
        one.bench.outcome = "taken"
        await one.last(b"12.2")
        assert (one.recorded, one.answers) == ([("gap-1", 12.2)], ["conflict", "taken"])

    virtual_time.run(scene())


def test_what_another_gauge_left_in_the_file_waits_for_that_one() -> None:
    async def scene() -> None:
        one = Scene()
        task = asyncio.create_task(one.last(b"12.1", every_s=20.0))
        await asyncio.sleep(0.5)
        one.bench.reached = False
        await task
        one.bench.reached = True
        other = GaugeAtStation(one.bench, one.ledger, Duty("S17", "M-02"), lambda *said: one.told.append(said))
        one.station, ours = other, one.station
        await one.last()
        assert (one.recorded, one.answers) == ([], [None])
        one.station = ours
        await one.last()
        assert (one.recorded, one.answers) == ([("gap-1", 12.1)], ["taken"])

    virtual_time.run(scene())


class Mute(Bench):
    """Takes entries in and does not get its answer through."""

    mute = True

    async def record(self, entries: Sequence[Any]) -> dict[str, Any]:
        answer = await super().record(entries)
        self.reached = not self.mute
        self._refuse_when_away()
        return answer


def test_a_line_that_breaks_before_the_answer_doubles_nothing_even_when_the_unit_is_gone_since() -> None:
    async def scene() -> None:
        one = Scene()
        one.bench = mute = Mute(*GAPS, instruments=[MICROMETER])
        one.restart()
        await one.last(b"12.1")
        assert (one.recorded, one.answers) == ([("gap-1", 12.1)], [None])
        mute.reached, mute.mute = True, False
        mute.unit["state"] = "held"
        one.restart()
        await one.last()
        assert (one.recorded, one.answers) == ([("gap-1", 12.1)], ["taken"])

    virtual_time.run(scene())


class Life(Scene):
    """Readings and breaks in any order; at the end the platform is there again."""

    def __init__(self, *steps: dict[str, Any]) -> None:
        super().__init__(*steps)
        self.sent: list[bytes] = []

    async def live(self, events: list[str]) -> None:
        await self.begin()
        for event in events:
            await self.meet(event)
            await asyncio.sleep(3.0)
        self.bench.reached = True
        await asyncio.sleep(5.0)
        await self.end()

    async def meet(self, event: str) -> None:
        if event in {"away", "back"}:
            self.bench.reached = event == "back"
        elif event == "kill":
            await self.end()
            self.restart()
            await self.begin()
        else:
            place = len(self.sent)
            self.sent.append(f"12.{place:03d}".encode() if event == "read" else b"?%d" % place)
            self.station.hear(Line(self.sent[-1]))

    async def begin(self) -> None:
        self.task = asyncio.create_task(self.station.run())
        await asyncio.sleep(3.0)

    async def end(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(["read", "noise", "away", "back", "kill"]), max_size=14))
def test_whatever_breaks_each_reading_is_kept_and_no_step_gets_two(events: list[str]) -> None:
    async def scene() -> None:
        one = Life(*(gap(f"gap-{number}") for number in range(20)))
        await one.live(events)
        said = one.ledger.answers()
        assert [text.encode() for text, _answer in said] == one.sent
        assert None not in one.answers
        taken = [float(text) for text, answer in said if answer in {"taken", "known"}]
        assert one.recorded == [(f"gap-{number}", value) for number, value in enumerate(taken)]

    virtual_time.run(scene())
