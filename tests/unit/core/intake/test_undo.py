"""An import undone as a whole, with its reason: it goes out of sight everywhere, and can come back."""

from __future__ import annotations

from argparse import Namespace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse
from django.utils import translation
from qif_samples import qif
from support.import_here import asked, rows_by_model, take_in

from samegauge.cli import worker
from samegauge.core.attention.refreshing import refresh
from samegauge.core.intake import batches
from samegauge.core.intake.batches import UndoError, finish_undone, undo
from samegauge.core.intake.models import ImportBatch, ImportedFile
from samegauge.core.jobs.models import Job, JobState
from samegauge.core.measurement.models import Inspection, Measurement
from samegauge.core.scope import Retractable, organisation_scope
from samegauge.core.telemetry import organisation_lake
from samegauge.core.thread.models import Event, Item, ItemKind, Unit
from samegauge.core.thread.rules import Recorder, altered_events, install

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from samegauge.core.organisations.models import Organisation, Person

QUALITY = Recorder(actor_name="quality manager")
RESULTS = {"results.qif": qif()}
LOG = {
    "Lathe01-20170101-20170102.txt": b"2017-01-01T08:00:00Z|load|12\n2017-01-01T08:00:01Z|load|13\nspoilt\n"
    b"2017-01-01T08:00:02Z|execution|ACTIVE\n"
}


def batch_of(report: dict[str, Any]) -> ImportBatch:
    return ImportBatch.objects.get(uid=report["import"])


def standing() -> dict[str, int]:
    models = [model for model in apps.get_models() if issubclass(model, Retractable)]
    return {model.__name__: model._default_manager.count() for model in models if model._default_manager.exists()}


def content() -> dict[str, Any]:
    measured = Measurement.objects.values_list(
        "inspection__unit__serial", "characteristic__key", "actual", "stated", "recomputed"
    )
    lake = organisation_lake()
    return {
        "measured": sorted(measured),
        "units": sorted(Unit.objects.values_list("serial", "item__number")),
        "lake": {machine: lake.counts_per_tag(machine) for machine in lake.machines()},
        "files": sorted(ImportedFile.objects.filter(standing=True, outcome="in").values_list("name", "observations")),
    }


@pytest.fixture
def undone(in_scope: Organisation, django_capture_on_commit_callbacks: Any) -> Callable[..., None]:
    """Undo an import and let its transaction commit."""

    def do(report: dict[str, Any], reason: str = "wrong drawing revision") -> None:
        with django_capture_on_commit_callbacks(execute=True):
            undo(batch_of(report), reason, QUALITY)

    return do


def test_undoing_is_an_event_with_its_reason_and_history_keeps_everything(undone: Any) -> None:
    report = take_in("qif", RESULTS)
    before = rows_by_model()
    undone(report, "  wrong drawing revision ")
    event = Event.objects.get(kind="import_undone")
    assert (event.actor_name, event.unit, event.batch) == ("quality manager", None, None)
    assert event.payload["reason"] == "wrong drawing revision"
    assert event.payload["import"] == report["import"]
    assert {name: count for name, count in event.payload["retracted"].items() if count} == {
        "thread.unit": 1,
        "measurement.inspection": 1,
        "measurement.measurement": 3,
    }
    assert batch_of(report).undo_event == event
    assert rows_by_model() == before | {"Event": before["Event"] + 1}
    assert altered_events(Event.objects.all()) == []


def test_what_came_in_is_gone_from_every_default_query_and_comes_back_exactly(undone: Any) -> None:
    first = take_in("qif", RESULTS)
    before, found = content(), standing()
    assert found == {"Unit": 1, "Inspection": 1, "Measurement": 3}
    undone(first)
    assert standing() == {}
    again = take_in("qif", RESULTS)
    assert again["files"] == {"in": 1, "known": 0, "refused": 0}
    assert (content(), standing()) == (before, found)
    same = ("units", "events", "inspections", "statuses", "quarantined")
    assert {name: again[name] for name in same} == {name: first[name] for name in same}
    assert take_in("qif", RESULTS)["files"] == {"in": 0, "known": 1, "refused": 0}


def test_readings_leave_the_lake_and_come_back(undone: Any) -> None:
    first = take_in("shdr", LOG)
    before = content()
    assert before["lake"] == {"Lathe01": {"execution": 1, "load": 2}}
    undone(first)
    lake = organisation_lake()
    assert (lake.machines(), lake.arrived_per_tag("Lathe01"), lake.quarantined(first["import"])) == ((), {}, ())
    assert content() == {"measured": [], "units": [], "lake": {}, "files": []}
    again = take_in("shdr", LOG)
    assert content() == before
    assert (again["observations"], again["quarantined"]) == (first["observations"], 1)


@pytest.fixture
def client(person_with_role: Callable[..., Person], organisation: Organisation) -> Client:
    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    client.force_login(person_with_role("quality_manager", organisation))
    return client


def test_pages_show_nothing_of_it_but_the_undone_import_itself(undone: Any, client: Client) -> None:
    report = take_in("qif", RESULTS)
    unit, inspection = Unit.objects.get(), Inspection.objects.get()
    refresh()  # as the worker does every minute
    own = [reverse("unit_thread", args=[unit.uid]), reverse("inspection", args=[inspection.uid])]
    lists = [reverse("unit_list"), reverse("search") + "?q=SN-1", reverse("home")]
    assert [client.get(address).status_code for address in own] == [200, 200]
    pages = {address: client.get(address, follow=True).content.decode() for address in lists}
    assert {address: str(unit.uid) in page for address, page in pages.items()} == dict.fromkeys(lists, True)
    undone(report)
    refresh()
    assert [client.get(address).status_code for address in own] == [404, 404]
    for address in (*lists, reverse("characteristic_list")):
        page = client.get(address, follow=True)
        assert page.status_code == 200
        assert str(unit.uid) not in page.content.decode()
    page = client.get(reverse("import_detail", args=[report["import"]])).content.decode()
    assert "wrong drawing revision" in page


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_without_a_reason_nothing_is_undone(in_scope: Organisation, reason: str) -> None:
    report = take_in("qif", RESULTS)
    before = standing()
    with pytest.raises(UndoError, match="Say why"):
        undo(batch_of(report), reason, QUALITY)
    assert (standing(), batch_of(report).undone_at) == (before, None)
    assert not Event.objects.filter(kind="import_undone").exists()


