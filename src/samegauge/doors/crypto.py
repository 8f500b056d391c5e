"""The one place that makes keys, signs, verifies, seals and draws secrets (Ed25519, SHA-256, AES-256-GCM, Argon2id)."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import stat
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as BinasciiError
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Any, BinaryIO

from cryptography import x509
from cryptography.exceptions import InvalidSignature, InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

PUBLIC_KEY_BYTES = 32
SIGNATURE_BYTES = 64
TOKEN_BYTES = 16
SHORTEST_PASSPHRASE = 12
_KEY_FILE_LIMIT = 4096
_SEAL_MAGIC = b"samegauge sealed 1\n"
_SALT_BYTES = 16
_NONCE_BYTES = 12
_SEALING_KEY_BYTES = 32
_BLOCK = 1 << 20
# Signatures with a public key only: with a shared secret, or with none, anybody who knows our client could sign.
_TOKEN_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
_CLOCKS_DIFFER_S = 60
_AUTHORITY_LASTS = timedelta(days=3650)
_CERTIFICATE_LASTS = timedelta(days=397)  # browsers refuse those of servers that last longer
_CLOCKS_LAG = timedelta(days=1)  # a tablet without network may be behind
_OWN_NETWORKS = (
    *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8"),
    *("fc00::/7", "fe80::/10", "::1/128"),
)
OWN_DOMAINS = ("local", "localhost", "lan", "internal", "home.arpa")


class CryptoError(Exception):
    """A key, signature or encoding that cannot be used."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    raw: bytes

    def __post_init__(self) -> None:
        if len(self.raw) != PUBLIC_KEY_BYTES:
            raise CryptoError(f"An Ed25519 public key has {PUBLIC_KEY_BYTES} bytes, not {len(self.raw)}.")

    @property
    def key_id(self) -> str:
        """Fingerprint: the first 128 bits of the key's SHA-256, as 32 hexadecimal digits."""
        return sha256(self.raw).hex()[:32]

    def to_pem(self) -> bytes:
        key = Ed25519PublicKey.from_public_bytes(self.raw)
        return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def verifies(self, signature: bytes, message: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, message)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class SigningKey:
    secret: Ed25519PrivateKey = field(repr=False)

    @property
    def public(self) -> PublicKey:
        return PublicKey(self.secret.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))

    def sign(self, message: bytes) -> bytes:
        return self.secret.sign(message)


def generate_key() -> SigningKey:
    return SigningKey(Ed25519PrivateKey.generate())


def key_from_seed(seed: bytes) -> SigningKey:
    """The key that the 32 secret bytes of `seed` stand for (RFC 8032, section 5.1.5)."""
    if len(seed) != PUBLIC_KEY_BYTES:
        raise CryptoError(f"An Ed25519 seed has {PUBLIC_KEY_BYTES} bytes, not {len(seed)}.")
    return SigningKey(Ed25519PrivateKey.from_private_bytes(seed))


def seed_of(key: SigningKey) -> bytes:
    """Inverse of `key_from_seed`: the secret itself, to be sealed before it goes anywhere."""
    return key.secret.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())


def store_key(key: SigningKey, path: Path) -> None:
    """Write `key` for its owner's eyes alone; an existing file is never replaced, a power cut leaves all or nothing."""
    pem = key.secret.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    _store_new(path, pem, 0o600)


def store_public_key(key: PublicKey, path: Path) -> None:
    _store_new(path, key.to_pem(), 0o644)


def load_key(path: Path) -> SigningKey:
    mode = path.stat().st_mode if path.exists() else 0
    if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
        raise CryptoError(f"{path}: the private key is readable by others. Run: chmod 600 {path}")
    pem = _read_small(path)
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise CryptoError(f"{path}: not a private key in PEM form. Restore it from the backup.") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise CryptoError(f"{path}: not an Ed25519 key. Use a key made by samegauge.")
    return SigningKey(key)


