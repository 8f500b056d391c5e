"""The life of a nonconformity: whatever people try, nothing closes without a disposition that was carried out."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samegauge.apps.inspection.nonconformity.flow import (
    CONCESSIONS,
    GONE_FOR_GOOD,
    HOLDING,
    INSPECTED_AGAIN,
    WAYS,
    Standing,
    after,
    steps_open,
)
from samegauge.apps.inspection.nonconformity.models import Disposition, FlowStep, State

STEPS = st.lists(st.tuples(st.sampled_from(list(WAYS)), st.sampled_from(list(Disposition))), max_size=30)


def walked(asked: list[tuple[FlowStep, Disposition]]) -> list[tuple[FlowStep, Standing]]:
    """Take each step that leads on, as people would who try them all; the path with where each step led."""
    standing, path = Standing(), []
    for kind, disposition in asked:
        if kind in steps_open(standing):
            standing = after(standing, kind, disposition)
            path.append((kind, standing))
    return path


NEEDED = (
    *((disposition, FlowStep.APPROVE) for disposition in CONCESSIONS),
    *((disposition, FlowStep.PASS) for disposition in INSPECTED_AGAIN),
    *((disposition, FlowStep.CARRY_OUT) for disposition in GONE_FOR_GOOD),
)


@settings(derandomize=True, max_examples=400, deadline=None)
@given(STEPS)
def test_nothing_closes_without_a_disposition_that_was_carried_out(
    asked: list[tuple[FlowStep, Disposition]],
) -> None:
    path = walked(asked)
    for _kind, standing in path:
        assert standing.disposition is not None or standing.state in {State.OPEN, State.CONTAINED}
    for place in (place for place, (kind, _where) in enumerate(path) if kind is FlowStep.CLOSE):
        since = max(at for at, (other, _where) in enumerate(path[:place]) if other is FlowStep.DECIDE)
        taken = {other for other, _where in path[since + 1 : place]}
        assert {needed for disposition, needed in NEEDED if disposition == path[place][1].disposition} <= taken


@settings(derandomize=True, max_examples=200, deadline=None)
@given(STEPS)
def test_what_failed_or_was_refused_is_decided_anew_and_holds_again(
    asked: list[tuple[FlowStep, Disposition]],
) -> None:
    for kind, standing in walked(asked):
        if kind in {FlowStep.FAIL, FlowStep.REFUSE, FlowStep.REOPEN}:
            assert standing == Standing(State.OPEN)
            assert standing.state in HOLDING


def everywhere() -> list[Standing]:
    """Every standing that can be reached from the opening."""
    found, new = {Standing()}, {Standing()}
    while new:
        new = {
            after(standing, kind, disposition)
            for standing, disposition in product(new, Disposition)
            for kind in steps_open(standing)
        } - found
        found |= new
    return sorted(found, key=str)


def test_from_everywhere_the_close_can_be_reached() -> None:
    assert len(everywhere()) == 21
    for start in everywhere():
        reached, new = {start}, {start}
        while new:
            new = {
                after(one, kind, disposition)
                for one, disposition in product(new, Disposition)
                for kind in steps_open(one)
            } - reached
            reached |= new
        assert any(one.state is State.CLOSED for one in reached), start


@pytest.mark.parametrize(
    ("standing", "kind", "disposition"),
    [
        (Standing(), FlowStep.CLOSE, None),
        (Standing(), FlowStep.APPROVE, None),
        (Standing(), FlowStep.DECIDE, None),
        (Standing(State.DECIDED, Disposition.REWORK), FlowStep.CARRY_OUT, None),
        (Standing(State.DECIDED, Disposition.SCRAP), FlowStep.PASS, None),
        (Standing(State.CLOSED, Disposition.SCRAP), FlowStep.DECIDE, Disposition.USE_AS_IS),
    ],
)
def test_other_steps_are_refused(standing: Standing, kind: FlowStep, disposition: Any) -> None:
    with pytest.raises(ValueError, match=r"does not lead on|names a disposition"):
        after(standing, kind, disposition)
