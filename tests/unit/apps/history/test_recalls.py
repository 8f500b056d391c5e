"""Where suspect parts went, and recalls over the machines: told by a small shop whose whole story is known."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import translation

from samegauge.apps.history.models import Recall, RecalledMachine, RecallState
from samegauge.apps.history.recalls import (
    Criterion,
    RecallKind,
    add_affected,
    close,
    criterion_of,
    found_by,
    open_recall,
    set_states,
)
from samegauge.apps.history.tracing import lots_in, traced, units_of
from samegauge.core.organisations.models import Role
from samegauge.core.partners.models import Partner, PartnerKind
from samegauge.core.production.models import Station
from samegauge.core.scope import organisation_scope
from samegauge.core.thread.models import Event, Item, ItemKind, Lot, LotKind, Revision, Unit
from samegauge.core.thread.moves import Swap, swap
from samegauge.core.thread.rules import Fact, Recorder, ThreadError, install, record
from samegauge.formats.spreadsheet import read_sheet

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from samegauge.core.organisations.models import Organisation, Person

pytestmark = pytest.mark.django_db
START = datetime(2026, 1, 1, tzinfo=UTC)
RECORDER = Recorder(actor_name="QA")
MACHINES = ("M1", "M2", "M3")


def moment(days: int) -> datetime:
    return START + timedelta(days=days)


@pytest.fixture
def shop(in_scope: Organisation) -> dict[str, Any]:
    """Three machines; bearings of lot L-1 in M1 (still) and M2 (replaced), one in stock; M3 has another lot's."""
    item = {
        number: Item.objects.create(number=number, name=number.lower(), kind=kind)
        for number, kind in (
            ("VMC", ItemKind.MACHINE),
            ("SPN", ItemKind.ASSEMBLY),
            ("BRG", ItemKind.PART),
            ("BED", ItemKind.CASTING),
        )
    }
    revisions = [
        Revision.objects.create(item=item["VMC"], label=label, released_at=moment(day))
        for label, day in (("B", 0), ("C", 30), ("A", -30))
    ]
    lots = {
        number: Lot.objects.create(number=number, kind=kind)
        for number, kind in (
            ("L-1", LotKind.DELIVERY),
            ("L-2", LotKind.DELIVERY),
            ("MELT-1", LotKind.MELT),
            ("HT-1", LotKind.HEAT_TREATMENT),
        )
    }
    units: dict[str, Any] = {}

    def made(serial: str, number: str, **more: Any) -> None:
        units[serial] = Unit.objects.create(serial=serial, item=item[number], **more)

    for place, serial in enumerate(MACHINES):
        made(serial, "VMC", revision=revisions[place])
        made(f"SPN-{place}", "SPN")
        made(f"BED-{place}", "BED", lot=lots["MELT-1"])
        install(units[f"BED-{place}"], units[serial], moment(place), RECORDER)
        install(units[f"SPN-{place}"], units[serial], moment(place), RECORDER)
    for serial, lot in (("BRG-2", "L-1"), ("BRG-10", "L-1"), ("BRG-11", "L-1"), ("BRG-20", "L-2"), ("BRG-21", "L-2")):
        made(serial, "BRG", lot=lots[lot])
    for serial, place in (("BRG-2", 0), ("BRG-10", 1), ("BRG-20", 2)):
        install(units[serial], units[f"SPN-{place}"], moment(0), RECORDER, "front")
    swap(Swap(units["BRG-10"], units["BRG-21"], moment(40), "noise"), RECORDER)
    record(Fact("heat_treated", moment(0), {"batch": "HT-1"}, unit=units["BED-1"]), RECORDER)
    _sold_and_run(units)
    return {**units, **lots, "item": item}


