"""The API through the whole application: what it says, what it refuses, and that nothing sent to it breaks it."""

from __future__ import annotations

import hashlib
import io
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from django.core.cache import cache
from django.test import Client
from support.accounts import LOGIN_BACKEND
from support.api_program import Program
from tenancy.canaries import DAY, Firm, founded, furnished
from tenancy.routes import content_of

from samegauge.apps.history.passports import keys_folder
from samegauge.core import telemetry
from samegauge.core.intake.models import ImportBatch, ImportKind
from samegauge.core.jobs.models import Job, JobState
from samegauge.core.organisations.models import Role
from samegauge.core.scope import organisation_scope
from samegauge.core.thread.models import Event, Unit
from samegauge.core.thread.rules import Fact, Recorder, record
from samegauge.core.vault import rules as vault_rules
from samegauge.core.vault.models import StoredFile
from samegauge.doors.crypto import load_or_create_key
from samegauge.web.api import api

if TYPE_CHECKING:
    from collections.abc import Callable

    from samegauge.core.api_contract import MemberRate

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def own_home(settings: Any, tmp_path: Any) -> None:
    settings.SAMEGAUGE_HOME = tmp_path / "home"
    settings.SAMEGAUGE_HOME.mkdir()
    telemetry._lake_of.cache_clear()
    cache.clear()


@pytest.fixture
def firm(db: None) -> Firm:
    return furnished(founded("firm", ("alpha", "Amsel")))


@pytest.fixture
def program(firm: Firm) -> Program:
    return Program(firm)


def uid_of(firm: Firm, name: str) -> str:
    return str(firm.records[name].uid)


def plain_units(firm: Firm, count: int) -> list[Unit]:
    with organisation_scope(firm.organisation):
        item = firm.records["thread.Item"]
        return [Unit.objects.create(serial=f"plain-{number:03}", item=item) for number in range(count)]


class TestUnits:
    def test_a_list_comes_in_bounded_pages_that_leave_nothing_out(self, firm: Firm, program: Program) -> None:
        plain_units(firm, 23)
        pages = [program.get(f"units?serial_starts=plain&limit=10&offset={offset}").json() for offset in (0, 10, 20)]
        assert [page["count"] for page in pages] == [23, 23, 23]
        serials = [unit["serial"] for page in pages for unit in page["items"]]
        assert serials == [f"plain-{number:03}" for number in range(23)]
        assert program.get("units?limit=500").status_code == 200
        assert program.get("units?limit=501").status_code == 422

    @pytest.mark.parametrize(
        ("question", "count"),
        [
            ("", 3),
            ("?item_kind=machine", 1),
            ("?item_kind=part", 2),
            ("?verdict=fail", 1),
            ("?verdict=pass", 0),
            ("?serial=nothing", 0),
            ("?serial_starts=c-alpha", 1),
            ("?item=nothing", 0),
            ("?item=alpha-Amsel-Item.number", 2),
        ],
    )
    def test_a_list_is_narrowed_by_what_is_asked(self, program: Program, question: str, count: int) -> None:
        answer = program.get(f"units{question}").json()
        assert (answer["count"], len(answer["items"])) == (count, count)

    def test_a_unit_is_found_by_its_serial_number_whatever_it_holds(self, firm: Firm, program: Program) -> None:
        for serial in ("A/1 ?&=#%", "主軸-001", "..", "x" * 100):
            with organisation_scope(firm.organisation):
                unit = Unit.objects.create(serial=serial, item=firm.records["thread.Item"])
            answer = program.get(f"units/by-serial?serial={quote(serial, safe='')}")
            assert (answer.status_code, answer.json()["uid"]) == (200, str(unit.uid))
            assert program.get(f"units/{unit.uid}").json() == answer.json()
        assert program.get("units/by-serial?serial=nothing").status_code == 404

    def test_the_thread_says_what_the_pages_say(self, firm: Firm, program: Program) -> None:
        thread = program.get(f"units/{uid_of(firm, 'thread.Unit')}/thread").json()
        assert thread["unit"]["verdict"] == "fail"
        assert [part["serial"] for part in thread["as_built"]["parts"]] == [firm.records["child"].serial]
        assert thread["as_built"]["total"] == 1
        assert (len(thread["operations"]), len(thread["inspections"]), len(thread["documents"])) == (1, 1, 1)
        assert (thread["inspections"][0]["measured"], thread["inspections"][0]["failed"]) == (1, 1)
        assert thread["event_count"] == len(thread["events"]) == 1

    def test_the_thread_is_as_built_at_the_moment_asked_for(self, firm: Firm, program: Program) -> None:
        path = f"units/{uid_of(firm, 'thread.Unit')}"
        before, after = "2026-11-20T03:59:59Z", "2026-11-20T12:00:00%2B08:00"
        for at, count in ((before, 0), (after, 1)):
            assert program.get(f"{path}/thread?at={at}").json()["as_built"]["total"] == count
            assert program.get(f"{path}/as-built?at={at}").json()["count"] == count

    @pytest.mark.asvs("15.3.1")
    @pytest.mark.threat("T21")
    def test_no_answer_tells_a_row_number(self, program: Program) -> None:
        for path in ("units", "events", "inspections", "imports", "jobs", "passports", "characteristics", "machines"):
            for row in program.get(path).json()["items"]:
                assert {"id", "pk", "organisation", "organisation_id"}.isdisjoint(row)


