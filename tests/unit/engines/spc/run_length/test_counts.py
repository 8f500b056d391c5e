"""Run lengths of counts against the plain sum over all counts, with points on a limit judged either way."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samegauge.engines.spc.run_length.counts import CountLimits, defectives_run_length


@settings(max_examples=40, deadline=None, derandomize=True)
@given(size=st.integers(1, 60), share=st.floats(0.0, 0.6), limits=st.tuples(st.integers(-1, 5), st.integers(6, 20)))
def test_counts_against_the_plain_sum(size: int, share: float, limits: tuple[int, int]) -> None:
    chances = [math.comb(size, x) * share**x * (1.0 - share) ** (size - x) for x in range(size + 1)]
    for strict in (True, False):
        lower, upper = limits
        alarm = sum(
            chance
            for x, chance in enumerate(chances)
            if (x < lower or x > upper if strict else x <= lower or x >= upper)
        )
        found = defectives_run_length(CountLimits(lower, upper, strict=strict), size, share).mean
        assert 1.0 / found == pytest.approx(alarm, abs=1e-13)


def test_limits_of_shares_times_the_sample_are_counts() -> None:
    limits = CountLimits(30 * 0.1, 30 * 0.3)
    assert (limits.least_silent, limits.most_silent) == (3, 9)
    on_limit = CountLimits(30 * 0.1, 30 * 0.3, strict=False)
    assert (on_limit.least_silent, on_limit.most_silent) == (4, 8)
