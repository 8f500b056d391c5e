"""Operations one below the other on a time axis, and the life line of a unit's events."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING

from samegauge.core.charts.clockwork import DAY_S, TAIPEI, TimeScale, stamp_text
from samegauge.core.charts.numerals import duration_text
from samegauge.core.charts.svg import (
    BOLD,
    LINE_HEIGHT,
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
    from collections.abc import Sequence
    from datetime import datetime, tzinfo

NAME_WIDTH = 190.0
ROW_HEIGHT = 34.0
BAR_HEIGHT = 20.0
LIFE_MARGIN = 12.0
LANES = (-64.0, 44.0, -104.0, 84.0)
CLUSTER_PX = 13.0
STEM_ROOM = 4.0
LABEL_GAP = 14.0
GAP_SHARE = 0.25
SILENCE_PX = 130.0


@dataclass(frozen=True)
class Operation:
    """One operation as it was carried out; `interruptions` are stretches in which it stood in alarm."""

    name: str
    start: datetime
    end: datetime
    interruptions: tuple[tuple[datetime, datetime], ...] = ()
    url: str = ""

    @property
    def length_s(self) -> float:
        return (self.end - self.start).total_seconds()


@dataclass(frozen=True)
class OperationTimeline:
    sentence: str
    operations: tuple[Operation, ...]
    zone: tzinfo = TAIPEI

    def __post_init__(self) -> None:
        if not self.operations:
            raise ValueError("A time line needs at least one operation.")


class Weight(StrEnum):
    """How much an event matters to whoever looks at the life line."""

    NEUTRAL = "neutral"
    OK = "ok"
    WARNING = "warning"
    ALARM = "alarm"


@dataclass(frozen=True)
class LifeEvent:
    at: datetime
    name: str
    weight: Weight = Weight.NEUTRAL
    url: str = ""


@dataclass(frozen=True)
class LifeLine:
    sentence: str
    events: tuple[LifeEvent, ...]
    zone: tzinfo = TAIPEI

    def __post_init__(self) -> None:
        if not self.events:
            raise ValueError("A life line needs at least one event.")


def operation_timeline(chart: OperationTimeline) -> str:
    """Draw one row an operation, in order of start, with its length behind the bar."""
    operations = sorted(chart.operations, key=lambda one: one.start)
    scale = _scale([one.start for one in operations], [one.end for one in operations], chart.zone)
    base = 12 + ROW_HEIGHT * len(operations)
    return document(
        (WIDTH, base + 52),
        chart.sentence,
        *(line((x, 4), (x, base), "c-grid") for x, _text in scale.ticks(8)),
        *(_operation(one, 12 + ROW_HEIGHT * index, scale, chart.zone) for index, one in enumerate(operations)),
        line((NAME_WIDTH, base), (scale.right, base), "c-axis"),
        *(label((x, base + 20), text, "", "middle") for x, text in scale.ticks(8)),
        label((NAME_WIDTH, base + 44), _days(scale, chart.zone), ""),
    )


def operation_table(chart: OperationTimeline, words: ChartWords = ENGLISH) -> ChartTable:
    heads = (words.operation, words.start, words.end, words.duration, words.interrupted)
    rows = tuple(
        (
            one.name,
            stamp_text(one.start, chart.zone),
            stamp_text(one.end, chart.zone),
            duration_text(one.length_s),
            duration_text(sum((end - start).total_seconds() for start, end in one.interruptions)),
        )
        for one in sorted(chart.operations, key=lambda one: one.start)
    )
    return ChartTable(heads, rows, (False, False, False, True, True))


def life_line(chart: LifeLine, words: ChartWords = ENGLISH) -> str:
    """Draw the events of a life; a long stretch without any is dotted, shortened and named with its length."""
    events = sorted(chart.events, key=lambda one: one.at)
    clusters = _clusters(events)
    places = _lanes(clusters, words)
    used = [lane for lane in places if lane is not None]
    middle = 24.0 - min([*used, -20.0])
    height = middle + max([*used, -8.0]) + 2 * LINE_HEIGHT + 8
    return document(
        (WIDTH, height),
        chart.sentence,
        *_stretches(clusters, middle),
        *(
            _cluster(x, members, lane, middle, words, chart.zone)
            for (x, members), lane in zip(clusters, places, strict=True)
        ),
    )


def life_table(chart: LifeLine, words: ChartWords = ENGLISH) -> ChartTable:
    rows = tuple((stamp_text(one.at, chart.zone), one.name) for one in sorted(chart.events, key=lambda one: one.at))
    return ChartTable((words.time, words.event), rows, (False, False))


def _scale(starts: list[datetime], ends: list[datetime], zone: tzinfo) -> TimeScale:
    return TimeScale(min(starts), max(ends), NAME_WIDTH, WIDTH - 120.0, zone)


def _days(scale: TimeScale, zone: tzinfo) -> str:
    first, last = scale.start.astimezone(zone), scale.end.astimezone(zone)
    return f"{first:%Y-%m-%d}" if first.date() == last.date() else f"{first:%Y-%m-%d} – {last:%Y-%m-%d}"


def _operation(one: Operation, top: float, scale: TimeScale, zone: tzinfo) -> Fragment:
    start, end = scale(one.start), scale(one.end)
    middle = top + BAR_HEIGHT / 2 + 6
    title = element("title", f"{one.name} · {stamp_text(one.start, zone)} – {stamp_text(one.end, zone)}")
    name = label((0.0, middle), shortened(one.name, NAME_WIDTH - 14), "c-strong")
    stops = [(scale(begin), scale(finish)) for begin, finish in one.interruptions]
    return group(
        link(one.url, name),
        box((start, top), (max(end - start, 2.0), BAR_HEIGHT), "c-run", title),
        *(box((begin, top), (max(finish - begin, 3.0), BAR_HEIGHT), "c-stop") for begin, finish in stops),
        label((max(end, start + 2) + 8, middle), duration_text(one.length_s), "c-halo"),
    )


Cluster = tuple[float, list[LifeEvent]]


def _places(events: Sequence[LifeEvent]) -> list[float]:
    """Lay the events out in true distances but for the long silences, which all get the same room."""
    gaps_s = [(after.at - before.at).total_seconds() for before, after in pairwise(events)]
    silent = [_is_silence(gap_s, sum(gaps_s)) for gap_s in gaps_s]
    told_s = sum(gap_s for gap_s, is_silent in zip(gaps_s, silent, strict=True) if not is_silent)
    room = WIDTH - 2 * LIFE_MARGIN - (sum(silent) * SILENCE_PX if told_s else 0.0)
    silence_px = SILENCE_PX if told_s else room / max(sum(silent), 1)
    places = [LIFE_MARGIN if sum(gaps_s) else WIDTH / 2]
    for gap_s, is_silent in zip(gaps_s, silent, strict=True):
        places.append(places[-1] + (silence_px if is_silent else room * gap_s / (told_s or 1.0)))
    return places


def _is_silence(gap_s: float, whole_s: float) -> bool:
    return gap_s > DAY_S and gap_s > GAP_SHARE * whole_s


def _clusters(events: Sequence[LifeEvent]) -> list[Cluster]:
    """Put events together that would lie on one spot."""
    clusters: list[Cluster] = []
    for event, x in zip(events, _places(events), strict=True):
        if clusters and x - clusters[-1][0] < CLUSTER_PX:
            clusters[-1][1].append(event)
        else:
            clusters.append((x, [event]))
    return clusters


def _lanes(clusters: list[Cluster], words: ChartWords) -> list[float | None]:
    """Find each label a lane in which neither it nor its stem touches another; the table names those that find none."""
    taken: dict[float, list[tuple[float, float]]] = {lane: [] for lane in LANES}
    lanes: list[float | None] = []
    for x, members in clusters:
        left, right = _label_span(x, members, words)
        stem = (x - STEM_ROOM, x + STEM_ROOM)
        lane = next(
            (
                one
                for one in LANES
                if _is_free(taken[one], (left, right)) and all(_is_free(taken[near], stem) for near in _nearer(one))
            ),
            None,
        )
        if lane is not None:
            taken[lane].append((left, right + LABEL_GAP))
            for near in _nearer(lane):
                taken[near].append(stem)
        lanes.append(lane)
    return lanes


def _nearer(lane: float) -> list[float]:
    """The lanes that a label's stem crosses on its way to `lane`."""
    return [one for one in LANES if one * lane > 0 and abs(one) < abs(lane)]


