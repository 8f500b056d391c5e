"""Every changed column of every row is found, every row added or taken away, and a history that was computed anew."""

# ruff: noqa: S608 - the tables are the models' own
from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection, transaction
from qif_samples import QIF
from support.import_here import take_in
from support.tampering import changed_cells, with_the_password

from samegauge.core.backup.findings import TEXTS
from samegauge.core.measurement.models import Measurement
from samegauge.core.merkle_log.examining import altered_places, altered_rows, examine_log
from samegauge.core.merkle_log.keys import organisation_key
from samegauge.core.merkle_log.models import Answer, Entry, EntryKind, Log, RowSeal, SignedState, Tile, WitnessAnswer
from samegauge.core.merkle_log.seals import sealed_models
from samegauge.core.merkle_log.tree import (
    begin_anew,
    checkpoint_of,
    current_log,
    log_key,
    place_waiting,
    sign_newest,
    take_over,
    tree_of,
)
from samegauge.core.merkle_log.witness import Status, open_witness
from samegauge.core.merkle_log.witnessing import request_for, take_signatures
from samegauge.core.thread.models import AsBuiltEdge, Event, Item, ItemKind, Unit
from samegauge.core.thread.rules import Fact, Recorder, altered_events, install, record, remove, sealed_content
from samegauge.formats.canonical import leaf_hash
from samegauge.formats.checkpoint import Checkpoint, signed_checkpoint
from samegauge.formats.merkle import merkle_root

if TYPE_CHECKING:
    from pathlib import Path

    from samegauge.core.organisations.models import Organisation

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
BY = Recorder(actor_name="tester", receive_time=NOW)


@pytest.fixture
def recorded(in_scope: Organisation) -> Organisation:
    """Measured parts, a part that was built in and taken out again, and two signed states of the log."""
    item = Item.objects.create(number="TX-650", name="Turret", kind=ItemKind.ASSEMBLY)
    turret, disc, spare = (Unit.objects.create(serial=serial, item=item) for serial in ("T1", "D1", "D2"))
    install(disc, turret, NOW - timedelta(days=2), BY, "disc")
    sign_newest(NOW - timedelta(hours=1))
    remove(disc, NOW - timedelta(days=1), BY, "worn")
    install(spare, turret, NOW, BY, "disc")
    take_in("qif", {"part.qif": QIF.encode()})
    take_over()
    sign_newest(NOW)
    return in_scope


def found() -> set[str]:
    return {fault.kind for fault in examine_log()}


def places_altered() -> set[str]:
    return {fault.kind for fault in altered_places(current_log())}


def test_a_sound_log_has_no_fault(recorded: Organisation) -> None:
    assert list(examine_log()) == []
    assert current_log().taken_over_at is not None
    assert recorded == current_log().organisation


@pytest.mark.long
def test_one_changed_cell_of_any_sealed_row_is_found(recorded: Organisation) -> None:
    tried = dict.fromkeys((model._meta.db_table for model in sealed_models()), 0)
    for model in sealed_models():
        for key, column, other in changed_cells(model):
            with with_the_password() as cursor:
                cursor.execute(f'UPDATE "{model._meta.db_table}" SET "{column}" = %s WHERE id = %s', [other, key])
                assert list(altered_rows(model, taken_over=True)), (model, key, column)
            tried[model._meta.db_table] += 1
    assert {table for table, count in tried.items() if count} >= {
        "thread_unit",
        "thread_asbuiltedge",
        "thread_item",
        "measurement_inspection",
        "measurement_measurement",
        "measurement_characteristic",
        "vault_storedfile",
    }
    assert recorded.name


@pytest.mark.long
def test_one_changed_cell_of_any_event_is_found(recorded: Organisation) -> None:
    tried = 0
    for key, column, other in changed_cells(Event):
        with with_the_password() as cursor:
            cursor.execute(f'UPDATE thread_event SET "{column}" = %s WHERE id = %s', [other, key])
            events = Event.objects.select_related("organisation", "unit", "actor", "batch", "supersedes")
            assert found() or altered_events(events), (key, column)
        tried += 1
    for event in Event.objects.all():
        with with_the_password() as cursor:
            cursor.execute("UPDATE thread_event SET payload = %s WHERE id = %s", ['{"parent": "T2"}', event.pk])
            assert altered_events([Event.objects.get(pk=event.pk)])
    assert tried > 40
    assert recorded.name


