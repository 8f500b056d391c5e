"""What a release rests on: the entries that count, the instruments they were read from, what they measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from samegauge.apps.inspection.stations.models import EntryKind, Outcome
from samegauge.core.production.holds import Release

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

    from samegauge.apps.inspection.plans.models import ProcedureStep
    from samegauge.apps.inspection.stations.models import StationEntry
    from samegauge.core.production.models import Station
    from samegauge.core.thread.models import Unit


def measured_by(steps: Iterable[ProcedureStep]) -> frozenset[int]:
    return frozenset(step.characteristic_id for step in steps if step.characteristic_id)


def release_of(
    unit: Unit,
    station: Station,
    rows: Sequence[StationEntry],
    outcomes: Mapping[UUID, str],
    steps: Iterable[ProcedureStep],
) -> Release:
    """Ask for the release by the entries of a unit at a station, in the order of their time."""
    counting = _counting(rows, outcomes)
    done = {(row.procedure.pk, row.step) for row in counting.values()}
    return Release(
        unit,
        station,
        frozenset(row.payload["instrument"] for row in counting.values() if row.payload.get("instrument")),
        measured_by(step for step in steps if (step.procedure_id, step.key) in done),  # type: ignore[attr-defined]
    )


def _counting(rows: Sequence[StationEntry], outcomes: Mapping[UUID, str]) -> dict[str, StationEntry]:
    """The last entry of each step that was taken and that nobody took back."""
    taken = [row for row in rows if outcomes[row.uid] == Outcome.TAKEN]
    back = {row.payload["entry"] for row in taken if row.kind == EntryKind.WITHDRAW}
    return {row.step: row for row in taken if row.step and str(row.uid) not in back}
