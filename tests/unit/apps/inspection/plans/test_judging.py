"""A plan judges the parts that it holds for by the newest value of each line; a program drafts what a page drafts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import translation

from samegauge.apps.inspection.plans import judging
from samegauge.apps.inspection.plans.drafting import origin_for, plan_from_characteristics
from samegauge.apps.inspection.plans.judging import judged
from samegauge.core.measurement.models import Characteristic, Inspection, Measurement
from samegauge.core.thread.models import Item, Unit
from samegauge.core.thread.rules import Fact, Recorder, record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.test import Client

    from samegauge.core.organisations.models import Organisation, Person

pytestmark = pytest.mark.usefixtures("in_scope")
START = datetime(2026, 3, 2, 4, tzinfo=UTC)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def box(in_scope: Organisation) -> Item:
    item = Item.objects.create(number="BOX", name="Box", kind="part")
    for place, key in enumerate(("bore", "flat")):
        Characteristic.objects.create(
            item=item, plan="P", inspection_kind="incoming", key=key, name=key, kind="Diameter", unit_code="mm",
            upper_limit=1.0, sequence=place,
        )  # fmt: skip
    return item


def measured(item: Item, serial: str, hours: int = 0, **verdicts: str) -> Inspection:
    unit, _new = Unit.objects.get_or_create(serial=serial, item=item)
    at = START + timedelta(hours=hours)
    event = record(Fact("inspected", at, {}, unit=unit), Recorder(actor_name="test"))
    inspection = Inspection.objects.create(
        unit=unit, kind="incoming", plan="P", reported_at=at, time_basis="stated", position_in_source=0,
        verdict="pass", confidence="stated", event=event,
    )  # fmt: skip
    for key, verdict in verdicts.items():
        row = Characteristic.objects.get(item=item, key=key)
        stated, _bar, ours = verdict.partition("/")
        Measurement.objects.create(
            inspection=inspection, characteristic=row, actual=0.5, stated=stated, recomputed=ours or stated
        )
    return inspection


def test_the_newest_value_of_each_line_decides(box: Item) -> None:
    plan = plan_from_characteristics(box, "P", None)
    assert judged(plan).units == 0
    measured(box, "B-1", bore="fail", flat="pass")
    measured(box, "B-1", hours=1, bore="pass")
    measured(box, "B-2", bore="pass", flat="pass/undecided")
    measured(box, "B-3", bore="pass", flat="undecided")
    measured(box, "B-4", bore="pass")
    measured(box, "B-5", bore="pass/fail")
    found = judged(plan)
    assert (found.units, found.conforming, found.failed, found.undecided, found.missing) == (5, 2, 1, 1, 1)
    assert [(one.conforming, one.failed, one.undecided, one.missing) for one in found.lines] == [
        (4, 1, 0, 0),
        (2, 0, 1, 2),
    ]
    assert [row.inspection.unit.serial for row in found.failures] == ["B-5"]


def test_serial_numbers_and_days_bound_what_is_judged(box: Item, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_from_characteristics(box, "P", None)
    for number in range(1, 13):
        measured(box, f"B-{number}", hours=24 * number, bore="pass", flat="pass")
    plan.from_serial = "B-9"
    assert judged(plan).units == 4
    plan.from_serial, plan.from_day, plan.to_day = "", date(2026, 3, 5), date(2026, 3, 7)
    assert judged(plan).units == 3
    plan.from_day = plan.to_day = None
    monkeypatch.setattr(judging, "MOST_UNITS", 10)
    assert (judged(plan).units, judged(plan).not_shown) == (10, 2)


def test_the_page_of_a_plan_tells_what_its_parts_measure(
    client: Client, box: Item, person_with_role: Callable[..., Person], organisation: Organisation
) -> None:
    client.force_login(person_with_role("guest", organisation))
    plan = plan_from_characteristics(box, "P", None)
    address = f"/plans/{plan.uid}/"
    english = {"accept-language": "en"}
    assert b"What was measured by it" not in client.get(address, headers=english).content
    measured(box, "B-1", bore="pass", flat="pass")
    assert b"Every measured part (1) conforms to every line" in client.get(address, headers=english).content
    measured(box, "B-2", bore="pass")
    page = client.get(address, headers=english).content
    assert b"1 of 2 measured parts conform to every line" in page
    assert b"1 part lacks a value." in page
    measured(box, "B-3", bore="fail")
    assert b"1 of 3 measured parts does not conform" in client.get(address, headers=english).content


def test_a_program_drafts_from_characteristics_or_from_a_template(
    client: Client, box: Item, person_with_role: Callable[..., Person], organisation: Organisation
) -> None:
    assert origin_for("BOX") == "BOX\nP"
    address = "/api/plans/draft"
    client.force_login(person_with_role("inspector", organisation))
    asked = {"item": "BOX", "characteristics_of": "P"}
    assert client.post(address, asked, content_type="application/json").status_code == 403
    client.force_login(person_with_role("engineer", organisation))
    made = client.post(address, asked, content_type="application/json")
    assert made.status_code == 201
    assert (made.json()["code"], [line["key"] for line in made.json()["lines"]]) == ("IQC-BOX", ["bore", "flat"])
    assert origin_for("BOX") == ""
    template = client.post(address, {"item": "BOX", "template": "casting"}, content_type="application/json")
    assert template.json()["lines"][0]["assumed"] is True
    answers = {
        name: client.post(address, {"item": "BOX", **wrong}, content_type="application/json").status_code
        for name, wrong in {
            "neither": {},
            "both": {"characteristics_of": "P", "template": "casting"},
            "no template": {"template": "boat"},
            "no characteristics": {"characteristics_of": "Q"},
            "no item": {"item": "LID", "characteristics_of": "P"},
        }.items()
    }
    assert answers == {"neither": 422, "both": 422, "no template": 422, "no characteristics": 409, "no item": 404}
    empty = client.get(f"/api/plans/{made.json()['uid']}/judgement").json()
    assert (empty["units"], len(empty["lines"])) == (0, 2)
