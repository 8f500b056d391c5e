"""The NIST Box and Cover from the page of imports through released plans, live charts and reports, counted anew."""

from __future__ import annotations

import io
import re
import statistics
import zipfile
from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation
from nist_files import recorded
from pdfminer.high_level import extract_text

from samegauge.apps.inspection.control.models import Alarm, Process
from samegauge.apps.inspection.control.quality import capability_by_station
from samegauge.apps.inspection.control.watching import current
from samegauge.apps.inspection.nonconformity.models import Nonconformity
from samegauge.apps.inspection.plans.drafting import lot_sampling
from samegauge.apps.inspection.plans.models import InspectionPlan
from samegauge.apps.inspection.rules import study_of
from samegauge.core.jobs.models import Job, JobState
from samegauge.core.jobs.rules import run_here
from samegauge.core.measurement.models import Characteristic, Inspection, Measurement
from samegauge.formats.capability_report import parse_capability_report
from samegauge.formats.qif import parse_qif

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from django.test import Client

    from samegauge.core.organisations.models import Organisation
    from samegauge.formats.qif import QifCharacteristic, QifDocument

pytestmark = pytest.mark.long

TDP = "nist-smstestbed/tdp/mtc"
DOCUMENTS = {
    "IQC-Box": f"{TDP}/QIF-IncomingInspection/BoxResults_19_samples.QIF.gz",
    "IQC-Cover": f"{TDP}/QIF-IncomingInspection/CoverResults_20_samples.QIF.gz",
    "FAI-Box": f"{TDP}/FAIR/7_28_2017 8_16_42 AM Box_Results.qif.gz",
    "FAI-Cover": f"{TDP}/FAIR/7_18_2017 9_24_30 AM Cover_Results.qif.gz",
}
SHEETS = {
    "IQC-Box": f"{TDP}/QIF-IncomingInspection/nist_mtc_crada_box_Origin_Nikon_Touch_MultiSPC-0.xlsx",
    "IQC-Cover": f"{TDP}/QIF-IncomingInspection/nist_mtc_crada_cover_Origin_Nikon_Touch_MultiSPC-0.xlsx",
}
D2 = 1.1283791670955126  # of two values: 2 / sqrt(pi)
PRINTED = 0.0006  # the sheet rounds to three decimals


def document(code: str) -> QifDocument:
    return parse_qif(recorded(DOCUMENTS[code]), code)


def stated_lines(code: str) -> list[QifCharacteristic]:
    """What is measured; the reports also write the part's number as a length."""
    return [one for one in document(code).characteristics if one.designator != "Part Number"]


def raw_values(code: str) -> dict[str, list[float]]:
    """The values of each characteristic in the order of the parts in the file."""
    found: dict[str, list[float]] = defaultdict(list)
    for result in document(code).results:
        for measured in result.measurements:
            if measured.value is not None:
                found[measured.characteristic_key].append(measured.value)
    return found


