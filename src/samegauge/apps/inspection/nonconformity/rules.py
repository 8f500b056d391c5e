"""Opening nonconformities and taking them, step by step, to what becomes of their units; nothing is ever deleted."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from samegauge.apps.inspection.gauge_rules import quality_limits
from samegauge.apps.inspection.nonconformity.flow import (
    CONCESSIONS,
    GONE_FOR_GOOD,
    HOLDING,
    WAYS,
    Standing,
    Way,
    after,
    steps_open,
)
from samegauge.apps.inspection.nonconformity.models import (
    Affected,
    Delivery,
    Disposition,
    FlowStep,
    Nonconformity,
    Photo,
    ReportStep,
    Source,
    State,
)
from samegauge.core.language import in_both_languages
from samegauge.core.measurement.models import Conformity, Inspection
from samegauge.core.organisations.models import Organisation
from samegauge.core.scope import current_organisation_id
from samegauge.core.thread.models import Block, Document, Unit
from samegauge.core.thread.parts import block, release
from samegauge.core.thread.rules import CLOCK_TOLERANCE, Fact, Recorder, lock_structure, record_all
from samegauge.core.vault.rules import keep

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from samegauge.apps.inspection.models import Instrument
    from samegauge.core.measurement.models import Characteristic
    from samegauge.core.organisations.models import Role
    from samegauge.core.partners.models import Partner
    from samegauge.core.production.models import Station
    from samegauge.core.thread.models import Item, Lot
    from samegauge.core.vault.rules import Readable

LETTERS = "NC"
PHOTO = "photo"
MOST_NAMED = 5


class NonconformityError(Exception):
    """Nothing was changed; the message says why and what to do, in the reader's language."""


@dataclass(frozen=True)
class Found:
    """What is wrong, with what is affected; `reference` names what it was opened from."""

    title: str
    source: Source
    found_at: datetime
    units: tuple[Unit, ...] = ()
    lots: tuple[Lot, ...] = ()
    quantity: int = 1
    description: str = ""
    reference: str = ""
    characteristic: Characteristic | None = None
    inspection: Inspection | None = None
    instrument: Instrument | None = None
    station: Station | None = None
    supplier: Partner | None = None


@dataclass(frozen=True)
class Step:
    """A step somebody takes; `role` is that of the membership they act in."""

    kind: FlowStep
    recorder: Recorder
    role: Role
    text: str = ""
    disposition: Disposition | None = None
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


def open_report(found: Found, recorder: Recorder) -> Nonconformity:
    """Open a report, and say so in the thread of everything affected."""
    if not found.title.strip():
        raise NonconformityError(_("Say in a few words what is wrong."))
    now = recorder.receive_time
    if found.found_at > now + CLOCK_TOLERANCE:
        raise NonconformityError(_("It cannot have been found in the future. Correct the time."))
    with transaction.atomic():
        lock_structure()
        report = Nonconformity.objects.create(
            number=next_number(Nonconformity, LETTERS, now),
            title=found.title.strip(),
            description=found.description.strip(),
            source=found.source,
            reference=found.reference,
            item=_item_of(found),
            characteristic=found.characteristic,
            inspection=found.inspection,
            instrument=found.instrument,
            station=found.station,
            supplier=found.supplier or supplier_of([*found.units], [*found.lots]),
            quantity=max(found.quantity, len(found.units), 1),
            found_at=found.found_at,
            opened_at=now,
            opened_by=recorder.actor,
            opened_by_name=recorder.name,
            simulated=_is_simulated(found),
        )
        Affected.objects.bulk_create(
            [
                *(Affected(report=report, unit=unit) for unit in found.units),
                *(Affected(report=report, lot=lot) for lot in found.lots),
            ]
        )
        _write(report, FlowStep.OPENED, recorder, found.description)
        _tell(report, "nonconformity", found.found_at, recorder)
        _settle_blocks(report, recorder)
    return report


