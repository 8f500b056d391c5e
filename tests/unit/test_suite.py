"""What `./dev test` says where PostgreSQL cannot run."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest
from support import suite


@pytest.fixture(autouse=True)
def as_root_with_postgresql(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(suite, "find_initdb", lambda: Path("/usr/lib/postgresql/15/bin/initdb"))


def test_root_without_the_owners_account_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pwd, "getpwall", lambda: [pwd.getpwuid(0)])
    assert suite.missing_for_postgresql().endswith("there is no user postgres. Make one: useradd --system postgres")
    with suite.postgresql() as url:
        assert url is None


def test_the_owner_needs_no_group_of_the_same_name(monkeypatch: pytest.MonkeyPatch) -> None:
    account = pwd.struct_passwd(("postgres", "x", 901, 902, "", "/", "/bin/false"))
    monkeypatch.setattr(pwd, "getpwall", lambda: [account])
    monkeypatch.setattr(pwd, "getpwnam", lambda _name: account)
    asked: list[tuple[object, ...]] = []
    monkeypatch.setattr(os, "chown", lambda *call: asked.append(call))
    monkeypatch.setattr(suite, "free_port", lambda: 5432)
    started: list[list[str]] = []

    def refuse(words: list[object], _options: object) -> None:
        started.append([str(word) for word in words])
        raise InterruptedError

    monkeypatch.setattr(suite.process, "run", refuse)
    with pytest.raises(InterruptedError), suite.postgresql():
        pass
    assert asked[0][1:] == (901, 902)
    assert started[0][:3] == ["setpriv", "--reuid=901", "--regid=902"]


def test_without_initdb_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suite, "find_initdb", lambda: None)
    assert "apt install postgresql" in suite.missing_for_postgresql()