class TestEvents:
    def said(self, **changes: Any) -> dict[str, Any]:
        return {"kind": "tightened", "device_time": NOON.isoformat(), "payload": {"torque_Nm": 12.5}} | changes

    def test_an_event_is_appended_and_found(self, firm: Firm, program: Program) -> None:
        unit = uid_of(firm, "child")
        answer = program.post(f"units/{unit}/events", self.said())
        assert answer.status_code == 201
        event = answer.json()
        assert (event["kind"], event["unit_uid"], event["payload"]) == ("tightened", unit, {"torque_Nm": 12.5})
        assert event["actor"] == "alpha-Amsel owner"
        assert program.get(f"events/{event['uid']}").json() == event
        assert event in program.get("events?kind=tightened").json()["items"]
        assert event in program.get(f"units/{unit}/events").json()["items"]

    def test_a_correction_supersedes_and_both_stay(self, firm: Firm, program: Program) -> None:
        wrong = program.post(f"units/{uid_of(firm, 'child')}/events", self.said()).json()
        said = {"payload": {"torque_Nm": 15.2}, "reason": "wrong scale"}
        right = program.post(f"events/{wrong['uid']}/correction", said)
        assert right.status_code == 201
        assert right.json()["supersedes_uid"] == wrong["uid"]
        assert right.json()["payload"] == {"torque_Nm": 15.2, "correction_reason": "wrong scale"}
        read = program.get(f"events/{wrong['uid']}").json()
        assert (read["payload"], read["superseded_by_uid"]) == ({"torque_Nm": 12.5}, right.json()["uid"])
        again = program.post(f"events/{wrong['uid']}/correction", said)
        assert (again.status_code, "corrected already" in again.json()["detail"]) == (400, True)

    @pytest.mark.parametrize("kind", ["installed", "removed", "registered", "passport_issued", "import_undone", "made"])
    def test_what_samegauge_writes_itself_nobody_else_claims(self, firm: Firm, program: Program, kind: str) -> None:
        assert program.post(f"units/{uid_of(firm, 'child')}/events", self.said(kind=kind)).status_code == 400

    def test_an_event_that_records_hang_on_is_not_corrected_alone(self, firm: Firm, program: Program) -> None:
        with organisation_scope(firm.organisation):
            event = record(Fact("installed", NOON, {}, unit=firm.records["child"]), Recorder())
        answer = program.post(f"events/{event.uid}/correction", {"payload": {}, "reason": "x"})
        assert answer.status_code == 400

    @pytest.mark.asvs("2.2.1")
    @pytest.mark.parametrize(
        ("change", "status"),
        [
            ({"kind": "Tightened"}, 422),
            ({"kind": ""}, 422),
            ({"kind": "x" * 61}, 422),
            ({"kind": None}, 422),
            ({"device_time": "2026-11-20T12:00:00"}, 422),
            ({"device_time": "yesterday"}, 422),
            ({"device_time": "0001-01-01T00:00:00+14:00"}, 422),
            ({"device_time": "9999-12-31T23:59:59-14:00"}, 422),
            ({"device_time": 10**30}, 422),
            ({"payload": []}, 422),
            ({"payload": {"a": "\x00"}}, 400),
            ({"payload": {"\x00": 1}}, 400),
            ({"payload": {"a": 2**70}}, 400),
            ({"payload": {"a": 1e300}}, 400),
        ],
    )
    def test_what_does_not_fit_is_refused(
        self, firm: Firm, program: Program, change: dict[str, Any], status: int
    ) -> None:
        answer = program.post(f"units/{uid_of(firm, 'child')}/events", self.said(**change))
        assert (answer.status_code, bool(answer.json()["detail"])) == (status, True)
        with organisation_scope(firm.organisation):
            assert Event.objects.count() == 1

    @pytest.mark.asvs("2.2.1")
    @pytest.mark.threat("T05")
    @pytest.mark.parametrize(
        "body",
        [
            "",
            "{",
            "null",
            "[]",
            '"text"',
            '{"kind": "a", "kind": "b"}',
            "[" * 100_000,
            '{"kind": "seen", "device_time": "2026-11-20T12:00:00Z", "payload": {"a": NaN}}',
            '{"kind": "seen", "device_time": "2026-11-20T12:00:00Z", "payload": {"a": -Infinity}}',
            '{"kind": "seen", "device_time": "2026-11-20T12:00:00Z", "payload": {"a": "\\ud800"}}',
            '{"kind": "seen", "device_time": "2026-11-20T12:00:00Z", "payload": {"a": ' + "9" * 5000 + "}}",
            '{"kind": "seen", "device_time": "2026-11-20T12:00:00Z", "payload": {"a": ' + "[" * 400 + "]" * 400 + "}}",
            b"\xff\xfe\x00",
        ],
        ids=lambda body: repr(body[:40]),
    )
    def test_hostile_json_is_refused(self, firm: Firm, program: Program, body: Any) -> None:
        answer = program.post(f"units/{uid_of(firm, 'child')}/events", body)
        assert answer.status_code in {400, 422}
        assert "detail" in answer.json()

    def test_a_refusal_speaks_the_language_asked_for(self, firm: Firm) -> None:
        path = f"units/{uid_of(firm, 'child')}/events"
        english, chinese = (
            Program(firm, language=language).post(path, self.said(kind="installed")).json()["detail"]
            for language in ("en", "zh-Hant")
        )
        assert english.isascii()
        assert english != chinese