def _sold_and_run(units: dict[str, Any]) -> None:
    Partner.objects.create(
        number="C1", name="Harbour Tools", name_zh="海港刀具", kind=PartnerKind.CUSTOMER, country="JP"
    )
    customer = {"en": "Harbour Tools", "zh": "海港刀具"}
    for fact in (
        Fact("ordered", moment(1), {"customer": "somebody else"}, unit=units["M1"]),
        Fact("delivered", moment(9), {"customer": customer}, unit=units["M1"]),
        Fact("commissioned", moment(10), {"customer": customer, "place": "Hall 3"}, unit=units["M1"]),
        Fact("running_hours", moment(50), {"running_hours_h": 812.5}, unit=units["M1"]),
        Fact("running_hours", moment(20), {"running_hours_h": 100.0}, unit=units["M1"]),
    ):
        record(fact, RECORDER)


def machines(asked: Criterion) -> list[str]:
    return [one.machine.serial for one in found_by(asked).affected]


def test_a_lot_leads_to_machines_and_their_customers(shop: dict[str, Any]) -> None:
    with translation.override("zh-hant"):
        found = traced(units_of(shop["L-1"]))
    first, second = found.affected
    assert (first.machine, first.is_replaced, first.customer) == (shop["M1"], False, "海港刀具")
    assert (first.place, first.country, first.running_hours_h) == ("Hall 3", "JP", 812.5)
    assert (second.machine, second.is_replaced, second.customer) == (shop["M2"], True, "")
    assert [(part.unit.serial, part.since, part.until) for part in second.parts] == [("BRG-10", moment(1), moment(40))]
    assert [unit.serial for unit in found.in_stock] == ["BRG-11"]


def test_a_machine_leads_back_to_melts_heat_treatments_and_deliveries(shop: dict[str, Any]) -> None:
    inside = {one.lot.number: (one.items, one.parts) for one in lots_in(shop["M2"], moment(60))}
    assert inside == {"HT-1": (("BED",), 1), "L-2": (("BRG",), 1), "MELT-1": (("BED",), 1)}
    assert "L-1" in {one.lot.number for one in lots_in(shop["M2"], moment(39))}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (Criterion(RecallKind.LOT, "HT-1"), ["M2"]),
        (Criterion(RecallKind.LOT, "MELT-1"), ["M1", "M2", "M3"]),
        (Criterion(RecallKind.ITEM, "BRG"), ["M1", "M2", "M3"]),
        (Criterion(RecallKind.ITEM, "VMC", "A", "B"), ["M1", "M3"]),
        (Criterion(RecallKind.ITEM, "VMC", "C", ""), ["M2"]),
        (Criterion(RecallKind.SERIALS, "BRG", "BRG-2", "BRG-9"), ["M1"]),
        (Criterion(RecallKind.SERIALS, "BRG", "brg-10", "brg-20"), ["M2", "M3"]),
        (Criterion(RecallKind.SERIALS, "VMC", "M2", "M3"), ["M2", "M3"]),
        (Criterion(RecallKind.OPERATOR, "QA"), ["M1", "M2", "M3"]),
        (Criterion(RecallKind.OPERATOR, "QA", since=moment(30)), ["M2"]),
        (Criterion(RecallKind.INSTRUMENT, "none such"), []),
    ],
)
def test_each_question_finds_its_machines(shop: dict[str, Any], asked: Criterion, expected: list[str]) -> None:
    assert machines(asked) == expected
    assert criterion_of(json.loads(json.dumps(asked.as_json()))) == asked


def test_work_at_a_station_is_found_by_the_time_it_took(shop: dict[str, Any]) -> None:
    Station.objects.create(code="S07", name="Spindle", sequence=7)
    for serial, station, day in (("M1", 7, 1), ("M2", "S07", 5), ("M3", "S08", 5)):
        said = {"station": station, "started_at": moment(day).isoformat(), "operator": "OP-1"}
        record(Fact("station_completed", moment(day + 1), said, unit=shop[serial]), RECORDER)
    assert machines(Criterion(RecallKind.STATION, "S07")) == ["M1", "M2"]
    assert machines(Criterion(RecallKind.STATION, "S07", since=moment(3), until=moment(5))) == ["M2"]
    assert machines(Criterion(RecallKind.STATION, "S07", since=moment(2), until=moment(4))) == ["M1"]
    assert machines(Criterion(RecallKind.OPERATOR, "OP-1", until=moment(1))) == ["M1"]


