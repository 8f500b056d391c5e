"""Revisions live from draft to withdrawal and do not change; routes follow options; drafts come from imports."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone, translation

from samegauge.apps.inspection.plans.drafting import (
    lot_sampling,
    plan_from_characteristics,
    plan_from_template,
    templates,
    undrafted,
)
from samegauge.apps.inspection.plans.effectivity import Bounds
from samegauge.apps.inspection.plans.models import FrozenError, Procedure, ProcedureStep, Route, RouteStop
from samegauge.apps.inspection.plans.routes import ways_of
from samegauge.apps.inspection.plans.rules import RevisionError, draft, next_revision, release, withdraw
from samegauge.core.measurement.models import Characteristic
from samegauge.core.production.models import Station
from samegauge.core.thread.models import Item, Unit
from samegauge.core.thread.rules import Fact, Recorder, record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.test import Client

    from samegauge.core.organisations.models import Organisation, Person

pytestmark = pytest.mark.usefixtures("in_scope")


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def chief(person_with_role: Callable[..., Person], organisation: Organisation) -> Person:
    return person_with_role("quality_manager", organisation)


@pytest.fixture
def model() -> Item:
    return Item.objects.create(number="TT5", name="Machine", kind="machine")


def procedure(model: Item, chief: Person, code: str = "SOP-1") -> Procedure:
    step = ProcedureStep(key="clean", sequence=1, kind="check", text="Clean")
    return draft(Procedure(code=code, item=model, title="Rails"), [step], chief)


def test_a_released_revision_never_changes(model: Item, chief: Person) -> None:
    made = procedure(model, chief)
    step = made.steps.get()
    step.text = "Clean well"
    step.save()
    release(made, chief, Bounds("TT5-001", "TT5-100"))
    assert (made.state, made.released_by, made.from_serial) == ("released", chief, "TT5-001")
    step.procedure = made
    added = ProcedureStep(procedure=made, key="b", sequence=2, kind="check", text="B")
    for forbidden in (step.save, step.delete, added.save):
        with pytest.raises(FrozenError):
            forbidden()
    with pytest.raises(RevisionError, match="is no draft"):
        release(made, chief, Bounds())


def test_a_change_is_the_next_revision_with_its_reason(model: Item, chief: Person) -> None:
    made = procedure(model, chief)
    release(made, chief, Bounds())
    with pytest.raises(RevisionError, match="Say why"):
        next_revision(made, chief, "  ")
    second = next_revision(made, chief, "clearer text")
    assert (second.revision, second.state, second.reason, second.released_at) == (2, "draft", "clearer text", None)
    assert [step.key for step in second.steps.all()] == ["clean"]
    assert second.steps.get() != made.steps.get()
    with pytest.raises(RevisionError, match="is a draft already"):
        next_revision(made, chief, "again")


def test_release_and_withdrawal_say_what_is_wrong(model: Item, chief: Person) -> None:
    empty = draft(Procedure(code="SOP-9", item=model, title="Nothing"), [], chief)
    with pytest.raises(RevisionError, match="is empty"):
        release(empty, chief, Bounds())
    made = procedure(model, chief)
    with pytest.raises(RevisionError, match="would end before it begins"):
        release(made, chief, Bounds("TT5-9", "TT5-1"))
    with pytest.raises(RevisionError, match="Only a released revision"):
        withdraw(made, chief, "x")
    release(made, chief, Bounds())
    with pytest.raises(RevisionError, match="Say why"):
        withdraw(made, chief, "")
    withdraw(made, chief, "wrong limit")
    assert (made.state, made.withdrawn_by, made.withdrawn_reason) == ("withdrawn", chief, "wrong limit")


def test_a_route_follows_the_options_that_a_machine_was_ordered_with(model: Item, chief: Person) -> None:
    stations = [Station.objects.create(code=f"S{number}", name="Station", sequence=number) for number in (1, 2, 3)]
    stops = [
        RouteStop(station=stations[0], sequence=1, procedure_code="SOP-1"),
        RouteStop(station=stations[1], sequence=2, procedure_code="SOP-2-40", only_with={"magazine": ["40", "60"]}),
        RouteStop(station=stations[1], sequence=2, procedure_code="SOP-2-30", only_with={"magazine": ["30"]}),
        RouteStop(station=stations[2], sequence=3, procedure_code="SOP-3", only_with={"probe": ["yes"]}),
    ]
    route = draft(Route(code="R", item=model, title="Route"), stops, chief)
    release(route, chief, Bounds())
    release(procedure(model, chief, "SOP-2-40"), chief, Bounds())
    plain, rich, other = (Unit.objects.create(serial=serial, item=model) for serial in ("TT5-1", "TT5-2", "TT5-3"))
    for unit, options in ((plain, {"magazine": "30"}), (rich, {"magazine": 60, "probe": "yes"})):
        record(Fact("ordered", datetime.now(UTC), {"options": options}, unit=unit), Recorder(actor_name="test"))
    ways = ways_of([plain, rich, other], timezone.now())
    taken = {key: [stop.procedure_code for stop in way.stops] for key, way in ways.items()}
    assert taken == {plain.pk: ["SOP-1", "SOP-2-30"], rich.pk: ["SOP-1", "SOP-2-40", "SOP-3"], other.pk: ["SOP-1"]}
    found = ways[rich.pk].procedure(ways[rich.pk].stops[1], timezone.now())
    assert found is not None
    assert (found.code, ways[rich.pk].procedure(ways[rich.pk].stops[0], timezone.now())) == ("SOP-2-40", None)
    assert ways_of([rich], timezone.now() - timedelta(days=1))[rich.pk].stops == ()


def test_a_plan_is_drafted_from_a_template_with_limits_marked_assumed(model: Item, chief: Person) -> None:
    made = plan_from_template(model, templates()["machining_centre"], chief)
    lines = list(made.lines.all())
    assert (made.code, made.kind, made.revision) == ("FQC-TT5", "final", 1)
    assert {line.assumed for line in lines} == {True}
    assert [(line.instrument_kind, line.resolution) for line in lines][:2] == [("laser", 0.9), ("laser", 0.4)]
    again = plan_from_template(model, templates()["machining_centre"], chief)
    assert (again.revision, Characteristic.objects.count()) == (2, len(lines))


@pytest.mark.parametrize("key", sorted(templates()))
def test_every_template_makes_a_plan(model: Item, key: str) -> None:
    made = plan_from_template(model, templates()[key], None)
    assert made.lines.count() == len(templates()[key].lines) > 1


def test_a_plan_is_drafted_from_what_an_import_said_is_measured(model: Item, chief: Person) -> None:
    for place, (key, kind) in enumerate((("d1", "Diameter"), ("n", "Identity"))):
        Characteristic.objects.create(
            item=model,
            plan="BOX",
            inspection_kind="incoming",
            key=key,
            name=key,
            kind=kind,
            upper_limit=0.5,
            unit_code="mm",
            sequence=place,
        )
    assert undrafted() == [("TT5", "BOX", "1")]
    made = plan_from_characteristics(model, "BOX", chief)
    (line,) = made.lines.all()
    assert (made.code, line.characteristic.key, line.instrument_kind) == ("IQC-TT5", "d1", "cmm")
    assert (line.frequency, line.assumed, line.sampling["size"]) == ("lot", False, lot_sampling()["size"])
    assert undrafted() == []
    with pytest.raises(RevisionError, match="has no characteristics"):
        plan_from_characteristics(model, "COVER", chief)


def test_the_sample_of_a_lot_keeps_both_risks() -> None:
    found = lot_sampling()
    assert (found["size"], found["acceptance"]) == (52, 2)
    assert found["method"]["constants"]["consumer_risk"] == 0.1


def test_only_supervisors_release(
    client: Client, model: Item, chief: Person, person_with_role: Callable[..., Person], organisation: Organisation
) -> None:
    made = procedure(model, chief)
    client.force_login(person_with_role("assembler", organisation))
    assert client.get(f"/procedures/{made.uid}/").status_code == 200
    assert client.post(f"/procedures/{made.uid}/change/", {"act": "release"}).status_code == 403
    client.force_login(chief)
    assert b"is a draft" in client.get(f"/procedures/{made.uid}/", headers={"accept-language": "en"}).content
    client.post(f"/procedures/{made.uid}/change/", {"act": "release", "from_serial": "TT5-5"})
    made.refresh_from_db()
    assert (made.state, made.from_serial) == ("released", "TT5-5")
    client.post(f"/procedures/{made.uid}/change/", {"act": "next", "reason": "better"})
    client.post(f"/procedures/{made.uid}/change/", {"act": "withdraw", "reason": "wrong"})
    assert list(Procedure.objects.order_by("revision").values_list("state", flat=True)) == ["withdrawn", "draft"]


def test_the_api_lists_reads_and_releases(client: Client, model: Item, chief: Person) -> None:
    made = procedure(model, chief)
    client.force_login(chief)
    listed = client.get("/api/procedures?state=draft").json()
    assert (listed["count"], listed["items"][0]["code"]) == (1, "SOP-1")
    whole = client.get(f"/api/procedures/{made.uid}").json()
    assert [line["key"] for line in whole["lines"]] == ["clean"]
    address = f"/api/procedures/{made.uid}/change"
    released = client.post(address, {"act": "release", "to_serial": "TT5-9"}, content_type="application/json").json()
    assert (released["state"], released["to_serial"]) == ("released", "TT5-9")
    assert client.post(address, {"act": "release"}, content_type="application/json").status_code == 409
    plan = plan_from_template(model, templates()["casting"], chief)
    assert client.get(f"/api/plans/{plan.uid}").json()["lines"][0]["assumed"] is True
    assert client.get("/api/routes").json() == {"count": 0, "items": []}