def next_number(model: Any, letters: str, at: datetime) -> str:
    """The next number of the year; call it behind the organisation's lock."""
    start = f"{letters}-{timezone.localtime(at).year}-"
    last = model.objects.filter(number__startswith=start).order_by("-pk").values_list("number", flat=True).first()
    return f"{start}{int(last.removeprefix(start)) + 1 if last else 1:04d}"


def _is_simulated(found: Found) -> bool:
    if Organisation.objects.get(pk=current_organisation_id()).is_simulated:
        return True
    return (
        any(unit.simulated for unit in found.units) or Unit.objects.filter(lot__in=found.lots, simulated=True).exists()
    )


def _item_of(found: Found) -> Item | None:
    if found.units:
        return found.units[0].item
    return found.lots[0].item if found.lots else None


def supplier_of(units: Sequence[Unit], lots: Sequence[Lot]) -> Partner | None:
    """Who delivered the lot, where all come from one supplier."""
    numbers = {lot.number for lot in lots} | {unit.lot.number for unit in units if unit.lot}
    found = {
        row.supplier_id: row.supplier
        for row in Delivery.objects.filter(lot_number__in=numbers).select_related("supplier")
    }
    return next(iter(found.values())) if len(found) == 1 else None


def also_affects(report: Nonconformity, units: Sequence[Unit], recorder: Recorder) -> int:
    """Add units that turned out to be affected too; return how many are new."""
    with transaction.atomic():
        if _locked(report).state == State.CLOSED:
            raise NonconformityError(_("The report is closed. Open it again first."))
        known = set(report.affected.values_list("unit_id", flat=True))
        new = [unit for unit in units if unit.pk not in known]
        Affected.objects.bulk_create([Affected(report=report, unit=unit) for unit in new])
        if new:
            said = _("Also affected: %(serials)s") % {"serials": ", ".join(unit.serial for unit in new)}
            _write(report, FlowStep.NOTE, recorder, said)
            _tell(report, "nonconformity", recorder.receive_time, recorder, units=new)
            _settle_blocks(report, recorder)
    return len(new)


def affected_units(report: Nonconformity) -> QuerySet[Unit]:
    """Each unit affected, those of affected lots included."""
    rows = Affected.objects.filter(report=report)
    return Unit.objects.filter(Q(pk__in=rows.values("unit")) | Q(lot__in=rows.values("lot"))).select_related("item")


def standing_of(report: Nonconformity) -> Standing:
    return Standing(State(report.state), Disposition(report.disposition) if report.disposition else None)


def steps_for(report: Nonconformity, person_id: int | None, role: Role) -> list[FlowStep]:
    """The steps that this person may take now."""
    open_now = [kind for kind in steps_open(standing_of(report)) if role in WAYS[kind].roles]
    return [kind for kind in open_now if not (WAYS[kind].by_another and _was_involved(report, person_id))]


def _was_involved(report: Nonconformity, person_id: int | None) -> bool:
    return person_id in {report.opened_by_id, report.decided_by_id}


def take(report: Nonconformity, step: Step) -> Nonconformity:
    """Take a step; the report that is returned is as it stands afterwards."""
    with transaction.atomic():
        current = _locked(report)
        way = WAYS.get(step.kind)
        if way is None or step.kind not in steps_open(standing_of(current)):
            raise NonconformityError(
                _("“%(step)s” does not follow on “%(state)s”. Look at the report again.")
                % {"step": step.kind.label, "state": current.get_state_display()}
            )
        _refuse_unfit(current, step, way)
        _apply(current, step)
        current.save()
        said = {"disposition": str(step.disposition)} if step.disposition else {}
        _write(current, step.kind, step.recorder, step.text, **said)
        _tell_of(current, step)
        _settle_blocks(current, step.recorder)
    return current


def _locked(report: Nonconformity) -> Nonconformity:
    return Nonconformity.objects.select_for_update(of=("self",)).get(pk=report.pk)


