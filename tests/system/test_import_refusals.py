"""What must not go in: refused whole, with file, line and reason in both languages, and nothing of it left behind."""

from __future__ import annotations

import gzip
import os
import zipfile
from typing import TYPE_CHECKING

import pytest
from qif_samples import qif
from support.import_site import ImportSite, Said

if TYPE_CHECKING:
    from pathlib import Path

UNTOUCHED = {"jobs_job", "intake_importbatch", "intake_importedfile", "vault_storedfile", "sqlite_sequence"}
SEALS = {"merkle_log_rowseal", "merkle_log_waiting"}  # of the files that are kept
UNTOUCHED |= SEALS
BOMB = b"""<?xml version="1.0"?><!DOCTYPE q [<!ENTITY a "aaaaaaaaaa">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">
<!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;"><!ENTITY e "&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;">]>
<QIFDocument xmlns="http://qifstandards.org/xsd/qif2">&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;</QIFDocument>"""
EXTERNAL = qif(
    ('<?xml version="1.0" encoding="UTF-8"?>', '<?xml version="1.0"?><!DOCTYPE q [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
    ("SN-1", "&x;"),
)  # fmt: skip
GOOD_FIRST = qif(("SN-1", "SN-FIRST"))
GOOD_LAST = qif(("SN-1", "SN-LAST"), ("e977f3ea", "e977f3eb"))
TENTHS = range(10)


def hostile_documents() -> dict[str, bytes]:
    whole = qif()
    cut = {f"cut-{tenth}.qif": whole[: len(whole) * tenth // 10] for tenth in TENTHS}
    packed = gzip.compress(whole)
    return cut | {
        "tail-missing.qif": whole.rstrip()[:-1],
        "packed-cut.qif.gz": packed[: len(packed) // 2],
        "malformed.qif": qif(("<Value>6.7</Value>", "<Value>6.7<Value>")),
        "no-number.qif": qif(("<Value>6.7</Value>", "<Value>six</Value>")),
        "entity-bomb.qif": BOMB,
        "external-entity.qif": EXTERNAL,
        "foreign.qif": b'<?xml version="1.0"?>\n<html xmlns="http://www.w3.org/1999/xhtml"><body/></html>',
        "paper.qif": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n",
        "gzip-bomb.qif.gz": gzip.compress(bytes(300 << 20), compresslevel=9),
    }


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> ImportSite:
    """A site that has tables and an organisation, and nothing in them."""
    made = ImportSite(tmp_path_factory.mktemp("refusals") / "home")
    made.tell("organisation", "Maker")
    return made


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("documents")
    files = {"a-good.qif": GOOD_FIRST} | hostile_documents() | {"z-good.qif": GOOD_LAST}
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return [folder / name for name in files]


@pytest.fixture(scope="module")
def said(site: ImportSite, documents: list[Path]) -> Said:
    return site.command("import", "qif", *documents, "--json")


def reasons(said: Said) -> dict[str, dict[str, str]]:
    return {one["file"]: one for one in said.json["refused"]}


@pytest.mark.asvs("2.2.1", "5.2.2")
@pytest.mark.threat("T05")
def test_every_bad_document_is_refused_and_the_good_ones_of_the_same_call_go_in(said: Said) -> None:
    assert said.status == 1
    assert said.json["files"] == {"in": 2, "known": 0, "refused": len(hostile_documents())}
    assert set(reasons(said)) == set(hostile_documents())


def test_nothing_of_a_refused_document_is_in_the_database(site: ImportSite, said: Said) -> None:
    alone = ImportSite(site.home.parent / "good-only")
    folder = site.home.parent / "good"
    folder.mkdir()
    for name, content in {"a-good.qif": GOOD_FIRST, "z-good.qif": GOOD_LAST}.items():
        (folder / name).write_bytes(content)
    assert alone.command("import", "qif", *sorted(folder.iterdir())).status == 0
    left, expected = site.table_rows(), alone.table_rows()
    assert expected["thread_unit"] == 2
    assert {name: left[name] for name in left.keys() - UNTOUCHED} == {
        name: expected[name] for name in expected.keys() - UNTOUCHED
    }


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("malformed.qif", "line "),
        ("no-number.qif", "line "),
        ("cut-5.qif", "line "),
        ("tail-missing.qif", "line "),
        ("foreign.qif", "line 2"),
        ("external-entity.qif", ""),
        ("entity-bomb.qif", ""),
        ("packed-cut.qif.gz", ""),
        ("gzip-bomb.qif.gz", ""),
        ("paper.qif", ""),
        ("cut-0.qif", ""),
    ],
)
def test_the_reason_names_file_and_line_in_both_languages(said: Said, name: str, place: str) -> None:
    reason, reason_zh = reasons(said)[name]["reason"], reasons(said)[name]["reason_zh"]
    assert reason.startswith(name)
    assert reason_zh.startswith(name)
    assert place in reason
    assert not place or "第 " in reason_zh
    assert any("\u4e00" <= letter <= "\u9fff" for letter in reason_zh)
    assert len(reason) > len(name) + 20


def test_a_person_reads_the_reasons_in_chinese(site: ImportSite, documents: list[Path], said: Said) -> None:
    chosen = [path for path in documents if path.name in {"malformed.qif", "paper.qif"}]
    spoken = site.command("import", "qif", *chosen, SAMEGAUGE_LANGUAGE="zh")
    assert spoken.status == 1
    assert all(reasons(said)[path.name]["reason_zh"] in spoken.out for path in chosen)
    assert "Refused" not in spoken.out + spoken.err


@pytest.mark.asvs("1.5.1")
@pytest.mark.threat("T05")
def test_the_external_entity_is_nowhere(site: ImportSite, said: Said) -> None:
    assert "root:" not in said.out + said.err
    assert b"root:x:" not in (site.home / "samegauge.sqlite3").read_bytes()


@pytest.mark.asvs("5.3.2")
@pytest.mark.threat("T05")
def test_a_hostile_archive_ends_with_1_and_its_name(site: ImportSite, said: Said, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "traversal.zip", "w") as archive:
        archive.writestr("pkg/../../../escape.qif", GOOD_LAST)
    refused = site.command("import", "nist-tdp", tmp_path / "traversal.zip", "--json")
    assert refused.status == 1
    assert [one["file"] for one in refused.json["refused"]] == ["traversal.zip"]
    assert not list(site.home.parent.rglob("escape*"))


@pytest.mark.parametrize("kind", ["qif", "shdr", "nist-tdp"])
def test_a_path_that_cannot_be_used_ends_with_2_and_says_which(site: ImportSite, tmp_path: Path, kind: str) -> None:
    before = site.table_rows()
    (tmp_path / "dangling.qif").symlink_to(tmp_path / "gone.qif")
    os.mkfifo(tmp_path / "pipe.qif")
    unusable = [tmp_path / "gone.qif", tmp_path / "dangling.qif", tmp_path / "pipe.qif"]
    if kind != "nist-tdp":
        unusable.append(tmp_path)
    for path in unusable:
        said = site.command("import", kind, path, "--json")
        assert (said.status, said.out.count("\n")) == (2, 1)
        assert str(path) in said.err
        assert str(path) in said.json["error"]
        assert str(path) in said.json["error_zh"]
    assert site.table_rows() == before


def test_a_file_that_cannot_be_read_ends_with_2_and_nothing_of_the_call_is_in(site: ImportSite, tmp_path: Path) -> None:
    (tmp_path / "good.qif").write_bytes(qif(("SN-1", "SN-NEVER")))
    before = site.table_rows()
    # Reading a process's memory at address 0 fails for root too, as a bad sector would.
    said = site.command("import", "qif", tmp_path / "good.qif", "/proc/self/mem", "--json")
    assert said.status == 2
    assert "/proc/self/mem cannot be read" in said.err
    grown = {table for table, count in site.table_rows().items() if count != before[table]}
    assert grown <= {"vault_storedfile"} | SEALS


def test_a_file_that_is_no_log_is_refused(site: ImportSite, tmp_path: Path) -> None:
    (tmp_path / "paper.pdf").write_bytes(b"%PDF-1.7\n\x00\x01\x02" + bytes(range(256)) * 8)
    said = site.command("import", "shdr", tmp_path / "paper.pdf", "--json")
    assert said.status == 1
    assert said.json["files"] == {"in": 0, "known": 0, "refused": 1}
    assert said.json["refused"][0]["reason"].startswith("paper.pdf")
