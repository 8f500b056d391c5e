"""A unit with a blocked part inside stays where it is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _

from samegauge.core.production.holds import Hold, Release, declare_holds
from samegauge.core.thread.genealogy import as_built
from samegauge.core.thread.models import Block
from samegauge.core.thread.parts import blocked_among

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_NAMED = 3


def find_blocked(release: Release) -> Iterator[Hold]:
    if not Block.objects.filter(valid_to__isnull=True).exists():
        return
    inside = {branch.unit_id: branch for branch in as_built(release.unit, datetime.now(UTC))}
    blocked = blocked_among([release.unit.pk, *inside])
    if release.unit.pk in blocked:
        said = _("%(serial)s is blocked. Have it released.") % {"serial": release.unit.serial}
        yield Hold("blocked_parts", said, reverse("unit_trace", args=[release.unit.uid]))
    for key in sorted(blocked & inside.keys())[:MOST_NAMED]:
        part = inside[key]
        said = _("%(serial)s inside is blocked. Swap it, or have it released.") % {"serial": part.serial}
        yield Hold("blocked_parts", said, reverse("unit_trace", args=[part.uid]))


declare_holds("blocked_parts", find_blocked)