class TestStructure:
    def test_install_move_and_remove_are_traced_both_ways(self, firm: Firm, program: Program) -> None:
        bearing, spindle, machine = plain_units(firm, 3)
        for child, parent, hour in ((bearing, spindle, 1), (spindle, machine, 2)):
            at = (NOON + timedelta(hours=hour)).isoformat()
            said = {"parent_uid": str(parent.uid), "at": at, "position": "A1"}
            answer = program.post(f"units/{child.uid}/install", said)
            assert (answer.status_code, answer.json()["position"]) == (201, "A1")
        removed_at = (NOON + timedelta(hours=3)).isoformat()
        answer = program.post(f"units/{bearing.uid}/remove", {"at": removed_at, "reason": "worn"})
        assert datetime.fromisoformat(answer.json()["removed_at"]) == NOON + timedelta(hours=3)

        def serials(path: str) -> list[tuple[str, int]]:
            return [(row["serial"], row["level"]) for row in program.get(path).json()["items"]]

        inside_then = quote((NOON + timedelta(hours=2, minutes=30)).isoformat())
        assert serials(f"units/{machine.uid}/as-built") == [("plain-001", 1)]
        assert serials(f"units/{machine.uid}/as-built?at={inside_then}") == [("plain-001", 1), ("plain-000", 2)]
        assert serials(f"units/{machine.uid}/as-built?at={inside_then}&depth=1") == [("plain-001", 1)]
        assert serials(f"units/{machine.uid}/contents") == [("plain-001", 1), ("plain-000", 2)]
        assert serials(f"units/{bearing.uid}/used-in") == [("plain-001", 1), ("plain-002", 2)]
        assert serials(f"units/{bearing.uid}/used-in?at={inside_then}") == [("plain-001", 1), ("plain-002", 2)]
        assert serials(f"units/{bearing.uid}/used-in?at={quote(removed_at)}") == []
        assert serials(f"units/{machine.uid}/contents?limit=1&offset=1") == [("plain-000", 2)]

    def test_a_place_that_does_not_fit_is_refused_with_its_reason(self, firm: Firm, program: Program) -> None:
        first, second, third = plain_units(firm, 3)
        said = {"parent_uid": str(second.uid), "at": NOON.isoformat()}
        assert program.post(f"units/{first.uid}/install", said).status_code == 201
        for child, parent in ((first, third), (second, first), (third, third)):
            answer = program.post(f"units/{child.uid}/install", said | {"parent_uid": str(parent.uid)})
            assert (answer.status_code, "plain-" in answer.json()["detail"]) == (400, True)
        answer = program.post(f"units/{third.uid}/remove", {"at": NOON.isoformat(), "reason": "x"})
        assert answer.status_code == 400
        missing = {"parent_uid": "00000000-0000-0000-0000-000000000000"}
        assert program.post(f"units/{third.uid}/install", said | missing).status_code == 404

    def test_a_tree_asks_the_database_a_bounded_number_of_times(
        self, firm: Firm, program: Program, django_assert_max_num_queries: Callable[..., Any]
    ) -> None:
        units = plain_units(firm, 40)
        for child in units[1:]:
            said = {"parent_uid": str(units[0].uid), "at": NOON.isoformat()}
            assert program.post(f"units/{child.uid}/install", said).status_code == 201
        with django_assert_max_num_queries(12):
            assert program.get(f"units/{units[0].uid}/as-built?limit=500").json()["count"] == 39
        with django_assert_max_num_queries(40):
            program.get(f"units/{units[0].uid}/thread")


