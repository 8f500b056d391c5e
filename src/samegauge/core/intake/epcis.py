"""Events of a supplier: one EPCIS document becomes units, events and what is built into what, whole or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from samegauge.core.thread.genealogy import in_force
from samegauge.core.thread.models import AsBuiltEdge, Event, Item, ItemKind
from samegauge.core.thread.rules import Fact, Installation, ThreadError, install_all, record, remove
from samegauge.formats.epcis.document import read_document
from samegauge.formats.epcis.identifiers import stated_serial
from samegauge.formats.epcis.model import PREFIX
from samegauge.formats.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from samegauge.core.intake.run import Intake
    from samegauge.core.intake.sources import Source
    from samegauge.core.thread.models import Unit
    from samegauge.formats.epcis.document import ReadEvent

KIND = "supplier_event"
WITHOUT_ITEM = "EPCIS"
LONGEST_SERIAL = 100
AT_ONCE = 500
# What is told apart by the event itself; repeated in the event of each thing it would grow with their square.
_LISTS = ("epcList", "childEPCs", "inputEPCList", "outputEPCList")


def take_in_epcis(source: Source, intake: Intake) -> None:
    """Take in one document inside the caller's transaction; what another file brought in already is left out."""
    events = read_document(source.content(), source.name)
    known = _known([event.event_id for event in events])
    taking = _Taking(source, intake, _items(events))
    for event in sorted(events, key=lambda one: (one.at, one.place)):
        if event.event_id in known:
            continue
        known.add(event.event_id)
        try:
            taking.take(event)
        except ThreadError as error:
            raise FormatError(
                source.name, None, str(error), str(error), field=f"epcisBody/eventList/{event.place}"
            ) from error


def _known(ids: Sequence[str]) -> set[str]:
    found: set[str] = set()
    standing = Event.objects.exclude(batch__undone_at__isnull=False)
    for start in range(0, len(ids), AT_ONCE):
        some = standing.filter(payload__event_id__in=list(ids[start : start + AT_ONCE]))
        found.update(some.values_list("payload__event_id", flat=True))
    return found


def _items(events: Iterable[ReadEvent]) -> dict[str, str]:
    """Item numbers by URI, where the event that brings a thing into being states them."""
    found: dict[str, str] = {}
    for event in events:
        made = event.whole.get("ilmd")
        item = made.get(f"{PREFIX}:item") if isinstance(made, dict) else None
        if isinstance(item, str) and item:
            found.update(dict.fromkeys((*event.things, *event.outputs), item))
    return found


class _Taking:
    def __init__(self, source: Source, intake: Intake, items: dict[str, str]) -> None:
        self._source, self._intake, self._items = source, intake, items
        self._units: dict[str, Unit] = {}

    def take(self, event: ReadEvent) -> None:
        if event.type == "AssociationEvent" and not event.declared_wrong:
            self._associate(event)
            return
        made = event.outputs if event.type == "TransformationEvent" else event.things
        for uri in made or event.inputs:
            record(Fact(KIND, event.at, self._said(event), unit=self._unit(event, uri)), self._intake.recorder)
        # What went into one thing is in it from then on.
        if len(event.outputs) == 1 and not event.declared_wrong:
            self._build_in(event, event.outputs[0], [uri for uri in event.inputs if uri not in event.outputs])

    def _associate(self, event: ReadEvent) -> None:
        if event.action == "ADD":
            self._build_in(event, event.parent, event.things)
        elif event.action == "DELETE":
            self._take_out(event)
        else:
            for uri in event.things:
                record(Fact(KIND, event.at, self._said(event), unit=self._unit(event, uri)), self._intake.recorder)

    def _build_in(self, event: ReadEvent, parent: str, children: Iterable[str]) -> None:
        holder, said = self._unit(event, parent), self._said(event)
        install_all(
            [Installation(self._unit(event, uri), holder, event.at, said=said) for uri in children],
            self._intake.recorder,
        )

    def _take_out(self, event: ReadEvent) -> None:
        """Those that are named, or everything that is in the parent where none is."""
        holder = self._unit(event, event.parent)
        inside = AsBuiltEdge.objects.filter(in_force(event.at), parent=holder).select_related("child")
        named = [self._unit(event, uri) for uri in event.things]
        for unit in named or [edge.child for edge in inside.order_by("pk")]:
            remove(unit, event.at, self._intake.recorder, f"EPCIS {event.event_id}")
        record(Fact(KIND, event.at, self._said(event), unit=holder), self._intake.recorder)

    def _unit(self, event: ReadEvent, uri: str) -> Unit:
        if uri not in self._units:
            serial, gtin = stated_serial(uri)
            if not serial or len(serial) > LONGEST_SERIAL:
                raise FormatError(
                    self._source.name,
                    None,
                    f"{uri[:80]!a} states no serial number of at most {LONGEST_SERIAL} letters.",
                    f"{uri[:80]!a} 沒有至多 {LONGEST_SERIAL} 個字元的序號。",
                    field=f"epcisBody/eventList/{event.place}",
                )
            number = (self._items.get(uri) or gtin or WITHOUT_ITEM)[:LONGEST_SERIAL]
            item, _new = Item.objects.get_or_create(number=number, defaults={"name": number, "kind": ItemKind.PART})
            self._units[uri] = self._intake.unit(serial, item)
        return self._units[uri]

    def _said(self, event: ReadEvent) -> dict[str, Any]:
        return {
            "event_id": event.event_id,
            "event": {name: value for name, value in event.whole.items() if name not in _LISTS},
            "source": {"name": self._source.name, "sha256": self._source.sha256},
        }
