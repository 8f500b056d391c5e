"""The import form as a browser without JavaScript sends it: files alone, no check sums."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from samegauge.core.jobs.models import Job
from samegauge.core.organisations.models import Role
from samegauge.core.scope import organisation_scope

if TYPE_CHECKING:
    from collections.abc import Callable

    from samegauge.core.organisations.models import Organisation, Person

LOGIN_BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
CONTENTS = {"one.qif": b"<one/>", "two.qif": b"<two/>"}
COMPUTED_HERE = "Your browser sent no check sums; the site computed these."


@pytest.fixture
def browser(person_with_role: Callable[..., Person], organisation: Organisation) -> Client:
    client = Client(headers={"Accept": "text/html", "Accept-Language": "en"})
    client.force_login(person_with_role(Role.ENGINEER, organisation), LOGIN_BACKEND)
    return client


def sent(**more: object) -> dict[str, object]:
    files = [SimpleUploadedFile(name, content) for name, content in CONTENTS.items()]
    return {"kind": "qif", "files": files, **more}


def test_the_form_needs_no_script(browser: Client) -> None:
    form = browser.get("/imports/new/?kind=qif").content.decode()
    assert 'method="post" enctype="multipart/form-data" action="/imports/new/"' in form
    assert 'name="kind" value="qif"' in form


def test_without_check_sums_the_site_computes_and_shows_them(browser: Client, organisation: Organisation) -> None:
    said = browser.post("/imports/new/", sent(), follow=True).content.decode()
    assert COMPUTED_HERE in said
    assert all(name in said and hashlib.sha256(content).hexdigest() in said for name, content in CONTENTS.items())
    with organisation_scope(organisation):
        assert Job.objects.get().arguments["import_kind"] == "qif"


def test_with_check_sums_they_are_shown_without_a_word(browser: Client) -> None:
    hashes = [hashlib.sha256(content).hexdigest() for content in CONTENTS.values()]
    said = browser.post("/imports/new/", sent(sha256=hashes), follow=True).content.decode()
    assert COMPUTED_HERE not in said
    assert all(sha256 in said for sha256 in hashes)
