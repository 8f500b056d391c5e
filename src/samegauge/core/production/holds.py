"""What keeps a unit at its station: each domain that may hold it declares so once, in its `holds.py`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.module_loading import autodiscover_modules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from samegauge.core.production.models import Station
    from samegauge.core.thread.models import Unit

    Find = Callable[["Release"], Iterable["Hold"]]


@dataclass(frozen=True)
class Release:
    """A unit that is about to leave a station, the instruments used on it there and the characteristics measured."""

    unit: Unit
    station: Station
    instruments: frozenset[str] = frozenset()
    characteristics: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Hold:
    """`said` tells in the reader's language what holds the unit and what to do; `url` is where."""

    holder: str
    said: str
    url: str = ""


_finders: dict[str, Find] = {}


def declare_holds(holder: str, find: Find) -> None:
    """`find` runs while somebody waits for the release: a few queries at most."""
    _finders[holder] = find


def holds_on(release: Release) -> list[Hold]:
    autodiscover_modules("holds")
    return [hold for find in _finders.values() for hold in find(release)]
