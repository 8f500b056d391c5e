from __future__ import annotations

import math
import random

import pytest

from samegauge.core.charts.numerals import (
    duration_text,
    judged_decimals,
    number_text,
    quantity_text,
    uncertainty_decimals,
)


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (-3.2, 1, "−3.2"),
        (1234.5, 1, "1,234.5"),
        (-0.0, 2, "0.00"),
        (-0.001, 2, "0.00"),
        (0.1 + 0.2, None, "0.3"),
        (1234567.0, None, "1,234,567"),
        (0.000012345678, None, "0.0000123457"),
        (100.0, None, "100"),
        (0, None, "0"),
        (None, 2, "–"),
        (math.nan, 2, "–"),
        (math.inf, None, "–"),
    ],
)
def test_numbers_are_written_with_real_minus_and_groups(value: float | None, decimals: int | None, text: str) -> None:
    assert number_text(value, decimals) == text


def test_a_unit_never_parts_from_its_number() -> None:
    assert quantity_text(8.93, "µm", 1) == "8.9\N{NO-BREAK SPACE}µm"
    assert quantity_text(3, "", 0) == "3"


@pytest.mark.parametrize(
    ("uncertainty", "decimals"),
    [(1.6, 1), (0.9, 1), (0.0123, 3), (0.996, 1), (16.0, 0), (160.0, 0), (0.0, 0), (1.0, 1), (0.00090, 4), (9.96, 0)],
)
def test_an_uncertainty_shows_at_most_two_digits(uncertainty: float, decimals: int) -> None:
    assert uncertainty_decimals(uncertainty) == decimals
    shown = number_text(uncertainty, decimals).replace(".", "").lstrip("0")
    assert uncertainty >= 100 or len(shown) <= 2


def test_rounding_never_hides_a_violated_limit() -> None:
    assert judged_decimals(124.04, 116.0, 124.0, 0) == 2
    assert number_text(124.04, judged_decimals(124.04, 116.0, 124.0, 1)) == "124.04"
    assert judged_decimals(120.0, 116.0, 124.0, 1) == 1
    assert judged_decimals(124.0, None, 124.0, 1) == 1


def test_rounding_keeps_the_verdict_for_any_value() -> None:
    source = random.Random(11)
    for _trial in range(500):
        limit = round(source.uniform(-5, 5), 3)
        value = limit + source.uniform(-0.06, 0.06)
        decimals = judged_decimals(value, None, limit, 1)
        assert (round(value, decimals) > round(limit, decimals)) == (value > limit)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (3, "3 s"),
        (3.25, "3.2 s"),
        (74, "1 min 14 s"),
        (120, "2 min"),
        (9000, "2 h 30 min"),
        (3600, "1 h"),
        (445_000, "5 d 3 h"),
        (-1, "–"),
    ],
)
def test_durations_use_two_units(seconds: float, text: str) -> None:
    assert duration_text(seconds).replace("\N{NO-BREAK SPACE}", " ") == text
