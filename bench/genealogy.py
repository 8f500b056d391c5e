# ruff: noqa: S608 - the statements are made of numbers of this file
"""Genealogy at 5 M as-built edges: where-used, the whole tree and the check of a scan, on SQLite and PostgreSQL.

Peers in the same run, with the same rows asked for: the walk that makes a model object of every part, and a plain
recursive query. 1,000 simulated machines of 5,000 parts each, six levels deep, one part in a hundred replaced since.
"""

from __future__ import annotations

import os
import random
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from scenery import claim, database_name, member, on_both_databases, open_site, settle, timed

if TYPE_CHECKING:
    from collections.abc import Callable

    from samegauge.core.thread.models import Unit

MACHINES = int(os.environ.get("SAMEGAUGE_BENCH_MACHINES", "1000"))
PARTS, FAN, LOTS = 5_000, 5, 20_000
REPLACED_EVERY = 100
BUILT, REPLACED, NOW = (datetime(2026, month, 1, tzinfo=UTC) for month in (1, 4, 7))
# What fits the memory of the database after warm-up: a service desk asks about the same lot again and again.
LOTS_ASKED = 20
ROUNDS, PEER_ROUNDS = 100, 8

NUMBERS = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {last}) ",
    "postgresql": "WITH n(i) AS (SELECT generate_series(0::bigint, {last})) ",
}
UID = {"sqlite": "lower(hex(randomblob(16)))", "postgresql": "gen_random_uuid()"}
FALSE = {"sqlite": "0", "postgresql": "false"}


def fill(organisation: Any) -> None:
    """Write everything inside the database: from Python it would take half an hour."""
    from django.db import connection

    from samegauge.core.database_walls.building import rebuilt
    from samegauge.core.scope import organisation_scope
    from samegauge.core.thread.models import Item, Lot, LotKind, Unit
    from samegauge.core.thread.rules import Fact, Recorder, record

    with organisation_scope(organisation):
        machine = Item.objects.create(number="VMC-1000", name="machine", kind="machine")
        assembly = Item.objects.create(number="ASSEMBLY", name="assembly", kind="assembly")
        parts = [Item(number=f"PART-{place:03d}", name="part", kind="part") for place in range(400)]
        first_part = Item.objects.bulk_create(parts)[0].pk
        lots = [Lot(number=f"L-{place:05d}", kind=LotKind.DELIVERY) for place in range(LOTS)]
        first_lot = Lot.objects.bulk_create(lots, batch_size=2000)[0].pk
        seed = Unit.objects.create(serial="SEED", item=assembly)
        event = record(Fact("installed", BUILT, {"bench": True}, unit=seed), Recorder(actor_name="bench")).pk
    base, size, own = seed.pk + 1, PARTS + 1, organisation.pk
    vendor = connection.vendor
    # A part of the last level in a machine; its number tells its place.
    place, number = f"(i % {size})", f"(i / {size})"
    inner = (PARTS - 1) // FAN
    item = (
        f"CASE WHEN {place} = 0 THEN {machine.pk} WHEN {place} <= {inner} THEN {assembly.pk} "
        f"ELSE {first_part} + {place} % 400 END"
    )
    # Each item has fifty lots, used up by one machine after another: 250 parts a lot, in twenty machines.
    lot = f"CASE WHEN {place} > {inner} THEN {first_lot} + ({place} % 400) * 50 + {number} * 50 / {MACHINES} END"
    columns = "(uid, serial, item_id, lot_id, simulated, registered_at, organisation_id, id)"
    # Every hundredth part has come in the place of another one.
    last = MACHINES * size - 1
    spare = base + last + 1
    statements = [
        NUMBERS[vendor].format(last=last)
        + f"INSERT INTO thread_unit {columns} SELECT {UID[vendor]}, 'M' || {number} || '-' || {place}, {item}, {lot}, "
        f"{FALSE[vendor]}, '{BUILT:%Y-%m-%d %H:%M:%S}', {own}, {base} + i FROM n",
        NUMBERS[vendor].format(last=last)
        + f"INSERT INTO thread_unit {columns} SELECT {UID[vendor]}, 'OLD-' || i, {item}, {lot}, {FALSE[vendor]}, "
        f"'{BUILT:%Y-%m-%d %H:%M:%S}', {own}, {spare} + i FROM n WHERE {place} > 0 AND i % {REPLACED_EVERY} = 7",
        NUMBERS[vendor].format(last=last)
        + "INSERT INTO thread_asbuiltedge (parent_id, child_id, position, valid_from, installed_event_id, "
        f"organisation_id) SELECT {base} + {number} * {size} + ({place} - 1) / {FAN}, {base} + i, 'P' || {place}, "
        f"CASE WHEN i % {REPLACED_EVERY} = 7 THEN '{REPLACED:%Y-%m-%d %H:%M:%S}' "
        f"ELSE '{BUILT:%Y-%m-%d %H:%M:%S}' END{'' if vendor == 'sqlite' else '::timestamptz'}, {event}, {own} "
        f"FROM n WHERE {place} > 0",
        NUMBERS[vendor].format(last=last)
        + "INSERT INTO thread_asbuiltedge (parent_id, child_id, position, valid_from, valid_to, installed_event_id, "
        f"removed_event_id, organisation_id) SELECT {base} + {number} * {size} + ({place} - 1) / {FAN}, {spare} + i, "
        f"'P' || {place}, '{BUILT:%Y-%m-%d %H:%M:%S}', '{REPLACED:%Y-%m-%d %H:%M:%S}', {event}, {event}, {own} "
        f"FROM n WHERE {place} > 0 AND i % {REPLACED_EVERY} = 7",
    ]
    if vendor == "sqlite":
        in_bulk_on_sqlite(statements, rebuilt)
    else:
        in_bulk_on_postgresql(statements)


