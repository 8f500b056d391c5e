"""Every target there is: units, measured values, and each declared kind of record."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from samegauge.core.kinds.declaration import all_kinds
from samegauge.core.takeover.items import ItemTarget
from samegauge.core.takeover.measured import MeasuredTarget
from samegauge.core.takeover.records import RecordTarget
from samegauge.core.takeover.units import UnitTarget

if TYPE_CHECKING:
    from samegauge.core.takeover.targets import Target

# What others point to goes in first.
FIRST = ("partners", "items", "units")


@cache
def all_targets() -> tuple[Target, ...]:
    found: list[Target] = [ItemTarget(), UnitTarget(), MeasuredTarget()]
    own = {one.slug for one in found}
    found += [RecordTarget(kind) for kind in all_kinds() if kind.slug not in own]
    return tuple(sorted(found, key=lambda one: (FIRST.index(one.slug) if one.slug in FIRST else len(FIRST), one.slug)))


def target_named(slug: str) -> Target:
    return next(one for one in all_targets() if one.slug == slug)
