"""How many questions each page asks the database: as many as written down, and no more where there is more to show.

After a change that is meant: SAMEGAUGE_WRITE_QUERY_COUNTS=1 ./dev test tests/system/pages/test_query_counts.py
"""

from __future__ import annotations

import copy
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.core.cache import cache
from django.db import IntegrityError, connection, models, transaction
from django.test.utils import CaptureQueriesContext
from tenancy.canaries import Firm, founded, furnished, owned_models
from tenancy.routes import Visitor, content_of, guarded_routes

from samegauge.core import telemetry
from samegauge.core.organisations.models import Membership, Person, Role
from samegauge.core.scope import organisation_scope
from samegauge.core.thread.models import AsBuiltEdge, Event, Unit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenancy.routes import Route

pytestmark = [pytest.mark.django_db, pytest.mark.long]

BASELINE = Path(__file__).with_name("query_counts.json")
FEW, MANY = 2, 14
# Pages that ask more where there is more, each with the reason why that is no fault.
GROWS: dict[str, str] = {}
# Told apart by Django, not by the page.
NOT_ASKED = ("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT")


@pytest.fixture
def firm(settings: Any, tmp_path: Path) -> Firm:
    settings.SAMEGAUGE_HOME = tmp_path / "home"
    settings.SAMEGAUGE_HOME.mkdir()
    telemetry._lake_of.cache_clear()
    cache.clear()
    return furnished(founded("counted", ("zugvogel", "Rotkehlchen")))


def grown(firm: Firm, first: int, last: int) -> None:
    """Give every record that a page may list more of its kind, hanging on the same records as it does."""
    with organisation_scope(firm.organisation):
        for model in sorted(owned_models(), key=lambda one: one is not Unit):
            if model is not Event:
                for place in range(first, last):
                    _added(firm, model, place)
    for place in range(first, last):
        person = Person.objects.create(username=f"more-{place}", display_name=f"More {place}")
        Membership.objects.create(person=person, organisation=firm.organisation, role=Role.INSPECTOR)


def _added(firm: Firm, model: Any, place: int) -> None:
    one = copy.copy(firm.records[model._meta.label])
    one._state = copy.copy(one._state)
    one.pk, one._state.adding = None, True
    for field in model._meta.concrete_fields:
        if isinstance(field, models.UUIDField) and field.has_default():
            setattr(one, field.attname, field.get_default())
        elif isinstance(field, models.CharField) and not field.choices and field.max_length > 8:
            setattr(one, field.attname, f"{place}-{getattr(one, field.attname)}"[: field.max_length])
    if model is AsBuiltEdge:
        one.child = Unit.objects.get(serial__startswith=f"{place}-", item=firm.records["child"].item)
    try:
        with transaction.atomic():
            one.save()
    except IntegrityError:
        return  # there can be only one


def pages() -> Iterator[Route]:
    for route in guarded_routes():
        if not route.is_api and route.name != "backup_file":
            yield route


def counted(firm: Firm, visitor: Visitor) -> dict[str, int]:
    counts = {}
    for route in pages():
        found = [one for one in (_asked_by(visitor, route.path(firm)) for _again in range(2)) if one is not None]
        if found:
            counts[route.name] = min(found)
    return counts


def _asked_by(visitor: Visitor, path: str) -> int | None:
    """The first visit may settle something, such as the session; a page that leads elsewhere asks nothing itself."""
    with CaptureQueriesContext(connection) as asked:
        answer = visitor.asks("GET", path)
        content_of(answer)
    return sum(not query["sql"].startswith(NOT_ASKED) for query in asked) if answer.status_code == 200 else None


def test_no_page_asks_more_than_is_written_down_or_more_where_there_is_more(firm: Firm) -> None:
    grown(firm, 0, FEW)
    visitor = Visitor(firm, Role.OWNER)
    few = counted(firm, visitor)
    grown(firm, FEW, MANY)
    many = counted(firm, visitor)
    growing = {name: (few[name], many[name]) for name in few if many.get(name, 0) > few[name] and name not in GROWS}
    if os.environ.get("SAMEGAUGE_WRITE_QUERY_COUNTS"):
        BASELINE.write_text(json.dumps(many, indent=2, sort_keys=True) + "\n")
    assert growing == {}
    assert many.keys() > {"home", "unit_list", "unit_thread", "search"}
    if connection.vendor == "sqlite":
        assert many == json.loads(BASELINE.read_text())
