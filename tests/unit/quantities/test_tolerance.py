from __future__ import annotations

import math

import pytest

from samegauge.quantities.errors import InvalidLimitsError
from samegauge.quantities.tolerance import Conformity, Limits, decide

TWO_SIDED = Limits(9.9, 10.1, "mm")


@pytest.mark.parametrize(
    ("value", "uncertainty", "expected"),
    [
        (10.0, 0.02, Conformity.CONFORM),
        (10.07, 0.02, Conformity.CONFORM),
        (10.09, 0.02, Conformity.UNDECIDED),
        (10.11, 0.02, Conformity.UNDECIDED),
        (10.13, 0.02, Conformity.NONCONFORM),
        (9.89, 0.02, Conformity.UNDECIDED),
        (9.87, 0.02, Conformity.NONCONFORM),
        (10.1, 0.0, Conformity.CONFORM),
        (10.100001, 0.0, Conformity.NONCONFORM),
    ],
)
def test_decision_with_uncertainty(value: float, uncertainty: float, expected: Conformity) -> None:
    assert decide(value, TWO_SIDED, expanded_uncertainty=uncertainty).conformity is expected


def test_unknown_uncertainty_is_said() -> None:
    decision = decide(10.05, TWO_SIDED)
    assert decision.conformity is Conformity.CONFORM
    assert decision.guard_band is None
    assert "simple acceptance" in decision.reason_en
    assert "簡單允收" in decision.reason_zh
    assert decision.method.assumed


def test_later_edition_has_the_narrower_guard_band() -> None:
    strict = decide(10.083, TWO_SIDED, expanded_uncertainty=0.02)
    later = decide(10.083, TWO_SIDED, expanded_uncertainty=0.02, edition="ISO 14253-1:2017")
    assert strict.conformity is Conformity.UNDECIDED
    assert later.conformity is Conformity.CONFORM
    assert later.guard_band == pytest.approx(0.0165)
    assert later.method.reference == "ISO 14253-1:2017"


def test_one_limit_has_no_other_side() -> None:
    flatness = Limits(None, 0.05, "mm", zero_is_bound=True)
    assert flatness.width is None
    assert decide(0.0, flatness, expanded_uncertainty=0.002).conformity is Conformity.CONFORM
    assert Limits(1.0, None, "mm").margin(5.0) == 4.0


def test_wider_uncertainty_never_turns_a_decision_round() -> None:
    order = [Conformity.CONFORM, Conformity.UNDECIDED]
    found = [decide(10.07, TWO_SIDED, expanded_uncertainty=u / 1000).conformity for u in range(60)]
    assert found == sorted(found, key=order.index)


@pytest.mark.parametrize(("lower", "upper"), [(None, None), (2.0, 1.0), (1.0, 1.0), (math.nan, 1.0), (0.0, math.inf)])
def test_limits_that_are_none_are_refused(lower: float | None, upper: float | None) -> None:
    with pytest.raises(InvalidLimitsError):
        Limits(lower, upper, "mm")


def test_broken_input_of_a_decision_is_refused() -> None:
    with pytest.raises(InvalidLimitsError, match="no measured value"):
        decide(math.nan, TWO_SIDED)
    with pytest.raises(InvalidLimitsError, match="no uncertainty"):
        decide(10.0, TWO_SIDED, expanded_uncertainty=-0.1)
    with pytest.raises(InvalidLimitsError, match="ISO 14253-1:1998"):
        decide(10.0, TWO_SIDED, expanded_uncertainty=0.1, edition="ISO 14253-1:1998")
