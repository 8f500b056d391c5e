"""The thread page of a unit with 5,000 descendants: ours against walking the tree with one query a unit."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Any

from scenery import claim, database_name, member, on_both_databases, open_site, settle, timed

DESCENDANTS = 5_000
FAN = 10


def fill(organisation: Any) -> Any:
    """Make the tree; return its root."""
    from samegauge.core.scope import organisation_scope
    from samegauge.core.thread.models import AsBuiltEdge, Item, Unit
    from samegauge.core.thread.rules import Fact, Recorder, record

    then = datetime(2026, 1, 1, tzinfo=UTC)
    with organisation_scope(organisation):
        item = Item.objects.create(number="ASSEMBLY", name="assembly", kind="assembly")
        units = Unit.objects.bulk_create(
            [Unit(serial=f"SN-{place:05d}", item=item) for place in range(DESCENDANTS + 1)]
        )
        event = record(Fact("installed", then, {"bench": True}, unit=units[0]), Recorder(actor_name="bench"))
        AsBuiltEdge.objects.bulk_create(
            [
                AsBuiltEdge(
                    parent=units[(place - 1) // FAN], child=units[place], valid_from=then, installed_event=event
                )
                for place in range(1, DESCENDANTS + 1)
            ]
        )
    return units[0]


def measure() -> list[dict[str, Any]]:
    open_site()
    from samegauge.core.scope import organisation_scope
    from samegauge.core.thread.models import AsBuiltEdge, Unit
    from samegauge.core.thread.rules import in_force

    client, organisation = member()
    root = fill(organisation)

    def ours() -> None:
        assert client.get(f"/units/{root.uid}/").status_code == 200

    def naive() -> None:
        now = datetime.now(UTC)

        def walk(unit: Unit) -> int:
            edges = AsBuiltEdge.objects.filter(in_force(now), parent=unit).select_related("child")
            return sum(1 + walk(edge.child) for edge in edges)

        with organisation_scope(organisation):
            assert walk(root) == DESCENDANTS

    settle()
    our_times, naive_times = timed(ours, 60), timed(naive, 3)
    name = f"thread page with {DESCENDANTS:,} descendants, p95, {database_name()}"
    return [claim(name, our_times.p95_ms, naive_times.p95_ms, median_ms=round(our_times.median_ms, 2), floor_ms=150)]


if __name__ == "__main__":
    sys.exit(on_both_databases(measure))
