"""The log of the organisation in scope: what waits gets its place, and the tree over the places is asked for proofs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction

from samegauge.core.merkle_log.keys import has_key, organisation_key
from samegauge.core.merkle_log.models import Entry, EntryKind, Log, RowSeal, SignedState, Tile, Waiting
from samegauge.core.merkle_log.seals import AT_ONCE, rows_of, seal, seal_leaf, sealed_models
from samegauge.core.scope import current_organisation_id
from samegauge.core.thread.models import Event
from samegauge.formats.checkpoint import Checkpoint, CheckpointError, NoteKey, read_checkpoint, signed_checkpoint
from samegauge.formats.tiles import TileTree

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from samegauge.formats.checkpoint import SignedCheckpoint

PLACED_AT_ONCE = 5_000


class LogKeyGoneError(Exception):
    """The organisation has signed its log with a key that is not here any more."""


class _Tiles:
    """The tiles in the database; what is written goes there in one statement at the end."""

    def __init__(self) -> None:
        self._written: dict[tuple[int, int], bytes] = {}

    def read(self, level: int, number: int) -> bytes:
        found = Tile.objects.filter(level=level, number=number).values_list("hashes", flat=True).first()
        return bytes(found) if found is not None else b""

    def write(self, level: int, number: int, hashes: bytes) -> None:
        self._written[level, number] = hashes

    def flush(self) -> None:
        rows = [
            Tile(organisation_id=current_organisation_id(), level=level, number=number, hashes=hashes)
            for (level, number), hashes in self._written.items()
        ]
        Tile.objects.bulk_create(
            rows,
            batch_size=AT_ONCE,
            update_conflicts=True,
            unique_fields=["organisation", "level", "number"],
            update_fields=["hashes"],
        )


def current_log() -> Log:
    """The log of the organisation in scope; of one that has not begun, an empty one without a row."""
    return Log.objects.select_related("organisation").first() or Log(organisation_id=current_organisation_id())


def locked_log() -> Log:
    """The log to write to, begun if need be, until the end of the transaction nobody else's."""
    Log.objects.get_or_create(organisation_id=current_organisation_id())
    return Log.objects.select_for_update(no_key=True).get()


def tree_of(size: int) -> TileTree:
    """The tree as it was with so many entries."""
    return TileTree(_Tiles(), size)


def place_waiting() -> int:
    """Give everything that waits its place; return how many got one."""
    placed = 0
    while count := _place_some():
        placed += count
    return placed


def _place_some() -> int:
    with transaction.atomic():
        log = locked_log()
        waiting = list(Waiting.objects.order_by("pk")[:PLACED_AT_ONCE])
        leaves = leaves_of(waiting)
        # One whose event or seal is not there stays: the sanity check names it.
        found = [one for one in waiting if (one.kind, one.key) in leaves]
        if not found:
            return 0
        tiles = _Tiles()
        tree = TileTree(tiles, log.size)
        tree.append([leaves[one.kind, one.key] for one in found])
        tiles.flush()
        Entry.objects.bulk_create(
            [
                Entry(organisation_id=log.organisation_id, index=log.size + place, kind=one.kind, key=one.key)
                for place, one in enumerate(found)
            ],
            batch_size=AT_ONCE,
        )
        Waiting.objects.filter(pk__in=[one.pk for one in found]).delete()
        log.size = tree.size
        log.save(update_fields=["size"])
        return len(found)


def leaves_of(places: Iterable[Any]) -> dict[tuple[int, int], bytes]:
    """What stands in the log for events and seals, by kind and key."""
    keys: dict[int, list[int]] = {EntryKind.EVENT: [], EntryKind.SEAL: []}
    for one in places:
        keys.setdefault(one.kind, []).append(one.key)
    events = Event.objects.filter(pk__in=keys[EntryKind.EVENT]).order_by().values_list("pk", "leaf_hash")
    found = {(int(EntryKind.EVENT), key): digest_of(leaf_hash) for key, leaf_hash in events}
    seals = RowSeal.objects.filter(pk__in=keys[EntryKind.SEAL])
    return found | {(int(EntryKind.SEAL), one.pk): seal_leaf(one) for one in seals}


def digest_of(leaf_hash: str) -> bytes:
    """The bytes of an event's hash; of one that is no hash any more, something that is in no log."""
    try:
        return bytes.fromhex(leaf_hash)
    except ValueError:
        return b""


def take_over() -> None:
    """Let what was there before there was a log wait for its place too; done once."""
    if current_log().taken_over_at is not None:
        return
    known = _keys_in_log(EntryKind.EVENT)
    keys = [key for key in Event.objects.order_by("pk").values_list("pk", flat=True) if key not in known]
    rows = [Waiting(organisation_id=current_organisation_id(), kind=EntryKind.EVENT, key=key) for key in keys]
    Waiting.objects.bulk_create(rows, batch_size=AT_ONCE)
    for model in sealed_models():
        seals = RowSeal.objects.filter(table=model._meta.label_lower).iterator(AT_ONCE)
        sealed = {key for one in seals for key, _digest in rows_of(one)}
        every = model._base_manager.order_by("pk").values_list("pk", flat=True)
        seal(model, [key for key in every if key not in sealed])
    began = {"taken_over_at": datetime.now(UTC)}
    Log.objects.update_or_create(organisation_id=current_organisation_id(), defaults=began)


def _keys_in_log(kind: EntryKind) -> set[int]:
    placed = Entry.objects.filter(kind=kind).values_list("key", flat=True)
    return {*placed, *Waiting.objects.filter(kind=kind).values_list("key", flat=True)}


def places_of(events: Sequence[Event]) -> Mapping[int, int]:
    """The places of events by their keys."""
    found = Entry.objects.filter(kind=EntryKind.EVENT, key__in=[event.pk for event in events])
    return dict(found.values_list("key", "index"))


def sign_newest(at: datetime) -> SignedState | None:
    """Place what waits, and sign the state; the last one again where nothing was added, none of an empty log."""
    place_waiting()
    log = current_log()
    if not log.size:
        return None
    last = SignedState.objects.order_by("-pk").first()
    if last is not None and last.size == log.size and _is_signed_as(last, log.origin):
        return last
    if last is not None and not has_key(log.organisation):
        raise LogKeyGoneError(
            f"{log.organisation} has signed its log, and its signing key is not here. "
            "Run `samegauge restore-keys FILE`."
        )
    checkpoint = Checkpoint(log.origin, log.size, tree_of(log.size).root())
    note = signed_checkpoint(checkpoint, organisation_key(log.organisation))
    return SignedState.objects.create(organisation_id=log.organisation_id, size=log.size, made_at=at, note=note.text)


def _is_signed_as(state: SignedState, origin: str) -> bool:
    """Whether the state can be used again; one that cannot be read any more is the sanity check's business."""
    try:
        return checkpoint_of(state).checkpoint.origin == origin
    except CheckpointError:
        return False


def checkpoint_of(state: SignedState) -> SignedCheckpoint:
    return read_checkpoint(state.note)


def log_key(log: Log) -> NoteKey:
    """What a witness is told before it signs for this log."""
    return NoteKey(log.origin, organisation_key(log.organisation).public)


def begin_anew() -> Log:
    """Go on under a new name: witnesses of the old one refuse for good, when a backup took the log back, say."""
    with transaction.atomic():
        log = locked_log()
        log.epoch += 1
        log.save(update_fields=["epoch"])
        return log
