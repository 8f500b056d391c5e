"""What is in what, and was: one recursive query for a whole walk, and one for the names of what it found.

The edges within the recursion are a query that the wall between organisations has compiled. Answers are plain rows,
read as text where Django would convert each value: five thousand parts as model objects would cost several times what
finding them costs (bench/genealogy.py).
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import BooleanField, F, Func, Q, TextField
from django.db.models.functions import Cast

from samegauge.core.thread.models import AsBuiltEdge, Item, ItemKind, Unit

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_DEPTH = 50
MOST_VALUES = 10_000
# Two edges follow each other only while both are in force: what came out of A before A went into B was never in B.
# So a walk carries the stretch in which all its edges were; without one left it ends there, and never goes in circles.
WALK = """WITH RECURSIVE walk AS (
    SELECT q.id AS edge_id, q.parent_id, q.child_id, q.position, q.valid_from, q.valid_to,
        q.child_id AS origin, 1 AS depth, q.valid_from AS since, q.valid_to AS until
    FROM ({edges}) q WHERE {start}
    UNION ALL
    SELECT q.id, q.parent_id, q.child_id, q.position, q.valid_from, q.valid_to, w.origin, w.depth + 1,
        CASE WHEN q.valid_from > w.since THEN q.valid_from ELSE w.since END,
        CASE WHEN q.valid_to IS NULL OR w.until < q.valid_to THEN w.until ELSE q.valid_to END
    FROM walk w JOIN ({edges}) q ON q.{near} = w.{far}
    WHERE w.depth < %s AND (q.valid_to IS NULL OR q.valid_to > w.since) AND (w.until IS NULL OR q.valid_from < w.until)
) SELECT {columns} FROM walk ORDER BY depth, position, valid_from, edge_id"""
DEEPEST = 1_000
_PARENT, _CHILD = 4, 5  # places in a row of `_branches`
_EDGE = ("id", "parent_id", "child_id", "position", "valid_from", "valid_to")


class Among(Func):
    """Whether a column holds one of many keys: all in one value, because Django would prepare each by itself."""

    def __init__(self, column: str, keys: Iterable[int]) -> None:
        super().__init__(F(column), output_field=BooleanField())
        self.keys = list(keys)

    def as_sql(self, compiler: Any, connection: Any, **_context: Any) -> tuple[str, list[Any]]:  # noqa: ARG002 - Django's signature
        column, values = compiler.compile(self.source_expressions[0])
        among, wanted = _among(column, self.keys)
        return among, [*values, wanted]


def _among(column: str, keys: list[int]) -> tuple[str, Any]:
    if connection.vendor == "sqlite":
        return f"{column} IN (SELECT value FROM json_each(%s))", json.dumps(keys)  # noqa: S608 - a column's own name
    # As text: the driver would look at each key of a list by itself.
    return f"{column} = ANY(%s::bigint[])", "{" + ",".join(map(str, keys)) + "}"


def _fetched(rows: Any) -> list[Any]:
    """The rows as the database gives them, past Django's converters and not past the wall."""
    try:
        sql, values = rows.query.get_compiler(connection=connection).as_sql()
    except EmptyResultSet:
        return []
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


