"""Switching rules of lot-by-lot inspection: normal, tightened, reduced, discontinued, as a state machine."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum
from itertools import accumulate
from typing import TYPE_CHECKING

from samegauge.engines.errors import InvalidOptionError
from samegauge.engines.values import require

if TYPE_CHECKING:
    from collections.abc import Iterable

_SCORE_WHERE_ZERO_OR_ONE = 2
_SCORE_OTHERWISE = 3
_FROM_WHERE_TIGHTER_COUNTS = 2


class Severity(Enum):
    """How hard the next lot is looked at; DISCONTINUED until the supplier has improved."""

    NORMAL = "normal"
    TIGHTENED = "tightened"
    REDUCED = "reduced"
    DISCONTINUED = "discontinued"


@dataclass(frozen=True, slots=True)
class SwitchingRules:
    """Counts that make the inspection switch; None where a text has no such rule.

    From normal to tightened: `rejected_to_tighten` of at most `lots_looked_at` lots in a row are rejected. Back:
    `accepted_to_normal` in a row are accepted. To reduced: either a score, or so many lots accepted in a row whose
    nonconformities stay within a limit number. Tightened inspection ends after so many lots, or so many rejected ones.
    """

    name: str
    reference: str
    rejected_to_tighten: int = 2
    lots_looked_at: int = 5
    accepted_to_normal: int = 5
    score_to_reduce: int | None = None
    accepted_to_reduce: int | None = None
    tightened_lots_to_stop: int | None = None
    tightened_rejections_to_stop: int | None = None


ISO_2859_1 = SwitchingRules(
    "iso-2859-1",
    "ISO 2859-1:1999, 9.3 and 9.4",
    score_to_reduce=30,
    tightened_rejections_to_stop=5,
)
MIL_STD_105E = SwitchingRules(
    "mil-std-105e",
    "MIL-STD-105E (1989), 4.7 and 4.8",
    accepted_to_reduce=10,
    tightened_lots_to_stop=10,
)


@dataclass(frozen=True, slots=True)
class LotResult:
    """What original inspection of one lot found; lots that are shown again do not count.

    `score` is what the lot adds to the switching score under normal inspection, 0 resets it (see single_plan_score).
    `nonconforming` and `limit_number` are for rules that count them: the limit, from the customer's table, is on the
    total of the last lots; None where the rule is not used. `between` is a lot accepted under reduced inspection
    although it passed the acceptance number. `steady` and `reduction_wanted` are the judgement of the responsible.
    """

    accepted: bool
    score: int = 0
    nonconforming: int = 0
    limit_number: int | None = None
    between: bool = False
    steady: bool = True
    reduction_wanted: bool = True

    def __post_init__(self) -> None:
        if self.score < 0 or self.nonconforming < 0:
            raise InvalidOptionError(
                f"Score {self.score} and nonconformities {self.nonconforming} cannot be negative.",
                f"分數 {self.score} 與不合格數 {self.nonconforming} 不可為負。",
            )


@dataclass(frozen=True, slots=True)
class InspectionState:
    """Where the inspection of a series of lots stands; what is counted starts anew with each switch."""

    severity: Severity = Severity.NORMAL
    recent: tuple[bool, ...] = ()
    accepted_in_a_row: int = 0
    score: int = 0
    nonconforming: tuple[int, ...] = field(default=())
    lots: int = 0
    rejected: int = 0


def single_plan_score(acceptance: int, *, accepted: bool, accepted_one_step_tighter: bool) -> int:
    """What does a lot add to the switching score under normal inspection by a single plan?

    Parameters
    ----------
    acceptance : int
        Acceptance number of the plan [1].
    accepted : bool
        The lot was accepted.
    accepted_one_step_tighter : bool
        It would have been accepted with the AQL one step tighter.

    Returns
    -------
    int
        3 or 2; 0 sets the score back to zero [1].

    Raises
    ------
    InvalidOptionError
        A negative acceptance number.

    Notes
    -----
    Acceptance number 2 or more: 3 if accepted one step tighter. 0 or 1: 2 if accepted.

    Examples
    --------
    >>> single_plan_score(1, accepted=True, accepted_one_step_tighter=False)
    2

    References
    ----------
    ISO 2859-1:1999, 9.3.3.2.
    """
    require(acceptance >= 0, f"The acceptance number {acceptance} is negative.", f"允收數 {acceptance} 不可為負。")
    if acceptance >= _FROM_WHERE_TIGHTER_COUNTS:
        return _SCORE_OTHERWISE if accepted and accepted_one_step_tighter else 0
    return _SCORE_WHERE_ZERO_OR_ONE if accepted else 0


def next_state(state: InspectionState, lot: LotResult, rules: SwitchingRules) -> InspectionState:
    """How hard is the next lot looked at, after the result of this one?

    Parameters
    ----------
    state : InspectionState
        Where the inspection stood when the lot was looked at.
    lot : LotResult
        Its result.
    rules : SwitchingRules
        ISO_2859_1, MIL_STD_105E or a customer's own.

    Returns
    -------
    InspectionState
        Where it stands now.

    Raises
    ------
    InvalidOptionError
        The inspection is discontinued: no lot may be looked at before it is resumed.

    Notes
    -----
    Tightened inspection goes back to normal before it is stopped, where the same lot would do both. The rules follow
    accounts of both standards, not their own text; tables of plans and limit numbers are not part of them.

    Examples
    --------
    >>> state = InspectionState()
    >>> for accepted in (False, True, True, False):
    ...     state = next_state(state, LotResult(accepted), ISO_2859_1)
    >>> state.severity.value
    'tightened'

    References
    ----------
    ISO 2859-1:1999, 9.3 and 9.4. MIL-STD-105E (1989), 4.7 and 4.8.
    """
    require(
        state.severity is not Severity.DISCONTINUED,
        "The inspection is discontinued; resume it after corrective action before the next lot.",
        "檢驗已中止；須先完成矯正措施並恢復檢驗，才能再檢驗下一批。",
    )
    counted = _counted(state, lot, rules)
    if state.severity is Severity.NORMAL:
        return _after_normal(counted, lot, rules)
    if state.severity is Severity.TIGHTENED:
        return _after_tightened(counted, rules)
    stays = lot.accepted and not lot.between and lot.steady
    return counted if stays else InspectionState()


def _counted(state: InspectionState, lot: LotResult, rules: SwitchingRules) -> InspectionState:
    kept = rules.accepted_to_reduce or 0
    return replace(
        state,
        recent=(*state.recent, lot.accepted)[-rules.lots_looked_at :],
        accepted_in_a_row=state.accepted_in_a_row + 1 if lot.accepted else 0,
        score=state.score + lot.score if lot.score else 0,
        nonconforming=(*state.nonconforming, lot.nonconforming)[-kept:] if kept else (),
        lots=state.lots + 1,
        rejected=state.rejected + (not lot.accepted),
    )


def _after_normal(state: InspectionState, lot: LotResult, rules: SwitchingRules) -> InspectionState:
    if state.recent.count(False) >= rules.rejected_to_tighten:
        return InspectionState(Severity.TIGHTENED)
    if lot.steady and lot.reduction_wanted and _earned(state, lot, rules):
        return InspectionState(Severity.REDUCED)
    return state


def _earned(state: InspectionState, lot: LotResult, rules: SwitchingRules) -> bool:
    if rules.score_to_reduce is not None and state.score >= rules.score_to_reduce:
        return True
    if rules.accepted_to_reduce is None or state.accepted_in_a_row < rules.accepted_to_reduce:
        return False
    return lot.limit_number is None or sum(state.nonconforming) <= lot.limit_number


def _after_tightened(state: InspectionState, rules: SwitchingRules) -> InspectionState:
    if state.accepted_in_a_row >= rules.accepted_to_normal:
        return InspectionState()
    by_lots = rules.tightened_lots_to_stop is not None and state.lots >= rules.tightened_lots_to_stop
    by_rejections = (
        rules.tightened_rejections_to_stop is not None and state.rejected >= rules.tightened_rejections_to_stop
    )
    return InspectionState(Severity.DISCONTINUED) if by_lots or by_rejections else state


def resumed(state: InspectionState) -> InspectionState:
    """How hard is the first lot looked at, after a discontinued supplier has improved?

    Parameters
    ----------
    state : InspectionState
        A discontinued inspection.

    Returns
    -------
    InspectionState
        Tightened inspection, all counts at zero.

    Raises
    ------
    InvalidOptionError
        The inspection is not discontinued.

    Notes
    -----
    That the action is likely to be effective is the judgement of the responsible authority, not of this function.

    Examples
    --------
    >>> resumed(InspectionState(Severity.DISCONTINUED)).severity.value
    'tightened'

    References
    ----------
    ISO 2859-1:1999, 9.4.
    """
    require(
        state.severity is Severity.DISCONTINUED,
        f"The inspection is {state.severity.value}, not discontinued: there is nothing to resume.",
        f"檢驗狀態是「{state.severity.value}」，並未中止，無須恢復。",
    )
    return InspectionState(Severity.TIGHTENED)


def severities(lots: Iterable[LotResult], rules: SwitchingRules) -> tuple[Severity, ...]:
    """How hard was each lot of a series looked at, and how hard will the next one be?

    Parameters
    ----------
    lots : iterable of LotResult
        Results in the order of inspection.
    rules : SwitchingRules
        ISO_2859_1, MIL_STD_105E or a customer's own.

    Returns
    -------
    tuple of Severity
        One for each lot, and one for the lot to come.

    Raises
    ------
    InvalidOptionError
        A lot after the inspection was discontinued.

    Notes
    -----
    Starts with normal inspection.

    Examples
    --------
    >>> [one.value for one in severities([LotResult(False), LotResult(False)], MIL_STD_105E)]
    ['normal', 'normal', 'tightened']

    References
    ----------
    ISO 2859-1:1999, 9.1.
    """

    def step(state: InspectionState, lot: LotResult) -> InspectionState:
        return next_state(state, lot, rules)

    return tuple(state.severity for state in accumulate(lots, step, initial=InspectionState()))
