from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from django.db import DatabaseError, connection, models, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from samegauge.core.database_walls.building import as_owner
from samegauge.core.intake.models import ImportBatch, ImportKind
from samegauge.core.organisations.models import Organisation, OrganisationKind, Role
from samegauge.core.scope import ScopeError, organisation_scope
from samegauge.core.thread.models import AppendOnlyError, Event, Item, ItemKind, Unit
from samegauge.core.thread.rules import (
    MOST_LEVELS,
    Fact,
    Recorder,
    ThreadError,
    altered_events,
    correct,
    record,
    record_all,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from samegauge.core.organisations.models import Person

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@dataclass
class Bench:
    """Two units, an import and a person of the organisation in scope."""

    units: list[Unit]
    recorder: Recorder


@pytest.fixture
def bench(in_scope: Organisation, person_with_role: Callable[..., Person]) -> Bench:
    item = Item.objects.create(number="I-1", name="spindle", kind=ItemKind.PART)
    units = [Unit.objects.create(serial=f"S-{n}", item=item) for n in range(2)]
    batch = ImportBatch.objects.create(kind=ImportKind.QIF)
    return Bench(units, Recorder(actor=person_with_role(Role.INSPECTOR, in_scope), batch=batch))


@pytest.fixture
def event(bench: Bench) -> Event:
    payload = {"torque_Nm": 12.5, "note": "主軸", "parts": [1, {"a": None}]}
    return record(Fact("tightened", NOON, payload, unit=bench.units[0]), bench.recorder)


def test_an_event_says_who_what_when(event: Event, bench: Bench) -> None:
    event.refresh_from_db()
    assert (event.kind, event.device_time, event.unit) == ("tightened", NOON, bench.units[0])
    assert event.actor_name == str(bench.recorder.actor)
    assert event.payload["note"] == "主軸"
    assert event.receive_time >= NOON
    assert altered_events([event]) == []


def test_times_of_any_zone_are_kept_as_utc(bench: Bench) -> None:
    taipei = datetime(2026, 11, 20, 20, tzinfo=timezone(timedelta(hours=8)))
    event = record(Fact("seen", taipei, {}), bench.recorder)
    event.refresh_from_db()
    assert event.device_time == NOON
    assert event.device_time.utcoffset() == timedelta(0)
    assert altered_events([event]) == []


def test_a_time_without_zone_is_refused(bench: Bench) -> None:
    with pytest.raises(ThreadError):
        record(Fact("seen", NOON.replace(tzinfo=None), {}), bench.recorder)
    assert not Event.objects.exists()


def test_one_unfit_fact_refuses_all(bench: Bench) -> None:
    facts = [Fact("seen", NOON, {"n": n}) for n in range(5)] + [Fact("seen", NOON, {"text": "\x00"})]
    with pytest.raises(ThreadError):
        record_all(facts, bench.recorder)
    assert not Event.objects.exists()


def nested(levels: int) -> Any:
    return [nested(levels - 1)] if levels else []


@pytest.mark.parametrize(
    "payload",
    [
        {"a": "\x00"},
        {"\x00": 1},
        {"a": ["\ud800"]},
        {"a": float("nan")},
        {"a": {"b": float("-inf")}},
        {"a": 2**53 + 1},
        {"a": 1e23},
        {"a": nested(MOST_LEVELS)},
        {"a": nested(400)},
    ],
)
def test_what_no_database_gives_back_unchanged_is_refused(bench: Bench, payload: dict[str, Any]) -> None:
    with pytest.raises(ThreadError):
        record(Fact("seen", NOON, payload), bench.recorder)


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20)
NUMBERS = st.one_of(st.integers(-(2**53), 2**53), st.floats(-(2.0**53), 2.0**53))
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXT, inner, max_size=4)),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(payload=st.dictionaries(TEXT, JSON, max_size=5), days=st.integers(-40_000, 60_000))
def test_any_payload_comes_back_with_its_hash(bench: Bench, payload: dict[str, Any], days: int) -> None:
    written = record(Fact("seen", NOON + timedelta(days, 0, days**2), payload, unit=bench.units[0]), bench.recorder)
    read = Event.objects.get(pk=written.pk)
    assert altered_events([read]) == []
    assert json.dumps(read.payload, sort_keys=True) == json.dumps(payload, sort_keys=True) or read.payload == payload


