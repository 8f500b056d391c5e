from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from django.utils import translation

from samegauge.core.attention import declaration
from samegauge.core.attention.declaration import Concern, Finding, declare
from samegauge.core.attention.models import Severity
from samegauge.core.organisations.models import Membership, Organisation, Person, Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOW = datetime(2026, 11, 21, 2, 32, tzinfo=UTC)


def finding(cause: str = "a", severity: Severity = Severity.WARNING, **more: object) -> Finding:
    return Finding(
        cause,
        said=lambda: f"{cause} is odd",
        step=lambda: "Look",
        url="/units/",
        since=NOW,
        severity=severity,
        **more,  # type: ignore[arg-type]
    )


@dataclass
class Plant:
    """What is the matter at the moment; `broken` makes the look itself fail."""

    found: list[Finding] = field(default_factory=list)
    broken: bool = False
    looks: int = 0
    state: str = ""

    def find(self) -> Iterator[Finding]:
        self.looks += 1
        if self.broken:
            raise OSError("the source is gone")
        yield from self.found


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def plant(monkeypatch: pytest.MonkeyPatch) -> Plant:
    """The only concern there is, for quality managers and inspectors."""
    monkeypatch.setattr(declaration, "_concerns", {})
    made = Plant()
    declare(
        Concern(
            name="odd",
            title="Odd things",
            icon="eye",
            roles=frozenset({Role.QUALITY_MANAGER, Role.INSPECTOR}),
            find=made.find,
            counted=lambda count, severity: f"{count} {severity.value}s",
            state=lambda: made.state,
        )
    )
    return made


@pytest.fixture
def member(person_with_role: Callable[..., Person], organisation: Organisation) -> Callable[[str], Membership]:
    def make(role: str) -> Membership:
        person = person_with_role(role, organisation)
        return Membership.objects.select_related("person", "organisation").get(person=person)

    return make
