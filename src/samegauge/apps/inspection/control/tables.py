"""The tables and sentences of the quality pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from samegauge.apps.inspection.control.gates import CONFIDENCE, Standing, values_needed
from samegauge.apps.inspection.control.models import Pooling
from samegauge.apps.inspection.control.promises import POINTS, NoPromise, Promise
from samegauge.apps.inspection.control.quality import by_bound
from samegauge.apps.inspection.control.showing import statistic_name
from samegauge.apps.inspection.tables import caution_texts, verdict_sentence
from samegauge.core.charts import Bar, BarChart, Curve, Sparkline
from samegauge.core.charts.numerals import number_text, quantity_text
from samegauge.core.face import Cell, Chip, Column, RecordTable
from samegauge.core.language import in_one_line, in_reader_language, named, reads_chinese
from samegauge.core.words import provenance_of
from samegauge.engines.spc.capability.normal import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from samegauge.apps.inspection.control.models import Alarm, ControlDesign, Process
    from samegauge.apps.inspection.control.quality import Held, Morning, StationCapability, StationYield
    from samegauge.apps.inspection.control.showing import Line
    from samegauge.apps.inspection.rules import Study
    from samegauge.core.production.models import Station
    from samegauge.engines.spc.run_length.result import RunLength

MOST_NAMED = 4
MOST_BARS = 8


def rule_text(rules: Sequence[dict[str, Any]]) -> str:
    """What signalled, each chart with its rule."""
    between, colon = ("；", "：") if reads_chinese() else ("; ", ": ")
    return between.join(
        f"{statistic_name(one['chart'])}{colon}{in_reader_language({'en': one['en'], 'zh': one['zh']})}"
        for one in rules
    )


def item_name(process: Process) -> str:
    """Whose characteristic it is: of one item, or of every model."""
    return process.lead.item.number if process.pooling == Pooling.OWN else _("All models")


def alarm_line(alarm: Alarm, line: Line) -> dict[str, Any]:
    """One line of the list of what is out of control."""
    lead = alarm.process.lead
    sentence = _("%(name)s: %(n)d values") % {"name": lead.name, "n": alarm.process.seen}
    return {
        "alarm": alarm,
        "lead": lead,
        "item": item_name(alarm.process),
        "rules": rule_text(alarm.rules),
        "line": Sparkline(sentence, line.values, line.lower, line.upper, line.alarms),
        "provenance": provenance_of(alarm.measurement.inspection.unit),
    }


def station_name(station: Station | None) -> str:
    return f"{station.code} {named(station)}" if station else _("At no station of a route")


def verdict_chip(standing: Standing) -> Chip:
    return {
        Verdict.REACHED: Chip("ok", _("Reached")),
        Verdict.NOT_REACHED: Chip("alarm", _("Not reached")),
        Verdict.UNDECIDED: Chip("undecided", _("Cannot be decided yet")),
        Verdict.NOT_ASSESSED: Chip("neutral", _("Not assessed")),
    }[standing.verdict]


def _index_cells(standing: Standing | None) -> tuple[Cell, Cell]:
    """Index and lower bound; where it is no Cpk the index says what it is."""
    index = standing.index if standing else None
    if standing is None or standing.judgement is None or index is None:
        return Cell(number_text(None)), Cell(number_text(None))
    fitted = standing.judgement.fitted
    note = f"Ppk, {fitted.fit.distribution.family.value}" if fitted else ""
    return Cell(number_text(index.value, 2), note=note), Cell(number_text(index.lower_bound, 2))


def doubt_text(standing: Standing) -> str:
    """Why nothing can be said of a process; empty where it can."""
    if standing.verdict is not Verdict.NOT_ASSESSED or standing.judgement is None:
        return ""
    if standing.alarmed:
        return _("It gave an alarm that nobody has answered yet.")
    return in_one_line(
        in_reader_language({"en": one.text_en, "zh": one.text_zh})
        for one in standing.judgement.cautions
        if one.blocks or one.code == "not_normal"
    )


def capability_banner(study: Study, standing: Standing | None) -> tuple[str, str, str]:
    """Kind, sentence and reason: of the process where a chart watches the characteristic, as its gate has it."""
    if standing is None:
        return verdict_sentence(study, study.judgement)
    return verdict_sentence(study, standing.judgement, goal=standing.goal, alarmed=standing.alarmed)


def capability_cautions(study: Study, standing: Standing | None) -> list[str]:
    cautions = caution_texts(standing.judgement if standing else study.judgement)
    if standing is None or standing.count == len(study.values):
        return cautions
    return [_("Judged from the values of all models that share its chart."), *cautions]


def needed_text(standing: Standing) -> str:
    """How many values would prove the goal, or why nobody can say."""
    if doubt := doubt_text(standing):
        return doubt
    if standing.judgement is not None and standing.judgement.fitted is not None:
        return _("Judged by a fitted distribution: how many values prove it cannot be said.")
    needed = values_needed(standing)
    if needed is None:
        return _("No number of values proves it at this spread.")
    return _("%(n)s values prove it with 80 %% chance at this spread.") % {"n": number_text(needed, 0)}


def gate_table(gates: Sequence[Held]) -> RecordTable:
    columns = (
        Column(_("Characteristic"), prose=True),
        Column(_("Station"), prose=True),
        Column(_("State")),
        Column("n", numeric=True),
        Column(_("95 % lower bound"), numeric=True),
        Column(_("Goal"), numeric=True),
        Column(_("Machines without a value"), prose=True),
    )
    rows = tuple(
        (
            Cell(
                one.standing.process.lead.name,
                reverse("characteristic", args=[one.standing.process.lead.uid]),
                note=needed_text(one.standing),
            ),
            Cell(station_name(one.station)),
            Cell(chip=verdict_chip(one.standing)),
            Cell(number_text(one.standing.count, 0)),
            _index_cells(one.standing)[1],
            Cell(number_text(one.standing.goal, 2)),
            Cell(_serials(one)),
        )
        for one in gates
    )
    return RecordTable(_("Capability gates that are closed"), columns, rows)


def _serials(held: Held) -> str:
    if not held.units:
        return _("none in the works")
    serials = ", ".join(unit.serial for unit in held.units[:MOST_NAMED])
    more = len(held.units) - MOST_NAMED
    if more <= 0:
        return serials
    return _("%(serials)s and %(more)d more") % {"serials": serials, "more": more}


def station_table(stations: Sequence[StationCapability]) -> RecordTable:
    columns = (
        Column(_("Station"), prose=True),
        Column(_("Characteristics"), numeric=True),
        Column(_("Reached"), numeric=True),
        Column(_("Undecided"), numeric=True),
        Column(_("Not reached"), numeric=True),
        Column(_("The weakest"), prose=True),
        Column("Cpk", numeric=True),
        Column(_("95 % lower bound"), numeric=True),
        Column("n", numeric=True),
    )
    rows = []
    for one in stations:
        worst = one.worst
        code = one.station.code if one.station else ""
        rows.append(
            (
                Cell(station_name(one.station), f"{reverse('quality')}?station={code}" if code else ""),
                Cell(number_text(len(one.rows), 0)),
                Cell(number_text(one.counted(Verdict.REACHED), 0)),
                Cell(number_text(one.counted(Verdict.UNDECIDED), 0)),
                Cell(number_text(one.counted(Verdict.NOT_REACHED), 0)),
                Cell(worst.process.lead.name if worst else "–"),
                *_index_cells(worst),
                Cell(number_text(worst.count if worst else None, 0)),
            )
        )
    return RecordTable(_("Capability by station"), columns, tuple(rows))


def standing_table(rows: Sequence[Standing], caption: str) -> RecordTable:
    columns = (
        Column(_("Characteristic"), prose=True),
        Column(_("At least the goal")),
        Column("Cpk", numeric=True),
        Column(_("95 % lower bound"), numeric=True),
        Column("n", numeric=True),
        Column(_("Not conforming"), numeric=True),
    )
    listed = sorted(rows, key=by_bound)
    cells = tuple(
        (
            Cell(one.process.lead.name, reverse("characteristic", args=[one.process.lead.uid])),
            Cell(chip=verdict_chip(one), note=doubt_text(one)),
            *_index_cells(one),
            Cell(number_text(one.count, 0)),
            Cell(number_text(one.failed, 0)),
        )
        for one in listed
    )
    return RecordTable(caption, columns, cells)


def yield_table(rows: Sequence[StationYield], names: dict[str, Station]) -> RecordTable:
    columns = (
        Column(_("Station"), prose=True),
        Column(_("Units"), numeric=True),
        Column(_("Right the first time"), numeric=True),
        Column(_("95 % interval"), numeric=True),
    )
    cells = tuple(
        (
            Cell(station_name(names[one.station]) if one.station in names else one.station),
            Cell(number_text(one.count, 0)),
            Cell(quantity_text(100.0 * one.share, "%", 1)),
            Cell(f"{number_text(100.0 * one.lower, 1)} … {number_text(100.0 * one.upper, 1)} %"),
        )
        for one in sorted(rows, key=lambda one: (one.share, one.station))
    )
    return RecordTable(_("First-pass yield by station"), columns, cells)


def bars(sentence: str, what: str, counted: Sequence[tuple[str, int]]) -> BarChart | None:
    """A Pareto: the most frequent first, all others together last."""
    if not counted:
        return None
    shown, rest = counted[:MOST_BARS], sum(count for _name, count in counted[MOST_BARS:])
    rows = [Bar(name, float(count)) for name, count in shown]
    if rest:
        rows.append(Bar(_("All others"), float(rest)))
    return BarChart(sentence, "", (what, _("Count")), tuple(rows), decimals=0)


def cause_bars(morning: Morning) -> BarChart | None:
    counted = [(zh if reads_chinese() else name, count) for name, zh, count in morning.causes]
    total = sum(count for _name, count in counted)
    sentence = ngettext("%(count)d answered alarm: its cause", "%(count)d answered alarms: their causes", total) % {
        "count": total
    }
    return bars(sentence, _("Cause"), counted)


def failure_bars(morning: Morning) -> BarChart | None:
    total = sum(count for _name, count in morning.failures)
    sentence = ngettext(
        "%(count)d value does not conform: of what", "%(count)d values do not conform: of what", total
    ) % {"count": total}
    return bars(sentence, _("Characteristic"), morning.failures)


def morning_sentence(open_count: int, morning: Morning) -> tuple[str, str]:
    """Kind and sentence of the banner: how much is the matter."""
    facts = [
        ngettext("%(count)d process is out of control", "%(count)d processes are out of control", open_count)
        % {"count": open_count},
        ngettext("%(count)d gate is closed", "%(count)d gates are closed", len(morning.gates))
        % {"count": len(morning.gates)},
        ngettext("%(count)d sample was not taken", "%(count)d samples were not taken", len(morning.missed))
        % {"count": len(morning.missed)},
    ]
    counts = (open_count, len(morning.gates), len(morning.missed))
    said = [fact for fact, count in zip(facts, counts, strict=True) if count]
    if not said:
        return "ok", _("Everything that is watched is in control.")
    between = "、" if reads_chinese() else ", "
    return "alarm" if open_count else "warning", between.join(said)


def promise_sentences(promise: Promise | NoPromise) -> list[str]:
    """What the design promises, in whole sentences: for the limits that it has, then for limits that are known."""
    if isinstance(promise, NoPromise):
        if promise.reason is None:
            return [_("What it promises can be said when its limits are known.")]
        return [in_reader_language(promise.reason)]
    of_baseline = promise.of_baseline
    facts = {
        "n": of_baseline.count,
        "points": POINTS,
        "false": _drawn_figure(100.0 * of_baseline.false_share, 100.0 * of_baseline.false_error, 0),
    }
    quiet, found = (_run_length_figure(one, places) for one, places in ((promise.in_control, 0), (promise.found, 1)))
    said = [
        _("Limits from %(n)d values: %(false)s of 100 such charts give a false alarm within %(points)d points.") % facts
        if promise.of_single_values
        else _("Limits from %(n)d points: %(false)s of 100 such charts give a false alarm within %(points)d points.")
        % facts,
        _found_sentence(promise),
        _("With known limits it gives a false alarm once in %(quiet)s points, and finds the shift in %(found)s.")
        % {"quiet": quiet, "found": found},
        _("All its charts with all rules in force are counted, whichever of them signals first."),
    ]
    if promise.is_drawn:
        said.append(_("Figures with ± come from drawn charts; ± is twice their standard error."))
    return said


def _found_sentence(promise: Promise) -> str:
    """Where now and then a baseline gives limits that find nothing, half of the charts say more than a mean."""
    one, shift = promise.of_baseline, number_text(promise.shift, 1)
    if one.found is not None:
        figure = _drawn_figure(one.found, one.found_error, 1)
        facts = {"shift": shift, "found": figure}
        return _("A lasting shift of %(shift)s σ is found within %(found)s points on the average.") % facts
    if one.half is None:
        return _("Not even half of such charts find a lasting shift of %(shift)s σ soon.") % {"shift": shift}
    facts = {"shift": shift, "half": number_text(one.half, 0)}
    return _("Half of such charts find a lasting shift of %(shift)s σ within %(half)s points.") % facts


def _drawn_figure(value: float, error: float, decimals: int) -> str:
    if error == 0.0:
        return number_text(value, decimals)
    return f"{number_text(value, decimals)} ± {number_text(2.0 * error, decimals)}"


def _run_length_figure(found: RunLength, decimals: int) -> str:
    return _drawn_figure(found.mean, found.method.constants.get("standard_error", 0.0), decimals)


def run_length_curve(promise: Promise, curve: tuple[tuple[float, float], ...]) -> Curve:
    found = (promise.shift, promise.found.mean)
    named_points = [(*found, _("%(n)s points") % {"n": number_text(promise.found.mean, 1)})]
    sentence = _("Points until the first alarm, by the size of the shift, for known limits")
    return Curve(sentence, _("Shift [σ]"), _("Points on the average"), curve, tuple(named_points))


def design_facts(design: ControlDesign) -> list[tuple[str, str]]:
    """The settings in words."""
    facts = [
        (_("Chart"), design.get_chart_display()),
        (_("Values of"), design.get_pooling_display()),  # type: ignore[attr-defined]
        (_("Run rules"), design.get_rules_display()),
        (_("Limits"), f"± {number_text(design.width, 2)} σ"),
        (_("Baseline"), baseline_text(design)),
        (_("Shift to be found"), f"{number_text(design.shift, 1)} σ"),
    ]
    if design.gate_goal:
        goal = _("Cpk at least %(goal)s, %(confidence)s %% sure")
        said = goal % {"goal": number_text(design.gate_goal, 2), "confidence": number_text(100 * CONFIDENCE, 0)}
        facts.append((_("Capability gate"), said))
    return facts


def baseline_text(design: ControlDesign) -> str:
    if design.baseline_from is None or design.baseline_to is None:
        return _("the first %(n)d points") % {"n": design.baseline_count}
    first, last = (f"{timezone.localtime(one):%Y-%m-%d}" for one in (design.baseline_from, design.baseline_to))
    return _("%(first)s to %(last)s") % {"first": first, "last": last}


def live_banner(alarm: Alarm | None, *, count: int, needed: int) -> tuple[str, str, str]:
    """Kind, sentence and reason of what the live chart says."""
    if alarm is not None:
        when = f"{timezone.localtime(alarm.since):%Y-%m-%d %H:%M}"
        return "alarm", _("Out of control since %(when)s") % {"when": when}, rule_text(alarm.rules)
    if count < needed:
        facts = {"n": needed - count}
        text = ngettext(
            "%(n)d more value sets the control limits", "%(n)d more values set the control limits", facts["n"]
        )
        return "neutral", text % facts, ""
    return "ok", _("In control"), ""


def alarm_history(alarms: Iterable[Alarm]) -> RecordTable:
    columns = (
        Column(_("Alarm of")),
        Column(_("What signalled"), prose=True),
        Column(_("Cause"), prose=True),
        Column(_("Action"), prose=True),
        Column(_("By")),
    )
    rows = tuple(
        (
            Cell(f"{timezone.localtime(one.since):%Y-%m-%d %H:%M}", reverse("alarm", args=[one.uid])),
            Cell(rule_text(one.rules)),
            Cell(named(one.cause) if one.cause else _withdrawn(one)),
            Cell(named(one.action) if one.action else "–"),
            Cell(one.event.actor_name if one.event else "–"),
        )
        for one in alarms
    )
    return RecordTable(_("Alarms"), columns, rows)


def _withdrawn(alarm: Alarm) -> str:
    return _("taken back with its value") if alarm.withdrawn_at else _("open")