def _is_free(taken: list[tuple[float, float]], span: tuple[float, float]) -> bool:
    return all(span[1] < left or right < span[0] for left, right in taken)


def _label_span(x: float, members: list[LifeEvent], words: ChartWords) -> tuple[float, float]:
    width = max(text_width(_cluster_name(members, words)) * BOLD, text_width("2026-11-21"))
    left = min(max(x - width / 2, 0.0), WIDTH - width)
    return left, left + width


def _cluster_name(members: list[LifeEvent], words: ChartWords) -> str:
    if len(members) == 1:
        return shortened(members[0].name, 260.0)
    names = {member.name for member in members}
    counted = words.events.format(count=len(members))
    return f"{shortened(members[0].name, 150.0)} × {len(members)}" if len(names) == 1 else counted


def _stretches(clusters: list[Cluster], middle: float) -> list[Fragment]:
    parts: list[Fragment] = []
    whole_s = (clusters[-1][1][-1].at - clusters[0][1][0].at).total_seconds()
    for (start, before), (end, after) in pairwise(clusters):
        silent_s = (after[0].at - before[-1].at).total_seconds()
        is_silence = _is_silence(silent_s, whole_s)
        parts.append(line((start, middle), (end, middle), "c-gap" if is_silence else "c-life"))
        if is_silence:
            parts.append(label(((start + end) / 2, middle + 24), duration_text(silent_s), "c-halo", "middle"))
    return parts


