"""Plans by attributes: every path counted, the laws' limits, and what is refused."""

from __future__ import annotations

import math
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samegauge.engines.errors import InvalidOptionError, NonFiniteValuesError
from samegauge.engines.sampling.attributes import (
    AttributePlan,
    CountLaw,
    Inspection,
    operating_characteristic,
    outgoing_quality_limit,
)

if TYPE_CHECKING:
    from collections.abc import Callable

SEEDED = settings(max_examples=40, deadline=None, derandomize=True)
DOUBLE = AttributePlan((5, 8), (0, 2), (3, 3))
MULTIPLE = AttributePlan((4, 4, 4), (-1, 0, 2), (2, 3, 3))
POISSON = Inspection(CountLaw.POISSON)


def binomial(count: int, size: int, share: float) -> float:
    return math.comb(size, count) * share**count * (1.0 - share) ** (size - count)


def by_paths(plan: AttributePlan, share: float) -> tuple[float, float]:
    """Acceptance and mean sample by every sequence of counts there is."""
    accepted = mean = 0.0
    for counts in product(*(range(size + 1) for size in plan.sizes)):
        total = drawn = 0
        for count, size, accept, reject in zip(counts, plan.sizes, plan.acceptance, plan.rejection, strict=True):
            total, drawn = total + count, drawn + size
            if total <= accept or total >= reject:
                break
        chance = math.prod(binomial(count, size, share) for count, size in zip(counts, plan.sizes, strict=True))
        accepted += chance * (total <= accept)
        mean += chance * drawn
    return accepted, mean


@pytest.mark.parametrize("plan", [AttributePlan.single(6, 1), DOUBLE, MULTIPLE])
@pytest.mark.parametrize("share", [0.0, 0.07, 0.3, 1.0])
def test_every_path_is_counted(plan: AttributePlan, share: float) -> None:
    found = operating_characteristic(plan, [share])
    accepted, mean = by_paths(plan, share)
    assert found.acceptance[0] == pytest.approx(accepted, abs=1e-12)
    assert found.mean_sample[0] == pytest.approx(mean, abs=1e-11)


@pytest.mark.parametrize("plan", [DOUBLE, MULTIPLE])
def test_lots_by_simulation(plan: AttributePlan) -> None:
    """40 units of which 6 are bad, drawn without replacement."""
    rng = np.random.default_rng(31)
    accepted, drawn = [], []
    for _ in range(20_000):
        bad = np.cumsum(rng.permutation(40) < 6)[np.cumsum(plan.sizes) - 1]
        stage = next(
            place
            for place, total in enumerate(bad)
            if total <= plan.acceptance[place] or total >= plan.rejection[place]
        )
        accepted.append(bad[stage] <= plan.acceptance[stage])
        drawn.append(sum(plan.sizes[: stage + 1]))
    found = operating_characteristic(plan, [0.15], Inspection(CountLaw.HYPERGEOMETRIC, 40))
    assert np.mean(accepted) == pytest.approx(found.acceptance[0], abs=0.014)
    assert np.mean(drawn) == pytest.approx(found.mean_sample[0], abs=0.11)


@pytest.mark.parametrize("plan", [AttributePlan.single(20, 1), DOUBLE, MULTIPLE])
def test_a_very_large_lot_is_a_process_and_rare_faults_are_poisson(plan: AttributePlan) -> None:
    shares = np.array([0.01, 0.05, 0.2])
    process = operating_characteristic(plan, shares).acceptance
    lot = operating_characteristic(plan, shares, Inspection(CountLaw.HYPERGEOMETRIC, 2_000_000)).acceptance
    assert lot == pytest.approx(process, rel=1e-4)
    many = AttributePlan(tuple(1000 * size for size in plan.sizes), plan.acceptance, plan.rejection)
    rare = operating_characteristic(many, shares / 1000.0).acceptance
    assert rare == pytest.approx(operating_characteristic(many, shares / 1000.0, POISSON).acceptance, abs=1e-3)


