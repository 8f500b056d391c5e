"""What a site says of its mail server, and what it cannot say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from samegauge.core.mail_server import MailServer, MailServerError
from samegauge.core.site import Site

if TYPE_CHECKING:
    from pathlib import Path

GOOD = {"SMTP_HOST": "mail.example", "MAIL_FROM": "gauge@example.org"}


def named(monkeypatch: pytest.MonkeyPatch, **settings: str) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(f"SAMEGAUGE_{name}", value)


def test_without_a_host_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SAMEGAUGE_SMTP_HOST", raising=False)
    assert MailServer.from_environment() is None


@pytest.mark.parametrize(("security", "port"), [("", 587), ("starttls", 587), ("TLS", 465), ("none", 25)])
def test_the_port_follows_from_the_security(monkeypatch: pytest.MonkeyPatch, security: str, port: int) -> None:
    named(monkeypatch, **GOOD, SMTP_SECURITY=security)
    server = MailServer.from_environment()
    assert server is not None
    assert (server.host, server.port, server.sender) == ("mail.example", port, "gauge@example.org")


def test_the_password_may_lie_in_a_file_and_is_shown_nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "word").write_text("swordfish\n")
    named(monkeypatch, **GOOD, SMTP_USER="gauge", SMTP_PASSWORD_FILE=str(tmp_path / "word"))
    server = MailServer.from_environment()
    assert server is not None
    assert server.password == "swordfish"
    assert "swordfish" not in repr(server)


@pytest.mark.parametrize(
    "wrong",
    [
        {"MAIL_FROM": "nobody"},
        {"SMTP_SECURITY": "maybe"},
        {"SMTP_PORT": "70000"},
        {"SMTP_PORT": "mail"},
        {"SMTP_PASSWORD_FILE": "/nowhere/at/all"},
        {"SMTP_SECURITY": "none", "SMTP_PASSWORD": "swordfish"},
    ],
)
def test_what_cannot_be_used_is_refused_with_its_name(monkeypatch: pytest.MonkeyPatch, wrong: dict[str, str]) -> None:
    named(monkeypatch, **(GOOD | wrong))
    with pytest.raises(MailServerError, match=next(iter(wrong))):
        MailServer.from_environment()


def test_links_begin_with_the_address_of_the_site(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    named(monkeypatch, HOME=str(tmp_path), ADDRESS="https://gauge.example.org")
    assert Site.from_environment().address == "https://gauge.example.org/"
    named(monkeypatch, ADDRESS="", HOSTS="hub.example", HTTPS="1")
    assert Site.from_environment().address == "https://hub.example/"
    monkeypatch.delenv("SAMEGAUGE_HOSTS")
    monkeypatch.delenv("SAMEGAUGE_HTTPS")
    assert Site.from_environment().address == "http://127.0.0.1:8000/"
