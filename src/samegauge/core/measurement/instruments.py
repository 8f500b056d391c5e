"""Whether an instrument could be trusted on the day it was used: asked of the domain that keeps instruments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.module_loading import autodiscover_modules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date

    Use = tuple[str, date]
    Find = Callable[[frozenset[Use]], Iterable["Unfit"]]


@dataclass(frozen=True)
class Unfit:
    """Why an instrument could not be trusted on that day, in both languages."""

    number: str
    day: date
    reason_en: str
    reason_zh: str


_finders: list[Find] = []


def declare_fitness(find: Find) -> None:
    """Declared in `fitness.py`; `find` gets numbers and days of use and yields those that it knows to be unfit."""
    _finders.append(find)


def unfit(uses: Iterable[Use]) -> list[Unfit]:
    autodiscover_modules("fitness")
    asked = frozenset(uses)
    return [one for find in _finders for one in find(asked)] if asked else []