def _cluster(
    x: float, members: list[LifeEvent], lane: float | None, middle: float, words: ChartWords, zone: tzinfo
) -> Fragment:
    worst = max(members, key=lambda one: list(Weight).index(one.weight))
    said = "\n".join(f"{stamp_text(one.at, zone)} {one.name}" for one in members)
    dot = _event_shape(x, middle, worst.weight, element("title", said))
    if lane is None:
        return link(worst.url, dot)
    left, right = _label_span(x, members, words)
    centre = (left + right) / 2
    name_y = middle + lane + (0 if lane < 0 else LINE_HEIGHT - 4)
    stem_end = middle + lane + (LINE_HEIGHT + 4 if lane < 0 else 0)
    texts = (
        label((centre, name_y), _cluster_name(members, words), "c-strong c-halo", "middle"),
        label((centre, name_y + LINE_HEIGHT - 2), f"{members[0].at.astimezone(zone):%Y-%m-%d}", "c-halo", "middle"),
    )
    return group(line((x, middle), (x, stem_end), "c-stem"), link(worst.url, *texts), dot)


def _event_shape(x: float, y: float, weight: Weight, title: Fragment) -> Fragment:
    if weight is Weight.ALARM:
        corners = "M-4 -9.5h8l5.5 5.5v8l-5.5 5.5h-8l-5.5 -5.5v-8z"
        return element("path", title, d=corners, transform=f"translate({x:.1f} {y:.1f})", class_="c-alarm")
    if weight is Weight.WARNING:
        return element("path", title, d=f"M{x:.1f} {y - 9:.1f}l9.5 16h-19z", class_="c-warning")
    return element("circle", title, cx=x, cy=y, r=6, class_="c-ok" if weight is Weight.OK else "c-dot")
