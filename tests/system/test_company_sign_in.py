"""Signing in with the company's account, against a provider on this machine that lies where it is asked to."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.core.cache import cache
from django.test import Client
from support.accounts import sign_in_confirmed
from support.identity_provider import CLIENT_ID, CLIENT_SECRET, IdentityProvider

from samegauge.core import sign_in_settings
from samegauge.core.organisations.models import Person, Role
from samegauge.core.scope import all_organisations
from samegauge.core.security_events.models import SecurityEvent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from samegauge.core.organisations.models import Organisation

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

START, BACK = "/account/company/", "/account/company/callback/"
PHRASE = "a long enough phrase"


@pytest.fixture
def provider(settings: Any, tmp_path: Path) -> Iterator[IdentityProvider]:
    cache.clear()
    there = IdentityProvider()
    there.start()
    use(there, settings)
    settings.SAMEGAUGE_HOME = tmp_path
    yield there
    there.stop()


def use(there: IdentityProvider, settings: Any) -> None:
    """The site states this provider."""
    stated = sign_in_settings.IdentityProvider(there.issuer, CLIENT_ID, CLIENT_SECRET, "Works SSO", ("127.0.0.1",))
    settings.SAMEGAUGE_IDENTITY_PROVIDER = stated
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [stated.as_app()]}}


@pytest.fixture
def lin(person_with_role: Callable[..., Person], organisation: Organisation) -> Person:
    """A person whose address the owner put on file."""
    person = person_with_role(Role.ENGINEER, organisation)
    EmailAddress.objects.create(user=person, email="lin@firm.example", verified=True, primary=True)
    return person


def a_browser() -> Client:
    return Client(headers={"Accept": "text/html", "Accept-Language": "en"})


def comes_back(there: IdentityProvider, client: Client, start: str = START, **changed: str) -> Any:
    """Press the button, sign in there, and come back."""
    left = client.post(start)
    assert left.status_code == 302, left.content
    assert left.headers["Location"].startswith(f"{there.issuer}/authorize?")
    answer = {"code": "a code", "state": there.sign_in(left.headers["Location"])} | changed
    return client.get(BACK, answer)


def is_in(client: Client) -> bool:
    return client.get("/units/").status_code == 200


def happened(what: str) -> list[str]:
    with all_organisations("a test looks at all of them"):
        return list(SecurityEvent.objects.filter(what=what).order_by("pk").values_list("details", flat=True))


@pytest.mark.asvs("10.1.2", "10.2.1", "10.5.2")
def test_who_is_on_file_comes_in_and_is_known_by_subject_from_then_on(provider: IdentityProvider, lin: Person) -> None:
    client = a_browser()
    assert comes_back(provider, client).headers["Location"] == "/"
    assert is_in(client)
    account = SocialAccount.objects.get(user=lin)
    assert (account.uid, account.extra_data) == (
        "person-1",
        {"sub": "person-1", "email": "lin@firm.example", "name": "Lin"},
    )
    assert SocialToken.objects.count() == 0
    assert happened("signed_in") == ["socialaccount"]
    provider.claims = {"email": "renamed@firm.example", "email_verified": False}
    later = a_browser()
    comes_back(provider, later)
    assert is_in(later)


@pytest.mark.asvs("10.1.1")
def test_no_token_reaches_the_browser(provider: IdentityProvider, lin: Person) -> None:
    client = a_browser()
    answer = comes_back(provider, client)
    page = client.get("/account/").content.decode()
    said = "".join(map(str, answer.items())) + page + "".join(morsel.value for morsel in client.cookies.values())
    assert "opaque" not in said
    assert provider.id_token().split(".")[1][:40] not in said
    assert "opaque" not in str(dict(client.session.items()))


def wrong(**changed: Any) -> Any:
    return pytest.param({"claims": changed}, id="-".join(changed))


@pytest.mark.threat("T25")
@pytest.mark.asvs("6.8.2", "10.5.1", "10.5.3", "10.5.4")
@pytest.mark.parametrize(
    "lie",
    [
        wrong(nonce="another"),
        wrong(nonce=None),
        wrong(aud="another client"),
        wrong(aud=[CLIENT_ID, "another client"]),
        wrong(azp="another client"),
        wrong(iss="https://other.example"),
        wrong(exp=int(time.time()) - 3600),
        wrong(iat=int(time.time()) + 3600),
        wrong(sub=""),
        pytest.param({"signing": ("RS256", "wrong")}, id="signed by somebody else"),
        pytest.param({"signing": ("none", "")}, id="not signed"),
        pytest.param({"signing": ("HS256", "")}, id="signed with the public key as a secret"),
        pytest.param({"configuration": {"issuer": "https://other.example"}}, id="another issuer's configuration"),
        pytest.param({"configuration": {"jwks_uri": "http://127.0.0.2:1/keys"}}, id="keys from elsewhere"),
        pytest.param({"configuration": {"token_endpoint": "https://evil.example/token"}}, id="token from elsewhere"),
        pytest.param({"token_answer": b"{"}, id="no JSON"),
        pytest.param({"token_answer": b'{"access_token": "x"}'}, id="no ID token"),
        pytest.param({"token_answer": b'{"access_token": "x", "id_token": "a.b.c"}'}, id="garbage"),
        pytest.param({"token_answer": b"x" * (2 << 20)}, id="far too long"),
    ],
)
def test_a_lie_opens_nothing(provider: IdentityProvider, lin: Person, lie: dict[str, Any]) -> None:
    client = a_browser()
    for name, value in lie.items():
        setattr(provider, name, value)
    leaves = "issuer" not in lie.get("configuration", {})
    answer = comes_back(provider, client) if leaves else client.post(START)
    assert answer.status_code == 401
    assert "your password here still works" in answer.content.decode()
    assert not is_in(client)
    assert len(happened("company_sign_in_refused")) == 1
    assert not SocialAccount.objects.exists()


@pytest.mark.threat("T25")
@pytest.mark.asvs("10.1.2", "10.2.1")
def test_what_was_not_asked_for_by_this_browser_opens_nothing(provider: IdentityProvider, lin: Person) -> None:
    victim, attacker = a_browser(), a_browser()
    location = attacker.post(START).headers["Location"]
    state = provider.sign_in(location)
    assert victim.get(BACK, {"code": "a code", "state": state}).status_code == 401
    assert victim.get(BACK, {"code": "a code"}).status_code == 401
    assert comes_back(provider, victim, state="another").status_code == 401
    assert not is_in(victim)
    provider.sign_in(location)
    assert attacker.get(BACK, {"code": "a code", "state": state}).status_code == 302
    assert attacker.get(BACK, {"code": "a code", "state": state}).status_code == 401


@pytest.mark.threat("T25")
@pytest.mark.asvs("10.2.2")
def test_an_answer_that_names_another_issuer_is_refused(provider: IdentityProvider, lin: Person) -> None:
    assert comes_back(provider, a_browser(), iss="https://other.example").status_code == 401
    assert comes_back(provider, a_browser(), iss=provider.issuer).status_code == 302


@pytest.mark.parametrize(
    "claims",
    [
        {"email_verified": False},
        {"email_verified": "true"},
        {"email_verified": None},
        {"email": "stranger@firm.example"},
        {"email": None},
    ],
)
def test_who_is_not_on_file_gets_no_account(provider: IdentityProvider, lin: Person, claims: dict[str, Any]) -> None:
    provider.claims = claims
    client, before = a_browser(), Person.objects.count()
    answer = comes_back(provider, client)
    assert answer.status_code == 403
    assert "nobody gave you an account here" in answer.content.decode()
    assert not is_in(client)
    assert Person.objects.count() == before
    assert happened("company_sign_in_refused") == ["no account here"]


@pytest.mark.threat("T25")
def test_an_address_that_only_the_person_wrote_opens_nothing(
    provider: IdentityProvider, person_with_role: Callable[..., Person], organisation: Organisation
) -> None:
    person = person_with_role(Role.GUEST, organisation)
    EmailAddress.objects.create(user=person, email="lin@firm.example", verified=False, primary=True)
    assert comes_back(provider, a_browser()).status_code == 403


@pytest.mark.asvs("6.8.1")
def test_a_second_subject_with_the_same_address_does_not_come_in(provider: IdentityProvider, lin: Person) -> None:
    assert comes_back(provider, a_browser()).status_code == 302
    provider.claims = {"sub": "person-2"}
    assert comes_back(provider, a_browser()).status_code == 403


@pytest.mark.threat("T25")
@pytest.mark.asvs("6.8.1")
def test_subjects_of_another_issuer_are_other_people(provider: IdentityProvider, lin: Person, settings: Any) -> None:
    assert comes_back(provider, a_browser()).status_code == 302
    other = IdentityProvider(claims={"email": "stranger@other.example"})
    other.start()
    use(other, settings)
    assert comes_back(other, a_browser()).status_code == 403
    other.stop()


def test_with_the_provider_down_the_password_still_works(provider: IdentityProvider, lin: Person) -> None:
    provider.stop()
    client = a_browser()
    answer = client.post(START)
    assert answer.status_code == 401
    assert "your password here still works" in answer.content.decode()
    client.post("/account/login/", {"login": lin.username, "password": PHRASE})
    assert is_in(client)


def test_a_second_factor_is_asked_for_all_the_same(provider: IdentityProvider, lin: Person) -> None:
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    TOTP.activate(lin, generate_totp_secret())
    client = a_browser()
    assert comes_back(provider, client).headers["Location"] == "/account/second-factor/authenticate/"
    assert not is_in(client)


@pytest.mark.asvs("7.6.2")
def test_nothing_begins_without_a_press_of_the_button(provider: IdentityProvider) -> None:
    assert a_browser().get(START).status_code == 405


def test_the_button_is_there_where_a_provider_is_named_and_only_there(
    provider: IdentityProvider, settings: Any, db: None
) -> None:
    assert "Sign in with Works SSO" in a_browser().get("/account/login/").content.decode()
    settings.SAMEGAUGE_IDENTITY_PROVIDER = None
    assert START not in a_browser().get("/account/login/").content.decode()
    assert a_browser().post(START).status_code == 404
    assert a_browser().get(BACK).status_code == 404


def test_what_the_address_of_the_button_adds_is_not_sent_on(provider: IdentityProvider, lin: Person) -> None:
    start = f"{START}?auth_params=nonce%3Dmine%26prompt%3Dnone&scope=admin"
    assert comes_back(provider, a_browser(), start).status_code == 302
    assert "prompt" not in json.dumps(provider.asked)


def test_a_person_connects_and_disconnects_the_company_account(
    provider: IdentityProvider, person_with_role: Callable[..., Person], organisation: Organisation
) -> None:
    person = person_with_role(Role.INSPECTOR, organisation)
    client = sign_in_confirmed(a_browser(), person)
    assert comes_back(provider, client, f"{START}?process=connect").headers["Location"] == "/account/"
    other = a_browser()
    comes_back(provider, other)
    assert is_in(other)
    connection = SocialAccount.objects.get(user=person)
    assert client.post(f"/account/connections/{connection.pk}/remove/").status_code == 302
    assert comes_back(provider, a_browser()).status_code == 403
    assert [len(happened(what)) for what in ("connection_added", "connection_removed")] == [1, 1]


def test_connecting_asks_first_who_it_is(provider: IdentityProvider, lin: Person) -> None:
    client = a_browser()
    client.force_login(lin, "allauth.account.auth_backends.AuthenticationBackend")
    left = client.post(f"{START}?process=connect")
    assert left.headers["Location"].startswith("/account/reauthenticate/")


def test_who_is_connected_already_cannot_be_connected_to_somebody_else(
    provider: IdentityProvider, lin: Person, person_with_role: Callable[..., Person], organisation: Organisation
) -> None:
    comes_back(provider, a_browser())
    thief = sign_in_confirmed(a_browser(), person_with_role(Role.GUEST, organisation))
    comes_back(provider, thief, f"{START}?process=connect")
    assert SocialAccount.objects.get().user == lin