def load_public_key(path: Path) -> PublicKey:
    pem = _read_small(path)
    try:
        key = load_pem_public_key(pem)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise CryptoError(f"{path}: not a public key in PEM form. Ask the issuer for its .pub file.") from error
    if not isinstance(key, Ed25519PublicKey):
        raise CryptoError(f"{path}: not an Ed25519 key. Ask the issuer for its .pub file.")
    return PublicKey(key.public_bytes(Encoding.Raw, PublicFormat.Raw))


def load_public_keys(folder: Path) -> tuple[dict[str, PublicKey], dict[str, str]]:
    """Usable keys by the stem of their .pub file, and by the names of the others why each is not usable."""
    usable: dict[str, PublicKey] = {}
    unusable: dict[str, str] = {}
    for path in sorted(folder.glob("*.pub")):
        try:
            usable[path.stem] = load_public_key(path)
        except (OSError, CryptoError) as error:
            unusable[path.name] = str(error)
    return usable, unusable


def load_or_create_key(path: Path) -> SigningKey:
    """Of several processes that start at once, one makes the key and the others load the same one."""
    if not path.exists():
        try:
            store_key(generate_key(), path)
        except FileExistsError:
            return load_key(path)
    return load_key(path)


def sealed_with(passphrase: str, data: bytes) -> bytes:
    """Bytes that only the passphrase opens, and that no change survives unnoticed."""
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise CryptoError(f"A passphrase needs at least {SHORTEST_PASSPHRASE} characters. Choose a short sentence.")
    salt, nonce = secrets.token_bytes(_SALT_BYTES), secrets.token_bytes(_NONCE_BYTES)
    return _SEAL_MAGIC + salt + nonce + AESGCM(_sealing_key(passphrase, salt)).encrypt(nonce, data, _SEAL_MAGIC)


def opened_with(passphrase: str, sealed: bytes) -> bytes:
    """Inverse of `sealed_with`."""
    head = len(_SEAL_MAGIC)
    salt = sealed[head : head + _SALT_BYTES]
    nonce = sealed[head + _SALT_BYTES :][:_NONCE_BYTES]
    if not sealed.startswith(_SEAL_MAGIC) or len(nonce) < _NONCE_BYTES:
        raise CryptoError("The file is not sealed with a passphrase. Name the file that holds the keys.")
    try:
        body = sealed[head + _SALT_BYTES + _NONCE_BYTES :]
        return AESGCM(_sealing_key(passphrase, salt)).decrypt(nonce, body, _SEAL_MAGIC)
    except InvalidTag as error:
        raise CryptoError(
            "The passphrase is wrong, or the file was changed. Try again, or use another copy."
        ) from error


def signed_claims(token: str, keys: dict[str, Any], issuer: str, audience: str) -> dict[str, Any]:
    """What a JSON Web Token says, once its signature, issuer, audience and times are right; `keys` is a JWK set."""
    import jwt  # comes with the platform; what verifies passports offline does without

    try:
        header = jwt.get_unverified_header(token)
        algorithm, key_id = header.get("alg"), header.get("kid")
        if algorithm not in _TOKEN_ALGORITHMS:
            raise CryptoError(f"The token is signed with {algorithm!r}.")
        usable = [key for key in jwt.PyJWKSet.from_dict(keys).keys if key.public_key_use in {None, "sig"}]
        named = usable if key_id is None else [key for key in usable if key.key_id == key_id]
        if len(named) != 1:
            raise CryptoError("The token is signed with an unknown key.")
        required = {"require": ["iss", "sub", "aud", "exp", "iat"]}
        claims: dict[str, Any] = jwt.decode(
            token,
            named[0],
            algorithms=[algorithm],
            audience=audience,
            issuer=issuer,
            leeway=_CLOCKS_DIFFER_S,
            options=required,  # pyright: ignore[reportArgumentType] - the library's own example
        )
    except jwt.PyJWTError as error:
        raise CryptoError(f"The token is refused: {type(error).__name__}.") from error
    return claims


