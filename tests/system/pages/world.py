"""Fills an empty data folder with everything a page can show: python world.py DATA_FOLDER; prints the addresses.

Two organisations: Harbour Works has the recorded package, a simulated machine with 5,000 parts below it, an event
that somebody altered, jobs and imports in every state; Empty Works has nothing. `owner` and `traveller` work in both,
`newcomer` in the second alone, `guest` in the first.
"""

from __future__ import annotations

import io
import json
import sys
from base64 import b64decode
from contextlib import redirect_stdout
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samegauge.cli.main import main
from samegauge.cli.site import open_site

if TYPE_CHECKING:
    from samegauge.core.organisations.models import Organisation, Person
    from samegauge.core.thread.models import Item, Unit

PASSWORD = "a gauge for every bore"
BUILT_ON = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
REPLACED_ON = BUILT_ON + timedelta(days=40)
GROUPS, PARTS_IN_A_GROUP = 50, 99
DAY = "2017-02-14"
# A PNG of one grey point.
PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="


def fill(data: Path) -> dict[str, Any]:
    from samegauge.core.scope import organisation_scope

    works, owner = people()
    with organisation_scope(works):
        package(data)
        return addresses() | {
            **imports(owner),
            **members(),
            **records(owner),
            **machine_with_parts(owner),
            **recalled(owner),
            **line(owner),
            **altered_thread(owner),
            **jobs(owner),
            **passport(owner),
            **sharing(owner),
            **gauges(owner),
            **nonconformities(owner),
            **attention(),
        }


def people() -> tuple[Organisation, Person]:
    from samegauge.core.organisations.models import Membership, Organisation, Person
    from samegauge.core.organisations.rules import only_organisation

    works = only_organisation()
    assert works is not None
    works.name, works.name_zh = "Harbour Works", "海港工廠"
    works.save()
    empty = Organisation.objects.create(name="Empty Works", name_zh="空工廠", kind="component_maker")
    owner = Person.objects.create_user(username="owner", password=PASSWORD, display_name="Y. Lin")
    newcomer = Person.objects.create_user(username="newcomer", password=PASSWORD)
    traveller = Person.objects.create_user(username="traveller", password=PASSWORD)
    guest = Person.objects.create_user(username="guest", password=PASSWORD)
    for person, organisation, role in (
        (owner, works, "owner"),
        (owner, empty, "owner"),
        (traveller, works, "engineer"),
        (traveller, empty, "engineer"),
        (newcomer, empty, "owner"),
        (guest, works, "guest"),
    ):
        Membership.objects.create(person=person, organisation=organisation, role=role)
    return works, owner


def members() -> dict[str, str]:
    from samegauge.core.organisations.models import Person

    return {
        "member": f"/people/{Person.objects.get(username='guest').uid}/",
        "oneself": f"/people/{Person.objects.get(username='owner').uid}/",
    }


def records(owner: Person) -> dict[str, str]:
    """Sixty partners, an instrument that points to one, and a spreadsheet of which a row is wrong."""
    from samegauge.apps.inspection.kinds import INSTRUMENTS
    from samegauge.core.kinds.rules import save
    from samegauge.core.partners.kinds import PARTNERS
    from samegauge.core.production.kinds import STATIONS
    from samegauge.core.takeover.registry import target_named
    from samegauge.core.vault.rules import keep

    def kept(declared: Any, **values: Any) -> Any:
        form = declared.form(values)
        assert form.is_valid(), form.errors
        save(declared, form.instance, owner, seen=0)
        return form.instance

    names = ("Simulated Castings", "模擬鑄造")
    partners = [
        kept(PARTNERS, number=f"P-{place:03d}", name=names[0], name_zh=names[1], kind="supplier", country="TW")
        for place in range(60)
    ]
    level = kept(INSTRUMENTS, number="M-001", name="NL-1", kind="level", state="in_use", calibrated_by=partners[0].pk)
    station = kept(STATIONS, code="S01", name="Bed", name_zh="床台", line="A", sequence=1)
    machines = "機型,序號,運轉時數(h),抄表日期\nHurco VM10,N-1,12,115/01/02\nNone,N-2,,\n".encode("cp950")
    sheet = keep(b"Partner number,Name,Kind\nP-000,NN,customer\nP-900,,customer\n", "partners.csv")
    return {
        "partner": PARTNERS.url("record", partners[0].uid),
        "instrument": INSTRUMENTS.url("record", level.uid),
        "dry_run": target_named("partners").url("import", sheet.uid),
        "dry_run_of_units": target_named("units").url("import", keep(machines, "machines.csv").uid),
        "station": STATIONS.url("record", station.uid),
    }


