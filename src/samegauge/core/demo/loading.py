"""The simulated company in organisations of its own: loaded once, whole or not at all, never beside real records."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection, transaction

from samegauge.core.attention.refreshing import refresh
from samegauge.core.database_walls.building import gather_statistics
from samegauge.core.demo import payloads
from samegauge.core.demo.books import Books
from samegauge.core.demo.chapters import chapters, sequels
from samegauge.core.demo.inspections import write_inspections
from samegauge.core.demo.master_data import write_master_data
from samegauge.core.organisations.models import Membership, Organisation, OrganisationKind, Role
from samegauge.core.organisations.rules import open_simulated
from samegauge.core.printing import PrintError
from samegauge.core.scope import organisation_scope
from samegauge.core.thread.models import AsBuiltEdge, Event, LotKind
from samegauge.core.thread.rules import Fact
from samegauge.simulators.builder.catalogue import BUILDER, CUSTOMERS, FOUNDRIES, REVISION_DAYS
from samegauge.simulators.builder.company import as_json, digest, simulated
from samegauge.simulators.machining.plan import planned
from samegauge.simulators.machining.plan import truths as machining_truths

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from samegauge.simulators.builder.records import Company, Installation, Machine, Party, ServiceCall, Words

    Tell = Callable[[int, int, str, str], None]

LOADED = "demo_loaded"


@dataclass(frozen=True)
class Loaded:
    """What is there now; `added` tells whether this call put it there, `counts` what this call wrote."""

    added: bool
    seed: int
    start: datetime
    organisations: list[str]
    counts: dict[str, int]
    truth: Path
    left_out: list[PrintError]


def load(seed: int, start: datetime, tell: Tell = lambda *_progress: None) -> Loaded:
    """Load the company of this seed, unless one is there already; the site's owner may open it either way."""
    with transaction.atomic():
        known = _known()
        company = simulated(*(known or (seed, start)))
        counts = {} if known else _write(company, tell)
        owner = Membership.objects.filter(role=Role.OWNER, organisation__is_simulated=False).order_by("pk").first()
        if owner is not None:
            open_simulated(owner.person)
        gather_statistics(connection)
    more, left_out = _followed(company)
    counts |= more
    tell(5, 5, "Readings, grants and passports added", "讀值、分享與履歷護照已加入")
    organisations = list(Organisation.objects.filter(is_simulated=True).order_by("pk"))
    for organisation in organisations:
        with organisation_scope(organisation):
            refresh()  # the start pages say at once what needs attention, without waiting for the worker
    names = [organisation.name for organisation in organisations]
    return Loaded(not known, company.seed, company.start, names, counts, _truth_written(company), left_out)


def _followed(company: Company) -> tuple[dict[str, int], list[PrintError]]:
    """Write what is missing after the company's own records, and say what cannot be printed here."""
    counts, left_out = {}, []
    for name, follow in sequels().items():
        try:
            counts[name] = follow(company)
        except PrintError as error:
            left_out.append(error)
    return {name: count for name, count in counts.items() if count}, left_out


def _known() -> tuple[int, datetime] | None:
    """Return seed and start of the company that is loaded."""
    builder = Organisation.objects.filter(is_simulated=True, kind=OrganisationKind.MACHINE_BUILDER).first()
    if builder is None:
        return None
    with organisation_scope(builder):
        said = Event.objects.get(kind=LOADED).payload
    return said["seed"], datetime.fromisoformat(said["start"])


def _write(company: Company, tell: Tell) -> dict[str, int]:
    now = datetime.now(UTC)
    counts = _write_builder(company, Books(_founded(BUILDER, OrganisationKind.MACHINE_BUILDER), now), tell)
    for foundry in FOUNDRIES:
        books = Books(_founded(foundry.name, OrganisationKind.FOUNDRY), now)
        with organisation_scope(books.organisation):
            _write_foundry(company, foundry, books)
    for customer in CUSTOMERS:
        books = Books(_founded(customer.name, OrganisationKind.END_USER), now)
        with organisation_scope(books.organisation):
            _write_customer(company, customer, books)
    return counts


def _founded(name: Words, kind: OrganisationKind) -> Organisation:
    return Organisation.objects.create(name=name.en, name_zh=name.zh, kind=kind, is_simulated=True)


def _write_builder(company: Company, books: Books, tell: Tell) -> dict[str, int]:
    with organisation_scope(books.organisation):
        books.add_items([*(part.item for part in company.parts), *(machine.model for machine in company.machines)])
        write_master_data()
        books.add_revisions({label: company.start + timedelta(days=day) for label, day in REVISION_DAYS.items()})
        books.add_lots(LotKind.MELT, {melt.number: "" for melt in company.melts})
        books.add_lots(LotKind.HEAT_TREATMENT, {batch.number: "" for batch in company.heat_treatments})
        books.add_lots(LotKind.DELIVERY, {lot.number: lot.item for lot in company.lots})
        books.add_units(company.parts, company.machines)
        tell(1, 5, "Units registered", "序號已登錄")
        books.record([*_castings(company, books), *_machines(company, books), *_service(company.calls, books)])
        said = {"seed": company.seed, "start": company.start.isoformat(), "sha256": digest(company)}
        books.record([Fact(LOADED, books.received_at, payloads.said(**said))])
        tell(2, 5, "Stations and service recorded", "組裝站與叫修已記錄")
        measurements = write_inspections(books, company)
        tell(3, 5, "Inspections recorded", "檢驗已記錄")
        _build(company, books)
        gather_statistics(connection)
        written = {name: write(books, company) for name, write in chapters().items()}
        tell(4, 5, "Machines built", "機台已組裝")
        return {
            "units": len(books.units),
            "lots": len(books.lots),
            "installations": len(company.installations),
            "station_steps": len(company.steps),
            "inspections": len(company.inspections),
            "measurements": measurements,
            "service_calls": len(company.calls),
            "events": Event.objects.count(),
            **written,
        }


