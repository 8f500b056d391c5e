"""Making the records what the entries say: station states, measurements, as-built edges, events in the thread.

Nothing is overwritten: what an earlier entry that came late turns out to be wrong is retracted, its event superseded by
a correction, and the right thing recorded anew.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction

from samegauge.apps.inspection.stations.building import PartRefusedError, write_parts
from samegauge.apps.inspection.stations.fold import Folded, Standing, fold
from samegauge.apps.inspection.stations.journal import correct_each, record_each
from samegauge.apps.inspection.stations.loading import Loaded, load
from samegauge.apps.inspection.stations.measuring import verdict, write_measurements
from samegauge.apps.inspection.stations.models import EntryKind, Outcome, StationEntry, UnitStop
from samegauge.apps.inspection.stations.release import release_of
from samegauge.core.language import in_both_languages, in_one_line
from samegauge.core.measurement.models import Conformity
from samegauge.core.production.holds import holds_on
from samegauge.core.thread.rules import Fact

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID

    from samegauge.apps.inspection.stations.reasons import Said
    from samegauge.core.thread.models import Event, Unit

COMPLETED, OVERRIDDEN = "station_completed", "station_overridden"
PROJECTED = (
    "sequence",
    "procedure",
    "state",
    "done",
    "required",
    "conflicts",
    "begun_at",
    "completed_at",
    "released_at",
    "override_reason",
    "event",
)


def settle(unit_keys: Iterable[int], *, asking: bool = True) -> None:
    """Fold all that is known of these units and make the records say it; the caller holds the lock on the structure.

    `asking`: whether to ask what outside holds a unit that is about to be released, which is for the present alone.
    """
    keys = set(unit_keys)
    while keys:
        loaded = load(keys)
        folded = _folded(loaded, asking=asking)
        try:
            with transaction.atomic():
                _write(loaded, folded)
        except PartRefusedError as refusal:
            StationEntry.objects.filter(uid=refusal.entry).update(fault=dict(refusal.reason))
        else:
            return


def _folded(loaded: Loaded, *, asking: bool) -> Folded:
    folded = fold(loaded.entries, loaded.shop)
    while asking and (newly_held := _newly_held(loaded, folded)):
        StationEntry.objects.filter(uid__in=newly_held).update(held_at=datetime.now(UTC))
        loaded = loaded.held_too(newly_held)
        folded = fold(loaded.entries, loaded.shop)
    return folded


def _newly_held(loaded: Loaded, folded: Folded) -> dict[UUID, Said]:
    """Ask, for each request for release that stands for the first time, what outside holds the unit."""
    if not folded.asked:
        return {}
    rows = {row.uid: row for row in loaded.rows}
    stops = UnitStop.objects.filter(unit__in=loaded.units, event__isnull=False).select_related("event")
    closed = {stop.event.payload["entry"] for stop in stops if stop.event is not None}
    asked = {key: _held_by(rows[key], loaded, folded) for key in folded.asked if str(key) not in closed}
    return {key: said for key, said in asked.items() if said}


def _held_by(row: StationEntry, loaded: Loaded, folded: Folded) -> Said:
    here = [one for one in loaded.rows if (one.unit_id, one.station_id) == (row.unit_id, row.station_id)]
    outcomes = {key: verdict.outcome for key, verdict in folded.verdicts.items()}
    steps = [step for some in loaded.steps.values() for step in some.values()]
    release = release_of(loaded.units[row.unit_id], row.station, here, outcomes, steps)
    said = in_both_languages(lambda: in_one_line(hold.said for hold in holds_on(release)))
    return said if any(said.values()) else {}


def _write(loaded: Loaded, folded: Folded) -> None:
    now = datetime.now(UTC)
    _write_verdicts(loaded, folded)
    write_parts(loaded, folded.built, now)
    write_measurements(loaded, folded.measured, now)
    _write_stops(loaded, folded, now)


def _write_verdicts(loaded: Loaded, folded: Folded) -> None:
    changed = []
    for row in loaded.rows:
        said = folded.verdicts[row.uid]
        if (row.outcome, row.reason) != (said.outcome, dict(said.reason)):
            row.outcome, row.reason = said.outcome, dict(said.reason)
            changed.append(row)
    StationEntry.objects.bulk_update(changed, ["outcome", "reason"], batch_size=200)


def _write_stops(loaded: Loaded, folded: Folded, now: datetime) -> None:
    rows = {row.uid: row for row in loaded.rows}
    closers = {(one.unit, one.station): rows[one.completed_by] for one in folded.standings if one.completed_by}
    there, stops = _stops_there(loaded), list[tuple[UnitStop, StationEntry | None]]()
    for standing in folded.standings:
        key = (standing.unit, standing.station)
        stop = there[key] if key in there else _new_stop(loaded, standing)
        stops.append((stop, closers.get(key)))
    before = {stop.pk: _said_of(stop) for stop, _closer in stops if stop.pk}
    for (stop, closer), standing in zip(stops, folded.standings, strict=True):
        _project(stop, standing, closer)
    _write_completions(loaded, stops, now)
    UnitStop.objects.bulk_create([stop for stop, _closer in stops if not stop.pk], batch_size=500)
    for stop, _closer in stops:
        if stop.pk in before and before[stop.pk] != _said_of(stop):
            stop.save()
    _leave_out(there, folded)


def _stops_there(loaded: Loaded) -> dict[tuple[int, str], UnitStop]:
    stops = UnitStop.objects.filter(unit__in=loaded.units).select_related("station", "event", "unit")
    return {(stop.unit_id, stop.station.code): stop for stop in stops}


def _new_stop(loaded: Loaded, standing: Standing) -> UnitStop:
    place = loaded.ways[standing.unit].stop(standing.station)
    assert place is not None  # noqa: S101 - the standing came from the way
    return UnitStop(unit=loaded.units[standing.unit], station=place.station)


def _write_completions(loaded: Loaded, stops: list[tuple[UnitStop, StationEntry | None]], now: datetime) -> None:
    """Give each completed station its event, and take back the event of one that is not completed by that entry."""
    wrong: list[tuple[Event, Unit, dict[str, Any]]] = []
    for stop, closer in stops:
        if stop.event is not None and (closer is None or stop.event.payload["entry"] != str(closer.uid)):
            wrong.append((stop.event, stop.unit, {"station": stop.station.code}))
            stop.event = None
    correct_each(wrong, now)
    closing = [(stop, closer) for stop, closer in stops if stop.event is None and closer is not None]
    events = record_each([(closer, _completion(loaded, closer)) for _stop, closer in closing])
    for stop, closer in closing:
        stop.event = events[closer.pk]


def _said_of(stop: UnitStop) -> list[Any]:
    return [getattr(stop, stop._meta.get_field(name).attname) for name in PROJECTED]  # type: ignore[union-attr]


def _project(stop: UnitStop, standing: Standing, closer: StationEntry | None) -> None:
    stop.sequence, stop.state, stop.procedure_id = standing.sequence, standing.state, standing.procedure
    stop.done, stop.required, stop.conflicts = len(standing.done), standing.required, standing.conflicts
    stop.begun_at, stop.completed_at = standing.begun_at, standing.completed_at
    stop.released_at = standing.released_at
    overridden = closer is not None and closer.kind == EntryKind.OVERRIDE
    stop.override_reason = closer.payload["reason"] if closer is not None and overridden else ""


def _leave_out(there: Mapping[tuple[int, str], UnitStop], folded: Folded) -> None:
    """Stations that a new revision of the route leaves out, unless something was done there."""
    shown = {(one.unit, one.station) for one in folded.standings}
    left_out = [stop.pk for key, stop in there.items() if key not in shown and stop.begun_at is None]
    if left_out:
        UnitStop.objects.filter(pk__in=left_out).delete()


def _completion(loaded: Loaded, closer: StationEntry) -> Fact:
    here = [row for row in loaded.rows if (row.unit_id, row.station_id) == (closer.unit_id, closer.station_id)]
    values = [
        _value_said(loaded, row)
        for row in here
        if row.kind == EntryKind.VALUE and row.at <= closer.at and row.outcome == Outcome.TAKEN
    ]
    station = closer.station
    said: dict[str, Any] = {
        "station": station.code,
        "name": {"en": station.name, "zh": station.name_zh or station.name},
        "operator": closer.actor_name,
        "started_at": min(row.at for row in here).isoformat(),
        "ended_at": closer.at.isoformat(),
        "procedure": str(closer.procedure),
        "values": values,
        "entry": str(closer.uid),
    }
    if closer.unit.simulated:
        said["simulated"] = True
    if closer.kind == EntryKind.OVERRIDE:
        return Fact(OVERRIDDEN, closer.at, {**said, "reason": closer.payload["reason"]}, unit=closer.unit)
    return Fact(COMPLETED, closer.at, said, unit=closer.unit)


def _value_said(loaded: Loaded, row: StationEntry) -> dict[str, Any]:
    step = loaded.steps[row.procedure.pk][row.step]
    return {
        "characteristic": step.key,
        "value": row.payload["value"],
        "unit": step.unit_code,
        "lower": step.lower,
        "upper": step.upper,
        "conforms": verdict(row.payload["value"], step) == Conformity.PASS,
    }
