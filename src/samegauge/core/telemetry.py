"""The current organisation's part of the telemetry lake, and signals thinned for a screen."""

from __future__ import annotations

import math
from collections import Counter
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import JsonResponse
from django.utils.translation import gettext as _

from samegauge.core.organisations.models import Organisation
from samegauge.core.production.models import DataItem
from samegauge.core.scope import current_organisation_id
from samegauge.lake.store import Decimated, Lake, OrganisationLake, Selection
from samegauge.quantities.errors import UnknownUnitError
from samegauge.quantities.units import unit as unit_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from samegauge.core.thread.models import Unit

Span = tuple[datetime, datetime]

MOST_BUCKETS = 4000
DEFAULT_BUCKETS = 1200
LONGEST_JOINED_BUCKETS = 20  # longer stretches without a reading are shown as gaps


def organisation_lake() -> OrganisationLake:
    """Return the lake of the organisation in scope; no other one can be reached through it."""
    return _lake_of(str(Organisation.objects.values_list("uid", flat=True).get(pk=current_organisation_id())))


@cache
def _lake_of(organisation_uid: str) -> OrganisationLake:
    return Lake(Path(settings.SAMEGAUGE_HOME) / "lake").for_organisation(organisation_uid)


def signal_json(query: Mapping[str, str], machine: Unit, span: Span, trace: str | None = None) -> JsonResponse:
    """Minimum and maximum of one tag per stretch of screen, over the part of `span` that the query asks for."""
    start = max(_instant(query.get("start"), span[0]), span[0])
    end = min(_instant(query.get("end"), span[1]), span[1])
    tag, buckets = query.get("tag", ""), _buckets(query.get("buckets"))
    if end <= start:
        raise BadRequest(_("The stretch asked for ends before it begins."))
    described = DataItem.objects.filter(machine=machine, tag=tag).first()
    unit = _symbol(described.native_units or described.units) if described else ""
    thinned = organisation_lake().decimated(machine.serial, tag, (start, end), buckets, trace)
    time_s, minimum, maximum = _with_gaps(thinned)
    series = {"name": tag, "unit": unit, "minimum": minimum, "maximum": maximum}
    return JsonResponse({"start": start.timestamp(), "end": end.timestamp(), "time_s": time_s, "series": [series]})


def _symbol(spelling: str) -> str:
    """The unit as people write it; a spelling we do not know stays as the machine's description has it."""
    try:
        return unit_of(spelling).symbol
    except UnknownUnitError:
        return spelling


def _with_gaps(thinned: Decimated) -> tuple[list[float], list[float | None], list[float | None]]:
    """Put an empty point where a bucket held nothing, so that no line is drawn over time without readings."""
    time_s: list[float] = []
    minimum: list[float | None] = []
    maximum: list[float | None] = []
    last_ns: int | None = None
    for start_ns, low, high in zip(thinned.start_ns.tolist(), thinned.minimum, thinned.maximum, strict=True):
        if last_ns is not None and start_ns - last_ns > LONGEST_JOINED_BUCKETS * thinned.width_ns:
            time_s.append((last_ns + thinned.width_ns) / 1e9)
            minimum.append(None)
            maximum.append(None)
        time_s.append(start_ns / 1e9)
        minimum.append(_json_number(low))
        maximum.append(_json_number(high))
        last_ns = start_ns
    return time_s, minimum, maximum


def _instant(text: str | None, default: datetime) -> datetime:
    if not text:
        return default
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadRequest(_("A time must read like 2026-11-21T14:32:00Z.")) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _buckets(text: str | None) -> int:
    if text is None:
        return DEFAULT_BUCKETS
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= MOST_BUCKETS:
        raise BadRequest(_("The number of stretches must lie between 1 and %(most)d.") % {"most": MOST_BUCKETS})
    return int(text)


def _json_number(value: Any) -> float | None:
    return None if not math.isfinite(value) else float(value)


def numeric_tags(machine: str, span: Span) -> list[str]:
    """Return the tags of a machine that gave numbers in a stretch of time, most readings first."""
    observations = organisation_lake().observations(machine, Selection(start=span[0], end=span[1]))
    counts = Counter(observations.tag[np.isfinite(observations.number)])
    return by_interest(tag for tag, _count in counts.most_common())


def by_interest(tags: Iterable[str]) -> list[str]:
    """Put what people look for first at the front: feed, speed, load, override; the others stay in their order."""
    wanted = ("feed_rate", "fact", "spindle_speed", "srpm", "sload", "feed_override", "fovr")
    return sorted(tags, key=lambda tag: wanted.index(tag.lower()) if tag.lower() in wanted else len(wanted))
