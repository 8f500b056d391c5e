from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from samegauge.core.organisations.models import Membership, Organisation, OrganisationKind, Person, Role
from samegauge.core.scope import organisation_scope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def home(settings: object, tmp_path: Path) -> Path:
    settings.SAMEGAUGE_HOME = tmp_path / "home"
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.fixture
def organisation(db: None) -> Organisation:
    return Organisation.objects.create(name="Alpha Spindles", kind=OrganisationKind.COMPONENT_MAKER)


@pytest.fixture
def other_organisation(db: None) -> Organisation:
    return Organisation.objects.create(name="Beta Foundry", kind=OrganisationKind.FOUNDRY)


@pytest.fixture
def in_scope(organisation: Organisation) -> Iterator[Organisation]:
    with organisation_scope(organisation):
        yield organisation


@pytest.fixture
def person_with_role(organisation: Organisation) -> Callable[..., Person]:
    def make(role: Role, where: Organisation | None = None) -> Person:
        where = where or organisation
        person = Person.objects.create(username=f"{role}-{where.pk}", display_name=f"{role} of {where}")
        Membership.objects.create(person=person, organisation=where, role=role)
        return person

    return make
