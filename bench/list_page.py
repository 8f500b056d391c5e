"""The list page of 100,000 records: ours against a page cut from the whole list with one verdict query a row."""

from __future__ import annotations

import sys
from typing import Any

from scenery import claim, database_name, member, on_both_databases, open_site, settle, timed

RECORDS = 100_000
SHOWN = 50


def fill(organisation: Any) -> None:
    from samegauge.core.scope import organisation_scope
    from samegauge.core.thread.models import Item, Unit

    with organisation_scope(organisation):
        items = [Item.objects.create(number=f"ITEM-{place:02d}", name="part", kind="part") for place in range(20)]
        for start in range(0, RECORDS, 10_000):
            Unit.objects.bulk_create(
                [Unit(serial=f"SN-{place:06d}", item=items[place % 20]) for place in range(start, start + 10_000)]
            )


def measure() -> list[dict[str, Any]]:
    open_site()
    from django.template import engines

    from samegauge.core.measurement.models import Inspection
    from samegauge.core.scope import organisation_scope
    from samegauge.core.thread.models import Unit

    client, organisation = member()
    fill(organisation)
    template = engines["django"].from_string(
        "<table>{% for unit, verdict in rows %}"
        "<tr><td>{{ unit.serial }}<td>{{ unit.item.number }}<td>{{ verdict }}{% endfor %}</table>"
    )

    def ours() -> None:
        assert client.get("/units/?page=900").status_code == 200

    def naive() -> None:
        with organisation_scope(organisation):
            units = sorted(Unit.objects.all(), key=lambda unit: unit.serial)[900 * SHOWN : 901 * SHOWN]
            rows = [(unit, [row.verdict for row in Inspection.objects.filter(unit=unit)]) for unit in units]
            template.render({"rows": rows})

    settle()
    our_times, naive_times = timed(ours, 60), timed(naive, 5)
    name = f"list page of {RECORDS:,} records, p95, {database_name()}"
    return [claim(name, our_times.p95_ms, naive_times.p95_ms, median_ms=round(our_times.median_ms, 2), floor_ms=100)]


if __name__ == "__main__":
    sys.exit(on_both_databases(measure))