def _refuse_unfit(report: Nonconformity, step: Step, way: Way) -> None:
    if step.role not in way.roles:
        raise NonconformityError(_("This role may not do that. Ask the quality manager."))
    if way.needs_text and not step.text.strip():
        raise NonconformityError(_("Say what was done, or why."))
    if step.kind is FlowStep.DECIDE and step.disposition is None:
        raise NonconformityError(_("Choose what becomes of it."))
    person = step.recorder.actor.pk if step.recorder.actor else None
    if way.by_another and (person is None or _was_involved(report, person)):
        raise NonconformityError(
            _("A concession is approved by somebody else than who opened the report or proposed it.")
        )
    if step.kind is FlowStep.PASS and report.inspection is not None:
        _refuse_without_inspection(report, report.inspection.plan)


def _refuse_without_inspection(report: Nonconformity, plan: str) -> None:
    """What an inspection has found, an inspection must find gone."""
    later = Inspection.objects.filter(plan=plan, reported_at__gt=report.decided_at, verdict=Conformity.PASS)
    waiting = affected_units(report).exclude(pk__in=later.values("unit"))
    serials = list(waiting.order_by("serial").values_list("serial", flat=True)[: MOST_NAMED + 1])
    if serials:
        named = ", ".join(serials[:MOST_NAMED]) + (" …" if len(serials) > MOST_NAMED else "")
        raise NonconformityError(
            _("%(serials)s: no inspection by %(plan)s has passed since the decision. Inspect again first.")
            % {"serials": named, "plan": plan}
        )


def _apply(report: Nonconformity, step: Step) -> None:
    standing = after(standing_of(report), step.kind, step.disposition)
    report.state, report.disposition = standing.state, standing.disposition or ""
    if step.kind is FlowStep.CONTAIN:
        report.containment = step.text.strip()
    if step.kind is FlowStep.DECIDE:
        report.decided_at, report.decided_by, report.decided_by_name = step.at, step.recorder.actor, step.recorder.name
    if standing.disposition is None and step.kind is not FlowStep.CONTAIN and step.kind is not FlowStep.NOTE:
        report.decided_at, report.decided_by, report.decided_by_name = None, None, ""
    report.closed_at = (
        step.at if step.kind is FlowStep.CLOSE else (report.closed_at if step.kind is FlowStep.NOTE else None)
    )


def _write(report: Nonconformity, kind: FlowStep, recorder: Recorder, text: str, **payload: Any) -> None:
    ReportStep.objects.create(
        report=report,
        kind=kind,
        at=recorder.receive_time,
        actor=recorder.actor,
        actor_name=recorder.name,
        text=text.strip(),
        payload=payload,
    )


def _tell_of(report: Nonconformity, step: Step) -> None:
    """Say in the threads what became of the units: only what holds, not what waits for approval."""
    decided = step.kind is FlowStep.APPROVE or (step.kind is FlowStep.DECIDE and report.disposition not in CONCESSIONS)
    kinds = {
        FlowStep.PASS: "reinspected",
        FlowStep.CLOSE: "nonconformity_closed",
        FlowStep.REOPEN: "nonconformity",
    }
    kind = "disposition" if decided else kinds.get(step.kind)
    if kind:
        _tell(report, kind, step.at, step.recorder, text=step.text)


def _tell(
    report: Nonconformity,
    kind: str,
    at: datetime,
    recorder: Recorder,
    *,
    units: Iterable[Unit] | None = None,
    text: str = "",
) -> None:
    said: dict[str, Any] = {"report": report.number, "title": report.title}
    said |= {"decision": report.disposition, "disposition": _named(report.disposition)} if report.disposition else {}
    said |= {"reason": text.strip()} if text.strip() else {}
    said |= {"simulated": True} if report.simulated else {}
    record_all([Fact(kind, at, said, unit=unit) for unit in (units or affected_units(report))], recorder)


def holding() -> Q:
    """Which affected units and lots a report holds: until it is settled, and for ever what it rejected."""
    gone = Q(report__disposition__in=GONE_FOR_GOOD, report__state__in=[State.DONE, State.CLOSED])
    return Q(report__state__in=HOLDING) | gone


