from __future__ import annotations

import asyncio
import contextvars
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone
from support.accounts import sign_in_confirmed

from samegauge.core.organisations.middleware import ORGANISATION_KEY, ScopeMiddleware
from samegauge.core.organisations.models import Membership, Organisation, OrganisationKind, Person, Role
from samegauge.core.organisations.rules import issue_token
from samegauge.core.scope import ScopeError, current_organisation_id, current_scope, organisation_scope

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest


def request_of(person: Any = None, token: str = "", path: str = "/api/units", **session: Any) -> HttpRequest:
    headers = {"Authorization": token} if token else {}
    request = RequestFactory().get(path, headers=headers)
    request.user = person or AnonymousUser()
    request.session = session
    return request


def answer(_request: HttpRequest) -> HttpResponse:
    try:
        return HttpResponse(str(current_organisation_id()))
    except ScopeError:
        return HttpResponse("nobody")


def asked(request: HttpRequest) -> str:
    return ScopeMiddleware(answer)(request).content.decode()


def no_scope_left() -> bool:
    try:
        current_scope()
    except ScopeError:
        return True
    return False


@pytest.fixture
def people(
    person_with_role: Callable[..., Person], organisation: Organisation, other_organisation: Organisation
) -> list[Person]:
    return [person_with_role(Role.OWNER, where) for where in (organisation, other_organisation)]


def test_each_request_sees_its_own_organisation_and_leaves_none_behind(
    people: list[Person], organisation: Organisation, other_organisation: Organisation
) -> None:
    assert asked(request_of(people[0])) == str(organisation.pk)
    assert no_scope_left()
    assert asked(request_of()) == "nobody"
    assert asked(request_of(people[1])) == str(other_organisation.pk)
    assert no_scope_left()


def test_an_error_leaves_no_scope_and_no_time_zone_behind(people: list[Person]) -> None:
    Organisation.objects.update(time_zone="Europe/Berlin")
    before = timezone.get_current_timezone_name()

    def fail(_request: HttpRequest) -> HttpResponse:
        assert timezone.get_current_timezone_name() == "Europe/Berlin"
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ScopeMiddleware(fail)(request_of(people[0]))
    assert no_scope_left()
    assert timezone.get_current_timezone_name() == before


def test_requests_in_threads_do_not_mix() -> None:
    meet = Barrier(4)

    def work(organisation_id: int) -> list[int]:
        seen = []
        for _ in range(50):
            with organisation_scope(organisation_id):
                if len(seen) % 10 == 0:
                    meet.wait(timeout=30)
                seen.append(current_organisation_id())
        return seen

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(work, [1, 2, 3, 4])) == [[number] * 50 for number in (1, 2, 3, 4)]


def test_a_new_thread_starts_without_a_scope() -> None:
    with organisation_scope(1), ThreadPoolExecutor(1) as pool:
        assert pool.submit(no_scope_left).result()
        copied = contextvars.copy_context()
        assert pool.submit(copied.run, current_organisation_id).result() == 1


def test_interleaved_tasks_keep_their_own_scope() -> None:
    async def task(organisation_id: int) -> list[int]:
        seen = []
        with organisation_scope(organisation_id):
            for _ in range(20):
                await asyncio.sleep(0)
                seen.append(current_organisation_id())
                seen.append(await sync_to_async(current_organisation_id)())
        return seen

    async def both() -> list[list[int]]:
        return await asyncio.gather(task(1), task(2), task(3))

    assert async_to_sync(both)() == [[number] * 40 for number in (1, 2, 3)]
    assert no_scope_left()


def test_a_session_works_for_one_organisation_until_switched(
    people: list[Person], organisation: Organisation, other_organisation: Organisation
) -> None:
    Membership.objects.create(person=people[0], organisation=other_organisation, role=Role.GUEST)
    request = request_of(people[0])
    assert asked(request) == str(organisation.pk)
    assert request.session == {ORGANISATION_KEY: organisation.pk}
    assert asked(request_of(people[0], **{ORGANISATION_KEY: other_organisation.pk})) == str(other_organisation.pk)


def test_an_organisation_one_does_not_belong_to_opens_nothing(
    people: list[Person], organisation: Organisation, other_organisation: Organisation
) -> None:
    assert asked(request_of(people[0], **{ORGANISATION_KEY: other_organisation.pk})) == "nobody"


