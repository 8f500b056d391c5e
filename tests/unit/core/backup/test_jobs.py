"""Backups by the worker: on request, every day, with a failure that is seen, and only for those who run the site."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from support.accounts import sign_in_confirmed

from samegauge.core.backup import going_back, jobs
from samegauge.core.backup.errors import BackupError
from samegauge.core.backup.jobs import BACKUP, CHECKUP, ask_when_due
from samegauge.core.backup.places import FolderPlace, newest_first
from samegauge.core.jobs.models import Job, JobState
from samegauge.core.jobs.rules import run_here
from samegauge.core.organisations.models import Role
from samegauge.core.scope import organisation_scope
from samegauge.core.site import Site

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from samegauge.core.organisations.models import Organisation, Person

LOGIN_BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
PAGE = "/administration/backup/"
NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)


@pytest.fixture
def second_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "second place"
    folder.mkdir()
    monkeypatch.setenv("SAMEGAUGE_BACKUP_FOLDER", str(folder))
    monkeypatch.setenv("SAMEGAUGE_BACKUPS_KEPT", "2")
    return folder


@pytest.fixture
def made_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test's database lies in its transaction, which no other connection sees: the archive here is a mere file."""

    class Made:
        def __init__(self, path: Path) -> None:
            self.path = path

        def report(self) -> dict[str, Any]:
            return {"file": str(self.path), "size_bytes": 4, "elapsed_s": 0.1, "rows": 3, "faults": []}

    def make(_home: Path, target: Path, _tell: Any) -> Made:
        if not target.parent.is_dir():
            raise BackupError("The folder is away.", "資料夾不見了。")
        target.write_bytes(b"made")
        return Made(target)

    monkeypatch.setattr(jobs, "make_backup", make)


def archives(folder: Path) -> list[str]:
    return [copy.name for copy in newest_first(FolderPlace(folder))]


def asked(kind: str = BACKUP, **fields: Any) -> Job:
    job = Job.objects.create(kind=kind, **fields)
    return run_here(job)


def owner_s_browser(
    person_with_role: Callable[..., Person], organisation: Organisation, role: Role = Role.OWNER
) -> Client:
    browser = Client()
    browser.force_login(person_with_role(role, organisation), LOGIN_BACKEND)
    return browser


def test_backups_go_to_the_second_place_and_the_oldest_go(
    in_scope: Organisation, second_place: Path, made_here: None
) -> None:
    names = []
    for _ in range(3):
        job = asked()
        assert job.state == JobState.DONE
        assert job.result is not None
        names.append(job.result["file"])
    assert [f"{second_place}/{name}" for name in archives(second_place)] == names[:0:-1]


def test_another_site_s_backups_in_the_same_place_stay(
    in_scope: Organisation, second_place: Path, made_here: None
) -> None:
    others = [second_place / f"samegauge-0000000{number}-20200101T000000.zip" for number in range(4)]
    for path in others:
        path.touch()
    for _ in range(3):
        asked()
    assert sum(path.exists() for path in others) == 4
    assert len(archives(second_place)) == 4 + 2


