from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from django.test import Client
from django.utils.translation import override

from samegauge.core.backup import health
from samegauge.core.backup.health import SILENT_AFTER_S
from samegauge.core.backup.keys import backup_keys
from samegauge.core.jobs import worker_sign
from samegauge.core.jobs.models import Job, JobState
from samegauge.core.organisations.models import Organisation, Role
from samegauge.doors.crypto import generate_key, store_key

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

    from samegauge.core.organisations.models import Person

LOGIN_BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def told(person: Person | None) -> dict[str, object]:
    browser = Client()
    if person is not None:
        browser.force_login(person, LOGIN_BACKEND)
    return browser.get("/health/").json()


def test_strangers_and_others_learn_only_that_the_site_answers(
    organisation: Organisation, other_organisation: Organisation, person_with_role: Callable[..., Person]
) -> None:
    assert told(None) == {"status": "ok"}
    assert told(person_with_role(Role.OWNER, other_organisation)) == {"status": "ok"}
    assert told(person_with_role(Role.ENGINEER, organisation)) == {"status": "ok"}


def test_those_who_run_the_site_see_its_parts(
    organisation: Organisation, person_with_role: Callable[..., Person], home: Path
) -> None:
    owner = person_with_role(Role.OWNER, organisation)
    said = told(owner)
    assert (said["vault"], said["lake"], said["worker"], said["worker_seen_s"]) == ("empty", "empty", "silent", None)
    (home / "vault").mkdir()
    worker_sign.give(home)
    said = told(owner)
    assert (said["vault"], said["worker"]) == ("ok", "ok")
    past_s = time.time() - SILENT_AFTER_S - 1
    os.utime(home / worker_sign.NAME, (past_s, past_s))
    assert told(owner)["worker"] == "silent"


PAGE = "/administration/health/"


def page_of(person: Person, language: str = "en") -> str:
    browser = Client()
    browser.force_login(person, LOGIN_BACKEND)
    return browser.get(PAGE, headers={"Accept-Language": language}).content.decode()


def kinds_of(home: Path) -> dict[str, tuple[str, str]]:
    with override("en"):
        return {part.name: (part.kind, part.state) for part in health.parts(home)}


def test_the_page_names_the_worst_first_and_what_to_do(
    organisation: Organisation, person_with_role: Callable[..., Person], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = person_with_role(Role.OWNER, organisation)
    monkeypatch.delenv("SAMEGAUGE_BACKUP_FOLDER", raising=False)
    monkeypatch.setattr(health, "SCARCE_BYTES", 2)
    monkeypatch.setattr(health, "LEAST_FREE_BYTES", 1)
    said = page_of(owner)
    assert "Worker: silent" in said
    assert "its log says why the worker ended" in said
    assert said.index("Worker") < said.index("no second place") < said.index("Walls between organisations")
    worker_sign.give(home)
    assert "Backup: no second place, and 2 parts in all that need somebody" in page_of(owner)
    assert "備份：沒有第二備份位置；共有 2 個部分需要處理" in page_of(owner, "zh-hant")


def test_each_part_is_told_as_it_is(
    in_scope: Organisation, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    second_place = tmp_path / "second place"
    second_place.mkdir()
    monkeypatch.setenv("SAMEGAUGE_BACKUP_FOLDER", str(second_place))
    for least, scarce, disk in ((1, 2, "ok"), (1, 1 << 60, "warning"), (1 << 60, 1 << 60, "alarm")):
        monkeypatch.setattr(health, "LEAST_FREE_BYTES", least)
        monkeypatch.setattr(health, "SCARCE_BYTES", scarce)
        assert kinds_of(home)["Disk"][0] == disk
    assert kinds_of(home)["Signing keys"] == ("neutral", "none yet")
    store_key(generate_key(), home / "keys" / "a.key")
    assert kinds_of(home)["Signing keys"] == ("warning", "no recent sealed copy")
    backup_keys(home, tmp_path / "sealed", "a sentence that is long")
    assert kinds_of(home)["Signing keys"] == ("ok", "in a sealed copy")
    assert kinds_of(home)["Backup"] == ("neutral", "not due yet")
    now = datetime.now(UTC)
    Organisation.objects.update(created_at=now - timedelta(days=3))
    assert kinds_of(home)["Backup"] == ("alarm", "overdue")
    Job.objects.create(kind="backup", state=JobState.DONE, finished_at=now)
    assert kinds_of(home)["Backup"] == ("ok", "up to date")
    assert kinds_of(home)["Sanity check"] == ("warning", "due")
    for faults, told_as in ((2, ("alarm", "faults found")), (0, ("ok", "sound"))):
        Job.objects.create(
            kind="checkup", state=JobState.DONE, finished_at=datetime.now(UTC), result={"faults": faults}
        )
        assert kinds_of(home)["Sanity check"] == told_as
    (home / "vault").mkdir(mode=0o500)
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert kinds_of(home)["Vault"] == ("alarm", "not writable")
    monkeypatch.setattr(health, "faults", lambda _connection: ["missing: policy"])
    assert kinds_of(home)["Walls between organisations"] == ("alarm", "altered")


def test_the_page_is_for_those_who_run_the_site(
    organisation: Organisation, other_organisation: Organisation, person_with_role: Callable[..., Person]
) -> None:
    for person, status in (
        (person_with_role(Role.OWNER, organisation), 200),
        (person_with_role(Role.OWNER, other_organisation), 404),
        (person_with_role(Role.ENGINEER, organisation), 403),
    ):
        browser = Client()
        browser.force_login(person, LOGIN_BACKEND)
        assert browser.get(PAGE).status_code == status
