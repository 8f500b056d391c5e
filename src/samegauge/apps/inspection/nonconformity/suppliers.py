"""How suppliers do: faulty parts, refused lots, speed of the answer; told apart only where the counts allow it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.utils import timezone

from samegauge.apps.inspection.gauge_rules import quality_limits
from samegauge.apps.inspection.nonconformity.models import (
    Affected,
    CorrectiveAction,
    Delivery,
    Discipline,
    DisciplineStep,
    Disposition,
    State,
)
from samegauge.core.measurement.models import Conformity, Inspection, InspectionKind
from samegauge.engines.comparison.shares import Ranked, rank_ranges
from samegauge.engines.laws.inference import share_bounds

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from samegauge.apps.inspection.models import QualityLimits
    from samegauge.core.partners.models import Partner
    from samegauge.core.thread.models import Unit

PER_MILLION = 1e6
SETTLED = frozenset({State.DECIDED, State.DONE, State.CLOSED})
Month = tuple[int, int]


@dataclass
class Tally:
    """What a supplier delivered in a stretch of time, and how much of it was wrong."""

    parts: int = 0
    faulty: int = 0
    lots: int = 0
    refused: int = 0
    late: int = 0
    promised: int = 0
    responses_h: list[float] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        self.parts += other.parts
        self.faulty += other.faulty
        self.lots += other.lots
        self.refused += other.refused
        self.late += other.late
        self.promised += other.promised
        self.responses_h += other.responses_h

    @property
    def ppm(self) -> float | None:
        return PER_MILLION * self.faulty / self.parts if self.parts else None

    @property
    def ppm_bounds(self) -> tuple[float, float] | None:
        """Exact, 95 %."""
        if not self.parts:
            return None
        lower, upper = share_bounds(min(self.faulty, self.parts), self.parts)
        return PER_MILLION * lower, PER_MILLION * upper

    @property
    def response_h(self) -> float | None:
        return sum(self.responses_h) / len(self.responses_h) if self.responses_h else None


@dataclass(frozen=True)
class Points:
    """A score of 0 to 100; `low` and `high` are what the exact bounds of ppm allow."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Scored:
    """One supplier: the whole stretch, its months in order, its points, and the ranks it may have."""

    partner: Partner
    tally: Tally
    months: dict[Month, Tally]
    points: Points | None
    rank: Ranked | None


def scores(since: date, until: date) -> list[Scored]:
    """Score everybody who delivered in the days from `since` to before `until`, the fewest faulty parts first."""
    months, partners = _by_month(since, until)
    limits = quality_limits()
    found = {key: _together(one.values()) for key, one in months.items()}
    counted = [key for key in found if found[key].parts]
    ranks = rank_ranges([found[key].faulty for key in counted], [found[key].parts for key in counted])
    rank_of = dict(zip(counted, ranks, strict=True))
    rows = [
        Scored(partners[key], tally, dict(sorted(months[key].items())), points_of(tally, limits), rank_of.get(key))
        for key, tally in found.items()
    ]
    return sorted(
        rows, key=lambda one: (one.tally.ppm is None, one.tally.ppm or 0.0, -one.tally.parts, one.partner.number)
    )


def _together(tallies: Iterable[Tally]) -> Tally:
    whole = Tally()
    for one in tallies:
        whole.add(one)
    return whole


def points_of(tally: Tally, limits: QualityLimits) -> Points | None:
    """Weigh what is known; what is not known, such as the answer to no complaint, weighs nothing."""
    if tally.ppm is None or tally.ppm_bounds is None:
        return None
    other: list[tuple[float, float]] = []
    if tally.lots:
        refused_percent = 100.0 * tally.refused / tally.lots
        other.append((limits.weight_lots, _share(refused_percent, 0.0, limits.worst_lots_percent)))
    if tally.response_h is not None:
        speed = _share(tally.response_h, limits.best_response_h, limits.worst_response_h)
        other.append((limits.weight_response, speed))
    weight = limits.weight_ppm + sum(one for one, _points in other)
    if not weight:
        return None

    def total(ppm: float) -> float:
        earned = limits.weight_ppm * _share(ppm, 0.0, limits.worst_ppm) + sum(one * points for one, points in other)
        return 100.0 * earned / weight

    lower, upper = tally.ppm_bounds
    return Points(total(tally.ppm), total(upper), total(lower))


