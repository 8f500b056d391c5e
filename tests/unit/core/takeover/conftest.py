from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.messy_sheets import items
from support.way_in import TakeOver

from samegauge.core.organisations.models import Role
from samegauge.core.scope import organisation_scope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from samegauge.core.organisations.models import Organisation, Person


@pytest.fixture(autouse=True)
def in_english(settings: Any) -> None:
    settings.LANGUAGE_CODE = "en"


@pytest.fixture
def owner(organisation: Organisation, person_with_role: Callable[..., Person]) -> Person:
    return person_with_role(Role.OWNER, organisation)


@pytest.fixture
def way(organisation: Organisation, owner: Person) -> Iterator[TakeOver]:
    with organisation_scope(organisation):
        yield TakeOver(owner)


@pytest.fixture
def furnished(way: TakeOver) -> TakeOver:
    """A firm with one customer and three items."""
    way.takes("partners", b"no,name,type\nC-001,Amsel Works,customer\n", "customers.csv")
    way.takes("items", items(), "items.xlsx")
    return way
