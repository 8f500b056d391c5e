"""The sanity check of one organisation's log: everything that is in it, held against what is there and was signed."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from samegauge.core.measurement.models import Inspection, Measurement
from samegauge.core.merkle_log.keys import has_key
from samegauge.core.merkle_log.models import Answer, Entry, EntryKind, RowSeal, SignedState, Waiting, WitnessAnswer
from samegauge.core.merkle_log.seals import AT_ONCE, GONE, row_hash, rows_of, sealed_models
from samegauge.core.merkle_log.tree import current_log, leaves_of, log_key, tree_of
from samegauge.core.thread.models import AsBuiltEdge, Event
from samegauge.formats.checkpoint import CheckpointError, read_checkpoint
from samegauge.formats.merkle import GrowingRoot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from samegauge.core.merkle_log.models import Log

PLACED_WITHIN = timedelta(hours=1)
# Between the moment an import began and the moment its last event got its place.
TAKEN_IN_WITHIN = timedelta(days=1)
_KEYS_AT_ONCE = 2_000


@dataclass(frozen=True)
class Fault:
    """`kind` is one of the sanity check's; `where` names the row, the event or the place in the log."""

    kind: str
    where: str
    detail: str = ""


def examine_log() -> Iterator[Fault]:
    """Look at the log of the organisation in scope; it changes nothing."""
    log = current_log()
    yield from _standing(log)
    yield from altered_places(log)
    for model in sealed_models():
        yield from altered_rows(model, taken_over=log.taken_over_at is not None)
    yield from _edges()
    yield from _values()


def _standing(log: Log) -> Iterator[Fault]:
    if log.taken_over_at is None and Event.objects.exists():
        yield Fault("log_not_begun", log.origin)
    oldest = Waiting.objects.order_by("since").values_list("since", flat=True).first()
    if oldest is not None and oldest < datetime.now(UTC) - PLACED_WITHIN:
        yield Fault("log_behind", log.origin, f"{oldest:%Y-%m-%d %H:%M}")
    for one in WitnessAnswer.objects.filter(answer=Answer.REFUSED).order_by("witness"):
        yield Fault("witness_refuses", one.witness, one.said)


def altered_places(log: Log) -> Iterator[Fault]:
    """Every place in its order, its leaf in the tree, and every state that was ever signed; and nothing outside."""
    states = list(SignedState.objects.order_by("size", "pk"))
    sizes, signed_at = {state.size for state in states}, [(state.size, state.made_at) for state in states]
    tree, root = tree_of(log.size), GrowingRoot()
    leaves, roots = tree.leaves(), {0: root.root()}
    for entry, said, received in _entries():
        leaf = next(leaves, b"")
        if entry.index != root.size or said != leaf:
            yield Fault("log_entry_altered", f"{log.origin} {entry.index}", _named(entry))
        if received is not None and _is_back_dated(entry, received, signed_at):
            yield Fault("event_back_dated", _named(entry), f"{received:%Y-%m-%d %H:%M}")
        root.append(leaf)
        if root.size in sizes:
            roots[root.size] = root.root()
    if root.size != log.size or root.root() != tree.root():
        yield Fault("log_entry_altered", f"{log.origin} {log.size}", f"{root.size}")
    yield from _states(log, states, roots)
    yield from _coverage(log)


def _entries() -> Iterator[tuple[Entry, bytes | None, datetime | None]]:
    """Entries in their order, each with what stands for it now and, of an event, when it says it was taken in."""
    entries = Entry.objects.order_by("index").iterator(_KEYS_AT_ONCE)
    while some := list(islice(entries, _KEYS_AT_ONCE)):
        said = leaves_of(some)
        events = [entry.key for entry in some if entry.kind == EntryKind.EVENT]
        received = dict(Event.objects.filter(pk__in=events).order_by().values_list("pk", "receive_time"))
        for entry in some:
            at = received.get(entry.key) if entry.kind == EntryKind.EVENT else None
            yield entry, said.get((entry.kind, entry.key)), at


def _states(log: Log, states: list[SignedState], roots: dict[int, bytes]) -> Iterator[Fault]:
    if not states:
        return
    if not has_key(log.organisation):  # said as a missing key; without it no signature can be judged
        return
    own = log_key(log)
    for state in states:
        try:
            signed = read_checkpoint(state.note)
        except CheckpointError as error:
            yield Fault("log_state_altered", f"{log.origin} {state.size}", str(error))
            continue
        said = signed.checkpoint
        name_key = own if said.origin == own.name else type(own)(said.origin, own.key)
        if said.size != state.size or said.root != roots.get(said.size) or not signed.signed_by(name_key):
            yield Fault("log_state_altered", f"{said.origin} {state.size}", f"{state.made_at:%Y-%m-%d %H:%M}")


def _is_back_dated(entry: Entry, received: datetime, signed_at: list[tuple[int, datetime]]) -> bool:
    """Whether an event says that it was taken in long before a state was signed that does not hold it yet."""
    place = bisect_right(signed_at, entry.index, key=lambda state: state[0])
    return place > 0 and received < signed_at[place - 1][1] - TAKEN_IN_WITHIN


