"""What customers ordered: forty machines, their options, and when each is to be built."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from samegauge.simulators.builder.catalogue import CUSTOMERS, MODELS, OPTIONS, REVISION_DAYS, Model
from samegauge.simulators.builder.shifts import at_work

if TYPE_CHECKING:
    from datetime import datetime

    import numpy as np

    from samegauge.simulators.builder.streams import Streams

MACHINES = 40
FIRST_BUILD_DAY = 80
DAYS_BETWEEN_BUILDS = 15


@dataclass(frozen=True)
class Order:
    serial: str
    model: Model
    revision: str
    options: dict[str, str]
    customer: str
    ordered_at: datetime
    build_at: datetime


def orders(streams: Streams, start: datetime) -> list[Order]:
    return [_order(index, streams.named("order", index), start) for index in range(MACHINES)]


def _order(index: int, rng: np.random.Generator, start: datetime) -> Order:
    model = MODELS[_drawn(rng, tuple((code, model.share) for code, model in MODELS.items()))]
    build = start + timedelta(days=FIRST_BUILD_DAY + DAYS_BETWEEN_BUILDS * index + int(rng.integers(0, 4)))
    ordered = at_work(build - timedelta(days=int(rng.integers(55, 76)), minutes=-int(rng.integers(60, 500))))
    released = [label for label, day in REVISION_DAYS.items() if start + timedelta(days=day) <= ordered]
    return Order(
        serial=f"{model.code}-{index + 1:03d}",
        model=model,
        revision=released[-1],
        options={name: _drawn(rng, choices) for name, choices in OPTIONS.items()},
        customer=CUSTOMERS[int(rng.integers(len(CUSTOMERS)))].code,
        ordered_at=ordered,
        build_at=at_work(build),
    )


def _drawn(rng: np.random.Generator, choices: tuple[tuple[str, float], ...]) -> str:
    names, shares = zip(*choices, strict=True)
    return names[int(rng.choice(len(names), p=shares))]
