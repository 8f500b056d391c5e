"""The rules of the thread: how units, edges and events come to be, and how they are asked about at any date."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from samegauge.core.organisations.models import Organisation
from samegauge.core.scope import current_organisation_id
from samegauge.core.thread.genealogy import Among, after, batches, in_force, is_inside
from samegauge.core.thread.models import AsBuiltEdge, Block, Event, Unit
from samegauge.formats.canonical import leaf_hash

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.db.models import QuerySet

    from samegauge.core.intake.models import ImportBatch
    from samegauge.core.organisations.models import Person

LARGEST_EXACT_NUMBER = 2**53
MOST_LEVELS = 32
# What a clock may be ahead of this machine's before its word is refused.
CLOCK_TOLERANCE = timedelta(minutes=5)
_NO_CHARACTER = re.compile("[\x00\ud800-\udfff]")


class ThreadError(Exception):
    """A fact does not fit into the thread."""


@dataclass(frozen=True)
class Fact:
    """What is to be recorded; becomes one event."""

    kind: str
    device_time: datetime
    payload: dict[str, Any]
    unit: Unit | None = None
    supersedes: Event | None = None


@dataclass(frozen=True)
class Recorder:
    """Who records, in which import if any, and when samegauge took it in."""

    actor: Person | None = None
    actor_name: str = ""
    batch: ImportBatch | None = None
    receive_time: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def name(self) -> str:
        return self.actor_name or (str(self.actor) if self.actor else "samegauge")


def said_of(unit: Unit, payload: dict[str, Any]) -> dict[str, Any]:
    """What is said of a simulated unit says itself that it is simulated."""
    return payload | {"simulated": True} if unit.simulated else payload


def record(fact: Fact, recorder: Recorder) -> Event:
    return record_all([fact], recorder)[0]


def record_all(facts: Sequence[Fact], recorder: Recorder) -> list[Event]:
    """Append events, each with the hash of everything it says."""
    if not facts:
        return []
    organisation = Organisation.objects.get(pk=current_organisation_id())
    events = []
    for fact in facts:
        _refuse_unfit(fact)
        event = Event(
            organisation=organisation,
            unit=fact.unit,
            kind=fact.kind,
            device_time=fact.device_time.astimezone(UTC),
            receive_time=recorder.receive_time.astimezone(UTC),
            actor=recorder.actor,
            actor_name=recorder.name,
            payload=fact.payload,
            batch=recorder.batch,
            supersedes=fact.supersedes,
        )
        event.leaf_hash = leaf_hash(sealed_content(event))
        events.append(event)
    return Event.objects.bulk_create(events, batch_size=500)


def _refuse_unfit(fact: Fact) -> None:
    if fact.device_time.tzinfo is None:
        raise ThreadError(_("An event needs a time with its zone."))
    if fact.supersedes and fact.supersedes.unit_id != (fact.unit.pk if fact.unit else None):
        raise ThreadError(_("A correction is about the same unit as the event it corrects."))
    if fault := _unstorable(fact.payload):
        raise ThreadError(
            _("The payload holds %(fault)s, which not every database gives back unchanged.") % {"fault": fault}
        )


def refuse_future(device_time: datetime) -> None:
    """For the doors that take the time of a clock which is not ours."""
    ahead = device_time - datetime.now(UTC)
    if ahead > CLOCK_TOLERANCE:
        raise ThreadError(
            _("The time %(time)s lies %(minutes)d minutes ahead of this server's clock. Set the clock, or correct it.")
            % {"time": f"{device_time.astimezone(UTC):%Y-%m-%d %H:%M:%SZ}", "minutes": ahead.total_seconds() // 60}
        )


def _unstorable(value: Any, depth: int = 0) -> str:
    """Name what would come back from a database otherwise than it went in, and so break its hash."""
    if isinstance(value, str):
        return _("a zero byte or half a character") if _NO_CHARACTER.search(value) else ""
    if isinstance(value, int | float):
        return "" if abs(value) <= LARGEST_EXACT_NUMBER else _("a number that is not finite or beyond 2^53")
    if not isinstance(value, Mapping | list | tuple):
        return ""
    if depth == MOST_LEVELS:
        return _("more than %(levels)d levels") % {"levels": MOST_LEVELS}
    parts = [*value, *value.values()] if isinstance(value, Mapping) else value
    return next(filter(None, (_unstorable(part, depth + 1) for part in parts)), "")


def correct(
    wrong: Event, payload: dict[str, Any], reason: str, recorder: Recorder, at: datetime | None = None
) -> Event:
    """Append an event that says the same thing right, with the reason; the wrong one stays, superseded."""
    if not reason.strip():
        raise ThreadError(_("Say why the event is corrected."))
    with transaction.atomic():
        lock_structure()
        if wrong.superseded_by.exists():
            raise ThreadError(_("This event has been corrected already. Correct its correction."))
        said = {**payload, "correction_reason": reason.strip()}
        return record(Fact(wrong.kind, at or wrong.device_time, said, unit=wrong.unit, supersedes=wrong), recorder)


def sealed_content(event: Event) -> dict[str, Any]:
    """Everything an event says, in the form its leaf hash seals."""
    return {
        "uid": str(event.uid),
        "organisation": str(event.organisation.uid),
        "unit": str(event.unit.uid) if event.unit else None,
        "serial": event.unit.serial if event.unit else None,
        "kind": event.kind,
        "device_time": _instant(event.device_time),
        "receive_time": _instant(event.receive_time),
        "actor": event.actor_name,
        "person": str(event.actor.uid) if event.actor else None,
        "payload": event.payload,
        "batch": str(event.batch.uid) if event.batch else None,
        "supersedes": event.supersedes.leaf_hash if event.supersedes else None,
    }


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def altered_events(events: Iterable[Event]) -> list[Event]:
    """Return the events whose content no longer matches their leaf hash."""
    return [event for event in events if leaf_hash(sealed_content(event)) != event.leaf_hash]


def install(
    child: Unit,
    parent: Unit,
    at: datetime,
    recorder: Recorder,
    position: str = "",
    *,
    said: Mapping[str, Any] | None = None,
) -> AsBuiltEdge:
    """Record that `child` went into `parent` at a moment; it can be in one place only. `said` is what else is told."""
    with transaction.atomic():
        lock_structure()
        if parent.pk == child.pk or is_inside(parent, child, at):
            raise ThreadError(_("%(child)s contains %(parent)s and cannot go into it.") % _serials(child, parent))
        occupied = AsBuiltEdge.objects.filter(after(at), child=child)
        if edge := occupied.select_related("parent").first():
            raise ThreadError(
                _("%(child)s is in %(parent)s. Scan the right one, or have its removal recorded.")
                % _serials(child, edge.parent)
            )
        if block := blocks_on(child, at).first():
            raise _blocked(child, block)
        payload = {"parent": parent.serial, "child": child.serial, "position": position, **(said or {})}
        return AsBuiltEdge.objects.create(
            parent=parent,
            child=child,
            position=position,
            valid_from=at,
            installed_event=record(Fact("installed", at, payload, unit=child), recorder),
            batch=recorder.batch,
        )


def blocks_on(unit: Unit, at: datetime) -> QuerySet[Block]:
    """What keeps the unit, itself or with its lot, from being built in at a moment."""
    of_lot = Q(lot=unit.lot_id) if unit.lot_id else Q()
    return Block.objects.filter(in_force(at)).filter(Q(unit=unit) | of_lot).select_related("blocked_event")


def _refuse_blocked(installations: Sequence[Installation]) -> None:
    """`blocks_on` for many: whatever ever blocked one of them or its lot, in one query."""
    units, lots = ({getattr(one.child, name) for one in installations} for name in ("pk", "lot_id"))
    blocks: dict[tuple[str, int | None], list[Block]] = {}
    for block in Block.objects.filter(Q(Among("unit_id", units)) | Q(Among("lot_id", lots - {None}))):
        kind, key = ("lot", block.lot_id) if block.lot_id else ("unit", block.unit_id)  # type: ignore[attr-defined]
        blocks.setdefault((kind, key), []).append(block)
    for one in installations:
        for block in (*blocks.get(("unit", one.child.pk), ()), *blocks.get(("lot", one.child.lot_id), ())):
            if block.valid_from <= one.at and (block.valid_to is None or one.at < block.valid_to):
                raise _blocked(one.child, block)


def _blocked(child: Unit, block: Block) -> ThreadError:
    said = _("%(serial)s is blocked: %(reason)s. Take another one, or have it released.")
    return ThreadError(said % {"serial": child.serial, "reason": block.reason})


@dataclass(frozen=True)
class Installation:
    """One unit's way into another; `said` is what else its event says."""

    child: Unit
    parent: Unit
    at: datetime
    position: str = ""
    said: Mapping[str, Any] = field(default_factory=dict)


