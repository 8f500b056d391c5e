"""What row-level security costs: the same pages as the site's role, which it binds, and as one that it does not."""

from __future__ import annotations

import random
import statistics
import sys
import time
from typing import TYPE_CHECKING, Any

import list_page
import thread_page
from scenery import claim, database_name, member, on_both_databases, open_site, settle

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 150
WARM_UP = 10


def measure() -> list[dict[str, Any]]:
    open_site()
    if database_name() != "PostgreSQL":
        return []  # SQLite has no row-level security
    client, organisation = member()
    list_page.fill(organisation)
    root = thread_page.fill(organisation)
    settle()
    pages = {
        f"list page of {list_page.RECORDS:,} records": "/units/?page=900",
        "first list page": "/units/",
        f"thread page with {thread_page.DESCENDANTS:,} descendants": f"/units/{root.uid}/",
    }
    return [compared(name, lambda path=path: client.get(path)) for name, path in pages.items()]


def compared(name: str, ask: Callable[[], Any]) -> dict[str, Any]:
    """Time both in an order left to chance, so that what else goes on falls on both."""
    from django.db import connection

    from samegauge.core.database_walls.building import as_owner

    def bound() -> float:
        return elapsed_ms(ask)

    def free() -> float:
        with as_owner(connection):
            is_free(connection)
            return elapsed_ms(ask)

    order = random.Random(1)
    for _ in range(WARM_UP):
        bound(), free()
    taken: dict[Callable[[], float], list[float]] = {bound: [], free: []}
    for _ in range(ROUNDS):
        for one in order.sample([bound, free], 2):
            taken[one].append(one())
    ours, peer = statistics.median(taken[bound]), statistics.median(taken[free])
    p95 = {"p95_ms": round(statistics.quantiles(taken[bound], n=20)[18], 2)}
    return claim(f"{name}, walls up", ours, peer, cost_percent=round((ours / peer - 1) * 100, 1), **p95)


def elapsed_ms(ask: Callable[[], Any]) -> float:
    start = time.perf_counter()
    answer = ask()
    taken_ms = (time.perf_counter() - start) * 1e3
    assert answer.status_code == 200
    return taken_ms


def is_free(connection: Any) -> None:
    """The login of the private cluster is its administrator, whom no policy binds; telling so is not timed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (True,)


if __name__ == "__main__":
    sys.exit(on_both_databases(measure))