def package(data: Path) -> None:
    _import("nist-tdp", data / "nist-smstestbed")


def _import(kind: str, path: Path) -> dict[str, Any]:
    """What the command of the same name reports; refused files and lines set aside give it another exit status."""
    said = io.StringIO()
    with redirect_stdout(said):
        main(["import", kind, str(path), "--json", "--org", "Harbour Works"])
    return json.loads(said.getvalue().splitlines()[-1])


def addresses() -> dict[str, str]:
    from samegauge.apps.inspection.control.models import Alarm
    from samegauge.core.measurement.models import Characteristic, Inspection
    from samegauge.core.production.models import OperationRun
    from samegauge.core.thread.models import Unit

    box, mill = Unit.objects.get(serial="Box-07"), Unit.objects.get(serial="Hurco02")
    failed = Inspection.objects.filter(verdict="fail").first()
    assert failed is not None
    interrupted = next(run for run in OperationRun.objects.order_by("pk") if run.facts.get("interruptions"))
    alarm = Alarm.objects.filter(answered_at=None).order_by("pk").first()
    numbered = Characteristic.objects.filter(kind="Identity").first()
    return {
        "unit": f"/units/{box.uid}/",
        "unit_serial": box.serial,
        "failed_unit": f"/units/{failed.unit.uid}/",
        "operation": f"/operations/{OperationRun.objects.filter(unit=box).order_by('pk')[0].uid}/",
        "interrupted_operation": f"/operations/{interrupted.uid}/",
        "inspection": f"/inspections/{Inspection.objects.filter(unit=box).order_by('pk')[0].uid}/",
        "alarm": f"/alarms/{alarm.uid}/" if alarm else "",
        "failed_inspection": f"/inspections/{failed.uid}/",
        "characteristic": f"/characteristics/{Characteristic.objects.get(name='DIAMETER1 SIMPLE_HOLE12').uid}/",
        "identity": f"/characteristics/{numbered.uid}/" if numbered else "",
        "machine": f"/machines/{mill.uid}/",
        "machine_unit": f"/units/{mill.uid}/",
        "machine_day": f"/machines/{mill.uid}/{DAY}/",
        "silent_day": f"/machines/{mill.uid}/2001-01-01/",
    }


def imports(owner: Person) -> dict[str, str]:
    """One import with refused files, one with lines set aside, one undone, one still open."""
    from samegauge.core.intake.batches import open_batch, undo
    from samegauge.core.intake.models import ImportBatch, ImportKind
    from samegauge.core.thread.rules import Recorder

    whole = ImportBatch.objects.get()
    folder = Path(sys.argv[2])
    truncated = folder / "Hurco01-20171023-20171024.txt.gz"
    truncated.write_bytes(b"\x1f\x8b\x08\x00 cut short")
    hostile = folder / "results.qif"
    hostile.write_text('<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "boom">]><QIFDocument>&b;</QIFDocument>')
    refused = _import("shdr", truncated), _import("qif", hostile)
    undone = _import("shdr", _log(folder, "Mill09-20171101-20171102.txt"))
    partly = _import("shdr", _log(folder, "Mill08-20171101-20171102.txt", "<<<<<<< HEAD\n"))
    batch = ImportBatch.objects.get(uid=undone["import"])
    undo(batch, "Wrong machine", Recorder(actor=owner))
    return {
        "import": f"/imports/{whole.uid}/",
        "refused_import": f"/imports/{refused[0]['import']}/",
        "refused_document": f"/imports/{refused[1]['import']}/",
        "undone_import": f"/imports/{batch.uid}/",
        "open_import": f"/imports/{open_batch(ImportKind.QIF, 'results.qif', owner).uid}/",
        "quarantined_import": f"/imports/{partly['import']}/",
    }


