"""Found plans keep both risks, and nothing smaller does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samegauge.engines.errors import InvalidOptionError
from samegauge.engines.sampling.attributes import AttributePlan, CountLaw, Inspection, operating_characteristic
from samegauge.engines.sampling.finding import Risks, find_double_plan, find_single_plan, find_variables_plan
from samegauge.engines.sampling.variables import VariablesPlan, variables_characteristic

if TYPE_CHECKING:
    from collections.abc import Callable

SEEDED = settings(max_examples=15, deadline=None, derandomize=True)
RISKS = st.builds(
    lambda good, times, producer, consumer: Risks(good, producer, good * times, consumer),
    st.floats(0.005, 0.05),
    st.floats(3.0, 10.0),
    st.floats(0.02, 0.1),
    st.floats(0.05, 0.2),
)
EXAMPLE = Risks(0.02, 0.05, 0.12, 0.1)


def keeps(plan: AttributePlan, risks: Risks, inspection: Inspection) -> bool:
    good, bad = operating_characteristic(plan, [risks.acceptable, risks.rejectable], inspection).acceptance
    return bool(good >= 1.0 - risks.producer_risk and bad <= risks.consumer_risk)


@SEEDED
@given(risks=RISKS, law=st.sampled_from((CountLaw.BINOMIAL, CountLaw.POISSON)))
def test_no_smaller_single_plan_keeps_both_risks(risks: Risks, law: CountLaw) -> None:
    inspection = Inspection(law)
    found = find_single_plan(risks, inspection).plan
    assert keeps(found, risks, inspection)
    for size in range(max(1, found.sizes[0] - 12), found.sizes[0]):
        for acceptance in range(min(size, found.acceptance[0] + 2)):
            assert not keeps(AttributePlan.single(size, acceptance), risks, inspection)


@pytest.mark.parametrize("lot_size", [30, 100, 1000])
def test_a_lot_needs_no_larger_sample_than_a_process(lot_size: int) -> None:
    inspection = Inspection(CountLaw.HYPERGEOMETRIC, lot_size)
    found = find_single_plan(Risks(0.1, 0.05, 0.3, 0.1), inspection)
    assert keeps(found.plan, Risks(0.1, 0.05, 0.3, 0.1), inspection)
    assert found.plan.sizes[0] <= find_single_plan(Risks(0.1, 0.05, 0.3, 0.1)).plan.sizes[0]


@pytest.mark.parametrize("second_over_first", [1, 2])
def test_a_double_plan_inspects_less_of_good_lots_than_a_single_one(second_over_first: int) -> None:
    found = find_double_plan(EXAMPLE, second_over_first=second_over_first)
    assert keeps(found.plan, EXAMPLE, Inspection())
    assert found.plan.sizes[1] == second_over_first * found.plan.sizes[0]
    assert found.mean_sample[0] < find_single_plan(EXAMPLE).plan.sizes[0]
    assert found.method.constants["consumer_risk"] == 0.1


@SEEDED
@given(risks=RISKS, sigma_known=st.booleans())
def test_no_smaller_plan_by_variables_keeps_both_risks(*, risks: Risks, sigma_known: bool) -> None:
    """The factor uses up the producer's risk, so one value less cannot keep the consumer's."""
    found = find_variables_plan(risks, sigma_known=sigma_known)
    assert found.acceptance[0] == pytest.approx(1.0 - risks.producer_risk, abs=1e-9)
    assert found.acceptance[1] <= risks.consumer_risk + 1e-12
    fewest = 1 if sigma_known else 2
    if found.plan.size > fewest:
        smaller = VariablesPlan(found.plan.size - 1, found.plan.factor, sigma_known)
        good, bad = variables_characteristic(smaller, [risks.acceptable, risks.rejectable]).acceptance
        assert good < 1.0 - risks.producer_risk or bad > risks.consumer_risk


def test_measuring_needs_fewer_units_than_counting() -> None:
    counting = find_single_plan(EXAMPLE).plan.sizes[0]
    unknown = find_variables_plan(EXAMPLE, sigma_known=False).plan.size
    known = find_variables_plan(EXAMPLE, sigma_known=True).plan.size
    assert known < unknown < counting


@pytest.mark.parametrize(
    "call",
    [
        lambda: Risks(0.1, 0.05, 0.05, 0.1),
        lambda: Risks(0.0, 0.05, 0.05, 0.1),
        lambda: Risks(0.01, 0.0, 0.05, 0.1),
        lambda: Risks(0.01, 0.5, 0.05, 0.5),
        lambda: find_single_plan(Risks(0.5, 0.05, 1.5, 0.1)),
        lambda: find_single_plan(EXAMPLE, Inspection(CountLaw.HYPERGEOMETRIC)),
        lambda: find_single_plan(Risks(0.1, 0.05, 0.11, 0.1), Inspection(CountLaw.HYPERGEOMETRIC, 20)),
        lambda: find_double_plan(EXAMPLE, second_over_first=0),
        lambda: find_variables_plan(Risks(0.01, 0.01, 0.010001, 0.01), sigma_known=True),
    ],
)
def test_what_is_refused(call: Callable[[], object]) -> None:
    with pytest.raises(InvalidOptionError) as caught:
        call()
    assert caught.value.reason_zh