def install_all(installations: Sequence[Installation], recorder: Recorder) -> list[AsBuiltEdge]:
    """Do what `install` does for many units at once: all of them, or none."""
    with transaction.atomic():
        lock_structure()
        above = {one.child.serial: {one.parent.serial} for one in installations}
        if len(above) < len(installations):
            raise ThreadError(_("A unit can go into one place only."))
        if installations:
            since = min(one.at for one in installations)
            for serial, edges in edges_of(above, since).items():
                raise ThreadError(
                    _("%(child)s is in %(parent)s. Scan the right one, or have its removal recorded.")
                    % {"child": serial, "parent": edges[0].parent.serial}
                )
            if circle := in_circles(with_holders(above, since)):
                raise ThreadError(_("These would contain one another: %(serials)s.") % {"serials": _some(circle)})
            _refuse_blocked(installations)
        facts = [
            Fact(
                "installed",
                one.at,
                {"parent": one.parent.serial, "child": one.child.serial, "position": one.position, **one.said},
                unit=one.child,
            )
            for one in installations
        ]
        made = [
            AsBuiltEdge(
                parent=one.parent,
                child=one.child,
                position=one.position,
                valid_from=one.at,
                installed_event=event,
                batch=recorder.batch,
            )
            for one, event in zip(installations, record_all(facts, recorder), strict=True)
        ]
        return AsBuiltEdge.objects.bulk_create(made, batch_size=500)


