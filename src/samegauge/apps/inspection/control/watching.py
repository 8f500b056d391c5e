"""Each new value is judged in the transaction that writes it, whichever door it came through.

A program keeps the charts it judged last in its memory. `Process.seen`, `last` and `epoch` tell whether another one has
gone on meanwhile; then, and when a value comes late or is taken back, the chart is built anew from the database.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.db.models import F

from samegauge.apps.inspection.control.charting import Frame, Signal, Watch, signalled, signals
from samegauge.apps.inspection.control.codes import ensure_codes
from samegauge.apps.inspection.control.grouping import processes_of
from samegauge.apps.inspection.control.models import Alarm, Chart, ControlDesign, LeftOut, Process, ProcessMember
from samegauge.apps.inspection.control.placing import planned_charts, planned_in
from samegauge.apps.inspection.control.series import places_of, series_of, values_with
from samegauge.apps.inspection.plans.models import InspectionPlan
from samegauge.core.measurement.models import Measurement

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from django.db import models

    from samegauge.apps.inspection.control.charting import Stretch
    from samegauge.apps.inspection.control.series import Place, Value

_MOST_HELD = 2000
_AT_ONCE = 500
_USUAL_SUBGROUP = 5
_held: OrderedDict[int, tuple[tuple[int, int, int], Watch]] = OrderedDict()


class Watching:
    """What the wall's layer tells of written measurements."""

    def follows(self, model: type[models.Model]) -> bool:
        return model in (Measurement, InspectionPlan)

    def added(self, records: Sequence[Any], keys: Sequence[int]) -> None:
        if any(isinstance(row, InspectionPlan) for row in records):
            return
        rows = zip(records, keys, strict=True)
        fresh = [key for row, key in rows if row.retracted_at is None and row.actual is not None]
        if fresh:
            _judge(values_with(fresh))

    def changed(self, model: type[models.Model], keys: list[int]) -> None:
        if model is InspectionPlan:
            rebuild(_planned(keys))
            return
        touched: set[int] = set()
        for start in range(0, len(keys), _AT_ONCE):
            rows = Measurement.everything.filter(pk__in=keys[start : start + _AT_ONCE], actual__isnull=False)
            touched |= set(rows.order_by().values_list("characteristic_id", flat=True).distinct())
        rebuild(set(ProcessMember.objects.filter(characteristic__in=touched).values_list("process_id", flat=True)))


def _planned(plans: Collection[int]) -> set[int]:
    """Processes that the plan in force designs, because nobody else has."""
    members = ProcessMember.objects.filter(characteristic__in=planned_in(plans), process__design__isnull=True)
    return set(members.values_list("process_id", flat=True))


def _judge(values: Sequence[Value]) -> None:
    owner = processes_of({one.characteristic for one in values})
    new: dict[int, list[Value]] = defaultdict(list)
    for one in values:
        new[owner[one.characteristic]].append(one)
    locked = _locked(new)
    late = {key for key, process in locked.items() if not _goes_on(process, new[key])}
    opened = _open_alarms(locked)
    watched = {}
    for key, process in locked.items():
        if key not in late:
            watch = watched[key] = _held[key][1].copied()
            _settle_new(process, watch, watch.take(new[key]), opened.get(key))
    _hold(locked, watched)
    _rebuild([locked[key] for key in sorted(late)], opened)


def _locked(keys: Iterable[int]) -> dict[int, Process]:
    # The row is locked, not what it leads to: PostgreSQL locks no side of a join that may be empty.
    rows = Process.objects.select_for_update(of=("self",)).filter(pk__in=keys).select_related("design", "lead")
    return {process.pk: process for process in rows.order_by("pk")}


def _open_alarms(keys: Collection[int]) -> dict[int, Alarm]:
    rows = Alarm.objects.filter(process__in=keys, answered_at__isnull=True, withdrawn_at__isnull=True)
    return {alarm.process_id: alarm for alarm in rows}


def _goes_on(process: Process, values: Sequence[Value]) -> bool:
    token, watch = _held.get(process.pk, (None, None))
    if watch is None or token != _token(process) or not watch.charts:
        return False
    return watch.last is None or values[0].place > watch.last


def _hold(processes: Mapping[int, Process], watched: Mapping[int, Watch]) -> None:
    for key, watch in watched.items():
        process, last = processes[key], watch.last
        process.seen, process.last = watch.count, last.key if last else 0
        process.last_at = last.taken_at if last else None
    held = [processes[key] for key in watched]
    Process.objects.bulk_update(held, ["seen", "last", "last_at"], batch_size=_AT_ONCE)
    for key, watch in watched.items():
        _keep(processes[key], watch)


def _token(process: Process) -> tuple[int, int, int]:
    return process.seen, process.last, process.epoch


def _keep(process: Process, watch: Watch) -> None:
    _held[process.pk] = _token(process), watch
    _held.move_to_end(process.pk)
    while len(_held) > _MOST_HELD:
        _held.popitem(last=False)


def rebuild(keys: Collection[int]) -> None:
    """Build the charts of processes anew from the database, and let their alarms follow."""
    if keys:
        Process.objects.filter(pk__in=keys).update(epoch=F("epoch") + 1)
        _rebuild(list(_locked(keys).values()), _open_alarms(keys))


def _rebuild(processes: Sequence[Process], opened: dict[int, Alarm]) -> None:
    """An answered alarm whose value is no longer there is withdrawn too."""
    by_key, watched, now = {process.pk: process for process in processes}, watches(processes), datetime.now(UTC)
    gone = Alarm.objects.filter(process__in=by_key, answered_at__isnull=False, withdrawn_at__isnull=True)
    gone.filter(measurement__retracted_at__isnull=False).update(withdrawn_at=now)
    for key, watch in watched.items():
        _settle_all(by_key[key], watch, opened.get(key))
    _hold(by_key, watched)