@pytest.mark.long
def test_one_changed_byte_of_the_log_itself_is_found(recorded: Organisation) -> None:
    for model in (Entry, RowSeal):
        for key, column, other in changed_cells(model):
            if (model, column) == (Entry, "id"):  # says nothing: a place goes by its index
                continue
            with with_the_password() as cursor:
                cursor.execute(f'UPDATE "{model._meta.db_table}" SET "{column}" = %s WHERE id = %s', [other, key])
                assert places_altered(), (model, key, column)
    for model, column in ((Tile, "hashes"), (RowSeal, "hashes"), (RowSeal, "keys")):
        row = model._base_manager.order_by("pk")[0]
        data = bytes(getattr(row, column))
        for place in range(0, len(data), 41):
            bent = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
            with with_the_password() as cursor:
                cursor.execute(f'UPDATE "{model._meta.db_table}" SET "{column}" = %s WHERE id = %s', [bent, row.pk])
                assert places_altered(), (model, column, place)
    for state in SignedState.objects.all():
        for place in range(0, len(state.note), 7):
            letter = state.note[place]
            bent = state.note[:place] + ("A" if letter != "A" else "B") + state.note[place + 1 :]
            with with_the_password() as cursor:
                cursor.execute("UPDATE merkle_log_signedstate SET note = %s WHERE id = %s", [bent, state.pk])
                assert "log_state_altered" in places_altered(), place
    assert recorded.name


def test_rows_added_and_taken_away_are_found(recorded: Organisation) -> None:
    event = Event.objects.order_by("pk")[0]
    names = ", ".join(f'"{field.column}"' for field in Event._meta.concrete_fields if field.column not in {"id", "uid"})
    with with_the_password() as cursor:
        cursor.execute(
            f"INSERT INTO thread_event (uid, {names}) SELECT %s, {names} FROM thread_event WHERE id = %s",
            ["0" * 32 if connection.vendor == "sqlite" else "0" * 8 + "-0000-0000-0000-" + "0" * 12, event.pk],
        )
        assert "event_not_logged" in found()
    with with_the_password() as cursor:
        cursor.execute("DELETE FROM thread_event WHERE id = %s", [Event.objects.order_by("-pk")[0].pk])
        assert "event_missing" in found()
    with with_the_password() as cursor:
        cursor.execute("DELETE FROM measurement_measurement WHERE actual IS NOT NULL")
        assert "row_missing" in found()
    with with_the_password() as cursor:
        columns = ", ".join(f'"{field.column}"' for field in Measurement._meta.concrete_fields if field.column != "id")
        cursor.execute(f"INSERT INTO measurement_measurement ({columns}) SELECT {columns} FROM measurement_measurement")
        assert "row_added" in found()
    with with_the_password() as cursor:
        cursor.execute('DELETE FROM merkle_log_entry WHERE "index" = (SELECT max("index") FROM merkle_log_entry)')
        assert found()
    assert recorded.name


def test_what_a_lawful_write_would_seal_again_contradicts_its_event(recorded: Organisation) -> None:
    edge = AsBuiltEdge.objects.filter(valid_to__isnull=True)[0]
    with transaction.atomic():
        AsBuiltEdge.objects.filter(pk=edge.pk).update(position="another place")
        assert found() == {"row_contradicts_event"}
        transaction.set_rollback(True)
    with transaction.atomic():
        AsBuiltEdge.objects.filter(valid_to__isnull=False).update(valid_to=None, removed_event=None, retracted_at=NOW)
        assert found() == {"row_contradicts_event"}
        transaction.set_rollback(True)
    Measurement.objects.filter(actual__isnull=False).update(actual=6.5)
    assert found() == {"row_contradicts_event"}
    assert recorded.name


