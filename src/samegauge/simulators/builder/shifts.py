"""When people work: one shift a day, Monday to Friday, 08:00 to 17:00 in Taiwan."""

from __future__ import annotations

from datetime import datetime, timedelta

SHIFT = timedelta(hours=9)
FIRST_HOUR_UTC = 0
SATURDAY = 5


def at_work(moment: datetime) -> datetime:
    """Return the first instant from `moment` on at which somebody works."""
    morning = moment.replace(hour=FIRST_HOUR_UTC, minute=0, second=0, microsecond=0)
    if morning.weekday() < SATURDAY and moment < morning + SHIFT:
        return moment
    following = morning + timedelta(days=1)
    while following.weekday() >= SATURDAY:
        following += timedelta(days=1)
    return following


def worked(moment: datetime, minutes: int) -> tuple[datetime, datetime]:
    """Return when work of so many minutes begins and ends, nights and week-ends left out."""
    begin = moment = at_work(moment)
    left = timedelta(minutes=minutes)
    while True:
        evening = moment.replace(hour=FIRST_HOUR_UTC, minute=0, second=0, microsecond=0) + SHIFT
        if left <= evening - moment:
            return begin, moment + left
        left -= evening - moment
        moment = at_work(evening)
