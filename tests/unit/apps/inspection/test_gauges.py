"""Gauges that may release: their studies, their certificates, and what is in doubt when these fail."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone, translation
from django.utils.html import escape

from samegauge.apps.inspection import gauge_rules
from samegauge.apps.inspection.gauge_impact import impact_of
from samegauge.apps.inspection.gauge_readings import Reading, StudyError, as_file, readings_of_grid, readings_of_sheet
from samegauge.apps.inspection.gauge_simulated import gauge_studies
from samegauge.apps.inspection.gauge_studies import Asked, judged
from samegauge.apps.inspection.gauge_tables import key_figure, share_chart, study_sentence
from samegauge.apps.inspection.models import (
    AsFound,
    Calibration,
    Instrument,
    InstrumentStudy,
    QualityLimits,
    StudyKind,
    StudyVerdict,
)
from samegauge.core.kinds.models import Change
from samegauge.core.measurement.models import Characteristic, Inspection, Measurement
from samegauge.core.organisations.models import Role
from samegauge.core.production.holds import Release, holds_on
from samegauge.core.production.models import Station
from samegauge.core.thread.models import AsBuiltEdge, Item, Unit
from samegauge.core.thread.rules import Fact, Recorder, record
from samegauge.core.vault.rules import keep, read_stored

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from samegauge.core.organisations.models import Organisation, Person

pytestmark = pytest.mark.usefixtures("in_scope")

TODAY = timezone.localdate()
LOGIN_BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def inspector(person_with_role: Callable[..., Person], organisation: Organisation) -> Person:
    return person_with_role(Role.INSPECTOR, organisation)


@pytest.fixture
def browser(inspector: Person) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(inspector, LOGIN_BACKEND)
    return client


def opened(browser: Client, url: str) -> bytes:
    answer: Any = browser.get(url)
    return b"".join(answer.streaming_content)  # reading to the end closes the file


def gauge(number: str = "DI-02", **more: Any) -> Instrument:
    return Instrument.objects.create(number=number, name="Indicator", kind="dial_indicator", **more)


STUDIES = {number: (kind, given, readings) for number, kind, _days, _unit, given, readings in gauge_studies(1)}
WANTED = {
    "DI-02": StudyVerdict.REJECTED,
    "MI-01": StudyVerdict.ACCEPTED,
    "DI-01": StudyVerdict.ACCEPTED,
    "BB-01": StudyVerdict.ACCEPTED,
    "CA-01": StudyVerdict.ACCEPTED,
    "TW-03": StudyVerdict.CONDITIONAL,
    "CM-01": StudyVerdict.CONDITIONAL,
    "LV-01": StudyVerdict.ACCEPTED,
    "FG-01": StudyVerdict.ACCEPTED,
}


@pytest.mark.parametrize("number", WANTED)
def test_each_kind_of_study_is_judged_by_the_stated_thresholds(number: str) -> None:
    kind, given, readings = STUDIES[number]
    said = judged(kind, readings, Asked.by(QualityLimits(), **given))
    assert said.verdict == WANTED[number]
    assert said.method.sample_size == len(readings)
    assert {one[0] for one in STUDIES.values()} == set(StudyKind)


def test_the_biased_operator_is_seen_as_reproducibility() -> None:
    kind, given, readings = STUDIES["DI-02"]
    said = judged(kind, readings, Asked.by(QualityLimits(), **given))
    shares = {one["source"]: one["study_percent"] for one in said.shares}
    assert shares["reproducibility"] > 5 * shares["repeatability"]
    assert "between operators" in said.reasons[0]["en"]
    honest = [one for one in readings if one.operator != "OP-08"]
    assert judged(kind, honest, Asked.by(QualityLimits(), **given)).verdict != StudyVerdict.REJECTED


@pytest.mark.parametrize(
    ("number", "changed", "verdict"),
    [
        ("DI-02", {"grr_unacceptable_percent": 95.0}, StudyVerdict.CONDITIONAL),
        ("MI-01", {"least_categories": 99}, StudyVerdict.CONDITIONAL),
        ("CA-01", {"least_cg": 4.0}, StudyVerdict.REJECTED),
        ("TW-03", {"most_bias_percent": 0.5}, StudyVerdict.REJECTED),
        ("FG-01", {"good_kappa": 0.99}, StudyVerdict.CONDITIONAL),
        ("FG-01", {"good_kappa": 0.99, "poor_kappa": 0.98}, StudyVerdict.REJECTED),
    ],
)
def test_other_thresholds_give_other_verdicts(number: str, changed: dict[str, Any], verdict: StudyVerdict) -> None:
    kind, given, readings = STUDIES[number]
    assert judged(kind, readings, Asked.by(QualityLimits(**changed), **given)).verdict == verdict


@pytest.mark.parametrize(
    ("kind", "trials", "given", "verdict"),
    [
        (StudyKind.CROSSED, 3, {"lower": 0.0, "upper": 60.0}, StudyVerdict.CONDITIONAL),
        (StudyKind.RANGE, 1, {"lower": 0.0, "upper": 60.0}, StudyVerdict.CONDITIONAL),
        (StudyKind.TYPE_ONE, 10, {"upper": 60.0, "reference": 10.0}, StudyVerdict.REJECTED),
        (StudyKind.TYPE_ONE, 10, {"upper": 60.0, "reference": 10.0, "resolution": 0.01}, StudyVerdict.ACCEPTED),
    ],
)
def test_a_gauge_that_shows_no_scatter_is_named(
    kind: StudyKind, trials: int, given: dict[str, Any], verdict: StudyVerdict
) -> None:
    parts = [10.0] if kind is StudyKind.TYPE_ONE else [10.0, 20.0, 30.0, 40.0, 50.0]
    readings = [Reading(f"{part:g}", who, part) for part in parts for who in "AB" for _ in range(trials)]
    said = judged(kind, readings, Asked.by(QualityLimits(), **given))
    assert said.verdict == verdict
    assert "all equal" in said.reasons[0]["en"]
    assert "全部相同" in said.reasons[0]["zh"]
    assert len(said.reasons) == 1


SHEET = "零件,量測者,讀值[mm]\n1,A,0.0052\n1,B,0.0054\n2,A,0.0081\n2,B,0.0079\n"


def test_a_sheet_in_chinese_is_read_in_the_unit_of_the_study() -> None:
    readings = readings_of_sheet(SHEET.encode(), "study.csv", StudyKind.RANGE, "µm")
    assert [one.value for one in readings] == pytest.approx([5.2, 5.4, 8.1, 7.9])
    assert readings_of_sheet(as_file(readings), "kept.csv", StudyKind.RANGE, "µm") == readings


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("part,value\n1,2.0\n", "there is no column “operator”"),
        ("part,operator,value\n1,A,2,5\n", "line 2"),
        ('part,operator,value\n1,A,"2,5"\n', "line 2, column “value”"),
        ("part,operator,value\n1,A,2.5\n1,B,oops\n", "line 3, column “value”: oops is no number"),
        ("part,operator,value\n1,A,2.5 kg\n", "kg"),
    ],
)
def test_a_sheet_that_is_unclear_is_refused_with_its_place(text: str, said: str) -> None:
    with pytest.raises(StudyError) as refusal:
        readings_of_sheet(text.encode(), "study.csv", StudyKind.CROSSED, "µm")
    assert said in str(refusal.value)


def test_an_empty_cell_of_the_grid_names_its_part() -> None:
    with pytest.raises(StudyError, match="Part 2"):
        readings_of_grid({"v1-1-1": "1", "v1-2-1": "2", "v2-1-1": "3"}, (2, 2, 1), StudyKind.RANGE, "µm")


def test_a_study_comes_by_the_grid_and_is_kept_with_its_readings(browser: Client) -> None:
    row = gauge(due_on=TODAY + timedelta(days=30))
    grid = {
        f"v{part}-{who}-{trial}": str(part + who / 100 + trial / 1000)
        for part in (1, 2)
        for who in (1, 2)
        for trial in (1, 2)
    }
    asked = {"kind": "crossed", "performed_on": TODAY.isoformat(), "parts": 2, "operators": 2, "trials": 2, **grid}
    answer = browser.post(f"/gauges/{row.uid}/studies/new/", asked)
    assert answer.status_code == 302, answer.content.decode()
    (study,) = InstrumentStudy.objects.all()
    assert (study.verdict, len(study.readings), study.source.media_type) == ("accepted", 8, "text/plain")
    page = browser.get(f"/gauges/studies/{study.uid}/").content.decode()
    assert escape(key_figure(study)) in page
    assert opened(browser, f"/gauges/studies/{study.uid}/file/") == read_stored(study.source)
    assert browser.post(f"/gauges/{row.uid}/studies/new/", {**asked, "v2-2-2": "x"}).status_code == 422
    assert InstrumentStudy.objects.count() == 1


def test_a_study_comes_as_a_file(browser: Client) -> None:
    row = gauge()
    file = SimpleUploadedFile("study.csv", SHEET.encode())
    asked = {"kind": "range", "performed_on": TODAY.isoformat(), "unit_code": "µm", "upper": "8", "file": file}
    assert browser.post(f"/gauges/{row.uid}/studies/new/", asked).status_code == 302
    (study,) = InstrumentStudy.objects.all()
    assert study.verdict == "conditional"
    assert share_chart(study) is None
    assert study_sentence(study)[0] == "warning"


def kept_study(row: Instrument, verdict: str, days: int = 0, **more: Any) -> InstrumentStudy:
    return InstrumentStudy.objects.create(
        instrument=row,
        kind=StudyKind.CROSSED,
        performed_on=TODAY - timedelta(days=days),
        verdict=verdict,
        source=keep(b"part,operator,value\n", "study.csv"),
        recorded_at=datetime.now(UTC),
        actor_name="test",
        **more,
    )


def certificate(row: Instrument, on: date, due: date, as_found: AsFound = AsFound.WITHIN) -> Calibration:
    return Calibration(
        instrument=row, calibrated_on=on, due_on=due, as_found=as_found, certificate_number=f"C-{on.isoformat()}"
    )


def unit(serial: str = "M-1", kind: str = "machine") -> Unit:
    item, _made = Item.objects.get_or_create(number=f"I-{kind}", defaults={"name": "I", "kind": kind})
    return Unit.objects.create(serial=serial, item=item)


def held(numbers: set[str], characteristics: frozenset[int] = frozenset()) -> list[str]:
    station, _made = Station.objects.get_or_create(code="S30", defaults={"name": "Spindle"})
    machine = Unit.objects.filter(serial="M-1").first() or unit()
    found = holds_on(Release(machine, station, frozenset(numbers), characteristics))
    return [one.said for one in found if one.holder == "instruments"]


def test_a_release_is_held_by_each_gauge_that_may_not_be_used() -> None:
    gauge("GOOD", due_on=TODAY)
    gauge("NEVER", due_on=None)
    gauge("LATE", due_on=TODAY - timedelta(days=1))
    gauge("BLOCKED", state="blocked", due_on=TODAY)
    gauge("AWAY", state="at_calibration", due_on=TODAY)
    gauge("GONE", retired_at=datetime.now(UTC))
    assert held({"GOOD", "NEVER", ""}) == []
    said = held({"GOOD", "LATE", "BLOCKED", "AWAY", "GONE", "NOBODY"})
    assert [text.split()[0].rstrip(":") for text in said] == ["AWAY", "BLOCKED", "GONE", "LATE", "NOBODY"]
    assert all(text.endswith(("Use another one.", "certificate.", "one that is.")) for text in said)


def test_a_rejected_study_holds_until_a_better_one_and_only_its_characteristic() -> None:
    row = gauge(due_on=TODAY)
    item = Item.objects.create(number="HT8", name="Machine", kind="machine")
    own, other = (
        Characteristic.objects.create(
            item=item, plan="P", inspection_kind="in_process", key=key, name=key, kind="Length", unit_code="µm"
        )
        for key in ("a", "b")
    )
    kept_study(row, "rejected", days=10, characteristic=own)
    assert len(held({"DI-02"}, frozenset({own.pk}))) == 1
    assert held({"DI-02"}, frozenset({other.pk})) == []
    kept_study(row, "accepted", days=1, characteristic=own)
    assert held({"DI-02"}, frozenset({own.pk})) == []
    general = kept_study(row, "rejected")
    assert len(held({"DI-02"}, frozenset({other.pk}))) == 1
    gauge_rules.withdraw(general, "tester", "Wrong gauge")  # type: ignore[arg-type]
    assert held({"DI-02"}, frozenset({other.pk})) == []


def test_the_newest_certificate_sets_the_dates_with_who_and_why(inspector: Person) -> None:
    row = gauge(due_on=TODAY - timedelta(days=3), state="at_calibration", uncertainty_um=2.0)
    later = certificate(row, TODAY - timedelta(days=1), TODAY + timedelta(days=364))
    later.expanded_uncertainty_um = 0.7
    gauge_rules.record_calibration(later, inspector)
    gauge_rules.record_calibration(certificate(row, TODAY - timedelta(days=400), TODAY - timedelta(days=35)), inspector)
    row.refresh_from_db()
    assert (row.due_on, row.state, row.uncertainty_um) == (TODAY + timedelta(days=364), "in_use", 0.7)
    change = Change.objects.get(record_uid=row.uid)
    assert (change.actor, change.reason) == (inspector, f"Certificate {later.certificate_number}")
    gauge_rules.withdraw(later, inspector, "Of another gauge")
    row.refresh_from_db()
    assert row.due_on == TODAY - timedelta(days=35)
    with pytest.raises(gauge_rules.GaugeError, match="withdrawn already"):
        gauge_rules.withdraw(later, inspector, "again")
    with pytest.raises(gauge_rules.GaugeError, match="to come"):
        gauge_rules.record_calibration(
            certificate(row, TODAY + timedelta(days=1), TODAY + timedelta(days=9)), inspector
        )


def measured(machine: Unit, days_ago: int, number: str = "SQ-01") -> Measurement:
    at = datetime.now(UTC) - timedelta(days=days_ago)
    characteristic, _made = Characteristic.objects.get_or_create(
        item=machine.item, plan="P", key="square", defaults={"name": "Square", "kind": "X", "unit_code": "µm"}
    )
    inspection = Inspection.objects.create(
        unit=machine,
        kind="in_process",
        plan="P",
        reported_at=at,
        time_basis="stated",
        position_in_source=0,
        verdict="pass",
        confidence="stated",
        event=record(Fact("inspected", at, {}, unit=machine), Recorder(actor_name="test")),
    )
    return Measurement.objects.create(
        inspection=inspection,
        characteristic=characteristic,
        actual=1.0,
        instrument=number,
        stated="pass",
        recomputed="pass",
    )


def test_values_are_in_doubt_back_to_the_last_good_certificate_with_machines_and_customers(inspector: Person) -> None:
    row = gauge("SQ-01")
    for ago, due, found in ((700, 335, AsFound.WITHIN), (300, -65, AsFound.OUT)):
        day = certificate(row, TODAY - timedelta(days=ago), TODAY - timedelta(days=due), found)
        gauge_rules.record_calibration(day, inspector)
    part, machine = unit("P-1", "part"), unit("M-1")
    at = datetime.now(UTC) - timedelta(days=500)
    installed = record(Fact("installed", at, {}, unit=part), Recorder(actor_name="test"))
    AsBuiltEdge.objects.create(parent=machine, child=part, valid_from=at, installed_event=installed)
    record(Fact("delivered", at, {"customer": {"en": "Customer A", "zh": "客戶 A"}}, unit=machine), Recorder())
    rows = {ago: measured(part, ago) for ago in (800, 600, 320, 301, 299, 1)}
    measured(part, 400, "SQ-02")
    doubtful = list(gauge_rules.values_in_doubt(row))
    assert {one.pk for one in doubtful} == {rows[ago].pk for ago in (600, 320, 301)}
    why = gauge_rules.in_doubt(rows.values())
    assert set(why) == {one.pk for one in doubtful}
    impact = impact_of({one.inspection.unit_id for one in doubtful})  # type: ignore[attr-defined]
    assert ([one.serial for one in impact.machines], impact.customer_names) == (["M-1"], ["Customer A"])


def test_what_was_measured_after_the_certificate_ran_out_is_marked_even_without_its_certificate() -> None:
    gauge("SQ-01", calibrated_on=TODAY - timedelta(days=375), due_on=TODAY - timedelta(days=10))
    rows = [measured(unit(f"M-{ago}"), ago) for ago in (11, 9, 0)]
    assert list(gauge_rules.in_doubt(rows).values()) == ["SQ-01 was overdue"] * 2


def test_the_pages_say_what_is_locked_and_what_is_in_doubt(browser: Client, inspector: Person) -> None:
    empty = browser.get("/gauges/").content.decode()
    assert "No gauge is registered yet." in empty
    row = gauge("SQ-01", due_on=TODAY - timedelta(days=10))
    measured(unit("M-7"), 2)
    assert "1 gauge may not release anything" in browser.get("/gauges/?view=locked").content.decode()
    page = browser.get(f"/gauges/{row.uid}/").content.decode()
    assert "Values in doubt" in page
    assert "M-7" in page
    pdf = SimpleUploadedFile("c.pdf", b"%PDF-1.7 certificate")
    said = {
        "certificate_number": "C-1",
        "calibrated_on": TODAY,
        "due_on": TODAY + timedelta(days=365),
        "as_found": "within",
    }
    assert browser.post(f"/gauges/{row.uid}/certificates/", {**said, "due_on": TODAY}).status_code == 422
    assert browser.post(f"/gauges/{row.uid}/certificates/", {**said, "certificate_file": pdf}).status_code == 302
    kept = Calibration.objects.get()
    assert opened(browser, f"/gauges/certificates/{kept.uid}/file/") == b"%PDF-1.7 certificate"
    assert "Every gauge may release." in browser.get("/gauges/").content.decode()
    assert browser.post(f"/gauges/certificates/{kept.uid}/withdraw/", {"reason": "Wrong"}).status_code == 302
    assert "Wrong" in browser.get(f"/gauges/{row.uid}/").content.decode()


def test_the_limits_change_by_a_row_with_its_reason(
    person_with_role: Callable[..., Person], organisation: Organisation
) -> None:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(person_with_role(Role.QUALITY_MANAGER, organisation), LOGIN_BACKEND)
    names = [
        one.name
        for one in QualityLimits._meta.concrete_fields
        if one.name not in {"id", "organisation", "actor", "set_at"}
    ]
    said = {name: getattr(QualityLimits(), name) for name in names} | {
        "least_cg": 1.67,
        "reason": "Customer asks for it",
    }
    assert client.post("/gauges/limits/", {**said, "poor_kappa": 0.9}).status_code == 422
    assert client.post("/gauges/limits/", said).status_code == 302
    assert (gauge_rules.quality_limits().least_cg, QualityLimits().least_cg) == (1.67, 1.33)
    assert "Customer asks for it" in client.get("/gauges/limits/").content.decode()