def _settle_blocks(report: Nonconformity, recorder: Recorder) -> None:
    """Nobody builds in what a report holds; what somebody blocked for another reason stays as it is."""
    rows = list(Affected.objects.filter(report=report).select_related("unit", "lot"))
    units, lots = ([getattr(row, f"{name}_id") for row in rows] for name in ("unit", "lot"))
    same = Affected.objects.filter(holding(), Q(unit__in=units) | Q(lot__in=lots))
    held = set(same.values_list("unit_id", "lot_id"))
    blocks = {
        (one.unit_id, one.lot_id): one  # type: ignore[attr-defined]
        for one in Block.objects.filter(Q(unit__in=units) | Q(lot__in=lots), valid_to__isnull=True)
    }
    for row in rows:
        key = (row.unit_id, row.lot_id)
        standing, what = blocks.get(key), row.unit or row.lot
        if key in held and standing is None and what is not None:
            block(what, f"{report.number}: {report.title}", recorder, recorder.receive_time)
        elif key not in held and standing is not None and standing.reason.startswith(f"{LETTERS}-"):
            said = in_both_languages(lambda: str(State(report.state).label))
            release(standing, f"{report.number}: {said['zh']} {said['en']}", recorder, recorder.receive_time)


def _named(disposition: str) -> dict[str, str]:
    return in_both_languages(lambda: str(Disposition(disposition).label))


def add_photo(report: Nonconformity, content: Readable | bytes, name: str, recorder: Recorder) -> Photo:
    """Keep a picture with the report and, where a unit is affected, with its documents."""
    stored = keep(content, name)
    if not stored.media_type.startswith("image/"):
        raise NonconformityError(_("%(name)s is no picture. Send a JPEG or PNG.") % {"name": stored.name})
    with transaction.atomic():
        document = Document.objects.create(
            title=f"{report.number} {stored.name}", kind=PHOTO, stored=stored, unit=affected_units(report).first()
        )
        photo = Photo.objects.create(report=report, document=document)
        _write(report, FlowStep.NOTE, recorder, _("Picture: %(name)s") % {"name": stored.name})
    return photo


@dataclass(frozen=True)
class Repeat:
    """An earlier report that this one repeats, and in what they are alike."""

    report: Nonconformity
    alike: tuple[str, ...]


def repeats(report: Nonconformity) -> list[Repeat]:
    """Earlier reports of the same characteristic, station, or item of the supplier within the days that are set."""
    alike = Q(pk__in=[])
    for names in (("characteristic",), ("station",), ("supplier", "item")):
        values = {name: getattr(report, f"{name}_id") for name in names}
        if all(values.values()):
            alike |= Q(**values)
    since = report.found_at - timedelta(days=quality_limits().repeat_days)
    rows = Nonconformity.objects.filter(alike, found_at__gte=since, found_at__lte=report.found_at).exclude(pk=report.pk)
    rows = rows.exclude(disposition=Disposition.CONFORMS).select_related(
        "characteristic", "station", "supplier", "item"
    )
    return [Repeat(row, _alike(row, report)) for row in rows.order_by("-found_at")]


def _alike(one: Nonconformity, other: Nonconformity) -> tuple[str, ...]:
    said = []
    if one.characteristic_id and one.characteristic_id == other.characteristic_id:
        said.append(str(one.characteristic))
    if one.station_id and one.station_id == other.station_id:
        said.append(str(one.station))
    if one.supplier_id and (one.supplier_id, one.item_id) == (other.supplier_id, other.item_id):
        said.append(f"{one.supplier} · {one.item}")
    return tuple(said)


def reports_about(unit: Unit) -> QuerySet[Nonconformity]:
    """Every report that the unit, or its lot, is affected by."""
    own = Q(unit=unit) | (Q(lot=unit.lot) if unit.lot else Q(pk__in=[]))
    return Nonconformity.objects.filter(pk__in=Affected.objects.filter(own).values("report"))
