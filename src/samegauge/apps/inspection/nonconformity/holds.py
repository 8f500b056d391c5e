"""What an open nonconformity holds: the unit, and whatever it is built into."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _

from samegauge.apps.inspection.nonconformity.flow import HOLDING
from samegauge.apps.inspection.nonconformity.models import Affected
from samegauge.apps.inspection.nonconformity.rules import holding
from samegauge.core.production.holds import Hold, Release, declare_holds
from samegauge.core.thread.genealogy import Among
from samegauge.core.thread.models import AsBuiltEdge, Unit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from samegauge.apps.inspection.nonconformity.models import Nonconformity

MOST_LEVELS = 12


def _find(release: Release) -> Iterator[Hold]:
    reports: dict[int, list[Nonconformity]] = {}
    for key, report in _held():
        reports.setdefault(key, []).append(report)
    inside = _inside(release.unit.pk, set(reports))
    serials = dict(Unit.objects.filter(pk__in=inside).values_list("pk", "serial")) if inside else {}
    told = set()
    for key in sorted(inside, key=lambda one: (one != release.unit.pk, serials[one])):
        for report in reports[key]:
            if report.pk not in told:
                told.add(report.pk)
                yield Hold(
                    "nonconformity",
                    _said(report, release.unit, serials[key]),
                    reverse("nonconformity", args=[report.uid]),
                )


def _held() -> Iterator[tuple[int, Nonconformity]]:
    """Each unit that a report holds, by itself or with its lot."""
    rows = Affected.objects.filter(holding()).select_related("report")
    by_lot: dict[int, list[Nonconformity]] = {}
    for row in rows:
        if row.unit_id is not None:
            yield row.unit_id, row.report
        elif row.lot_id is not None:
            by_lot.setdefault(row.lot_id, []).append(row.report)
    for key, lot in Unit.objects.filter(lot__in=by_lot).values_list("pk", "lot_id") if by_lot else ():
        yield from ((key, report) for report in by_lot[lot])


def _inside(root: int, wanted: set[int]) -> set[int]:
    """Those of the wanted units that are the root or lie in it now: from them upwards, one query a level."""
    found = {root} & wanted
    above = {key: {key} for key in wanted - found}
    for _level in range(MOST_LEVELS):
        if not above:
            break
        edges = AsBuiltEdge.objects.filter(Among("child_id", above), valid_to__isnull=True)
        level: dict[int, set[int]] = {}
        for child, parent in edges.values_list("child_id", "parent_id"):
            level.setdefault(parent, set()).update(above[child])
        found |= level.pop(root, set())
        above = level
    return found


def _said(report: Nonconformity, unit: Unit, serial: str) -> str:
    said = {"report": report.number, "title": report.title, "serial": serial}
    if report.state not in HOLDING:
        text = _("%(serial)s was rejected for good (%(report)s: %(title)s). Take it out.")
        return text % said
    if serial != unit.serial:
        return _("%(report)s about %(serial)s inside is not settled: %(title)s. Decide what becomes of it.") % said
    return _("%(report)s is not settled: %(title)s. Decide what becomes of it.") % said


declare_holds("nonconformity", _find)
