"""Which labels there are, what their codes say, and where each stands on its sheet.

A code is the site's own short path, `/U/` and the record's identifier, in the letters that a QR code packs tightest:
a scanner types it into any page, and with the site's address before it any telephone opens the record.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

MOST_LABELS = 2000
_SCANNED = re.compile(r"(?:\A|/)([UIPS])/([0-9A-F]{32})/?\Z", re.IGNORECASE)


class LabelError(Exception):
    """What was asked for cannot be printed as asked."""

    def __init__(self, message: str, message_zh: str) -> None:
        super().__init__(message)
        self.message = message
        self.message_zh = message_zh


@dataclass(frozen=True, slots=True)
class Label:
    """`title` stands in large letters, the lines below it; what is simulated says so."""

    code: str
    title: str
    lines: tuple[str, ...] = ()
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class SheetFormat:
    key: str
    name: str
    page_mm: tuple[float, float]
    label_mm: tuple[float, float]
    grid: tuple[int, int]
    across_mm: float
    down_mm: float

    @property
    def per_page(self) -> int:
        return self.grid[0] * self.grid[1]

    @property
    def margins_mm(self) -> tuple[float, float]:
        """Left and top; the labels stand in the middle of the page."""
        width = (self.grid[0] - 1) * self.across_mm + self.label_mm[0]
        height = (self.grid[1] - 1) * self.down_mm + self.label_mm[1]
        return (self.page_mm[0] - width) / 2, (self.page_mm[1] - height) / 2

    def places_mm(self) -> list[tuple[float, float]]:
        """Left and top of each label of a page, row by row."""
        left, top = self.margins_mm
        columns, rows = self.grid
        return [
            (left + column * self.across_mm, top + row * self.down_mm)
            for row in range(rows)
            for column in range(columns)
        ]


@cache
def sheet_formats() -> dict[str, SheetFormat]:
    table = tomllib.loads((files("samegauge.core.labels") / "formats.toml").read_text("utf-8"))
    return {
        key: SheetFormat(
            key,
            row["name"],
            tuple(row["page_mm"]),
            tuple(row["label_mm"]),
            tuple(row["grid"]),
            row["across_mm"],
            row["down_mm"],
        )
        for key, row in table.items()
    }


def code_of(kind: str, uid: UUID, site: str = "") -> str:
    """`site` is the address that a telephone reaches, or nothing for a code that only this site's pages know."""
    return f"{_upper_site(site)}/{kind}/{uid.hex.upper()}"


def _upper_site(site: str) -> str:
    """Scheme and host mean the same in capitals; a site below a path keeps its letters."""
    parts = urlsplit(site.rstrip("/"))
    return f"{parts.scheme}://{parts.netloc}".upper() + parts.path if parts.netloc else ""


def scanned_path(text: str) -> str:
    """The short path in what was scanned or typed, with or without a site's address; nothing where there is none."""
    found = _SCANNED.search(text.strip())
    return f"/{found[1].upper()}/{found[2].upper()}" if found else ""


def check_count(count: int) -> None:
    if not count:
        raise LabelError("Nothing fits; choose otherwise.", "沒有符合的資料，改選其他條件。")
    if count > MOST_LABELS:
        raise LabelError(
            f"These are {count:,} labels; {MOST_LABELS:,} can be printed at once. Narrow the choice, for example by "
            "the beginning of the serial number.",
            f"共有 {count:,} 張標籤，一次最多列印 {MOST_LABELS:,} 張。縮小範圍，例如指定序號開頭。",
        )


def pages_of(labels: Sequence[Label], sheet: SheetFormat, first_place: int) -> list[list[tuple[int, Label]]]:
    """The labels of each page with their place, from 0; on the first page the places before `first_place` are used."""
    pages: list[list[tuple[int, Label]]] = []
    for number, label in enumerate(labels, start=first_place):
        page, place = divmod(number, sheet.per_page)
        if page == len(pages):
            pages.append([])
        pages[page].append((place, label))
    return pages
