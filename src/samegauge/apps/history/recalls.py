"""Recalls: a question about parts or work, the machines it leads to, and how far each of them is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from samegauge.apps.history.models import Recall, RecalledMachine, RecallState
from samegauge.apps.history.tracing import Traced, traced, units_of
from samegauge.core.language import in_both_languages
from samegauge.core.measurement.models import Measurement
from samegauge.core.production.models import Station
from samegauge.core.thread.models import Event, Lot, Revision, Unit
from samegauge.core.thread.rules import Fact, Recorder, ThreadError, record_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

STATION_WORK = ("station_completed", "station_overridden")
_DIGITS = re.compile(r"(\d+)")


class RecallKind(models.TextChoices):
    LOT = "lot", gettext_lazy("A lot")
    ITEM = "item", gettext_lazy("An item, by revision")
    SERIALS = "serials", gettext_lazy("A range of serial numbers")
    STATION = "station", gettext_lazy("Work at a station")
    INSTRUMENT = "instrument", gettext_lazy("An instrument")
    OPERATOR = "operator", gettext_lazy("Somebody's work")


@dataclass(frozen=True)
class Criterion:
    """Which units are suspected; `named` is the lot, item, station, instrument or person."""

    kind: RecallKind
    named: str
    first: str = ""  # revision or serial number
    last: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        times = {"since": self.since, "until": self.until}
        said = {"kind": self.kind.value, "named": self.named, "first": self.first, "last": self.last}
        return said | {name: at.astimezone(UTC).isoformat() for name, at in times.items() if at}


def criterion_of(said: dict[str, Any]) -> Criterion:
    times = {name: datetime.fromisoformat(said[name]) for name in ("since", "until") if name in said}
    return Criterion(RecallKind(said["kind"]), said["named"], said["first"], said["last"], **times)


def suspects(asked: Criterion) -> set[int]:
    """The units that the criterion names: parts, or machines themselves."""
    return _SUSPECTS[asked.kind](asked)


def _of_lot(asked: Criterion) -> set[int]:
    return {unit for lot in Lot.objects.filter(number=asked.named) for unit in units_of(lot)}


def _of_item(asked: Criterion) -> set[int]:
    """Revisions in the order in which they were released; those without a day come last, as they were written."""
    units = Unit.objects.filter(item__number=asked.named)
    if not asked.first and not asked.last:
        return set(units.values_list("pk", flat=True))
    rows = Revision.objects.filter(item__number=asked.named)
    order = [row.label for row in rows.order_by(models.F("released_at").asc(nulls_last=True), "pk")]
    first = order.index(asked.first) if asked.first in order else 0
    last = order.index(asked.last) if asked.last in order else len(order) - 1
    return set(units.filter(revision__label__in=order[first : last + 1]).values_list("pk", flat=True))


def _of_serials(asked: Criterion) -> set[int]:
    first, last = _natural(asked.first), _natural(asked.last)
    rows = Unit.objects.filter(item__number=asked.named).values_list("pk", "serial")
    return {key for key, serial in rows if first <= _natural(serial) <= last}


def _natural(serial: str) -> list[tuple[int, int | str]]:
    """B-9 before B-10."""
    parts = _DIGITS.split(serial.casefold())
    return [(0, int(part)) if part.isdigit() else (1, part) for part in parts if part]


def _of_station(asked: Criterion) -> set[int]:
    """Units on which work at the station went on within the window."""
    station = Station.objects.filter(code=asked.named).first()
    names = {asked.named} | ({str(station.sequence)} if station and station.sequence else set())
    return {unit for unit, said in _station_work(asked) if str(said.get("station", "")) in names}


def _station_work(asked: Criterion) -> Iterable[tuple[int, dict[str, Any]]]:
    done = Event.objects.filter(kind__in=STATION_WORK, unit__isnull=False, superseded_by__isnull=True)
    if asked.since:
        done = done.filter(device_time__gte=asked.since)
    for unit, payload, ended_at in done.values_list("unit", "payload", "device_time"):
        began = datetime.fromisoformat(payload["started_at"]) if payload.get("started_at") else ended_at
        if asked.until is None or began <= asked.until:
            yield unit, payload


def _of_instrument(asked: Criterion) -> set[int]:
    return _measured(asked, Q(instrument=asked.named))


def _of_operator(asked: Criterion) -> set[int]:
    """What the person measured, worked on at a station, or built in."""
    done = {unit for unit, said in _station_work(asked) if said.get("operator") == asked.named}
    moved = Event.objects.filter(kind="installed", actor_name=asked.named, superseded_by__isnull=True)
    moved = moved.filter(_within(asked, "device_time"))
    return done | _measured(asked, Q(operator=asked.named)) | set(moved.values_list("unit", flat=True))


def _measured(asked: Criterion, how: Q) -> set[int]:
    at_all = _within(asked, "measured_at") | Q(measured_at__isnull=True) & _within(asked, "inspection__reported_at")
    return set(Measurement.objects.filter(how, at_all).values_list("inspection__unit", flat=True))


def _within(asked: Criterion, column: str) -> Q:
    bounds = {f"{column}__gte": asked.since, f"{column}__lte": asked.until}
    return Q(**{name: at for name, at in bounds.items() if at})


_SUSPECTS: dict[RecallKind, Callable[[Criterion], set[int]]] = {
    RecallKind.LOT: _of_lot,
    RecallKind.ITEM: _of_item,
    RecallKind.SERIALS: _of_serials,
    RecallKind.STATION: _of_station,
    RecallKind.INSTRUMENT: _of_instrument,
    RecallKind.OPERATOR: _of_operator,
}


def found_by(asked: Criterion) -> Traced:
    return traced(suspects(asked))


def open_recall(title: str, reason: str, asked: Criterion, recorder: Recorder) -> Recall:
    """Open a case over the machines that the criterion leads to now."""
    if not title.strip() or not reason.strip():
        raise ThreadError(_("A recall needs a title and a reason."))
    with transaction.atomic():
        recall = Recall.objects.create(
            title=title.strip(),
            reason=reason.strip(),
            criterion=asked.as_json(),
            opened_at=recorder.receive_time,
            opened_by=recorder.name,
        )
        if not add_affected(recall, recorder):
            raise ThreadError(_("No machine is affected, so there is nothing to recall."))
    return recall


def add_affected(recall: Recall, recorder: Recorder) -> int:
    """Take in machines that are affected and not in the case yet; return how many."""
    known = set(recall.machines.values_list("machine", flat=True))
    asked = criterion_of(recall.criterion)
    new = [one.machine for one in found_by(asked).affected if one.machine.pk not in known]
    with transaction.atomic():
        steps = [_step(recall, machine, RecallState.AFFECTED, recall.reason, recorder) for machine in new]
        events = record_all(steps, recorder)
        RecalledMachine.objects.bulk_create(
            [
                RecalledMachine(recall=recall, machine=machine, event=event)
                for machine, event in zip(new, events, strict=True)
            ]
        )
    return len(new)


def _step(recall: Recall, machine: Unit, state: RecallState, note: str, recorder: Recorder) -> Fact:
    named = in_both_languages(lambda: str(state.label))
    said: dict[str, Any] = {"recall": str(recall.uid), "title": recall.title, "state": named, "note": note}
    if machine.simulated:
        said["simulated"] = True
    return Fact("recall", recorder.receive_time, said, unit=machine)


def set_states(machines: Iterable[RecalledMachine], state: RecallState, note: str, recorder: Recorder) -> int:
    """Say how far some machines are; each gets an event."""
    with transaction.atomic():
        rows = [row for row in machines if row.state != state or row.note != note.strip()]
        events = record_all([_step(row.recall, row.machine, state, note.strip(), recorder) for row in rows], recorder)
        for row, event in zip(rows, events, strict=True):
            row.state, row.note, row.event = state, note.strip(), event
            row.save()
    return len(rows)


def close(recall: Recall, recorder: Recorder) -> None:
    if recall.machines.exclude(state=RecallState.DONE).exists():
        raise ThreadError(_("Some machines are not done yet. Finish them first."))
    recall.closed_at = recorder.receive_time
    recall.save()
