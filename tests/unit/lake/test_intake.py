"""Files in, account out: every count of the report, and nothing twice."""

from __future__ import annotations

import gzip
from datetime import date
from typing import TYPE_CHECKING

import pytest
from shdr_logs import SNAPSHOT, contents, day_log, write_log

from samegauge.lake.intake import NameGuess, ShdrSource, guess_from_name, import_shdr
from samegauge.lake.store import Lake, OrganisationLake

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def lake(tmp_path: Path) -> OrganisationLake:
    return Lake(tmp_path / "lake").for_organisation("mill-works")


@pytest.mark.parametrize(
    ("name", "guess"),
    [
        ("Mazak01-20171023-20171024.txt.gz", NameGuess("Mazak01", None, date(2017, 10, 23), date(2017, 10, 24))),
        ("Mazak01-2017-10-23.txt", NameGuess("Mazak01")),
        ("Box-Hurco02-01of20.txt.gz", NameGuess("Hurco02", "Box-Hurco02-01of20")),
        ("Box-OP1-Hurco02-13of20.txt.gz", NameGuess("Hurco02", "Box-OP1-Hurco02-13of20")),
        ("Cover-Op3-Hurco04-12of20.txt.gz", NameGuess("Hurco04", "Cover-Op3-Hurco04-12of20")),
        ("1-31-2017-Hurco02.txt", NameGuess("Hurco02")),
        ("2-1-2017-Hurco02-Clean.txt.gz", NameGuess("Hurco02")),
        ("mtc_adapter007.txt.gz", NameGuess("mtc_adapter007")),
        ("C:\\logs\\Mazak03-20181206-20181207.log", NameGuess("Mazak03", None, date(2018, 12, 6), date(2018, 12, 7))),
        ("Mazak01-20171399-20171024.txt", NameGuess("Mazak01", None, None, date(2017, 10, 24))),
        ("車床 1 號.txt", NameGuess("車床_1_號")),
        (".txt", NameGuess("unnamed")),
    ],
)
def test_a_name_tells_machine_part_and_days(name: str, guess: NameGuess) -> None:
    assert guess_from_name(name) == guess


def test_the_report_counts_what_came(lake: OrganisationLake, tmp_path: Path) -> None:
    files = [day_log(tmp_path / "in", day) for day in (23, 24)]
    report = import_shdr(lake, files)
    assert report.observations == 14
    assert report.stored == 12
    assert report.duplicates == 2
    assert report.out_of_order == 1  # the second day's snapshot is older than the first day's last line
    assert report.observations_per_tag == {"Mill01": {"Xabs": 12, "servo": 2}}
    assert lake.counts_per_tag("Mill01") == {"Xabs": 11, "servo": 1}
    assert lake.arrived_per_tag("Mill01") == {"Xabs": 12, "servo": 2}
    (stretch,) = report.stretches
    assert (stretch.files, stretch.duplicates, stretch.out_of_order) == (2, 2, 1)


def test_a_hole_of_more_than_a_week_begins_a_new_stretch(lake: OrganisationLake, tmp_path: Path) -> None:
    report = import_shdr(lake, [day_log(tmp_path / "in", day) for day in (1, 8, 20)])
    assert [(one.files, one.duplicates) for one in report.stretches] == [(2, 2), (1, 0)]
    assert report.stored == 17  # the snapshot is stored once all the same


def test_files_are_taken_in_the_order_of_their_days(lake: OrganisationLake, tmp_path: Path) -> None:
    files = [day_log(tmp_path / "in", day) for day in (24, 23, 25)]
    assert import_shdr(lake, files).out_of_order == 2


def test_the_same_files_again_add_nothing(lake: OrganisationLake, tmp_path: Path) -> None:
    files = [day_log(tmp_path / "in", day) for day in (23, 24)]
    first = import_shdr(lake, files)
    before = contents(lake, "Mill01")
    again = import_shdr(lake, files)
    assert again.files == ()
    assert {entry.key for entry in again.skipped} == {entry.key for entry in first.files}
    assert contents(lake, "Mill01") == before
    assert len(lake.ledger.entries()) == 1


def test_a_file_named_twice_in_one_call_comes_in_once(lake: OrganisationLake, tmp_path: Path) -> None:
    path = day_log(tmp_path / "in", 23)
    report = import_shdr(lake, [path, path])
    assert (len(report.files), len(report.skipped)) == (1, 1)
    assert report.stored == 7


def test_identical_idle_days_are_two_files_and_one_set_of_observations(lake: OrganisationLake, tmp_path: Path) -> None:
    files = [write_log(tmp_path / "in", f"Mill01-2017102{day}-2017102{day + 1}.txt", SNAPSHOT) for day in (3, 4)]
    report = import_shdr(lake, files)
    assert (report.observations, report.stored, report.duplicates) == (4, 2, 2)
    assert len(import_shdr(lake, files).skipped) == 2