def test_a_history_computed_anew_deceives_the_site_and_not_the_witness(recorded: Organisation, tmp_path: Path) -> None:
    """Whoever holds database and signing key changes an event and makes everything fit; the witness signed the old."""
    witness = open_witness(tmp_path / "witness", "association.example/w1")
    witness.add_log(log_key(current_log()))
    first = SignedState.objects.latest("pk")
    assert witness.answer(request_for(first, 0).text.encode(), NOW).status is Status.SIGNED
    with with_the_password() as cursor:
        event = Event.objects.filter(kind="installed").order_by("-pk")[0]
        event.payload = {**event.payload, "position": "elsewhere"}
        cursor.execute(
            "UPDATE thread_event SET payload = %s, leaf_hash = %s WHERE id = %s",
            [json.dumps(event.payload), leaf_hash(sealed_content(event)), event.pk],
        )
        cursor.execute("UPDATE thread_asbuiltedge SET position = 'elsewhere' WHERE installed_event_id = %s", [event.pk])
        everything_fits_again(recorded)
        assert found() == set()
        forged = SignedState.objects.latest("pk")
        assert forged.size == first.size
        same = witness.answer(request_for(forged, first.size).text.encode(), NOW)
        assert (same.status, bool(same.shout)) == (Status.OTHER_SIZE, True)
        record(Fact("checked", NOW, {}), BY)
        grown = sign_newest(NOW)
        assert grown is not None
        more = witness.answer(request_for(grown, first.size).text.encode(), NOW)
        assert (more.status, bool(more.shout)) == (Status.NOT_CONSISTENT, True)


def everything_fits_again(organisation: Organisation) -> None:
    from samegauge.core.merkle_log.seals import seal

    RowSeal.objects.all().delete()
    Entry.objects.filter(kind=EntryKind.SEAL).delete()
    for model in sealed_models():
        seal(model, list(model._base_manager.values_list("pk", flat=True)))
    size = current_log().size
    Entry.objects.all().delete()
    Tile.objects.all().delete()
    Log.objects.update(size=0, taken_over_at=None)
    take_over()
    place_waiting()
    while current_log().size < size:  # as many entries as there were
        record(Fact("checked", NOW, {}), BY)
        place_waiting()
    for state in SignedState.objects.all():
        root = tree_of(state.size).root()
        note = signed_checkpoint(Checkpoint(current_log().origin, state.size, root), organisation_key(organisation))
        SignedState.objects.filter(pk=state.pk).update(note=note.text)


def test_what_waits_what_is_back_dated_and_what_a_witness_says(recorded: Organisation) -> None:
    record(Fact("checked", NOW, {}), Recorder(actor_name="late", receive_time=NOW - timedelta(days=3)))
    assert found() == set()
    place_waiting()
    assert found() == {"event_back_dated"}
    event = record(Fact("checked", NOW, {}), BY)
    with with_the_password() as cursor:
        cursor.execute("UPDATE merkle_log_waiting SET since = %s", [NOW - timedelta(days=3000)])
        assert "log_behind" in found()
    WitnessAnswer.objects.create(witness="w", answer=Answer.REFUSED, since=NOW, said="409")
    Log.objects.update(taken_over_at=None)
    kinds = found()
    assert {"witness_refuses", "log_not_begun"} <= kinds
    assert kinds <= TEXTS.keys()
    assert event.organisation_id == recorded.pk


def test_a_log_goes_on_under_a_new_name_when_a_backup_took_it_back(recorded: Organisation, home: Path) -> None:
    witness = open_witness(home / "witness", "association.example/w1")
    log = current_log()
    witness.add_log(log_key(log))
    state = SignedState.objects.latest("pk")
    folder = home / "keys" / "witnesses"
    folder.mkdir(parents=True)
    (folder / "association.vkey").write_text(witness.key.text)
    answer = witness.answer(request_for(state, 0).text.encode(), NOW)
    assert take_signatures(answer.body.encode()) == ["association.example/w1"]
    assert checkpoint_of(SignedState.objects.latest("pk")).seen_by(witness.key) == NOW
    begun = begin_anew()
    assert begun.origin == f"{log.origin}/2"
    again = sign_newest(NOW)
    assert again is not None
    assert checkpoint_of(again).checkpoint.root == merkle_root(list(tree_of(again.size).leaves()))
    assert witness.answer(request_for(again, 0).text.encode(), NOW).status is Status.UNKNOWN_LOG
    witness.add_log(log_key(current_log()))
    assert witness.answer(request_for(again, 0).text.encode(), NOW).status is Status.SIGNED
    assert found() == set()
    assert recorded.name
