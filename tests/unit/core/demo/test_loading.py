"""The simulated company goes in through the rules, once, beside real records and never among them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.utils import translation

from samegauge.core.demo import loading
from samegauge.core.demo.loading import Loaded, load
from samegauge.core.demo.payloads import named_item
from samegauge.core.measurement.models import Characteristic, Inspection, Measurement
from samegauge.core.organisations.models import Membership, Organisation, OrganisationKind, Person, Role
from samegauge.core.organisations.rules import (
    administers_site,
    first_start_link,
    found_organisation,
    house,
    only_organisation,
    open_setup_link,
)
from samegauge.core.partners.models import Partner
from samegauge.core.production.models import Station
from samegauge.core.scope import all_organisations, organisation_scope
from samegauge.core.thread.genealogy import as_built
from samegauge.core.thread.models import AsBuiltEdge, Event, Item, ItemKind, Unit
from samegauge.core.thread.rules import Recorder, ThreadError, altered_events, install
from samegauge.simulators.builder import orders
from samegauge.simulators.builder.catalogue import BUILDER
from samegauge.simulators.builder.company import simulated

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

START = datetime(2024, 1, 1, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def few_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as it takes to reach the campaign with the cold furnace load."""
    monkeypatch.setattr(orders, "MACHINES", 8)


@pytest.fixture(autouse=True)
def company_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """What follows the company is in test_sequels."""
    monkeypatch.setattr(loading, "sequels", dict)


@pytest.fixture
def loaded() -> Loaded:
    return load(7, START)


def builder() -> Organisation:
    return Organisation.objects.get(name=BUILDER.en, is_simulated=True)


def test_what_was_simulated_is_what_is_there(loaded: Loaded) -> None:
    company = simulated(7, START)
    assert loaded.added
    assert len(loaded.organisations) == 9
    with organisation_scope(builder()):
        machines = [one.serial for one in company.machines]
        assert Unit.objects.filter(item__kind=ItemKind.MACHINE, serial__in=machines).count() == 8
        assert not Unit.objects.filter(simulated=False).exists()
        # The chapters of the apps add what is on the line now.
        assert Unit.objects.count() == loaded.counts["units"] > len(company.parts) + len(company.machines)
        built_in = [one.child for one in company.installations]
        assert AsBuiltEdge.objects.filter(child__serial__in=built_in).count() == len(company.installations)
        inspections = Inspection.objects.filter(source__isnull=False)
        assert inspections.count() == len(company.inspections)
        taken = Measurement.objects.filter(inspection__in=inspections)
        assert taken.count() == sum(len(one.readings) for one in company.inspections)
        kinds = dict.fromkeys(Event.objects.values_list("kind", flat=True))
        assert {"cast", "heat_treated", "station_completed", "running_hours", "service_call"} <= set(kinds)
        completed = Event.objects.filter(kind="station_completed", unit__serial__in=machines)
        assert completed.count() == len(company.steps)


@pytest.mark.one_database
def test_every_event_is_sealed_and_says_that_it_is_simulated(loaded: Loaded) -> None:
    with all_organisations("a test of every simulated record"):
        events = list(Event.objects.select_related("organisation", "unit", "actor", "batch", "supersedes"))
    assert len(events) > loaded.counts["events"]
    assert altered_events(events) == []
    assert all(event.payload["simulated"] is True for event in events)


@pytest.mark.one_database
def test_a_machine_is_built_of_what_the_simulation_put_in_and_left_in(loaded: Loaded) -> None:
    company = simulated(7, START)
    [machine, *_others] = company.machines
    assert loaded.added
    with organisation_scope(builder()):
        inside = {branch.serial for branch in as_built(Unit.objects.get(serial=machine.serial), company.end)}
    standing = {edge.child for edge in company.installations if edge.removed_at is None}
    mine = {edge.child for edge in company.installations if edge.parent.startswith(machine.serial)}
    assert inside == standing & mine


@pytest.mark.one_database
def test_what_was_built_in_obeys_the_rules_for_one_move_at_a_time(loaded: Loaded) -> None:
    assert loaded.added
    level = {ItemKind.MACHINE: 0, ItemKind.ASSEMBLY: 1, ItemKind.PART: 2, ItemKind.CASTING: 2}
    built_in = [one.child for one in simulated(7, START).installations]
    with organisation_scope(builder()):
        found = AsBuiltEdge.objects.filter(child__serial__in=built_in)
        edges = list(found.select_related("child__item", "parent__item", "installed_event"))
        part = next(edge for edge in edges if edge.valid_to is None)
        with pytest.raises(ThreadError, match=part.parent.serial):
            install(part.child, part.parent, datetime.now(UTC), Recorder(actor_name="a test"))
    assert len({edge.child for edge in edges}) == len(edges)
    for edge in edges:
        assert level[ItemKind(edge.parent.item.kind)] == level[ItemKind(edge.child.item.kind)] - 1
        assert edge.installed_event.unit_id == edge.child_id
        assert edge.installed_event.payload["parent"] == edge.parent.serial


