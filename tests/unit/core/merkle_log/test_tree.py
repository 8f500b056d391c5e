from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from samegauge.core.merkle_log.models import Entry, Log, RowSeal, SignedState, Waiting
from samegauge.core.merkle_log.seals import GONE, rows_of
from samegauge.core.merkle_log.tree import (
    checkpoint_of,
    current_log,
    log_key,
    place_waiting,
    places_of,
    sign_newest,
    take_over,
    tree_of,
)
from samegauge.core.scope import organisation_scope
from samegauge.core.thread.models import Event, Item, ItemKind, Lot, LotKind, Unit
from samegauge.core.thread.rules import Fact, Recorder, install, record_all
from samegauge.formats.merkle import merkle_root, proves_consistency, proves_inclusion

if TYPE_CHECKING:
    from collections.abc import Iterator

    from samegauge.core.organisations.models import Organisation

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def scope(organisation: Organisation) -> Iterator[None]:
    with organisation_scope(organisation):
        yield


def made_units(count: int) -> list[Unit]:
    item = Item.objects.create(number="TX-650", name="Turret", kind=ItemKind.ASSEMBLY)
    return [Unit.objects.create(serial=f"S{number}", item=item) for number in range(count)]


def happened(unit: Unit, count: int) -> list[Event]:
    facts = [Fact("checked", NOW, {"number": number}, unit=unit) for number in range(count)]
    return record_all(facts, Recorder(actor_name="tester"))


def test_every_event_and_every_row_gets_its_place() -> None:
    first, second = made_units(2)
    events = happened(first, 3)
    install(first, second, NOW, Recorder(actor_name="tester"))
    assert Waiting.objects.count() == 8  # an item, two units, three events, and an edge with its own
    assert place_waiting() == 8
    assert not Waiting.objects.exists()
    assert list(Entry.objects.order_by("index").values_list("index", flat=True)) == list(range(8))
    log, places = current_log(), places_of(events)
    tree = tree_of(log.size)
    assert tree.root() == merkle_root(list(tree.leaves()))
    for event in events:
        index = places[event.pk]
        assert proves_inclusion(bytes.fromhex(event.leaf_hash), index, log.size, tree.inclusion(index), tree.root())


def test_a_row_written_again_is_sealed_again() -> None:
    lot = Lot.objects.create(number="M-1", kind=LotKind.MELT)
    lot.number = "M-2"
    lot.save()
    key = lot.pk
    lot.delete()
    seals = [rows for one in RowSeal.objects.filter(table="thread.lot").order_by("pk") for rows in rows_of(one)]
    assert [sealed for sealed, _digest in seals] == [key] * 3
    assert seals[0][1] != seals[1][1]
    assert seals[2][1] == GONE


def test_checkpoints_follow_one_another_and_are_signed() -> None:
    (unit,) = made_units(1)
    first = sign_newest(NOW)
    assert first is not None
    assert sign_newest(NOW) == first
    happened(unit, 300)
    second = sign_newest(NOW)
    assert second is not None
    assert (first.size, second.size) == (2, 302)
    older, newer = checkpoint_of(first), checkpoint_of(second)
    assert newer.signed_by(log_key(current_log()))
    assert not newer.with_signatures(()).signed_by(log_key(Log(organisation=current_log().organisation, epoch=2)))
    proof = tree_of(second.size).consistency(first.size)
    assert proves_consistency(first.size, second.size, older.checkpoint.root, newer.checkpoint.root, proof)


def test_an_empty_log_signs_nothing() -> None:
    assert sign_newest(NOW) is None
    assert not SignedState.objects.exists()


def test_what_was_there_before_the_log_is_taken_over_once() -> None:
    (unit,) = made_units(1)
    happened(unit, 2)
    Waiting.objects.all().delete()
    RowSeal.objects.all().delete()
    take_over()
    assert Waiting.objects.count() == 4  # two events, and one seal each for units and items
    place_waiting()
    take_over()
    assert not Waiting.objects.exists()
    assert current_log().taken_over_at is not None


def test_organisations_have_logs_of_their_own(other_organisation: Organisation) -> None:
    made_units(1)
    place_waiting()
    with organisation_scope(other_organisation):
        assert place_waiting() == 0
        assert current_log().size == 0