def test_a_recall_keeps_what_was_said_of_each_machine_in_its_history(shop: dict[str, Any]) -> None:
    recall = open_recall("Bearings", "cages crack", Criterion(RecallKind.LOT, "L-1"), RECORDER)
    first, second = recall.machines.order_by("machine__serial")
    assert set_states([first, second], RecallState.INFORMED, "called", RECORDER) == 2
    assert set_states([first], RecallState.INFORMED, "called", RECORDER) == 0
    said = Event.objects.filter(kind="recall", unit=shop["M1"]).order_by("pk")
    assert [each.payload["state"]["en"] for each in said] == ["To be informed", "Informed"]
    with pytest.raises(ThreadError):
        close(recall, RECORDER)
    set_states([first, second], RecallState.DONE, "", RECORDER)
    close(recall, RECORDER)
    assert recall.closed_at


def test_a_machine_that_gets_such_a_part_later_is_added(shop: dict[str, Any]) -> None:
    recall = open_recall("Bearings", "cages crack", Criterion(RecallKind.LOT, "L-1"), RECORDER)
    install(shop["BRG-11"], shop["SPN-2"], moment(60), RECORDER)
    assert (add_affected(recall, RECORDER), add_affected(recall, RECORDER)) == (1, 0)
    assert set(recall.machines.values_list("machine__serial", flat=True)) == {"M1", "M2", "M3"}


def test_nothing_to_recall_opens_nothing(shop: dict[str, Any]) -> None:
    for title, asked in (("x", Criterion(RecallKind.INSTRUMENT, "none")), (" ", Criterion(RecallKind.LOT, "L-1"))):
        with pytest.raises(ThreadError):
            open_recall(title, "y", asked, RECORDER)
    assert not Recall.objects.exists()
    assert shop


@pytest.fixture
def quality(client: Client, organisation: Organisation, person_with_role: Callable[..., Person]) -> Client:
    client.force_login(
        person_with_role(Role.QUALITY_MANAGER, organisation),
        backend="allauth.account.auth_backends.AuthenticationBackend",
    )
    return client


def test_from_the_question_to_the_list_that_goes_with_the_service_engineer(
    shop: dict[str, Any], quality: Client, organisation: Organisation
) -> None:
    asked = "/recalls/new/?kind=lot&named=L-1"
    page = quality.get(asked).content.decode()
    assert "M1" in page
    assert "M3" not in page
    opened = quality.post(asked, {"title": "Bearings", "reason": "cages crack"})
    assert opened.status_code == 302, opened.content.decode()
    with organisation_scope(organisation):
        first = RecalledMachine.objects.get(machine=shop["M1"])
    quality.post(f"{opened.url}step/", {"machine": [str(first.uid), "no uid"], "state": "done", "note": "fitted anew"})
    page = quality.get(opened.url).content.decode()
    assert "fitted anew" in page
    table = read_sheet(quality.get(f"{opened.url}list.csv").content, "list.csv")
    assert quality.get(f"{opened.url}list.xlsx").content[:2] == b"PK"
    assert quality.get(f"{opened.url}list.pdf").content[:5] == b"%PDF-"
    assert [row.cells[0] for row in table.rows] == ["M1", "M2"]


@pytest.mark.parametrize(
    "asked",
    [
        "kind=lot&named=nothing",
        "kind=station&named=S99",
        "kind=item&named=VMC&first=Z",
        "kind=operator&named=x&since=2026-02-02T00:00&until=2026-02-01T00:00",
        "kind=instrument&named=x&since=2999-02-02T00:00",
    ],
)
def test_a_question_that_cannot_be_meant_is_refused(shop: dict[str, Any], quality: Client, asked: str) -> None:
    answer = quality.get(f"/recalls/new/?{asked}")
    assert answer.status_code == 422
    assert "sg-error" in answer.content.decode()
    assert shop