def in_bulk_on_sqlite(statements: list[str], rebuilt: Any) -> None:
    """Without the walls' triggers and with the indexes made afterwards."""
    from django.db import connection

    with rebuilt(connection), connection.cursor() as cursor:
        cursor.execute("PRAGMA foreign_keys=OFF")
        cursor.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL "
            "AND tbl_name IN ('thread_unit', 'thread_asbuiltedge')"
        )
        indexes = cursor.fetchall()
        for name, _sql in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
        for statement in statements:
            cursor.execute(statement)
        for _name, sql in indexes:
            cursor.execute(sql)
        cursor.execute("PRAGMA foreign_keys=ON")


def in_bulk_on_postgresql(statements: list[str]) -> None:
    """As its administrator without the checks of references, of which each row would leave a dozen for the commit."""
    from django.db import connection

    from samegauge.core.database_walls.building import as_owner

    with as_owner(connection), connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for statement in statements:
            cursor.execute(statement)
        cursor.execute("SET session_replication_role = origin")


# Both peers give the same rows as ours: unit, serial number, item, position, since, until, depth.
TREE = """WITH RECURSIVE tree(child_id, depth, position, valid_from, valid_to) AS (
    SELECT child_id, 1, position, valid_from, valid_to FROM thread_asbuiltedge WHERE parent_id = %(root)s
        AND organisation_id = %(own)s AND retracted_at IS NULL AND valid_from <= %(at)s
        AND (valid_to IS NULL OR valid_to > %(at)s)
    UNION ALL
    SELECT e.child_id, t.depth + 1, e.position, e.valid_from, e.valid_to FROM tree t
        JOIN thread_asbuiltedge e ON e.parent_id = t.child_id
        WHERE e.organisation_id = %(own)s AND e.retracted_at IS NULL AND e.valid_from <= %(at)s
        AND (e.valid_to IS NULL OR e.valid_to > %(at)s))
    SELECT t.child_id, u.serial, i.number, t.position, t.valid_from, t.valid_to, t.depth
    FROM tree t JOIN thread_unit u ON u.id = t.child_id JOIN thread_item i ON i.id = u.item_id"""
HOLDERS = """WITH RECURSIVE above(parent_id, depth) AS (
    SELECT parent_id, 1 FROM thread_asbuiltedge WHERE child_id = %(root)s AND organisation_id = %(own)s
        AND retracted_at IS NULL AND valid_from <= %(at)s AND (valid_to IS NULL OR valid_to > %(at)s)
    UNION ALL
    SELECT e.parent_id, a.depth + 1 FROM above a JOIN thread_asbuiltedge e ON e.child_id = a.parent_id
        WHERE e.organisation_id = %(own)s AND e.retracted_at IS NULL AND e.valid_from <= %(at)s
        AND (e.valid_to IS NULL OR e.valid_to > %(at)s))
    SELECT a.parent_id, u.serial, i.number, a.depth
    FROM above a JOIN thread_unit u ON u.id = a.parent_id JOIN thread_item i ON i.id = u.item_id"""


