"""The words that charts write themselves; the platform passes them in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ChartWords:
    """`{...}` are filled in by the charts."""

    number: str = "No."
    point: str = "Point"
    value: str = "Value"
    rules: str = "Rules violated"
    excluded: str = "Left out"
    reason: str = "Reason"
    from_value: str = "From"
    to_value: str = "To"
    count: str = "Count"
    overall: str = "overall"
    within: str = "within"
    run: str = "Running"
    wait: str = "Waiting"
    setup: str = "Set-up"
    alarm: str = "Alarm"
    no_data: str = "No data"
    state: str = "State"
    row: str = "Row"
    start: str = "Start"
    end: str = "End"
    duration: str = "Duration"
    operation: str = "Operation"
    interrupted: str = "Interrupted"
    event: str = "Event"
    time: str = "Time"
    events: str = "{count} events"
    more: str = "{count} more"
    part: str = "Part"
    level: str = "Level"
    detail: str = "Detail"
    replaced: str = "replaced"
    suspect: str = "suspect"
    rule: str = "rule {number}"


ENGLISH = ChartWords()


@dataclass(frozen=True)
class ChartTable:
    """The figures behind a chart, for those who read numbers or use a screen reader."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...]
