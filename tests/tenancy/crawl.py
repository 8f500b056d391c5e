"""One visitor asks every address that answers without changing anything, and looks for another firm's marks."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from tenancy.routes import Visitor, content_of, guarded_routes

from samegauge.core.organisations.models import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenancy.canaries import Firm

# Not for this role, not there, not asked so.
CLOSED = {403, 404, 405}

# Lists that can be narrowed.
NARROWED = {
    "search": ("q",),
    "search_suggestions": ("q",),
    "unit_list": ("item", "serial", "serial_starts", "verdict"),
    "characteristic_list": ("item", "kind", "verdict"),
    "event_list": ("kind",),
    "unit_by_serial": ("serial",),
}


def questions(visiting: Firm, other: Firm) -> Iterator[str]:
    """Every address: for the visitor's own records, for the other firm's, and narrowed by words of both."""
    for route in guarded_routes():
        yield route.path(visiting)
        if route.names_objects:
            yield route.path(other)
        for word in NARROWED.get(route.name, ()) if not route.arguments else ():
            for mark in (visiting.marks[0], other.marks[0]):
                yield f"{route.path(visiting).partition('?')[0]}?{urlencode({word: mark})}"


def leaks(visiting: Firm, role: Role, other: Firm) -> Iterator[tuple[str, str]]:
    """Yield each address whose answer holds a mark of the other firm, with what stands around it."""
    visitor = Visitor(visiting, role)
    for path in questions(visiting, other):
        said = content_of(visitor.asks("GET", path))
        if other.secret in said:
            place = said.index(other.secret)
            yield path, said[max(0, place - 60) : place + 60]


def openings(visiting: Firm, other: Firm) -> Iterator[str]:
    """Yield each way in that the other firm's records stand open: an address that answers, or a mark that is read."""
    visitor = Visitor(visiting, Role.OWNER)
    for route in guarded_routes():
        if route.names_objects:
            answer = visitor.asks("GET", route.path(other))
            content_of(answer)
            if answer.status_code not in CLOSED:
                yield f"{route.name} answers {answer.status_code}"
    for path, _around in leaks(visiting, Role.OWNER, other):
        yield path