def sql(statement: str, *arguments: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, arguments)


def plain_update(event: Event) -> None:
    query = models.sql.UpdateQuery(Event)
    query.add_filter("pk", event.pk)
    query.add_update_values({"kind": "x"})
    query.get_compiler("default").execute_sql(None)


def replace(event: Event) -> None:
    """INSERT that takes the place of a row with the same key: a delete that says otherwise."""
    columns = ", ".join(f'"{field.column}"' for field in Event._meta.concrete_fields)
    changed = columns.replace('"kind"', "'x'")
    statement = f"INSERT OR REPLACE INTO thread_event ({columns}) SELECT {changed} FROM thread_event WHERE id = %s"  # noqa: S608
    if connection.vendor == "postgresql":
        statement = (
            f"INSERT INTO thread_event ({columns}) SELECT {columns} FROM thread_event WHERE id = %s "  # noqa: S608
            "ON CONFLICT (id) DO UPDATE SET kind = 'x'"
        )
    sql(statement, event.pk)


CHANGES: list[tuple[str, Callable[[Event], Any]]] = [
    ("save", lambda event: event.save()),
    ("save of a field", lambda event: event.save(update_fields=["kind"])),
    ("delete", lambda event: event.delete()),
    (
        "save under a known key",
        lambda event: Event(
            pk=event.pk, kind="x", device_time=NOON, receive_time=NOON, actor_name="x", payload={}, leaf_hash="x"
        ).save(),
    ),
    ("queryset update", lambda _: Event.objects.update(kind="x")),
    ("queryset delete", lambda _: Event.objects.all().delete()),
    ("base manager update", lambda _: Event._base_manager.update(kind="x")),
    ("base manager delete", lambda _: Event._base_manager.all().delete()),
    ("bulk update", lambda event: Event.objects.bulk_update([event], ["kind"])),
    ("related manager update", lambda event: event.unit.events.update(kind="x")),
    ("related manager delete", lambda event: event.unit.events.all().delete()),
    ("update or create", lambda event: Event.objects.update_or_create(uid=event.uid, defaults={"kind": "x"})),
    ("plain update query", plain_update),
    ("plain delete query", lambda event: models.sql.DeleteQuery(Event).delete_batch([event.pk], "default")),
    ("raw update", lambda _: sql("UPDATE thread_event SET kind = 'x'")),
    ("raw update of nothing but the actor", lambda _: sql("UPDATE thread_event SET actor_id = NULL")),
    ("raw delete", lambda _: sql("DELETE FROM thread_event")),
    ("raw replacement", replace),
]


@pytest.mark.threat("T02")
@pytest.mark.parametrize(("way", "change"), CHANGES, ids=[way for way, _ in CHANGES])
def test_no_way_changes_or_deletes_an_event(event: Event, way: str, change: Callable[[Event], Any]) -> None:
    before = Event.objects.filter(pk=event.pk).values().get()
    with pytest.raises((AppendOnlyError, ScopeError, DatabaseError)), transaction.atomic():
        change(event)
    assert Event.objects.filter(pk=event.pk).values().get() == before


@pytest.fixture
def without_triggers(event: Event) -> None:
    """The database as its administrator can make it, until the test's transaction is rolled back."""
    if connection.vendor == "postgresql":
        with as_owner(connection):
            sql("SET CONSTRAINTS ALL IMMEDIATE")
            sql("ALTER TABLE thread_event DISABLE TRIGGER ALL")
    else:
        for name in stored_triggers():
            sql(f"DROP TRIGGER {name}")


def stored_triggers() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'thread_event'")
        return [name for (name,) in cursor.fetchall()]