def test_loading_again_adds_nothing_whatever_the_seed(loaded: Loaded) -> None:
    with all_organisations("a test of every simulated record"):
        before = Event.objects.count(), Unit.objects.count(), Organisation.objects.count()
        loaded.truth.unlink()
        again = load(8, START)
        assert (Event.objects.count(), Unit.objects.count(), Organisation.objects.count()) == before
    assert not again.added
    assert (again.seed, again.start) == (7, START)
    assert again.truth.exists()


@pytest.mark.one_database
def test_the_planted_truths_are_in_a_file_and_not_in_the_database(loaded: Loaded) -> None:
    said = json.loads(loaded.truth.read_text(encoding="utf-8"))
    assert said["seed"] == 7
    assert said["heat_treatment"]["batch"] == "HT-02-BED"
    with all_organisations("a test of every simulated record"):
        assert not [event for event in Event.objects.all() if "residual_stress_added" in json.dumps(event.payload)]


@pytest.mark.one_database
def test_an_organisation_of_the_same_name_with_real_records_stays_as_it_was(
    person_with_role: Callable[..., Person],
) -> None:
    real = Organisation.objects.create(name=BUILDER.en, kind=OrganisationKind.MACHINE_BUILDER)
    owner = person_with_role(Role.OWNER, real)
    engineer = person_with_role(Role.ENGINEER, real)
    load(7, START)
    with organisation_scope(real):
        assert not Unit.objects.exists()
        assert not Event.objects.exists()
    assert Membership.objects.filter(person=owner, organisation__is_simulated=True).count() == 9
    assert not Membership.objects.filter(person=engineer, organisation__is_simulated=True).exists()
    assert only_organisation() == real


@pytest.mark.one_database
def test_whoever_starts_the_site_after_the_demo_may_open_it_and_administers_the_site(loaded: Loaded) -> None:
    assert loaded.added
    path = first_start_link()
    assert path is not None
    link = open_setup_link(path.split("/")[2])
    assert link is not None
    firm = Organisation(name="Gamma", kind=OrganisationKind.END_USER)
    membership = found_organisation(link, firm, Person(username="first"))
    assert house() == firm
    assert administers_site(membership)
    mine = Membership.objects.filter(person=membership.person).order_by("pk")
    assert mine.first() == membership
    assert mine.count() == 10
    assert not any(administers_site(one) for one in mine[1:])


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("language", "words", "name"),
    [
        ("en", "Simulated data", "Squareness YZ over 500 mm"),
        ("zh-hant", "模擬資料", "YZ 垂直度（500 mm）"),
    ],
)
def test_pages_carry_the_ribbon_and_names_are_in_the_language_of_who_loads(
    language: str,
    words: str,
    name: str,
    client: Client,
    organisation: Organisation,
    person_with_role: Callable[..., Person],
) -> None:
    with translation.override(language):
        load(7, START)
    with organisation_scope(builder()):
        square = Characteristic.objects.filter(key="square_yz", item__kind=ItemKind.MACHINE)
        assert set(square.values_list("name", flat=True)) == {name}
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    client.force_login(person_with_role(Role.OWNER, organisation))
    assert "sg-ribbon" not in client.get("/").content.decode()
    client.force_login(person_with_role(Role.OWNER, builder()))
    with organisation_scope(builder()):
        machine = Unit.objects.filter(item__kind=ItemKind.MACHINE).first()
    assert machine is not None
    for path in ("/", "/units/", f"/units/{machine.uid}/"):
        page = client.get(path).content.decode()
        assert "sg-ribbon" in page
        assert words in page


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("number", "english", "kind"),
    [
        ("TT5", "Five-axis machine, trunnion table", ItemKind.MACHINE),
        ("TT5-BED", "Bed of TT5", ItemKind.CASTING),
        ("GH20-SPN", "Spindle unit of GH20", ItemKind.ASSEMBLY),
        ("RAIL-S", "Guideway rail with carriages S", ItemKind.PART),
        ("BRG", "Spindle bearing set", ItemKind.PART),
    ],
)
def test_every_item_has_a_name_and_a_kind(number: str, english: str, kind: ItemKind) -> None:
    words, found = named_item(number)
    assert (words.en, found) == (english, kind)
    assert words.zh


@pytest.mark.one_database
def test_the_builder_has_partners_stations_and_items_to_show(loaded: Loaded) -> None:
    with organisation_scope(builder()):
        assert (Partner.objects.count(), Station.objects.count()) == (15, 54)
        assert Station.objects.order_by("sequence")[16].code == "S17"
        for record in (*Partner.objects.all(), *Station.objects.all(), *Item.objects.all()):
            record.full_clean()


@pytest.mark.one_database
def test_what_stands_on_the_line_was_read_with_gauges_that_may_release(loaded: Loaded) -> None:
    from samegauge.apps.inspection.gauge_rules import Gauges
    from samegauge.apps.inspection.stations.models import StationEntry

    end = simulated(loaded.seed, loaded.start).end.date()
    with organisation_scope(builder()):
        used = {row.payload["instrument"] for row in StationEntry.objects.filter(kind="value")} - {""}
        gauges = Gauges([*used, "DI-02"])
        assert {number for number in used if gauges.fault(number, on=end)} == set()
        rejected = gauges.fault("DI-02", on=end)
        assert rejected is not None
        assert "DI-02" in rejected.said
        assert used & {"DI-01", "DI-03"}
