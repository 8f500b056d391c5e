"""What a site can set, read once from the environment."""

from __future__ import annotations

import contextlib
import os
import secrets
import shlex
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from samegauge.core.mail_server import MailServer, MailServerError
from samegauge.doors.object_store import StoreAccess

PACKAGE = Path(__file__).resolve().parents[1]
UNFINISHED_RESTORE = "unfinished-restore.json"
RUNNING = "running.json"  # the lock of `samegauge run`, there while it runs
UNFINISHED_UPDATE = "before-update/unfinished"
DEFAULT_BACKUPS_KEPT = 14
KEPT_CONNECTION_S = 60
DEFAULT_S3_REGION = "us-east-1"
GS1_PREFIX_DIGITS = range(6, 13)

# WAL with synchronous=FULL: a commit that was acknowledged survives a power cut.
SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA trusted_schema=OFF; "
    "PRAGMA journal_size_limit=67108864; PRAGMA cache_size=-65536;"
)


URL_FORM = "SAMEGAUGE_DATABASE_URL must read postgresql://person:password@host:port/name"


class SiteError(Exception):
    """A setting of the site cannot be used."""


def default_home() -> Path:
    """Return the platform's folder for user data."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "samegauge"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "samegauge"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "samegauge"


def home_folder() -> Path:
    """Return the data folder that SAMEGAUGE_HOME chooses; it need not exist yet."""
    return Path(os.environ.get("SAMEGAUGE_HOME") or default_home()).expanduser().resolve()


def own_command() -> str:
    """Return what starts this program in a shell: its name where the shell would find it, else its place."""
    ours = shutil.which("samegauge", path=str(Path(sys.executable).parent))
    found = shutil.which("samegauge")
    if ours is None or (found is not None and Path(found).samefile(ours)):
        return "samegauge"
    return shlex.quote(ours)


@dataclass(frozen=True)
class Site:
    home: Path
    package: Path
    secret_key: str
    database_url: str
    allowed_hosts: list[str]
    trusted_origins: list[str]
    https: bool

    @classmethod
    def from_environment(cls) -> Site:
        home = home_folder()
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        hosts = [host for host in os.environ.get("SAMEGAUGE_HOSTS", "").split(",") if host]
        https = os.environ.get("SAMEGAUGE_HTTPS") == "1"
        return cls(
            home=home,
            package=PACKAGE,
            secret_key=os.environ.get("SAMEGAUGE_SECRET_KEY") or _kept_secret(home / "secret_key"),
            database_url=os.environ.get("SAMEGAUGE_DATABASE_URL", ""),
            allowed_hosts=["127.0.0.1", "localhost", "[::1]", *hosts],
            trusted_origins=[f"https://{host}" for host in hosts],
            https=https,
        )

    @property
    def database(self) -> dict[str, Any]:
        if not self.database_url:
            return {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": self.home / "samegauge.sqlite3",
                "CONN_MAX_AGE": KEPT_CONNECTION_S,
                "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": SQLITE_PRAGMAS},
            }
        return postgresql_settings(self.database_url)

    @property
    def jobs_database_url(self) -> str:
        return os.environ.get("SAMEGAUGE_JOBS_DATABASE_URL") or f"sqlite:///{self.home / 'jobs.sqlite3'}"

    @property
    def backup_place(self) -> str:
        """Where the worker puts a backup every day: a folder, or `s3://bucket/prefix`; empty when none is named."""
        return os.environ.get("SAMEGAUGE_BACKUP_FOLDER", "").strip()

    @property
    def drop_folder(self) -> str:
        """Where measuring programs put files to be taken in; empty when none is named."""
        return os.environ.get("SAMEGAUGE_DROP_FOLDER", "").strip()

    @property
    def plain_http(self) -> bool:
        """Whether other machines may come in without https: for a trial in a network of one's own."""
        return os.environ.get("SAMEGAUGE_PLAIN_HTTP") == "1"

    @property
    def lan(self) -> bool:
        """Whether the site speaks https itself, with a certificate that only this network's tablets trust."""
        return os.environ.get("SAMEGAUGE_LAN") == "1"

    @property
    def mail(self) -> MailServer | None:
        """The server that letters go out through; None when none is named."""
        try:
            return MailServer.from_environment()
        except MailServerError as error:
            raise SiteError(str(error)) from error

    @property
    def address(self) -> str:
        """The address under which people reach this site: what links in letters begin with."""
        named = os.environ.get("SAMEGAUGE_ADDRESS", "").strip()
        if named:
            return named.rstrip("/") + "/"
        scheme = "https" if self.https else "http"
        return f"{scheme}://{next(iter(self.allowed_hosts[3:]), '127.0.0.1:8000')}/"

    @property
    def witnesses(self) -> list[str]:
        """The addresses of those outside who sign the newest state of this site's logs."""
        return [address for address in os.environ.get("SAMEGAUGE_WITNESSES", "").replace(",", " ").split() if address]

    @property
    def gs1_prefix(self) -> str:
        """The company prefix that GS1 gave the firm, of 6 to 12 digits; empty where it has none."""
        prefix = os.environ.get("SAMEGAUGE_GS1_PREFIX", "").strip()
        if prefix and not (prefix.isascii() and prefix.isdigit() and len(prefix) in GS1_PREFIX_DIGITS):
            raise SiteError("SAMEGAUGE_GS1_PREFIX must be the 6 to 12 digits of a GS1 company prefix")
        return prefix

    @property
    def backups_kept(self) -> int:
        """How many backups stay in that folder, at least one."""
        asked = os.environ.get("SAMEGAUGE_BACKUPS_KEPT", "")
        return max(int(asked), 1) if asked.isascii() and asked.isdigit() else DEFAULT_BACKUPS_KEPT

    @property
    def logging(self) -> dict[str, Any]:
        return {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
            "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"handlers": ["console"], "level": "WARNING"},
            "loggers": {"samegauge": {"level": "INFO"}},
        }


def store_access() -> StoreAccess:
    """With what an object store is entered: named in the environment, asked for when a store is used."""
    return StoreAccess(
        key_id=os.environ.get("SAMEGAUGE_S3_KEY_ID", ""),
        secret=os.environ.get("SAMEGAUGE_S3_SECRET_KEY", ""),
        endpoint=os.environ.get("SAMEGAUGE_S3_ENDPOINT", ""),
        region=os.environ.get("SAMEGAUGE_S3_REGION", "") or DEFAULT_S3_REGION,
    )


def postgresql_settings(url: str) -> dict[str, Any]:
    """Django settings for `postgresql://person:password@host:port/name`."""
    try:
        parts = urlsplit(url)
        port = str(parts.port or "")
    except ValueError as error:
        raise SiteError(URL_FORM) from error
    if parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/"):
        raise SiteError(URL_FORM)
    return {
        "ENGINE": "samegauge.core.database_walls.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": port,
        "CONN_MAX_AGE": KEPT_CONNECTION_S,
    }


def _kept_secret(path: Path) -> str:
    """Return the secret kept in `path`, made on first use, readable by its owner alone."""
    if not path.exists():
        descriptor, temporary = tempfile.mkstemp(dir=path.parent)
        try:
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_urlsafe(48))
                file.flush()
                os.fsync(file.fileno())
            # Of two commands that start at once one wins, and no kill leaves a secret that is empty.
            with contextlib.suppress(FileExistsError):
                os.link(temporary, path)
        finally:
            Path(temporary).unlink()
    return path.read_text()
