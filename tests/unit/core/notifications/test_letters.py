"""Which letters are written, when, in which language; and that each goes out once under one Message-ID."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from smtplib import SMTPServerDisconnected
from typing import TYPE_CHECKING, Any

import pytest
from django.core import mail as outgoing
from django.core.mail.backends.locmem import EmailBackend
from django.test import Client
from django.urls import reverse
from unit.core.attention.conftest import finding

from samegauge.core.attention.models import Severity
from samegauge.core.attention.refreshing import refresh
from samegauge.core.notifications.jobs import post
from samegauge.core.notifications.letters import is_quiet, write_letters
from samegauge.core.notifications.models import Mail, Notice, NotificationSettings
from samegauge.core.notifications.sending import PAUSES, send_due

if TYPE_CHECKING:
    from collections.abc import Callable

    from unit.core.attention.conftest import Plant

    from samegauge.core.organisations.models import Membership

pytestmark = pytest.mark.usefixtures("in_scope", "mail_server")

# Half past ten in the morning in Taipei.
NOON = datetime(2026, 11, 21, 2, 32, tzinfo=UTC)


@pytest.fixture
def mail_server(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    monkeypatch.setenv("SAMEGAUGE_SMTP_HOST", "mail.example")
    monkeypatch.setenv("SAMEGAUGE_MAIL_FROM", "gauge@example.org")
    monkeypatch.setenv("SAMEGAUGE_SMTP_PASSWORD", "swordfish")
    monkeypatch.setenv("SAMEGAUGE_ADDRESS", "https://gauge.example.org/")
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


@pytest.fixture
def reader(member: Callable[[str], Membership]) -> Membership:
    """An inspector with an address, who reads English and has no quiet hours."""
    inspector = member("inspector")
    inspector.person.email = "inspector@example.org"
    inspector.person.save()
    NotificationSettings.objects.create(person=inspector.person, language="en", quiet_from=None, quiet_to=None)
    return inspector


def wish(**changes: Any) -> None:
    NotificationSettings.objects.update(**changes)


def told(plant: Plant, *found: Any, at: datetime = NOON) -> None:
    plant.found = list(found)
    refresh(at)
    write_letters(at)


def subjects() -> list[str]:
    return list(Mail.objects.order_by("pk").values_list("subject", flat=True))


def test_an_alarm_is_one_letter_and_a_warning_waits_for_the_bell(plant: Plant, reader: Membership) -> None:
    told(plant, finding("hot", Severity.ALARM), finding("warm"))
    write_letters(NOON)
    assert subjects() == ["[Alpha Works] hot is odd"]
    letter = Mail.objects.get()
    incident = Notice.objects.get(mail=letter).incident
    assert f"https://gauge.example.org{reverse('incident', args=[incident.uid])}" in letter.text
    assert f"https://gauge.example.org{reverse('notification_settings')}" in letter.html
    assert "2026-11-21 10:32" in letter.text
    assert letter.person == reader.person


def test_the_letter_speaks_the_language_of_the_person(plant: Plant, reader: Membership) -> None:
    wish(language="zh-hant")
    told(plant, finding("hot", Severity.ALARM))
    assert subjects() == ["[甲工廠] hot is odd"]
    assert "通知方式與停止通知" in Mail.objects.get().text
    assert reader.person.email not in Mail.objects.get().text


@pytest.mark.parametrize(("at_once", "count"), [("nothing", 0), ("alarms", 1), ("all", 2)])
def test_a_person_chooses_what_comes_at_once(plant: Plant, reader: Membership, at_once: str, count: int) -> None:
    assert reader.role == "inspector"
    wish(at_once=at_once)
    told(plant, finding("hot", Severity.ALARM), finding("warm"))
    assert len(subjects()) == count


def test_who_has_no_address_or_has_read_it_gets_no_letter(plant: Plant, reader: Membership) -> None:
    plant.found = [finding("hot", Severity.ALARM)]
    refresh(NOON)
    Notice.objects.update(read_at=NOON)
    write_letters(NOON)
    told(plant, finding("hotter", Severity.ALARM))
    reader.person.email = ""
    reader.person.save()
    told(plant, finding("hottest", Severity.ALARM))
    assert subjects() == ["[Alpha Works] hotter is odd"]


def test_what_is_over_before_the_letter_is_written_is_not_written(plant: Plant, reader: Membership) -> None:
    plant.found = [finding("hot", Severity.ALARM)]
    refresh(NOON)
    told(plant)
    assert subjects() == []
    assert reader.person.email


def test_a_flood_is_one_summary(plant: Plant, reader: Membership) -> None:
    told(plant, *(finding(f"cause {place}", Severity.ALARM) for place in range(11)))
    assert subjects() == ["[Alpha Works] 11 things need attention"]
    assert Mail.objects.get().text.count("/duties/") == 11
    told(plant, *(finding(f"cause {place}", Severity.ALARM) for place in range(14)), at=NOON + timedelta(minutes=5))
    assert len(subjects()) == 1, "the rest waits for the next summary"
    write_letters(NOON + timedelta(minutes=11))
    assert len(subjects()) == 4
    assert reader.person.email


@pytest.mark.parametrize(
    ("start", "end", "clock_utc", "quiet"),
    [
        (time(20), time(7), NOON.replace(hour=13), True),
        (time(20), time(7), NOON.replace(hour=22), True),
        (time(20), time(7), NOON, False),
        (time(9), time(12), NOON, True),
        (time(9), None, NOON, False),
    ],
)
def test_quiet_hours_are_those_of_the_organisations_zone(
    start: time, end: time | None, clock_utc: datetime, *, quiet: bool
) -> None:
    assert is_quiet(NotificationSettings(quiet_from=start, quiet_to=end), clock_utc) is quiet


def test_quiet_hours_hold_a_letter_back_until_they_end(plant: Plant, reader: Membership) -> None:
    wish(quiet_from=time(10), quiet_to=time(12))
    told(plant, finding("hot", Severity.ALARM))
    assert subjects() == []
    write_letters(NOON + timedelta(hours=2))
    assert subjects() == ["[Alpha Works] hot is odd"]
    assert reader.person.email


def test_an_alarm_breaks_them_only_when_the_person_says_so(plant: Plant, reader: Membership) -> None:
    wish(quiet_from=time(10), quiet_to=time(12), alarms_break_quiet=True, at_once="all")
    told(plant, finding("hot", Severity.ALARM), finding("warm"))
    assert subjects() == ["[Alpha Works] hot is odd"]
    assert reader.person.email


def test_the_daily_summary_comes_once_a_day_and_only_with_something_to_say(plant: Plant, reader: Membership) -> None:
    wish(digest_at=time(8), at_once="nothing")
    told(plant)
    assert subjects() == []
    wish(digest_sent_on=None)
    told(plant, finding("warm"))
    write_letters(NOON + timedelta(hours=1))
    assert subjects() == ["[Alpha Works] Open on 2026-11-21"]
    write_letters(NOON + timedelta(days=1))
    assert len(subjects()) == 2
    assert reader.person.email


def test_a_letter_goes_out_in_text_and_html_without_a_secret(plant: Plant, reader: Membership) -> None:
    told(plant, finding("hot", Severity.ALARM))
    assert send_due(NOON) == 1
    assert send_due(NOON + timedelta(days=1)) == 0
    (message,) = outgoing.outbox
    letter = Mail.objects.get()
    assert message.to == [reader.person.email]
    assert message.extra_headers["Message-ID"] == f"<{letter.uid}@gauge.example.org>"
    assert [kind for _content, kind in message.alternatives] == ["text/html"]
    assert "swordfish" not in message.message().as_string()
    assert letter.sent_at == NOON


class Killed(BaseException):
    pass


def test_a_kill_between_sending_and_noting_it_sends_the_same_letter_again(
    plant: Plant, reader: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(plant, finding("hot", Severity.ALARM))
    send = EmailBackend.send_messages

    def die_after(backend: EmailBackend, messages: Any) -> int:
        send(backend, messages)
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(EmailBackend, "send_messages", die_after)
        with pytest.raises(Killed):
            send_due(NOON)
    assert send_due(NOON + timedelta(minutes=1)) == 0, "it may still be under way"
    assert send_due(NOON + timedelta(minutes=6)) == 1
    identities = {message.extra_headers["Message-ID"] for message in outgoing.outbox}
    assert (len(outgoing.outbox), len(identities)) == (2, 1)
    assert reader.person.email


def test_a_server_that_fails_is_asked_again_with_growing_pauses_until_it_is_given_up(
    plant: Plant, reader: Membership, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    told(plant, finding("hot", Severity.ALARM))

    def fail(_backend: EmailBackend, _messages: Any) -> int:
        raise SMTPServerDisconnected("gone")

    monkeypatch.setattr(EmailBackend, "send_messages", fail)
    now, pauses = NOON, []
    for _try in range(len(PAUSES) + 1):
        assert send_due(now) == 0
        letter = Mail.objects.get()
        pauses.append(letter.next_try_at - now)
        now = letter.next_try_at
    assert tuple(pauses[:-1]) == PAUSES
    assert letter.given_up_at is not None
    assert letter.fault == "SMTPServerDisconnected: gone"
    assert send_due(now + timedelta(days=9)) == 0
    assert "swordfish" not in caplog.text
    assert reader.person.email not in caplog.text


def test_the_worker_writes_nothing_where_there_is_no_server(
    plant: Plant, reader: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SAMEGAUGE_SMTP_HOST")
    plant.found = [finding("hot", Severity.ALARM)]
    refresh()
    post()
    assert Mail.objects.count() == 0
    monkeypatch.setenv("SAMEGAUGE_SMTP_HOST", "mail.example")
    post()
    assert (Mail.objects.count(), len(outgoing.outbox)) == (1, 1)
    assert reader.person.email


def test_a_person_sets_how_to_be_told_and_gets_a_test_letter(reader: Membership) -> None:
    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    client.force_login(reader.person)
    address = reverse("notification_settings")
    assert "By e-mail at once" in client.get(address).content.decode()
    sent = {"at_once": "all", "digest_at": "07:30", "quiet_from": "21:00", "quiet_to": "06:00", "language": "en"}
    assert client.post(address, sent).status_code == 302
    kept = NotificationSettings.objects.get()
    assert (kept.at_once, kept.digest_at, kept.quiet_from) == ("all", time(7, 30), time(21))
    wrong = client.post(address, sent | {"quiet_to": ""})
    assert wrong.status_code == 422
    assert "both times" in wrong.content.decode()
    client.post(address, sent | {"test": "1"})
    assert subjects() == ["[Alpha Works] This is a test"]
