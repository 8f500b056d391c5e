"""Time axes: whole hours or days in the reader's zone, written as 14:00 or 11-21."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from samegauge.core.charts.svg import Scale

TAIPEI = ZoneInfo("Asia/Taipei")
DAY_S = 86_400.0
STEPS_S = (
    *(1, 5, 10, 30),  # s
    *(60, 300, 600, 1800),  # min
    *(3600, 7200, 10_800, 14_400, 21_600, 43_200),  # h
    *(86_400, 604_800, 2_592_000, 31_536_000),  # d, week, month, year
)


@dataclass(frozen=True)
class TimeScale:
    """Maps instants to picture coordinates."""

    start: datetime
    end: datetime
    left: float
    right: float
    zone: tzinfo = TAIPEI

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ValueError("A time axis needs times with their zone.")

    @property
    def span_s(self) -> float:
        return (self.end - self.start).total_seconds()

    def __call__(self, when: datetime) -> float:
        return Scale(0.0, self.span_s, self.left, self.right)((when - self.start).total_seconds())

    def ticks(self, wanted: int) -> list[tuple[float, str]]:
        """Return places and texts of round local times, about as many as wanted."""
        if self.span_s <= 0:
            return []
        step_s = next((step for step in STEPS_S if self.span_s / step <= wanted), STEPS_S[-1])
        midnight = self.start.astimezone(self.zone).replace(hour=0, minute=0, second=0, microsecond=0)
        skipped = max(int((self.start - midnight).total_seconds() // step_s), 0)
        found: list[tuple[float, str]] = []
        for index in range(skipped, skipped + 3 * wanted + 2):
            tick = (midnight + timedelta(seconds=index * step_s)).astimezone(self.zone)
            if self.start <= tick <= self.end:
                found.append((self(tick), self._text(tick, step_s)))
        return found

    def _text(self, tick: datetime, step_s: float) -> str:
        if step_s >= STEPS_S[-1]:
            return f"{tick:%Y}"
        if step_s >= DAY_S:
            return f"{tick:%Y-%m-%d}" if step_s >= STEPS_S[-2] else f"{tick:%m-%d}"
        return f"{tick:%H:%M:%S}" if step_s < STEPS_S[4] else f"{tick:%H:%M}"


def stamp_text(when: datetime, zone: tzinfo = TAIPEI) -> str:
    return f"{when.astimezone(zone):%Y-%m-%d %H:%M}"