@lru_cache(maxsize=4096)
def _instant(text: str) -> datetime:
    """SQLite leaves out the zone, which is UTC. Many parts went in at the same moment."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def in_force(at: datetime) -> Q:
    return Q(valid_from__lte=at) & (Q(valid_to__isnull=True) | Q(valid_to__gt=at))


def after(at: datetime) -> Q:
    """Edges in force at some moment from `at` on: a place recorded for later counts too."""
    return Q(valid_to__isnull=True) | Q(valid_to__gt=at)


class Branch(NamedTuple):
    """One unit of a tree, the edge by which it was reached, and its depth below or above the root."""

    depth: int
    since: datetime
    until: datetime | None
    edge_id: int
    parent_id: int
    child_id: int
    position: str
    unit_id: int
    uid_text: str
    serial: str
    item: str
    revision: str | None
    lot_id: int | None
    simulated: bool

    @property
    def uid(self) -> UUID:
        return UUID(self.uid_text)


def as_built(root: Unit, at: datetime | None, max_depth: int = MAX_DEPTH) -> list[Branch]:
    """Return what is in `root` at a moment or ever was (None), parents before children."""
    return _branches(root, "parent_id", _standing(at), max_depth)


def used_in(unit: Unit, at: datetime | None = None) -> list[Branch]:
    """Return every unit that holds this one at a moment or ever did (None), nearest first."""
    return _branches(unit, "child_id", _standing(at))


def is_inside(unit: Unit, holder: Unit, since: datetime, until: datetime | None = None) -> bool:
    """Whether `holder` contains `unit` at any moment of a stretch, by default of all the time that follows.

    Stretches of which every two meet have a moment in common, so it is enough that each edge meets the one asked for.
    """
    meeting = AsBuiltEdge.objects.filter(after(since), **({"valid_from__lt": until} if until else {}))
    return holder.pk in {parent for (parent,) in _walk([unit.pk], "child_id", meeting, "parent_id", sys.maxsize)}


def _standing(at: datetime | None) -> Any:
    return AsBuiltEdge.objects.filter(in_force(at)) if at else AsBuiltEdge.objects.all()


def _walk(starts: Iterable[int], near: str, edges: Any, columns: str, max_depth: int = MAX_DEPTH) -> list[Any]:
    """Follow edges away from their `near` ends; their SQL comes from the wall's own compiler."""
    try:
        sql, values = edges.order_by().values_list(*_EDGE).query.get_compiler(connection=connection).as_sql()
    except EmptyResultSet:
        return []
    start, wanted = _among(f"q.{near}", list(starts))
    far = "child_id" if near == "parent_id" else "parent_id"
    question = WALK.format(edges=sql, start=start, near=near, far=far, columns=columns)
    with connection.cursor() as cursor:
        cursor.execute(question, [*values, wanted, *values, min(max_depth, DEEPEST)])
        return cursor.fetchall()


def _branches(root: Unit, near: str, edges: Any, max_depth: int = MAX_DEPTH) -> list[Branch]:
    columns = "depth, CAST(valid_from AS text), CAST(valid_to AS text), edge_id, parent_id, child_id, position"
    place = _CHILD if near == "parent_id" else _PARENT
    found: dict[int, tuple[Any, ...]] = {}
    for row in _walk([root.pk], near, edges, columns, max_depth):
        found.setdefault(row[place], row)
    found.pop(root.pk, None)
    of_unit = (
        "pk",
        Cast("uid", TextField()),
        "serial",
        "item__number",
        "revision__label",
        "lot_id",
        "simulated",
    )
    # Asked apart: joined to the walk, PostgreSQL would read every unit there is to name some thousand.
    named = Unit.everything.filter(Among("pk", found)).values_list(*of_unit).order_by()
    names = {row[0]: row for row in _fetched(named)} if found else {}
    return [
        Branch(depth, _instant(since), until and _instant(until), *rest, *names[key])
        for key, (depth, since, until, *rest) in found.items()
        if key in names  # a window may hide some
    ]


def batches(keys: list[Any]) -> list[list[Any]]:
    """Databases bound the number of values in one query."""
    return [keys[start : start + MOST_VALUES] for start in range(0, len(keys), MOST_VALUES)]


def descendant_counts(root: Unit, at: datetime) -> dict[int, int]:
    """Return, for each unit directly in `root` at a moment, how many units lie below it."""
    top_of: dict[int, int] = {}
    for top, child in _walk([root.pk], "parent_id", _standing(at), "origin, child_id"):
        top_of.setdefault(child, top)
    counted = Counter(top for child, top in top_of.items() if child != top)
    return {child: counted[child] for child, top in top_of.items() if child == top}


class Use(NamedTuple):
    """A part was in a machine, at whatever depth, from a moment until another (None: it still is)."""

    part_id: int
    machine_id: int
    since: datetime
    until: datetime | None


def uses_of(parts: Iterable[int]) -> list[Use]:
    """Return in which machines parts are or ever were, and from when to when, for all of them in one walk."""
    columns = "origin, parent_id, CAST(since AS text), CAST(until AS text)"
    ways = _walk(parts, "child_id", AsBuiltEdge.objects.all(), columns)
    place = {machine: place for place, machine in enumerate(_machines({holder for _part, holder, *_span in ways}))}
    found = [
        Use(part, holder, _instant(since), until and _instant(until))
        for part, holder, since, until in ways
        if holder in place
    ]
    return sorted(found, key=lambda use: (place[use.machine_id], use.since, use.part_id))


def _machines(units: Iterable[int]) -> list[int]:
    """Those of the units that are machines, by serial number."""
    models = list(Item.objects.filter(kind=ItemKind.MACHINE).values_list("pk", flat=True))
    rows = Unit.everything.filter(Among("pk", units), item_id__in=models)
    return list(rows.order_by("serial").values_list("pk", flat=True))
