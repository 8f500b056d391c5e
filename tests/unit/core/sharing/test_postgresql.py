"""The database's own wall around windows: what hand-written SQL reads and may do through one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.db import ProgrammingError, connection, transaction

from samegauge.core import scope
from samegauge.core.database_walls.building import as_owner, build, faults
from samegauge.core.database_walls.roles import roles_of
from samegauge.core.organisations.models import Role
from samegauge.core.scope import Scope, Window, organisation_scope, within
from samegauge.core.sharing.models import Covers, Grant
from samegauge.core.sharing.rules import revoke
from samegauge.core.sharing.windows import window
from samegauge.core.thread.models import Unit
from samegauge.core.thread.rules import Recorder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support.shared_machine import Firm, Machine


def asked(sql: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def serials() -> set[str]:
    return {serial for (serial,) in asked("SELECT serial FROM thread_unit")}


@pytest.fixture
def grant(give: Callable[..., Grant]) -> Grant:
    return give(Covers.BOTH)


@pytest.fixture
def looking(receiver: Firm, grant: Grant) -> Iterator[Grant]:
    with organisation_scope(receiver.organisation), window(grant.uid):
        yield grant


INSIDE = {"SPINDLE-1", "BEARING-1", "BEARING-OLD"}


@pytest.mark.usefixtures("looking")
class TestHandWrittenSql:
    def test_reads_what_the_grant_covers(self) -> None:
        assert serials() == INSIDE
        assert asked("SELECT count(*) FROM thread_asbuiltedge") == [(2,)]
        assert asked("SELECT count(*) FROM intake_importbatch") == [(0,)]
        assert asked("SELECT count(*) FROM kinds_change") == [(0,)]
        assert asked("SELECT count(*) FROM sharing_grantuse") == [(0,)]
        assert asked("SELECT public_token FROM history_passport") == [("token-SPINDLE-1",)]
        assert asked("SELECT kind, count(*) FROM thread_event GROUP BY kind ORDER BY kind") == [
            ("inspected", 2),
            ("installed", 2),
            ("removed", 1),
        ]

    @pytest.mark.parametrize(
        "sql",
        [
            "UPDATE thread_unit SET serial = 'x'",
            "DELETE FROM sharing_grantedunit",
            "UPDATE sharing_grant SET revoked_at = NULL",
            "INSERT INTO sharing_grantedunit SELECT * FROM sharing_grantedunit",
            "UPDATE organisations_membership SET role = 'owner'",
            "SELECT * FROM thread_unit FOR UPDATE",
        ],
    )
    def test_writes_nothing(self, sql: str) -> None:
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            connection.cursor().execute(sql)

    def test_runs_as_a_role_that_only_reads(self) -> None:
        assert asked("SELECT current_user") == [(roles_of(connection.settings_dict["NAME"]).window,)]


class TestTheSessionIsNotBelieved:
    """Whoever names a grant must be its receiver or giver, and it must be live: the policies look it up themselves."""

    @pytest.fixture
    def through(self, giver: Firm, grant: Grant) -> Callable[[Firm, int], Any]:
        return lambda reader, key: within(
            Scope(giver.organisation.pk, window=Window(key, grant.uid, reader.organisation.pk))
        )

    def test_the_right_one(self, through: Any, receiver: Firm, giver: Firm, grant: Grant) -> None:
        for reader in (receiver, giver):
            with through(reader, grant.pk):
                assert serials() == INSIDE

    def test_a_third_organisation(self, through: Any, third: Firm, grant: Grant) -> None:
        with through(third, grant.pk):
            assert serials() == set()

    def test_another_grant(self, through: Any, receiver: Firm, grant: Grant) -> None:
        with through(receiver, grant.pk + 1):
            assert serials() == set()

    def test_a_revoked_one_whose_units_were_left(self, through: Any, receiver: Firm, giver: Firm, grant: Grant) -> None:
        with organisation_scope(giver.organisation):
            Grant.objects.filter(pk=grant.pk).update(revoked_at=grant.granted_at)
        with through(receiver, grant.pk):
            assert serials() == set()

    def test_an_ordinary_session_with_the_grant_named(self, receiver: Firm, grant: Grant) -> None:
        with organisation_scope(receiver.organisation), transaction.atomic():
            asked(f"SELECT set_config('samegauge.grant', '{grant.pk}', true)")
            assert serials() == set()


def test_without_the_walls_the_window_shows_the_neighbours(
    looking: Grant, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else not seeing them above would say nothing: with the filter of the queries gone, the policies alone hold."""
    monkeypatch.setattr(scope, "_among", lambda *_any: scope.WhereNode())
    assert {unit.serial for unit in Unit.objects.all()} == INSIDE
    with as_owner(connection):
        connection.cursor().execute("SET CONSTRAINTS ALL IMMEDIATE")
        connection.cursor().execute("ALTER TABLE thread_unit DISABLE ROW LEVEL SECURITY")
    assert {unit.serial for unit in Unit.objects.all()} == set(machine.units)
    monkeypatch.undo()
    assert {unit.serial for unit in Unit.objects.all()} == INSIDE


@pytest.mark.django_db
class TestTheCheck:
    @pytest.mark.parametrize(
        ("remove", "named"),
        [
            ('DROP POLICY "window" ON thread_unit', "missing: policy thread_unit window"),
            ('ALTER POLICY "window" ON thread_event USING (true)', "missing: policy thread_event window"),
            ('DROP POLICY "shown" ON sharing_grant', "missing: policy sharing_grant shown"),
            ('GRANT UPDATE ON thread_unit TO "{window}"', "missing: reading thread_unit"),
        ],
    )
    def test_names_what_is_gone_and_building_makes_it_again(self, remove: str, named: str) -> None:
        with as_owner(connection):
            connection.cursor().execute(remove.format(window=roles_of(connection.settings_dict["NAME"]).window))
        assert any(fault.startswith(named) for fault in faults(connection))
        build(connection)
        assert faults(connection) == []


@pytest.mark.django_db(transaction=True)
def test_revoked_by_somebody_else_during_a_look(giver: Firm, receiver: Firm, give: Callable[..., Grant]) -> None:
    """Two connections: what the giver commits, the reader's next question meets, within the same request."""
    from threading import Thread

    grant = give(Covers.HISTORY)

    def revoked() -> None:
        with organisation_scope(giver.organisation):
            revoke(grant, "enough", Recorder(actor=giver.people[Role.OWNER]))
        connection.close()

    with organisation_scope(receiver.organisation), window(grant.uid):
        assert serials() == INSIDE
        other = Thread(target=revoked)
        other.start()
        other.join()
        assert serials() == set()
        assert not Unit.objects.exists()
