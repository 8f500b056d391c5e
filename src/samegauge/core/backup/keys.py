"""The keys' own backup, under a passphrase, apart from the records.

Signing keys, what seals second factors, and the authority that the tablets trust.
"""

from __future__ import annotations

import json
import os
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from samegauge.core.backup.errors import BackupError
from samegauge.doors.crypto import (
    CryptoError,
    SigningKey,
    key_from_seed,
    load_key,
    opened_with,
    sealed_with,
    seed_of,
    store_key,
    store_public_key,
    store_secret,
)
from samegauge.formats.canonical import CanonicalError, canonical_bytes, parse_json
from samegauge.lake import durable

if TYPE_CHECKING:
    from pathlib import Path

FORMAT = 1
RECORD = "keys/backed-up.json"
MOST_BYTES = 1 << 20
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
# Without it every tablet would have to trust the site anew.
_AUTHORITY = ("authority.key.pem", "authority.pem")


@dataclass(frozen=True)
class KeyBackup:
    """When keys were last sealed into a file or taken out of one, and which."""

    at: datetime | None
    key_ids: frozenset[str]


def last_key_backup(home: Path) -> KeyBackup:
    try:
        said: Any = json.loads((home / RECORD).read_bytes())
        return KeyBackup(datetime.fromisoformat(said["at"]), frozenset(map(str, said["key_ids"])))
    except (OSError, ValueError, KeyError, TypeError):
        return KeyBackup(None, frozenset())


def signing_keys(home: Path) -> dict[str, str]:
    """Fingerprints of the usable signing keys, by the stem of their files."""
    found = {}
    for path in sorted((home / "keys").glob("*.key")):
        with suppress(OSError, CryptoError):
            found[path.stem] = load_key(path).public.key_id
    return found


def backup_keys(home: Path, target: Path, passphrase: str) -> list[str]:
    """Write every signing key of the site into one sealed file; return the fingerprints of the keys."""
    if target.exists():
        raise BackupError(f"{target} exists already. Name a new file.", f"{target} 已存在。指定新的檔名。")
    try:
        keys = {path.stem: load_key(path) for path in sorted((home / "keys").glob("*.key"))}
        secrets, authority = _secrets(home), _authority(home)
        if not keys and not secrets and not authority:
            raise BackupError(
                "This site has no key yet: the first passport or the first second factor makes one.",
                "本站尚無金鑰，第一份履歷護照或第一個第二因素會建立。",
            )
        seeds = {name: seed_of(key).hex() for name, key in keys.items()}
        said = {"format": FORMAT, "keys": seeds, "secrets": _in_hex(secrets), "authority": _in_hex(authority)}
        sealed = sealed_with(passphrase, canonical_bytes(said))
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(sealed)
            stream.flush()
            os.fsync(stream.fileno())
        durable.flush(target.parent)
    except CryptoError as error:
        raise BackupError(str(error), f"無法備份金鑰：{error}") from error
    return _noted(home, keys)


def restore_keys(home: Path, source: Path, passphrase: str) -> list[str]:
    """Put the keys of a sealed file in place; a different key that is there already is never replaced."""
    try:
        with source.open("rb") as stream:
            said = parse_json(opened_with(passphrase, stream.read(MOST_BYTES)))
        keys = _keys_in(said)
        present = {path.stem: load_key(path).public.key_id for path in (home / "keys").glob("*.key")}
        secrets, there = _secrets_in(said), _secrets(home)
        authority = _authority_in(said)
    except (CryptoError, CanonicalError, ValueError, TypeError, KeyError) as error:
        raise BackupError(str(error), f"無法還原金鑰：{error}") from error
    other = [name for name, key in keys.items() if present.get(name, key.public.key_id) != key.public.key_id]
    if other:
        raise BackupError(
            f"This site signs with another key already ({other[0]}.key). "
            "Move that file away first if it is the wrong one.",
            f"本站已使用另一把簽章金鑰（{other[0]}.key）。若它是錯的，先移走該檔案。",
        )
    if any(there.get(name, one) != one for name, one in secrets.items()):
        raise BackupError(
            "This site seals second factors with another secret already. Move keys/*.secret away first if it is wrong.",
            "本站已用另一個密鑰加密第二因素。若它是錯的，先移走 keys/*.secret。",
        )
    _store_authority(home, authority)
    for name in secrets.keys() - there.keys():
        store_secret(secrets[name], home / "keys" / f"{name}.secret")
    for name, key in keys.items():
        if name not in present:
            store_key(key, home / "keys" / f"{name}.key")
        if not (home / "keys" / "trusted" / f"{name}.pub").exists():
            store_public_key(key.public, home / "keys" / "trusted" / f"{name}.pub")
    return _noted(home, keys)


def _noted(home: Path, keys: dict[str, SigningKey]) -> list[str]:
    """Remember which keys a sealed file holds: it was just written, or just opened."""
    key_ids = [key.public.key_id for key in keys.values()]
    note = home / f"{RECORD}.new"
    note.write_text(json.dumps({"at": datetime.now(UTC).isoformat(), "key_ids": key_ids}), "utf-8")
    note.rename(home / RECORD)
    return key_ids


def _in_hex(named: dict[str, bytes]) -> dict[str, str]:
    return {name: one.hex() for name, one in named.items()}


def _authority(home: Path) -> dict[str, bytes]:
    paths = [home / "keys" / "lan" / name for name in _AUTHORITY]
    return {path.name: path.read_bytes() for path in paths} if all(path.exists() for path in paths) else {}


def _store_authority(home: Path, files: dict[str, bytes]) -> None:
    """One that the tablets here trust already stays."""
    if not _authority(home):
        for name, content in files.items():
            store_secret(content, home / "keys" / "lan" / name)


def _authority_in(said: Any) -> dict[str, bytes]:
    """Files of earlier versions hold none."""
    files = dict(said.get("authority", {}))
    return {name: bytes.fromhex(files[name]) for name in _AUTHORITY} if files else {}


def _secrets(home: Path) -> dict[str, bytes]:
    return {path.stem: path.read_bytes() for path in sorted((home / "keys").glob("*.secret"))}


def _secrets_in(said: Any) -> dict[str, bytes]:
    """Files of earlier versions hold none."""
    secrets = {str(name): bytes.fromhex(one) for name, one in dict(said.get("secrets", {})).items()}
    if any(_NAME.fullmatch(name) is None for name in secrets):
        raise ValueError("A secret in the file has a name that no file of secrets has. Use another copy.")
    return secrets


def _keys_in(said: object) -> dict[str, SigningKey]:
    if not isinstance(said, dict) or said["format"] != FORMAT:
        raise ValueError("The file holds no keys in a form that this version reads. Install the newest samegauge.")
    keys = {str(name): key_from_seed(bytes.fromhex(seed)) for name, seed in said["keys"].items()}
    if any(_NAME.fullmatch(name) is None for name in keys):
        raise ValueError("A key in the file has a name that no key file has. Use another copy.")
    return keys
