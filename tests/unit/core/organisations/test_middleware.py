from __future__ import annotations

import asyncio
import contextvars
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils import timezone

from samegauge.core.organisations.middleware import MEMBERSHIP_KEY, ScopeMiddleware
from samegauge.core.organisations.models import Membership, Organisation, OrganisationKind, Role
from samegauge.core.organisations.rules import issue_token
from samegauge.core.scope import ScopeError, current_organisation_id, current_scope, organisation_scope

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

    from samegauge.core.organisations.models import Person


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


def test_the_chosen_membership_counts_and_only_ones_own(people: list[Person], other_organisation: Organisation) -> None:
    second = Membership.objects.create(person=people[0], organisation=other_organisation, role=Role.GUEST)
    foreign = people[1].memberships.get()
    mine = people[0].memberships.order_by("pk").first()
    assert asked(request_of(people[0], **{MEMBERSHIP_KEY: second.pk})) == str(other_organisation.pk)
    assert asked(request_of(people[0], **{MEMBERSHIP_KEY: foreign.pk})) == str(mine.organisation_id)
    second.delete()
    assert asked(request_of(people[0], **{MEMBERSHIP_KEY: second.pk or 0})) == str(mine.organisation_id)


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
