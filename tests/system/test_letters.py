"""Letters through a real connection: what arrives, and what a server that fails does to them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from support.mail_sink import HOST, MailSink

from samegauge.core.notifications.letters import write_test
from samegauge.core.notifications.models import Mail, NotificationSettings
from samegauge.core.notifications.sending import send_due
from samegauge.core.organisations.models import Membership, Organisation, Person

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.usefixtures("in_scope")


@pytest.fixture
def sink(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailSink]:
    monkeypatch.setenv("SAMEGAUGE_ADDRESS", "https://gauge.example.org/")
    with MailSink() as started:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = HOST, started.port, 20
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.DEFAULT_FROM_EMAIL = "gauge@example.org"
        yield started


@pytest.fixture
def letter(person_with_role: Callable[..., Person], organisation: Organisation) -> Mail:
    person = person_with_role("inspector", organisation)
    person.email = "inspector@example.org"
    person.save()
    member = Membership.objects.select_related("person", "organisation").get(person=person)
    return write_test(member, NotificationSettings(person=person, language="zh-hant"))


def test_a_letter_arrives_in_chinese_with_both_bodies(sink: MailSink, letter: Mail) -> None:
    assert send_due(letter.next_try_at) == 1
    (message,) = sink.received
    assert message["To"] == "inspector@example.org"
    assert message["From"] == "gauge@example.org"
    assert message["Subject"] == "[甲工廠] 這是測試郵件"
    assert message["Message-ID"] == f"<{letter.uid}@gauge.example.org>"
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert "你收得到同規的郵件" in plain.get_content()
    assert 'href="https://gauge.example.org/notices/settings/"' in html.get_content()


def test_a_server_that_says_later_is_asked_later(sink: MailSink, letter: Mail) -> None:
    sink.failing = True
    assert send_due(letter.next_try_at) == 0
    letter.refresh_from_db()
    assert "451" in letter.fault
    sink.failing = False
    assert send_due(letter.next_try_at - timedelta(seconds=1)) == 0
    assert send_due(letter.next_try_at) == 1
    assert len(sink.received) == 1


def test_a_server_that_is_not_there_is_asked_later(sink: MailSink, letter: Mail, settings: Any) -> None:
    settings.EMAIL_PORT = 1
    assert send_due(letter.next_try_at) == 0
    letter.refresh_from_db()
    assert letter.fault.startswith("ConnectionRefusedError")
    assert (letter.sent_at, letter.given_up_at, sink.received) == (None, None, [])