def edges_of(serials: Iterable[str], since: datetime) -> dict[str, list[AsBuiltEdge]]:
    """Return where units are at or after a moment, by their serial numbers."""
    later = AsBuiltEdge.objects.filter(after(since))
    found: dict[str, list[AsBuiltEdge]] = {}
    for some in batches(list(serials)):
        edges = later.filter(child__serial__in=some).select_related("child", "parent", "installed_event")
        for edge in edges.order_by("valid_from"):
            found.setdefault(edge.child.serial, []).append(edge)
    return found


def with_holders(above: Mapping[str, set[str]], since: datetime) -> dict[str, set[str]]:
    """Return what would be in what, by serial numbers, together with what already holds the holders."""
    whole = {child: set(parents) for child, parents in above.items()}
    level = {parent for parents in whole.values() for parent in parents}
    while level := level - whole.keys():
        held = edges_of(level, since)
        whole |= {serial: {edge.parent.serial for edge in held.get(serial, ())} for serial in level}
        level = {parent for serial in level for parent in whole[serial]}
    return whole


def in_circles(above: Mapping[str, set[str]]) -> list[str]:
    """Return the units that would contain themselves, by serial number."""
    left = {child: set(parents) for child, parents in above.items()}
    # What nothing above holds is in no circle; taken away again and again, only circles and what hangs below them stay.
    below: dict[str, set[str]] = {}
    for child, parents in left.items():
        for parent in parents:
            below.setdefault(parent, set()).add(child)
    free = [serial for serial in {*left, *below} if not left.get(serial)]
    while free:
        holder = free.pop()
        for child in below.pop(holder, ()):
            left[child].discard(holder)
            if not left[child]:
                free.append(child)
    return sorted(child for child, parents in left.items() if parents and _reaches(child, left))


def _reaches(start: str, above: Mapping[str, set[str]]) -> bool:
    seen: set[str] = set()
    level = set(above[start])
    while level:
        if start in level:
            return True
        seen |= level
        level = {parent for serial in level for parent in above.get(serial, ())} - seen
    return False


def _some(serials: list[str], most: int = 5) -> str:
    return ", ".join(serials[:most]) + (" …" if len(serials) > most else "")


def remove(child: Unit, at: datetime, recorder: Recorder, reason: str) -> AsBuiltEdge:
    """Record that `child` came out of its place at a moment; the edge stays, with its end."""
    with transaction.atomic():
        lock_structure()
        edge = AsBuiltEdge.objects.filter(child=child, valid_to__isnull=True).select_related("parent").first()
        if edge is None:
            raise ThreadError(_("%(child)s is not installed anywhere.") % {"child": child.serial})
        if at <= edge.valid_from:
            raise ThreadError(_("%(child)s was installed after that moment.") % {"child": child.serial})
        payload = {"parent": edge.parent.serial, "child": child.serial, "position": edge.position, "reason": reason}
        edge.valid_to = at
        edge.removed_event = record(Fact("removed", at, payload, unit=child), recorder)
        edge.save()
        return edge


def lock_structure() -> None:
    """Let one writer at a time decide what is in what: two moves, each right alone, could close a circle together."""
    Organisation.objects.select_for_update(no_key=True).get(pk=current_organisation_id())


def _serials(child: Unit, parent: Unit) -> dict[str, str]:
    return {"child": child.serial, "parent": parent.serial}
