"""Machines and parts from a spreadsheet: what the thread says afterwards, and what is refused before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from support.messy_sheets import machines_with_parts, workbook
from support.way_in import problems

from samegauge.core.intake.batches import UndoError
from samegauge.core.intake.models import ImportBatch
from samegauge.core.jobs.models import JobState
from samegauge.core.takeover.targets import Outcome
from samegauge.core.thread.genealogy import as_built, used_in
from samegauge.core.thread.models import AsBuiltEdge, Event, Item, Lot, Unit
from samegauge.core.thread.rules import Recorder, altered_events, install

if TYPE_CHECKING:
    from support.way_in import TakeOver

pytestmark = pytest.mark.django_db
SHEET = "機台"
HEAD = "serial,item,parent,position,installed_on,made_on,running_hours_h,running_hours_on,customer,lot,lot_kind"


def sheet(*rows: str) -> bytes:
    return "\n".join([HEAD, *(row + "," * (HEAD.count(",") - row.count(",")) for row in rows)]).encode()


def said(serial: str, kind: str) -> Event:
    return Event.objects.get(unit__serial=serial, kind=kind)


def test_a_sheet_of_two_levels_becomes_units_edges_and_dated_events(furnished: TakeOver) -> None:
    planned = furnished.plan("units", machines_with_parts(), "m.xlsx", SHEET)
    assert [row.outcome for row in planned.rows] == [Outcome.NEW] * 5, planned
    assert not Unit.objects.exists()
    batch = furnished.takes("units", machines_with_parts(), "m.xlsx", SHEET)
    assert batch.report["rows"] == {"new": 5, "changed": 0, "same": 0, "wrong": 0}
    machine = Unit.objects.get(serial="TX-650-0001")
    assert [one.serial for one in as_built(machine, datetime.now(UTC))] == ["BED-65-0007", "SPN-24-0011"]
    assert Unit.objects.get(serial="BED-65-0008").item.number == "BED-65"
    assert {unit.lot for unit in Unit.objects.filter(item__number="BED-65")} == {Lot.objects.get(number="M-113")}
    assert altered_events(Event.objects.filter(batch=batch)) == []


def test_times_are_those_that_the_sheet_states_and_none_is_made_up(furnished: TakeOver) -> None:
    furnished.takes("units", machines_with_parts(), "m.xlsx", SHEET)
    made = said("TX-650-0001", "manufactured")
    assert made.device_time == datetime(2024, 3, 4, 16, tzinfo=UTC)  # the start of that day in Taipei
    assert made.payload["day"] == "2024-03-05"
    assert made.payload["taken_over"] == {"file": "m.xlsx", "sheet": SHEET, "line": 4}
    assert said("TX-650-0002", "running_hours").payload["running_hours_h"] == 1250
    assert said("TX-650-0001", "commissioned").payload["customer"]["en"] == "Amsel Works"
    dated, undated = (AsBuiltEdge.objects.get(child__serial=one) for one in ("BED-65-0007", "SPN-24-0011"))
    assert dated.valid_from == datetime(2024, 1, 31, 16, tzinfo=UTC)
    assert undated.installed_event.payload["since"] == "unknown"
    assert undated.valid_from == undated.installed_event.receive_time
    assert not Event.objects.filter(unit__serial="SPN-24-0011", kind="manufactured").exists()
    registered = said("TX-650-0001", "registered")
    assert registered.device_time == registered.receive_time
    assert registered.payload["stated"] == {"customer": "C-001"}


def test_the_same_sheet_again_changes_nothing(furnished: TakeOver) -> None:
    furnished.takes("units", machines_with_parts(), "m.xlsx", SHEET)
    events = Event.objects.count()
    planned = furnished.plan("units", machines_with_parts(), "m.xlsx", SHEET)
    assert {row.outcome for row in planned.rows} == {Outcome.SAME}
    furnished.takes("units", machines_with_parts(), "m.xlsx", SHEET)
    assert Event.objects.count() == events


def test_a_later_reading_of_hours_is_added_to_a_known_machine_and_withdrawn_again(furnished: TakeOver) -> None:
    furnished.takes("units", machines_with_parts(), "m.xlsx", SHEET)
    later = sheet("TX-650-0001,TX-650,,,,,1300,2026-11-01,,,")
    planned = furnished.plan("units", later)
    assert [(row.outcome, set(row.changes)) for row in planned.rows] == [
        (Outcome.CHANGED, {"running_hours_h", "running_hours_on"})
    ]
    batch = furnished.takes("units", later, "hours.csv")
    furnished.undo(batch, "Misread")
    withdrawn = Event.objects.get(supersedes__batch=batch)
    assert (withdrawn.payload["withdrawn"], withdrawn.payload["correction_reason"]) == (True, "Misread")
    assert Unit.objects.filter(serial="TX-650-0001").exists()
    assert [row.outcome for row in furnished.plan("units", later).rows] == [Outcome.CHANGED]


def test_a_take_over_is_undone_as_a_whole_and_can_come_again(furnished: TakeOver) -> None:
    batch = furnished.takes("units", machines_with_parts(), "m.xlsx", SHEET)
    furnished.undo(batch)
    assert not Unit.objects.exists()
    assert not AsBuiltEdge.objects.exists()
    assert Event.objects.filter(kind="import_undone").get().payload["reason"] == "Wrong file"
    again = furnished.takes("units", machines_with_parts(), "m.xlsx", SHEET)
    assert again.report["rows"]["new"] == 5
    assert Unit.objects.count() == 5


def test_what_others_have_built_on_is_not_undone(furnished: TakeOver) -> None:
    items = ImportBatch.objects.get(source="items.xlsx")
    furnished.takes("units", machines_with_parts(), "m.xlsx", SHEET)
    with pytest.raises(UndoError, match="points to"):
        furnished.undo(items)
    assert not Item.objects.filter(retired_at__isnull=False).exists()


TOMORROW = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
WRONG = {
    "a serial number twice": (["A,TX-650", "A,TX-650"], (3, "serial")),
    "no serial number": (["A,TX-650", ",TX-650"], (3, "serial")),
    "an item that nobody knows": (["A,TX-999"], (2, "item")),
    "a partner that nobody knows": (["A,TX-650,,,,,,,C-999"], (2, "customer")),
    "in itself": (["A,TX-650,A"], (2, "parent")),
    "a circle": (["A,TX-650,B", "B,TX-650,C", "C,TX-650,A"], (2, "parent")),
    "in what is not there": (["A,BED-65,NOWHERE"], (2, "parent")),
    "built in before it was made": (["P,TX-650", "A,BED-65,P,,2024-03-04,2024-03-05"], (3, "installed_on")),
    "in the future": ([f"A,TX-650,,,,{TOMORROW}"], (2, "made_on")),
    "hours of no day": (["A,TX-650,,,,,12"], (2, "running_hours_on")),
    "hours below nothing": (["A,TX-650,,,,,-1,2024-01-01"], (2, "running_hours_h")),
    "no date": (["A,TX-650,,,,March"], (2, "made_on")),
    "a lot of no kind": (["A,TX-650,,,,,,,,M-1"], (2, "lot_kind")),
    "a place in nothing": (["A,TX-650,,X"], (2, "position")),
    "a serial number of 101 letters": (["A" * 101 + ",TX-650"], (2, "serial")),
}


@pytest.mark.parametrize("name", WRONG)
def test_one_wrong_row_keeps_the_whole_sheet_out(furnished: TakeOver, name: str) -> None:
    rows, place = WRONG[name]
    data = sheet("GOOD,TX-650", *rows)
    assert (place[0] + 1, place[1]) in problems(furnished.plan("units", data))
    job = furnished.asked("units", data, "wrong.csv")
    assert job.state == JobState.FAILED
    assert f"Row {place[0] + 1}" in job.message or name == "a circle"
    assert not Unit.objects.exists()
    assert not ImportBatch.objects.filter(kind="take-over", source__startswith="wrong").exists()


def test_a_known_serial_number_keeps_its_item_its_place_and_its_day(furnished: TakeOver) -> None:
    furnished.takes("units", machines_with_parts(), "m.xlsx", SHEET)
    rows = (
        "TX-650-0001,BED-65",
        "TX-650-0002,TX-650,,,,2024-03-10",
        "BED-65-0007,BED-65,TX-650-0002",
        "BED-65-0008,BED-65,TX-650-0002,other",
        "TX-650-0001,TX-650,SPN-24-0011",
    )
    for row, field in zip(rows, ("item", "made_on", "parent", "parent", "parent"), strict=True):
        assert (2, field) in problems(furnished.plan("units", sheet(row))), row


def test_what_changed_between_dry_run_and_take_over_is_seen(furnished: TakeOver) -> None:
    furnished.takes("units", sheet("P,TX-650", "Q,TX-650", "A,BED-65"), "a.csv")
    data = sheet("A,BED-65,P")
    assert furnished.plan("units", data).is_sound
    child, other = (Unit.objects.get(serial=one) for one in ("A", "Q"))
    install(child, other, datetime.now(UTC), Recorder(actor=furnished.person))
    assert furnished.asked("units", data, "late.csv").state == JobState.FAILED
    assert [one.serial for one in used_in(child)] == ["Q"]


def test_a_formula_from_elsewhere_refuses_the_whole_file(furnished: TakeOver) -> None:
    data = workbook({"a": [["serial", "item"], ["A", "=[1]Items!B2"]]})
    with pytest.raises(Exception, match="another workbook"):
        furnished.plan("units", data, "a.xlsx")
    assert not Unit.objects.exists()