def _log(folder: Path, name: str, dirt: str = "") -> Path:
    path = folder / name
    lines = [f"2017-11-01T08:00:0{second}.5Z|Xabs|1.{second}\n" for second in range(9)]
    path.write_text("".join(lines) + dirt)
    return path


def machine_with_parts(owner: Person) -> dict[str, str]:
    """A machine of 50 groups of 99 parts each, one of its parts replaced and one put into the spare."""
    from samegauge.core.thread.models import Item, Unit
    from samegauge.core.thread.rules import Recorder, install, remove

    recorder = Recorder(actor=owner)
    machine = _item("TX-650", "Machining centre", "綜合加工機", "machine")
    group, part = _item("GR-10", "Group", "組件", "assembly"), _item("SH-22", "Spindle head", "主軸頭", "part")
    root = Unit.objects.create(serial="TX-650-0398", item=machine, simulated=True)
    groups = [Unit(serial=f"GR-10-{place:04d}", item=group, simulated=True) for place in range(1, GROUPS + 1)]
    parts = [
        Unit(serial=f"SH-22-{place:05d}", item=part, simulated=True)
        for place in range(1, GROUPS * PARTS_IN_A_GROUP + 1)
    ]
    Unit.objects.bulk_create([*groups, *parts], batch_size=500)
    _put_in(recorder, [(one, root, f"G{place:02d}") for place, one in enumerate(groups, 1)])
    inside = [(one, groups[place // PARTS_IN_A_GROUP], f"P{place:05d}") for place, one in enumerate(parts)]
    _put_in(recorder, inside)
    spare = Unit.objects.create(serial="GR-10-9001", item=group, simulated=True)
    remove(groups[2], REPLACED_ON, recorder, "Bearing noise")
    install(spare, root, REPLACED_ON, recorder, "G03")
    empty = Unit.objects.create(serial="SH-22-NEW", item=part, simulated=True)
    assert Item.objects.filter(number="SH-22").exists()
    return {
        "tree_unit": f"/units/{root.uid}/",
        "replaced_unit": f"/units/{groups[2].uid}/",
        "part_in_tree": f"/units/{parts[0].uid}/",
        "empty_unit": f"/units/{empty.uid}/",
        "simulated_serial": parts[0].serial,
        "tree_before": (REPLACED_ON - timedelta(days=1)).date().isoformat(),
        "tree_after": (REPLACED_ON + timedelta(days=1)).date().isoformat(),
    }


def _item(number: str, name: str, name_zh: str, kind: str) -> Item:
    from samegauge.core.thread.models import Item

    return Item.objects.create(number=number, name=name, name_zh=name_zh, kind=kind)


def _put_in(recorder: Any, places: list[tuple[Unit, Unit, str]]) -> None:
    """What `install` records for each, in bulk: one by one it would take a minute."""
    from samegauge.core.thread.models import AsBuiltEdge
    from samegauge.core.thread.rules import Fact, record_all

    facts = [
        Fact("installed", BUILT_ON, {"parent": into.serial, "child": unit.serial, "position": position}, unit=unit)
        for unit, into, position in places
    ]
    edges = [
        AsBuiltEdge(parent=into, child=unit, position=position, valid_from=BUILT_ON, installed_event=event)
        for (unit, into, position), event in zip(places, record_all(facts, recorder), strict=True)
    ]
    AsBuiltEdge.objects.bulk_create(edges, batch_size=500)


def recalled(owner: Person) -> dict[str, str]:
    """A blocked lot of which four parts are in the machine and one is not, with its recall."""
    from samegauge.apps.history.recalls import Criterion, RecallKind, open_recall
    from samegauge.core.thread.models import Event, Lot, LotKind, Unit
    from samegauge.core.thread.parts import block
    from samegauge.core.thread.rules import Recorder

    recorder = Recorder(actor=owner)
    lot = Lot.objects.create(number="L-0398", kind=LotKind.DELIVERY)
    serials = [*(f"SH-22-{place:05d}" for place in range(1, 5)), "SH-22-NEW"]
    Unit.objects.filter(serial__in=serials).update(lot=lot)
    block(lot, "Cages crack", recorder)
    recall = open_recall("Cages of L-0398", "Replace the bearings", Criterion(RecallKind.LOT, lot.number), recorder)
    moved = Event.objects.filter(kind="removed").latest("pk")
    return {
        "lot": f"/lots/{lot.uid}/",
        "recall": f"/recalls/{recall.uid}/",
        "event_time": f"/events/{moved.uid}/time/",
    }


def line(owner: Person) -> dict[str, str]:
    """A machine at the first of two stations: a value in, a part refused, a step open."""
    from samegauge.apps.inspection.plans.drafting import plan_from_template, templates
    from samegauge.apps.inspection.plans.effectivity import Bounds
    from samegauge.apps.inspection.plans.models import Procedure, ProcedureStep, Route, RouteStop
    from samegauge.apps.inspection.plans.rules import draft, next_revision, release
    from samegauge.apps.inspection.stations.receiving import Sender, Sent, receive
    from samegauge.core.identifiers import new_uid
    from samegauge.core.production.models import Station
    from samegauge.core.thread.models import Item, Unit
    from samegauge.core.vault.rules import keep

    item, part = Item.objects.get(number="TX-650"), Item.objects.get(number="SH-22")
    unit = Unit.objects.create(serial="TX-650-0400", item=item, simulated=True)
    first = Station.objects.get(code="S01")
    second = Station.objects.create(code="S02", name="Spindle", name_zh="主軸", line="A", sequence=2)
    steps = [
        ProcedureStep(
            key="level", sequence=1, kind="value", text="Level", text_zh="水平", unit_code="µm/m", upper=20.0
        ),
        ProcedureStep(key="head", sequence=2, kind="part", text="Scan the head", text_zh="掃描主軸頭", item=part),
        ProcedureStep(
            key="sign", sequence=3, kind="signature", text="Sign", text_zh="簽署", meaning="Done", meaning_zh="已完成"
        ),
    ]
    procedure = draft(Procedure(code="SOP-TX", item=item, title="Bed", title_zh="床台"), steps, owner)
    stops = [
        RouteStop(station=station, sequence=place, procedure_code="SOP-TX")
        for place, station in enumerate((first, second), 1)
    ]
    route = draft(Route(code="ROUTE-TX", item=item, title="Assembly", title_zh="組裝"), stops, owner)
    for revised in (procedure, route):
        release(revised, owner, Bounds())
    now = datetime.now(UTC)

    def entry(step: str, kind: str, **payload: Any) -> Sent:
        return Sent(new_uid(), unit.uid, "S01", procedure.uid, step, kind, now, payload)

    sent = [
        entry("level", "value", value=9.5, unit_code="µm/m", instrument=""),
        entry("head", "part", serial="SH-22-00100"),
        entry("", "finish"),
    ]
    receive(sent, Sender(owner, "owner"))
    plan = plan_from_template(item, templates()["machining_centre"], owner)
    changed = next_revision(procedure, owner, "A picture for the head")
    changed.steps.filter(key="head").update(picture=keep(b64decode(PICTURE), "head.png"))
    return {
        "procedure_draft": f"/procedures/{changed.uid}/",
        "route_draft": f"/routes/{next_revision(route, owner, 'Another way').uid}/",
        "unit_at_stations": f"/floor/{unit.uid}/",
        "empty_unit_at_stations": f"/floor/{Unit.objects.get(serial='SH-22-NEW').uid}/",
        "plan": f"/plans/{plan.uid}/",
        "procedure": f"/procedures/{procedure.uid}/",
        "route": f"/routes/{route.uid}/",
    }


def altered_thread(owner: Person) -> dict[str, str]:
    """A unit one of whose events was changed behind the product's back."""
    from django.db import connection

    from samegauge.core.thread.models import Item, Unit
    from samegauge.core.thread.rules import Fact, Recorder, correct, record

    unit = Unit.objects.create(serial="SH-22-ALT", item=Item.objects.get(number="SH-22"), simulated=True)
    recorder = Recorder(actor=owner)
    record(Fact("registered", BUILT_ON, {"serial": unit.serial, "item": "SH-22"}, unit=unit), recorder)
    wrong = record(Fact("torque", BUILT_ON + timedelta(hours=1), {"torque_nm": 120.0}, unit=unit), recorder)
    correct(wrong, {"torque_nm": 118.0}, "Misread", recorder)
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER thread_event_no_update")
        cursor.execute("UPDATE thread_event SET payload = %s WHERE id = %s", ['{"torque_nm": 124.0}', wrong.pk])
    return {"altered_unit": f"/units/{unit.uid}/"}


def jobs(owner: Person) -> dict[str, str]:
    """Jobs that ended in each way; one that runs is started by the test that needs it."""
    from samegauge.core.jobs.models import Job

    now = datetime.now(UTC)
    times = {"started_at": now - timedelta(minutes=3), "finished_at": now, "requested_by": owner}
    reason = {"message": "The file ended early. Send it again.", "message_zh": "檔案不完整，請重新上傳。"}
    failed = Job.objects.create(kind="import", state="failed", done=2, total=9, **reason, **times)
    stopped = Job.objects.create(kind="import", state="cancelled", done=2, total=9, **times)
    done = Job.objects.filter(kind="import", state="done").order_by("pk")[0]
    return {
        "failed_job": f"/jobs/{failed.uid}/",
        "stopped_job": f"/jobs/{stopped.uid}/",
        "done_job": f"/jobs/{done.uid}/",
    }


def passport(owner: Person) -> dict[str, str]:
    from samegauge.apps.history.models import Passport
    from samegauge.apps.history.passports import issue
    from samegauge.core.thread.models import Unit
    from samegauge.core.thread.rules import Recorder
    from samegauge.core.vault.rules import read_stored

    issued = issue(Unit.objects.get(serial="Cover-01"), Recorder(actor=owner), "http://127.0.0.1/")
    assert Passport.objects.count() == 1
    folder = Path(sys.argv[2])
    genuine = read_stored(issued.signed)
    (folder / "genuine.json").write_bytes(genuine)
    (folder / "altered.json").write_bytes(genuine.replace(b"Cover-01", b"Cover-02", 1))
    (folder / "foreign.json").write_text('{"not": "a passport"}')
    thread = f"/units/{issued.unit.uid}/"
    return {"verify": f"/verify/{issued.public_token}/", "passport_unit": thread, "passports": f"{thread}passport/"}


def sharing(owner: Person) -> dict[str, str]:
    from samegauge.core.organisations.models import Organisation
    from samegauge.core.sharing.models import Covers
    from samegauge.core.sharing.rules import Offer, share
    from samegauge.core.thread.models import Unit
    from samegauge.core.thread.rules import Recorder

    unit = Unit.objects.select_related("item").get(serial="Cover-01")
    offer = Offer(Covers.BOTH, "For your incoming inspection")
    uid = share(unit, Organisation.objects.get(name="Empty Works"), offer, Recorder(actor=owner)).uid
    window = f"/shared/{uid}/"
    return {"grant": f"/sharing/{uid}/", "shared": window, "shared_thread": f"{window}units/{unit.uid}/"}


def gauges(owner: Person) -> dict[str, str]:
    """An overdue gauge with a certificate and a rejected study, and a value taken with it since."""
    from samegauge.apps.inspection.gauge_readings import as_file
    from samegauge.apps.inspection.gauge_rules import StudyOf, record_calibration, record_study
    from samegauge.apps.inspection.gauge_simulated import gauge_studies
    from samegauge.apps.inspection.gauge_studies import Asked
    from samegauge.apps.inspection.models import Calibration, Instrument, QualityLimits
    from samegauge.core.measurement.models import Measurement
    from samegauge.core.vault.rules import keep

    row, now = Instrument.objects.get(number="M-001"), datetime.now(UTC)
    certificate = Calibration(
        instrument=row,
        calibrated_on=(now - timedelta(days=4000)).date(),
        due_on=(now - timedelta(days=3635)).date(),
        certificate_number="CAL-1",
        as_found="within",
        certificate=keep(b"%PDF-1.7 simulated", "certificate.pdf"),
    )
    record_calibration(certificate, owner)
    _number, kind, _days, unit, given, readings = next(gauge_studies(1))
    day, source = now.date() - timedelta(days=3), keep(as_file(readings), "study.csv")
    about = StudyOf(row, kind, day, source, None, unit, simulated=True)
    study = record_study(about, readings, Asked.by(QualityLimits(), **given), owner)
    some = [one.pk for one in Measurement.objects.order_by("pk")[:3]]
    Measurement.objects.filter(pk__in=some).update(instrument="M-001")
    return {"gauge": f"/gauges/{row.uid}/", "gauge_study": f"/gauges/studies/{study.uid}/"}


def nonconformities(owner: Person) -> dict[str, str]:
    """A failed part with a picture and an earlier report like it, an 8D with causes, two suppliers' deliveries."""
    from samegauge.apps.inspection.nonconformity import eight_d, rules
    from samegauge.apps.inspection.nonconformity.models import CauseCategory, Delivery, Source
    from samegauge.core.measurement.models import Inspection
    from samegauge.core.partners.models import Partner
    from samegauge.core.production.models import Station
    from samegauge.core.thread.rules import Recorder

    recorder, now = Recorder(actor=owner), datetime.now(UTC)
    failed = Inspection.objects.filter(verdict="fail").select_related("unit__item", "unit__lot")[0]
    station = Station.objects.get(code="S01")
    for supplier, place in zip(Partner.objects.order_by("number")[:2], range(2), strict=True):
        Delivery.objects.create(
            number=f"DN-{place}", supplier=supplier, item=failed.unit.item, delivered_on=now.date(), quantity=20
        )
    common = {"source": Source.INSPECTION, "found_at": now, "station": station}
    rules.open_report(rules.Found(title="Box dented", **common), recorder)
    found = rules.Found(title="Box too wide", units=(failed.unit,), inspection=failed, **common)
    report = rules.open_report(found, recorder)
    rules.add_photo(report, b"\x89PNG\r\n\x1a\n simulated", "box.png", recorder)
    action = eight_d.open_action([report], "Boxes too wide", recorder)
    cause = eight_d.add_cause(action, "Cutter worn", CauseCategory.MACHINE)
    why = eight_d.add_cause(action, "No tool life set", CauseCategory.METHOD, cause)
    eight_d.mark_cause(why, "root")
    return {
        "nonconformity": f"/nonconformities/{report.uid}/",
        "corrective_action": f"/corrective-actions/{action.uid}/",
    }


def attention() -> dict[str, str]:
    """What the worker will find again every minute."""
    from samegauge.core.attention.models import Incident
    from samegauge.core.attention.refreshing import refresh

    refresh()
    worst = Incident.objects.filter(concern="conformity").order_by("severity", "-rank")[0]
    return {"incident": f"/duties/{worst.uid}/"}


if __name__ == "__main__":
    open_site()
    sys.stdout.write(json.dumps(fill(Path(sys.argv[1]))))