def test_an_overlapping_file_adds_only_what_is_new(lake: OrganisationLake, tmp_path: Path) -> None:
    import_shdr(lake, [write_log(tmp_path / "in", "Mill01-a.txt", SNAPSHOT)])
    longer = write_log(tmp_path / "in", "Mill01-b.txt", [*SNAPSHOT, *SNAPSHOT, "2017-01-23T18:33:26Z|Xabs|1"])
    (entry,) = import_shdr(lake, [longer]).files
    assert (entry.observations, entry.stored, entry.known) == (5, 3, 2)
    assert lake.counts_per_tag("Mill01") == {"Xabs": 3, "servo": 2}


def test_days_that_come_one_call_at_a_time_count_as_one_stretch(lake: OrganisationLake, tmp_path: Path) -> None:
    days = [day_log(tmp_path / "in", day) for day in (23, 24, 25)]
    import_shdr(lake, days[:1])
    late = import_shdr(lake, days)
    assert len(late.skipped) == 1
    assert (late.duplicates, late.out_of_order, late.stored) == (4, 2, 10)


def test_gzip_and_plain_are_the_same_observations(lake: OrganisationLake, tmp_path: Path) -> None:
    plain = day_log(tmp_path / "in", 23)
    packed = tmp_path / "in" / f"{plain.name}.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()[:90]) + gzip.compress(plain.read_bytes()[90:]))
    import_shdr(lake, [packed])
    assert import_shdr(lake, [plain]).stored == 0


def test_bad_lines_are_set_aside_and_kept(lake: OrganisationLake, tmp_path: Path) -> None:
    readings = ["2017-10-23T08:00:00Z|Xabs|1", "2017-10-23T08:00:01Z|Xabs|2"]
    lines = ["<<<<<<< HEAD", SNAPSHOT[0], "=======", SNAPSHOT[1], *readings]
    report = import_shdr(lake, [write_log(tmp_path / "in", "Mill01-a.txt", lines)])
    assert [(line.file, line.line, line.snippet) for line in report.quarantined] == [
        ("Mill01-a.txt", 1, "<<<<<<< HEAD"),
        ("Mill01-a.txt", 3, "======="),
    ]
    assert all(line.reason_en and line.reason_zh for line in report.quarantined)
    assert [(line.line, line.raw) for line in lake.quarantined(report.batch)] == [(1, b"<<<<<<< HEAD"), (3, b"=======")]
    assert report.stored == 4


def test_a_foreign_file_is_refused_and_the_others_go_in(lake: OrganisationLake, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    good = day_log(folder, 23)
    foreign = write_log(folder, "drawing.pdf", ["%PDF-1.4", "1 0 obj"])
    cut = folder / "Mill01-cut.txt.gz"
    cut.write_bytes(gzip.compress(good.read_bytes())[:-9])
    missing = folder / "gone.txt"
    report = import_shdr(lake, [foreign, good, cut, missing])
    assert sorted(one.name for one in report.refused) == ["Mill01-cut.txt.gz", "drawing.pdf", "gone.txt"]
    assert all(one.reason_en and one.reason_zh for one in report.refused)
    assert report.stored == 7
    assert lake.machines() == ("Mill01",)


def test_only_refused_files_leave_no_table(lake: OrganisationLake, tmp_path: Path) -> None:
    report = import_shdr(lake, [write_log(tmp_path / "in", "x.pdf", ["%PDF"])])
    assert len(report.refused) == 1
    assert lake.machines() == ()
    assert lake.ledger.entries() == ()


def test_the_caller_may_name_machine_trace_and_file(lake: OrganisationLake, tmp_path: Path) -> None:
    path = write_log(tmp_path / "in", "0a1b2c", SNAPSHOT)
    import_shdr(lake, [ShdrSource(path, "Mill01-x.txt", "Lathe 7", "Box 3")])
    import_shdr(lake, [ShdrSource(path, "other.txt")], machine="Lathe 8")
    assert lake.machines() == ("Lathe 7", "Lathe 8")
    assert lake.traces("Lathe 7") == ("Box 3",)


def test_progress_runs_to_the_end(lake: OrganisationLake, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    files = [day_log(tmp_path / "in", 23), day_log(tmp_path / "in", 23, machine="Mill02")]
    import_shdr(lake, files, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 2), (2, 2)]


def test_an_open_end_is_reported(lake: OrganisationLake, tmp_path: Path) -> None:
    path = tmp_path / "Mill01-a.txt"
    path.write_bytes(SNAPSHOT[0].encode())
    assert import_shdr(lake, [path]).open_ended == ("Mill01-a.txt",)
