"""The simulated builder's drifting station is found within the run length that the default design promises.

And where nothing was planted, as many charts give a false alarm as promised. Both over many simulated companies.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from functools import cache

import numpy as np
import pytest

from samegauge.apps.inspection.control.charting import Frame, Watch, signalled
from samegauge.apps.inspection.control.models import ControlDesign
from samegauge.apps.inspection.control.series import Place, Value
from samegauge.engines.spc.constants import moving_range_dof
from samegauge.engines.spc.run_length.combined import Baseline, IndividualsEwma, individuals_ewma_baseline_run_length
from samegauge.simulators.builder import truths
from samegauge.simulators.builder.company import simulated
from samegauge.simulators.builder.stations import STATIONS

pytestmark = pytest.mark.long

SEEDS = range(1, 25)
START = datetime(2024, 1, 1, tzinfo=UTC)
DESIGN = ControlDesign()
WATCH = IndividualsEwma(DESIGN.width, DESIGN.weight, DESIGN.memory_width)
BASELINE = Baseline(DESIGN.baseline_count, moving_range_dof(DESIGN.baseline_count))
GATES = {gate.key: gate for station in STATIONS for gate in station.gates}
PLANTED = {truths.DRIFT_KEY, truths.GAUGE_KEY, "rail_straight_x"}
# Neither cut off at a limit or at zero nor coarse: the run length is that of normal values.
_ROOM, _FINE = 3.5, 4.0


def _is_plain(key: str) -> bool:
    gate = GATES[key]
    room = [abs(limit - gate.mean) / gate.sigma for limit in (gate.lower, gate.upper) if limit is not None]
    room += [gate.mean / gate.sigma] if gate.lower is None else []
    return key not in PLANTED and min(room) >= _ROOM and gate.sigma * 10**gate.decimals >= _FINE


@cache
def series() -> dict[tuple[int, str], list[Value]]:
    """The values of each characteristic of each company, of all models in order of time."""
    found: dict[tuple[int, str], list[Value]] = {}
    for seed in SEEDS:
        inspections = sorted(simulated(seed, START).inspections, key=lambda one: one.performed_at)
        readings = [
            (one.performed_at, reading)
            for one in inspections
            if one.kind == "in_process"
            for reading in one.readings
            if reading.key == truths.DRIFT_KEY or (reading.key in GATES and _is_plain(reading.key))
        ]
        for place, (at, reading) in enumerate(readings):
            value = Value(Place(at, place, place), 1, reading.value, failed=False)
            found.setdefault((seed, reading.key), []).append(value)
    return found


def first_signal(values: list[Value]) -> int | None:
    """The place of the first point after the baseline that signals."""
    watch = Watch(Frame(DESIGN), values)
    places = signalled(watch.stretches[0].plotted)
    return places[0] + DESIGN.baseline_count if places else None


def test_the_planted_drift_is_found_within_the_promised_run_length() -> None:
    """From the first machine on whose drift has reached the shift that the design is to find."""
    promised = individuals_ewma_baseline_run_length(WATCH, BASELINE, DESIGN.shift).mean
    delays = []
    for seed in SEEDS:
        values = series()[seed, truths.DRIFT_KEY]
        days = np.array([(one.place.taken_at - START).total_seconds() / 86400 for one in values])
        drift = truths.DRIFT_UM_PER_DAY * np.maximum(days - truths.DRIFT_FROM_DAY, 0.0)
        reached = int(np.flatnonzero(drift >= DESIGN.shift * GATES[truths.DRIFT_KEY].sigma)[0])
        found = first_signal(values)
        delays.append(len(values) - reached if found is None else max(found - reached + 1, 0))
    error = float(np.std(delays, ddof=1)) / math.sqrt(len(delays))
    assert promised == pytest.approx(6.7, abs=0.1)
    assert np.mean(delays) <= promised + 2.0 * error
    assert sum(first_signal(series()[seed, truths.DRIFT_KEY]) is not None for seed in SEEDS) >= len(SEEDS) - 1


def test_where_nothing_was_planted_there_are_as_many_false_alarms_as_promised() -> None:
    rows = [values for (_seed, key), values in series().items() if key != truths.DRIFT_KEY]
    rows = [values for values in rows if len(values) > DESIGN.baseline_count]
    silent = individuals_ewma_baseline_run_length(WATCH, BASELINE, 0.0, 100).silent
    chances = np.array([1.0 - silent[len(values) - DESIGN.baseline_count] for values in rows])
    alarms = sum(first_signal(values) is not None for values in rows)
    spread = math.sqrt(float(np.sum(chances * (1.0 - chances))))
    assert len(rows) > 150
    assert alarms == pytest.approx(float(chances.sum()), abs=3.0 * spread)
