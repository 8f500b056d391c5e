"""As-built edges from part scans: what the fold says is in what, and since when, against what the records say."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from samegauge.apps.inspection.stations.journal import by_recorder, correct_each, recorder_of
from samegauge.apps.inspection.stations.models import Effect, StationEntry
from samegauge.core.language import in_both_languages
from samegauge.core.thread.models import Unit
from samegauge.core.thread.rules import Installation, ThreadError, install_all, remove

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from samegauge.apps.inspection.stations.fold import Built
    from samegauge.apps.inspection.stations.loading import Loaded
    from samegauge.apps.inspection.stations.reasons import Said
    from samegauge.core.thread.models import AsBuiltEdge
    from samegauge.core.thread.rules import Recorder

    Place = tuple[StationEntry, Effect]
    Move = tuple[StationEntry, Built]


class PartRefusedError(Exception):
    """The rules of the thread refuse a part that the entries would put in."""

    def __init__(self, entry: UUID, reason: Said) -> None:
        super().__init__(str(entry))
        self.entry, self.reason = entry, reason


def write_parts(loaded: Loaded, built: Iterable[Built], now: datetime) -> None:
    """Keep what agrees; from the first difference on retract what is there and record what should be."""
    wanted: dict[str, list[Built]] = defaultdict(list)
    for one in built:
        wanted[one.child].append(one)
    there: dict[str, list[Place]] = defaultdict(list)
    for row in loaded.rows:
        effect = loaded.effects.get(row.pk)
        if effect is not None and effect.edge is not None and effect.edge.retracted_at is None:
            there[row.serial].append((row, effect))
    rows = {row.uid: row for row in loaded.rows}
    new: list[Move] = []
    for serial in sorted({*wanted, *there}):
        agreed = _agreed(wanted[serial], there[serial], rows)
        _retract(there[serial][agreed:], now)
        new += [(rows[one.entry], one) for one in wanted[serial][agreed:]]
    _build_in(loaded, new, rows)


def _agreed(wanted: list[Built], there: list[Place], rows: dict[UUID, StationEntry]) -> int:
    """How many of a part's places agree; one that should have ended gets its end."""
    for place, (one, (row, effect)) in enumerate(zip(wanted, there, strict=False)):
        if one.entry != row.uid:
            return place
        if _edge(effect).valid_to is None and one.until is not None:
            _take_out(row, effect, one.until, rows)
        elif _edge(effect).valid_to != one.until:
            return place
    return min(len(wanted), len(there))


def _edge(effect: Effect) -> AsBuiltEdge:
    assert effect.edge is not None  # noqa: S101 - only such effects are chosen
    return effect.edge


def _retract(places: list[Place], now: datetime) -> None:
    for row, effect in reversed(places):
        edge = _edge(effect)
        said = {"child": row.serial, "parent": row.unit.serial, "position": edge.position}
        correct_each([(edge.installed_event, edge.child, said)], now)
        edge.retracted_at = now
        edge.save()
        effect.delete()


def _build_in(loaded: Loaded, new: list[Move], rows: dict[UUID, StationEntry]) -> None:
    """Record installations in the order of time, together where no part goes in twice."""
    children = {unit.serial: unit for unit in Unit.objects.filter(serial__in={one.child for _row, one in new})}
    for some in _rounds(new):
        effects = _install_each(loaded, some, children)
        for row, one in some:
            if one.until is not None:
                _take_out(row, effects[row.pk], one.until, rows)


def _install_each(loaded: Loaded, some: list[Move], children: dict[str, Unit]) -> dict[int, Effect]:
    """Install in the name of whoever scanned; return what the entries led to, by their keys."""
    built = {row.pk: one for row, one in some}
    effects: dict[int, Effect] = {}
    for group in by_recorder(row for row, _one in some):
        effects |= _install(loaded, [(row, built[row.pk]) for row in group], children)
    return effects


def _rounds(new: list[Move]) -> list[list[Move]]:
    """The first place of each part, then the second places, and so on."""
    placed: dict[str, int] = defaultdict(int)
    rounds: dict[int, list[Move]] = defaultdict(list)
    for row, one in new:
        rounds[placed[one.child]].append((row, one))
        placed[one.child] += 1
    return [rounds[place] for place in sorted(rounds)]


def _install(loaded: Loaded, some: list[Move], children: dict[str, Unit]) -> dict[int, Effect]:
    moves = [
        Installation(
            children[one.child],
            loaded.units[one.parent],
            one.from_,
            one.position,
            {"station": row.station.code, "entry": str(row.uid)} | ({"simulated": True} if row.unit.simulated else {}),
        )
        for row, one in some
    ]
    recorder = recorder_of(some[0][0])
    try:
        edges = install_all(moves, recorder)
    except ThreadError as refusal:
        if len(some) > 1:
            return {key: effect for pair in some for key, effect in _install(loaded, [pair], children).items()}
        raise PartRefusedError(some[0][0].uid, in_both_languages(lambda: _refusal(moves, recorder))) from refusal
    made = [Effect(entry=row, edge=edge) for (row, _one), edge in zip(some, edges, strict=True)]
    return {effect.entry.pk: effect for effect in Effect.objects.bulk_create(made, batch_size=500)}


def _refusal(moves: list[Installation], recorder: Recorder) -> str:
    """Ask the rules once more, because they answer in one language at a time."""
    try:
        install_all(moves, recorder)
    except ThreadError as refusal:
        return str(refusal)
    raise AssertionError("what was refused in one language is refused in the other")


def _take_out(row: StationEntry, effect: Effect, at: datetime, rows: dict[UUID, StationEntry]) -> None:
    """A later scan at the same step has put another part in this one's place."""
    place = (row.unit_id, row.station_id, row.step)
    by = next((one for one in rows.values() if one.at == at and (one.unit_id, one.station_id, one.step) == place), row)
    effect.edge = remove(_edge(effect).child, at, recorder_of(by), f"Replaced at station {row.station.code}")
    effect.edge_until = at
    effect.save()
