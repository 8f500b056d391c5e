"""What follows the company's own records: its machining by the real importer, its grants and its passports."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from samegauge.apps.fleet.rules import states_of_day
from samegauge.apps.history.models import Passport
from samegauge.apps.history.passports import trusted_keys
from samegauge.core.backup.doctor import examine_site
from samegauge.core.demo import books
from samegauge.core.demo.loading import Loaded, load
from samegauge.core.intake import demo as intake_demo
from samegauge.core.intake.models import ImportBatch, ImportedFile
from samegauge.core.kinds.models import Change
from samegauge.core.merkle_log.models import SignedState
from samegauge.core.production.models import DataItem, OperationRun
from samegauge.core.scope import all_organisations, organisation_scope
from samegauge.core.sharing.models import Grant
from samegauge.core.sharing.rules import given, received
from samegauge.core.telemetry import organisation_lake
from samegauge.core.thread.models import Event, Unit
from samegauge.core.thread.rules import altered_events
from samegauge.engines.signals.states import MachineState
from samegauge.simulators.builder import orders
from samegauge.simulators.builder.catalogue import BUILDER, FOUNDRIES
from samegauge.simulators.builder.company import newest_of_each_customer, simulated
from samegauge.simulators.machining.plan import planned

if TYPE_CHECKING:
    from pathlib import Path

    from samegauge.core.organisations.models import Organisation
    from samegauge.simulators.builder.records import Company

SEED, START = 13, datetime(2024, 1, 1, tzinfo=UTC)
pytestmark = [pytest.mark.django_db, pytest.mark.long]


@pytest.fixture(autouse=True)
def few_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    """With this seed six of the seven castings are of the item that the builder machines itself."""
    monkeypatch.setattr(orders, "MACHINES", 7)


def builder() -> Organisation:
    return books.simulated_organisation(BUILDER)


def rows() -> dict[str, int]:
    models: list[Any] = [Event, Unit, ImportBatch, ImportedFile, OperationRun, Grant, Passport, SignedState]
    with all_organisations("a test of every simulated record"):
        return {model.__name__: model.objects.count() for model in models}


def test_what_follows_the_company_goes_in_once_and_says_that_it_is_simulated(home: Path) -> None:
    company = simulated(SEED, START)
    loaded = load(SEED, START)
    assert loaded.left_out == []
    _check_machining(company, loaded)
    _check_grants(company)
    assert loaded.counts["passports"] == 3
    _check_passports(home)
    with all_organisations("a test of every simulated record"):
        events = list(Event.objects.select_related("organisation", "unit", "actor", "batch", "supersedes"))
        assert not Unit.objects.filter(simulated=False).exists()
    assert all(event.payload["simulated"] is True for event in events)
    assert altered_events(events) == []
    assert {"traced", "made", "shared", "sharing_ended", "passport_issued"} <= {event.kind for event in events}
    before = rows()
    again = load(SEED, START)
    assert (again.added, again.counts) == (False, {})
    assert rows() == before


def _check_machining(company: Company, loaded: Loaded) -> None:
    days = planned(company)
    jobs = [job for day in days for job in day.jobs]
    assert loaded.counts["machined_castings"] == len(jobs) == 6
    with organisation_scope(builder()):
        batch = ImportBatch.objects.get()
        assert batch.finished_at is not None
        assert batch.report["files"] == {"in": len(days) + len(jobs) + 2, "known": 0, "refused": 0}
        assert (batch.report["quarantined"], batch.report["operations"]) == (0, len(jobs))
        runs = list(OperationRun.objects.select_related("unit", "machine", "program"))
        assert {run.unit.serial: run.machine.serial for run in runs} == {job.serial: job.machine for job in jobs}
        assert all(run.program and run.program.revision_label == "B" and run.evidence for run in runs)
        stopped = {job.serial for job in jobs for stop in job.stops if stop.is_emergency}
        assert {run.unit.serial for run in runs if run.facts["alarms"]} == stopped
        machine = Unit.objects.get(serial=days[0].machine)
        states = states_of_day(machine, days[0].date)
        assert states is not None
        assert states.total_s[MachineState.RUNNING] > 6000
        assert DataItem.objects.filter(machine=machine, tag="Srpm", native_units="REVOLUTION/MINUTE").exists()


def _check_grants(company: Company) -> None:
    newest = {one.serial for one in newest_of_each_customer(company)}
    for foundry in FOUNDRIES:
        with organisation_scope(books.simulated_organisation(foundry.name)):
            assert {grant.receiver.name for grant in given()} == {BUILDER.en}
            assert {grant.organisation.name for grant in received()} == {BUILDER.en}
    with organisation_scope(builder()):
        assert {grant.serial for grant in received()} >= newest
        [ended] = [grant for grant in given() if grant.revoked_at]
        assert ended.serial not in newest
        assert ended.revoker_name.startswith(books.RECORDED_BY)
        assert {grant.granted_by for grant in given()} == {None}
        assert all(grant.giver_name.startswith(books.RECORDED_BY) for grant in given())
        assert not Change.objects.filter(kind="grant").exists()


def _check_passports(home: Path) -> None:
    with organisation_scope(builder()):
        issued = Passport.objects.all()
        assert issued.values("unit").distinct().count() == 3
        assert SignedState.objects.exists()
        assert {key.key_id for key in trusted_keys()[0].values()} == {one.key_id for one in issued}
    assert "key_not_backed_up" not in {finding.kind for finding in examine_site(home).findings}
    key = home / "keys" / f"{builder().uid}.key"
    secret = key.read_bytes()
    key.unlink()
    assert "key_missing" not in {finding.kind for finding in examine_site(home).findings}
    key.write_bytes(secret)
    key.chmod(0o600)


@pytest.mark.one_database
def test_one_killed_in_between_is_completed_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_given: object) -> None:
        raise KeyboardInterrupt

    days = planned(simulated(SEED, START))
    castings = sum(len(day.jobs) for day in days)
    for step in ("take_in_program", "take_in_traces", "close_batch"):
        with monkeypatch.context() as patched:
            patched.setattr(intake_demo, step, killed)
            with pytest.raises(KeyboardInterrupt):
                load(SEED, START)
    completed = load(SEED, START)
    assert (completed.added, completed.counts["machined_castings"]) == (False, castings)
    with organisation_scope(builder()):
        files = ImportBatch.objects.get().report["files"]
        assert files == {"in": len(days) + castings + 2, "known": 0, "refused": 0}
        assert sum(len(one.files) for one in organisation_lake().ledger.live()) == len(days) + castings
        assert OperationRun.objects.count() == castings
