"""The life of a nonconformity as data: which step leads from where to where, what it needs, and who may take it."""

from __future__ import annotations

from dataclasses import dataclass

from samegauge.apps.inspection.nonconformity.models import Disposition, FlowStep, State
from samegauge.core.organisations.models import Role

DECIDERS = frozenset({Role.OWNER, Role.QUALITY_MANAGER, Role.ENGINEER})
JUDGES = DECIDERS | {Role.INSPECTOR}
EVERYBODY_AT_WORK = JUDGES | {Role.ASSEMBLER, Role.SERVICE}

# A unit that does not meet its drawing goes on only if a second person agrees.
CONCESSIONS = frozenset({Disposition.USE_AS_IS, Disposition.REPAIR, Disposition.CONFORMS})
INSPECTED_AGAIN = frozenset({Disposition.REWORK, Disposition.REPAIR})
# Once decided, there is nothing left to carry out.
NOTHING_TO_DO = frozenset({Disposition.USE_AS_IS, Disposition.CONFORMS})
GONE_FOR_GOOD = frozenset({Disposition.SCRAP, Disposition.RETURN})
HOLDING = frozenset({State.OPEN, State.CONTAINED, State.PROPOSED, State.DECIDED})
RUNNING = frozenset(State) - {State.CLOSED}


@dataclass(frozen=True)
class Way:
    """`only_for`: the dispositions with which it can be taken; `by_another`: not by whoever proposed or opened."""

    start: frozenset[State]
    roles: frozenset[Role]
    only_for: frozenset[Disposition] = frozenset(Disposition)
    by_another: bool = False
    needs_text: bool = True


WAYS: dict[FlowStep, Way] = {
    FlowStep.CONTAIN: Way(frozenset({State.OPEN, State.CONTAINED}), EVERYBODY_AT_WORK),
    FlowStep.DECIDE: Way(frozenset({State.OPEN, State.CONTAINED}), DECIDERS),
    FlowStep.APPROVE: Way(frozenset({State.PROPOSED}), DECIDERS, CONCESSIONS, by_another=True),
    FlowStep.REFUSE: Way(frozenset({State.PROPOSED}), DECIDERS, CONCESSIONS, by_another=True),
    FlowStep.CARRY_OUT: Way(frozenset({State.DECIDED}), EVERYBODY_AT_WORK, GONE_FOR_GOOD),
    FlowStep.PASS: Way(frozenset({State.DECIDED}), JUDGES, INSPECTED_AGAIN),
    FlowStep.FAIL: Way(frozenset({State.DECIDED}), JUDGES, INSPECTED_AGAIN),
    FlowStep.CLOSE: Way(frozenset({State.DONE}), DECIDERS, needs_text=False),
    FlowStep.REOPEN: Way(frozenset({State.DONE, State.CLOSED}), DECIDERS),
    FlowStep.NOTE: Way(frozenset(State), EVERYBODY_AT_WORK),
}


@dataclass(frozen=True)
class Standing:
    """What of a nonconformity decides where it can go next."""

    state: State = State.OPEN
    disposition: Disposition | None = None


def steps_open(standing: Standing) -> list[FlowStep]:
    """The steps that lead on from here, whoever takes them."""
    return [kind for kind, way in WAYS.items() if _fits(way, standing)]


def _fits(way: Way, standing: Standing) -> bool:
    if standing.state not in way.start:
        return False
    return standing.disposition is None or standing.disposition in way.only_for


def after(standing: Standing, kind: FlowStep, disposition: Disposition | None = None) -> Standing:
    """Where a step leads; `disposition` is what DECIDE decides."""
    if kind not in steps_open(standing):
        raise ValueError(f"{kind} does not lead on from {standing.state}.")
    if kind is FlowStep.NOTE:
        return standing
    if kind is FlowStep.DECIDE:
        if disposition is None:
            raise ValueError("A decision names a disposition.")
        return Standing(State.PROPOSED if disposition in CONCESSIONS else State.DECIDED, disposition)
    if kind is FlowStep.APPROVE:
        return Standing(State.DONE if standing.disposition in NOTHING_TO_DO else State.DECIDED, standing.disposition)
    if kind in {FlowStep.CARRY_OUT, FlowStep.PASS}:
        return Standing(State.DONE, standing.disposition)
    if kind is FlowStep.CLOSE:
        return Standing(State.CLOSED, standing.disposition)
    # Refused, failed again or reopened: what becomes of it is to be decided anew.
    return Standing(State.CONTAINED if kind is FlowStep.CONTAIN else State.OPEN)