def current(processes: Sequence[Process]) -> dict[int, Watch]:
    """The charts of processes as they stand; what this program holds of them is not built anew."""
    found = {}
    for process in processes:
        token, watch = _held.get(process.pk, (None, None))
        if watch is not None and token == _token(process):
            found[process.pk] = watch
    missing = [process for process in processes if process.pk not in found]
    for key, watch in watches(missing).items() if missing else ():
        _keep(next(one for one in missing if one.pk == key), watch)
        found[key] = watch
    return found


def watches(processes: Sequence[Process]) -> dict[int, Watch]:
    """The charts of processes as the database has them, judged from the first value to the last."""
    series, frames, restarts = series_of(processes), frames_of(processes), _restarts(processes)
    return {one.pk: Watch(frames[one.pk], series[one.pk], restarts[one.pk]) for one in processes}


def design_of(process: Process) -> ControlDesign:
    return designs_of([process])[process.pk]


def designs_of(processes: Sequence[Process]) -> dict[int, ControlDesign]:
    """The designs in force: what somebody set, else the chart that the inspection plan names, else the default."""
    charts = _charts_by_plan([process.pk for process in processes if process.design is None])
    found: dict[int, ControlDesign] = {}
    for process in processes:
        chart = charts.get(process.pk, Chart.I_EWMA)
        size = _USUAL_SUBGROUP if chart in (Chart.XBAR_R, Chart.XBAR_S) else 1
        found[process.pk] = process.design or ControlDesign(
            process=process, revision=0, pooling=process.pooling, chart=chart, subgroup=size
        )
    return found


def _charts_by_plan(processes: Collection[int]) -> dict[int, str]:
    """Of members that are alike the plan of the first speaks for all."""
    if not processes:
        return {}
    rows = ProcessMember.objects.filter(process__in=processes).order_by("-pk")
    members = dict(rows.values_list("characteristic_id", "process_id"))
    charts = planned_charts(members.keys())
    return {members[key]: charts[key] for key in members if key in charts}


def frames_of(processes: Sequence[Process]) -> dict[int, Frame]:
    designs = designs_of(processes)
    left_out: dict[int, dict[int, str]] = defaultdict(dict)
    for row in LeftOut.objects.filter(design__in=[one.pk for one in designs.values() if one.pk]):
        left_out[row.design_id][row.measurement_id] = row.reason  # type: ignore[attr-defined]
    of_families = [key for key, one in designs.items() if one.chart == Chart.DNOM]
    nominals: dict[int, dict[int, float | None]] = defaultdict(dict)
    for row in ProcessMember.objects.filter(process__in=of_families).select_related("characteristic"):
        nominals[row.process_id][row.characteristic_id] = row.characteristic.nominal
    return {key: Frame(one, nominals[key], left_out[one.pk or 0]) for key, one in designs.items()}


def _restarts(processes: Sequence[Process]) -> dict[int, list[Place]]:
    rows = Alarm.objects.filter(process__in=processes, ends_with__isnull=False)
    ends = dict(rows.values_list("pk", "ends_with_id"))
    owners = dict(rows.values_list("pk", "process_id"))
    places = places_of(set(ends.values()))
    found: dict[int, list[Place]] = {process.pk: [] for process in processes}
    for alarm, end in ends.items():
        found[owners[alarm]].append(places[end])
    return found


def _settle_new(process: Process, watch: Watch, stretch: Stretch | None, alarm: Alarm | None) -> None:
    places = signalled(stretch.plotted) if stretch else []
    if not stretch or not places:
        return
    size = watch.frame.size
    latest = stretch.values[places[-1] * size + size - 1]
    if alarm is None:
        _open(process, _first(watch, stretch, places), latest, len(places))
        return
    alarm.latest_id, alarm.signals = latest.key, alarm.signals + len(places)
    alarm.save(update_fields=["latest", "signals"])


def _first(watch: Watch, stretch: Stretch, places: Sequence[int]) -> tuple[Value, list[Signal]]:
    size = watch.frame.size
    return stretch.values[places[0] * size + size - 1], signals(watch.charts, stretch.plotted, places[0])


def _settle_all(process: Process, watch: Watch, alarm: Alarm | None) -> None:
    """What is open follows the last stretch."""
    stretch = watch.stretches[-1] if watch.stretches else None
    places = signalled(stretch.plotted) if stretch else []
    if stretch is None or not places:
        if alarm is not None:
            Alarm.objects.filter(pk=alarm.pk).update(withdrawn_at=datetime.now(UTC))
        return
    size = watch.frame.size
    first, latest = _first(watch, stretch, places), stretch.values[places[-1] * size + size - 1]
    if alarm is None:
        _open(process, first, latest, len(places))
        return
    value, found = first
    alarm.measurement_id, alarm.since = value.key, value.place.taken_at
    alarm.rules, alarm.latest_id, alarm.signals = [one.as_dict() for one in found], latest.key, len(places)
    alarm.save(update_fields=["measurement", "since", "rules", "latest", "signals"])


def _open(process: Process, first: tuple[Value, list[Signal]], latest: Value, count: int) -> None:
    ensure_codes()
    value, found = first
    # Records in hand: of bare keys the wall asks where each leads.
    rows = Measurement.everything.in_bulk({value.key, latest.key})
    Alarm.objects.create(
        process=process,
        measurement=rows[value.key],
        latest=rows[latest.key],
        signals=count,
        rules=[one.as_dict() for one in found],
        since=value.place.taken_at,
        opened_at=datetime.now(UTC),
    )