def _named(entry: Entry) -> str:
    if entry.kind == EntryKind.SEAL:
        uid = RowSeal.objects.filter(pk=entry.key).values_list("uid", flat=True).first()
    else:
        uid = Event.objects.filter(pk=entry.key).values_list("uid", flat=True).first()
    return str(uid or entry.key)


def _coverage(log: Log) -> Iterator[Fault]:
    """No event outside the log, none of the log gone, no seal either."""
    for kind, model in ((EntryKind.EVENT, Event), (EntryKind.SEAL, RowSeal)):
        there: Any = model.objects.order_by()
        known = set(Entry.objects.filter(kind=kind).values_list("key", flat=True))
        waiting = set(Waiting.objects.filter(kind=kind).values_list("key", flat=True))
        present = set(there.values_list("pk", flat=True))
        for key in sorted(present - known - waiting) if log.taken_over_at else ():
            yield Fault("event_not_logged", str(there.filter(pk=key).values_list("uid", flat=True)[0]))
        for key in sorted((known | waiting) - present):
            yield Fault("event_missing", f"{EntryKind(kind).name.lower()} {key}")


def altered_rows(model: Any, *, taken_over: bool) -> Iterator[Fault]:
    """Rows against their last seals."""
    label = model._meta.label_lower
    last = _last_seals(label)
    standing = {key for key, (_columns, digest) in last.items() if digest != GONE}
    seen: set[int] = set()
    for columns in sorted({columns for columns, _digest in last.values()}):
        for key, digest in _hashed(model, columns):
            if key in last and last[key][0] == columns:
                seen.add(key)
                if digest not in {None, last[key][1]}:
                    yield Fault("row_altered", f"{label} {key}")
    yield from (Fault("row_missing", f"{label} {key}") for key in sorted(standing - seen))
    if taken_over:
        keys = model._base_manager.order_by("pk").values_list("pk", flat=True).iterator(_KEYS_AT_ONCE)
        yield from (Fault("row_added", f"{label} {key}") for key in keys if key not in standing)


def _hashed(model: Any, columns: str) -> Iterator[tuple[int, bytes | None]]:
    """Keys of the rows with the hash over these columns; None where one of an older version is gone."""
    names, present = columns.split(), {field.attname for field in model._meta.concrete_fields}
    whole = present.issuperset(names)
    rows = model._base_manager.order_by().values_list("pk", *(names if whole else ()))
    for key, *values in rows.iterator(_KEYS_AT_ONCE):
        yield key, row_hash(values) if whole else None


def _last_seals(label: str) -> dict[int, tuple[str, bytes]]:
    """Of each row the columns and the hash of its last seal."""
    last: dict[int, tuple[str, bytes]] = {}
    for one in RowSeal.objects.filter(table=label).order_by("pk").iterator(AT_ONCE):
        last.update((key, (one.columns, digest)) for key, digest in rows_of(one))
    return last


def _edges() -> Iterator[Fault]:
    """What is in what, against the events that say so; a row that was altered and lawfully sealed later shows here."""
    edges = AsBuiltEdge.everything.select_related("parent", "child", "installed_event", "removed_event")
    ended: set[int] = set()
    for edge in edges.order_by("pk").iterator(_KEYS_AT_ONCE):
        said = {"parent": edge.parent.serial, "child": edge.child.serial, "position": edge.position}
        installed, removed = edge.installed_event, edge.removed_event
        fits = _says(installed, "installed", edge.child_id, edge.valid_from, said)
        if removed is not None:
            ended.add(removed.pk)
            fits = fits and _says(removed, "removed", edge.child_id, edge.valid_to, said)
        if not fits or (removed is None) != (edge.valid_to is None):
            yield Fault("row_contradicts_event", f"{edge._meta.label_lower} {edge.pk}", str(installed.uid))
    standing = Event.objects.filter(kind="removed", superseded_by__isnull=True, batch__undone_at__isnull=True)
    for event in standing.exclude(unit__isnull=True).order_by("pk").iterator(_KEYS_AT_ONCE):
        if event.pk not in ended and "withdrawn" not in event.payload:
            yield Fault("row_contradicts_event", AsBuiltEdge._meta.label_lower, str(event.uid))


def _says(event: Event, kind: str, unit_id: int, at: datetime | None, said: dict[str, str]) -> bool:
    same = event.kind == kind and event.unit_id == unit_id and event.device_time == at
    return same and all(event.payload.get(name, "") == value for name, value in said.items())


def _values() -> Iterator[Fault]:
    """Measured values, against the events that state them by the keys of their characteristics."""
    inspections = Inspection.everything.filter(event__kind="inspected").select_related("event").order_by("pk")
    rows = inspections.iterator(AT_ONCE)
    while some := list(islice(rows, AT_ONCE)):
        found: dict[int, dict[str, float | None]] = {row.pk: {} for row in some}
        measured = Measurement.everything.filter(inspection__in=some).order_by()
        for inspection_id, key, actual in measured.values_list("inspection_id", "characteristic__key", "actual"):
            found[inspection_id][key] = actual
        for row in some:
            stated = row.event.payload.get("actuals")
            if isinstance(stated, dict) and stated != found[row.pk]:
                yield Fault("row_contradicts_event", f"{row._meta.label_lower} {row.pk}", str(row.event.uid))
