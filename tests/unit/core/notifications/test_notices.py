"""Who is told, of what, and how often."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.test import Client
from django.urls import reverse
from unit.core.attention.conftest import NOW, finding

from samegauge.core.attention import duties
from samegauge.core.attention.models import Incident, Severity
from samegauge.core.attention.refreshing import refresh
from samegauge.core.notifications.models import Mail, MailKind, Notice
from samegauge.core.notifications.notices import GOAL_PER_HOUR, rates, unread

if TYPE_CHECKING:
    from collections.abc import Callable

    from unit.core.attention.conftest import Plant

    from samegauge.core.organisations.models import Membership

pytestmark = pytest.mark.usefixtures("in_scope")


def told() -> list[tuple[str, str]]:
    return list(Notice.objects.order_by("pk").values_list("person__username", "kind"))


def test_the_roles_that_it_concerns_are_told_and_nobody_else(plant: Plant, member: Callable[[str], Membership]) -> None:
    inspector, sales, gone = member("inspector"), member("sales"), member("inspector")
    gone.switched_off_at = NOW
    gone.save()
    plant.found = [finding()]
    refresh(NOW)
    assert told() == [(inspector.person.username, "appeared")]
    assert (unread(inspector.person).count(), unread(sales.person).count()) == (1, 0)


def test_who_takes_care_of_it_is_told_alone_when_it_worsens(plant: Plant, member: Callable[[str], Membership]) -> None:
    inspector, manager = member("inspector"), member("quality_manager")
    plant.found = [finding()]
    refresh(NOW)
    duties.take(Incident.objects.get(), manager)
    assert unread(manager.person).count() == 0
    plant.found = [finding(severity=Severity.ALARM)]
    refresh(NOW)
    assert told()[2:] == [(manager.person.username, "worsened")]
    assert unread(inspector.person).count() == 1


def test_a_colleague_is_told_of_what_was_handed_over_and_nobody_of_what_they_did(
    plant: Plant, member: Callable[[str], Membership]
) -> None:
    inspector, sales = member("inspector"), member("sales")
    plant.found = [finding()]
    refresh(NOW)
    duties.hand_over(Incident.objects.get(), inspector, sales.person)
    duties.put_off(Incident.objects.get(), sales, datetime.now(UTC) + timedelta(days=2), "parts are late")
    assert told() == [(inspector.person.username, "appeared"), (sales.person.username, "handed")]


def test_the_bell_does_not_count_what_is_over(plant: Plant, member: Callable[[str], Membership]) -> None:
    inspector = member("inspector")
    plant.found = [finding()]
    refresh(NOW)
    plant.found = []
    refresh(NOW)
    assert Notice.objects.count() == 1
    assert unread(inspector.person).count() == 0


def test_the_bell_counts_and_reading_empties_it(plant: Plant, member: Callable[[str], Membership]) -> None:
    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    client.force_login(member("inspector").person)
    plant.found = [finding("a"), finding("b")]
    refresh(NOW)
    assert "2 unread notices" in client.get("/").content.decode()
    said = client.post(reverse("read_notices"), follow=True).content.decode()
    assert "a is odd" in said
    assert "unread" not in said


def test_the_alarm_rate_is_counted_by_person_and_hour(plant: Plant, member: Callable[[str], Membership]) -> None:
    now = datetime.now(UTC)
    inspector, owner = member("inspector"), member("owner")
    plant.found = [finding(str(place)) for place in range(GOAL_PER_HOUR + 1)]
    refresh(now)
    found = {rate.person: rate for rate in rates(now)}
    assert (found[inspector.person].told, found[inspector.person].fullest_hour) == (7, 7)
    assert found[inspector.person].is_flood
    assert found[owner.person].told == 0
    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    client.force_login(owner.person)
    assert "At most 7 notices" in client.get(reverse("notification_report")).content.decode()


def test_the_owner_sees_which_letters_did_not_go_out(
    member: Callable[[str], Membership], monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, now = member("owner"), datetime.now(UTC)
    monkeypatch.setenv("SAMEGAUGE_SMTP_HOST", "mail.example")
    monkeypatch.setenv("SAMEGAUGE_MAIL_FROM", "gauge@example.org")
    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    client.force_login(owner.person)
    assert "Every letter went out." in client.get(reverse("notification_report")).content.decode()
    Mail.objects.create(
        person=owner.person,
        kind=MailKind.ONE,
        subject="A subject",
        created_at=now,
        next_try_at=now,
        fault="SMTPServerDisconnected: gone",
    )
    said = client.get(reverse("notification_report")).content.decode()
    assert "A subject" in said
    assert "SMTPServerDisconnected" in said
