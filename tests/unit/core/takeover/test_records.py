"""Customers, suppliers and items from firms' own spreadsheets: matched, looked at, taken over, undone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.messy_sheets import items, suppliers_in_big5
from support.way_in import problems

from samegauge.core.intake.batches import UndoError
from samegauge.core.kinds.models import Change, ChangeKind
from samegauge.core.kinds.rules import save
from samegauge.core.partners.kinds import PARTNERS
from samegauge.core.partners.models import Partner
from samegauge.core.takeover.targets import Outcome
from samegauge.core.thread.models import Item, Revision

if TYPE_CHECKING:
    from support.way_in import TakeOver

pytestmark = pytest.mark.django_db
HEAD = b"no,name,type,contact\n"


def test_a_sheet_in_big5_below_its_title_comes_in_with_one_kind_for_all(way: TakeOver) -> None:
    planned = way.plan("partners", suppliers_in_big5(), "a.csv")
    assert planned.missing == ("kind",)
    assert not planned.is_sound
    way.takes("partners", suppliers_in_big5(), "a.csv", kind="supplier")
    found = {one.number: one for one in Partner.objects.all()}
    assert found.keys() == {"V001", "V002", "V003"}
    assert {one.kind for one in found.values()} == {"supplier"}
    assert [found[number].is_approved for number in ("V001", "V002", "V003")] == [True, False, True]
    assert (found["V001"].name, found["V001"].note) == ("大同鑄造股份有限公司", "鑄件, 床台")
    assert found["V002"].country == "TW"


def test_rows_are_new_changed_unchanged_or_wrong_with_old_and_new_value(way: TakeOver) -> None:
    way.takes("partners", HEAD + b"1,Amsel,customer,Lin\n2,Bussard,customer,Wu\n", "a.csv")
    planned = way.plan("partners", HEAD + b"1,Amsel,customer,Lin\n2,Bussard,vendor,\n3,Dohle,c,\n4,,c,\n5,E,pirate,\n")
    assert [row.outcome for row in planned.rows] == [
        Outcome.SAME,
        Outcome.CHANGED,
        Outcome.NEW,
        Outcome.WRONG,
        Outcome.WRONG,
    ]
    assert planned.rows[1].changes == {"kind": ("customer", "supplier"), "contact": ("Wu", "")}
    assert problems(planned) == [(5, "name"), (6, "kind")]
    assert Change.objects.count() == 2


def test_an_undone_take_over_gives_old_values_back_and_takes_the_new_out_of_use(way: TakeOver) -> None:
    way.takes("partners", HEAD + b"1,Amsel,customer,Lin\n", "a.csv")
    batch = way.takes("partners", HEAD + b"1,Amsel Ltd,vendor,\n2,Bussard,customer,Wu\n", "b.csv")
    way.undo(batch, "Not ours")
    kept, gone = Partner.objects.get(number="1"), Partner.objects.get(number="2")
    assert (kept.name, kept.kind, kept.contact, kept.retired_at) == ("Amsel", "customer", "Lin", None)
    assert gone.retired_at is not None
    last = Change.objects.filter(record_uid=kept.uid).latest("version")
    assert (last.version, last.reason, last.fields["name"]) == (3, "Not ours", ["Amsel Ltd", "Amsel"])
    planned = way.plan("partners", HEAD + b"2,Bussard,customer,Wu\n")
    assert [set(row.changes) for row in planned.rows] == [{"retired_at"}]
    again = way.takes("partners", HEAD + b"2,Bussard,customer,Wu\n", "c.csv")
    assert Partner.objects.get(number="2").retired_at is None
    assert Change.objects.filter(record_uid=gone.uid).latest("version").what == ChangeKind.RESTORED
    way.undo(again)
    assert Partner.objects.get(number="2").retired_at is not None


def test_what_a_person_changed_since_is_not_undone(way: TakeOver) -> None:
    batch = way.takes("partners", HEAD + b"1,Amsel,customer,Lin\n2,Bussard,customer,\n", "a.csv")
    record = Partner.objects.get(number="1")
    record.note = "Calls on Fridays"
    save(PARTNERS, record, way.person, seen=1)
    with pytest.raises(UndoError, match="changed since"):
        way.undo(batch)
    assert not Partner.objects.exclude(retired_at=None).exists()


def test_items_bring_the_revision_that_holds(way: TakeOver) -> None:
    way.takes("items", items(), "i.xlsx")
    assert {one.number: one.kind for one in Item.objects.all()} == {
        "TX-650": "machine",
        "BED-65": "casting",
        "SPN-24": "assembly",
    }
    assert set(Revision.objects.values_list("item__number", "label")) == {("TX-650", "B"), ("BED-65", "A")}
    assert [row.outcome for row in way.plan("items", items(), "i.xlsx").rows] == [Outcome.SAME] * 3
    later = "料號,版次,發行日\nTX-650,C,115/01/01\nBED-65,A,\n".encode()
    assert way.plan("items", later).missing == ("name", "kind")
    whole = "料號,品名,類別,版次,發行日\nTX-650,Machining centre,machine,C,115/01/01\nBED-65,Bed,casting,,114/1/1\n"
    planned = way.plan("items", whole.encode())
    assert [row.outcome for row in planned.rows] == [Outcome.CHANGED, Outcome.WRONG]
    assert problems(planned) == [(3, "released_on")]


def test_nothing_of_a_sheet_is_written_when_one_row_is_wrong(way: TakeOver) -> None:
    job = way.asked("partners", HEAD + b"1,Amsel,customer,\n1,Bussard,customer,\n", "a.csv")
    assert (job.state, Partner.objects.count()) == ("failed", 0)
    assert "Row 3" in job.message
    assert "第 3 列" in job.message_zh
