"""Units with their place in the thread as the target of a spreadsheet: parts, assemblies and whole machines.

What a sheet dates becomes an event of that day. What it does not date is said in the event of the take-over: no time
is made up for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from samegauge.core.kinds.declaration import described
from samegauge.core.organisations.models import Organisation, Role
from samegauge.core.partners.models import Partner
from samegauge.core.scope import current_organisation_id
from samegauge.core.takeover.targets import TELL_EVERY, Outcome, PlannedRow, Target, wrong
from samegauge.core.takeover.unit_books import write_units
from samegauge.core.takeover.unit_sheet import UnitRow, UnitSheet, UnitWork, found_by, named, units_with_names
from samegauge.core.thread.models import Event, Item, Unit
from samegauge.core.thread.rules import edges_of, in_circles, with_holders

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from samegauge.core.takeover.targets import Origin, TableRow, Tell

UNDATED = ("customer", "supplier", "place")


@dataclass(frozen=True)
class Known:
    """What the platform knows already of whatever the sheet names."""

    units: dict[str, Unit]
    items: dict[str, Item]
    partners: dict[str, Partner]
    events: dict[str, list[Event]]
    holders: dict[str, list[Any]]
    zone: ZoneInfo

    def day_of(self, event: Event) -> date:
        return event.device_time.astimezone(self.zone).date()

    def made_on(self, serial: str) -> date | None:
        days = [self.day_of(event) for event in self.events.get(serial, ()) if event.kind == "manufactured"]
        return days[-1] if days else None


class UnitTarget(Target):
    name, slug, key, icon = "unit", "units", "serial", "box"
    one, many = gettext_lazy("unit"), gettext_lazy("Machines and parts")
    about = gettext_lazy("Machines and parts with their serial numbers, what is built into what, and where they are.")
    fields = tuple(described(one) for one in UnitSheet._meta.local_fields)
    writers = frozenset({Role.OWNER, Role.ENGINEER, Role.QUALITY_MANAGER})
    references = frozenset({"item", "revision", "lot", "supplier", "parent", "customer"})

    def list_url(self) -> str:
        return reverse("unit_list")

    def planned(self, rows: Sequence[TableRow], tell: Tell) -> list[PlannedRow]:
        checked = [self._checked(row) for row in rows]
        sound = [row for row in checked if isinstance(row, UnitRow)]
        known = known_of(sound)
        in_sheet = {row.serial: row for row in sound}
        circles = _circles(sound)
        planned: list[PlannedRow] = []
        for row in checked:
            planned.append(row if isinstance(row, PlannedRow) else _row(row, known, in_sheet, circles))
            if len(planned) % TELL_EVERY == 0:
                tell(len(planned))
        return planned

    def _checked(self, row: TableRow) -> UnitRow | PlannedRow:
        said: dict[str, Any] = {}
        problems = []
        for one in self.fields:
            text = row.cells.get(one.name, "")
            try:
                value = one.model_field.clean(text or (None if one.model_field.null else ""), None)
            except ValidationError as error:
                problems.append((one.name, " ".join(error.messages)))
            else:
                said |= {one.name: value} if value not in {None, ""} else {}
        return wrong(row.line, row.cells.get("serial", ""), problems) if problems else UnitRow(row.line, said)

    def write(self, rows: Sequence[PlannedRow], origin: Origin) -> None:
        write_units([row.work for row in rows], origin)


def known_of(rows: Sequence[UnitRow]) -> Known:
    organisation = Organisation.objects.get(pk=current_organisation_id())
    serials = {row.serial for row in rows} | named(rows, "parent")
    events: dict[str, list[Event]] = {}
    standing = Event.objects.filter(kind__in=KNOWN_KINDS, unit__retracted_at__isnull=True, superseded_by__isnull=True)
    for event in found_by(standing.select_related("unit"), "unit__serial", serials):
        if not event.payload.get("withdrawn"):
            events.setdefault(event.unit.serial, []).append(event)
    partners = Partner.objects.filter(retired_at__isnull=True)
    numbers = named(rows, "customer") | named(rows, "supplier")
    return Known(
        units={one.serial: one for one in found_by(units_with_names(), "serial", serials)},
        items={one.number: one for one in found_by(Item.objects.all(), "number", named(rows, "item"))},
        partners={one.number: one for one in found_by(partners, "number", numbers)},
        events=events,
        holders=edges_of({row.serial for row in rows if "parent" in row.said}, _NOW_ON),
        zone=ZoneInfo(organisation.time_zone),
    )


KNOWN_KINDS = ("registered", "stated", "manufactured", "delivered", "commissioned", "running_hours")
# A unit that was anywhere ever is in question when the sheet puts it somewhere.
_NOW_ON = datetime(1, 1, 1, tzinfo=UTC)


def _circles(rows: Sequence[UnitRow]) -> set[str]:
    above = {row.serial: {row.said["parent"]} for row in rows if "parent" in row.said}
    return set(in_circles(with_holders(above, datetime.now(UTC)))) if above else set()


def _row(row: UnitRow, known: Known, in_sheet: Mapping[str, UnitRow], circles: set[str]) -> PlannedRow:
    unit = known.units.get(row.serial)
    problems = [*_named_wrongly(row, known, unit), *_dated_wrongly(row, known)]
    if row.serial in circles:
        problems.append(("parent", _("It would contain itself.")))
    else:
        problems += _placed_wrongly(row, known, in_sheet)
    if problems:
        return wrong(row.line, row.serial, problems)
    work = UnitWork(row, unit, _new_facts(row, known), _undated(row, known), _installs(row, known))
    said = row.said if unit is None else _told(work)
    changes = {name: (None, _shown(value)) for name, value in said.items()}
    outcome = Outcome.NEW if unit is None else Outcome.CHANGED if changes else Outcome.SAME
    return PlannedRow(row.line, row.serial, outcome, changes, work=work)


def _named_wrongly(row: UnitRow, known: Known, unit: Unit | None) -> Iterable[tuple[str, str]]:
    item = known.items.get(row.said["item"])
    if item is None:
        yield "item", _("There is no item %(number)s. Take over the items first.") % {"number": row.said["item"]}
    elif item.retired_at:
        yield "item", _("Item %(number)s is out of use.") % {"number": item.number}
    for name in ("customer", "supplier"):
        if (number := row.said.get(name)) and number not in known.partners:
            yield name, _("There is no partner %(number)s. Take over the partners first.") % {"number": number}
    if ("lot" in row.said) != ("lot_kind" in row.said):
        yield "lot_kind", _("A lot number and the kind of lot stand together.")
    if unit is not None:
        for name, own in _standing(unit).items():
            if name in row.said and row.said[name] != own:
                words = {"serial": unit.serial, "own": own or "–"}
                yield name, _("%(serial)s is known with %(own)s. Correct the sheet, or the record.") % words


def _standing(unit: Unit) -> dict[str, str]:
    revision, lot = unit.revision, unit.lot
    kept = {"item": unit.item.number, "revision": revision.label if revision else ""}
    return kept | {"lot": lot.number if lot else "", "lot_kind": lot.kind if lot else ""}


def _dated_wrongly(row: UnitRow, known: Known) -> Iterable[tuple[str, str]]:
    said, today = row.said, datetime.now(known.zone).date()
    for name in ("made_on", "installed_on", "delivered_on", "commissioned_on", "running_hours_on"):
        if name in said and said[name] > today:
            yield name, _("%(day)s lies in the future.") % {"day": said[name]}
    made = said.get("made_on") or known.made_on(row.serial)
    for name in ("installed_on", "delivered_on", "commissioned_on", "running_hours_on"):
        if made and name in said and said[name] < made:
            yield name, _("%(day)s is before it was made, on %(made)s.") % {"day": said[name], "made": made}
    if ("running_hours_h" in said) != ("running_hours_on" in said):
        yield "running_hours_on", _("Running hours and the day they were read stand together.")
    before = known.made_on(row.serial)
    if before and said.get("made_on", before) != before:
        yield "made_on", _("It is known as made on %(made)s.") % {"made": before}


def _placed_wrongly(row: UnitRow, known: Known, in_sheet: Mapping[str, UnitRow]) -> Iterable[tuple[str, str]]:
    said = row.said
    if "parent" not in said:
        for name in ("position", "installed_on"):
            if name in said:
                yield name, _("It says where in something, but not in what.")
        return
    parent, holders = said["parent"], known.holders.get(row.serial, [])
    if parent not in in_sheet and parent not in known.units:
        yield "parent", _("There is no %(serial)s, neither in this sheet nor here.") % {"serial": parent}
    if holders and (holders[-1].valid_to is not None or holders[-1].parent.serial != parent):
        words = {"serial": row.serial, "parent": holders[-1].parent.serial}
        yield "parent", _("%(serial)s is or was in %(parent)s. Record its removal and its new place by hand.") % words
    elif holders and _is_there_otherwise(row, holders[-1], known):
        yield "parent", _("It is known in %(parent)s, but with another day or position.") % {"parent": parent}


def _is_there_otherwise(row: UnitRow, edge: Any, known: Known) -> bool:
    since = known.day_of(edge.installed_event)
    return row.said.get("position", edge.position) != edge.position or row.said.get("installed_on", since) != since


def _new_facts(row: UnitRow, known: Known) -> list[tuple[str, date, dict[str, Any]]]:
    """Dated facts that are not in the thread yet."""
    said, partner = row.said, known.partners.get(row.said.get("customer", ""))
    who: dict[str, Any] = {"customer": {"en": partner.name, "zh": partner.name_zh or partner.name}} if partner else {}
    where = {"place": said["place"]} if "place" in said else {}
    whole: dict[str, tuple[str, dict[str, Any]]] = {
        "manufactured": ("made_on", {}),
        "delivered": ("delivered_on", who),
        "commissioned": ("commissioned_on", {**who, **where}),
        "running_hours": ("running_hours_on", {"running_hours_h": said.get("running_hours_h")}),
    }
    facts = [(kind, said[name], payload) for kind, (name, payload) in whole.items() if name in said]
    standing = {
        (event.kind, known.day_of(event), event.payload.get("running_hours_h"))
        for event in known.events.get(row.serial, ())
    }
    return [fact for fact in facts if (fact[0], fact[1], fact[2].get("running_hours_h")) not in standing]


def _undated(row: UnitRow, known: Known) -> dict[str, Any]:
    """What the sheet says without a day and nobody has said before."""
    stated: dict[str, Any] = {}
    for event in known.events.get(row.serial, ()):
        stated |= event.payload.get("stated", {})
    return {name: row.said[name] for name in UNDATED if name in row.said and stated.get(name) != row.said[name]}


def _installs(row: UnitRow, known: Known) -> bool:
    return "parent" in row.said and not known.holders.get(row.serial)


def _told(work: UnitWork) -> dict[str, Any]:
    """The fields of a known unit that the row adds something to."""
    columns = {
        "manufactured": ["made_on"],
        "delivered": ["delivered_on"],
        "commissioned": ["commissioned_on"],
        "running_hours": ["running_hours_h", "running_hours_on"],
    }
    names = [name for kind, _day, _payload in work.facts for name in columns[kind]]
    names += [*work.undated, *(("parent", "position", "installed_on") if work.installs else ())]
    return {name: work.row.said[name] for name in names if name in work.row.said}


def _shown(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
