"""Reports from their opening to their close: who may take which step, what they hold, and what threads say of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from unit.apps.inspection.nonconformity.conftest import NOW, Works

from samegauge.apps.inspection.nonconformity import rules
from samegauge.apps.inspection.nonconformity.concerns import _find_late_steps, _find_rejected_gauges, _find_reports
from samegauge.apps.inspection.nonconformity.models import Disposition, FlowStep, Nonconformity, State
from samegauge.core.attention.models import Severity
from samegauge.core.organisations.models import Role
from samegauge.core.organisations.rules import issue_token
from samegauge.core.production.holds import Release, holds_on
from samegauge.core.production.models import Station
from samegauge.core.thread.models import Block, Event
from samegauge.core.thread.parts import check_part
from samegauge.core.thread.rules import Recorder

if TYPE_CHECKING:
    from samegauge.core.organisations.models import Person
    from samegauge.core.thread.models import Unit

LOGIN_BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
PNG = b"\x89PNG\r\n\x1a\n picture"


def held(unit: Unit) -> list[str]:
    station, _made = Station.objects.get_or_create(code="S30", defaults={"name": "Spindle"})
    return [one.said for one in holds_on(Release(unit, station)) if one.holder == "nonconformity"]


def kinds_of(unit: Unit) -> list[str]:
    wanted = {"nonconformity", "disposition", "reinspected", "nonconformity_closed", "blocked", "released"}
    return [
        kind for kind in Event.objects.filter(unit=unit).order_by("pk").values_list("kind", flat=True) if kind in wanted
    ]


def test_a_report_holds_its_part_and_whatever_it_is_built_into_until_it_is_settled(works: Works) -> None:
    part = works.part("B-1")
    works.built_in(part)
    report = works.report(part)
    assert held(part) == [f"{report.number} is not settled: Scratched. Decide what becomes of it."]
    assert held(works.machine) == [
        f"{report.number} about B-1 inside is not settled: Scratched. Decide what becomes of it."
    ]
    works.take(report, FlowStep.DECIDE, works.engineer, Disposition.REWORK)
    assert len(held(works.machine)) == 1
    works.take(report, FlowStep.PASS, works.inspector)
    assert held(works.machine) == held(part) == []
    works.take(report, FlowStep.CLOSE, works.manager, text="")
    assert kinds_of(part) == [
        "nonconformity",
        "blocked",
        "disposition",
        "reinspected",
        "released",
        "nonconformity_closed",
    ]


def test_a_lot_holds_all_that_came_with_it_and_nobody_builds_it_in(works: Works) -> None:
    inside, outside, other = works.part("B-1", works.lot), works.part("B-2", works.lot), works.part("B-3")
    works.built_in(inside)
    report = works.report(lots=(works.lot,), quantity=2)
    assert (len(held(works.machine)), len(held(outside)), held(other)) == (1, 1, [])
    assert "is blocked" in check_part("B-2").said or "blocked" in check_part("B-2").said
    works.take(report, FlowStep.DECIDE, works.manager, Disposition.RETURN)
    works.take(report, FlowStep.CARRY_OUT, works.inspector)
    works.take(report, FlowStep.CLOSE, works.manager)
    assert "was rejected for good" in held(works.machine)[0]
    assert Block.objects.filter(valid_to__isnull=True).count() == 1


def test_a_concession_needs_another_person_than_opened_or_proposed_it(works: Works) -> None:
    report = works.report(works.part("B-1"), by=works.engineer)
    works.take(report, FlowStep.DECIDE, works.manager, Disposition.USE_AS_IS)
    for person in (works.engineer, works.manager):
        with pytest.raises(rules.NonconformityError, match="somebody else"):
            works.take(report, FlowStep.APPROVE, person)
        assert FlowStep.APPROVE not in rules.steps_for(current(report), person.pk, works_role(person))
    with pytest.raises(rules.NonconformityError, match="role"):
        works.take(report, FlowStep.APPROVE, works.inspector)
    second = works.make_person("quality_manager", works.organisation)
    assert FlowStep.APPROVE in rules.steps_for(current(report), second.pk, works_role(second))
    assert works.take(report, FlowStep.APPROVE, second).state == State.DONE
    assert kinds_of(report.affected.get().unit)[2:] == ["disposition", "released"]


def current(report: Nonconformity) -> Nonconformity:
    return Nonconformity.objects.get(pk=report.pk)


def works_role(person: Person) -> Role:
    return Role(person.memberships.get().role)  # type: ignore[attr-defined]


def test_a_refused_concession_says_nothing_in_the_thread_and_is_decided_anew(works: Works) -> None:
    part = works.part("B-1")
    report = works.report(part)
    works.take(report, FlowStep.DECIDE, works.engineer, Disposition.REPAIR)
    refused = works.take(report, FlowStep.REFUSE, works.manager)
    assert (refused.state, refused.disposition, refused.decided_at) == (State.OPEN, "", None)
    assert "disposition" not in kinds_of(part)
    assert [step.kind for step in report.steps.all()] == ["opened", "decide", "refuse"]


def test_rework_of_what_an_inspection_found_must_pass_that_inspection_again(works: Works) -> None:
    part = works.part("B-1")
    failed = works.inspected(part, "fail", NOW - timedelta(days=2))
    report = works.report(part, inspection=failed)
    works.take(report, FlowStep.DECIDE, works.manager, Disposition.REWORK)
    with pytest.raises(rules.NonconformityError, match="B-1: no inspection by IQC has passed"):
        works.take(report, FlowStep.PASS, works.inspector)
    works.inspected(part, "pass", datetime.now(UTC) + timedelta(minutes=5), actual=5.0)
    assert works.take(report, FlowStep.PASS, works.inspector).state == State.DONE


@pytest.mark.parametrize(
    ("kind", "disposition", "text", "said"),
    [
        (FlowStep.CLOSE, None, "", "does not follow"),
        (FlowStep.OPENED, None, "x", "does not follow"),
        (FlowStep.DECIDE, None, "x", "Choose what becomes of it"),
        (FlowStep.DECIDE, Disposition.SCRAP, " ", "Say what was done"),
        (FlowStep.CONTAIN, None, "", "Say what was done"),
    ],
)
def test_a_step_that_does_not_fit_changes_nothing(
    works: Works, kind: FlowStep, disposition: Disposition | None, text: str, said: str
) -> None:
    report = works.report(works.part("B-1"))
    with pytest.raises(rules.NonconformityError, match=said):
        works.take(report, kind, works.manager, disposition, text)
    assert current(report).state == State.OPEN
    assert report.steps.count() == 1


def test_the_database_itself_refuses_a_close_without_a_disposition(works: Works) -> None:
    report = works.report(works.part("B-1"))
    report.state = State.CLOSED
    with pytest.raises(IntegrityError), transaction.atomic():
        report.save()


def test_earlier_reports_of_the_same_characteristic_station_or_supplier_are_found(works: Works) -> None:
    station = Station.objects.create(code="S12", name="Guides")
    long_ago = works.report(station=station, found_at=NOW - timedelta(days=200), title="Long ago")
    before = works.report(station=station, found_at=NOW - timedelta(days=20), title="Before")
    works.report(works.part("B-9"), title="Something else")
    bearing = works.report(works.part("B-1"), supplier=works.supplier, found_at=NOW - timedelta(days=5))
    again = works.report(works.part("B-2"), supplier=works.supplier, station=station)
    assert [(one.report, one.alike) for one in rules.repeats(again)] == [
        (bearing, ("S3 Supplier 3 · BRG",)),
        (before, ("S12 Guides",)),
    ]
    assert rules.repeats(long_ago) == []


def test_numbers_run_through_the_year(works: Works) -> None:
    numbers = [works.report(title=f"{place}").number for place in range(3)]
    assert [number[-4:] for number in numbers] == ["0001", "0002", "0003"]
    with pytest.raises(rules.NonconformityError, match="future"):
        works.report(found_at=NOW + timedelta(days=1))


def test_more_parts_turn_out_to_be_affected(works: Works) -> None:
    report = works.report(works.part("B-1"))
    second = works.part("B-2")
    recorder = Recorder(actor=works.manager)
    assert rules.also_affects(report, [second], recorder) == 1
    assert rules.also_affects(report, [second], recorder) == 0
    assert (len(held(second)), kinds_of(second)) == (1, ["nonconformity", "blocked"])


@pytest.fixture
def browser(works: Works) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(works.manager, LOGIN_BACKEND)
    return client


def test_a_failed_inspection_becomes_a_report_with_a_picture_and_goes_its_way_by_the_page(
    browser: Client, works: Works
) -> None:
    assert "Nothing was reported yet." in browser.get("/nonconformities/").content.decode()
    failed = works.inspected(works.part("B-1"), "fail", NOW - timedelta(hours=2))
    url = f"/nonconformities/new/?inspection={failed.uid}"
    page = browser.get(url).content.decode()
    assert "bore 9 µm, limits 0 to 8" in page
    asked = {"title": "bore 9 µm", "serials": "B-1", "quantity": 1}
    assert browser.post(url, {**asked, "serials": "B-1 B-7"}).status_code == 422
    picture = SimpleUploadedFile("scratch.png", PNG)
    assert browser.post(url, {**asked, "photo": picture}).status_code == 302
    report = Nonconformity.objects.get()
    assert (report.source, report.characteristic, report.inspection) == ("inspection", works.characteristic(), failed)
    assert report.photos.get().document.unit == failed.unit
    home = f"/nonconformities/{report.uid}/"
    assert "it holds 1 part" in browser.get(home).content.decode()
    step = {"step": "decide", "disposition": "rework", "text": "Grind again"}
    assert browser.post(f"{home}step/", step).status_code == 302
    assert "has to pass an inspection by IQC again" in browser.get(home).content.decode()
    works.inspected(failed.unit, "pass", datetime.now(UTC) + timedelta(minutes=5), actual=5.0)
    browser.post(f"{home}step/", {"step": "pass", "text": "5.0 µm"})
    browser.post(f"{home}step/", {"step": "close"})
    assert current(report).state == State.CLOSED
    browser.post(f"{home}step/", {"step": "nonsense"})
    assert "Choose what to do with it." in browser.get(home).content.decode()
    assert report.number in browser.get("/nonconformities/?view=closed").content.decode()
    assert report.number not in browser.get("/nonconformities/").content.decode()


def test_programs_open_and_settle_reports(works: Works) -> None:
    part = works.part("B-1")
    _token, text = issue_token(works.manager.memberships.get(), "test")  # type: ignore[attr-defined]
    program = Client(headers={"Authorization": f"Bearer {text}", "Accept-Language": "en"})
    said = {"title": "Dented", "units": [str(part.uid)]}
    opened = program.post("/api/nonconformities", said, content_type="application/json").json()
    assert (opened["state"], opened["number"][:3]) == ("open", "NC-")
    step = {"step": "decide", "text": "Bin", "disposition": "scrap"}
    url = f"/api/nonconformities/{opened['uid']}"
    assert program.post(f"{url}/steps", step, content_type="application/json").json()["state"] == "decided"
    refused = program.post(f"{url}/steps", {"step": "pass", "text": "x"}, content_type="application/json")
    assert (refused.status_code, "does not follow" in refused.json()["detail"]) == (400, True)
    detail = program.get(url).json()
    assert (detail["serials"], [one["kind"] for one in detail["steps"]]) == (["B-1"], ["opened", "decide"])
    unknown = {"title": "x", "units": ["00000000-0000-0000-0000-000000000000"]}
    assert program.post("/api/nonconformities", unknown, content_type="application/json").status_code == 404


def test_what_waits_for_somebody_is_a_concern(works: Works) -> None:
    report = works.report(works.part("B-1"))
    (finding,) = _find_reports()
    assert (finding.said(), finding.severity) == (f"{report.number}: Scratched", Severity.WARNING)
    Nonconformity.objects.filter(pk=report.pk).update(opened_at=NOW - timedelta(days=20))
    (finding,) = _find_reports()
    assert finding.severity == Severity.ALARM
    works.take(report, FlowStep.DECIDE, works.manager, Disposition.USE_AS_IS)
    (finding,) = _find_reports()
    assert (finding.step(), finding.severity) == ("Approve or refuse", Severity.WARNING)
    assert (list(_find_late_steps()), list(_find_rejected_gauges())) == ([], [])
