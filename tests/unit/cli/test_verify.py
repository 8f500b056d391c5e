from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from passport_samples import FOREIGN_KEY, KEY, sample

from samegauge.cli.main import main
from samegauge.cli.verify import Believed, verify_file
from samegauge.doors.crypto import store_key, store_public_key
from samegauge.formats.passport import build

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def home(tmp_path: Path) -> Path:
    store_public_key(KEY.public, tmp_path / "home" / "keys" / "trusted" / "acme.pub")
    return tmp_path / "home"


@pytest.fixture
def passport(tmp_path: Path) -> Path:
    path = tmp_path / "SG-TEST-0042.passport.json"
    path.write_bytes(build(sample(), KEY))
    return path


def test_a_genuine_file_exits_with_0_and_lists_its_facts(passport: Path, home: Path) -> None:
    status, report = verify_file(passport, Believed(), home)
    assert (status, report["state"], report["trusted_as"]) == (0, "genuine", "acme")
    assert {"name": "serial", "label_zh": "序號", "label_en": "Serial", "value": "SG-TEST-0042"} in report["facts"]
    assert json.loads(json.dumps(report)) == report


def test_a_part_without_revision_is_not_given_an_empty_one(
    passport: Path, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SAMEGAUGE_HOME", str(home))
    assert main(["verify", str(passport)]) == 0
    assert "Revision: " in capsys.readouterr().out
    plain = sample()
    passport.write_bytes(build(replace(plain, identity=replace(plain.identity, revision="")), KEY))
    assert main(["verify", str(passport)]) == 0
    said = capsys.readouterr().out
    assert "Serial: SG-TEST-0042" in said
    assert "Revision" not in said


def test_an_altered_file_exits_with_1_and_names_the_field(passport: Path, home: Path) -> None:
    passport.write_bytes(passport.read_bytes().replace(b'"actual":10.002', b'"actual":10.001'))
    status, report = verify_file(passport, Believed(), home)
    assert (status, report["chunk"], report["field"]) == (1, "inspections/0", "/characteristics/1/actual")
    assert report["text_zh"] == (
        "第 1 次檢驗的欄位 /characteristics/1/actual 在簽署後被更動過；其他 8 段相符。向簽發者索取原檔。"
    )
    assert report["text_en"] == (
        "Inspection 1, field /characteristics/1/actual was changed after signing; the other 8 parts match. "
        "Ask the issuer for the original."
    )
    assert report["facts"] == []


def test_a_foreign_signature_exits_with_1_until_its_key_is_named(passport: Path, home: Path, tmp_path: Path) -> None:
    passport.write_bytes(build(sample(), FOREIGN_KEY))
    assert verify_file(passport, Believed(), home)[0] == 1
    store_public_key(FOREIGN_KEY.public, tmp_path / "partner.pub")
    status, report = verify_file(passport, Believed([tmp_path / "partner.pub"]), home)
    assert (status, report["trusted_as"]) == (0, str(tmp_path / "partner.pub"))


@pytest.mark.parametrize("content", [b"", b"hello", b"%PDF-1.7\n%%EOF", b'{"chunks":[{"content":{'])
def test_what_is_no_passport_exits_with_2(passport: Path, home: Path, content: bytes) -> None:
    passport.write_bytes(content)
    status, report = verify_file(passport, Believed(), home)
    assert status == 2
    assert report["text_zh"].endswith("。")


def test_missing_files_and_unusable_keys_are_named(passport: Path, home: Path, tmp_path: Path) -> None:
    status, report = verify_file(tmp_path / "missing.json", Believed(), home)
    assert (status, report["state"]) == (2, "unreadable")
    assert "missing.json" in report["text_en"]
    store_key(KEY, tmp_path / "site.key")
    assert "not a public key" in verify_file(passport, Believed([tmp_path / "site.key"]), home)[1]["reason"]
    (home / "keys" / "trusted" / "broken.pub").write_text("broken")
    status, report = verify_file(passport, Believed(), home)
    assert status == 0
    assert "not a public key" in report["unusable_keys"]["broken.pub"]


def test_a_damaged_trusted_key_is_named_in_both_languages(
    passport: Path, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "keys" / "trusted" / "broken.pub").write_text("broken")
    monkeypatch.setenv("SAMEGAUGE_HOME", str(home))
    for language, said in (("en", "key file broken.pub could not be read"), ("zh", "金鑰檔 broken.pub")):
        monkeypatch.setenv("SAMEGAUGE_LANGUAGE", language)
        assert main(["verify", str(passport)]) == 0
        assert said in capsys.readouterr().out


def test_it_works_without_a_home_and_without_django(passport: Path, tmp_path: Path) -> None:
    assert verify_file(passport, Believed(), tmp_path / "nowhere")[1]["state"] == "untrusted"
    program = "import samegauge.cli.verify, sys; print([name for name in sys.modules if name == 'django'])"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
