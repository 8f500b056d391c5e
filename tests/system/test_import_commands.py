"""What scripts rely on: the last line, the exit status, the language, the terminal, the organisation, no network."""

from __future__ import annotations

import gzip
import json
import os
import pty
import shutil
import sys
from typing import TYPE_CHECKING

import pytest
from support.import_site import COMMAND, ImportSite, Said, environment_of

from samegauge.doors import process

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def results(test_data: Path) -> Path:
    return test_data / "nist-smstestbed/tdp/mtc/QIF-IncomingInspection/CoverResults_20_samples.QIF.gz"


@pytest.fixture(scope="module")
def package(results: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package of one document and one program."""
    folder = tmp_path_factory.mktemp("package")
    for path in (results, results.parents[1] / "NC-Code/NIST_MTC_CRADA_COVER_REV-A.NC"):
        shutil.copyfile(path, folder / path.name)
    return folder


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> ImportSite:
    return ImportSite(tmp_path_factory.mktemp("commands") / "home")


@pytest.fixture(scope="module")
def imported(site: ImportSite, package: Path) -> Said:
    return site.command("import", "nist-tdp", package, "--json")


def test_json_is_one_object_on_the_last_line_and_the_words_are_beside_it(imported: Said) -> None:
    assert imported.status == 0
    assert imported.out.count("\n") == 1
    promised = {"units", "events", "observations", "duplicates", "out_of_order", "statuses", "refused"}
    assert promised <= set(imported.json)
    assert imported.json["statuses"] == {"incoming": {"Cover": {"PASS": 541}}}
    assert imported.err.startswith("Files: 2 in, 0 already in, 0 refused. 20 units")
    assert "\r" not in imported.err


def test_without_json_the_words_are_the_output(site: ImportSite, imported: Said, package: Path) -> None:
    said = site.command("import", "nist-tdp", package)
    assert said.status == 0
    assert said.out == (
        "Files: 0 in, 2 already in, 0 refused. 0 units, 0 operations, 0 inspections, "
        "0 observations (0 exact duplicates, 0 out of order, 0 lines set aside).\n"
    )
    assert said.err == ""


def test_chinese_is_spoken_where_it_is_asked_for(site: ImportSite, imported: Said, package: Path) -> None:
    said = site.command("import", "nist-tdp", package, "--json", SAMEGAUGE_LANGUAGE="zh")
    assert said.err.startswith("檔案：")
    assert said.json["files"]["known"] == 2
    missing = site.command("import", "qif", package / "gone.qif", SAMEGAUGE_LANGUAGE="zh")
    assert missing.status == 2
    assert "不存在" in missing.err


@pytest.mark.parametrize(
    "words", [["import"], ["import", "qif"], ["import", "abc", "x"], ["import", "qif", "x", "--hm"]]
)
def test_wrong_use_ends_with_2(site: ImportSite, words: list[str]) -> None:
    said = site.command(*words)
    assert (said.status, said.out) == (2, "")
    assert "usage" in said.err


# Opens the terminal as the command's stderr, then becomes the command.
ONTO_TERMINAL = """import os, sys
os.dup2(os.open(sys.argv[1], os.O_WRONLY | os.O_NOCTTY), 2)
os.execv(sys.argv[2], sys.argv[2:])"""


def on_a_terminal(site: ImportSite, *words: str | Path) -> tuple[int, str, str]:
    """Run a command whose errors go to a terminal; return its status, its output and what the terminal showed."""
    ours, terminal = pty.openpty()
    with os.fdopen(ours, "rb", buffering=0) as screen, os.fdopen(terminal, "wb", buffering=0):
        options = process.Options(env=environment_of(site.home), status_matters=False)
        starter = [sys.executable, "-c", ONTO_TERMINAL, os.ttyname(terminal)]
        done = process.run([*starter, *COMMAND, *words], options)
        os.set_blocking(ours, False)
        shown = b"".join(iter(lambda: screen.read(65_536) or b"", b""))
    return done.status, done.text, shown.decode()


def test_progress_is_written_on_a_terminal_and_wiped_at_the_end(package: Path, tmp_path: Path) -> None:
    fresh = ImportSite(tmp_path / "home")
    status, out, shown = on_a_terminal(fresh, "import", "nist-tdp", package, "--json")
    assert status == 0
    assert json.loads(out)["files"]["in"] == 2
    assert "\r 50 %  Took in NIST_MTC_CRADA_COVER_REV-A.NC" in shown
    assert "100 %  Took in CoverResults_20_samples.QIF.gz" in shown
    wiped, _return, words = shown.rpartition("\rFiles: 2 in")
    assert wiped.rpartition("\r")[2].strip() == ""
    assert words.endswith("set aside).\r\n")


def test_among_several_organisations_one_must_be_named_and_nothing_is_asked(
    package: Path, results: Path, site: ImportSite, imported: Said, tmp_path: Path
) -> None:
    several = site.copy(tmp_path / "home")
    several.tell("organisation", "Second Works")
    unnamed = several.command("import", "qif", results, "--json")
    assert unnamed.status == 2
    assert "--org" in unnamed.json["error"]
    assert "--org" in unnamed.json["error_zh"]
    wrong = several.command("import", "qif", results, "--org", "Third Works")
    assert wrong.status == 2
    assert "Third Works" in wrong.err
    own = several.command("import", "qif", results, "--org", "Second Works", "--json")
    # What the first organisation has, the second one does not know.
    assert (own.status, own.json["files"]) == (0, {"in": 1, "known": 0, "refused": 0})
    absent = several.command("passport", "Cover-01", "--out", tmp_path / "out", "--org", "Second Works")
    assert absent.status == 2


def test_a_passport_of_an_unknown_serial_ends_with_2(site: ImportSite, imported: Said, tmp_path: Path) -> None:
    said = site.command("passport", "Cover-99", "--out", tmp_path / "out", "--json")
    assert said.status == 2
    assert "Cover-99" in said.json["error"]
    assert "Cover-99" in said.json["error_zh"]
    assert not (tmp_path / "out").exists()


@pytest.fixture
def open_mask() -> Iterator[None]:
    """The mask of most systems, under which others may read what a person makes."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.usefixtures("open_mask")
def test_what_a_site_keeps_is_its_owners_alone_also_in_an_open_folder(package: Path, tmp_path: Path) -> None:
    home, out = tmp_path / "home", tmp_path / "out"
    home.mkdir(mode=0o755)
    site = ImportSite(home)
    assert site.command("migrate").status == 0
    assert site.command("import", "nist-tdp", package).status == 0
    assert site.command("passport", "Cover-07", "--out", out).status == 0
    kept = [path for path in home.rglob("*") if path.stat().st_mode & 0o077]
    assert kept == []
    made = {path.relative_to(home).parts[0] for path in home.rglob("*")}
    assert {"samegauge.sqlite3", "vault", "keys"} <= made
    # A passport is made to be handed on.
    assert {path.stat().st_mode & 0o777 for path in out.iterdir()} == {0o644}


@pytest.fixture(scope="module")
def passport(site: ImportSite, imported: Said, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("passports")
    said = site.command("passport", "Cover-07", "--out", folder, "--json")
    assert said.status == 0, said.err
    assert said.json["serial"] == "Cover-07"
    assert sorted(said.json["files"]) == sorted(str(path) for path in folder.iterdir())
    return sorted(folder.iterdir())


def test_a_passport_is_genuine_in_both_forms(site: ImportSite, passport: list[Path]) -> None:
    assert sorted(path.suffix for path in passport) == [".json", ".pdf"]
    for path in passport:
        said = site.command("verify", path, "--json")
        assert (said.status, said.json["state"], said.json["serial"]) == (0, "genuine", "Cover-07")


def test_a_flipped_byte_ends_with_1_and_names_chunk_and_field(
    site: ImportSite, passport: list[Path], tmp_path: Path
) -> None:
    [signed] = [path for path in passport if path.suffix == ".json"]
    content = signed.read_bytes()
    place = content.index(b'"actual":') + len(b'"actual":') + 1
    while not chr(content[place]).isdigit():
        place += 1
    altered = bytearray(content)
    altered[place] = ord("1") if altered[place] != ord("1") else ord("2")
    (tmp_path / "altered.json").write_bytes(altered)
    said = site.command("verify", tmp_path / "altered.json", "--json")
    assert (said.status, said.json["state"]) == (1, "altered")
    assert said.json["chunk"].startswith("inspections/")
    assert said.json["field"].endswith("/actual")
    assert said.json["field"] in said.err


def test_a_flipped_byte_of_the_paper_ends_with_1(site: ImportSite, passport: list[Path], tmp_path: Path) -> None:
    [printed] = [path for path in passport if path.suffix == ".pdf"]
    altered = bytearray(printed.read_bytes())
    altered[len(altered) // 3] ^= 1
    (tmp_path / "altered.pdf").write_bytes(altered)
    said = site.command("verify", tmp_path / "altered.pdf", "--json")
    assert said.status == 1
    assert said.json["text_en"] != ""


def test_verify_of_what_is_no_passport_ends_with_2(site: ImportSite, results: Path, tmp_path: Path) -> None:
    (tmp_path / "results.qif").write_bytes(gzip.decompress(results.read_bytes()))
    for path in (tmp_path / "results.qif", tmp_path / "gone.json", tmp_path):
        assert site.command("verify", path, "--json").status == 2


def test_import_passport_and_verify_need_no_network(package: Path, passport: list[Path], tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root may take the network away: run this test as root")
    options = process.Options(env=environment_of(tmp_path / "home"), status_matters=False)

    def offline(*words: str | Path) -> process.Completed:
        return process.run(["unshare", "-n", "--", *COMMAND, *words], options)

    assert offline("import", "nist-tdp", package).status == 0
    issued = offline("passport", "Cover-07", "--out", tmp_path / "out", "--json")
    assert issued.status == 0, issued.stderr
    for path in json.loads(issued.text.splitlines()[-1])["files"]:
        assert offline("verify", path).status == 0
