"""The number that a measuring program engraves stands among the characteristics, but is no size."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from samegauge.core.measurement.models import Characteristic, Inspection, Measurement
from samegauge.core.thread.models import Item, Unit
from samegauge.core.thread.rules import Fact, Recorder, record

if TYPE_CHECKING:
    from collections.abc import Callable

    from samegauge.core.organisations.models import Organisation, Person

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 1, 5, 4, tzinfo=UTC)


@pytest.fixture
def measured(in_scope: Organisation) -> dict[str, Characteristic]:
    item = Item.objects.create(number="BOX", name="box", kind="part")
    unit = Unit.objects.create(serial="BOX-13", item=item)
    event = record(Fact("inspected", NOON, {}, unit=unit), Recorder(actor_name="somebody"))
    inspection = Inspection.objects.create(
        unit=unit, kind="final", plan="P", reported_at=NOON, time_basis="stated", position_in_source=0,
        verdict="pass", confidence="stated", event=event,
    )  # fmt: skip
    made = {}
    stated = (("Part Number", "Identity", 1.0, 1001.0, 13.0), ("Bore", "Diameter", 9.9, 10.1, 10.002))
    for place, (name, kind, lower, upper, actual) in enumerate(stated):
        made[name] = Characteristic.objects.create(
            item=item, plan="P", inspection_kind="final", key=name, name=name, kind=kind, nominal=(lower + upper) / 2,
            lower_limit=lower, upper_limit=upper, unit_code="mm", sequence=place,
        )  # fmt: skip
        Measurement.objects.create(
            inspection=inspection, characteristic=made[name], actual=actual, deviation=0.0, stated="pass",
            recomputed="pass",
        )  # fmt: skip
    return made


@pytest.fixture
def reader(organisation: Organisation, person_with_role: Callable[..., Person]) -> Client:
    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    client.force_login(person_with_role("engineer", organisation))
    return client


def test_a_part_number_comes_last(measured: dict[str, Characteristic], reader: Client) -> None:
    page = reader.get("/characteristics/").content.decode()
    assert 0 < page.index(str(measured["Bore"].uid)) < page.index(str(measured["Part Number"].uid))


def test_a_part_number_has_neither_unit_nor_limits_nor_a_method(
    measured: dict[str, Characteristic], reader: Client
) -> None:
    sizes = reader.get(f"/characteristics/{measured['Bore'].uid}/").content.decode()
    assert "Limits" in sizes
    assert "mm" in sizes
    page = reader.get(f"/characteristics/{measured['Part Number'].uid}/").content.decode()
    said = page[page.index("<main") : page.index("</main>")]
    assert "This is the part" in said
    assert ">13\n" in said
    assert "13.0" not in said
    assert "1,001" not in said
    assert "mm" not in said.replace("comm", "")
    assert "How it was computed" not in said
