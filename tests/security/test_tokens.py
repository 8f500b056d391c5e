"""Links and passports: who made them, with what, and until when they count."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.test import Client
from passport_samples import FOREIGN_KEY, KEY, TRUSTED, sample

from samegauge.core.organisations.models import Person, Role
from samegauge.doors.crypto import CryptoError, PublicKey
from samegauge.formats.passport import State, build, verify

if TYPE_CHECKING:
    from tenancy.canaries import Firm

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.asvs("9.2.1", "6.4.1")
@pytest.mark.threat("T19")
@pytest.mark.django_db
def test_a_link_to_join_ends_with_its_time(firm: Firm) -> None:
    newcomer = Person.objects.create(username="newcomer", display_name="New")
    newcomer.memberships.create(organisation=firm.organisation, role=Role.GUEST)
    lasts = timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
    with time_machine.travel(NOON, tick=False):
        link = f"/join/{newcomer.uid}/{default_token_generator.make_token(newcomer)}/"
    with time_machine.travel(NOON + lasts, tick=False):
        assert Client().get(link).status_code == 200
    with time_machine.travel(NOON + lasts + timedelta(seconds=1), tick=False):
        assert Client().get(link).status_code == 404
    assert lasts <= timedelta(days=7)


@pytest.mark.asvs("9.1.1")
@pytest.mark.threat("T19")
@pytest.mark.django_db
def test_a_changed_link_to_join_opens_nothing(firm: Firm) -> None:
    person = firm.people[Role.GUEST]
    token = default_token_generator.make_token(person)
    assert Client().get(f"/join/{person.uid}/{token}/").status_code == 200
    for place in range(len(token)):
        changed = token[:place] + ("a" if token[place] != "a" else "b") + token[place + 1 :]
        assert Client().get(f"/join/{person.uid}/{changed}/").status_code == 404, place


def rewritten(**changes: Any) -> bytes:
    """A passport whose header was changed as a forger would, the rest left as issued."""
    parts = json.loads(build(sample(), KEY))
    parts["header"] |= changes
    return json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@pytest.mark.asvs("9.1.2")
@pytest.mark.threat("T16")
@pytest.mark.parametrize("algorithm", ["none", "None", "HS256", "RS256", "ES256", ""])
def test_a_passport_does_not_choose_its_algorithm(algorithm: str) -> None:
    assert verify(build(sample(), KEY), TRUSTED).state == State.GENUINE
    for name in ("alg", "algorithm", "signature_algorithm"):
        assert not verify(rewritten(**{name: algorithm}), TRUSTED).genuine
    unsigned = json.loads(build(sample(), KEY)) | {"signature": ""}
    assert not verify(json.dumps(unsigned).encode(), TRUSTED).genuine


@pytest.mark.asvs("9.1.3")
@pytest.mark.threat("T16")
def test_a_key_that_comes_with_a_passport_is_not_trusted_for_it() -> None:
    forged = build(sample(), FOREIGN_KEY)
    assert verify(forged, TRUSTED).state == State.UNTRUSTED
    assert verify(forged, {}).state == State.UNTRUSTED
    for name in ("jwk", "jku", "x5u", "key_url"):
        assert not verify(rewritten(**{name: FOREIGN_KEY.public.to_pem().decode()}), TRUSTED).genuine


@pytest.mark.asvs("9.1.2")
@pytest.mark.parametrize("raw", [b"", bytes(31), bytes(33), bytes(64)])
def test_only_keys_of_one_kind_are_read(raw: bytes) -> None:
    with pytest.raises(CryptoError):
        PublicKey(raw)