# The row's number says nothing; changing the hash itself is found too, since the content no longer matches it.
UNSEALED = {"id"}


def other_value(event: Event, column: str, bench: Bench) -> Any:
    """Another value that the column can hold."""
    another = {
        "uid": "0" * 32 if connection.vendor == "sqlite" else "0" * 8 + "-0000-0000-0000-" + "0" * 12,
        "unit_id": bench.units[1].pk,
        "kind": "loosened",
        "device_time": "2026-11-20 12:00:00.000001",
        "receive_time": "2026-11-20 12:00:00.000001",
        "actor_name": "somebody else",
        "payload": json.dumps({**event.payload, "torque_Nm": 12.500000000000002}),
        "leaf_hash": "0" * 64,
        "actor_id": lambda: other_person().pk,
        "batch_id": lambda: ImportBatch.objects.create(kind=ImportKind.QIF).pk,
        "supersedes_id": lambda: record(Fact("seen", NOON, {}), bench.recorder).pk,
        "organisation_id": lambda: Organisation.objects.create(name="C", kind=OrganisationKind.FOUNDRY).pk,
    }[column]
    return another() if callable(another) else another


def other_person() -> Person:
    from samegauge.core.organisations.models import Person

    return Person.objects.create(username="somebody-else", display_name="inspector of Alpha Spindles")


@pytest.mark.threat("T02")
@pytest.mark.parametrize(
    "column", [field.column for field in Event._meta.concrete_fields if field.column not in UNSEALED]
)
def test_a_changed_column_no_longer_matches_the_hash(
    event: Event, bench: Bench, without_triggers: None, column: str
) -> None:
    value = other_value(event, column, bench)
    with as_owner(connection):
        sql(f'UPDATE thread_event SET "{column}" = %s WHERE id = %s', value, event.pk)  # noqa: S608 - a column of the model
    owner = Organisation.objects.get(name="C") if column == "organisation_id" else event.organisation
    with organisation_scope(owner):
        read = Event.objects.get(pk=event.pk)
    with organisation_scope(event.organisation):
        assert altered_events([read]) == [read]


@pytest.mark.parametrize("change", ["serial", "uid"])
def test_a_unit_that_took_another_identity_is_found(event: Event, bench: Bench, change: str) -> None:
    Unit.objects.filter(pk=bench.units[0].pk).update(
        **{change: "S-9" if change == "serial" else "01939f00-0000-7000-8000-000000000000"}
    )
    read = Event.objects.get(pk=event.pk)
    assert altered_events([read]) == [read]


@pytest.mark.threat("T02")
def test_a_correction_supersedes_and_the_wrong_event_stays(event: Event, bench: Bench) -> None:
    right = correct(event, {"torque_Nm": 15.2}, " read the wrong scale ", bench.recorder, NOON - timedelta(hours=1))
    assert (right.kind, right.unit, right.supersedes) == (event.kind, event.unit, event)
    assert right.payload == {"torque_Nm": 15.2, "correction_reason": "read the wrong scale"}
    assert Event.objects.get(pk=event.pk).payload["torque_Nm"] == 12.5
    assert list(event.superseded_by.all()) == [right]
    assert altered_events(Event.objects.all()) == []


def test_an_event_is_corrected_once_its_correction_again(event: Event, bench: Bench) -> None:
    right = correct(event, {}, "first", bench.recorder)
    with pytest.raises(ThreadError):
        correct(event, {}, "second", bench.recorder)
    assert correct(right, {}, "second", bench.recorder).supersedes == right


@pytest.mark.asvs("2.3.1")
@pytest.mark.threat("T02")
def test_a_correction_needs_its_reason_and_the_same_unit(event: Event, bench: Bench) -> None:
    with pytest.raises(ThreadError):
        correct(event, {}, " \n", bench.recorder)
    for unit in (None, bench.units[1]):
        with pytest.raises(ThreadError):
            record(Fact("tightened", NOON, {}, unit=unit, supersedes=event), bench.recorder)
    assert Event.objects.count() == 1
