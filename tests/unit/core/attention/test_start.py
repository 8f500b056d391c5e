"""The start page: one sentence from what is there, the worst first, and what was looked at when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.utils import translation
from unit.core.attention.conftest import NOW, finding

from samegauge.core.attention.declaration import Picture
from samegauge.core.attention.models import Look, Severity
from samegauge.core.attention.refreshing import refresh
from samegauge.core.attention.start import start_page
from samegauge.core.thread.models import Item, Unit

if TYPE_CHECKING:
    from collections.abc import Callable

    from unit.core.attention.conftest import Plant

    from samegauge.core.organisations.models import Membership

pytestmark = pytest.mark.usefixtures("in_scope")


def test_alarms_make_the_sentence_and_the_worst_come_first(plant: Plant, member: Callable[[str], Membership]) -> None:
    plant.found = [
        finding("mild"),
        finding("bad", Severity.ALARM, count=2),
        finding("worse", Severity.ALARM, rank=9.0, picture=Picture((1.0, 2.0), 0.0, 3.0, (1,))),
        finding("old"),
    ]
    refresh()
    page = start_page(member("inspector"))
    (group,) = page["groups"]
    assert (page["kind"], page["sentence"]) == ("alarm", "3 alarms")
    assert [one.said for one in group.worst] == ["worse is odd", "bad is odd", "mild is odd"]
    assert group.more == 1
    assert group.worst[0].line.alarms == (1,)
    assert page["actions"][0].url == "/units/"


def test_another_role_sees_nothing_of_it(plant: Plant, member: Callable[[str], Membership]) -> None:
    plant.found = [finding("bad", Severity.ALARM)]
    refresh()
    page = start_page(member("sales"))
    assert (page["groups"], page["is_watched"]) == ([], False)
    assert not start_page(member("guest"))["is_watched"]


def test_an_empty_site_names_the_first_step(plant: Plant, member: Callable[[str], Membership]) -> None:
    inspector = member("inspector")
    page = start_page(inspector)
    assert (page["kind"], page["sentence"]) == ("neutral", "Nothing is here yet")
    assert [one.url for one in page["actions"]] == ["/imports/new/", "/take-over/"]
    with translation.override("zh-hant"):
        assert start_page(inspector)["sentence"] == "這裡還沒有任何紀錄"
    refresh()
    assert start_page(inspector)["kind"] == "neutral"
    plant.found = [finding("bad")]
    refresh()
    assert start_page(inspector)["kind"] == "warning"
    assert start_page(member("guest"))["actions"] == []


def test_what_was_not_looked_at_is_not_called_in_order(plant: Plant, member: Callable[[str], Membership]) -> None:
    Unit.objects.create(serial="SH-1", item=Item.objects.create(number="SH", name="head", kind="part"))
    inspector = member("inspector")
    page = start_page(inspector)
    assert (page["checked"].at, page["kind"], page["quiet"]) == (None, "undecided", [])
    refresh()
    assert start_page(inspector)["checked"].at is not None
    with translation.override("zh-hant"):
        page = start_page(inspector)
        assert (page["kind"], page["sentence"]) == ("ok", "沒有需要處理的事")
    Look.objects.update(looked_at=datetime.now(UTC) - timedelta(hours=1))
    assert start_page(inspector)["checked"].is_stale
    plant.broken = True
    refresh()
    assert start_page(inspector)["checked"].silent == ["Odd things"]


def test_the_page_says_it_in_both_languages(plant: Plant, member: Callable[[str], Membership]) -> None:
    plant.found = [finding("bad", Severity.ALARM)]
    refresh()
    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    client.force_login(member("inspector").person)
    said = client.get("/").content.decode()
    assert "1 alarms" in said
    assert "bad is odd" in said
    plant.broken = True
    refresh()
    assert "could not be looked at" in client.get("/").content.decode()
    chinese = Client(HTTP_ACCEPT_LANGUAGE="zh-TW")
    chinese.force_login(member("inspector").person)
    assert "我的工作" in chinese.get("/").content.decode()


def test_many_incidents_need_no_more_queries_than_few(
    plant: Plant, member: Callable[[str], Membership], django_assert_max_num_queries: Any
) -> None:
    plant.found = [finding(str(place), Severity.ALARM) for place in range(40)]
    refresh(NOW)
    client = Client()
    client.force_login(member("quality_manager").person)
    client.get("/")
    with django_assert_max_num_queries(22):
        assert client.get("/").status_code == 200
