"""The state at the stations is a function of the set of entries: no order, no repetition changes it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from samegauge.apps.inspection.stations.fold import Entry, Folded, Instructions, Shop, Standing, Step, Stop, fold

DAWN = datetime(2026, 11, 2, 0, 0, tzinfo=UTC)
FIRST, SECOND = 1, 2
SERIALS = {FIRST: "TT5-041", SECOND: "TT5-042"}
STEPS = (
    Step("clean", "check"),
    Step("bore", "value", upper=8.0),
    Step("face", "choice", choices=frozenset({"good"})),
    Step("rail", "part", position="X-RAIL"),
    Step("photo", "photo"),
    Step("note", "note", required=False),
)
PICTURE = "ab" * 32


def instructions(key: int = 1, **more: Any) -> Instructions:
    steps = {step.key: step for step in STEPS}
    return Instructions(key, f"SOP rev. {key}", steps, revision=key, released_at=DAWN, **more)


WAYS = {
    unit: tuple(
        Stop(f"S0{number}", number, {1: instructions(), 2: instructions(2, from_serial="TT5-100")}) for number in (1, 2)
    )
    for unit in SERIALS
}
SHOP = Shop(zone=UTC, ways=WAYS, serials=SERIALS, pictures=frozenset({PICTURE}))


def entry(number: int, minute: int, step: str, kind: str, **more: Any) -> Entry:
    said: dict[str, Any] = {"unit": FIRST, "station": "S01", "procedure": 1, "actor": "a", **more}
    payload = said.pop("payload", {})
    return Entry(UUID(int=number), step=step, kind=kind, at=DAWN + timedelta(minutes=minute), payload=payload, **said)


def work(start: int = 0, part: str = "R-1", **more: Any) -> list[Entry]:
    """Everything that a station asks for, in its order, then the request for release."""
    done = (
        ("clean", "check", {"done": True}),
        ("bore", "value", {"value": 5.0}),
        ("face", "choice", {"choice": "good"}),
        ("rail", "part", {"serial": part}),
        ("photo", "photo", {"sha256": PICTURE}),
        ("", "finish", {}),
    )
    return [
        entry(start + place, start + place, step, kind, payload=payload, **more)
        for place, (step, kind, payload) in enumerate(done, 1)
    ]


def standing(folded: Folded, unit: int = FIRST, station: str = "S01") -> Standing:
    return next(one for one in folded.standings if (one.unit, one.station) == (unit, station))


def said(folded: Folded, number: int) -> str:
    return folded.verdicts[UUID(int=number)].reason.get("en", "")


def test_a_station_with_everything_done_is_released_and_the_next_one_is_open() -> None:
    folded = fold(work(), SHOP)
    assert (standing(folded).state, standing(folded, station="S02").state) == ("released", "here")
    assert standing(folded).released_at == DAWN + timedelta(minutes=6)
    assert [(one.child, one.position) for one in folded.built] == [("R-1", "X-RAIL")]
    assert {verdict.outcome for verdict in folded.verdicts.values()} == {"taken"}


def test_a_step_that_is_not_done_keeps_the_station_open_and_is_named() -> None:
    folded = fold([one for one in work() if one.step != "bore"], SHOP)
    assert (standing(folded).state, folded.verdicts[UUID(int=6)].outcome) == ("here", "conflict")
    assert said(folded, 6).startswith("One step is not done")


def test_a_value_outside_its_limits_does_not_close_its_step_until_a_later_one_is_inside() -> None:
    late = [entry(20, 20, "bore", "value", payload={"value": 9.0}), entry(21, 21, "", "finish")]
    again = [entry(22, 22, "bore", "value", payload={"value": 7.9}), entry(23, 23, "", "finish")]
    begun = [one for one in work() if one.step not in {"", "bore"}]
    assert standing(fold([*begun, *late], SHOP)).state == "here"
    assert said(fold([*begun, *late], SHOP), 20).startswith("The value is outside the limits")
    assert standing(fold([*begun, *late, *again], SHOP)).state == "released"
    assert len(fold([*begun, *late, *again], SHOP).measured) == 2


def test_the_second_station_is_done_but_waits_until_the_first_is_released() -> None:
    second = work(30, "R-2", station="S02")
    waiting = standing(fold(second, SHOP), station="S02")
    assert (waiting.state, waiting.waits_for, waiting.completed_at) == (
        "waiting",
        ("S01",),
        DAWN + timedelta(minutes=36),
    )
    first = work(60)
    released = standing(fold([*second, *first], SHOP), station="S02")
    assert (released.state, released.released_at) == ("released", DAWN + timedelta(minutes=66))


def test_of_two_machines_that_scan_one_part_the_earlier_has_it() -> None:
    folded = fold([*work(10), *work(0, unit=SECOND)], SHOP)
    assert [(one.parent, one.child) for one in folded.built] == [(SECOND, "R-1")]
    assert said(folded, 14) == "R-1 is in TT5-042. Scan the right one, or have its removal recorded."
    assert standing(folded).conflicts == 2


def test_a_later_scan_at_the_same_step_takes_the_first_part_out() -> None:
    folded = fold([*work(), entry(40, 40, "rail", "part", payload={"serial": "R-9"})], SHOP)
    out, inside = folded.built
    assert (out.child, out.until) == ("R-1", DAWN + timedelta(minutes=40))
    assert (inside.child, inside.until) == ("R-9", None)
    elsewhere = fold([*work(), entry(40, 40, "rail", "part", payload={"serial": "R-9"}), *work(50, unit=SECOND)], SHOP)
    assert [one.parent for one in elsewhere.built if one.child == "R-1"] == [FIRST, SECOND]


def test_what_was_taken_back_is_as_if_it_had_never_been() -> None:
    back = entry(50, 5, "", "withdraw", payload={"entry": str(UUID(int=4)), "reason": "wrong rail"})
    folded = fold([*work(), back, *work(10, unit=SECOND)], SHOP)
    assert [one.parent for one in folded.built] == [SECOND]
    assert standing(folded).state == "here"
    assert said(folded, 4) == "It was taken back."


def test_after_the_finish_or_for_another_person_only_a_supervisor_takes_back() -> None:
    target = {"entry": str(UUID(int=2)), "reason": "misread"}
    late = entry(50, 50, "", "withdraw", payload=target)
    stranger = entry(50, 3, "", "withdraw", payload=target, actor="b")
    assert said(fold([*work(), late], SHOP), 50).startswith("The station was finished since")
    assert said(fold([*work(), stranger], SHOP), 50).startswith("Somebody else recorded it")
    assert standing(fold([*work(), late], SHOP)).state == "released"
    assert standing(fold([*work(), replace(late, supervisor=True)], SHOP)).state == "here"
    nothing = entry(51, 51, "", "withdraw", payload={"entry": str(UUID(int=99)), "reason": "?"})
    assert said(fold([nothing], SHOP), 51).startswith("The entry that it takes back has not arrived")


def test_an_override_releases_a_station_with_open_steps() -> None:
    folded = fold([entry(1, 1, "", "override", payload={"reason": "gauge broken"}, supervisor=True)], SHOP)
    assert standing(folded).state == "released"


def test_what_the_world_has_against_an_entry_keeps_its_step_open() -> None:
    faulty = [replace(one, fault={"en": "expired", "zh": "到期"}) if one.step == "bore" else one for one in work()]
    folded = fold(faulty, SHOP)
    assert (standing(folded).state, folded.measured, said(folded, 2)) == ("here", (), "expired")


def test_a_picture_closes_its_step_when_it_arrives() -> None:
    assert standing(fold(work(), replace(SHOP, pictures=frozenset()))).state == "here"
    assert standing(fold(work(), SHOP)).state == "released"


def test_a_hold_from_outside_keeps_the_unit_until_release_is_asked_for_again() -> None:
    held = replace(SHOP, held={UUID(int=6): {"en": "NCR open", "zh": "不合格單未結"}})
    assert (standing(fold(work(), held)).state, said(fold(work(), held), 6)) == ("held", "NCR open")
    assert standing(fold([*work(), entry(9, 9, "", "finish")], held)).state == "released"
    assert fold(work(), SHOP).asked == (UUID(int=6),)


def test_a_part_that_something_else_holds_is_refused_until_it_left() -> None:
    def with_holder(until: datetime | None) -> Folded:
        return fold(work(), replace(SHOP, occupied={"R-1": [(until, "HT8-001")]}))

    assert said(with_holder(None), 4).startswith("R-1 is in HT8-001")
    assert standing(with_holder(DAWN)).state == "released"


def test_a_part_that_left_by_another_door_is_free_and_its_step_open() -> None:
    gone = replace(SHOP, taken_out={UUID(int=4): DAWN + timedelta(minutes=5)})
    folded = fold([*work(), *work(10, unit=SECOND)], gone)
    assert standing(folded).state == "here"
    assert [(one.parent, one.until is None) for one in folded.built] == [(FIRST, False), (SECOND, True)]


def test_only_the_revision_in_force_for_the_serial_number_begins_the_work() -> None:
    other = fold([replace(one, procedure=2) for one in work()], SHOP)
    assert {verdict.outcome for verdict in other.verdicts.values()} == {"conflict"}
    withdrawn = {1: instructions(withdrawn_at=DAWN + timedelta(minutes=3)), 2: instructions(2)}
    ways = {
        FIRST: (Stop("S01", 1, {1: withdrawn[1], 2: replace(withdrawn[2], released_at=DAWN + timedelta(minutes=3))}),)
    }
    shop = replace(SHOP, ways=ways)
    folded = fold(
        [*work(), *(replace(one, id=UUID(int=100 + place), procedure=2) for place, one in enumerate(work(10)))], shop
    )
    assert (standing(folded).procedure, standing(folded).state) == (2, "released")
    assert said(folded, 3).startswith("Its revision of the procedure did not hold")


KINDS = st.sampled_from(
    [
        ("clean", "check", {"done": True}),
        ("clean", "check", {"done": False}),
        ("bore", "value", {"value": 5.0}),
        ("bore", "value", {"value": 9.0}),
        ("face", "choice", {"choice": "good"}),
        ("rail", "part", {"serial": "R-1"}),
        ("rail", "part", {"serial": "R-2"}),
        ("photo", "photo", {"sha256": PICTURE}),
        ("", "finish", {}),
        ("", "override", {"reason": "x"}),
    ]
)


@st.composite
def days(draw: Any) -> list[Entry]:
    """Entries of two machines at two stations by two people, some taken back, with times that coincide."""
    drawn = draw(
        st.lists(
            st.tuples(
                KINDS,
                st.sampled_from([FIRST, SECOND]),
                st.sampled_from(["S01", "S02"]),
                st.integers(0, 12),
                st.sampled_from(["a", "b"]),
            ),
            max_size=30,
        )
    )
    made = [
        entry(place, minute, step, kind, payload=payload, unit=unit, station=station, actor=actor)
        for place, ((step, kind, payload), unit, station, minute, actor) in enumerate(drawn, 1)
    ]
    targets = draw(st.lists(st.sampled_from(made), max_size=4)) if made else []
    backs = [
        entry(
            500 + place,
            13,
            "",
            "withdraw",
            payload={"entry": str(target.id), "reason": "x"},
            unit=target.unit,
            station=target.station,
            actor="a",
            supervisor=bool(place % 2),
        )
        for place, target in enumerate(targets)
    ]
    return [*made, *backs]


@settings(max_examples=150, deadline=None, derandomize=True)
@given(days(), st.randoms(use_true_random=False))
def test_no_order_and_no_repetition_of_arrival_changes_anything(day: list[Entry], rng: Any) -> None:
    once = fold(day, SHOP)
    shuffled = [*day, *rng.sample(day, len(day) // 2)]
    rng.shuffle(shuffled)
    assert fold(shuffled, SHOP) == once
    assert set(once.verdicts) == {one.id for one in day}
    inside = [one.child for one in once.built if one.until is None]
    assert len(inside) == len(set(inside))
    for one in once.standings:
        assert (one.state == "released") == (one.released_at is not None)
        assert one.released_at is None or not one.waits_for