class TestImports:
    def test_an_upload_becomes_a_job_with_the_files_in_the_vault(self, firm: Firm, program: Program) -> None:
        answer = program.uploads("qif", b"<one/>", b"<two/>")
        assert answer.status_code == 202
        job = answer.json()
        assert (job["kind"], job["state"]) == ("import", "requested")
        assert program.get(f"jobs/{job['uid']}").json() == job
        with organisation_scope(firm.organisation):
            stored = Job.objects.get(uid=job["uid"]).arguments
            assert stored["import_kind"] == "qif"
            assert StoredFile.objects.filter(name__startswith="file").count() == 2

    @pytest.mark.parametrize(
        ("hashes", "status"),
        [(["0" * 64], 400), (["x"], 422), (["A" * 64], 422), ([], 422), (["0" * 64, "0" * 64], 400)],
    )
    def test_a_file_whose_hash_differs_is_refused(
        self, firm: Firm, program: Program, hashes: list[str], status: int
    ) -> None:
        body = {"kind": "qif", "sha256": hashes, "files": [io.BytesIO(b"<one/>")]}
        body["files"][0].name = "one.qif"
        assert program.client.post("/api/imports", body, headers=program.headers).status_code == status
        with organisation_scope(firm.organisation):
            assert not Job.objects.filter(kind="import", state="requested").exists()
            assert not StoredFile.objects.filter(name="one.qif").exists()

    @pytest.mark.asvs("5.2.1")
    @pytest.mark.threat("T06")
    def test_a_file_that_is_too_large_is_refused_and_none_is_left(
        self, firm: Firm, program: Program, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(vault_rules, "MAX_FILE_BYTES", 2**20)
        answer = program.uploads("qif", b"<one/>", b"x" * (2**20 + 1))
        assert (answer.status_code, answer.json()["detail"]) == (400, "The file is larger than 1 MiB.")
        with organisation_scope(firm.organisation):
            assert not Job.objects.filter(kind="import", state="requested").exists()
        assert list((vault_rules.vault_folder() / "incoming").iterdir()) == []

    @pytest.mark.parametrize("kind", ["", "pdf", "QIF", "\x00"])
    def test_an_unknown_kind_is_refused(self, program: Program, kind: str) -> None:
        assert program.uploads(kind, b"x").status_code == 422

    def test_an_import_without_files_is_refused(self, program: Program) -> None:
        answer = program.client.post("/api/imports", {"kind": "qif", "sha256": ["0" * 64]}, headers=program.headers)
        assert answer.status_code == 422

    @pytest.mark.asvs("2.3.1")
    @pytest.mark.threat("T06")
    def test_an_import_is_undone_once_with_its_reason(self, firm: Firm, program: Program) -> None:
        with organisation_scope(firm.organisation):
            batch = ImportBatch.objects.create(kind=ImportKind.QIF)
            unit = Unit.objects.create(serial="brought", item=firm.records["thread.Item"], batch=batch)
        assert program.post(f"imports/{batch.uid}/undo", {"reason": " "}).status_code == 422
        undone_import = program.post(f"imports/{batch.uid}/undo", {"reason": "wrong machine"})
        assert undone_import.status_code == 200
        assert undone_import.json()["undone_because"] == "wrong machine"
        assert program.get(f"units/{unit.uid}").status_code == 404
        again = program.post(f"imports/{batch.uid}/undo", {"reason": "twice"})
        assert (again.status_code, "already" in again.json()["detail"]) == (400, True)

    def test_files_of_an_import_are_listed_by_outcome(self, firm: Firm, program: Program) -> None:
        path = f"imports/{uid_of(firm, 'intake.ImportBatch')}/files"
        assert program.get(path).json()["count"] == 1
        assert program.get(f"{path}?outcome=refused").json()["items"][0]["reason"].startswith("alpha")
        assert program.get(f"{path}?outcome=in").json() == {"count": 0, "items": []}

    def test_a_waiting_job_is_stopped_at_once(self, firm: Firm, program: Program) -> None:
        with organisation_scope(firm.organisation):
            job = Job.objects.create(kind="import")
        assert program.post(f"jobs/{job.uid}/cancel").json()["state"] == JobState.CANCELLED
        assert program.post(f"jobs/{job.uid}/cancel").json()["state"] == JobState.CANCELLED

    def test_statuses_are_counted_by_inspection_item_and_outcome(self, program: Program) -> None:
        assert program.get("status-counts").json() == {"incoming": {"alpha-Amsel-Item.number": {"FAIL": 1}}}


class TestPassports:
    @pytest.fixture(autouse=True)
    def signing_key(self, firm: Firm) -> None:
        """The firm has a passport already, so it has a key."""
        load_or_create_key(keys_folder() / f"{firm.organisation.uid}.key")

    def test_a_passport_is_issued_downloaded_and_verified(self, firm: Firm, program: Program) -> None:
        unit = uid_of(firm, "thread.Unit")
        issued = program.post(f"units/{unit}/passports")
        assert issued.status_code == 201
        uid = issued.json()["uid"]
        signed = b"".join(program.get(f"passports/{uid}/json").streaming_content)
        printed = b"".join(program.get(f"passports/{uid}/pdf").streaming_content)
        assert hashlib.sha256(signed).hexdigest() == issued.json()["sha256"]
        assert printed.startswith(b"%PDF-")
        assert issued.json() in program.get(f"passports?unit={unit}").json()["items"]
        assert Client().get(issued.json()["verify_path"]).status_code == 200
        for form, data in (("json", signed), ("pdf", printed)):
            said = program.verify(data)
            assert (said["form"], said["state"], said["serial"]) == (form, "genuine", issued.json()["serial"])
        altered = program.verify(signed.replace(issued.json()["serial"].encode(), b"another", 1))
        assert (altered["state"], altered["field"]) == ("altered", "/serial")
        assert program.verify(b"no passport")["state"] == "not_a_passport"

    def test_a_thread_that_somebody_altered_gets_no_passport(self, firm: Firm, program: Program) -> None:
        with organisation_scope(firm.organisation):
            Unit.objects.filter(pk=firm.records["thread.Unit"].pk).update(serial="another")
        answer = program.post(f"units/{uid_of(firm, 'thread.Unit')}/passports")
        assert (answer.status_code, "leaf hash" in answer.json()["detail"]) == (400, True)

    def test_only_those_who_may_issue_do(self, firm: Firm) -> None:
        path = f"units/{uid_of(firm, 'thread.Unit')}/passports"
        assert Program(firm, Role.INSPECTOR).post(path).status_code == 403
        assert Program(firm, Role.QUALITY_MANAGER).post(path).status_code == 201


class TestSearching:
    def test_what_is_found_is_what_the_box_shows(self, firm: Firm, program: Program) -> None:
        serial = firm.records["thread.Unit"].serial
        groups = {group["kind"]: group for group in program.get(f"search?q={serial}").json()}
        found = groups["unit"]["found"]
        assert [(one["title"], one["provenance"]) for one in found] == [(serial, "")]
        assert program.get(f"search?q={serial}&kind=people").json() == []
        assert program.get("search?q=").json() == []


class TestReading:
    def test_a_document_comes_as_a_file_to_save(self, firm: Firm, program: Program) -> None:
        answer = program.get(f"documents/{uid_of(firm, 'thread.Document')}/file")
        assert answer["Content-Type"] == "application/octet-stream"
        assert answer["Content-Disposition"].startswith("attachment")
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "content of a file" in content_of(answer)

    def test_measurements_are_the_same_from_both_ends(self, firm: Firm, program: Program) -> None:
        inspection, characteristic = uid_of(firm, "measurement.Inspection"), uid_of(firm, "measurement.Characteristic")
        here = program.get(f"inspections/{inspection}/measurements").json()["items"]
        there = program.get(f"characteristics/{characteristic}/measurements").json()["items"]
        assert (len(here), len(there)) == (1, 1)
        assert {name: here[0][name] for name in ("actual", "deviation", "stated", "inspection_uid")} == {
            name: there[0][name] for name in ("actual", "deviation", "stated", "inspection_uid")
        }

    @pytest.mark.parametrize(
        ("path", "count"),
        [
            ("characteristics?verdict=fail", 1),
            ("characteristics?verdict=pass", 0),
            ("characteristics?kind=final", 0),
            ("inspections?verdict=fail", 1),
            ("inspections?unit=00000000-0000-0000-0000-000000000000", 0),
            ("machines", 1),
            ("jobs?state=running", 1),
            ("imports?kind=shdr", 0),
            (f"events?since={DAY}T00:00:00Z", 1),
            (f"events?until={DAY}T00:00:00Z", 0),
        ],
    )
    def test_lists_are_narrowed(self, program: Program, path: str, count: int) -> None:
        assert program.get(path).json()["count"] == count

    def test_a_machine_tells_its_days_operations_and_tags(self, firm: Firm, program: Program) -> None:
        machine = uid_of(firm, "machine")
        assert program.get(f"machines/{machine}").json()["operations"] == 1
        assert program.get(f"machines/{machine}/operations?day={DAY}").json()["count"] == 1
        assert program.get(f"machines/{machine}/operations?day=2020-01-01").json()["count"] == 0
        assert program.get(f"machines/{machine}/data-items").json()["count"] == 1
        assert program.get(f"machines/{machine}/days").json() == {"days": []}
        assert program.get(f"machines/{uid_of(firm, 'child')}").status_code == 404

    def test_signals_of_a_tag_without_readings_are_empty(self, firm: Firm, program: Program) -> None:
        answer = program.get(f"machines/{uid_of(firm, 'machine')}/days/{DAY}/signals?tag=Xact").json()
        assert (answer["time_s"], answer["series"][0]["name"]) == ([], "Xact")


JUNK = [
    "units?limit=0",
    "units?limit=-1",
    "units?limit=1e3",
    "units?limit=" + "9" * 30,
    "units?limit=" + "9" * 5000,
    "units?offset=-1",
    "units?offset=" + "9" * 19,
    "units?serial=" + "x" * 201,
    "units?verdict=perhaps",
    "units?item_kind=",
    "units/by-serial",
    "units/{unit}/thread?at=yesterday",
    "units/{unit}/thread?at=0001-01-01T00:00:00%2B14:00",
    "units/{unit}/thread?at=9999-12-31T23:59:59-14:00",
    "units/{unit}/thread?at=2026-02-30T00:00:00Z",
    "units/{unit}/thread?at=2026-11-20T12:00:00",
    "units/{unit}/thread?at=" + "9" * 400,
    "units/{unit}/as-built?depth=0",
    "units/{unit}/as-built?depth=51",
    "events?since=1e400",
    "inspections?unit=x",
    "passports?unit=" + "9" * 50,
    "jobs?state=lost",
    "machines/{machine}/days/2026-13-01/signals?tag=x",
    "machines/{machine}/days/0001-01-01/signals?tag=x",
    "machines/{machine}/days/9999-12-31/signals?tag=x",
    "machines/{machine}/days/2026-11-20/signals",
    "machines/{machine}/days/2026-11-20/signals?tag=x&buckets=0",
    "machines/{machine}/days/2026-11-20/signals?tag=x&buckets=4001",
    "machines/{machine}/days/2026-11-20/signals?tag=x&start=x",
    "machines/{machine}/operations?day=1899-12-31",
    "machines/{machine}/operations?day=99999-01-01",
]
# Refused before anybody asks what stands there: PostgreSQL cannot even be asked for one.
ZERO_BYTES = [
    "units/%00",
    "units?serial=%00",
    "units?item=a%00b",
    "units/by-serial?serial=%00",
    "events?kind=%00",
    "imports?kind=%00",
    "machines/{machine}/days/%00/signals?tag=x",
    "machines/{machine}/days/2026-11-20/signals?tag=%00",
]
ABSENT = [
    "units/x",
    "units/1",
    "units/00000000-0000-0000-0000-000000000000",
    "units/{unit}/nothing",
    "units/ABCDEF00-0000-0000-0000-000000000000%0A",
    "passports/00000000-0000-0000-0000-000000000000/pdf",
    "nothing",
    "../admin",
]


@pytest.mark.asvs("2.2.1")
@pytest.mark.parametrize("path", JUNK, ids=lambda path: path[:60])
def test_junk_is_unusable_and_says_which_field(firm: Firm, program: Program, path: str) -> None:
    answer = program.get(path.format(unit=uid_of(firm, "thread.Unit"), machine=uid_of(firm, "machine")))
    assert answer.status_code == 422
    assert all(fault["loc"] and fault["msg"] for fault in answer.json()["detail"])


@pytest.mark.parametrize("path", ZERO_BYTES)
def test_a_zero_byte_in_an_address_is_refused(firm: Firm, program: Program, path: str) -> None:
    answer = program.get(path.format(machine=uid_of(firm, "machine")))
    assert (answer.status_code, bool(answer.json()["detail"])) == (400, True)


@pytest.mark.parametrize("path", ABSENT)
def test_what_is_not_there_is_not_there(firm: Firm, program: Program, path: str) -> None:
    assert program.get(path.format(unit=uid_of(firm, "thread.Unit"))).status_code == 404


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_nothing_is_replaced_or_deleted(firm: Firm, program: Program, method: str) -> None:
    for path in ("units", f"units/{uid_of(firm, 'thread.Unit')}", f"events/{uid_of(firm, 'thread.Event')}"):
        answer = program.client.generic(method, f"/api/{path}", "{}", headers=program.headers)
        assert (answer.status_code, answer["Allow"]) == (405, "GET")


class TestDoors:
    @pytest.mark.asvs("8.2.1")
    @pytest.mark.threat("T14")
    @pytest.mark.parametrize("header", ["", "Bearer", "Bearer x", "Basic eDp4", "bearer sg_"])
    def test_without_a_token_the_answer_is_401_and_how_to_get_in(self, header: str) -> None:
        answer = Client().get("/api/units", headers={"Authorization": header, "Accept-Language": "en"})
        assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")
        assert "token" in answer.json()["detail"]

    @pytest.mark.threat("T04", "T14")
    def test_a_revoked_token_stops_at_the_next_request(self, firm: Firm, program: Program) -> None:
        assert program.get("units").status_code == 200
        firm.people[Role.OWNER].memberships.get().tokens.update(revoked_at=NOON)
        assert program.get("units").status_code == 401

    @pytest.mark.asvs("3.5.1", "3.5.2")
    @pytest.mark.threat("T17")
    def test_a_session_reads_and_writes_only_with_the_csrf_token(self, firm: Firm) -> None:
        browser = Client(enforce_csrf_checks=True)
        browser.force_login(firm.people[Role.OWNER], LOGIN_BACKEND)
        assert browser.get("/api/units").status_code == 200
        path = f"/api/units/{uid_of(firm, 'child')}/events"
        said = json.dumps({"kind": "seen", "device_time": NOON.isoformat(), "payload": {}})
        refused = browser.post(path, said, content_type="application/json")
        assert (refused.status_code, "detail" in refused.json()) == (403, True)
        browser.get("/")
        token = {"X-CSRFToken": browser.cookies["csrftoken"].value}
        assert browser.post(path, said, content_type="application/json", headers=token).status_code == 201

    @pytest.mark.asvs("8.3.1")
    @pytest.mark.threat("T18")
    def test_a_role_is_refused_before_what_it_sends_is_read(self, firm: Firm) -> None:
        guest = Program(firm, Role.GUEST)
        for path in ("imports", f"units/{uid_of(firm, 'child')}/events", f"imports/{uid_of(firm, 'child')}/undo"):
            answer = guest.post(path, "no json")
            assert (answer.status_code, "role" in answer.json()["detail"]) == (403, True)

    @pytest.mark.threat("T22")
    def test_too_many_requests_are_told_to_wait(self, program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
        throttle: MemberRate = api.throttle[0]
        monkeypatch.setattr(throttle, "num_requests", 3)
        statuses = [program.get("units").status_code for _ in range(5)]
        assert statuses == [200, 200, 200, 429, 429]
        late = program.get("units")
        assert 0 < int(late["Retry-After"]) <= 60
        assert "detail" in late.json()

    def test_the_interface_is_described_without_a_page_from_elsewhere(self) -> None:
        assert Client().get("/api/docs").status_code == 404
        document = Client().get("/api/openapi.json").json()
        assert document["openapi"].startswith("3.")
        assert "http" not in json.dumps(document["paths"]).replace('"type": "http"', "")