def packed(paths: list[Path]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for path in paths:
            archive.write(path, f"mtc/{path.parent.name}/{path.name}")
    return stream.getvalue()


@pytest.fixture
def chief(client: Client, in_scope: Organisation, person_with_role: Callable[..., Any]) -> Iterator[Client]:
    """A quality manager who reads English."""
    client.force_login(person_with_role("quality_manager", in_scope))
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    with translation.override("en"):
        yield client


@pytest.fixture
def imported(chief: Client) -> Client:
    """The package, sent through the page of imports."""
    archive = packed([recorded(path) for path in (*DOCUMENTS.values(), *SHEETS.values())])
    upload = SimpleUploadedFile("tdp.zip", archive, "application/zip")
    assert chief.post("/imports/new/", {"kind": "nist-tdp", "files": upload}).status_code == 302
    done = run_here(Job.objects.get())
    assert done.state == JobState.DONE
    assert done.result is not None
    assert done.result["files"] == {"in": 6, "known": 0, "refused": 0}
    return chief


@pytest.fixture
def planned(imported: Client) -> dict[str, InspectionPlan]:
    """Each of the four plans drafted and released: one through the pages, the others through the interface."""
    (box, cover) = (imported.get(f"/plans/new/?item={item}").content.decode() for item in ("Box", "Cover"))
    assert "selected>Box · nist_mtc_crada_box_Origin_Nikon_Touch (47)" in box
    assert "selected>Cover · nist_mtc_crada_cover_Origin_Nikon_Touch (28)" in cover
    assert "/plans/new/?item=Box" in imported.get("/characteristics/?item=Box").content.decode()
    drafted = imported.post("/plans/new/", {"origin": "Box\nnist_mtc_crada_box_Origin_Nikon_Touch"})
    bounds = {"act": "release", "from_serial": "Box-01", "to_serial": "Box-20"}
    imported.post(f"{drafted['Location']}change/", bounds)
    stated = Characteristic.objects.exclude(kind="Identity").order_by().values_list("item__number", "plan").distinct()
    for item, plan in sorted(stated):
        if plan == "nist_mtc_crada_box_Origin_Nikon_Touch":
            continue
        asked = {"item": item, "characteristics_of": plan}
        made = imported.post("/api/plans/draft", asked, content_type="application/json")
        assert made.status_code == 201
        change = f"/api/plans/{made.json()['uid']}/change"
        released = imported.post(change, {"act": "release"}, content_type="application/json").json()
        assert (released["state"], released["revision"]) == ("released", 1)
    assert "/plans/new/" not in imported.get("/characteristics/?item=Box").content.decode()
    return {plan.code: plan for plan in InspectionPlan.objects.all()}


def test_the_plans_are_what_the_documents_say_and_judge_as_they_do(
    imported: Client, planned: dict[str, InspectionPlan]
) -> None:
    check_lines(planned)
    check_judgements(imported, planned)
    plan = planned["IQC-Box"]
    plan.from_serial = "Box-08"
    plan.save()
    found = imported.get(f"/api/plans/{plan.uid}/judgement").json()
    assert (found["units"], found["conforming"], found["failed"]) == (13, 13, 0)


def check_lines(planned: dict[str, InspectionPlan]) -> None:
    assert sorted(planned) == sorted(DOCUMENTS)
    incoming, first_article = ("lot", lot_sampling()), ("every", {})
    for code, plan in planned.items():
        frequency = incoming if code.startswith("IQC") else first_article
        lines = list(plan.lines.select_related("characteristic").order_by("sequence"))
        for line, stated in zip(lines, stated_lines(code), strict=True):
            assert (line.instrument_kind, (line.frequency, line.sampling)) == ("cmm", frequency)
            assert line.reaction
            assert line.reaction_zh
            check_characteristic(line.characteristic, stated)


def check_characteristic(row: Characteristic, stated: QifCharacteristic) -> None:
    assert (row.key, row.name, row.unit_code) == (stated.key, stated.label or stated.designator, stated.unit)
    assert rounded(row.nominal, row.lower_limit, row.upper_limit) == rounded(
        stated.nominal, stated.lower_limit, stated.upper_limit
    )


def rounded(*values: float | None) -> list[float | None]:
    """Without the binary noise of nominal + tolerance."""
    return [None if value is None else round(value, 9) for value in values]


def check_judgements(imported: Client, planned: dict[str, InspectionPlan]) -> None:
    """Counted from the statuses in the XML: 893 and 541 of the incoming inspection, 855 and 560 of the other."""
    totals = {}
    for code, plan in planned.items():
        found = imported.get(f"/api/plans/{plan.uid}/judgement").json()
        check_units(found, statuses_by_part(code))
        totals[code] = check_counts(found["lines"], statuses_by_part(code))
    # The reports also give each part's number a status: 855 - 19 and 560 - 20.
    assert totals == {"IQC-Box": (893, 1), "IQC-Cover": (541, 0), "FAI-Box": (836, 3), "FAI-Cover": (540, 1)}
    page = imported.get(f"/plans/{planned['IQC-Box'].uid}/").content.decode()
    assert "1 of 19 measured parts does not conform" in page
    assert "Box-07" in page
    assert "1.063" in page


def check_units(found: dict[str, Any], parts: list[dict[str, str]]) -> None:
    failed = [part for part in parts if "FAIL" in part.values()]
    missing = [part for part in parts if part not in failed and len(part) < len(found["lines"])]
    assert (found["units"], found["failed"], found["missing"]) == (len(parts), len(failed), len(missing))
    assert found["conforming"] == len(parts) - len(failed) - len(missing)
    assert (found["undecided"], found["not_shown"]) == (0, 0)


def check_counts(lines: list[dict[str, Any]], parts: list[dict[str, str]]) -> tuple[int, int]:
    """How many values were judged, and how many of them failed."""
    for line in lines:
        own = [part.get(line["key"]) for part in parts]
        assert [line["conforming"], line["failed"], line["missing"]] == [
            own.count(one) for one in ("PASS", "FAIL", None)
        ]
    return sum(line["conforming"] + line["failed"] for line in lines), sum(line["failed"] for line in lines)


def statuses_by_part(code: str) -> list[dict[str, str]]:
    keys = {one.key for one in stated_lines(code)}
    return [
        {one.characteristic_key: one.status for one in part.measurements if one.characteristic_key in keys}
        for part in document(code).results
    ]


def is_signal(values: list[float]) -> list[bool]:
    """Individuals beyond 4.5 sigma or their EWMA (0.2) beyond 3.75; limits from the first fifteen, plainly computed."""
    baseline, rest = values[:15], values[15:]
    centre = statistics.fmean(baseline)
    sigma = statistics.fmean(abs(after - before) for before, after in pairwise(baseline)) / D2
    average, found = centre, []
    for value in rest:
        average = 0.2 * value + 0.8 * average
        beyond = abs(value - centre) > 4.5 * sigma
        found.append(beyond or abs(average - centre) > 3.75 * sigma * (0.2 / 1.8) ** 0.5)
    return found


@pytest.mark.usefixtures("planned")
def test_the_values_go_through_live_control_and_capability_as_computed_and_published() -> None:
    for code in DOCUMENTS:
        check_live_charts(code)
    for code, compared in {"FAI-Box": 29, "FAI-Cover": 25}.items():
        assert check_published(code) == compared
    for code, compared in {"IQC-Box": 29, "IQC-Cover": 20}.items():
        assert check_workbook(code) == compared
    check_live_capability()


def check_live_charts(code: str) -> None:
    watched = {
        one.lead.key: one for one in Process.objects.filter(lead__plan=document_plan(code)).select_related("lead")
    }
    alarms = {alarm.process_id: alarm for alarm in Alarm.objects.all()}
    watches = current(list(watched.values()))
    identity = {one.key for one in document(code).characteristics if one.designator == "Part Number"}
    known = {key: values for key, values in raw_values(code).items() if key not in identity}
    assert set(watched) == set(known)
    for key, values in known.items():
        process, watch = watched[key], watches[watched[key].pk]
        assert process.seen == len(values)
        if len(values) < 15:
            assert not watch.charts
            continue
        baseline = values[:15]
        chart = watch.charts[0]
        sigma = statistics.fmean(abs(after - before) for before, after in pairwise(baseline)) / D2
        assert chart.center[0] == pytest.approx(statistics.fmean(baseline), rel=1e-12)
        assert chart.upper[0] == pytest.approx(statistics.fmean(baseline) + 4.5 * sigma, rel=1e-12)
        expected = sum(is_signal(values))
        assert (alarms[process.pk].signals if process.pk in alarms else 0) == expected, process


def document_plan(code: str) -> str:
    return InspectionPlan.objects.get(code=code).source


def check_published(code: str) -> int:
    """Cp of the documents takes the rounded 1.128; their deviations are off by up to 1.4e-5 of themselves."""
    reports = {one.characteristic_key: one for one in document(code).capabilities}
    compared = 0
    for row in Characteristic.objects.filter(plan=document_plan(code)).exclude(kind="Identity"):
        found, published = study_of(row).capability, reports[row.key]
        assert found is not None
        assert found.count == published.n
        assert found.mean == pytest.approx(published.mean, rel=1e-12)
        assert found.sigma_overall == pytest.approx(published.standard_deviation, rel=2e-5)
        if row.lower_limit is None or found.cp is None or found.pp is None or published.cp is None:
            continue
        compared += 1
        assert found.cp.value == pytest.approx(published.cp * D2 / 1.128, rel=1e-9)
        assert found.pp.value == pytest.approx(published.pp, rel=2e-5)
    return compared


def check_workbook(code: str) -> int:
    """Ppk of sizes is that of the measuring machine's own workbook; positions it evaluates otherwise."""
    report = parse_capability_report(recorded(SHEETS[code]), code)
    rows = {row.name: row for row in Characteristic.objects.filter(plan=document_plan(code))}
    compared = 0
    for stated in report.rows:
        row = rows.get(f"{stated.characteristic} {stated.feature}")
        if row is None or row.lower_limit is None:
            continue
        found = study_of(row).capability
        assert found is not None
        assert found.ppk is not None
        assert (found.count, found.mean) == (stated.n, pytest.approx(stated.mean_mm, abs=PRINTED))
        assert found.ppk.value == pytest.approx(stated.ppk, abs=PRINTED)
        compared += 1
    return compared


def check_live_capability() -> None:
    (found,) = capability_by_station()
    checked, two_sided = 0, 0
    for code in DOCUMENTS:
        values, plan = raw_values(code), document_plan(code)
        two_sided += sum(one.lower_limit is not None for one in stated_lines(code))
        for one in found.rows:
            lead = one.process.lead
            if lead.plan != plan or lead.lower_limit is None or lead.upper_limit is None:
                continue
            own = values[lead.key]
            sigma = statistics.fmean(abs(after - before) for before, after in pairwise(own)) / D2
            mean = statistics.fmean(own)
            assert one.count == len(own)
            assert one.judgement is not None
            assert one.judgement.normal.cpk is not None
            nearer = min(lead.upper_limit - mean, mean - lead.lower_limit)
            assert one.judgement.normal.cpk.value == pytest.approx(nearer / (3 * sigma), rel=1e-9)
            checked += 1
    assert checked == two_sided


def test_pages_of_part_inspection_and_alarm_lead_on(imported: Client, planned: dict[str, InspectionPlan]) -> None:
    inspection = Inspection.objects.get(unit__serial="Box-07", kind="incoming")
    page = imported.get(f"/inspections/{inspection.uid}/").content.decode()
    assert f"/plans/{planned['IQC-Box'].uid}/" in page
    assert "1 characteristic does not conform" in page
    link = re.search(r'href="(/inspection-data/qif/[^"]+)"', page)
    assert link
    sent = imported.get(link[1].replace("&amp;", "&"))
    (result,) = parse_qif_bytes(sent.content).results
    assert result.serial == "Box-07"
    own = Measurement.objects.filter(inspection=inspection)
    assert sorted(one.value or 0.0 for one in result.measurements) == pytest.approx(
        sorted(own.values_list("actual", flat=True))
    )
    aqdef = imported.get(link[1].replace("&amp;", "&").replace("qif", "aqdef", 1))
    assert aqdef.content.count(b"1.063") == 1
    new = f"/nonconformities/new/?inspection={inspection.uid}"
    assert new in page
    form = imported.get(new)
    title = "POSITION5 HOLE_PATTERN7_1 1.063 mm, limits – to 0.5"
    assert form.context["form"].initial == {"quantity": 1, "serials": "Box-07", "title": title}
    assert imported.post(new, {"title": title, "serials": "Box-07", "quantity": 1}).status_code == 302
    report = Nonconformity.objects.get()
    assert (report.inspection, report.characteristic and report.characteristic.key) == (inspection, "86@126")
    unit = imported.get(f"/units/{inspection.unit.uid}/").content.decode()
    assert report.number in unit
    assert f"/nonconformities/new/?unit={inspection.unit.uid}" in unit
    other = imported.get(f"/units/{Inspection.objects.filter(unit__serial='Box-08')[0].unit.uid}/").content.decode()
    assert report.number not in other
    alarm = Alarm.objects.select_related("measurement__inspection__unit", "process__lead").order_by("pk")[0]
    asked = re.search(r'href="(/nonconformities/new/[^"]+)"', imported.get(f"/alarms/{alarm.uid}/").content.decode())
    assert asked
    filled = imported.get(asked[1].replace("&amp;", "&")).context["form"].initial
    assert filled["serials"] == alarm.measurement.inspection.unit.serial
    assert filled["title"] == f"{alarm.process.lead.name}: the process is out of control"


def parse_qif_bytes(content: bytes) -> QifDocument:
    return parse_qif(content, "sent")


@pytest.mark.usefixtures("planned")
def test_the_months_reports_tell_of_both_parts(imported: Client) -> None:
    own = raw_values("IQC-Box")["33@29"]
    sigma = statistics.fmean(abs(after - before) for before, after in pairwise(own)) / D2
    cpk = min(3.5 - statistics.fmean(own), statistics.fmean(own) - 3.1) / (3 * sigma)
    said = {
        "en": ("Alarms: 5, of which unanswered: 5", "Alarms: 15, of which unanswered: 15"),
        "zh-Hant": ("警報 5 件，其中未回覆 5 件", "警報 15 件，其中未回覆 15 件"),
    }
    for language, verdicts in said.items():
        march, july = (printed(imported, language, month) for month in ("2017-03", "2017-07"))
        for text, verdict in zip((march, july), verdicts, strict=True):
            assert verdict in text
            row = re.search(r"DIAMETER1SIMPLE_HOLE12\D+([\d.]+)", squeezed(text))
            assert row
        assert f"{cpk:.2f}" in march


def printed(chief: Client, language: str, month: str) -> str:
    pdf = chief.get(f"/quality/report/{language}/?month={month}")
    assert pdf["Content-Type"] == "application/pdf"
    return extract_text(io.BytesIO(pdf.content))


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)
