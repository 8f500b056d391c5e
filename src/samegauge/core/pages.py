"""Lists in pages, with their state in the URL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

PAGE_SIZE = 50


@dataclass(frozen=True)
class Page:
    """One page of a list: its rows, where it lies, and the links to its neighbours."""

    rows: list[Any]
    number: int
    total: int
    size: int
    previous_url: str
    next_url: str

    @property
    def first(self) -> int:
        return (self.number - 1) * self.size + 1 if self.total else 0

    @property
    def last(self) -> int:
        return min(self.number * self.size, self.total)


def page_of(request: HttpRequest, rows: QuerySet[Any], size: int = PAGE_SIZE) -> Page:
    total = rows.count()
    last_page = max(1, -(-total // size))
    asked = request.GET.get("page", "1")
    number = min(max(int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 1, 1), last_page)  # noqa: PLR2004

    def url(target: int) -> str:
        if not 1 <= target <= last_page:
            return ""
        query = request.GET.copy()
        query["page"] = str(target)
        return f"?{query.urlencode()}"

    # The keys first: wide rows would have to be sorted and passed over down to the page that is shown.
    keys = list(rows.values_list("pk", flat=True)[(number - 1) * size : number * size])
    found = {row.pk: row for row in rows.filter(pk__in=keys)}
    shown = [found[key] for key in keys if key in found]
    return Page(shown, number, total, size, url(number - 1), url(number + 1))
