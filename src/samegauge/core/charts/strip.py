"""State strip: what machines did through a day, row by row; what nobody recorded stays a gap."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from samegauge.core.charts.clockwork import TAIPEI, TimeScale, stamp_text
from samegauge.core.charts.numerals import duration_text, number_text
from samegauge.core.charts.svg import (
    WIDTH,
    Fragment,
    box,
    document,
    element,
    group,
    label,
    line,
    link,
    shortened,
    text_width,
)
from samegauge.core.charts.words import ENGLISH, ChartTable, ChartWords

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

NAME_WIDTH = 150.0
TOTAL_WIDTH = 150.0
TOP = 34.0
ROW_HEIGHT = 44.0
BAR_HEIGHT = 30.0
KEY_HEIGHT = 26.0


class State(StrEnum):
    """What a machine can be seen doing."""

    RUN = "run"
    WAIT = "wait"
    SETUP = "setup"
    ALARM = "alarm"
    NO_DATA = "no_data"


CLASSES = {State.RUN: "c-run", State.WAIT: "c-wait", State.SETUP: "c-setup", State.ALARM: "c-stop"}


@dataclass(frozen=True)
class Interval:
    start: datetime
    end: datetime
    state: State
    note: str = ""

    @property
    def length_s(self) -> float:
        return (self.end - self.start).total_seconds()


@dataclass(frozen=True)
class StripRow:
    """One machine, or one day; whatever its intervals leave open is shown as not recorded."""

    name: str
    intervals: tuple[Interval, ...]
    url: str = ""


@dataclass(frozen=True)
class StateStrip:
    """`shifts` are drawn as hairlines with their names on top."""

    sentence: str
    start: datetime
    end: datetime
    rows: tuple[StripRow, ...]
    shifts: tuple[tuple[datetime, str], ...] = ()
    zone: tzinfo = TAIPEI


def state_strip(strip: StateStrip, words: ChartWords = ENGLISH) -> str:
    """Draw every row on one time axis, totals at the end, what the shades mean below."""
    scale = TimeScale(strip.start, strip.end, NAME_WIDTH, WIDTH - TOTAL_WIDTH, strip.zone)
    base = TOP + ROW_HEIGHT * len(strip.rows)
    key = _key_places(strip, words)
    hatch = f"hatch-{zlib.crc32(strip.sentence.encode()):08x}"
    return document(
        (WIDTH, base + 44 + KEY_HEIGHT * (key[-1].line + 1 if key else 0)),
        strip.sentence,
        _hatching(hatch),
        *(_row(strip, row, TOP + ROW_HEIGHT * index, scale, hatch) for index, row in enumerate(strip.rows)),
        *(label((x, base + 20), text, "", "middle") for x, text in scale.ticks(9)),
        *(line((x, TOP - 4), (x, base), "c-phase") for x, _text in scale.ticks(9)),
        *(_shift(scale(at), name) for at, name in strip.shifts),
        *(_key_entry(entry, base + 34, hatch) for entry in key),
    )


def state_strip_table(strip: StateStrip, words: ChartWords = ENGLISH) -> ChartTable:
    heads = (words.row, words.state, words.start, words.end, words.duration, words.reason)
    rows = tuple(
        (
            row.name,
            state_word(interval.state, words),
            stamp_text(interval.start, strip.zone),
            stamp_text(interval.end, strip.zone),
            duration_text(interval.length_s),
            interval.note,
        )
        for row in strip.rows
        for interval in merged(row.intervals)
    )
    return ChartTable(heads, rows, (False, False, False, False, True, False))


def merged(intervals: tuple[Interval, ...]) -> list[Interval]:
    """Join neighbours in the same state so that a day of short changes stays one bar."""
    result: list[Interval] = []
    for interval in sorted(intervals, key=lambda one: one.start):
        last = result[-1] if result else None
        if last and last.state == interval.state and last.note == interval.note and interval.start <= last.end:
            result[-1] = Interval(last.start, max(last.end, interval.end), last.state, last.note)
        else:
            result.append(interval)
    return result


def totals_s(strip: StateStrip) -> dict[State, float]:
    """Return the time in each state over all rows; what is not covered counts as not recorded."""
    sums = dict.fromkeys(State, 0.0)
    for row in strip.rows:
        for interval in row.intervals:
            start, end = max(interval.start, strip.start), min(interval.end, strip.end)
            sums[interval.state] += max((end - start).total_seconds(), 0.0)
    whole = (strip.end - strip.start).total_seconds() * len(strip.rows)
    recorded = sum(length for state, length in sums.items() if state is not State.NO_DATA)
    sums[State.NO_DATA] = max(whole - recorded, 0.0)
    return sums


def state_word(state: State, words: ChartWords) -> str:
    return {
        State.RUN: words.run,
        State.WAIT: words.wait,
        State.SETUP: words.setup,
        State.ALARM: words.alarm,
        State.NO_DATA: words.no_data,
    }[state]


def _row(strip: StateStrip, row: StripRow, top: float, scale: TimeScale, hatch: str) -> Fragment:
    bar_top = top + (ROW_HEIGHT - BAR_HEIGHT) / 2
    whole = scale.right - scale.left
    middle = bar_top + BAR_HEIGHT / 2 + 5
    one_row = StateStrip(strip.sentence, strip.start, strip.end, (row,), zone=strip.zone)
    run_s = totals_s(one_row)[State.RUN]
    share = run_s / scale.span_s if scale.span_s else 0.0
    name = label((0.0, middle), shortened(row.name, NAME_WIDTH - 12), "c-strong", "start")
    return group(
        link(row.url, name),
        element("rect", x=scale.left, y=bar_top, width=whole, height=BAR_HEIGHT, fill=f"url(#{hatch})"),
        *(_bar(interval, bar_top, scale, strip.zone) for interval in merged(row.intervals)),
        box((scale.left, bar_top), (whole, BAR_HEIGHT), "c-frame"),
        label((WIDTH, middle), f"{duration_text(run_s)}  {number_text(share * 100, 0)} %", "c-strong", "end"),
    )


def _bar(interval: Interval, top: float, scale: TimeScale, zone: tzinfo) -> Fragment:
    start = min(max(scale(interval.start), scale.left), scale.right)
    end = min(max(scale(interval.end), scale.left), scale.right)
    if interval.state is State.NO_DATA or end <= start:
        return Fragment()
    said = f"{stamp_text(interval.start, zone)} – {stamp_text(interval.end, zone)} · {duration_text(interval.length_s)}"
    title = element("title", f"{said} · {interval.note}" if interval.note else said)
    inset = BAR_HEIGHT / 2 if interval.state is State.WAIT else 0.0
    ground = box((start, top), (end - start, BAR_HEIGHT), "c-ground") if inset else Fragment()
    bar = element(
        "rect",
        title,
        x=start,
        y=top + inset,
        width=end - start,
        height=BAR_HEIGHT - inset,
        class_=CLASSES[interval.state],
        shape_rendering="crispEdges",
    )
    return group(ground, bar)


def _shift(x: float, name: str) -> Fragment:
    return group(line((x, TOP - 20), (x, TOP), "c-axis"), label((x + 5, TOP - 12), name, ""))


@dataclass(frozen=True)
class _KeyEntry:
    state: State
    text: str
    x: float
    line: int


def _key_places(strip: StateStrip, words: ChartWords) -> list[_KeyEntry]:
    """Lay out what each shade means together with its total, on as many lines as it takes."""
    sums = totals_s(strip)
    whole = sum(sums.values()) or 1.0
    x, row, entries = 0.0, 0, list[_KeyEntry]()
    for state, length_s in sums.items():
        if not length_s:
            continue
        text = f"{state_word(state, words)} {duration_text(length_s)} ({number_text(100 * length_s / whole, 0)} %)"
        width = 20 + text_width(text)
        if x and x + width > WIDTH:
            x, row = 0.0, row + 1
        entries.append(_KeyEntry(state, text, x, row))
        x += width + 16
    return entries


def _key_entry(entry: _KeyEntry, top: float, hatch: str) -> Fragment:
    y = top + KEY_HEIGHT * entry.line
    inset = 7.0 if entry.state is State.WAIT else 0.0
    fill = f"url(#{hatch})" if entry.state is State.NO_DATA else None
    swatch = element(
        "rect", x=entry.x, y=y + inset, width=14, height=14 - inset, class_=CLASSES.get(entry.state), fill=fill
    )
    return group(swatch, label((entry.x + 20, y + 13), entry.text, ""))


def _hatching(name: str) -> Fragment:
    lines = element("path", d="M-2 10L10 -2M4 16L16 4", class_="c-hatch")
    pattern = element("pattern", lines, id=name, width=12, height=12, patternUnits="userSpaceOnUse")
    return element("defs", pattern)