def _castings(company: Company, books: Books) -> Iterator[Fact]:
    """How each casting was poured and relieved, as far as it is in these books; a melt and a batch as a whole too."""
    melts = {melt.number: melt for melt in company.melts}
    batches = {batch.number: batch for batch in company.heat_treatments}
    for part in company.parts:
        if part.heat_treatment and (unit := books.units.get(part.serial)):
            melt, batch = melts[part.lot], batches[part.heat_treatment]
            yield Fact("cast", melt.poured_at, payloads.poured(melt), unit=unit)
            yield Fact("heat_treated", batch.ended_at, payloads.heat_treated(batch), unit=unit)


def _machines(company: Company, books: Books) -> Iterator[Fact]:
    for machine in company.machines:
        unit = books.units[machine.serial]
        yield Fact("ordered", machine.ordered_at, payloads.ordered(machine), unit=unit)
        yield Fact("delivered", machine.delivered_at, payloads.handed_over(machine), unit=unit)
        yield Fact("commissioned", machine.commissioned_at, payloads.handed_over(machine), unit=unit)
    for step in company.steps:
        yield Fact("station_completed", step.ended_at, payloads.station_completed(step), unit=books.units[step.machine])
    yield from _hours(company, books)


def _hours(company: Company, books: Books) -> Iterator[Fact]:
    for one in company.hours:
        if unit := books.units.get(one.machine):
            yield Fact("running_hours", one.read_at, payloads.running_hours(one), unit=unit)


def _service(calls: Iterable[ServiceCall], books: Books) -> Iterator[Fact]:
    for call in calls:
        if unit := books.units.get(call.machine):
            yield Fact("alarm", call.alarm_at, payloads.alarm(call), unit=unit)
            yield Fact("service_call", call.opened_at, payloads.service_call(call), unit=unit)
            if call.closed_at:
                yield Fact("repaired", call.closed_at, payloads.repaired(call), unit=unit)


def _build(company: Company, books: Books) -> None:
    """Write what was in what, all at once: in new books nothing else can be in a place.

    The rules for one move at a time guard against a unit in two places and against circles. Here each unit goes into
    one place only and a part into an assembly, an assembly into a machine; the database refuses the rest.
    """
    edges = company.installations
    taken_out = [edge for edge in edges if edge.removed_at]
    installed = books.record(
        Fact("installed", edge.installed_at, _move(edge), unit=books.units[edge.child]) for edge in edges
    )
    removed = books.record(
        Fact("removed", at, _move(edge) | {"reason": edge.reason}, unit=books.units[edge.child])
        for edge in taken_out
        if (at := edge.removed_at)
    )
    out_by = {edge.child: event for edge, event in zip(taken_out, removed, strict=True)}
    AsBuiltEdge.objects.bulk_create(
        [
            AsBuiltEdge(
                organisation=books.organisation,
                parent=books.units[edge.parent],
                child=books.units[edge.child],
                position=edge.position,
                valid_from=edge.installed_at,
                valid_to=edge.removed_at,
                installed_event=event,
                removed_event=out_by.get(edge.child),
            )
            for edge, event in zip(edges, installed, strict=True)
        ],
        batch_size=500,
    )


def _move(edge: Installation) -> dict[str, Any]:
    return payloads.said(parent=edge.parent, child=edge.child, position=edge.position)


def _write_foundry(company: Company, foundry: Party, books: Books) -> None:
    """The foundry's own side: its melts, its furnace loads, its castings until they left."""
    melts = {melt.number: "" for melt in company.melts if melt.foundry == foundry.code}
    batches = {batch.number: "" for batch in company.heat_treatments if batch.foundry == foundry.code}
    parts = [part for part in company.parts if part.lot in melts]
    books.add_items(part.item for part in parts)
    books.add_lots(LotKind.MELT, melts)
    books.add_lots(LotKind.HEAT_TREATMENT, batches)
    books.add_units(parts, [])
    books.record(_castings(company, books))
    sent = payloads.said(customer=payloads.both(BUILDER))
    books.record(Fact("delivered", part.received_at, sent, unit=books.units[part.serial]) for part in parts)


def _write_customer(company: Company, customer: Party, books: Books) -> None:
    """The customer's own side: its machines since they came, their hours and their calls."""
    machines: list[Machine] = [machine for machine in company.machines if machine.customer == customer.code]
    books.add_items(machine.model for machine in machines)
    books.add_units([], machines)
    books.record(
        Fact("commissioned", one.commissioned_at, payloads.handed_over(one), unit=books.units[one.serial])
        for one in machines
    )
    books.record([*_hours(company, books), *_service(company.calls, books)])


def _truth_written(company: Company) -> Path:
    """Write what was planted beside the database, never into it."""
    path = Path(settings.SAMEGAUGE_HOME) / "demo" / "truth.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    content: dict[str, Any] = {"seed": company.seed, "start": company.start, **company.truths.as_dict()}
    content["machining"] = machining_truths(planned(company))
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as file:
        json.dump(as_json(content), file, ensure_ascii=False, indent=2)
    return Path(file.name).replace(path)
