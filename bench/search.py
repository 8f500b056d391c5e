"""The search box over 1,000,000 records: ours against the same question by `icontains` over the same columns."""

from __future__ import annotations

import os
import random
import statistics
import sys
import time
from typing import TYPE_CHECKING, Any

from scenery import claim, database_name, member, on_both_databases, open_site, settle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

RECORDS = int(os.environ.get("SAMEGAUGE_BENCH_RECORDS", "1000000"))
ITEMS = RECORDS // 50
AT_ONCE = 10_000
PARTS = (
    ("flange", "法蘭"),
    ("spindle head", "主軸頭"),
    ("guide block", "滑塊"),
    ("ball screw", "滾珠螺桿"),
    ("bed casting", "床身鑄件"),
    ("turret", "刀塔"),
    ("rotary table", "旋轉工作台"),
    ("column", "立柱"),
    ("saddle", "鞍座"),
    ("coolant tank", "水箱"),
)
MATERIALS = (("grey iron", "灰鑄鐵"), ("steel", "鋼"), ("ductile iron", "球墨鑄鐵"), ("aluminium", "鋁合金"))
RARE = ("expansion bellows", "伸縮護罩")
PREFIXES = ("TX-650", "TX-800", "SH-22", "GR-10", "LG-26", "BS-40", "C-7", "M-3")
INDEXING_ROUNDS = 5
INDEXING_UNITS = 2_000
NAIVE_QUESTIONS = 24


def serial(place: int) -> str:
    return f"{PREFIXES[place % len(PREFIXES)]}-{place:07d}"


def fill() -> None:
    from samegauge.core.thread.models import Item, Unit

    draw = random.Random(3)
    for start in range(0, ITEMS, AT_ONCE):
        rows = []
        for place in range(start, min(start + AT_ONCE, ITEMS)):
            part, material = draw.choice(PARTS), draw.choice(MATERIALS)
            if place % 5_000 == 7:
                part = RARE
            rows.append(
                Item(number=f"IT-{place:06d}", name=f"{part[0]} {material[0]}", name_zh=f"{material[1]}{part[1]}",
                     kind="part")
            )  # fmt: skip
        Item.objects.bulk_create(rows)
    item = Item.objects.earliest("pk")
    for start in range(0, RECORDS - ITEMS, AT_ONCE):
        Unit.objects.bulk_create(
            [Unit(serial=serial(place), item=item) for place in range(start, min(start + AT_ONCE, RECORDS - ITEMS))]
        )


def questions() -> dict[str, list[str]]:
    """By what makes them easy or hard."""
    draw = random.Random(7)
    last = RECORDS - ITEMS - 1

    def some() -> str:
        return serial(draw.randint(0, last))

    return {
        "whole serial": [some() for _ in range(12)],
        "without hyphens": [some().replace("-", "").lower() for _ in range(12)],
        "beginning of a serial": [some()[:-2] for _ in range(12)],
        "short beginning": [*PREFIXES, "tx", "it-0"],
        "middle of a serial": [some()[-6:-1] for _ in range(12)],
        "last four digits": [some()[-4:] for _ in range(12)],
        "two Chinese characters": ["法蘭", "滑塊", "刀塔", "立柱", "鞍座", "水箱", "護罩", "鑄鐵"],
        "one Chinese character": ["法", "鋼", "鋁", "罩", "軸"],
        "Chinese words": ["灰鑄鐵法蘭", "球墨 主軸頭", "鋁合金 水箱", "鋼 刀塔"],
        "English words": ["flange", "bellows", "spindle iron", "grey turret", "steel column", "rotary"],
        "no hit": ["zzzz", "TX-650-99X9", "夾爪", "法螺", "QQ-1", "flangee", "0000 夾"],
    }


def naive(asked: str) -> int:
    """The usual way: the ten first of each kind whose columns contain the text."""
    from django.db.models import Q

    from samegauge.core.thread.models import Item, Unit

    matching = Q(number__icontains=asked) | Q(name__icontains=asked) | Q(name_zh__icontains=asked)
    units = Unit.objects.filter(serial__icontains=asked).select_related("item")[:10]
    return len(units) + len(Item.objects.filter(matching)[:10])


