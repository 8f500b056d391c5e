from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from samegauge.core.pages import page_of

if TYPE_CHECKING:
    from samegauge.core.pages import Page


@dataclass(frozen=True)
class Row:
    pk: int


class Rows(list[int]):
    """Rows that are counted, and found by their keys in no certain order, like a queryset's."""

    def count(self) -> int:  # type: ignore[override]
        return len(self)

    def values_list(self, *_names: str, flat: bool) -> list[int]:
        assert flat
        return self

    def filter(self, pk__in: list[int]) -> list[Row]:
        return [Row(key) for key in sorted(self, reverse=True) if key in pk__in]


def page(total: int, query: str = "", size: int = 10) -> Page:
    return page_of(RequestFactory().get(f"/list/?{query}"), Rows(range(total)), size)  # type: ignore[arg-type]


def keys(shown: Page) -> list[int]:
    return [row.pk for row in shown.rows]


def test_the_first_page_links_to_the_second() -> None:
    first = page(25, "item=Box&page=1")
    assert (keys(first), first.number, first.total, first.first, first.last) == (list(range(10)), 1, 25, 1, 10)
    assert (first.previous_url, first.next_url) == ("", "?item=Box&page=2")


def test_the_last_page_is_what_remains() -> None:
    last = page(25, "page=3")
    assert (keys(last), last.first, last.last, last.next_url) == ([20, 21, 22, 23, 24], 21, 25, "")
    assert last.previous_url == "?page=2"


def test_an_empty_list_has_one_empty_page() -> None:
    empty = page(0)
    assert (keys(empty), empty.number, empty.first, empty.last) == ([], 1, 0, 0)
    assert (empty.previous_url, empty.next_url) == ("", "")


@pytest.mark.parametrize("asked", ["0", "-1", "x", "", "²", "٣", "1e9", "99", "9" * 5000, "\x00", "1.5"])
def test_a_page_that_is_not_there_becomes_one_that_is(asked: str) -> None:
    assert page(25, urlencode({"page": asked})).number in {1, 3}


@given(total=st.integers(0, 300), size=st.integers(1, 40), asked=st.text(max_size=6))
def test_pages_share_the_rows_out_without_gap_or_overlap(total: int, size: int, asked: str) -> None:
    pages = [page(total, f"page={number}", size) for number in range(1, max(1, -(-total // size)) + 1)]
    assert [key for each in pages for key in keys(each)] == list(range(total))
    assert 1 <= page(total, urlencode({"page": asked}, errors="replace"), size).number <= len(pages)
