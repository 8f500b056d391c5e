"""A batch taken back is gone from every query, takes nothing of others with it, and can come again."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

import deltalake
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shdr_logs import SNAPSHOT, contents, day_log, write_log

from samegauge.lake.errors import LakeError
from samegauge.lake.intake import import_shdr
from samegauge.lake.ledger import Retraction
from samegauge.lake.store import Lake, OrganisationLake, Selection


@pytest.fixture
def lake(tmp_path: Path) -> OrganisationLake:
    return Lake(tmp_path / "lake").for_organisation("mill-works")


def test_undone_rows_are_gone_and_come_back(lake: OrganisationLake, tmp_path: Path) -> None:
    files = [day_log(tmp_path / "in", day) for day in (23, 24)]
    report = import_shdr(lake, files, batch="first")
    before = contents(lake, "Mill01")
    retraction = lake.undo("first", "wrong machine")
    assert (retraction.removed, retraction.kept, retraction.reason) == (12, 0, "wrong machine")
    assert lake.machines() == ()
    assert contents(lake, "Mill01") == []
    assert lake.counts_per_tag("Mill01") == lake.arrived_per_tag("Mill01") == {}
    assert lake.quarantined("first") == ()
    (table,) = (tmp_path / "lake").glob("*/observations")
    assert deltalake.DeltaTable(str(table)).to_pyarrow_table().num_rows == 0
    again = import_shdr(lake, files, batch="second")
    assert [entry.stored for entry in again.files] == [entry.stored for entry in report.files]
    assert contents(lake, "Mill01") == before
    assert [type(entry).__name__ for entry in lake.ledger.entries()] == ["Arrival", "Retraction", "Arrival"]


def test_what_another_batch_brought_too_stays(lake: OrganisationLake, tmp_path: Path) -> None:
    first = write_log(tmp_path / "in", "Mill01-a.txt", [*SNAPSHOT, "2017-10-23T08:00:00Z|Xabs|1"])
    second = write_log(tmp_path / "in", "Mill01-b.txt", [*SNAPSHOT, "2017-10-24T08:00:00Z|Xabs|2"])
    import_shdr(lake, [first], batch="first")
    assert import_shdr(lake, [second], batch="second").stored == 1
    retraction = lake.undo("first", "test")
    assert (retraction.removed, retraction.kept) == (3, 2)
    assert lake.counts_per_tag("Mill01") == {"Xabs": 2, "servo": 1}
    found = lake.observations("Mill01", Selection(tags=("servo",)))
    (entry,) = [file for _, file in lake.ledger.files()]
    assert found.source.tolist() == [entry.key.source]


def test_a_batch_that_is_not_in_cannot_be_taken_back(lake: OrganisationLake, tmp_path: Path) -> None:
    with pytest.raises(LakeError):
        lake.undo("never", "test")
    import_shdr(lake, [day_log(tmp_path / "in", 23)], batch="once")
    lake.undo("once", "test")
    with pytest.raises(LakeError) as refusal:
        lake.undo("once", "test")
    assert refusal.value.message_zh
    assert sum(isinstance(entry, Retraction) for entry in lake.ledger.entries()) == 1


def test_a_part_keeps_its_readings_when_they_are_promoted(lake: OrganisationLake, tmp_path: Path) -> None:
    shared = "2017-02-02T16:37:08Z|Block_Number|0"
    import_shdr(lake, [write_log(tmp_path / "in", "Box-Hurco02-01of20.txt", [shared])], batch="first")
    import_shdr(lake, [write_log(tmp_path / "in", "Box-Hurco02-02of20.txt", [shared])], batch="second")
    lake.undo("first", "test")
    assert lake.counts_per_tag("Hurco02", "Box-Hurco02-02of20") == {"Block_Number": 1}
    assert lake.counts_per_tag("Hurco02") == {"Block_Number": 1}
    assert lake.traces("Hurco02") == ("Box-Hurco02-02of20",)


LINES = st.lists(st.integers(0, 4), min_size=1, max_size=5)
STEPS = st.lists(st.one_of(LINES, st.just("undo")), min_size=2, max_size=7)


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS, st.integers(0, 6))
def test_the_lake_is_the_union_of_its_live_files(steps: list[list[int] | str], which: int) -> None:
    """The model: each line as often as the live file that holds it most often."""
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake(Path(folder) / "lake").for_organisation("model")
        live: dict[str, Counter[str]] = {}
        for number, step in enumerate(steps):
            if isinstance(step, str):
                if live:
                    batch = sorted(live)[which % len(live)]
                    lake.undo(batch, "test")
                    del live[batch]
            else:
                lines = [f"2017-10-23T08:00:0{second}Z|Xabs|{second}" for second in step]
                path = write_log(Path(folder) / "in", f"Mill01-{number}.txt", lines)
                import_shdr(lake, [path], batch=f"b{number}")
                live[f"b{number}"] = Counter(lines)
            union: Counter[str] = Counter()
            for lines_of_file in live.values():
                union |= lines_of_file
            values = Counter(f"2017-10-23T08:00:0{value}Z|Xabs|{value}" for _, _, value in contents(lake, "Mill01"))
            assert values == union
