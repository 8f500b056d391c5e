"""The database's own wall: no reference into another organisation, whoever writes it; on SQLite and PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, models, transaction
from tenancy.canaries import owned_models

from samegauge.core.database_walls import building, checks
from samegauge.core.database_walls.building import as_owner, build, faults
from samegauge.core.scope import all_organisations, is_owned, organisation_scope

if TYPE_CHECKING:
    from tenancy.canaries import Firm

LINKS = {
    f"{model._meta.label}.{field.name}": (model, field)
    for model in owned_models()
    for field in model._meta.local_concrete_fields
    if field.related_model is not None and is_owned(field.related_model)
}
by_link = pytest.mark.parametrize("link", LINKS)
# Refused by the walls, and not for another reason.
REFUSALS = ("one organisation", "wall_")


def written(sql: str, values: list[Any]) -> None:
    """Run hand-written SQL that sees every organisation, and have it checked as at the end of a transaction."""
    with all_organisations("a test of the database's own wall"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)
        connection.check_constraints()


def row_of(firm: Firm, model: Any) -> dict[str, Any]:
    """A row of the firm as the database keeps it."""
    columns = ", ".join(f'"{field.column}"' for field in model._meta.local_concrete_fields)
    sql = f'SELECT {columns} FROM "{model._meta.db_table}" WHERE organisation_id = %s ORDER BY id'  # noqa: S608
    with organisation_scope(firm.organisation), connection.cursor() as cursor:
        cursor.execute(sql, [firm.organisation.pk])
        first, *_others = cursor.fetchall()
    return dict(zip((field.column for field in model._meta.local_concrete_fields), first, strict=True))


def fresh(model: Any, row: dict[str, Any]) -> dict[str, Any]:
    """The row once more, with other values where they may be there only once."""
    new = dict(row, id=4_711_000)
    for field in model._meta.local_concrete_fields:
        if isinstance(field, models.UUIDField):
            new[field.column] = field.get_db_prep_value(uuid4(), connection)
        elif isinstance(field, models.CharField) and not field.choices:
            new[field.column] = uuid4().hex[: field.max_length]
        elif field.column == "valid_to":
            # What is taken back, or over, stands in nobody's way.
            new["retracted_at" if "retracted_at" in new else "valid_to"] = new["valid_from"]
        elif isinstance(new[field.column], dict | list):
            new[field.column] = connection.ops.adapt_json_value(new[field.column], None)
    return new


def inserted(model: Any, row: dict[str, Any]) -> None:
    columns, places = ", ".join(f'"{name}"' for name in row), ", ".join(["%s"] * len(row))
    sql = f'INSERT INTO "{model._meta.db_table}" ({columns}) VALUES ({places})'  # noqa: S608
    written(sql, list(row.values()))


def take_other_rules_away(model: Any) -> None:
    """PostgreSQL asks the table's unique and check constraints first; until the test is over, only the wall refuses."""
    if connection.vendor != "postgresql":
        return
    with as_owner(connection), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype IN ('c', 'u')"
            " AND conname NOT LIKE 'wall%%' AND NOT EXISTS"
            " (SELECT FROM pg_constraint AS link WHERE link.confrelid = pg_constraint.conrelid"
            " AND link.conindid = pg_constraint.conindid)",
            [model._meta.db_table],
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f'ALTER TABLE "{model._meta.db_table}" DROP CONSTRAINT "{name}"')
        cursor.execute(
            "SELECT indexrelid::regclass FROM pg_index WHERE indrelid = %s::regclass AND indisunique"
            " AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)",
            [model._meta.db_table],
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP INDEX {name}")


@pytest.mark.threat("T01")
@by_link
def test_an_insert_cannot_point_into_another_organisation(victim: Firm, stranger: Firm, link: str) -> None:
    model, field = LINKS[link]
    foreign = row_of(victim, field.related_model)["id"]
    take_other_rules_away(model)
    with pytest.raises(IntegrityError) as refused:
        inserted(model, fresh(model, row_of(stranger, model)) | {field.column: foreign})
    assert any(words in str(refused.value) for words in REFUSALS)


@pytest.mark.parametrize("link", [link for link in LINKS if not link.startswith("thread.Event.")])
def test_an_update_cannot_point_into_another_organisation(victim: Firm, stranger: Firm, link: str) -> None:
    model, field = LINKS[link]
    own, foreign = row_of(stranger, model), row_of(victim, field.related_model)["id"]
    take_other_rules_away(model)
    sql = f'UPDATE "{model._meta.db_table}" SET "{field.column}" = %s WHERE id = %s'  # noqa: S608
    with pytest.raises(IntegrityError) as refused:
        written(sql, [foreign, own["id"]])
    assert any(words in str(refused.value) for words in REFUSALS)
    assert row_of(stranger, model) == own


def test_a_row_that_is_referred_to_cannot_change_its_organisation(victim: Firm, stranger: Firm) -> None:
    item = victim.records["thread.Item"]
    with pytest.raises(IntegrityError):
        written("UPDATE thread_item SET organisation_id = %s WHERE id = %s", [stranger.organisation.pk, item.pk])


def test_a_row_cannot_be_put_in_anothers_place(victim: Firm, stranger: Firm) -> None:
    item = type(victim.records["thread.Item"])
    row = fresh(item, row_of(stranger, item)) | {"id": victim.records["thread.Item"].pk}
    columns, values = ", ".join(row), f"({', '.join(['%s'] * len(row))})"
    replaced = {
        "sqlite": f"INSERT OR REPLACE INTO thread_item ({columns}) VALUES {values}",  # noqa: S608
        "postgresql": f"INSERT INTO thread_item ({columns}) VALUES {values} "  # noqa: S608
        "ON CONFLICT (id) DO UPDATE SET organisation_id = excluded.organisation_id",
    }
    with pytest.raises(IntegrityError) as refused:
        written(replaced[connection.vendor], list(row.values()))
    assert any(words in str(refused.value) for words in REFUSALS)


def test_what_points_within_ones_own_organisation_is_let_in(victim: Firm) -> None:
    """Else the refusals above would say nothing."""
    unit = type(victim.records["thread.Unit"])
    inserted(unit, fresh(unit, row_of(victim, unit)))
    with organisation_scope(victim.organisation):
        assert unit.objects.filter(pk=4_711_000).exists()


@pytest.mark.django_db
def test_the_walls_stand_as_declared() -> None:
    assert faults(connection) == []


@pytest.mark.django_db
def test_building_twice_changes_nothing() -> None:
    with connection.execute_wrapper(_no_change_of_tables):
        build(connection)
    assert faults(connection) == []


def _no_change_of_tables(execute: Any, sql: str, *rest: Any) -> Any:
    assert "wall_probe" in sql or not sql.startswith(("ALTER", "CREATE", "DROP", "GRANT")), sql
    return execute(sql, *rest)


@pytest.mark.django_db
def test_a_part_that_is_gone_is_named_and_built_again() -> None:
    table = "thread_unit"
    remove = {
        "sqlite": f"DROP TRIGGER wall_{table}_insert",
        "postgresql": f"DROP POLICY wall ON {table}",
    }[connection.vendor]
    with as_owner(connection), connection.cursor() as cursor:
        cursor.execute(remove)
    assert [fault for fault in faults(connection) if table in fault]
    build(connection)
    assert faults(connection) == []


@pytest.mark.django_db
def test_a_migration_leaves_the_walls_standing() -> None:
    """Also one that fails halfway: the version before goes on running."""
    call_command("migrate", verbosity=0)
    assert faults(connection) == []
    with pytest.raises(ZeroDivisionError), building.rebuilt(connection):
        raise ZeroDivisionError
    assert faults(connection) == []


def test_a_table_that_django_makes_by_itself_may_not_join_owned_records(monkeypatch: pytest.MonkeyPatch) -> None:
    assert checks.owned_records_are_joined_by_owned_records() == []
    joins = next(model for model in checks.apps.get_models(include_auto_created=True) if model._meta.auto_created)
    monkeypatch.setattr(checks, "is_owned", lambda _model: True)
    assert {error.id for error in checks.owned_records_are_joined_by_owned_records()} == {"samegauge.E003"}
    assert joins in {error.obj for error in checks.owned_records_are_joined_by_owned_records()}
