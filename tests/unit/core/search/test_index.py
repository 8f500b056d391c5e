"""The index follows every way of writing a record, and finds what a look at every record would."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from django.db import IntegrityError, transaction

from samegauge.core.intake.batches import open_batch, undo
from samegauge.core.intake.models import ImportKind
from samegauge.core.kinds.declaration import kind_of
from samegauge.core.kinds.rules import save
from samegauge.core.organisations.models import Role
from samegauge.core.partners.models import Partner
from samegauge.core.scope import organisation_scope
from samegauge.core.search import finding, indexing
from samegauge.core.search.declaration import readable, searched_of
from samegauge.core.search.finding import find, named_exactly, nearest
from samegauge.core.search.folding import filed_text, fit, terms_of
from samegauge.core.search.indexing import disagreements, rebuild, rebuild_if_stale
from samegauge.core.search.models import SearchEntry, SearchGram, SearchMark
from samegauge.core.thread.models import Item, Unit
from samegauge.core.thread.rules import Recorder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from samegauge.core.organisations.models import Organisation, Person

pytestmark = pytest.mark.django_db
LETTERS = "TX-650 0398法蘭鑄鐵mM８"


@pytest.fixture
def item(organisation: Organisation) -> Iterator[Item]:
    with organisation_scope(organisation):
        yield Item.objects.create(number="IT-1", name="flange", name_zh="法蘭", kind="part")


def found(asked: str) -> dict[str, list[str]]:
    groups = find(asked, readable(Role.OWNER))
    return {group.searched.name: [hit.title for hit in group.hits(200)] for group in groups}


def sound() -> bool:
    """Each entry has exactly the grams of its text, and each record its entry."""
    grams = {(gram.kind, gram.entry, gram.gram) for gram in SearchGram.objects.all()}
    wanted = {
        (entry.kind, entry.pk, gram)
        for entry in SearchEntry.objects.all()
        for gram in indexing.grams_of_text(entry.filed)
    }
    return grams == wanted and SearchGram.objects.count() == len(wanted) and not list(disagreements())


def test_a_record_is_found_from_the_moment_it_is_made(item: Item) -> None:
    Unit.objects.create(serial="TX-650-0398", item=item)
    assert found("650 0398") == {"unit": ["TX-650-0398"]}
    assert found("法蘭") == {"item": ["IT-1"]}
    assert sound()


def test_records_written_in_bulk_are_found(item: Item) -> None:
    Unit.objects.bulk_create([Unit(serial=f"SH-{place:03d}", item=item) for place in range(60)])
    assert found("sh04")["unit"] == [f"SH-04{place}" for place in range(10)]
    assert sound()


def test_a_changed_record_is_found_by_its_new_text_alone(item: Item) -> None:
    item.name_zh = "主軸頭"
    item.save()
    assert (found("法蘭"), found("主軸")) == ({}, {"item": ["IT-1"]})
    Item.objects.filter(number="IT-1").update(name="spindle head", name_zh="")
    assert (found("主軸"), found("spindle")) == ({}, {"item": ["IT-1"]})
    Item.objects.bulk_update([Item(pk=item.pk, uid=item.uid, name="saddle", organisation=item.organisation)], ["name"])
    assert (found("spindle"), found("saddle")) == ({}, {"item": ["IT-1"]})
    assert sound()


def test_a_change_of_what_the_filter_asked_for_is_followed(item: Item) -> None:
    Item.objects.filter(name="flange").update(name="cover")
    assert (found("flange"), found("cover")) == ({}, {"item": ["IT-1"]})


def test_a_deleted_record_is_gone(item: Item) -> None:
    units = [Unit.objects.create(serial=f"GR-{place}", item=item) for place in range(3)]
    units[0].delete()
    Unit.objects.filter(serial="GR-1").delete()
    assert found("GR") == {"unit": ["GR-2"]}
    assert sound()


def test_an_undone_import_is_gone(item: Item) -> None:
    batch = open_batch(ImportKind.QIF, "file", None)
    Unit.objects.bulk_create([Unit(serial=f"QF-{place}", item=item, batch=batch) for place in range(4)])
    Unit.objects.create(serial="QF-9", item=item)
    assert len(found("qf")["unit"]) == 5
    undo(batch, "a mistake", Recorder(actor_name="somebody"))
    assert found("qf") == {"unit": ["QF-9"]}
    assert sound()


def test_what_is_undone_with_the_transaction_leaves_no_entry(item: Item) -> None:
    Unit.objects.create(serial="ONE-1", item=item)
    twice = [Unit(serial=serial, item=item) for serial in ("ONE-2", "ONE-1")]
    with pytest.raises(IntegrityError), transaction.atomic():
        Unit.objects.bulk_create(twice, batch_size=1)
    assert found("one") == {"unit": ["ONE-1"]}
    assert sound()


def test_a_record_that_came_in_undone_is_not_filed(item: Item) -> None:
    Unit.objects.create(serial="OLD-1", item=item, retracted_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert found("old") == {}
    assert sound()


def test_bulk_writes_that_pass_over_or_change_what_is_there_are_followed(item: Item) -> None:
    Unit.objects.create(serial="XQ-1", item=item)
    Unit.objects.bulk_create([Unit(serial=serial, item=item) for serial in ("XQ-1", "XQ-2")], ignore_conflicts=True)
    assert found("xq-")["unit"] == ["XQ-1", "XQ-2"]
    fresh = Item(number="IT-1", name="saddle", kind="part")
    Item.objects.bulk_create(
        [fresh, Item(number="IT-2", name="column", kind="part")],
        update_conflicts=True,
        update_fields=["name"],
        unique_fields=["organisation", "number"],
    )
    assert (found("flange"), found("saddle"), found("column")) == ({}, {"item": ["IT-1"]}, {"item": ["IT-2"]})
    assert sound()


def test_a_declared_kind_is_found_by_the_fields_it_declares(
    organisation: Organisation, person_with_role: Callable[..., Person]
) -> None:
    kind, owner = kind_of(Partner), person_with_role(Role.OWNER, organisation)
    with organisation_scope(organisation):
        partner = Partner(number="S-7", name="Foundry", name_zh="大同鑄造廠", kind="foundry", tax_number="12345678")
        save(kind, partner, owner, seen=0)
        assert found("鑄造") == found("34567") == found("s7") == {"partner": ["S-7"]}
        partner.name_zh = "大雅鑄造廠"
        save(kind, partner, owner, seen=1)
        assert (found("大同"), found("大雅")) == ({}, {"partner": ["S-7"]})
        assert find("鑄造", readable(Role.GUEST)) == []


def test_nobody_elses_records_are_found_nor_counted(item: Item, other_organisation: Organisation) -> None:
    with organisation_scope(other_organisation):
        theirs = Item.objects.create(number="IT-1", name="flange", name_zh="法蘭", kind="part")
        Unit.objects.create(serial="TX-650-0398", item=theirs)
    assert found("tx650") == {}
    assert [group.count for group in find("法蘭", readable(Role.OWNER))] == [1]
    assert named_exactly("TX-650-0398", readable(Role.OWNER)) is None
    searched = searched_of(Unit)
    assert searched is not None
    assert nearest("TX-650-0399", searched) == []


def test_the_best_fit_comes_first_then_the_newest(item: Item) -> None:
    serials = ["A-0398-1", "X0398", "0398", "0398-2", "B-0398", "0398-1"]
    for serial in serials:
        Unit.objects.create(serial=serial, item=item)
    assert found("0398")["unit"] == ["0398", "0398-1", "0398-2", "B-0398", "A-0398-1", "X0398"]


def test_a_machine_comes_before_its_parts_that_are_named_after_it(item: Item) -> None:
    serials = ["GH20-002-STR", "GH20-001-STR", "GH20-001-SPN", "GH20-002", "GH20-001", "GH20-0010"]
    for serial in serials:
        Unit.objects.create(serial=serial, item=item)
    parts = ["GH20-001-SPN", "GH20-001-STR", "GH20-002-STR"]
    assert found("gh20")["unit"] == ["GH20-001", "GH20-002", "GH20-0010", *parts]
    assert found("GH20-001")["unit"] == ["GH20-001", "GH20-0010", *parts[:2]]


def test_an_exact_number_names_one_record_whatever_its_hyphens(item: Item) -> None:
    unit = Unit.objects.create(serial="TX-650-0398", item=item)
    Unit.objects.create(serial="TX-650-03981", item=item)
    kinds = [one for one in readable(Role.GUEST) if one.opens]
    for asked in ("TX-650-0398", "tx650-0398", "ＴＸ６５００３９８"):
        called = named_exactly(asked, kinds)
        assert called is not None
        assert called[1] == unit.pk
    assert named_exactly("TX-650", kinds) is None
    Unit.objects.create(serial="TX650-0398", item=item)
    assert named_exactly("TX-650-0398", kinds) is None


def test_a_number_that_nothing_has_resembles_some(item: Item) -> None:
    for serial in ("TX-650-0398", "TX-650-0399", "SH-22-0001"):
        Unit.objects.create(serial=serial, item=item)
    searched = searched_of(Unit)
    assert searched is not None
    assert {hit.title for hit in nearest("TX-650-O398", searched)} == {"TX-650-0398"}
    assert [hit.title for hit in nearest("TX-65-0399", searched)] == ["TX-650-0399", "TX-650-0398"]


def texts(draw: random.Random, count: int) -> list[str]:
    return ["".join(draw.choices(LETTERS, k=draw.randint(1, 9))).strip() or "0" for _ in range(count)]


@pytest.mark.parametrize("seed", range(4))
def test_the_index_finds_what_a_look_at_every_record_finds(organisation: Organisation, seed: int) -> None:
    draw = random.Random(seed)
    with organisation_scope(organisation):
        names = [f"{text} #{place}" for place, text in enumerate(texts(draw, 60))]
        Item.objects.bulk_create(
            [Item(number=name, name=text, kind="part") for name, text in zip(names, texts(draw, 60), strict=True)]
        )
        rows = list(Item.objects.values_list("number", "name", "name_zh"))
        for asked in texts(draw, 60):
            by_looking = {row[0] for row in rows if fit(terms_of(asked), filed_text(row)) is not None}
            assert set(found(asked).get("item", [])) == by_looking, asked


def test_of_very_many_the_beginnings_and_the_newest_are_shown(item: Item, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "FEW", 10)
    monkeypatch.setattr(finding, "LOOKED_AT", 20)
    monkeypatch.setattr(finding, "SHOWN_AT_MOST", 15)
    Unit.objects.create(serial="QX-001", item=item)
    Unit.objects.bulk_create([Unit(serial=f"A-QX{place:03d}", item=item) for place in range(40)])
    (group,) = find("qx0", readable(Role.OWNER))
    assert group.more
    assert [hit.title for hit in group.hits(3)] == ["QX-001", "A-QX039", "A-QX038"]
    (group,) = find("qx00", readable(Role.OWNER))
    assert [hit.title for hit in group.hits(1)] == ["QX-001"]
    assert find("qx0 zzz", readable(Role.OWNER)) == []


def test_the_index_is_built_anew_and_when_it_is_stale(item: Item) -> None:
    Unit.objects.bulk_create([Unit(serial=f"SH-{place:03d}", item=item) for place in range(7)])
    SearchEntry.objects.filter(kind="unit").delete()
    SearchGram.objects.create(gram="zzz", kind="unit", entry=1)
    assert list(disagreements()) == [("unit", 7, 0)]
    told: list[tuple[int, int]] = []
    counts = rebuild(lambda done, total, *_said: told.append((done, total)))
    assert (counts["unit"], counts["item"], sound()) == (7, 1, True)
    assert (7, 7) in told
    assert SearchMark.objects.get().rules == indexing.rules()


@pytest.mark.parametrize("mark", ["", "of another version", "unfinished"])
def test_a_start_builds_what_is_stale_or_was_stopped_half_way(item: Item, mark: str) -> None:
    Unit.objects.create(serial="SH-1", item=item)
    SearchGram.objects.all().delete()
    SearchEntry.objects.all().delete()
    if mark:
        rules = f"{indexing.rules()} unfinished" if mark == "unfinished" else mark
        SearchMark.objects.create(pk=1, rules=rules)
    rebuild_if_stale()
    assert sound()
    assert found("sh1") == {"unit": ["SH-1"]}
    SearchEntry.objects.all().delete()
    rebuild_if_stale()
    assert found("sh1") == {}