def recursive(question: str, root: Unit) -> int:
    """Ask it as one would who writes SQL by hand; PostgreSQL's row-level security holds here too."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(question, {"root": root.pk, "own": root.organisation_id, "at": NOW})  # type: ignore[attr-defined]
        return len(cursor.fetchall())


def by_models(root: Unit, near: str, far: str) -> int:
    """Go level by level with a model object for every edge, unit and item."""
    from samegauge.core.thread.genealogy import in_force
    from samegauge.core.thread.models import AsBuiltEdge

    rows = AsBuiltEdge.objects.filter(in_force(NOW)).select_related(f"{far}__item")
    level, found = [root.pk], 0
    while level:
        edges = list(rows.filter(**{f"{near}_id__in": level}).order_by("position", "valid_from", "pk"))
        level = [getattr(edge, f"{far}_id") for edge in edges]
        found += len(edges)
    return found


def measure() -> list[dict[str, Any]]:
    open_site()
    from samegauge.core.scope import organisation_scope

    _client, organisation = member()
    fill(organisation)
    settle()
    with organisation_scope(organisation):
        return [*trees(), *holders(), *lots(), *scans()]


def trees() -> list[dict[str, Any]]:
    from samegauge.core.thread.genealogy import as_built

    asked = _picker(lambda chance: f"M{chance.randrange(MACHINES)}-0")
    sizes = {len(as_built(asked(), NOW)), by_models(asked(), "parent", "child"), recursive(TREE, asked())}
    assert sizes == {PARTS}
    ours = timed(lambda: as_built(asked(), NOW), ROUNDS)
    peers = {
        "model objects": timed(lambda: by_models(asked(), "parent", "child"), PEER_ROUNDS),
        "recursive query": timed(lambda: recursive(TREE, asked()), PEER_ROUNDS),
    }
    return _claims(f"as built, {PARTS:,} parts", ours, peers, floor_ms=50)


def holders() -> list[dict[str, Any]]:
    from samegauge.core.thread.genealogy import used_in

    asked = _picker(lambda chance: f"M{chance.randrange(MACHINES)}-{chance.randrange(PARTS // 2, PARTS)}")
    part = asked()
    assert len(used_in(part, NOW)) == by_models(part, "child", "parent") == recursive(HOLDERS, part)
    ours = timed(lambda: used_in(asked(), NOW), ROUNDS * 2)
    peers = {
        "model objects": timed(lambda: by_models(asked(), "child", "parent"), ROUNDS),
        "recursive query": timed(lambda: recursive(HOLDERS, asked()), ROUNDS),
    }
    return _claims("where-used of a part", ours, peers, floor_ms=20)


def lots() -> list[dict[str, Any]]:
    """All parts of a lot, each up to its machine, ever; the peer asks part by part."""
    from samegauge.core.thread.genealogy import used_in, uses_of
    from samegauge.core.thread.models import Lot, Unit

    chance = random.Random(5)
    known = chance.sample(list(Lot.objects.order_by("pk")[:LOTS]), LOTS_ASKED)
    keys = {lot.pk: list(Unit.objects.filter(lot=lot).values_list("pk", flat=True)) for lot in known}

    def ours() -> int:
        parts = Unit.objects.filter(lot=chance.choice(known)).order_by().values_list("pk", flat=True)
        return len({use.machine_id for use in uses_of(parts)})

    def one_by_one() -> None:
        for part in Unit.objects.filter(pk__in=keys[chance.choice(known).pk]):
            used_in(part)

    machines = ours()
    took, peer = timed(ours, ROUNDS), timed(one_by_one, 3)
    name = f"a lot of {len(keys[known[0].pk])} parts to its {machines} machines"
    return _claims(name, took, {"part by part": peer}, floor_ms=20)


def scans() -> list[dict[str, Any]]:
    from samegauge.core.thread.models import AsBuiltEdge, Block, Unit
    from samegauge.core.thread.parts import check_part

    chance = random.Random(7)

    def ours() -> None:
        found = check_part(f"M{chance.randrange(MACHINES)}-{chance.randrange(PARTS // 2, PARTS)}")
        assert found.state == "used"

    def naive() -> None:
        """What a page without such a question would do: the unit, all its edges ever, all blocks."""
        unit = Unit.objects.select_related("item").get(serial=f"M{chance.randrange(MACHINES)}-{PARTS - 1}")
        assert [edge for edge in AsBuiltEdge.objects.select_related("parent").filter(child=unit) if not edge.valid_to]
        assert not list(Block.objects.filter(unit=unit))

    return _claims("check of a scan", timed(ours, ROUNDS * 2), {"three queries": timed(naive, ROUNDS)}, floor_ms=200)


def _picker(serial: Callable[[random.Random], str]) -> Callable[[], Unit]:
    """Units by chance; finding one by its serial number is not what is measured, so it is done before."""
    from samegauge.core.thread.models import Unit

    chance = random.Random(3)
    names = {serial(chance) for _ in range(400)}
    units = list(Unit.objects.filter(serial__in=names))
    return lambda: chance.choice(units)


def _claims(name: str, ours: Any, peers: dict[str, Any], floor_ms: int) -> list[dict[str, Any]]:
    """Ours at the 95th percentile against each peer's."""
    return [
        claim(
            f"{name}, p95, {database_name()}, against {peer}",
            ours.p95_ms,
            times.p95_ms,
            median_ms=round(ours.median_ms, 2),
            floor_ms=floor_ms,
        )
        for peer, times in peers.items()
    ]


if __name__ == "__main__":
    sys.exit(on_both_databases(measure))
