"""On PostgreSQL each wall holds alone: the one in the queries, and the database's row-level security."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from django.db import DatabaseError, IntegrityError, OperationalError, ProgrammingError, connection, transaction
from tenancy.canaries import owned_models, rows_of
from tenancy.crawl import openings
from tenancy.routes import undone
from tenancy.walls import take_database_wall_down, take_queries_wall_down

from samegauge.core.database_walls.building import as_owner, build, faults
from samegauge.core.database_walls.errors import WallsError
from samegauge.core.database_walls.roles import roles_of
from samegauge.core.scope import all_organisations, organisation_scope
from samegauge.core.thread.models import Item

if TYPE_CHECKING:
    from tenancy.canaries import Firm

    from samegauge.core.organisations.models import Organisation


def keys_seen(table: str) -> set[tuple[int, int]]:
    """Organisation and key of each row that hand-written SQL reads."""
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT organisation_id, id FROM "{table}"')  # noqa: S608 - names of our own models
        return set(cursor.fetchall())


def role() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        ((name,),) = cursor.fetchall()
        return name


class TestEachWallAlone:
    def test_row_level_security_alone(self, victim: Firm, stranger: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
        take_queries_wall_down(monkeypatch, owned_models())
        assert list(openings(stranger, victim)) == []

    def test_the_queries_alone(self, victim: Firm, stranger: Firm) -> None:
        take_database_wall_down()
        assert list(openings(stranger, victim)) == []

    def test_neither(self, victim: Firm, stranger: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
        take_database_wall_down()
        take_queries_wall_down(monkeypatch, owned_models())
        assert len(list(openings(stranger, victim))) > 20

    @pytest.mark.parametrize("model", owned_models(), ids=lambda model: model._meta.label)
    def test_one_policy_gone_is_seen(
        self, victim: Firm, stranger: Firm, model: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        foreign = victim.organisation.pk
        take_queries_wall_down(monkeypatch, [model])
        own = stranger.organisation.pk
        with organisation_scope(stranger.organisation):
            assert {row.organisation_id for row in model._base_manager.all()} == {own}
            take_database_wall_down([model])
            assert {row.organisation_id for row in model._base_manager.all()} == {own, foreign}


class TestHandWrittenSql:
    @pytest.mark.asvs("8.2.2")
    @pytest.mark.threat("T01")
    @pytest.mark.parametrize("model", owned_models(), ids=lambda model: model._meta.label)
    def test_reads_the_rows_of_the_scope_and_no_others(self, victim: Firm, stranger: Firm, model: Any) -> None:
        table, own, foreign = model._meta.db_table, stranger.organisation.pk, victim.organisation.pk
        assert keys_seen(table) == set()
        with organisation_scope(own):
            assert {organisation for organisation, _key in keys_seen(table)} == {own}
        with all_organisations("a test"):
            assert {organisation for organisation, _key in keys_seen(table)} == {own, foreign}
        assert keys_seen(table) == set()

    @pytest.mark.parametrize("sql", ["UPDATE thread_unit SET serial = 'x'", "DELETE FROM inspection_instrument"])
    def test_changes_no_row_of_another(self, victim: Firm, stranger: Firm, sql: str) -> None:
        before = rows_of(victim)
        with organisation_scope(stranger.organisation), suppress(DatabaseError), transaction.atomic():
            connection.cursor().execute(sql + " WHERE organisation_id = %s", [victim.organisation.pk])
        assert rows_of(victim) == before

    def test_writes_no_row_for_another(self, victim: Firm, stranger: Firm) -> None:
        sql = "UPDATE thread_unit SET organisation_id = %s WHERE organisation_id = %s"
        with organisation_scope(stranger.organisation), pytest.raises(ProgrammingError, match="row-level security"):
            connection.cursor().execute(sql, [victim.organisation.pk, stranger.organisation.pk])

    @pytest.mark.threat("T03")
    @pytest.mark.django_db
    @pytest.mark.parametrize(
        "sql",
        [
            "ALTER TABLE thread_unit DISABLE ROW LEVEL SECURITY",
            "DROP POLICY wall ON thread_unit",
            "TRUNCATE thread_unit CASCADE",
            "CREATE TABLE mine (id int)",
        ],
    )
    def test_the_role_may_not_change_tables(self, sql: str) -> None:
        with pytest.raises(ProgrammingError, match=r"must be owner|permission denied"):
            connection.cursor().execute(sql)


UNIT_OF_NO_ITEM = (
    "INSERT INTO thread_unit (uid, serial, item_id, organisation_id) VALUES (gen_random_uuid(), '1', 4711, %s)"
)


def seen() -> set[int]:
    return {organisation for organisation, _key in keys_seen("thread_item")}


@pytest.fixture
def two(organisation: Organisation, other_organisation: Organisation) -> tuple[int, int]:
    for each in (organisation, other_organisation):
        with organisation_scope(each):
            Item.objects.create(number="1", name="part", kind="part")
    return organisation.pk, other_organisation.pk


class TestTheScopeReachesTheSession:
    def test_nested(self, two: tuple[int, int]) -> None:
        one, other = two
        with organisation_scope(one):
            assert seen() == {one}
            with organisation_scope(other):
                assert seen() == {other}
                with all_organisations("a test"):
                    assert seen() == {one, other}
                assert seen() == {other}
            assert seen() == {one}
        assert seen() == set()

    def test_after_a_savepoint_is_rolled_back(self, two: tuple[int, int]) -> None:
        one, other = two
        with organisation_scope(one):
            assert seen() == {one}
            with transaction.atomic(), organisation_scope(other):
                assert seen() == {other}
                transaction.set_rollback(True)
            assert seen() == {one}
        with undone(), organisation_scope(other):
            assert seen() == {other}
        with organisation_scope(other):
            assert seen() == {other}

    def test_after_an_error(self, two: tuple[int, int]) -> None:
        one, other = two
        with organisation_scope(one):
            with suppress(IntegrityError), transaction.atomic(), organisation_scope(other):
                assert seen() == {other}
                connection.cursor().execute(UNIT_OF_NO_ITEM, [other])
                connection.check_constraints()
            assert seen() == {one}

    def test_in_a_cursor_that_was_opened_before(self, two: tuple[int, int]) -> None:
        one, other = two
        with connection.cursor() as cursor:
            for each in (one, other):
                with organisation_scope(each):
                    cursor.execute("SELECT organisation_id FROM thread_item")
                    assert cursor.fetchall() == [(each,)]

    def test_rows_that_are_still_to_come_are_of_the_scope_in_which_they_were_asked_for(
        self, two: tuple[int, int]
    ) -> None:
        one, other = two
        with organisation_scope(one):
            Item.objects.bulk_create(Item(number=f"I{place}", name="", kind="part") for place in range(10))
            rows = Item.objects.order_by("pk").iterator(chunk_size=2)
            next(rows)
        with organisation_scope(other):
            assert seen() == {other}
            assert {row.organisation_id for row in rows} <= {one}

    def test_is_told_once(self, two: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
        told: list[Any] = []
        tell = connection._say
        monkeypatch.setattr(connection, "_say", lambda wanted: (told.append(wanted[1]), tell(wanted)))
        for each in two:
            with organisation_scope(each):
                assert [seen(), seen(), seen()] == [{each}] * 3
        assert told == [str(each) for each in two]

    def test_counts_as_no_query_of_the_page(self, two: tuple[int, int], django_assert_num_queries: Any) -> None:
        with django_assert_num_queries(2), organisation_scope(two[0]):
            assert Item.objects.count() == len(seen())


@pytest.mark.django_db(transaction=True)
class TestTheScopeReachesTheSessionInRealTransactions:
    def test_after_a_transaction_is_rolled_back(self, two: tuple[int, int]) -> None:
        one, other = two
        with organisation_scope(one):
            assert seen() == {one}
            with transaction.atomic(), organisation_scope(other):
                assert seen() == {other}
                transaction.set_rollback(True)
        with organisation_scope(other):
            assert seen() == {other}
        with organisation_scope(one):
            assert seen() == {one}

    def test_after_a_commit_is_refused(self, two: tuple[int, int]) -> None:
        one, other = two
        with organisation_scope(one):
            assert seen() == {one}
        with organisation_scope(other):
            with pytest.raises(DatabaseError), transaction.atomic():
                connection.cursor().execute(UNIT_OF_NO_ITEM, [other])
            assert seen() == {other}

    def test_in_a_new_connection(self, two: tuple[int, int]) -> None:
        with organisation_scope(two[0]):
            assert seen() == {two[0]}
            connection.close()
            assert seen() == {two[0]}
        connection.close()
        assert seen() == set()

    def test_in_each_thread(self, two: tuple[int, int]) -> None:
        from concurrent.futures import ThreadPoolExecutor

        def asked(key: int) -> list[set[int]]:
            try:
                with organisation_scope(key):
                    return [seen() for _ in range(20)]
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as pool:
            assert list(pool.map(asked, two)) == [[{key}] * 20 for key in two]


@pytest.mark.django_db
class TestTheCheck:
    @pytest.mark.parametrize(
        ("remove", "named"),
        [
            ("DROP POLICY wall ON thread_unit", "missing: policy thread_unit wall"),
            ("ALTER POLICY wall ON thread_unit USING (true)", "missing: policy thread_unit wall"),
            ("CREATE POLICY open ON thread_unit USING (true)", "unknown: policy thread_unit open"),
            ("ALTER TABLE thread_unit NO FORCE ROW LEVEL SECURITY", "missing: forced thread_unit"),
            ("ALTER TABLE thread_unit DISABLE ROW LEVEL SECURITY", "missing: forced thread_unit"),
            ("ALTER TABLE thread_unit DROP CONSTRAINT wall_thread_unit CASCADE", "missing: u thread_unit"),
        ],
    )
    def test_names_what_is_gone_and_building_makes_it_again(self, remove: str, named: str) -> None:
        with as_owner(connection):
            connection.cursor().execute(remove)
        assert any(fault.startswith(named) for fault in faults(connection))
        build(connection)
        assert faults(connection) == []

    @pytest.mark.threat("T03")
    def test_a_role_with_powers_is_named_and_refused(self) -> None:
        one = roles_of(connection.settings_dict["NAME"]).site
        with as_owner(connection):
            connection.cursor().execute(f'ALTER ROLE "{one}" BYPASSRLS')
        assert len(faults(connection)) == 1
        assert one in faults(connection)[0]
        with pytest.raises(WallsError, match=one):
            build(connection)

    @pytest.mark.threat("T03")
    def test_the_site_works_as_neither_owner_nor_administrator(self) -> None:
        one = roles_of(connection.settings_dict["NAME"]).site
        assert role() == one
        with organisation_scope(1):
            assert role() == one
        with all_organisations("a test"):
            assert role() == one
        with as_owner(connection):
            assert role() == connection.settings_dict["USER"]
        assert role() == one

    def test_a_database_without_the_roles_says_what_to_do(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(connection.settings_dict, "NAME", "elsewhere")
        with pytest.raises(OperationalError, match="samegauge migrate"), transaction.atomic():
            role()
