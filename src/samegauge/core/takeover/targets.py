"""What spreadsheets can be taken over into: every kind of record, and units with their place in the thread."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.urls import reverse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from samegauge.core.kinds.declaration import RecordField
    from samegauge.core.organisations.models import Role
    from samegauge.core.thread.rules import Recorder

    Tell = Callable[[int], None]

TELL_EVERY = 200


class Outcome(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    WRONG = "wrong"


@dataclass(frozen=True)
class TableRow:
    """One row of the sheet: for each matched field the text that a form would take, and the unit its column states."""

    line: int
    cells: dict[str, str]
    units: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class PlannedRow:
    """What one row would do; `changes` holds old and new per field, `problems` field and reason, `work` is to write."""

    line: int
    key: str
    outcome: Outcome
    changes: Mapping[str, tuple[Any, Any]]
    problems: tuple[tuple[str, str], ...] = ()
    work: Any = None


def wrong(line: int, key: str, problems: Iterable[tuple[str, str]]) -> PlannedRow:
    return PlannedRow(line, key, Outcome.WRONG, {}, tuple(problems))


@dataclass(frozen=True)
class Origin:
    """Where rows come from, who takes them over, and in which import."""

    file: str
    sheet: str
    recorder: Recorder


class Target(ABC):
    """`key` is the field that people call a row by; it stands once in a sheet, unless `repeats`.

    `references` name other things. Several columns may hold the field `spread`, where no column holds `spread_name`:
    each of them makes a row of its own, and its title is what `spread_name` says.
    """

    name: str
    slug: str
    key: str
    one: str
    many: str
    about: str
    icon: str
    fields: tuple[RecordField, ...]
    writers: frozenset[Role]
    references: frozenset[str] = frozenset()
    repeats: bool = False
    spread: str = ""
    spread_name: str = ""

    @abstractmethod
    def list_url(self) -> str:
        """Where what was taken over is seen."""

    @abstractmethod
    def planned(self, rows: Sequence[TableRow], tell: Tell) -> list[PlannedRow]:
        """Say what each row would do; nothing is written."""

    @abstractmethod
    def write(self, rows: Sequence[PlannedRow], origin: Origin) -> None:
        """Write rows that are new or changed, inside a transaction; what no longer fits is refused."""

    def url(self, page: str, *place: object) -> str:
        """The address of one of the target's pages: upload, import, sample."""
        return reverse(f"{self.name}_{page}", args=place)

    def field(self, name: str) -> RecordField:
        return next(one for one in self.fields if one.name == name)


class TakeOverError(Exception):
    """Why nothing was taken over, in both languages."""

    def __init__(self, message: str, message_zh: str) -> None:
        super().__init__(message)
        self.message_zh = message_zh
