"""Queries against what plain Python makes of the same lines."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4
from zoneinfo import ZoneInfo

import deltalake
import numpy as np
import pyarrow as pa
import pytest
from shdr_logs import SNAPSHOT, contents, day_log, write_log

from samegauge.formats.shdr import Condition
from samegauge.lake.errors import LakeError
from samegauge.lake.intake import import_shdr
from samegauge.lake.store import DayCount, Lake, OrganisationLake, Selection, StateInterval

if TYPE_CHECKING:
    from pathlib import Path

NOON = datetime(2017, 10, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def lake(tmp_path: Path) -> OrganisationLake:
    return Lake(tmp_path / "lake").for_organisation(uuid4())


def fill(lake: OrganisationLake, folder: Path, lines: list[str], name: str = "Mill01-a.txt") -> None:
    import_shdr(lake, [write_log(folder / "in", name, lines)])


def test_a_reading_comes_back_whole(lake: OrganisationLake, tmp_path: Path) -> None:
    fill(lake, tmp_path, ["2017-10-23T12:00:00.9062501Z|Xabs|-12.500", "2017-10-23T12:00:01Z|servo|Fault|7|HIGH||hot"])
    found = lake.observations("Mill01")
    assert found.time_ns[0] % 1_000_000_000 == 906_250_100
    assert (found.value(0), found.number[0], found.condition(0)) == ("-12.500", -12.5, None)
    assert found.condition(1) == Condition("FAULT", "7", "HIGH", "", "hot")
    assert found.time(1) == NOON + timedelta(seconds=1)
    ((_, entry),) = lake.ledger.files("Mill01")
    assert found.source.tolist() == [entry.key.source] * 2
    assert found.line.tolist() == [1, 2]


def test_selections_are_half_open_and_combine(lake: OrganisationLake, tmp_path: Path) -> None:
    lines = [f"2017-10-23T1{hour}:00:00Z|{tag}|{hour}" for hour in range(5) for tag in ("Xabs", "Yabs")]
    fill(lake, tmp_path, [*lines, "2017-10-23T12:30:00Z|servo|Warning|1||LOW|oil"])
    hours = lake.observations("Mill01", Selection(tags=("Xabs",), start=NOON, end=NOON + 2 * HOUR))
    assert hours.number.tolist() == [2.0, 3.0]
    assert len(lake.observations("Mill01", Selection(levels=("WARNING", "FAULT")))) == 1
    assert len(lake.observations("Mill01", Selection(limit=3))) == 3
    assert len(lake.observations("Mill01", Selection(start=NOON + 9 * HOUR))) == 0


def test_a_machine_that_never_reported_has_nothing(lake: OrganisationLake) -> None:
    assert len(lake.observations("Mill09")) == 0
    assert lake.counts_per_tag("Mill09") == {}
    assert lake.days("Mill09") == ()
    assert lake.states("Mill09", (NOON, NOON + HOUR)) == ()
    assert lake.quarantined("no such batch") == ()


def test_days_follow_the_zone(lake: OrganisationLake, tmp_path: Path) -> None:
    fill(lake, tmp_path, ["2017-10-23T15:59:59Z|Xabs|1", "2017-10-23T16:00:00Z|Xabs|2", "2017-10-23T17:00:00Z|Xabs|3"])
    assert lake.days("Mill01") == (DayCount(date(2017, 10, 23), 3),)
    taipei = lake.days("Mill01", ZoneInfo("Asia/Taipei"))
    assert taipei == (DayCount(date(2017, 10, 23), 1), DayCount(date(2017, 10, 24), 2))


def test_decimation_keeps_every_extreme(lake: OrganisationLake, tmp_path: Path) -> None:
    values = np.random.default_rng(5).normal(size=600).round(3)
    start = int(NOON.timestamp())
    lines = [
        f"{datetime.fromtimestamp(start + 6 * row, UTC):%Y-%m-%dT%H:%M:%SZ}|Xload|{value:.3f}"
        for row, value in enumerate(values)
    ]
    fill(lake, tmp_path, [*lines, "2017-10-23T12:00:03Z|Xload|UNAVAILABLE"])
    drawn = lake.decimated("Mill01", "Xload", (NOON, NOON + HOUR), 20)
    cells = values.reshape(20, 30)
    assert drawn.minimum.tolist() == cells.min(axis=1).tolist()
    assert drawn.maximum.tolist() == cells.max(axis=1).tolist()
    assert drawn.first.tolist() == cells[:, 0].tolist()
    assert drawn.last.tolist() == cells[:, -1].tolist()
    assert drawn.observations.tolist() == [30] * 20
    assert drawn.start_ns[1] - drawn.start_ns[0] == drawn.width_ns == 180_000_000_000


@pytest.mark.parametrize(("span", "buckets"), [((NOON, NOON), 10), ((NOON + HOUR, NOON), 10), ((NOON, NOON + HOUR), 0)])
def test_an_impossible_span_is_refused(lake: OrganisationLake, span: tuple[datetime, datetime], buckets: int) -> None:
    with pytest.raises(LakeError) as refusal:
        lake.decimated("Mill01", "Xload", span, buckets)
    assert refusal.value.message_zh


def test_a_time_without_zone_is_refused(lake: OrganisationLake, tmp_path: Path) -> None:
    fill(lake, tmp_path, ["2017-10-23T12:00:00Z|Xabs|1"])
    with pytest.raises(LakeError, match="zone"):
        lake.observations("Mill01", Selection(start=NOON.replace(tzinfo=None)))


def test_states_carry_over_join_and_are_clipped(lake: OrganisationLake, tmp_path: Path) -> None:
    fill(
        lake,
        tmp_path,
        [
            "2017-10-23T09:00:00Z|execution|READY",
            "2017-10-23T12:10:00Z|execution|ACTIVE|Xabs|UNAVAILABLE",
            "2017-10-23T12:20:00Z|execution|ACTIVE",
            "2017-10-23T12:30:00Z|execution|STOPPED|Xabs|5",
            "2017-10-23T14:00:00Z|execution|READY",
        ],
    )
    minutes = [NOON + timedelta(minutes=minute) for minute in (0, 10, 30, 60)]
    assert lake.states("Mill01", (NOON, NOON + HOUR)) == (
        StateInterval("execution", "READY", minutes[0], minutes[1]),
        StateInterval("execution", "ACTIVE", minutes[1], minutes[2]),
        StateInterval("execution", "STOPPED", minutes[2], minutes[3]),
    )
    assert lake.states("Mill01", (NOON, NOON + HOUR), ["Xabs"]) == (
        StateInterval("Xabs", "UNAVAILABLE", minutes[1], minutes[2]),
    )


def test_a_trace_has_all_its_own_readings_and_the_machine_each_once(lake: OrganisationLake, tmp_path: Path) -> None:
    shared = "2017-02-02T16:37:08Z|Block_Number|0"
    own = "2017-02-02T16:38:08Z|Block_Number|1"
    parts = [
        write_log(tmp_path / "in", "Box-Hurco02-01of20.txt", [shared]),
        write_log(tmp_path / "in", "Box-Hurco02-02of20.txt", [shared, own]),
    ]
    report = import_shdr(lake, parts)
    assert (report.observations, report.stored, report.duplicates) == (3, 2, 0)
    assert lake.traces("Hurco02") == ("Box-Hurco02-01of20", "Box-Hurco02-02of20")
    assert lake.counts_per_tag("Hurco02", "Box-Hurco02-01of20") == {"Block_Number": 1}
    assert lake.counts_per_tag("Hurco02", "Box-Hurco02-02of20") == {"Block_Number": 2}
    assert lake.observations("Hurco02", Selection(trace="Box-Hurco02-02of20")).number.tolist() == [0.0, 1.0]
    assert lake.counts_per_tag("Hurco02") == {"Block_Number": 2}


def test_an_organisation_sees_only_its_own(tmp_path: Path) -> None:
    root = Lake(tmp_path / "lake")
    mine, theirs = root.for_organisation("mine"), root.for_organisation("theirs")
    import_shdr(mine, [day_log(tmp_path / "in", 23)])
    before = contents(mine, "Mill01")
    import_shdr(theirs, [day_log(tmp_path / "in", 24)])
    assert contents(mine, "Mill01") == before
    assert not set(contents(theirs, "Mill01")) >= set(before)


@pytest.mark.parametrize("name", ["", "..", "a/b", "../mine", "a\0b", "x" * 65, ".hidden"])
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(LakeError) as refusal:
        Lake(tmp_path).for_organisation(name)
    assert refusal.value.message_zh


def test_other_readers_of_the_table_see_the_same(lake: OrganisationLake, tmp_path: Path) -> None:
    import_shdr(lake, [day_log(tmp_path / "in", day) for day in (23, 24)])
    (table,) = (tmp_path / "lake").glob("*/observations")
    frame = pa.table(deltalake.DeltaTable(str(table)).to_pyarrow_table())
    assert frame.num_rows == 12
    assert set(frame.column("machine").to_pylist()) == {"Mill01"}
    assert sorted(frame.column("time_ns").to_pylist()) == [time for time, _, _ in contents(lake, "Mill01")]
    assert SNAPSHOT[1].split("|", 2)[2] in frame.column("text").to_pylist()