@SEEDED
@given(size=st.integers(1, 60), acceptance=st.integers(0, 5), law=st.sampled_from(CountLaw))
def test_worse_quality_is_accepted_less_often(size: int, acceptance: int, law: CountLaw) -> None:
    shares = np.arange(0, 201, 10) / 200.0
    for plan in (AttributePlan.single(size, acceptance), AttributePlan((size, size), (0, 4), (4, 5))):
        found = operating_characteristic(plan, shares, Inspection(law, 200))
        assert (np.diff(found.acceptance) <= 1e-12).all()
        assert found.acceptance[0] == pytest.approx(1.0)
        assert (found.mean_sample <= sum(plan.sizes) + 1e-9).all()
        assert found.total_inspected is not None
        assert (found.total_inspected >= found.mean_sample - 1e-9).all()
        assert (found.outgoing_quality <= found.quality + 1e-12).all()


def test_all_qualities_at_once_are_each_alone() -> None:
    shares = [0.0, 0.02, 0.11, 0.5]
    together = operating_characteristic(MULTIPLE, shares)
    alone = [operating_characteristic(MULTIPLE, [share]).acceptance[0] for share in shares]
    assert together.acceptance.tolist() == alone


def test_a_plan_that_decides_at_once_is_a_single_one() -> None:
    shares = [0.01, 0.1, 0.4]
    stopped = AttributePlan((10, 5), (2, 2), (3, 3))
    single = operating_characteristic(AttributePlan.single(10, 2), shares)
    assert operating_characteristic(stopped, shares).acceptance == pytest.approx(single.acceptance)
    assert operating_characteristic(stopped, shares).mean_sample == pytest.approx(single.mean_sample)


def test_the_outgoing_limit_is_the_maximum() -> None:
    """n = 1, c = 0: p (1 - p) has its maximum 1/4 at 1/2; Poisson p exp(-p) has 1/e at 1."""
    plan = AttributePlan.single(1, 0)
    found = outgoing_quality_limit(plan)
    assert (found.outgoing_quality, found.incoming_quality) == pytest.approx((0.25, 0.5), abs=1e-4)
    rare = outgoing_quality_limit(plan, POISSON)
    assert (rare.outgoing_quality, rare.incoming_quality) == pytest.approx((math.exp(-1.0), 1.0), abs=1e-4)
    lot = Inspection(CountLaw.HYPERGEOMETRIC, 50)
    curve = operating_characteristic(DOUBLE, np.arange(51) / 50.0, lot)
    limit = outgoing_quality_limit(DOUBLE, lot)
    assert limit.outgoing_quality == curve.outgoing_quality.max()
    assert "hypergeometric" in limit.method.estimator


@pytest.mark.parametrize(
    "call",
    [
        lambda: AttributePlan((), (), ()),
        lambda: AttributePlan((5,), (1, 2), (2,)),
        lambda: AttributePlan((0,), (1,), (2,)),
        lambda: AttributePlan((5,), (1,), (3,)),
        lambda: AttributePlan((5, 5), (2, 1), (3, 3)),
        lambda: AttributePlan((5, 5), (1, 2), (1, 3)),
        lambda: AttributePlan.single(5, -2),
        lambda: operating_characteristic(DOUBLE, [-0.1]),
        lambda: operating_characteristic(DOUBLE, [1.1]),
        lambda: operating_characteristic(DOUBLE, [0.1], Inspection(CountLaw.HYPERGEOMETRIC)),
        lambda: operating_characteristic(DOUBLE, [0.1], Inspection(lot_size=12)),
    ],
)
def test_what_is_refused(call: Callable[[], object]) -> None:
    with pytest.raises(InvalidOptionError) as caught:
        call()
    assert caught.value.reason_zh


def test_a_quality_that_is_no_number_is_refused() -> None:
    with pytest.raises(NonFiniteValuesError):
        operating_characteristic(DOUBLE, [math.nan])
