from __future__ import annotations

import io
import stat
from typing import TYPE_CHECKING

import pytest

from samegauge.doors.crypto import (
    CryptoError,
    PublicKey,
    bytes_from_text,
    generate_key,
    key_from_seed,
    load_key,
    load_or_create_key,
    load_public_key,
    random_token,
    same_secret,
    sha256,
    sha256_stream,
    store_key,
    store_public_key,
    text_from_bytes,
)

if TYPE_CHECKING:
    from pathlib import Path


def test_first_vector_of_rfc_8032_section_7_1() -> None:
    key = key_from_seed(bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"))
    assert key.public.raw.hex() == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    signature = key.sign(b"")
    assert signature.hex() == (
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24"
        "655141438e7a100b"
    )
    assert key.public.verifies(signature, b"")


@pytest.mark.asvs("9.1.1")
@pytest.mark.threat("T16")
def test_a_changed_message_signature_or_key_does_not_verify() -> None:
    key, other = generate_key(), generate_key()
    signature = key.sign(b"message")
    assert not key.public.verifies(signature, b"massage")
    assert not key.public.verifies(bytes([signature[0] ^ 1]) + signature[1:], b"message")
    assert not other.public.verifies(signature, b"message")
    assert not key.public.verifies(signature[:-1], b"message")


@pytest.mark.threat("T16")
def test_a_key_survives_its_file_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    key, path = generate_key(), tmp_path / "keys" / "site.key"
    store_key(key, path)
    store_public_key(key.public, tmp_path / "keys" / "site.pub")
    assert load_key(path).public == key.public
    assert load_public_key(tmp_path / "keys" / "site.pub") == key.public
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(entry.name for entry in path.parent.iterdir()) == ["site.key", "site.pub"]


@pytest.mark.threat("T16")
def test_a_stored_key_is_never_replaced(tmp_path: Path) -> None:
    key = load_or_create_key(tmp_path / "site.key")
    with pytest.raises(FileExistsError):
        store_key(generate_key(), tmp_path / "site.key")
    assert load_or_create_key(tmp_path / "site.key").public == key.public
    assert [entry.name for entry in tmp_path.iterdir()] == ["site.key"]


@pytest.mark.threat("T16")
def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "site.key"
    store_key(generate_key(), path)
    path.chmod(0o640)
    with pytest.raises(CryptoError, match="chmod 600"):
        load_key(path)


@pytest.mark.asvs("9.1.2")
@pytest.mark.threat("T16")
@pytest.mark.parametrize(
    "content", [b"", b"hello", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", b"x" * 5000]
)
def test_foreign_key_files_are_refused_with_their_path(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "odd.pub"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(CryptoError, match=r"odd\.pub"):
        load_public_key(path)
    with pytest.raises(CryptoError, match=r"odd\.pub"):
        load_key(path)


def test_the_key_number_is_the_start_of_the_digest() -> None:
    key = PublicKey(bytes(32))
    assert key.key_id == sha256(bytes(32)).hex()[:32]
    with pytest.raises(CryptoError, match="32 bytes, not 31"):
        PublicKey(bytes(31))


@pytest.mark.asvs("7.2.2")
@pytest.mark.threat("T07")
def test_tokens_differ_and_carry_at_least_128_bits() -> None:
    tokens = {random_token() for _ in range(1000)}
    assert len(tokens) == 1000
    assert all(len(bytes_from_text(token)) == 16 for token in tokens)
    with pytest.raises(CryptoError, match="at least 16"):
        random_token(15)


def test_stream_digest_equals_that_of_the_bytes() -> None:
    data = bytes(range(256)) * 10_000
    assert sha256_stream(io.BytesIO(data)) == (sha256(data), len(data))
    assert sha256(b"abc").hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.mark.parametrize("text", ["AAB", "AA==", "A", "A A", "A+/A", "é"])
def test_only_one_spelling_of_base64_is_read(text: str) -> None:
    with pytest.raises(CryptoError):
        bytes_from_text(text)
    assert bytes_from_text(text_from_bytes(b"\xfb\xff\x00")) == b"\xfb\xff\x00"


def test_secrets_are_compared_whole() -> None:
    assert same_secret(b"token", b"token")
    assert not same_secret(b"token", b"tokem")
