"""What is added to the simulated company's records, declared in a `demo.py`: inside its transaction, or after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.module_loading import autodiscover_modules

if TYPE_CHECKING:
    from collections.abc import Callable

    from samegauge.core.demo.books import Books
    from samegauge.simulators.builder.records import Company

    Write = Callable[[Books, Company], int]
    Follow = Callable[[Company], int]

_chapters: dict[str, Write] = {}
_sequels: dict[str, Follow] = {}


def declare_chapter(name: str, write: Write) -> None:
    """`write` runs in the builder's scope when everything of core is there; it returns how many records it made."""
    _chapters[name] = write


def chapters() -> dict[str, Write]:
    autodiscover_modules("demo")
    return _chapters


def declare_sequel(name: str, follow: Follow) -> None:
    """`follow` runs outside the company's transaction and its scope, each time that `samegauge demo` is called.

    It writes what is not there yet, so that one killed half-way is completed by the next; it returns how many records
    it made now. For what leaves files outside the database: readings, keys.
    """
    _sequels[name] = follow


def sequels() -> dict[str, Follow]:
    autodiscover_modules("demo")
    return _sequels