class TestLostMembership:
    """A person of two firms is put out of the one the session works for."""

    @pytest.fixture(params=["deleted", "switched off"])
    def client(self, request: pytest.FixtureRequest, people: list[Person], other_organisation: Organisation) -> Client:
        Membership.objects.create(person=people[0], organisation=other_organisation, role=Role.OWNER)
        client = Client(headers={"Accept": "text/html", "Accept-Language": "en"})
        sign_in_confirmed(client, people[0])
        assert b"Alpha Works" in client.get("/people/").content
        first = Membership.objects.filter(person=people[0]).order_by("pk")[:1]
        if request.param == "deleted":
            Membership.objects.filter(pk__in=first.values("pk")).delete()
        else:
            Membership.objects.filter(pk=first[0].pk).update(switched_off_at=datetime.now(UTC))
        return client

    def test_the_next_page_says_so_once(self, client: Client) -> None:
        said = "You are no longer a member of Alpha Works. You are now working for Beta Works."
        assert said in client.get("/people/").content.decode()
        assert said not in client.get("/people/").content.decode()

    def test_what_was_meant_for_the_lost_one_is_refused_again_and_again(self, client: Client) -> None:
        before = Person.objects.count()
        for _ in range(2):
            answer = client.post("/people/", {"display_name": "New", "username": "new", "role": "guest"})
            assert answer.status_code == 403
            assert "no longer a member of Alpha Works. Nothing was changed." in answer.content.decode()
        assert Person.objects.count() == before
        client.get("/people/")
        answer = client.post("/people/", {"display_name": "New", "username": "new", "role": "guest"})
        assert (answer.status_code, Person.objects.count()) == (200, before + 1)

    @pytest.mark.parametrize("headers", [{"Accept": "image/*,*/*"}, {"HX-Request": "true"}])
    def test_what_nobody_reads_does_not_go_over(self, client: Client, headers: dict[str, str]) -> None:
        assert client.get("/people/", headers=headers).status_code == 403
        assert client.post("/people/").status_code == 403

    def test_the_interface_does_not_go_over(self, client: Client) -> None:
        assert client.get("/api/units", headers={"Accept": "application/json"}).status_code == 401


def test_who_belongs_nowhere_has_no_scope(people: list[Person]) -> None:
    people[0].memberships.all().delete()
    request = request_of(people[0])
    assert asked(request) == "nobody"
    assert request.membership is None


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER  "])
def test_a_token_acts_for_its_membership(people: list[Person], other_organisation: Organisation, scheme: str) -> None:
    _record, text = issue_token(people[1].memberships.get(), "script")
    request = request_of(token=scheme + text)
    assert asked(request) == str(other_organisation.pk)
    assert request.user == people[1]
    assert request.by_token


def test_a_token_beats_the_session_it_travels_with(people: list[Person], other_organisation: Organisation) -> None:
    _record, text = issue_token(people[1].memberships.get(), "script")
    assert asked(request_of(people[0], token=f"Bearer {text}")) == str(other_organisation.pk)


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic {}", "Token {}", "{}", "Bearer x{}", "Bearer\t{}"])
def test_another_header_opens_nothing(people: list[Person], header: str) -> None:
    _record, text = issue_token(people[0].memberships.get(), "script")
    request = request_of(token=header.format(text))
    assert asked(request) == "nobody"
    assert not hasattr(request, "by_token")


@pytest.mark.threat("T14")
@pytest.mark.parametrize("path", ["/units/", "/apiary/", "/", "/people/", "/API/units"])
def test_a_token_opens_the_api_alone(people: list[Person], path: str) -> None:
    _record, text = issue_token(people[0].memberships.get(), "script")
    assert asked(request_of(token=f"Bearer {text}", path=path)) == "nobody"


@pytest.mark.django_db(transaction=True)
def test_two_requests_at_once_in_two_threads_see_their_own(
    people: list[Person], organisation: Organisation, other_organisation: Organisation
) -> None:
    meet = Barrier(2)

    def respond(_request: HttpRequest) -> HttpResponse:
        meet.wait(timeout=30)
        seen = HttpResponse(str(current_organisation_id()))
        meet.wait(timeout=30)
        connection.close()
        return seen

    with ThreadPoolExecutor(2) as pool:
        seen = list(pool.map(ScopeMiddleware(respond), [request_of(person) for person in people]))
    assert [each.content.decode() for each in seen] == [str(organisation.pk), str(other_organisation.pk)]


def test_an_organisation_in_another_zone_works_in_it(person_with_role: Callable[..., Person], db: None) -> None:
    berlin = Organisation.objects.create(name="B", kind=OrganisationKind.END_USER, time_zone="Europe/Berlin")
    zones: list[str] = []
    ScopeMiddleware(lambda _request: zones.append(timezone.get_current_timezone_name()))(
        request_of(person_with_role(Role.OWNER, berlin))
    )
    assert zones == ["Europe/Berlin"]
