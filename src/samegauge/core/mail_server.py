"""The mail server that a site names in its environment."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

TIMEOUT_S = 20.0


class MailServerError(Exception):
    """A setting of the mail server cannot be used."""


class Security(StrEnum):
    """How the way to the server is kept secret."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


PORTS = {Security.STARTTLS: 587, Security.TLS: 465, Security.NONE: 25}


@dataclass(frozen=True)
class MailServer:
    host: str
    port: int
    security: Security
    user: str
    password: str = field(repr=False)
    sender: str

    @classmethod
    def from_environment(cls) -> MailServer | None:
        """Read SAMEGAUGE_SMTP_*; None where no host is named."""
        host = os.environ.get("SAMEGAUGE_SMTP_HOST", "").strip()
        if not host:
            return None
        security = _security(os.environ.get("SAMEGAUGE_SMTP_SECURITY", "").strip().lower())
        sender = os.environ.get("SAMEGAUGE_MAIL_FROM", "").strip()
        if "@" not in sender:
            raise MailServerError("SAMEGAUGE_MAIL_FROM must name the address that letters come from")
        user, password = os.environ.get("SAMEGAUGE_SMTP_USER", ""), _password()
        if password and security is Security.NONE:
            raise MailServerError("SAMEGAUGE_SMTP_SECURITY is none: the password would go out in the clear")
        return cls(host, _port(security), security, user, password, sender)


def _security(asked: str) -> Security:
    try:
        return Security(asked or Security.STARTTLS)
    except ValueError as error:
        raise MailServerError("SAMEGAUGE_SMTP_SECURITY must be starttls, tls or none") from error


def _port(security: Security) -> int:
    asked = os.environ.get("SAMEGAUGE_SMTP_PORT", "").strip()
    if not asked:
        return PORTS[security]
    if not (asked.isascii() and asked.isdigit() and 0 < int(asked[:6]) < 65536):  # noqa: PLR2004 - ports end there
        raise MailServerError("SAMEGAUGE_SMTP_PORT must be a number from 1 to 65535")
    return int(asked)


def _password() -> str:
    """A file keeps the password out of the environment, which other programs of the same user can read."""
    path = os.environ.get("SAMEGAUGE_SMTP_PASSWORD_FILE", "")
    if not path:
        return os.environ.get("SAMEGAUGE_SMTP_PASSWORD", "")
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise MailServerError(f"SAMEGAUGE_SMTP_PASSWORD_FILE cannot be read: {error.strerror}") from error
