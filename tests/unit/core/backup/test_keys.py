"""What seals second factors and what tablets trust goes into the keys' backup and comes back from it."""

from __future__ import annotations

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from samegauge.core.backup.errors import BackupError
from samegauge.core.backup.keys import backup_keys, restore_keys
from samegauge.doors.crypto import load_or_create_authority, load_or_create_secret

PASSPHRASE = "a long enough sentence"
NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)
LAN = Path("keys") / "lan"
SECRET = Path("keys") / "second-factor.secret"


@pytest.fixture
def homes(tmp_path: Path) -> tuple[Path, Path]:
    for name in ("old", "new"):
        (tmp_path / name / "keys" / "trusted").mkdir(parents=True)
    return tmp_path / "old", tmp_path / "new"


def test_the_secret_of_second_factors_comes_back_for_its_owner_alone(homes: tuple[Path, Path], tmp_path: Path) -> None:
    old, new = homes
    secret = load_or_create_secret(old / SECRET)
    backup_keys(old, tmp_path / "sealed", PASSPHRASE)
    assert secret not in (tmp_path / "sealed").read_bytes()
    for _ in range(2):
        restore_keys(new, tmp_path / "sealed", PASSPHRASE)
        assert (new / SECRET).read_bytes() == secret
    assert stat.S_IMODE((new / SECRET).stat().st_mode) == 0o600


def test_another_secret_is_never_replaced(homes: tuple[Path, Path], tmp_path: Path) -> None:
    old, new = homes
    load_or_create_secret(old / SECRET)
    other = load_or_create_secret(new / SECRET)
    backup_keys(old, tmp_path / "sealed", PASSPHRASE)
    with pytest.raises(BackupError, match="another secret already"):
        restore_keys(new, tmp_path / "sealed", PASSPHRASE)
    assert (new / SECRET).read_bytes() == other


def test_a_site_without_any_key_says_so(homes: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="no key yet"):
        backup_keys(homes[0], tmp_path / "sealed", PASSPHRASE)
    assert not (tmp_path / "sealed").exists()


def test_the_authority_that_tablets_trust_comes_back_and_never_takes_anothers_place(
    homes: tuple[Path, Path], tmp_path: Path
) -> None:
    old, new = homes
    made = load_or_create_authority(old / LAN, ["192.168.1.2"], NOON)
    backup_keys(old, tmp_path / "sealed", PASSPHRASE)
    restore_keys(new, tmp_path / "sealed", PASSPHRASE)
    assert load_or_create_authority(new / LAN, ["192.168.1.2"], NOON).fingerprint == made.fingerprint
    assert stat.S_IMODE((new / LAN / "authority.key.pem").stat().st_mode) == 0o600
    other = tmp_path / "other"
    kept = load_or_create_authority(other / LAN, ["192.168.1.2"], NOON)
    restore_keys(other, tmp_path / "sealed", PASSPHRASE)
    assert load_or_create_authority(other / LAN, ["192.168.1.2"], NOON).fingerprint == kept.fingerprint
