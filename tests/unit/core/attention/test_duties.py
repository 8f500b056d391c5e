"""Taking, handing over and putting off, in the rules and on the pages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from unit.core.attention.conftest import NOW, finding

from samegauge.core.attention import duties
from samegauge.core.attention.duties import DutyError, due, open_incidents
from samegauge.core.attention.models import Incident, IncidentStep
from samegauge.core.attention.refreshing import refresh

if TYPE_CHECKING:
    from collections.abc import Callable

    from unit.core.attention.conftest import Plant

    from samegauge.core.organisations.models import Membership

pytestmark = pytest.mark.usefixtures("in_scope")


@pytest.fixture
def incident(plant: Plant) -> Incident:
    plant.found = [finding()]
    refresh(NOW)
    return Incident.objects.get()


@pytest.fixture
def client_of() -> Callable[[Membership], Client]:
    def make(member: Membership) -> Client:
        client = Client(HTTP_ACCEPT_LANGUAGE="en")
        client.force_login(member.person)
        return client

    return make


def test_a_duty_is_for_its_roles_and_for_whoever_was_given_it(
    incident: Incident, member: Callable[[str], Membership]
) -> None:
    manager, sales = member("quality_manager"), member("sales")
    assert open_incidents(manager).count() == 1
    assert open_incidents(sales).count() == 0
    duties.hand_over(incident, manager, sales.person)
    assert open_incidents(sales).get() == incident
    assert IncidentStep.objects.last() is not None


def test_who_did_what_is_kept(incident: Incident, member: Callable[[str], Membership]) -> None:
    manager, inspector = member("quality_manager"), member("inspector")
    duties.take(incident, manager)
    duties.hand_over(incident, manager, inspector.person)
    with pytest.raises(DutyError, match="Somebody else"):
        duties.give_back(incident, manager)
    duties.give_back(incident, inspector)
    said = [(step.kind, step.person, step.to) for step in IncidentStep.objects.order_by("pk")]
    assert said == [
        ("appeared", None, None),
        ("taken", manager.person, None),
        ("handed", manager.person, inspector.person),
        ("left", inspector.person, None),
    ]


@pytest.mark.parametrize(
    ("days", "reason", "refusal"),
    [
        (1, " ", "why"),
        (0, "parts are late", "Choose a day"),
        (400, "parts are late", "Choose a day"),
        (1, "x" * 501, "longer"),
    ],
)
def test_a_delay_needs_a_reason_and_an_end(
    incident: Incident, member: Callable[[str], Membership], days: int, reason: str, refusal: str
) -> None:
    until = datetime.now(UTC) + timedelta(days=days)
    with pytest.raises(DutyError, match=refusal):
        duties.put_off(incident, member("inspector"), until, reason)
    assert due(Incident.objects.all()).count() == 1


def test_what_is_put_off_leaves_the_list_until_its_day(incident: Incident, member: Callable[[str], Membership]) -> None:
    inspector = member("inspector")
    duties.put_off(incident, inspector, datetime.now(UTC) + timedelta(days=3), "parts are late")
    assert not due(open_incidents(inspector)).exists()
    duties.resume(incident, inspector)
    assert due(open_incidents(inspector)).exists()


def test_nobody_takes_what_is_over(incident: Incident, plant: Plant, member: Callable[[str], Membership]) -> None:
    plant.found = []
    refresh(NOW)
    with pytest.raises(DutyError, match="gone already"):
        duties.take(incident, member("inspector"))


def test_the_pages_do_what_the_rules_say(
    incident: Incident, member: Callable[[str], Membership], client_of: Callable[[Membership], Client]
) -> None:
    inspector, colleague = member("inspector"), member("sales")
    client, page = client_of(inspector), reverse("incident", args=[incident.uid])
    step = reverse("incident_step", args=[incident.uid])
    assert "Nobody yet." in client.get(page).content.decode()
    client.post(step, {"step": "take"})
    assert "You do." in client.get(page).content.decode()
    assert "a is odd" in client.get(reverse("duties") + "?view=mine").content.decode()
    client.post(step, {"step": "hand_over", "person": str(colleague.person.uid)})
    assert Incident.objects.get().taken_by == colleague.person
    tomorrow = timezone.localdate() + timedelta(days=1)
    client.post(step, {"step": "put_off", "until": tomorrow.isoformat(), "reason": "parts are late"})
    said = client.get(page).content.decode()
    assert "parts are late" in said
    assert tomorrow.isoformat() in said
    assert "a is odd" not in client.get(reverse("duties")).content.decode()
    assert "a is odd" in client.get(reverse("duties") + "?view=put_off").content.decode()


@pytest.mark.parametrize(
    "sent", [{}, {"step": "hand_over", "person": "nobody"}, {"step": "put_off", "until": "soon", "reason": "x"}]
)
def test_what_cannot_be_done_is_said_and_changes_nothing(
    incident: Incident,
    member: Callable[[str], Membership],
    client_of: Callable[[Membership], Client],
    sent: dict[str, str],
) -> None:
    client = client_of(member("inspector"))
    answer: Any = client.post(reverse("incident_step", args=[incident.uid]), sent, follow=True)
    assert "Choose" in answer.content.decode()
    assert IncidentStep.objects.count() == 1


def test_what_is_over_and_what_was_looked_at_can_be_seen(
    incident: Incident, plant: Plant, member: Callable[[str], Membership], client_of: Callable[[Membership], Client]
) -> None:
    client = client_of(member("inspector"))
    plant.found = []
    client.post(reverse("check_now"))
    assert "a is odd" in client.get(reverse("duties") + "?view=over").content.decode()
    assert "Odd things" in client.get(reverse("duties")).content.decode()
    assert "its cause is gone" in client.get(reverse("incident", args=[incident.uid])).content.decode()


def test_a_list_of_many_needs_as_many_queries_as_one_of_few(
    plant: Plant,
    member: Callable[[str], Membership],
    client_of: Callable[[Membership], Client],
    django_assert_max_num_queries: Any,
) -> None:
    client = client_of(member("inspector"))
    client.get("/")
    plant.found = [finding(str(place)) for place in range(60)]
    refresh(NOW)
    Incident.objects.update(taken_by=member("sales").person)
    with django_assert_max_num_queries(16):
        assert client.get(reverse("duties")).status_code == 200
