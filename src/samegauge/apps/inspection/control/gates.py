"""The capability gate: until a process has proven what is asked of it, every unit is measured."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from samegauge.apps.inspection.control.models import Alarm, Process, ProcessMember
from samegauge.apps.inspection.control.series import series_of
from samegauge.apps.inspection.rules import limits_of
from samegauge.engines.spc.capability.demonstration import Claim, plan_demonstration
from samegauge.engines.spc.capability.judgement import FEWEST_TO_PROVE, Judgement, judged_capability
from samegauge.engines.spc.capability.normal import CapabilityOptions, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from samegauge.apps.inspection.control.series import Value
    from samegauge.core.measurement.models import Characteristic
    from samegauge.engines.spc.capability.intervals import Index

CONFIDENCE = 0.95
GOAL = 1.33
_POWER = 0.8


@dataclass(frozen=True)
class Standing:
    """How a process stands to its goal. `judgement` is None where it has no limits or too few values.

    `alarmed`: it gave an alarm that nobody has answered yet, so nothing is proven of it.
    """

    process: Process
    count: int
    failed: int
    goal: float
    judgement: Judgement | None = None
    alarmed: bool = False

    @property
    def index(self) -> Index | None:
        """What the goal is asked of: Cpk, or Ppk of a fitted distribution."""
        return self.judgement.index if self.judgement else None

    @property
    def verdict(self) -> Verdict:
        if self.judgement is None:
            return Verdict.NOT_ASSESSED
        told = self.judgement.verdict
        return Verdict.NOT_ASSESSED if self.alarmed and told is not Verdict.NOT_REACHED else told


# What a process's values said when they were `seen`, `last` and `epoch`; other values, other key.
_known: OrderedDict[tuple[UUID, int, int, int, float], Standing] = OrderedDict()
_MOST_KNOWN = 20_000


def standings(processes: Sequence[Process]) -> list[Standing]:
    """How these processes stand; those with new values are computed, all in one pass."""
    marks = {one.pk: (one.uid, one.seen, one.last, one.epoch, _goal(one)) for one in processes}
    for standing in _computed([one for one in processes if marks[one.pk] not in _known]):
        _known[marks[standing.process.pk]] = standing
    alarmed = set(
        Alarm.objects.filter(process__in=processes, answered_at__isnull=True, withdrawn_at__isnull=True).values_list(
            "process_id", flat=True
        )
    )
    found = [replace(_known[marks[one.pk]], process=one, alarmed=one.pk in alarmed) for one in processes]
    while len(_known) > _MOST_KNOWN:
        _known.popitem(last=False)
    return found


def _goal(process: Process) -> float:
    return (process.design.gate_goal if process.design else None) or GOAL


def _computed(processes: Sequence[Process]) -> list[Standing]:
    series = series_of(processes)
    return [_standing(process, series[process.pk]) for process in processes]


def _standing(process: Process, series: Sequence[Value]) -> Standing:
    values, goal, judgement = _values(process, series), _goal(process), None
    if len(values) > 1 and _has_limit(process.lead):
        judgement = judged_capability(values, limits_of(process.lead), CapabilityOptions(goal=goal))
    return Standing(process, len(values), sum(one.failed for one in series), goal, judgement)


def _has_limit(row: Characteristic) -> bool:
    """Whether it can be judged by its limits; an import may state a lower one that is not below the upper one."""
    if row.lower_limit is None or row.upper_limit is None:
        return row.lower_limit is not None or row.upper_limit is not None
    return row.lower_limit < row.upper_limit


def _values(process: Process, series: Sequence[Value]) -> list[float]:
    """Of a family of sizes only the leading one: they have no common limits."""
    family = process.pooling == "family"
    return [one.actual for one in series if not family or one.characteristic == process.lead_id]


def values_needed(standing: Standing) -> int | None:
    """How many values prove the goal, if the process is as good as it looks; None where no number would.

    Nor where nobody can say: the process is not stable, or its distribution is not a normal one.
    """
    index = standing.index
    if index is None or not may_be_proven(standing) or index.value <= standing.goal:
        return None
    plan = plan_demonstration(Claim(standing.goal, CONFIDENCE), index.value, _POWER)
    return max(plan.count, FEWEST_TO_PROVE) if plan else None


def may_be_proven(standing: Standing) -> bool:
    """Whether more values of the same kind decide."""
    judged = standing.judgement
    return judged is not None and judged.fitted is None and standing.verdict is not Verdict.NOT_ASSESSED


def gated() -> list[Process]:
    rows = Process.objects.filter(design__gate_goal__isnull=False, members__isnull=False).distinct()
    return list(rows.select_related("design", "lead__item").order_by("pk"))


def closed_gates(items: Iterable[int] | None = None) -> list[tuple[Standing, set[int]]]:
    """Gates that have not been reached, each with its characteristics; only of some items where they are named."""
    processes = gated()
    members: dict[int, set[int]] = defaultdict(set)
    rows = ProcessMember.objects.filter(process__in=processes)
    if items is not None:
        rows = rows.filter(characteristic__item__in=items)
    for process, characteristic in rows.values_list("process_id", "characteristic_id"):
        members[process].add(characteristic)
    asked = [process for process in processes if process.pk in members]
    return [(one, members[one.process.pk]) for one in standings(asked) if one.verdict is not Verdict.REACHED]
