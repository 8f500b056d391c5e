"""What an app adds to the simulated builder's records, declared in the app's `demo.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.module_loading import autodiscover_modules

if TYPE_CHECKING:
    from collections.abc import Callable

    from samegauge.core.demo.books import Books
    from samegauge.simulators.builder.records import Company

    Write = Callable[[Books, Company], int]

_chapters: dict[str, Write] = {}


def declare_chapter(name: str, write: Write) -> None:
    """`write` runs in the builder's scope when everything of core is there; it returns how many records it made."""
    _chapters[name] = write


def chapters() -> dict[str, Write]:
    autodiscover_modules("demo")
    return _chapters