def _share(value: float, best: float, worst: float) -> float:
    """1 at the best value or better, 0 at the worst or worse, straight between them."""
    if worst <= best:
        return 1.0 if value <= best else 0.0
    return min(max((worst - value) / (worst - best), 0.0), 1.0)


def _by_month(since: date, until: date) -> tuple[dict[int, dict[Month, Tally]], dict[int, Partner]]:
    months: dict[int, dict[Month, Tally]] = defaultdict(lambda: defaultdict(Tally))
    partners: dict[int, Partner] = {}
    deliveries = list(
        Delivery.objects.filter(
            delivered_on__gte=since, delivered_on__lt=until, retired_at__isnull=True
        ).select_related("supplier")
    )
    faulty, refused = _faults(deliveries)
    for row in deliveries:
        partners[row.supplier_id] = row.supplier
        tally = months[row.supplier_id][row.delivered_on.year, row.delivered_on.month]
        tally.parts += row.quantity
        tally.lots += 1
        tally.faulty += min(faulty.get(row.pk, 0), row.quantity)
        tally.refused += row.pk in refused
        tally.promised += row.promised_on is not None
        tally.late += row.promised_on is not None and row.delivered_on > row.promised_on
    contained = Discipline.objects.filter(step=DisciplineStep.D3, done_at__isnull=False).values("action", "done_at")
    done = {row["action"]: row["done_at"] for row in contained}
    for action in CorrectiveAction.objects.filter(pk__in=done, partner__isnull=False).select_related("partner"):
        opened = timezone.localtime(action.opened_at).date()
        partner = action.partner
        if partner is not None and partner.pk in partners and since <= opened < until:
            hours = (done[action.pk] - action.opened_at).total_seconds() / 3600.0
            months[partner.pk][opened.year, opened.month].responses_h.append(hours)
    return months, partners


def _faults(deliveries: list[Delivery]) -> tuple[dict[int, int], set[int]]:
    """Faulty parts by delivery, and the deliveries that were refused.

    A part is faulty that failed its incoming inspection or that a standing report names. A report about a whole lot
    counts the parts it says do not conform.
    """
    by_lot = {(row.lot_number, row.item_id): row.pk for row in deliveries if row.lot_number}
    bad: dict[int, set[int]] = defaultdict(set)
    for unit, number, item in _failed_at_receipt({number for number, _item in by_lot}):
        if (number, item) in by_lot:
            bad[by_lot[number, item]].add(unit)
    whole: dict[int, int] = defaultdict(int)
    refused: set[int] = set()
    standing = Affected.objects.exclude(report__disposition=Disposition.CONFORMS).filter(report__supplier__isnull=False)
    for row in standing.select_related("report", "lot", "unit__lot"):
        key = _delivery_of(row, by_lot)
        if key is None:
            continue
        if row.unit_id is not None:
            bad[key].add(row.unit_id)
            continue
        whole[key] += row.report.quantity
        if row.report.state in SETTLED and row.report.disposition == Disposition.RETURN:
            refused.add(key)
    return {key: max(len(bad[key]), whole[key]) for key in {*bad, *whole}}, refused


def _failed_at_receipt(lots: set[str]) -> Iterable[tuple[int, str, int]]:
    """Unit, lot number and item of each failed incoming inspection."""
    failed = Inspection.objects.filter(
        kind=InspectionKind.INCOMING, verdict=Conformity.FAIL, unit__lot__number__in=lots
    )
    return failed.values_list("unit_id", "unit__lot__number", "unit__item_id")


def _delivery_of(row: Affected, by_lot: dict[tuple[str, int], int]) -> int | None:
    unit: Unit | None = row.unit
    if unit is not None:
        return by_lot.get((unit.lot.number, unit.item_id)) if unit.lot else None  # type: ignore[attr-defined]
    lot = row.lot
    if lot is None:
        return None
    if lot.item_id is not None:  # type: ignore[attr-defined]
        return by_lot.get((lot.number, lot.item_id))  # type: ignore[attr-defined]
    return next((key for (number, _item), key in by_lot.items() if number == lot.number), None)
