"""The capability gate: until a process has proven what is asked of it, every unit is measured."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from samegauge.apps.inspection.control.models import Process, ProcessMember
from samegauge.apps.inspection.control.series import series_of
from samegauge.engines.spc.capability.demonstration import Claim, plan_demonstration
from samegauge.engines.spc.capability.indices import tolerances
from samegauge.engines.spc.capability.normal import Verdict
from samegauge.engines.spc.capability.table import CapabilityTable, capability_of_many

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from samegauge.apps.inspection.control.series import Value
    from samegauge.core.measurement.models import Characteristic

CONFIDENCE = 0.95
GOAL = 1.33
# Fewer values prove nothing about a spread, whatever the index says.
FEWEST = 20
_POWER = 0.8


@dataclass(frozen=True)
class Standing:
    """How a process stands to its goal: index and bounds of the nearer limit, within; None where they do not exist."""

    process: Process
    count: int
    failed: int
    goal: float
    cpk: float | None = None
    lower_bound: float | None = None
    upper: float | None = None

    @property
    def verdict(self) -> Verdict:
        if self.cpk is None or self.lower_bound is None or self.upper is None:
            return Verdict.NOT_ASSESSED
        if self.upper < self.goal:
            return Verdict.NOT_REACHED
        enough = self.count >= FEWEST and self.lower_bound >= self.goal
        return Verdict.REACHED if enough else Verdict.UNDECIDED


# What a process's values said when they were `seen`, `last` and `epoch`; other values, other key.
_known: OrderedDict[tuple[int, int, int, int, float], Standing] = OrderedDict()
_MOST_KNOWN = 20_000


def standings(processes: Sequence[Process]) -> list[Standing]:
    """How these processes stand; those with new values are computed, all in one pass."""
    marks = {one.pk: (one.pk, one.seen, one.last, one.epoch, _goal(one)) for one in processes}
    for standing in _computed([one for one in processes if marks[one.pk] not in _known]):
        _known[marks[standing.process.pk]] = standing
    found = [replace(_known[marks[one.pk]], process=one) for one in processes]
    while len(_known) > _MOST_KNOWN:
        _known.popitem(last=False)
    return found


def _goal(process: Process) -> float:
    return (process.design.gate_goal if process.design else None) or GOAL


def _computed(processes: Sequence[Process]) -> list[Standing]:
    series = series_of(processes)
    rows = [(process, _values(process, series[process.pk])) for process in processes]
    judged = [(process, values) for process, values in rows if len(values) > 1 and _has_limit(process.lead)]
    table = _table(judged) if judged else None
    places = {process.pk: place for place, (process, _values) in enumerate(judged)}
    failed = {key: sum(one.failed for one in values) for key, values in series.items()}
    return [_standing(process, values, failed[process.pk], table, places.get(process.pk)) for process, values in rows]


def _has_limit(row: Characteristic) -> bool:
    """Whether it can be judged by its limits; an import may state a lower one that is not below the upper one."""
    if row.lower_limit is None or row.upper_limit is None:
        return row.lower_limit is not None or row.upper_limit is not None
    return row.lower_limit < row.upper_limit


def _values(process: Process, series: Sequence[Value]) -> list[float]:
    """Of a family of sizes only the leading one: they have no common limits."""
    family = process.pooling == "family"
    return [one.actual for one in series if not family or one.characteristic == process.lead_id]


def _table(rows: Sequence[tuple[Process, list[float]]]) -> CapabilityTable:
    leads = [process.lead for process, _values in rows]
    limits = tolerances(
        [-np.inf if one.lower_limit is None else one.lower_limit for one in leads],
        [np.inf if one.upper_limit is None else one.upper_limit for one in leads],
    )
    values = np.concatenate([np.asarray(values) for _process, values in rows])
    return capability_of_many(values, [len(values) for _process, values in rows], limits)


def _standing(
    process: Process, values: list[float], failed: int, table: CapabilityTable | None, place: int | None
) -> Standing:
    goal = _goal(process)
    index = table.within.nearest.at(place) if table is not None and place is not None else None
    if index is None:
        return Standing(process, len(values), failed, goal)
    return Standing(process, len(values), failed, goal, index.value, index.lower_bound, index.upper)


def values_needed(standing: Standing) -> int | None:
    """How many values prove the goal, if the process is as good as it looks; None where no number would."""
    if standing.cpk is None or standing.cpk <= standing.goal:
        return None
    plan = plan_demonstration(Claim(standing.goal, CONFIDENCE), standing.cpk, _POWER)
    return max(plan.count, FEWEST) if plan else None


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
