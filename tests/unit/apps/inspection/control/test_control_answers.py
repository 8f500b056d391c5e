"""Alarms are closed with cause and action by a person; until then, and until a gate is reached, units are held."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command
from django.urls import reverse
from unit.apps.inspection.control.conftest import START, Line, characteristic, quiet

from samegauge.apps.inspection.control.concerns import _find_missed, _find_out_of_control
from samegauge.apps.inspection.control.gates import closed_gates, standings, values_needed
from samegauge.apps.inspection.control.missed import missed
from samegauge.apps.inspection.control.models import ActionCode, Alarm, CauseCode, Process
from samegauge.apps.inspection.control.rules import (
    Answer,
    ControlError,
    Revision,
    answer,
    process_of,
    redesign,
    reopen,
    settings_of,
)
from samegauge.apps.inspection.control.watching import design_of
from samegauge.apps.inspection.plans.models import (
    InspectionPlan,
    PlannedCharacteristic,
    Procedure,
    ProcedureStep,
    Route,
    RouteStop,
)
from samegauge.core.attention.models import Severity
from samegauge.core.production.holds import Release, holds_on
from samegauge.core.production.models import Station
from samegauge.core.thread.models import Event, Unit
from samegauge.core.thread.rules import Fact, Recorder, record
from samegauge.engines.spc.capability.normal import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from samegauge.core.organisations.models import Organisation, Person

pytestmark = pytest.mark.usefixtures("in_scope")


@pytest.fixture
def inspector(organisation: Organisation, person_with_role: Callable[..., Person]) -> Person:
    return person_with_role("inspector", organisation)


def codes() -> tuple[CauseCode, ActionCode]:
    return CauseCode.objects.get(code="WEAR"), ActionCode.objects.get(code="TOOL")


def alarmed(line: Line) -> Alarm:
    line.measure([*quiet(20), 11.2])
    return Alarm.objects.get()


def test_an_answer_closes_the_alarm_and_the_chart_begins_anew(line: Line, inspector: Person) -> None:
    alarm = alarmed(line)
    answer(alarm, Answer(*codes(), "cutter worn"), Recorder(actor=inspector))
    closed = Alarm.objects.select_related("event").get()
    assert (closed.is_open, closed.answered_by, closed.note) == (False, inspector, "cutter worn")
    assert closed.event is not None
    assert (closed.event.kind, closed.event.unit) == ("control_alarm_answered", line.units[20])
    assert closed.event.payload["cause"] == "WEAR Worn tool or fixture"
    line.measure(quiet(5, 3))
    assert not Alarm.objects.filter(answered_at=None).exists()
    line.measure([11.3])
    assert Alarm.objects.count() == 2
    with pytest.raises(ControlError, match="answered it already"):
        answer(alarm, Answer(*codes()), Recorder(actor=inspector))
    with pytest.raises(ControlError, match="new alarm since"):
        reopen(closed, "wrong cause", Recorder(actor=inspector))


def test_the_latest_answer_can_be_taken_back(line: Line, inspector: Person) -> None:
    alarm = alarmed(line)
    answer(alarm, Answer(*codes()), Recorder(actor=inspector))
    with pytest.raises(ControlError, match="Say why"):
        reopen(alarm, "", Recorder(actor=inspector))
    reopen(alarm, "wrong cause", Recorder(actor=inspector))
    assert Alarm.objects.get().is_open
    assert Event.objects.get(kind="control_alarm_reopened").payload["reason"] == "wrong cause"


def test_an_unanswered_alarm_is_a_concern_and_holds_what_was_measured(line: Line, inspector: Person) -> None:
    alarm = alarmed(line)
    (finding,) = _find_out_of_control()
    assert (finding.said(), finding.severity) == ("BOX · Bore: out of control", Severity.ALARM)
    assert finding.evidence() == "1 point beyond the control limits. In-process inspection, n = 21."
    assert finding.picture is not None
    assert finding.picture.alarms == (20,)
    station = Station.objects.create(code="S1", name="Boring")
    bystander = Unit.objects.create(serial="X", item=line.characteristic.item)
    here = Release(bystander, station, characteristics=frozenset({line.characteristic.pk}))
    (hold,) = holds_on(here)
    assert hold.said == "Bore is out of control. Find the cause and record what was done."
    assert hold.url == reverse("alarm", args=[alarm.uid])
    assert [one.holder for one in holds_on(Release(line.units[20], station))] == ["control"]
    assert holds_on(Release(bystander, station)) == []
    answer(alarm, Answer(*codes()), Recorder(actor=inspector))
    assert holds_on(here) == []
    assert list(_find_out_of_control()) == []


def planned(line: Line, station: Station, every: int = 1) -> None:
    """A released plan, procedure and route that measure the characteristic at the station."""
    item = line.characteristic.item
    plan = InspectionPlan.objects.create(code="IP", item=item, title="Plan", kind="in_process")
    PlannedCharacteristic.objects.create(
        plan=plan, characteristic=line.characteristic, frequency="nth" if every > 1 else "every", every_n=every
    )
    procedure = Procedure.objects.create(code="SIP", item=item, title="Inspect", kind="sip")
    ProcedureStep.objects.create(
        procedure=procedure, key="bore", sequence=1, kind="value", text="Bore", characteristic=line.characteristic
    )
    route = Route.objects.create(code="R", item=item, title="Route")
    RouteStop.objects.create(route=route, station=station, sequence=1, procedure_code="SIP")
    for made in (plan, procedure, route):
        type(made).objects.filter(pk=made.pk).update(state="released")


def with_gate(line: Line, goal: float) -> Process:
    process = process_of(line.characteristic)
    assert process is not None
    settings = {**settings_of(design_of(process)), "gate_goal": goal}
    redesign(process, Revision(settings, "customer asks"), None)
    return Process.objects.select_related("lead", "design").get(pk=process.pk)


def test_the_gate_holds_units_without_a_value_until_the_bound_is_reached(line: Line) -> None:
    station = Station.objects.create(code="S1", name="Boring")
    planned(line, station)
    line.measure(quiet(10))
    process = with_gate(line, 1.33)
    (standing,) = standings([process])
    assert (standing.verdict, standing.count) == (Verdict.UNDECIDED, 10)
    assert values_needed(standing) == 20
    unmeasured = Unit.objects.create(serial="X", item=line.characteristic.item)
    (hold,) = holds_on(Release(unmeasured, station))
    assert hold.said.startswith("Bore: Cpk 1.33 is not proven yet, so every unit is measured.")
    assert holds_on(Release(line.units[3], station)) == []
    assert holds_on(Release(unmeasured, Station.objects.create(code="S2", name="Other"))) == []
    line.measure(quiet(40, 4))
    assert closed_gates() == []
    assert holds_on(Release(unmeasured, station)) == []


def test_a_hopeless_gate_says_that_no_number_of_values_helps(line: Line) -> None:
    line.measure([value + 0.9 for value in quiet(40)])
    (standing,) = standings([with_gate(line, 1.33)])
    assert (standing.verdict, values_needed(standing)) == (Verdict.NOT_REACHED, None)


def left(line: Line, serial: str, hours: float) -> None:
    unit, _made = Unit.objects.get_or_create(serial=serial, item=line.characteristic.item)
    record(Fact("station_completed", START + timedelta(hours=hours), {"station": "S1"}, unit=unit), Recorder())


def test_units_that_go_by_unmeasured_and_hours_without_a_value_are_missed(line: Line) -> None:
    planned(line, Station.objects.create(code="S1", name="Boring"), every=2)
    line.measure(quiet(3))
    left(line, line.units[0].serial, 4)
    left(line, "A", 5)
    now = START + timedelta(hours=20)
    assert missed(now) == []
    left(line, "B", 6)
    (one,) = missed(now)
    assert (one.units, one.every_units, one.station, one.since) == (2, 2, "S1", START + timedelta(hours=5))
    process = process_of(line.characteristic)
    assert process is not None
    redesign(process, Revision({**settings_of(design_of(process)), "expected_every_h": 8.0}, "hourly"), None)
    by_hours = [one for one in missed(now) if one.every_h]
    assert [one.since for one in by_hours] == [START + timedelta(hours=3)]
    assert missed(START + timedelta(hours=10))[0].units == 2
    said = [(finding.said(), finding.evidence()) for finding in _find_missed()]
    assert ("BOX · Bore: not measured as planned", "A value is expected every 8 h.") in said


def test_the_quality_page_the_alarm_page_and_the_reports(
    line: Line, client: Any, organisation: Organisation, person_with_role: Callable[..., Person]
) -> None:
    alarm = alarmed(line)
    person = person_with_role("quality_manager", organisation)
    client.force_login(person)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    page = client.get(reverse("quality")).content.decode()
    assert "1 process is out of control" in page
    assert reverse("alarm", args=[alarm.uid]) in page
    here = reverse("alarm", args=[alarm.uid])
    refused = client.post(here, {"cause": "", "action": ""})
    assert refused.status_code == 200
    assert "an alarm is closed with its cause and what was done" in refused.content.decode()
    cause, action = codes()
    assert client.post(here, {"cause": cause.pk, "action": action.pk}).status_code == 302
    assert "Worn tool or fixture" in client.get(here).content.decode()
    assert client.post(f"{here}reopen/", {"reason": "wrong"}).status_code == 302
    assert Alarm.objects.get().is_open
    said = {"cause": "WEAR", "action": "TOOL"}
    answered = client.post(f"/api/alarms/{alarm.uid}/answer", said, content_type="application/json")
    assert (answered.status_code, answered.json()["cause"]) == (200, "WEAR")
    row = line.characteristic
    for address in (
        reverse("characteristic_report", args=[row.uid, "zh-Hant"]),
        reverse("quality_report", args=["en"]) + "?month=2026-01",
    ):
        printed = client.get(address)
        assert (printed["Content-Type"], printed.content[:5]) == ("application/pdf", b"%PDF-")
    assert client.get(reverse("quality_report", args=["en"]) + "?month=soon").status_code == 404


def test_the_design_page_shows_the_promise_and_refuses_what_somebody_changed_meanwhile(
    line: Line, client: Any, organisation: Organisation, person_with_role: Callable[..., Person]
) -> None:
    line.measure(quiet(18))
    client.force_login(person_with_role("engineer", organisation))
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    here = reverse("control_design", args=[line.characteristic.uid])
    page = client.get(here).content.decode()
    assert "Limits from 15 values: 24 of 100 such charts give a false alarm within 100 points." in page
    process = process_of(line.characteristic)
    assert process is not None
    known = {name: value for name, value in settings_of(design_of(process)).items() if value is not None}
    said = {**known, "reason": "more values", "baseline_count": 18, "present": 0}
    assert client.post(here, said).status_code == 302
    process.refresh_from_db()
    assert process.design is not None
    assert (process.design.baseline_count, process.design.revision) == (18, 1)
    again = client.post(here, said)
    assert "Somebody has changed the design meanwhile" in again.content.decode()
    assert client.post(f"{here}undo/", {"reason": "too early"}).status_code == 302
    process.refresh_from_db()
    assert (process.design.revision, process.design.baseline_count) == (2, 15)
    live = client.get(reverse("characteristic_live", args=[line.characteristic.uid])).content.decode()
    assert "In control" in live


def test_codes_are_the_organisations_own(line: Line) -> None:
    CauseCode.objects.create(code="OWN", name="Our own")
    alarmed(line)
    assert list(CauseCode.objects.values_list("code", flat=True)) == ["OWN"]
    assert ActionCode.objects.count() == 8
    call_command("check")
    assert characteristic("LID").item.number == "LID"
