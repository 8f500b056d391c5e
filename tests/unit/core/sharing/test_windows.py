"""A window shows what its grant covers and nothing else, at the models themselves; on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import Max
from support.shared_machine import DAY, INSIDE, OUTSIDE, REMOVED
from tenancy.walls import take_database_wall_down

from samegauge.apps.history.models import Passport
from samegauge.core import scope
from samegauge.core.intake.models import ImportBatch
from samegauge.core.kinds.models import Change
from samegauge.core.measurement.models import Characteristic, Inspection, Measurement
from samegauge.core.organisations.models import Role
from samegauge.core.scope import (
    ScopeError,
    current_organisation_id,
    is_owned,
    organisation_scope,
    shown_in_windows,
)
from samegauge.core.sharing.models import Covers, Grant, GrantedUnit, GrantUse
from samegauge.core.sharing.rules import SharingError, received, revoke, shared_units
from samegauge.core.sharing.windows import NoGrantError, window
from samegauge.core.telemetry import organisation_lake
from samegauge.core.thread.genealogy import as_built, used_in
from samegauge.core.thread.models import AsBuiltEdge, Document, Event, Item, Lot, Revision, Unit
from samegauge.core.thread.rules import Fact, Recorder, install, record, remove
from samegauge.core.vault.models import StoredFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support.shared_machine import Firm, Machine

# What windows show. A model that is added here is seen by other organisations: think first.
SHOWN = {
    AsBuiltEdge,
    Characteristic,
    Document,
    Event,
    Grant,
    GrantedUnit,
    Inspection,
    Item,
    Lot,
    Measurement,
    Passport,
    Revision,
    StoredFile,
    Unit,
}


@pytest.fixture
def looking(receiver: Firm, give: Callable[..., Grant]) -> Iterator[Grant]:
    grant = give(Covers.HISTORY)
    with organisation_scope(receiver.organisation), window(grant.uid):
        yield grant


def serials(rows: Any) -> set[str]:
    return set(rows.values_list("serial", flat=True))


@pytest.mark.django_db
def test_these_models_and_no_others_are_in_windows() -> None:
    assert {model for model in apps.get_models() if is_owned(model) and shown_in_windows(model) is not None} == SHOWN


@pytest.mark.usefixtures("walls")
@pytest.mark.usefixtures("looking")
class TestTheHistory:
    @pytest.mark.threat("T11")
    def test_units_are_those_inside_and_the_names_of_those_taken_out(self) -> None:
        assert serials(Unit.objects.all()) == {*INSIDE, REMOVED}
        assert {item.number for item in Item.objects.all()} == {f"I-{serial}" for serial in (*INSIDE, REMOVED)}

    def test_edges_are_those_inside_and_not_those_above(self, machine: Machine) -> None:
        edges = {
            (edge.parent.serial, edge.child.serial) for edge in AsBuiltEdge.objects.select_related("parent", "child")
        }
        assert edges == {("SPINDLE-1", "BEARING-1"), ("SPINDLE-1", REMOVED)}
        assert used_in(machine.spindle) == []
        assert [branch.serial for branch in as_built(machine.spindle, None)] == [REMOVED, "BEARING-1"]

    def test_events_tell_nothing_of_other_places(self) -> None:
        events = list(Event.objects.all())
        assert {event.kind for event in events} == {"inspected", "installed", "removed"}
        said = " ".join(f"{event.payload} {event.unit}" for event in events)
        assert [serial for serial in OUTSIDE if serial in said] == []
        assert sum(event.kind == "installed" for event in events) == 2
        assert sum(event.kind == "removed" for event in events) == 1

    def test_measured_is_what_is_inside(self) -> None:
        assert {row.unit.serial for row in Inspection.objects.select_related("unit")} == set(INSIDE)
        assert {row.inspection.unit.serial for row in Measurement.objects.all()} == set(INSIDE)
        assert {row.name for row in Characteristic.objects.all()} == {f"bore of {serial}" for serial in INSIDE}

    def test_documents_are_those_of_the_units_and_not_of_their_items(self) -> None:
        assert {row.title for row in Document.objects.all()} == {f"certificate of {serial}" for serial in INSIDE}
        assert {row.name for row in StoredFile.objects.all()} == {f"certificate-{serial}.txt" for serial in INSIDE}

    def test_passports_and_everything_else_are_not_there(self) -> None:
        for model in (Passport, ImportBatch, Change, GrantUse):
            assert not model._base_manager.exists(), model
        assert Grant.objects.get().serial == "SPINDLE-1"

    @pytest.mark.threat("T11")
    def test_joins_reach_no_further_than_questions(self) -> None:
        unit = Unit.objects.select_related("batch", "item").get(serial="SPINDLE-1")
        assert unit.batch is None
        assert Unit.objects.filter(batch__source="secret-source").count() == 0
        assert Unit.objects.filter(parent_edges__parent__serial="MACHINE-9").count() == 0
        assert Event.objects.filter(unit__item__documents__title__startswith="drawing").count() == 0
        assert serials(Unit.objects.filter(children_edges__child__serial="BEARING-1")) == {"SPINDLE-1"}

    @pytest.mark.threat("T11")
    def test_subqueries_and_unions_reach_no_further(self, machine: Machine) -> None:
        foreign = machine.units["SIBLING-1"]
        assert not Unit.objects.filter(pk__in=AsBuiltEdge.objects.values("parent")).exclude(serial="SPINDLE-1").exists()
        assert not Unit.objects.filter(pk=foreign.pk).exists()
        assert not Unit.everything.filter(serial__in=OUTSIDE).union(Unit.objects.filter(serial="LOOSE-1")).exists()
        assert Unit.objects.aggregate(last=Max("pk"))["last"] < foreign.pk


@pytest.mark.usefixtures("walls")
def test_passports_alone_show_the_unit_and_its_passports(receiver: Firm, give: Callable[..., Grant]) -> None:
    grant = give(Covers.PASSPORTS)
    with organisation_scope(receiver.organisation), window(grant.uid):
        assert serials(Unit.objects.all()) == {"SPINDLE-1"}
        assert {row.public_token for row in Passport.objects.all()} == {"token-SPINDLE-1"}
        assert {row.name for row in StoredFile.objects.all()} == {"certificate-SPINDLE-1.txt"}
        for model in (Event, AsBuiltEdge, Inspection, Document, Measurement, Characteristic):
            assert not model._base_manager.exists(), model


class TestWriting:
    @pytest.mark.threat("T11")
    def test_is_refused_by_the_wall_in_the_queries(self, looking: Grant, giver: Firm) -> None:
        unit = Unit.objects.get(serial="SPINDLE-1")
        refused: list[Callable[[], Any]] = [
            lambda: Unit.objects.update(serial="x"),
            lambda: Unit.objects.all().delete(),
            lambda: GrantedUnit.objects.filter(grant=looking).delete(),
            unit.save,
            unit.delete,
            lambda: Item.objects.create(number="x", name="x", kind="part"),
            lambda: Unit.objects.bulk_create([Unit(serial="x", item_id=unit.item_id)]),
            lambda: record(Fact("noted", DAY, {}, unit=unit), Recorder(actor=giver.people[Role.OWNER])),
            lambda: Grant.objects.filter(pk=looking.pk).update(ends_at=None),
            current_organisation_id,
            organisation_lake,
        ]
        for write in refused:
            with pytest.raises(ScopeError):
                write()

    def test_the_receiver_cannot_change_or_delete_a_grant(self, receiver: Firm, give: Callable[..., Grant]) -> None:
        grant = give()
        with organisation_scope(receiver.organisation):
            held = Grant.objects.get(pk=grant.pk)
            assert Grant.objects.filter(pk=grant.pk).update(covers="both") == 0
            for write in (held.save, held.delete, Grant.objects.all().delete):
                with pytest.raises(ScopeError):
                    write()
            with pytest.raises(SharingError):
                revoke(held, "x", Recorder(actor=receiver.people[Role.OWNER]))


@pytest.mark.usefixtures("walls")
class TestItsEnd:
    @pytest.mark.threat("T11")
    def test_revoked_there_is_nothing_at_the_next_question(
        self, giver: Firm, receiver: Firm, give: Callable[..., Grant]
    ) -> None:
        grant = give()
        with organisation_scope(receiver.organisation):
            with window(grant.uid):
                assert Unit.objects.exists()
                with organisation_scope(giver.organisation):
                    revoke(grant, "enough", Recorder(actor=giver.people[Role.OWNER]))
                for model in (Unit, Event, Item, Document, Passport, StoredFile, Grant):
                    assert not model._base_manager.exists(), model
            with pytest.raises(NoGrantError), window(grant.uid):
                pass
            assert not received().exists()
            assert not Grant.objects.exists()
            assert shared_units("SPIN", 10) == []

    @pytest.mark.threat("T11")
    def test_over_is_as_revoked(self, giver: Firm, receiver: Firm, give: Callable[..., Grant]) -> None:
        grant = give(ends_at=datetime.now(UTC) + timedelta(days=1))
        with organisation_scope(receiver.organisation), window(grant.uid):
            assert Unit.objects.exists()
            with organisation_scope(giver.organisation):
                Grant.objects.filter(pk=grant.pk).update(ends_at=datetime.now(UTC) - timedelta(seconds=1))
            assert not Unit.objects.exists()
        with organisation_scope(receiver.organisation):
            with pytest.raises(NoGrantError), window(grant.uid):
                pass
            assert shared_units("", 10) == []

    @pytest.mark.threat("T11")
    def test_the_grant_is_nobody_elses(self, third: Firm, give: Callable[..., Grant]) -> None:
        grant = give()
        with organisation_scope(third.organisation):
            assert not Grant.objects.exists()
            assert shared_units("", 10) == []
            with pytest.raises(NoGrantError), window(grant.uid):
                pass


class TestWhatIsBuiltIn:
    def test_what_goes_in_is_seen_and_what_comes_out_is_only_named(
        self, giver: Firm, receiver: Firm, machine: Machine, give: Callable[..., Grant]
    ) -> None:
        grant, by = give(Covers.HISTORY), Recorder(actor=giver.people[Role.OWNER])
        with organisation_scope(giver.organisation):
            remove(machine.units["BEARING-1"], DAY + timedelta(days=9), by, "worn")
            install(machine.units["LOOSE-1"], machine.spindle, DAY + timedelta(days=9), by, "front")
        with organisation_scope(receiver.organisation), window(grant.uid):
            assert serials(Unit.objects.all()) == {"SPINDLE-1", "BEARING-1", "LOOSE-1", REMOVED}
            assert {row.unit.serial for row in Inspection.objects.select_related("unit")} == {"SPINDLE-1", "LOOSE-1"}

    def test_a_second_look_writes_nothing(self, receiver: Firm, give: Callable[..., Grant]) -> None:
        grant, wrote = give(), list[str]()

        def noting(execute: Any, sql: str, *rest: Any) -> Any:
            wrote.extend([sql] if sql.startswith(("INSERT", "UPDATE", "DELETE")) else [])
            return execute(sql, *rest)

        with organisation_scope(receiver.organisation), connection.execute_wrapper(noting), window(grant.uid):
            assert Unit.objects.exists()
        assert wrote == []

    def test_a_unit_whose_import_was_undone_is_gone(
        self, giver: Firm, receiver: Firm, machine: Machine, give: Callable[..., Grant]
    ) -> None:
        grant = give()
        with organisation_scope(giver.organisation):
            Unit.objects.filter(pk=machine.spindle.pk).update(retracted_at=DAY)
        with organisation_scope(receiver.organisation), window(grant.uid):
            assert not Unit.everything.exists()


def test_the_filter_taken_away_is_seen(looking: Grant, machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else seeing no neighbours above would say nothing."""
    take_database_wall_down()
    assert serials(Unit.objects.all()) == {*INSIDE, REMOVED}
    monkeypatch.setattr(scope, "_among", lambda *_any: scope.WhereNode())
    assert serials(Unit.objects.all()) == set(machine.units)