def test_without_a_second_place_they_stay_in_the_data_folder(
    in_scope: Organisation, home: Path, made_here: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SAMEGAUGE_BACKUP_FOLDER", raising=False)
    job = asked()
    assert job.result is not None
    assert job.result["file"].startswith(str(home / "backups" / "samegauge-"))


def test_a_killed_run_that_goes_again_leaves_one_archive(
    in_scope: Organisation, second_place: Path, made_here: None
) -> None:
    job = asked()
    Job.objects.filter(pk=job.pk).update(state=JobState.RUNNING)
    assert run_here(job).state == JobState.DONE
    assert len(archives(second_place)) == 1


def test_a_daily_backup_is_asked_for_once_a_day_and_again_after_a_failure(
    organisation: Organisation, other_organisation: Organisation
) -> None:
    first: Any = ask_when_due(NOW)
    assert first.organisation_id == organisation.pk
    assert ask_when_due(NOW) is None  # it still waits
    with organisation_scope(organisation):
        rows = Job.objects.filter(pk=first.pk)
        rows.update(state=JobState.DONE, requested_at=NOW)
        assert ask_when_due(NOW + timedelta(hours=23)) is None
        rows.update(state=JobState.FAILED)
        assert ask_when_due(NOW + timedelta(minutes=59)) is None
        assert ask_when_due(NOW + timedelta(minutes=60)) is not None


def test_a_day_after_the_last_one_the_next_is_due(organisation: Organisation) -> None:
    first = ask_when_due(NOW)
    assert first is not None
    with organisation_scope(organisation):
        Job.objects.filter(pk=first.pk).update(state=JobState.DONE, requested_at=NOW)
    assert ask_when_due(NOW + timedelta(days=1)) is not None


@pytest.mark.django_db
def test_a_site_without_an_organisation_asks_for_nothing() -> None:
    assert ask_when_due(NOW) is None


def test_the_worker_looks_only_where_a_folder_is_named(
    organisation: Organisation, second_place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs._Clock, "looked_at_s", float("-inf"))
    jobs.look_whether_due()
    jobs.look_whether_due()
    monkeypatch.setattr(jobs._Clock, "looked_at_s", float("-inf"))
    monkeypatch.delenv("SAMEGAUGE_BACKUP_FOLDER")
    jobs.look_whether_due()
    with organisation_scope(organisation):
        assert Job.objects.filter(kind=BACKUP).count() == 1


def test_the_page_shows_failure_archives_and_findings(
    in_scope: Organisation, second_place: Path, made_here: None, home: Path, person_with_role: Callable[..., Person]
) -> None:
    browser = owner_s_browser(person_with_role, in_scope)
    assert "Nothing has been backed up" in browser.get(PAGE, headers={"Accept-Language": "en"}).content.decode()
    assert browser.post(PAGE, {"what": "backup"}).status_code == 302
    browser.post(PAGE, {"what": "backup"})
    [job] = Job.objects.filter(kind=BACKUP)  # the second time it was there already
    assert "sg-job" in browser.get(PAGE).content.decode()
    run_here(job)
    (home / "vault").mkdir()
    (home / "vault" / "incoming").mkdir()
    (home / "vault" / "incoming" / "left").touch()
    browser.post(PAGE, {"what": "checkup"})
    run_here(Job.objects.get(kind=CHECKUP))
    said = browser.get(PAGE, headers={"Accept-Language": "en"}).content.decode()
    [name] = archives(second_place)
    assert f"?name={name}" in said
    assert "A file of the vault belongs to no record" in said
    assert "Last backup" in said
    answer: Any = browser.get(f"{PAGE}file/", {"name": name})
    assert b"".join(answer.streaming_content) == b"made"
    assert browser.get(f"{PAGE}file/", {"name": "../home/secret_key"}).status_code == 404
    second_place.rename(second_place.with_name("away"))
    asked()
    said = browser.get(PAGE, headers={"Accept-Language": "zh-hant"}).content.decode()
    assert "上次備份失敗" in said
    assert "資料夾不見了。" in said
    assert f"備份資料夾不存在：{second_place}" in said


@pytest.mark.threat("T15")
def test_only_owners_of_the_organisation_that_runs_the_site_see_it(
    organisation: Organisation, other_organisation: Organisation, person_with_role: Callable[..., Person]
) -> None:
    assert owner_s_browser(person_with_role, organisation).get(PAGE).status_code == 200
    stranger = owner_s_browser(person_with_role, other_organisation)
    for path in (PAGE, f"{PAGE}file/?name=x"):
        assert stranger.get(path).status_code == 404
    assert stranger.post(PAGE, {"what": "backup"}).status_code == 404
    for role in set(Role) - {Role.OWNER}:
        assert owner_s_browser(person_with_role, organisation, role).get(PAGE).status_code == 403
    with organisation_scope(other_organisation):
        assert not Job.objects.exists()


def test_going_back_is_asked_for_with_a_reason_where_the_platform_can_do_it(
    in_scope: Organisation,
    second_place: Path,
    home: Path,
    person_with_role: Callable[..., Person],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("samegauge.core.backup.views.settings.SITE", replace(Site.from_environment(), database_url=""))
    (second_place / "samegauge-20260102T030405Z.zip").touch()
    browser = sign_in_confirmed(Client(headers={"Accept-Language": "en"}), person_with_role(Role.OWNER, in_scope))
    way, name = f"{PAGE}go-back/", "samegauge-20260102T030405Z.zip"
    assert browser.get(way, {"name": "../secret_key"}).status_code == 404
    assert "samegauge restore" in browser.get(way, {"name": name}).content.decode()  # no supervisor is there
    assert browser.post(way, {"name": name, "reason": "x"}).status_code == 200
    assert going_back.asked(home) is None
    (home / "running.json").touch()
    assert browser.post(way, {"name": name, "reason": " "}).status_code == 200
    assert browser.post(way, {"name": name, "reason": "a wrong import"}).status_code == 302
    state = going_back.asked(home)
    assert state is not None
    assert (state.archive, state.reason, state.step) == (f"{second_place}/{name}", "a wrong import", going_back.ASKED)
    assert "already" in browser.post(way, {"name": name, "reason": "again"}, follow=True).content.decode()
    assert 'hx-get="' in browser.get(f"{way}state/").content.decode()
    going_back.give_up(home, state, "The archive is damaged.", "備份已損壞。")
    assert "The archive is damaged." in browser.get(PAGE).content.decode()
    assert "備份已損壞。" in browser.get(PAGE, headers={"Accept-Language": "zh-hant"}).content.decode()


@pytest.mark.parametrize(("asked_for", "kept"), [("", 14), ("3", 3), ("0", 1), ("many", 14), ("-1", 14)])
def test_how_many_are_kept(asked_for: str, kept: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMEGAUGE_BACKUPS_KEPT", asked_for)
    assert Site.from_environment().backups_kept == kept
