from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from django.test import Client

from samegauge.core.backup.health import SILENT_AFTER_S
from samegauge.core.jobs import worker_sign
from samegauge.core.organisations.models import Role

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from samegauge.core.organisations.models import Organisation, Person

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
