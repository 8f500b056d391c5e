"""The pages that anyone may open to check a passport."""

from __future__ import annotations

import io
import logging
from typing import TYPE_CHECKING

import pytest
from django.test import Client
from passport_samples import KEY, sample

from samegauge.apps.history.models import Passport
from samegauge.core import public_rate
from samegauge.core.thread.models import Item, ItemKind, Unit
from samegauge.core.thread.rules import Fact, Recorder, record
from samegauge.core.vault.rules import keep
from samegauge.doors.crypto import store_public_key
from samegauge.formats.passport import build

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from samegauge.core.organisations.models import Organisation

TOKEN = "a-token-of-at-least-128-bits"


@pytest.fixture
def passport(in_scope: Organisation, home: Path) -> Passport:
    """A passport that this site trusts."""
    store_public_key(KEY.public, home / "keys" / "trusted" / "acme.pub")
    item = Item.objects.create(number="Box", name="Box", kind=ItemKind.PART)
    unit, moment = Unit.objects.create(serial="SG-TEST-0042", item=item), issued_at()
    signed = keep(build(sample(), KEY), "SG-TEST-0042.passport.json")
    event = record(Fact("passport_issued", moment, {}, unit=unit), Recorder(actor_name="test"))
    return Passport.objects.create(
        unit=unit, issued_at=moment, signed=signed, printed=signed, key_id="", public_token=TOKEN, event=event
    )


def issued_at() -> datetime:
    return sample().issued_at


@pytest.fixture
def stranger() -> Client:
    return Client(headers={"Accept-Language": "en"})


def test_a_damaged_trusted_key_is_named_and_hinders_nothing_else(
    passport: Passport, stranger: Client, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (home / "keys" / "trusted" / "broken.pub").write_text("broken")
    with caplog.at_level(logging.WARNING, "samegauge.apps.history.passports"):
        by_code = stranger.get(f"/verify/{TOKEN}/")
    by_file = stranger.post("/verify/", {"file": io.BytesIO(build(sample(), KEY))})
    for answer in (by_code, by_file):
        said = answer.content.decode()
        assert answer.status_code == 200
        assert "The trusted key file broken.pub could not be read" in said
        assert "sg-verdict-ok" in said
    assert "broken.pub could not be read" in caplog.messages[0]


def test_with_every_key_usable_nothing_is_said(passport: Passport, stranger: Client) -> None:
    said = stranger.get(f"/verify/{TOKEN}/").content.decode()
    assert "sg-verdict-ok" in said
    assert "could not be read" not in said


@pytest.mark.threat("T07")
@pytest.mark.django_db
@pytest.mark.parametrize("path", [f"/verify/{TOKEN}/", "/verify/"])
def test_an_address_that_asks_too_often_is_told_to_wait(
    stranger: Client, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(public_rate, "RATE", "3/m")
    statuses = [stranger.get(path).status_code for _ in range(3)]
    assert 429 not in statuses
    refused = stranger.get(path)
    assert (refused.status_code, int(refused["Retry-After"]) > 0) == (429, True)
    assert "Wait a minute" in refused.content.decode()
    assert stranger.get(path, REMOTE_ADDR="192.0.2.7").status_code == statuses[0]
