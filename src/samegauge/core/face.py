"""What pages hand to the components: plain frozen data, so that a view can be tested without its template."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import datetime

    from samegauge.core.pages import Page

Kind = Literal["alarm", "warning", "ok", "undecided", "neutral", "running", "no_data"]
Provenance = Literal["", "simulated", "assumed", "memory"]


@dataclass(frozen=True)
class Action:
    """A button; `method` "post" makes it a form, for what changes something."""

    label: str
    url: str
    icon: str = ""
    method: Literal["get", "post"] = "get"


@dataclass(frozen=True)
class Chip:
    kind: Kind
    text: str


@dataclass(frozen=True)
class Reading:
    """A value with everything it may not be shown without."""

    name: str
    value: float
    unit: str
    decimals: int | None = None
    lower: float | None = None
    upper: float | None = None
    target: float | None = None
    expanded_uncertainty: float = 0.0
    coverage_factor: float = 2.0
    count: int | None = None
    taken_at: datetime | None = None
    provenance: Provenance = ""
    chip: Chip | None = None


@dataclass(frozen=True)
class Column:
    """`sort` is the value of the URL's `sort` parameter; without it the column cannot be sorted.

    `prose` columns wrap; in all others a value stays on one line. One that `folds` wraps on a narrow screen, at
    words, and leaves the room to the prose.
    """

    label: str
    numeric: bool = False
    unit: str = ""
    sort: str = ""
    prose: bool = False
    folds: bool = False


@dataclass(frozen=True)
class Cell:
    """`svg` is trusted markup made by `core.charts`; `lang` is that of what people typed, where it is known."""

    text: str = ""
    url: str = ""
    chip: Chip | None = None
    svg: str = ""
    note: str = ""
    code: bool = False
    provenance: Provenance = ""
    lang: str = ""


@dataclass(frozen=True)
class RecordTable:
    """The first cell of each row is its link."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    page: Page | None = None
    sort: str = ""
    views: tuple[tuple[str, str, bool], ...] = ()
    not_shown: int = 0


@dataclass(frozen=True)
class JobProgress:
    """How far a long piece of work is; `poll_url` answers with the same component again."""

    uid: str
    name: str
    state: Literal["requested", "running", "done", "failed", "cancelled"]
    done: int = 0
    total: int = 0
    message: str = ""
    seconds_left: float | None = None
    poll_url: str = ""
    stop_url: str = ""
    result: Action | None = None

    @property
    def is_over(self) -> bool:
        return self.state in {"done", "failed", "cancelled"}