def load_or_create_secret(path: Path) -> bytes:
    """Return 32 secret bytes kept in `path` for its owner alone; of several processes that start one makes them."""
    if not path.exists():
        with suppress(FileExistsError):
            _store_new(path, secrets.token_bytes(_SEALING_KEY_BYTES), 0o600)
    data = _read_small(path)
    if len(data) != _SEALING_KEY_BYTES:
        raise CryptoError(f"{path}: has {len(data)} bytes, not {_SEALING_KEY_BYTES}. Restore it from the backup.")
    return data


def store_secret(secret: bytes, path: Path) -> None:
    _store_new(path, secret, 0o600)


def sealed_under(secret: bytes, data: bytes, purpose: bytes) -> bytes:
    """Bytes that only this secret opens, only for the same purpose, and that no change survives unnoticed."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(secret).encrypt(nonce, data, purpose)


def opened_under(secret: bytes, sealed: bytes, purpose: bytes) -> bytes:
    """Inverse of `sealed_under`."""
    try:
        return AESGCM(secret).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], purpose)
    except (InvalidTag, ValueError) as error:
        raise CryptoError("The secret is another one, or the sealed text was changed.") from error


@dataclass(frozen=True, slots=True)
class Authority:
    """Signs certificates for this network's own addresses; those who trust it trust it for nothing else."""

    key: ec.EllipticCurvePrivateKey = field(repr=False)
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, as browsers and tablets show it."""
        return self.certificate.fingerprint(SHA256()).hex(":").upper()

    def may_sign_for(self, name: str) -> bool:
        permitted = self.certificate.extensions.get_extension_for_class(x509.NameConstraints).value.permitted_subtrees
        wanted = _general_name(name)
        if isinstance(wanted, x509.DNSName):
            domains = [one.value for one in permitted or [] if isinstance(one, x509.DNSName)]
            return any(name == domain or name.endswith(f".{domain}") for domain in domains)
        networks = [one.value for one in permitted or [] if isinstance(one, x509.IPAddress)]
        nets = [one for one in networks if isinstance(one, IPv4Network | IPv6Network)]
        return any(ip_address(name) in network for network in nets)


def load_or_create_authority(folder: Path, names: Sequence[str], now: datetime) -> Authority:
    """The authority kept in `folder`; a new one may sign for `names` beside the networks that nobody routes."""
    key_path, certificate_path = folder / "authority.key.pem", folder / "authority.pem"
    if not certificate_path.exists():
        key_path.unlink(missing_ok=True)
        made = _authority(names, now)
        store_secret(made.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), key_path)
        _store_new(certificate_path, made.certificate.public_bytes(Encoding.PEM), 0o644)
    try:
        key = load_pem_private_key(_read_small(key_path), password=None)
        certificate = x509.load_pem_x509_certificate(_read_small(certificate_path))
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise CryptoError(f"{folder}: the authority cannot be read. Remove the folder: a new one is made.") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or certificate.not_valid_after_utc < now + _CERTIFICATE_LASTS:
        raise CryptoError(f"{folder}: the authority is used up. Remove the folder: a new one is made.")
    return Authority(key, certificate)


def _authority(names: Sequence[str], now: datetime) -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    own = [x509.IPAddress(ip_network(network)) for network in _OWN_NETWORKS]
    domains = [x509.DNSName(domain) for domain in OWN_DOMAINS]
    permitted = [*own, *domains, *(_subtree(name) for name in names)]
    title = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, f"samegauge {secrets.token_hex(3)}")])
    usage = {name: name in {"key_cert_sign", "crl_sign"} for name in _KEY_USES}
    built = _certificate_for(title, key.public_key(), now, _AUTHORITY_LASTS).issuer_name(title)
    built = built.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    built = built.add_extension(x509.KeyUsage(**usage), critical=True)
    built = built.add_extension(x509.NameConstraints(permitted, None), critical=True)
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return Authority(key, built.add_extension(identifier, critical=False).sign(key, SHA256()))


_KEY_USES = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
    *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)


def store_certificate(authority: Authority, names: Sequence[str], now: datetime, folder: Path) -> tuple[Path, Path]:
    """Make a key and a certificate of a server that is reached by `names`; return where they lie, certificate first."""
    if wrong := [name for name in names if not authority.may_sign_for(name)]:
        raise CryptoError(f"{folder}: the authority may not sign for {wrong[0]}. Remove the folder: a new one is made.")
    key = ec.generate_private_key(ec.SECP256R1())
    title = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, names[0])])
    signer = authority.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    built = _certificate_for(title, key.public_key(), now, _CERTIFICATE_LASTS).issuer_name(
        authority.certificate.subject
    )
    built = built.add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
    built = built.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    built = built.add_extension(x509.ExtendedKeyUsage([x509.oid.ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    identifier = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(signer)
    certificate = built.add_extension(identifier, critical=False).sign(authority.key, SHA256())
    paths = folder / "server.pem", folder / "server.key.pem"
    for path in paths:
        path.unlink(missing_ok=True)
    chain = certificate.public_bytes(Encoding.PEM) + authority.certificate.public_bytes(Encoding.PEM)
    store_secret(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), paths[1])
    _store_new(paths[0], chain, 0o644)
    return paths


def _certificate_for(
    title: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, lasts: timedelta
) -> x509.CertificateBuilder:
    built = x509.CertificateBuilder().subject_name(title).public_key(key).serial_number(x509.random_serial_number())
    return built.not_valid_before(now - _CLOCKS_LAG).not_valid_after(now - _CLOCKS_LAG + lasts)


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _subtree(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_network(name))
    except ValueError:
        return x509.DNSName(name)


def _sealing_key(passphrase: str, salt: bytes) -> bytes:
    # RFC 9106, section 4, second recommended option: 64 MiB, three passes, four lanes.
    derive = Argon2id(salt=salt, length=_SEALING_KEY_BYTES, iterations=3, lanes=4, memory_cost=64 * 1024)
    return derive.derive(passphrase.encode("utf-8"))


def random_token(size_bytes: int = TOKEN_BYTES) -> str:
    """URL-safe secret of at least 128 bits."""
    if size_bytes < TOKEN_BYTES:
        raise CryptoError(f"A token needs at least {TOKEN_BYTES} bytes, not {size_bytes}.")
    return secrets.token_urlsafe(size_bytes)


def same_secret(left: bytes, right: bytes) -> bool:
    """Compares in a time that does not depend on where the two differ."""
    return hmac.compare_digest(left, right)


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def sha256_stream(stream: BinaryIO) -> tuple[bytes, int]:
    """Digest and length of everything left in `stream`."""
    digest = hashlib.sha256()
    length = 0
    while block := stream.read(_BLOCK):
        digest.update(block)
        length += len(block)
    return digest.digest(), length


def text_from_bytes(data: bytes) -> str:
    """Base64 with the URL alphabet and without padding (RFC 4648, section 5)."""
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def bytes_from_text(text: str) -> bytes:
    """Inverse of `text_from_bytes`; any other spelling of the same bytes is refused."""
    try:
        data = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except (UnicodeEncodeError, BinasciiError, ValueError) as error:
        raise CryptoError(f"{text[:40]!r} is not base64 with the URL alphabet.") from error
    if text_from_bytes(data) != text:
        raise CryptoError(f"{text[:40]!r} is not the one spelling of its bytes in base64.")
    return data


def _read_small(path: Path) -> bytes:
    with path.open("rb") as stream:
        data = stream.read(_KEY_FILE_LIMIT + 1)
    if len(data) > _KEY_FILE_LIMIT:
        raise CryptoError(f"{path}: larger than {_KEY_FILE_LIMIT} bytes, so it is no key file.")
    return data


def _store_new(path: Path, data: bytes, mode: int) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        # A link instead of a rename: it fails where a rename would silently replace a key that others have signed with.
        os.link(temporary, path)
    finally:
        temporary.unlink()
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":  # Windows cannot open a folder; its file systems journal the entry
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