@pytest.mark.asvs("2.3.1")
@pytest.mark.threat("T06")
def test_twice_is_refused(undone: Any) -> None:
    report = take_in("qif", RESULTS)
    undone(report)
    with pytest.raises(UndoError, match="undone already"):
        undone(report, "again")
    assert Event.objects.filter(kind="import_undone").count() == 1


@pytest.mark.parametrize("language", ["en", "zh-hant"])
def test_an_import_that_another_one_built_on_stays_and_both_are_named(undone: Any, language: str) -> None:
    first = take_in("qif", RESULTS)
    second = take_in("qif", {"again.qif": qif(("e977f3ea", "e977f3eb"))})
    assert (first["units"], second["units"]) == (1, 0)
    before = standing()
    with translation.override(language), pytest.raises(UndoError) as refused:
        undone(first)
    assert "results.qif" in str(refused.value)
    assert "again.qif" in str(refused.value)
    assert ("Undo that one first" in str(refused.value)) == (language == "en")
    assert standing() == before
    undone(second)
    undone(first)
    assert standing() == {}


def test_an_import_whose_unit_a_person_built_in_stays(undone: Any) -> None:
    report = take_in("qif", RESULTS)
    machine = Item.objects.create(number="M1", name="Machine", kind=ItemKind.MACHINE)
    parent = Unit.objects.create(serial="M1-001", item=machine)
    install(Unit.objects.get(serial="SN-1"), parent, datetime(2020, 1, 1, tzinfo=UTC), QUALITY)
    with pytest.raises(UndoError, match="SN-1 in M1-001"):
        undone(report)
    assert Inspection.objects.count() == 1


def test_an_import_that_is_still_going_on_stays(undone: Any) -> None:
    report = take_in("qif", RESULTS)
    Job.objects.filter(uid=report["import"]).update(state=JobState.RUNNING)
    with pytest.raises(UndoError, match="not finished"):
        undone(report)
    assert Inspection.objects.count() == 1


class CrashError(Exception):
    """The power goes at this moment."""


def crash_in_undoing(report: dict[str, Any], undone: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Undo, and lose power after the database has committed, before the lake has been told."""

    def crash() -> int:
        raise CrashError

    with monkeypatch.context() as broken:
        broken.setattr(batches, "finish_undone", crash)
        with pytest.raises(CrashError):
            undone(report)


def test_a_crash_between_database_and_lake_is_healed_by_the_next_import(
    undone: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = take_in("shdr", LOG)
    before = content()["lake"]

    crash_in_undoing(report, undone, monkeypatch)
    assert batch_of(report).undone_at is not None
    assert content()["lake"] == before
    assert finish_undone() == 1
    assert content()["lake"] == {}
    assert finish_undone() == 0


def test_the_start_of_the_worker_heals_it_in_every_organisation(
    undone: Any, monkeypatch: pytest.MonkeyPatch, other_organisation: Organisation, home: Path
) -> None:
    crash_in_undoing(take_in("shdr", LOG), undone, monkeypatch)
    with organisation_scope(other_organisation):
        crash_in_undoing(take_in("shdr", LOG), undone, monkeypatch)
    damaged = home / "lake" / str(other_organisation.uid)
    for commit in damaged.rglob("_delta_log/*.json"):
        commit.write_text("{")
    started = []
    monkeypatch.setattr("samegauge.core.jobs.worker.run", lambda _stop: started.append(content()["lake"]))
    monkeypatch.setattr("os._exit", started.append)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    monkeypatch.setattr("samegauge.cli.worker.die_with_supervisor", lambda: None)
    worker.run(Namespace())
    assert started == [{}, 0]


def test_the_next_import_takes_up_what_a_crashed_undo_left(undone: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    report = take_in("shdr", LOG)
    before = content()

    crash_in_undoing(report, undone, monkeypatch)
    again = take_in("shdr", LOG)
    assert again["files"] == {"in": 1, "known": 0, "refused": 0}
    assert content() == before


def longer_log() -> dict[str, bytes]:
    [name] = LOG
    return {name: LOG[name] + b"2017-01-01T08:00:03Z|load|14\n"}


def test_a_machine_with_readings_of_another_import_stays(undone: Any) -> None:
    first = take_in("shdr", LOG)
    assert take_in("shdr", longer_log())["units"] == 0
    with pytest.raises(UndoError, match="Undo that one first"):
        undone(first)
    assert Unit.objects.filter(serial="Lathe01").exists()


def test_readings_that_another_import_brought_too_stay(undone: Any) -> None:
    lathe = Item.objects.create(number="L1", name="Lathe", kind=ItemKind.MACHINE)
    Unit.objects.create(serial="Lathe01", item=lathe)
    first, second = take_in("shdr", LOG), take_in("shdr", longer_log())
    assert second["files"]["in"] == 1
    undone(first)
    assert content()["lake"] == {"Lathe01": {"execution": 1, "load": 3}}


def test_a_job_that_never_ran_leaves_no_import_to_undo(in_scope: Organisation) -> None:
    asked("qif", RESULTS)
    assert not ImportBatch.objects.exists()
