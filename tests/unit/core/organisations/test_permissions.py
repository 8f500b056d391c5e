from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.test import RequestFactory

from samegauge.core.organisations.models import Membership, Role
from samegauge.core.organisations.permissions import ALLOWED, Action, may, needs

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

    from samegauge.core.organisations.models import Organisation, Person

# Who may do what, keyed from the requirements a second time: a change of the table must be made in both places.
EXPECTED = {
    "read": "owner engineer quality_manager inspector assembler service sales guest",
    "record": "owner engineer quality_manager inspector assembler service",
    "import": "owner engineer quality_manager inspector",
    "undo_import": "owner quality_manager",
    "issue_passport": "owner quality_manager",
    "share": "owner quality_manager",
    "read_shared": "owner engineer quality_manager inspector assembler service sales",
    "manage_people": "owner",
    "administer_site": "owner",
    "manage_tokens": "owner engineer quality_manager inspector assembler service sales",
}


def test_every_action_has_a_row() -> None:
    assert set(ALLOWED) == set(Action)
    assert set(EXPECTED) == {action.value for action in Action}


@pytest.mark.parametrize("action", list(Action))
@pytest.mark.parametrize("role", list(Role))
def test_role_and_action(role: Role, action: Action) -> None:
    assert may(role, action) == (role.value in EXPECTED[action].split())


def test_an_unknown_role_may_nothing() -> None:
    assert not any(may("root", action) for action in Action)


@needs(Action.IMPORT)
def view(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("done")


def request_of(person: Person | None) -> HttpRequest:
    request = RequestFactory().get("/somewhere/?page=2")
    request.user = person or AnonymousUser()
    request.membership = Membership.objects.filter(person=person).first() if person else None
    return request


def test_a_view_states_its_action() -> None:
    assert view.needs is Action.IMPORT


def test_nobody_is_sent_to_the_login(db: None) -> None:
    response = view(request_of(None))
    assert response.status_code == 302
    assert response["Location"].endswith("?next=/somewhere/%3Fpage%3D2")


def test_a_role_without_the_action_is_refused(
    person_with_role: Callable[..., Person], organisation: Organisation
) -> None:
    with pytest.raises(PermissionDenied):
        view(request_of(person_with_role(Role.GUEST, organisation)))


def test_an_account_without_organisation_is_refused(
    person_with_role: Callable[..., Person], organisation: Organisation
) -> None:
    person = person_with_role(Role.OWNER, organisation)
    Membership.objects.filter(person=person).delete()
    with pytest.raises(PermissionDenied):
        view(request_of(person))


def test_a_role_with_the_action_passes(person_with_role: Callable[..., Person], organisation: Organisation) -> None:
    assert view(request_of(person_with_role(Role.INSPECTOR, organisation))).content == b"done"
