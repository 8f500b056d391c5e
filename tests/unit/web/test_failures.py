from __future__ import annotations

import errno
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError
from django.test import Client

from samegauge.core.organisations.models import Role
from samegauge.core.scope import organisation_scope
from samegauge.core.vault import rules as vault
from samegauge.core.vault.models import StoredFile

if TYPE_CHECKING:
    from collections.abc import Callable

    from samegauge.core.organisations.models import Organisation, Person

pytestmark = pytest.mark.django_db


def sqlite_full() -> OperationalError:
    error, cause = OperationalError("database or disk is full"), sqlite3.OperationalError()
    cause.sqlite_errorcode = sqlite3.SQLITE_FULL
    error.__cause__ = cause
    return error


def postgresql_full() -> OperationalError:
    error = OperationalError()
    error.__cause__ = type("DiskFull", (Exception,), {"sqlstate": "53100"})()
    return error


FULL = {
    "the vault": lambda: OSError(errno.ENOSPC, "No space left on device"),
    "a quota": lambda: OSError(errno.EDQUOT, "Disk quota exceeded"),
    "sqlite": sqlite_full,
    "postgresql": postgresql_full,
}


@pytest.fixture
def member(organisation: Organisation, person_with_role: Callable[..., Person]) -> Client:
    client = Client(raise_request_exception=False)
    person = person_with_role(Role.OWNER, organisation)
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def uploaded(client: Client, path: str, language: str = "en") -> Any:
    form = {"kind": "qif", "sha256": "0" * 64, "files": SimpleUploadedFile("a.qif", b"<QIFDocument/>")}
    return client.post(path, form, headers={"accept-language": language})


@pytest.mark.parametrize("which", FULL)
def test_a_full_disk_is_told_as_such_and_nothing_is_taken_in(
    member: Client, organisation: Organisation, monkeypatch: pytest.MonkeyPatch, which: str
) -> None:
    def fail(_descriptor: int) -> None:
        error = FULL[which]()
        raise error

    monkeypatch.setattr(vault.os, "fsync", fail)
    page, page_zh = uploaded(member, "/imports/new/"), uploaded(member, "/imports/new/", "zh-hant")
    answer = uploaded(member, "/api/imports")
    assert [page.status_code, page_zh.status_code, answer.status_code] == [507] * 3
    assert "The disk of the server is full" in page.content.decode()
    assert "伺服器的磁碟已滿" in page_zh.content.decode()
    assert answer.json()["detail"].startswith("The disk of the server is full. Nothing was taken in.")
    with organisation_scope(organisation):
        assert not StoredFile.objects.exists()


def test_any_other_failure_is_told_as_before(member: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_descriptor: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(vault.os, "fsync", fail)
    page = uploaded(member, "/imports/new/")
    assert page.status_code == 500
    assert "The server could not finish this" in page.content.decode()
