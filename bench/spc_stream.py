"""Charts point by point: points a second through the streaming engine, and the way of a violation to the screen.

Peer of the engine in the same run: the eight Nelson rules in plain Python with a ring of the last points for each
chart. The second claim sends values to the stations' door of a running site, as a tablet does, and asks the quality
page's poll: from the answer to the POST until the poll shows the alarm, at 5,000 values before.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections import deque
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from scenery import claim, database_name, member, on_both_databases, open_site, settle

from samegauge.engines.spc.charts.chart import ChartOptions
from samegauge.engines.spc.charts.design import Observed
from samegauge.engines.spc.charts.individuals import imr_charts
from samegauge.engines.spc.charts.streaming import ChartStream

if TYPE_CHECKING:
    from collections.abc import Sequence

CHARTS, BASELINE, POINTS, BATCH = 1_000, 30, 300_000, 1_000
PEER_POINTS, ROUNDS = 60_000, 5
STATIONS, STEPS, UNITS = 6, 20, 40
START = datetime.now(UTC) - timedelta(days=40)
LONGEST = 15


class PlainChart:
    """The eight Nelson rules, one point at a time."""

    def __init__(self, mean: float, sigma: float) -> None:
        self.mean, self.sigma = mean, sigma
        self.z: deque[float] = deque(maxlen=LONGEST)

    def take(self, value: float) -> int:
        self.z.append((value - self.mean) / self.sigma)
        z = list(self.z)
        last, steps = z[-1], [after - before for before, after in pairwise(z)]
        side = 1.0 if last > 0.0 else -1.0
        turns = [one * other < 0.0 for one, other in pairwise(steps)]
        rules = (
            abs(last) > 3.0,
            len(z) >= 9 and all(one * side > 0.0 for one in z[-9:]),
            len(steps) >= 5 and (min(steps[-5:]) > 0.0 or max(steps[-5:]) < 0.0),
            len(turns) >= 12 and all(turns[-12:]),
            len(z) >= 3 and last * side > 2.0 and sum(one * side > 2.0 for one in z[-3:]) >= 2,
            len(z) >= 5 and last * side > 1.0 and sum(one * side > 1.0 for one in z[-5:]) >= 4,
            len(z) >= 15 and all(abs(one) < 1.0 for one in z),
            len(z) >= 8 and all(abs(one) > 1.0 for one in z[-8:]),
        )
        return sum(1 << place for place, hit in enumerate(rules) if hit)


def streaming() -> dict[str, Any]:
    rng = np.random.default_rng(7)
    chart = imr_charts(rng.normal(size=(CHARTS, BASELINE)), ChartOptions()).location
    values = rng.normal(size=POINTS)
    places = np.concatenate([rng.permutation(CHARTS) for _ in range(POINTS // CHARTS)])
    rates, peers, flagged = [], [], np.zeros(POINTS, dtype=np.uint16)
    for _ in range(ROUNDS):
        stream = ChartStream(chart)
        start = time.perf_counter()
        for first in range(0, POINTS, BATCH):
            part = slice(first, first + BATCH)
            flagged[part] = stream.arrive(Observed(values[part, None]), places[part]).alarms
        rates.append(POINTS / (time.perf_counter() - start))
    means, sigmas = chart.center[:, 0].tolist(), chart.sigma[:, 0].tolist()
    plain = [PlainChart(mean, sigma) for mean, sigma in zip(means, sigmas, strict=True)]
    listed = list(zip(places[:PEER_POINTS].tolist(), values[:PEER_POINTS].tolist(), strict=True))
    start = time.perf_counter()
    found = [plain[place].take(value) for place, value in listed]
    peers.append(PEER_POINTS / (time.perf_counter() - start))
    if found != flagged[:PEER_POINTS].tolist():
        raise SystemExit("The streams do not flag what the plain charts flag.")
    more = {"rounds_per_s": [round(one) for one in rates], "floor_per_s": 300_000, "batch": BATCH}
    row = claim("streaming, 1,000 charts, 8 rules", statistics.median(rates), peers[0], "points/s", **more)
    return row | {"ratio": round(row["ours"] / row["peer"], 3)}


def fill(organisation: Any) -> list[dict[str, Any]]:
    """Released procedures at some stations, quiet values before, and one value for each step to send."""
    from samegauge.apps.inspection.plans.models import Procedure, ProcedureStep, Route, RouteStop
    from samegauge.core.identifiers import new_uid
    from samegauge.core.measurement.models import Characteristic
    from samegauge.core.production.models import Station
    from samegauge.core.scope import organisation_scope
    from samegauge.core.thread.models import Item, Unit

    with organisation_scope(organisation):
        item = Item.objects.create(number="TT5", name="Machine", kind="machine")
        route = Route.objects.create(code="R", item=item, title="Route")
        units = [Unit(serial=f"TT5-{place:04d}", item=item) for place in range(UNITS + STATIONS * STEPS)]
        units = Unit.objects.bulk_create(units)
        rows, sent = [], []
        for number in range(1, STATIONS + 1):
            station = Station.objects.create(code=f"S{number}", name="Station", sequence=number)
            procedure = Procedure.objects.create(code=f"SIP-{number}", item=item, title="Inspect", kind="sip")
            for place in range(STEPS):
                row = Characteristic.objects.create(
                    item=item, plan="IPQC", inspection_kind="in_process", key=f"c{number}-{place}",
                    name=f"C{number}-{place}", kind="Diameter", unit_code="µm", upper_limit=8.0, lower_limit=-8.0,
                )  # fmt: skip
                rows.append(row)
                ProcedureStep.objects.create(
                    procedure=procedure, key=row.key, sequence=place, kind="value", text="C", unit_code="µm",
                    characteristic=row, lower=-8.0, upper=8.0,
                )  # fmt: skip
                said = {"id": new_uid, "unit": units[UNITS + len(sent)].uid, "station": station.code}
                sent.append({**said, "procedure": procedure.uid, "step": row.key})
            Procedure.objects.filter(pk=procedure.pk).update(state="released", released_at=START)
            RouteStop.objects.create(route=route, station=station, sequence=1, procedure_code=procedure.code)
        Route.objects.filter(pk=route.pk).update(state="released", released_at=START)
        _quiet(units[:UNITS], rows)
    return sent


def _quiet(units: Sequence[Any], rows: Sequence[Any]) -> None:
    from samegauge.core.measurement.models import Inspection, Measurement
    from samegauge.core.thread.rules import Fact, Recorder, record_all

    rng = np.random.default_rng(3)
    times = [START + timedelta(hours=12 * place) for place in range(len(units))]
    facts = [Fact("inspected", at, {}, unit=unit) for at, unit in zip(times, units, strict=True)]
    events = record_all(facts, Recorder(actor_name="bench"))
    facts_of = {"kind": "in_process", "plan": "IPQC", "time_basis": "stated", "verdict": "pass", "confidence": "stated"}
    inspections = Inspection.objects.bulk_create(
        Inspection(unit=unit, performed_at=at, reported_at=at, position_in_source=0, event=event, **facts_of)
        for unit, at, event in zip(units, times, events, strict=True)
    )
    Measurement.objects.bulk_create(
        [
            Measurement(
                inspection=one, characteristic=row, actual=_quiet_value(rng, place), stated="pass", recomputed="pass"
            )
            for place, one in enumerate(inspections)
            for row in rows
        ],
        batch_size=500,
    )


def _quiet_value(rng: np.random.Generator, place: int) -> float:
    """About zero in turns, so that no chart gives a false alarm before the measurement begins."""
    return float(rng.uniform(0.2, 1.2)) * (-1.0) ** place


def measure() -> list[dict[str, Any]]:
    open_site()
    client, organisation = member()
    sent = fill(organisation)
    settle()
    posts, polls = [], []
    client.get("/quality/now/")
    for place, said in enumerate(sent):
        entry = {
            **{name: str(value() if callable(value) else value) for name, value in said.items()},
            "kind": "value",
            "device_time": datetime.now(UTC).isoformat(),
            "payload": {"value": 15.0, "unit_code": "µm", "instrument": ""},
        }
        name = said["step"].upper()
        start = time.perf_counter()
        answer = client.post("/api/stations/entries", {"entries": [entry]}, content_type="application/json")
        stored = time.perf_counter()
        if answer.status_code != 200 or answer.json()["results"][0]["outcome"] != "taken":
            raise SystemExit(f"The value was not taken: {answer.content[:500]!r}")
        shown = client.get("/quality/now/").content.decode()
        polls.append((time.perf_counter() - stored) * 1e3)
        posts.append((stored - start) * 1e3)
        if name not in shown:
            raise SystemExit(f"The alarm of {name} is not on the page after {place} values.")
    p99 = statistics.quantiles(polls[5:], n=100)[98]
    whole = statistics.quantiles([post + poll for post, poll in zip(posts, polls, strict=True)][5:], n=100)[98]
    more = {
        "post_median_ms": round(statistics.median(posts), 1),
        "poll_median_ms": round(statistics.median(polls), 1),
        "post_and_poll_p99_ms": round(whole, 1),
        "goal_ms": 50,
    }
    return [claim(f"violation on the poll after the POST, p99, {database_name()}", p99, 50.0, "ms", **more)]


def claims() -> list[dict[str, Any]]:
    """The engine needs no database: it is measured once."""
    engine = [] if "SAMEGAUGE_DATABASE_URL" in os.environ else [streaming()]
    return [*engine, *measure()]


if __name__ == "__main__":
    sys.exit(on_both_databases(claims))