def elapsed_ms(ask: Callable[[str], Any], asked: Iterable[str]) -> list[float]:
    taken = []
    for one in asked:
        start = time.perf_counter()
        ask(one)
        taken.append((time.perf_counter() - start) * 1e3)
    return taken


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[18]


def measure() -> list[dict[str, Any]]:
    open_site()
    from samegauge.core.scope import organisation_scope

    client, organisation = member()
    with organisation_scope(organisation):
        started_s = time.perf_counter()
        fill()
        filled_s = time.perf_counter() - started_s
    settle()

    def ours(asked: str) -> None:
        answer = client.get("/search/suggestions/", {"q": asked})
        assert answer.status_code == 200

    classes = questions()
    every = [one for some in classes.values() for one in some]
    elapsed_ms(ours, every[:10])
    taken = {name: elapsed_ms(ours, some) for name, some in classes.items()}
    for name, values in taken.items():
        print(
            f"  {database_name():10} {name:24} median {statistics.median(values):7.1f} ms, worst {max(values):7.1f} ms"
        )
    all_taken = [value for values in taken.values() for value in values]
    with organisation_scope(organisation):
        chosen = random.Random(11).sample(every, NAIVE_QUESTIONS)
        theirs = elapsed_ms(naive, chosen)
        cost, share = cost_of_indexing(), size_of_index()
    name = f"search over {RECORDS:,} records, p95, {database_name()}"
    return [
        claim(
            name,
            p95(all_taken),
            p95(theirs),
            median_ms=round(statistics.median(all_taken), 2),
            worst_ms=round(max(all_taken), 2),
            floor_ms=150,
            filled_s=round(filled_s, 1),
        ),
        claim(f"units written a second while filed, {database_name()}", *cost, unit="1/s", **share),
    ]


def cost_of_indexing() -> tuple[float, float]:
    """Units written a second with their entries in the index, and without, turn by turn."""
    from samegauge.core import scope
    from samegauge.core.thread.models import Item, Unit

    item, followers = Item.objects.earliest("pk"), list(scope.FOLLOWERS)
    taken: dict[bool, list[float]] = {True: [], False: []}
    for turn in range(2 * INDEXING_ROUNDS):
        filed = turn % 2 == 0
        scope.FOLLOWERS[:] = followers if filed else []
        rows = [Unit(serial=f"W{turn}-{place:06d}", item=item) for place in range(INDEXING_UNITS)]
        taken[filed] += elapsed_ms(lambda _asked, rows=rows: Unit.objects.bulk_create(rows), [""])
    scope.FOLLOWERS[:] = followers
    return tuple(INDEXING_UNITS / statistics.median(taken[filed]) * 1e3 for filed in (True, False))  # type: ignore[return-value]


def size_of_index() -> dict[str, float]:
    """Rows of the index a record, and what they take of the disk a record."""
    from django.db import connection

    from samegauge.core.search.models import SearchEntry, SearchGram
    from samegauge.core.thread.models import Unit

    tables = [model._meta.db_table for model in (SearchEntry, SearchGram, Unit)]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            sizes = [_asked(cursor, f"SELECT pg_total_relation_size('{table}')") for table in tables]
        else:
            indexes = "SELECT name FROM sqlite_master WHERE tbl_name = '{0}' OR name = '{0}'"
            sizes = [
                _asked(
                    cursor,
                    f"SELECT sum(pgsize) FROM dbstat WHERE aggregate = TRUE AND name IN ({indexes.format(table)})",  # noqa: S608 - tables of ours
                )
                for table in tables
            ]
    entries = SearchEntry.objects.count()
    return {
        "grams_a_record": round(SearchGram.objects.count() / entries, 2),
        "index_bytes_a_record": round((sizes[0] + sizes[1]) / entries, 1),
        "unit_bytes_a_record": round(sizes[2] / (RECORDS - ITEMS), 1),
    }


def _asked(cursor: Any, question: str) -> float:
    cursor.execute(question)
    return float(cursor.fetchone()[0] or 0)


if __name__ == "__main__":
    sys.exit(on_both_databases(measure))
