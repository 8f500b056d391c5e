"""Sampling plans against AcceptanceSampling 1.0.11 and jaspAcceptanceSampling (R), and a regulation of the USDA."""

from __future__ import annotations

import csv

import pytest
from nist_files import recorded

from samegauge.engines.sampling.attributes import AttributePlan, CountLaw, Inspection, operating_characteristic
from samegauge.engines.sampling.finding import Risks, find_single_plan, find_variables_plan

RISKS = Risks(0.05, 0.05, 0.15, 0.075)
JASP_RISKS = Risks(0.05, 0.05, 0.15, 0.1)
# What R's uniroot leaves open where nothing else is asked for: .Machine$double.eps^0.25.
UNIROOT_TOLERANCE = 1.3e-4


def expected() -> dict[str, float]:
    with recorded("jasp-qcc-expected/expected.csv").open(encoding="utf-8", newline="") as file:
        found = [row for row in csv.DictReader(file) if row["case"].startswith("single sampling plan")]
    return {row["quantity"]: float(row["value"]) for row in found}


def test_single_plans_of_acceptance_sampling() -> None:
    published = expected()
    process = find_single_plan(RISKS).plan
    lot = find_single_plan(RISKS, Inspection(CountLaw.HYPERGEOMETRIC, 100)).plan
    assert (process.sizes[0], process.acceptance[0]) == (published["binomial_n"], published["binomial_c"])
    assert (lot.sizes[0], lot.acceptance[0]) == (
        published["hypergeometric_N100_n"],
        published["hypergeometric_N100_c"],
    )


def test_plans_by_variables_of_acceptance_sampling() -> None:
    """For an unknown sigma k is printed as R's uniroot leaves it over (0, 1000); with tol = 1e-12 R finds ours."""
    published = expected()
    known = find_variables_plan(RISKS, sigma_known=True).plan
    unknown = find_variables_plan(RISKS, sigma_known=False).plan
    assert (known.size, round(known.factor, 6)) == (published["variables_sigma_known_n"], published["k_known"])
    assert unknown.size == published["variables_sigma_unknown_n"]
    assert unknown.factor == pytest.approx(published["k_unknown"], abs=UNIROOT_TOLERANCE)
    assert unknown.factor == pytest.approx(1.326534569, abs=1e-9)


@pytest.mark.parametrize(
    ("inspection", "plan", "acceptance"),
    [
        (Inspection(), (77, 7), (0.9615, 0.0925)),
        (Inspection(CountLaw.HYPERGEOMETRIC, 1000), (67, 6), (0.9564, 0.0994)),
        (Inspection(CountLaw.POISSON), (79, 7), (0.9518, 0.0963)),
    ],
)
def test_single_plans_of_jasp(inspection: Inspection, plan: tuple[int, int], acceptance: tuple[float, float]) -> None:
    found = find_single_plan(JASP_RISKS, inspection)
    assert (found.plan.sizes[0], found.plan.acceptance[0]) == plan
    assert found.acceptance == pytest.approx(acceptance, abs=5.1e-5)


@pytest.mark.parametrize(("sigma_known", "plan"), [(True, (24, 1.309)), (False, (44, 1.311))])
def test_plans_by_variables_of_jasp(*, sigma_known: bool, plan: tuple[int, float]) -> None:
    found = find_variables_plan(JASP_RISKS, sigma_known=sigma_known).plan
    assert (found.size, round(found.factor, 3)) == plan


def test_acceptance_of_the_vignette() -> None:
    """AcceptanceSampling, assess(OC2c(20, 0)) at 0.05 and 0.15."""
    found = operating_characteristic(AttributePlan.single(20, 0), [0.05, 0.15])
    assert found.acceptance.round(3).tolist() == [0.358, 0.039]


def test_statements_of_a_regulation() -> None:
    """7 CFR 42.140, n = 500, Ac = 3: 26 per cent of lots accepted at 1.0 defects per hundred, about 99 at 0.10."""
    found = operating_characteristic(AttributePlan.single(500, 3), [0.01, 0.001], Inspection(CountLaw.POISSON))
    assert found.acceptance[0] == pytest.approx(0.26, abs=0.0051)
    assert found.acceptance[1] > 0.99


def test_rectifying_inspection_of_montgomery() -> None:
    """7th ed., chapter 15: N = 10,000, n = 89, c = 2 at 1 per cent: Pa 0.9397, AOQ 0.0093, ATI 687."""
    found = operating_characteristic(AttributePlan.single(89, 2), [0.01], Inspection(lot_size=10_000))
    assert found.total_inspected is not None
    assert round(float(found.acceptance[0]), 4) == 0.9397
    assert round(float(found.outgoing_quality[0]), 4) == 0.0093
    assert round(float(found.total_inspected[0])) == 687
