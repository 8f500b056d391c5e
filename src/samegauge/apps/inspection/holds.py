"""A release rests on instruments that may be used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse

from samegauge.apps.inspection.gauge_rules import faults
from samegauge.core.production.holds import Hold, Release, declare_holds

if TYPE_CHECKING:
    from collections.abc import Iterator


def _find(release: Release) -> Iterator[Hold]:
    for fault in faults(release.instruments, release.characteristics):
        yield Hold("instruments", fault.said, reverse("gauge", args=[fault.instrument.uid]) if fault.instrument else "")


declare_holds("instruments", _find)
