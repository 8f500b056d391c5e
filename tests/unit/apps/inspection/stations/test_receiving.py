"""What the server does with entries: keeps, refuses, asks what holds a unit, and makes the records say the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.utils.translation import override
from unit.apps.inspection.stations.conftest import DAWN, Line

from samegauge.apps.inspection.gauge_rules import faults
from samegauge.apps.inspection.models import Instrument, InstrumentStudy
from samegauge.apps.inspection.plans.models import Procedure
from samegauge.apps.inspection.plans.rules import withdraw
from samegauge.apps.inspection.stations.models import StationEntry
from samegauge.apps.inspection.stations.work import work_at
from samegauge.core.measurement.models import Characteristic, Inspection, Measurement
from samegauge.core.merkle_log.models import RowSeal
from samegauge.core.production import holds
from samegauge.core.production.holds import Hold
from samegauge.core.production.models import Station
from samegauge.core.thread.models import AppendOnlyError, AsBuiltEdge, Event
from samegauge.core.thread.parts import block
from samegauge.core.thread.rules import CLOCK_TOLERANCE, Recorder, install, remove
from samegauge.core.vault.rules import keep

if TYPE_CHECKING:
    from samegauge.apps.inspection.stations.receiving import Receipt

RECORDER = Recorder(actor_name="test")


def reason(receipt: Receipt) -> str:
    return receipt.reason["en"]


def test_a_station_leaves_a_value_a_part_and_its_completion_in_the_records(line: Line) -> None:
    assert line.outcomes(line.work(0)) == ["taken"] * 5
    stop = line.stop()
    assert (stop.state, stop.done, stop.required) == ("released", 4, 4)
    assert (line.stop(station="S02").state, line.stop(station="S03").state) == ("here", "waiting")
    measured = Measurement.objects.get()
    assert (measured.actual, measured.instrument, measured.expanded_uncertainty) == (5.0, "DI-01", 0.8)
    assert (measured.operator, measured.stated, measured.recomputed) == (str(line.assembler.person), "pass", "pass")
    inspection = measured.inspection
    assert (inspection.plan, inspection.source, inspection.performed_at) == (
        "IPQC-TT5 S01",
        None,
        DAWN + timedelta(minutes=2),
    )
    edge = AsBuiltEdge.objects.get()
    assert (edge.parent.serial, edge.child.serial, edge.position) == ("TT5-001", "RL-001", "S01-RAIL")
    assert edge.installed_event.payload["station"] == "S01"
    kinds = list(line.units["TT5-001"].events.values_list("kind", flat=True))
    assert kinds == ["measured", "station_completed"]
    completed = Event.objects.get(kind="station_completed")
    assert completed.device_time == DAWN + timedelta(minutes=5)
    assert completed.payload["values"][0]["conforms"] is True


def test_the_second_time_nothing_happens(line: Line) -> None:
    line.send(line.work(0))
    before = line.picture(), Event.objects.count()
    assert line.outcomes(line.work(0) * 2) == ["known"] * 10
    assert (line.picture(), Event.objects.count()) == before


def test_an_entry_is_never_changed_or_deleted(line: Line) -> None:
    line.send(line.work(0))
    entry = StationEntry.objects.first()
    assert entry is not None
    with pytest.raises(AppendOnlyError):
        entry.save()
    with pytest.raises(AppendOnlyError):
        entry.delete()


BAD: list[tuple[str, dict[str, Any], str]] = [
    ("unit", {"unit": uuid4()}, "There is no such unit here."),
    ("station", {"station": "S99"}, "There is no station S99."),
    ("procedure", {"procedure": uuid4()}, "There is no such released procedure here."),
    ("step", {"step": "polish"}, "SOP-S01 rev. 1 has no step polish."),
    ("kind", {"kind": "check"}, "Step bore takes a value, not a check."),
    (
        "unit_code",
        {"payload": {"value": 5.0, "unit_code": "mm", "instrument": ""}},
        'The value is in "mm"; this step takes µm.',
    ),
    ("value", {"payload": {"value": "5,0", "unit_code": "µm"}}, "'5,0' is no number."),
    ("value", {"payload": {"value": True, "unit_code": "µm"}}, "True is no number."),
    ("value", {"payload": {"value": 1e13, "unit_code": "µm"}}, "1e+13 is too large."),
    (
        "instrument",
        {"payload": {"value": 1.0, "unit_code": "um", "instrument": "x" * 51}},
        "instrument is longer than 50",
    ),
    ("device_time", {"device_time": datetime.now(UTC) + timedelta(hours=3)}, "It is dated 1"),
    ("device_time", {"device_time": datetime(1999, 1, 1, tzinfo=UTC)}, "It is dated before 2020."),
    ("kind", {"kind": "override", "payload": {"reason": "late"}}, "Only an owner, an engineer or a quality manager"),
    ("entry", {"kind": "withdraw", "payload": {"entry": "5", "reason": "x"}}, "That is no entry's identifier."),
    ("reason", {"kind": "withdraw", "payload": {"entry": str(uuid4())}}, "reason is missing."),
]


@pytest.mark.parametrize(("field", "wrong", "said"), BAD)
def test_what_can_never_be_valid_is_refused_with_its_field(
    line: Line, field: str, wrong: dict[str, Any], said: str
) -> None:
    good = line.work(0)[1]
    (receipt,) = line.send([replace(good, **wrong)])
    assert (receipt.outcome, receipt.field) == ("refused", field)
    assert reason(receipt).startswith(said)
    assert StationEntry.objects.count() == 0


def test_spellings_of_one_unit_are_one(line: Line) -> None:
    value = line.work(0)[1]
    (receipt,) = line.send([replace(value, payload={**value.payload, "unit_code": "um"})])
    assert receipt.outcome == "taken"
    assert StationEntry.objects.get().payload["unit_code"] == "µm"


@pytest.mark.parametrize(
    ("instrument", "said"),
    [
        ("", "No instrument is named."),
        ("DI-99", "DI-99 is not among the instruments. Register it, or use one that is."),
        ("TW-01", "TW-01 is not of the kind that this step needs: Dial indicator."),
        ("DI-02", "DI-02: the calibration expired on 2026-10-01. Use another one, or record the new certificate."),
    ],
)
def test_a_reading_that_cannot_release_is_kept_but_counts_for_nothing(line: Line, instrument: str, said: str) -> None:
    work = line.work(0)
    work[1].payload["instrument"] = instrument
    receipts = line.send(work)
    assert (receipts[1].outcome, receipts[4].outcome) == ("conflict", "conflict")
    assert reason(receipts[1]).startswith(said)
    assert (line.stop().state, line.stop().conflicts, Measurement.objects.count()) == ("here", 2, 0)


def rejected(number: str, characteristic: Characteristic | None = None) -> str:
    """Record a study that rejected an instrument; return what is said of it everywhere."""
    InstrumentStudy.objects.create(
        instrument=Instrument.objects.get(number=number),
        characteristic=characteristic,
        kind="crossed",
        performed_on=DAWN.date(),
        verdict="rejected",
        asked={},
        result={},
        source=keep(b"operator,part,value", "study.csv"),
        recorded_at=DAWN,
        actor_name="test",
    )
    return f"{number}: its study of 2026-11-02 was rejected. Use another gauge or improve this one."


def test_a_gauge_that_its_study_rejected_is_refused_in_the_words_of_every_other_door(line: Line) -> None:
    bore = Characteristic.objects.get(key="bore_S01")
    said = rejected("DI-01", bore)
    with override("en"):
        assert [fault.said for fault in faults(["DI-01"], [bore.pk])] == [said]
    line.send(line.work(0)[:1])
    shown = {one["number"]: one for one in work_at(Station.objects.get(code="S01"))["instruments"]}
    assert (shown["DI-01"]["usable"], shown["DI-01"]["reason"]["en"]) == (False, said)
    receipts = line.send(line.work(0)[1:])
    assert (receipts[0].outcome, reason(receipts[0]), line.stop().state) == ("conflict", said, "here")
    assert receipts[0].reason["zh"].startswith("DI-01")
    assert receipts[0].reason["zh"] != said
    other = line.work(100, unit="TT5-002", station="S02", rail="RL-002")
    assert line.outcomes(other)[1] == "taken"


def test_a_release_rests_on_the_readings_that_count(line: Line) -> None:
    """What was refused, and what another reading or its own author replaced, no longer holds the unit."""
    Instrument.objects.create(number="DI-03", name="Indicator", kind="dial_indicator")
    work = line.work(0)
    work[1].payload["instrument"] = "DI-02"
    assert line.outcomes(work) == ["taken", "conflict", "taken", "taken", "conflict"]
    again = line.entry(20, 20, "bore", "value", value=5.0, unit_code="µm", instrument="DI-01")
    line.send([again])
    rejected("DI-01")
    assert line.outcomes([line.entry(21, 21, "", "finish")]) == ["conflict"]
    assert line.stop().state == "held"
    line.send([line.entry(22, 22, "bore", "value", value=5.0, unit_code="µm", instrument="DI-03")])
    assert line.outcomes([line.entry(23, 23, "", "finish")]) == ["taken"]
    assert line.stop().state == "released"


def test_wrong_unknown_blocked_and_used_parts_are_kept_as_conflicts(line: Line) -> None:
    block(line.units["RL-002"], "porous", RECORDER, DAWN)
    install(line.units["RL-003"], line.units["BED-1"], DAWN, RECORDER)
    said = {}
    for number, serial in enumerate(("BED-1", "RL-999", "RL-002", "RL-003", "TT5-001"), 1):
        (receipt,) = line.send([line.entry(number, number, "rail", "part", serial=serial)])
        assert receipt.outcome == "conflict"
        said[serial] = reason(receipt)
    assert said["BED-1"] == "BED-1 is a BED; this step needs a RAIL."
    assert said["RL-999"].startswith("No part with the serial number RL-999 is registered.")
    assert said["RL-002"] == "RL-002 is blocked: porous. Scan another, or have it released."
    assert said["RL-003"].startswith("RL-003 is in BED-1.")
    assert said["TT5-001"] == "TT5-001 cannot go into itself."
    assert AsBuiltEdge.objects.count() == 1


def test_a_late_entry_that_wins_a_part_retracts_and_supersedes(line: Line) -> None:
    line.send(line.work(100, unit="TT5-002"))
    assert line.stop("TT5-002").state == "released"
    assert line.outcomes(line.work(0)) == ["taken"] * 5
    assert [(edge.parent.serial, edge.child.serial) for edge in AsBuiltEdge.objects.all()] == [("TT5-001", "RL-001")]
    assert AsBuiltEdge.everything.count() == 2
    loser = line.stop("TT5-002")
    assert (loser.state, loser.conflicts, loser.event) == ("here", 2, None)
    corrections = Event.objects.filter(kind="correction")
    assert {one.supersedes.kind for one in corrections if one.supersedes} == {"installed", "station_completed"}
    again = [
        line.entry(300, 300, "rail", "part", unit="TT5-002", serial="RL-004"),
        line.entry(301, 301, "", "finish", unit="TT5-002"),
    ]
    assert line.outcomes(again) == ["taken"] * 2
    assert line.stop("TT5-002").state == "released"


def test_a_value_taken_back_is_retracted_with_its_inspection(line: Line) -> None:
    line.send(line.work(0)[:2])
    back = line.entry(50, 50, "", "withdraw", entry=str(line.work(0)[1].id), reason="misread")
    assert line.outcomes([back]) == ["taken"]
    assert (Measurement.objects.count(), Measurement.everything.count(), Inspection.objects.count()) == (0, 1, 0)
    assert line.stop().done == 1


def test_an_inspection_is_written_again_only_when_a_value_changes_it(line: Line) -> None:
    seals = RowSeal.objects.filter(table=Inspection._meta.label_lower)
    line.send(line.work(0)[:2])
    assert (Inspection.objects.get().verdict, seals.count()) == ("pass", 1)
    line.send([line.entry(40, 40, "bore", "value", value=6.0, unit_code="µm", instrument="DI-01")])
    assert seals.count() == 2
    line.send([line.entry(30, 30, "bore", "value", value=7.0, unit_code="µm", instrument="DI-01")])
    assert seals.count() == 2


def test_a_part_removed_by_another_door_opens_its_step_and_is_not_put_back(line: Line) -> None:
    line.send(line.work(0)[:3])
    remove(line.units["RL-001"], DAWN + timedelta(minutes=30), RECORDER, "damaged")
    line.send([line.entry(60, 60, "sign", "signature", meaning="x"), line.entry(61, 61, "", "finish")])
    assert (line.stop().state, line.stop().done) == ("here", 3)
    assert AsBuiltEdge.objects.get().valid_to == DAWN + timedelta(minutes=30)


def test_what_holds_a_unit_outside_keeps_it_until_release_is_asked_for_again(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    standing = [Hold("test", "NCR-7 is open.")]
    asked = []

    def find(release: Any) -> list[Hold]:
        asked.append(release)
        return standing

    monkeypatch.setitem(holds._finders, "test", find)
    *_others, receipt = line.send(line.work(0))
    assert (receipt.outcome, reason(receipt), line.stop().state) == ("conflict", "NCR-7 is open.", "held")
    assert (asked[0].instruments, len(asked[0].characteristics)) == (frozenset({"DI-01"}), 1)
    standing.clear()
    line.send([line.entry(50, 50, "note", "check")])
    assert line.stop().state == "held"
    assert line.outcomes([line.entry(51, 51, "", "finish")]) == ["taken"]
    assert line.stop().state == "released"


def test_a_supervisor_lets_a_unit_pass_with_a_reason_that_stays(line: Line) -> None:
    override = line.entry(1, 1, "", "override", reason="gauge away")
    assert line.outcomes([override], line.chief) == ["taken"]
    stop = line.stop()
    assert (stop.state, stop.override_reason) == ("released", "gauge away")
    event = Event.objects.get(kind="station_overridden")
    assert (event.payload["reason"], event.actor) == ("gauge away", line.chief.person)


def test_the_clock_of_a_tablet_is_corrected_by_its_offset(line: Line) -> None:
    sender = replace(line.assembler, clock_offset_ms=-3_600_000)
    line.send([line.entry(1, 120, "clean", "check", done=True)], sender)
    entry = StationEntry.objects.get()
    assert (entry.at, entry.device_time) == (DAWN + timedelta(minutes=60), DAWN + timedelta(minutes=120))


@pytest.mark.parametrize(
    ("clock_ahead_min", "offset_min", "outcome"),
    [
        (180, -180, "taken"),
        (180, 0, "refused"),
        (0, 180, "refused"),
        (6, 0, "refused"),
        (4, 0, "taken"),
        (-180, 180, "taken"),
    ],
)
def test_no_clock_puts_a_measurement_into_the_future(
    line: Line, clock_ahead_min: int, offset_min: int, outcome: str
) -> None:
    """Five minutes are allowed, as at every other door."""
    now = datetime.now(UTC)
    value = replace(line.work(0)[1], device_time=now + timedelta(minutes=clock_ahead_min))
    sender = replace(line.assembler, clock_offset_ms=offset_min * 60_000)
    line.send([line.entry(90, 0, "clean", "check", done=True)])
    (receipt,) = line.send([value], sender)
    assert receipt.outcome == outcome
    assert not StationEntry.objects.filter(at__gt=now + CLOCK_TOLERANCE).exists()
    assert not Measurement.objects.filter(measured_at__gt=now + CLOCK_TOLERANCE).exists()
    assert (outcome == "taken") == Measurement.objects.exists()
    if outcome == "refused":
        assert reason(receipt).endswith("minutes ahead of now. Set the tablet's clock.")


def test_work_begun_by_a_withdrawn_revision_goes_on_by_the_one_that_holds(line: Line) -> None:
    first = line.procedures["S01"]
    line.send(line.work(0)[:2])
    withdraw(first, line.chief.person, "wrong limit")
    Procedure.objects.filter(pk=first.pk).update(withdrawn_at=DAWN + timedelta(minutes=10))
    late = line.entry(20, 20, "sign", "signature", meaning="x")
    (receipt,) = line.send([late])
    assert reason(receipt).startswith("Its revision of the procedure did not hold")
    assert line.stop().done == 2
