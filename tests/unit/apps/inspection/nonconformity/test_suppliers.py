"""Suppliers scored by what they delivered: what counts as faulty, what the points weigh, who can be told apart."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from django.test import Client
from scipy import stats
from unit.apps.inspection.nonconformity.conftest import NOW, Works

from samegauge.apps.inspection.models import QualityLimits
from samegauge.apps.inspection.nonconformity import eight_d
from samegauge.apps.inspection.nonconformity.models import Delivery, Discipline, Disposition, FlowStep
from samegauge.apps.inspection.nonconformity.suppliers import Points, Tally, points_of, scores
from samegauge.core.partners.models import Partner
from samegauge.core.thread.models import Lot
from samegauge.core.thread.rules import Recorder

if TYPE_CHECKING:
    from samegauge.apps.inspection.nonconformity.suppliers import Scored

DAY = NOW.date() - timedelta(days=40)
SINCE, UNTIL = DAY - timedelta(days=30), NOW.date() + timedelta(days=1)
LOGIN_BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def delivered(works: Works, supplier: Partner, number: str, quantity: int, on: date = DAY) -> Lot:
    lot, _made = Lot.objects.get_or_create(number=number, kind="delivery", item=works.item)
    Delivery.objects.create(
        number=f"DN-{number}", supplier=supplier, item=works.item, lot_number=number, delivered_on=on, quantity=quantity
    )
    return lot


def of(rows: list[Scored], number: str) -> Scored:
    return next(one for one in rows if one.partner.number == number)


def test_failed_parts_reports_and_refused_lots_count_once_each(works: Works) -> None:
    other = Partner.objects.create(number="S4", name="Supplier 4", kind="supplier")
    lot, spare = delivered(works, works.supplier, "BRG-L003", 100), delivered(works, works.supplier, "L-2", 100)
    delivered(works, works.supplier, "L-OLD", 50, SINCE - timedelta(days=1))
    delivered(works, other, "L-9", 500)
    failed, seen = works.part("B-1", lot), works.part("B-2", lot)
    works.inspected(failed, "fail", NOW - timedelta(days=30))
    works.report(failed, seen)
    returned = works.report(lots=(spare,), quantity=7)
    wrong = works.report(works.part("B-3", lot))
    works.take(wrong, FlowStep.DECIDE, works.engineer, Disposition.CONFORMS)
    works.take(returned, FlowStep.DECIDE, works.manager, Disposition.RETURN)
    rows = scores(SINCE, UNTIL)
    worst = of(rows, "S3")
    assert (worst.tally.parts, worst.tally.faulty, worst.tally.lots, worst.tally.refused) == (200, 2 + 7, 2, 1)
    assert [one.partner.number for one in rows] == ["S4", "S3"]
    exact = stats.binomtest(9, 200).proportion_ci(0.95, "exact")
    assert worst.tally.ppm_bounds == pytest.approx((exact.low * 1e6, exact.high * 1e6), rel=1e-6)
    assert (worst.rank.best, worst.rank.worst, of(rows, "S4").rank.worst) == (2, 2, 1)  # type: ignore[union-attr]
    assert list(worst.months) == [(DAY.year, DAY.month)]


def test_the_answer_is_the_time_until_containment(works: Works) -> None:
    delivered(works, works.supplier, "BRG-L003", 100)
    report = works.report(works.part("B-1", works.lot))
    action = eight_d.open_action([report], "Bore", Recorder(actor=works.manager, receive_time=NOW - timedelta(days=3)))
    assert action.partner == works.supplier
    assert of(scores(SINCE, UNTIL), "S3").tally.response_h is None
    Discipline.objects.filter(action=action, step="d3").update(done_at=action.opened_at + timedelta(hours=30))
    assert of(scores(SINCE, UNTIL), "S3").tally.response_h == pytest.approx(30.0)


@pytest.mark.parametrize(
    ("tally", "points"),
    [
        (Tally(parts=10_000, lots=10), 100.0),
        (Tally(parts=10_000, faulty=100, lots=10), 100 * (50 * 0.5 + 30) / 80),
        (Tally(parts=10_000, faulty=900, lots=10), 100 * 30 / 80),
        (Tally(parts=10_000, lots=10, refused=1), 100 * 50 / 80),
        (Tally(parts=10_000, lots=10, responses_h=[24.0]), 100.0),
        (Tally(parts=10_000, lots=10, responses_h=[72.0]), 100 * (80 + 20 * 0.5) / 100),
    ],
)
def test_points_follow_from_the_stated_weights(tally: Tally, points: float) -> None:
    found = points_of(tally, QualityLimits())
    assert found is not None
    assert found.value == pytest.approx(points)
    assert found.low <= found.value <= found.high


def test_without_deliveries_there_is_nothing_to_score(works: Works) -> None:
    assert points_of(Tally(), QualityLimits()) is None
    assert scores(SINCE, UNTIL) == []
    limits = QualityLimits(weight_ppm=0.0, weight_lots=0.0, weight_response=0.0)
    assert points_of(Tally(parts=1, lots=1), limits) is None
    assert points_of(Tally(parts=100, lots=1), QualityLimits(weight_lots=0.0)) == Points(
        100.0, pytest.approx(0.0), 100.0
    )


def test_the_page_and_the_api_say_who_can_be_told_apart(works: Works) -> None:
    browser = Client(headers={"Accept-Language": "en"})
    browser.force_login(works.manager, LOGIN_BACKEND)
    assert "Nobody delivered anything" in browser.get("/suppliers/").content.decode()
    delivered(works, works.supplier, "BRG-L003", 20)
    other = Partner.objects.create(number="S4", name="Supplier 4", kind="supplier")
    delivered(works, other, "L-9", 20)
    assert "not distinguishable by these counts" in browser.get("/suppliers/").content.decode()
    works.report(*(works.part(f"B-{place}", works.lot) for place in range(15)))
    page = browser.get("/suppliers/?supplier=S3").content.decode()
    assert "Supplier 3 delivers surely more faulty parts than others" in page
    assert "S3 by month of delivery" in page
    assert browser.get("/suppliers/?until=nonsense").status_code == 200
    rows = browser.get("/api/supplier-scores").json()
    assert [(one["supplier"], one["faulty"], one["worst_rank"]) for one in rows] == [("S4", 0, 1), ("S3", 15, 2)]
