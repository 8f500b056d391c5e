"""Every value is judged where it is written: point by point as from the whole series, and undone with its import."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from django.utils import timezone
from unit.apps.inspection.control.conftest import Line, characteristic, quiet

from samegauge.apps.inspection.control import watching
from samegauge.apps.inspection.control.models import Alarm, CauseCode, Chart, Pooling, Process, ProcessMember
from samegauge.apps.inspection.control.rules import (
    ControlError,
    Revision,
    alarms_open,
    process_of,
    redesign,
    settings_of,
    undo_design,
)
from samegauge.apps.inspection.control.watching import _held, current, design_of, rebuild, watches
from samegauge.apps.inspection.plans.models import InspectionPlan, PlannedCharacteristic
from samegauge.core.measurement.models import Measurement
from samegauge.engines.spc.charts.chart import ChartOptions
from samegauge.engines.spc.charts.individuals import imr_charts
from samegauge.engines.spc.charts.rules import RuleChoice
from samegauge.engines.spc.charts.weighted import ewma_chart

pytestmark = pytest.mark.usefixtures("in_scope")


def the_process(line: Line) -> Process:
    process = process_of(line.characteristic)
    assert process is not None
    return Process.objects.select_related("lead", "design").get(pk=process.pk)


def test_point_by_point_gives_the_chart_of_the_whole_series(line: Line) -> None:
    values = [*quiet(40), 10.3, 10.35, 10.4]
    line.measure(values)
    process = the_process(line)
    token, live = _held[process.pk]
    assert token == (process.seen, process.last, process.epoch) == (43, live.last.key, process.epoch)  # type: ignore[union-attr]
    design = design_of(process)
    options = ChartOptions(RuleChoice("shewhart"), width=design.width, baseline=15)
    single = imr_charts(values, options).location
    restarted = imr_charts(values[:15], ChartOptions(RuleChoice("shewhart"), width=design.width)).location
    whole = watches([process])[process.pk]
    assert np.array_equal(whole.stretches[0].plotted[0].points, single.points[15:])
    assert np.array_equal(whole.stretches[0].plotted[0].upper, single.upper[15:])
    average = ewma_chart(restarted, design.weight, design.memory_width, steady=True)
    assert float(whole.charts[1].upper[-1]) == float(average.upper[-1])
    again = line.measure([10.1])[0]
    other, live = watches([process])[process.pk], _held[process.pk][1]
    assert np.array_equal(other._streams[1]._memory, live._streams[1]._memory)
    assert again.pk == the_process(line).last


def test_a_signal_opens_one_alarm_that_goes_on_until_it_is_answered(line: Line) -> None:
    line.measure(quiet(20))
    assert not Alarm.objects.exists()
    first, *_more = line.measure([11.2, 10.02, 11.3])
    alarm = Alarm.objects.get()
    assert (alarm.measurement_id, alarm.signals, alarm.is_open) == (first.pk, 3, True)
    assert {one["chart"] for one in alarm.rules} == {"value", "EWMA"}
    assert CauseCode.objects.count() > 5
    assert set(alarms_open(line.units[20])) == set(alarms_open(line.units[22])) == {alarm}
    assert not alarms_open(line.units[0]).exists()


def test_another_program_that_went_on_is_noticed(line: Line) -> None:
    line.measure(quiet(20))
    stale = dict(_held)
    line.measure([10.1])
    _held.clear()
    _held.update(stale)
    line.measure([11.5])
    process = the_process(line)
    assert (process.seen, Alarm.objects.count()) == (22, 1)
    assert watches([process])[process.pk].count == _held[process.pk][1].count == 22


def test_a_value_that_comes_late_is_put_where_it_belongs(line: Line) -> None:
    line.measure(quiet(30))
    late = line.measure([11.4], hours=18.5)[0]
    alarm = Alarm.objects.get()
    assert alarm.measurement_id == late.pk
    process = the_process(line)
    assert watches([process])[process.pk].stretches[0].values[3].key == late.pk


def test_undoing_an_import_withdraws_its_alarm_and_the_rest_stands(line: Line) -> None:
    line.measure(quiet(20))
    wrong = line.measure([11.4])[0]
    line.measure([10.0])
    Measurement.objects.filter(pk=wrong.pk).update(retracted_at=timezone.now())
    alarm = Alarm.objects.get()
    assert alarm.withdrawn_at is not None
    assert the_process(line).seen == 21


def test_a_new_model_joins_what_is_alike_and_can_be_watched_alone(line: Line) -> None:
    first, second = (Line(characteristic(item, "machine")) for item in ("TT5", "HT8"))
    other = Line(characteristic("GH20", "machine", upper_limit=12.0))
    for one in (first, second, other):
        one.measure(quiet(3))
    process = the_process(first)
    assert the_process(second) == process != the_process(other)
    assert process.seen == 6
    person = None
    made = redesign(process, Revision({**settings_of(design_of(process)), "pooling": Pooling.OWN}, "mix"), person)
    assert (made.revision, the_process(first).seen, the_process(second).seen) == (1, 3, 3)
    family = {**settings_of(made), "pooling": Pooling.FAMILY, "chart": Chart.DNOM}
    redesign(the_process(first), Revision(family, "one process"), person)
    assert the_process(other) == the_process(second) == the_process(first)
    assert ProcessMember.objects.filter(process=the_process(first)).count() == 3
    late = Line(characteristic("NEW", "machine", nominal=20.0, name="Bore 20"))
    late.measure([20.0])
    assert the_process(late) == the_process(first)
    assert line.characteristic.item.number == "BOX"


def test_a_design_is_changed_with_a_reason_frozen_excluded_and_undone(line: Line) -> None:
    rows = line.measure([*quiet(10), 13.0, *quiet(20, 2)])
    process = the_process(line)
    before = watches([process])[process.pk].charts[0].upper[-1]
    settings = {**settings_of(design_of(process)), "chart": Chart.I_MR, "width": 3.0}
    with pytest.raises(ControlError, match="Say why"):
        redesign(process, Revision(settings, " "), None)
    made = redesign(process, Revision(settings, "outlier", {rows[10].pk: "chip under the stylus"}), None)
    process = the_process(line)
    watch = watches([process])[process.pk]
    (left_out,) = watch.charts[0].method.excluded
    assert (left_out.index, left_out.reason_en) == (10, "chip under the stylus")
    kept = [one.actual for place, one in enumerate(watch.baseline) if place != 10]
    assert watch.charts[0].center[0] == pytest.approx(np.mean(kept))
    assert watch.charts[0].upper[-1] < before
    day = {
        "baseline_from": datetime(2026, 1, 5, 18, 30, tzinfo=UTC),
        "baseline_to": datetime(2026, 1, 6, 8, tzinfo=UTC),
    }
    redesign(process, Revision({**settings_of(made), **day}, "after the repair"), None)
    watch = watches([the_process(line)])[process.pk]
    assert [one.key for one in watch.baseline] == [row.pk for row in rows[10:24]]
    undo_design(the_process(line), "wrong day", None)  # type: ignore[arg-type]
    process = the_process(line)
    assert (process.design.revision, process.design.baseline_from) == (3, None)  # type: ignore[union-attr]
    assert process.design.left_out.get().measurement_id == rows[10].pk  # type: ignore[union-attr]


@pytest.mark.parametrize("chart", sorted(set(Chart) - {Chart.DNOM, Chart.Z_MR}))
def test_every_chart_goes_on_point_by_point_as_from_the_whole(line: Line, chart: str) -> None:
    values = [round(abs(10 * (value - 9.5))) for value in quiet(60)] if chart in ("c", "u") else quiet(60)
    rejected = 11.5 if chart in ("p", "np") else values[5]
    line.measure([*values[:5], rejected, *values[6:40]])
    process = the_process(line)
    settings = {**settings_of(design_of(process)), "chart": chart, "subgroup": 3, "baseline_count": 6, "width": 3.0}
    redesign(process, Revision(settings, "try"), None)
    line.measure(values[40:50])
    line.measure([*values[50:], 14.0, 14.0, 14.0])
    process = the_process(line)
    live, whole = _held[process.pk][1], watches([process])[process.pk]
    for stream, chart_stream in zip(live._streams, whole._streams, strict=True):
        assert np.array_equal(stream._tail.scores, chart_stream._tail.scores, equal_nan=True)
        assert all(np.array_equal(*pair) for pair in zip(stream._memory, chart_stream._memory, strict=True))
    found = Alarm.objects.get(withdrawn_at=None)
    rebuild([process.pk])
    again = Alarm.objects.get(withdrawn_at=None)
    assert (again.pk, again.measurement_id, again.signals) == (found.pk, found.measurement_id, found.signals)


def test_a_family_of_sizes_shares_a_chart(line: Line) -> None:
    small, large = (Line(characteristic(item, nominal=size, name=item)) for item, size in (("S", 10.0), ("L", 50.0)))
    for place, value in enumerate(quiet(30)):
        (small if place % 2 else large).measure([value if place % 2 else value + 40.0], hours=place)
    for chart in (Chart.DNOM, Chart.Z_MR):
        process = the_process(small)
        family = {**settings_of(design_of(process)), "pooling": Pooling.FAMILY, "chart": chart, "width": 3.0}
        redesign(process, Revision(family, "family"), None)
        watch = watches([the_process(small)])[process.pk]
        assert len(watch.baseline) == 15
        assert abs(float(watch.stretches[0].plotted[0].points.mean())) < 1.0
    large.measure([51.0], hours=99)
    assert Alarm.objects.filter(process=the_process(small)).count() == 1
    assert line.count == 0


def test_a_chart_that_cannot_take_the_values_says_so_and_stops_nobody(line: Line) -> None:
    line.measure(quiet(20))
    process = the_process(line)
    settings = {**settings_of(design_of(process)), "chart": Chart.C}
    redesign(process, Revision(settings, "by mistake"), None)
    (row,) = line.measure([-1.0])
    watch = watches([the_process(line)])[process.pk]
    assert watch.refusal is not None
    assert "-1 in 1 is no possible count" in watch.refusal["en"]
    assert row.pk == the_process(line).last


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"baseline_from": datetime(2026, 1, 1, tzinfo=UTC)}, "both its first and its last"),
        ({"chart": Chart.XBAR_R}, "at least two values"),
        ({"chart": Chart.Z_MR}, "for a family"),
    ],
)
def test_a_design_that_contradicts_itself_is_refused(line: Line, change: dict[str, object], said: str) -> None:
    line.measure(quiet(2))
    process = the_process(line)
    with pytest.raises(ControlError, match=said):
        redesign(process, Revision({**settings_of(design_of(process)), **change}, "try"), None)
    assert design_of(the_process(line)).revision == 0


def test_what_a_program_holds_stays_small(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "_MOST_HELD", 1)
    line.measure([10.0])
    Line(characteristic("LID")).measure([10.0])
    assert len(_held) == 1


def test_the_chart_of_the_released_plan_is_the_default_until_somebody_sets_a_design(line: Line) -> None:
    plan = InspectionPlan.objects.create(item=line.characteristic.item, code="P-1", title="Box", kind="in_process")
    PlannedCharacteristic.objects.create(plan=plan, characteristic=line.characteristic, chart="i-mr")
    line.measure(quiet(20))
    process = process_of(line.characteristic)
    assert process is not None
    assert design_of(process).chart == "i-ewma"
    InspectionPlan.objects.filter(pk=plan.pk).update(state="released")
    process.refresh_from_db()
    assert design_of(process).chart == "i-mr"
    (watch,) = current([process]).values()
    assert [one.statistic for one in watch.charts] == ["value", "moving range"]
    redesign(process, Revision({**settings_of(design_of(process)), "chart": "ewma"}, "small shifts"), None)
    process.refresh_from_db()
    assert design_of(process).chart == "ewma"
