"""A bore that is measured part by part."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from django.utils import translation

from samegauge.core.measurement.models import Characteristic, Conformity, Inspection, Measurement
from samegauge.core.thread.models import Item, Unit
from samegauge.core.thread.rules import Fact, Recorder, record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

START = datetime(2026, 1, 5, 8, tzinfo=UTC)


def quiet(count: int, seed: int = 1) -> list[float]:
    """Values of a stable process: mean 10 mm, sigma 0.1 mm."""
    return np.random.default_rng(seed).normal(10.0, 0.1, count).round(3).tolist()


@dataclass
class Line:
    """Measures one characteristic of parts that come an hour apart."""

    characteristic: Characteristic
    count: int = 0
    units: list[Unit] = field(default_factory=list)

    def measure(self, values: Sequence[float], *, hours: float | None = None) -> list[Measurement]:
        return [self._one(value, hours) for value in values]

    def _one(self, value: float, hours: float | None) -> Measurement:
        row = self.characteristic
        self.count += 1
        at = START + timedelta(hours=self.count if hours is None else hours)
        unit = Unit.objects.create(serial=f"{row.item.number}-{row.key}-{self.count}", item=row.item)
        self.units.append(unit)
        event = record(Fact("inspected", at, {}, unit=unit), Recorder(actor_name="test"))
        inspection = Inspection.objects.create(
            unit=unit,
            kind=row.inspection_kind,
            plan=row.plan,
            performed_at=at,
            reported_at=at,
            time_basis="stated",
            position_in_source=self.count,
            verdict="pass",
            confidence="stated",
            event=event,
        )
        inside = (row.lower_limit or -1e9) <= value <= (row.upper_limit or 1e9)
        verdict = Conformity.PASS if inside else Conformity.FAIL
        return Measurement.objects.create(
            inspection=inspection, characteristic=row, actual=value, stated=verdict, recomputed=verdict
        )


def characteristic(item: str = "BOX", kind: str = "part", **more: Any) -> Characteristic:
    found, _made = Item.objects.get_or_create(number=item, defaults={"name": item, "kind": kind})
    facts = {"key": "bore", "name": "Bore", "lower_limit": 9.0, "upper_limit": 11.0, "nominal": 10.0, **more}
    return Characteristic.objects.create(
        item=found, plan=f"IPQC-{item}", inspection_kind="in_process", kind="Diameter", unit_code="mm", **facts
    )


@pytest.fixture
def line(in_scope: Any) -> Line:
    return Line(characteristic())


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield
