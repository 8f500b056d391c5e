from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.template import RequestContext, Template
from django.test import RequestFactory, override_settings
from django.utils import timezone, translation

from samegauge.core.charts import ControlChart, LimitBar, RunPoint
from samegauge.core.face import Cell, Chip, Column, JobProgress, Reading, RecordTable
from samegauge.web.templatetags import samegauge as tags

MOMENT = datetime(2026, 11, 21, 6, 32, 5, tzinfo=UTC)
REQUEST = RequestFactory().get("/parts/?page=3&q=x")
PLAIN = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}


@pytest.fixture(autouse=True)
def plain_static() -> Any:
    with override_settings(STORAGES=PLAIN):
        yield


def _render(source: str, language: str = "en", **context: Any) -> str:
    with translation.override(language), timezone.override("Asia/Taipei"):
        return Template("{% load samegauge %}" + source).render(RequestContext(REQUEST, context)).strip()


def test_times_are_the_same_in_both_languages() -> None:
    for language in ("en", "zh-hant"):
        assert _render("{{ at|stamp }}", language, at=MOMENT) == "2026-11-21 14:32"
        assert _render("{{ at|stamp_seconds }} {{ at|clock }} {{ at|day }}", language, at=MOMENT) == (
            "2026-11-21 14:32:05 14:32 2026-11-21"
        )
    assert _render("{{ at|stamp }}{{ at|day }}{{ at|clock }}{{ at|age }}", at=None) == "––––"


def test_papers_for_authorities_name_the_year_of_the_republic() -> None:
    assert _render("{{ at|roc_day }}", "zh-hant", at=date(2026, 11, 21)) == "2026-11-21（民國 115 年 11 月 21 日）"
    assert _render("{{ at|roc_day }}", at=MOMENT) == "2026-11-21 (ROC 115/11/21)"


@pytest.mark.parametrize(
    ("ago", "english", "chinese"),
    [
        (timedelta(seconds=1), "1 second ago", "1 秒前"),
        (timedelta(minutes=59), "59 minutes ago", "59 分鐘前"),
        (timedelta(hours=1), "1 hour ago", "1 小時前"),
        (timedelta(days=1200), "1,200 days ago", "1,200 天前"),
        (timedelta(seconds=-5), "0 seconds ago", "0 秒前"),
    ],
)
def test_ages_are_in_their_largest_unit(ago: timedelta, english: str, chinese: str) -> None:
    for language, text in (("en", english), ("zh-hant", chinese)):
        with translation.override(language):
            assert tags.age(MOMENT - ago, MOMENT) == text


def test_numbers_with_units() -> None:
    assert _render("{{ v|number:2 }} {{ v|quantity:'µm' }} {{ s|percent:1 }}", v=-1234.5, s=0.125) == (
        "−1,234.50 −1,234.5\N{NO-BREAK SPACE}µm 12.5\N{NO-BREAK SPACE}%"
    )
    assert _render("{{ s|duration }} {{ b|file_size }}", s=74, b=1_283_000).replace("\N{NO-BREAK SPACE}", " ") == (
        "1 min 14 s 1.3 MB"
    )


def test_a_measured_value_shows_what_its_uncertainty_allows() -> None:
    render = _render(
        "{% measured v 'µm' uncertainty=1.6 %}|{% measured v 'µm' %}|{% measured n 'µm' %}", v=8.9321, n=None
    )
    assert render.replace("\N{NO-BREAK SPACE}", " ") == "8.9 µm|8.9321 µm|–"
    torque = _render("{% measured v 'N·m' decimals=0 upper=124 %}", v=124.04)
    assert torque == "124.04\N{NO-BREAK SPACE}N·m"


def test_a_value_never_comes_alone() -> None:
    reading = Reading(
        "Bore", 7.6, "µm", upper=8.0, expanded_uncertainty=0.9, taken_at=MOMENT, count=5, provenance="assumed"
    )
    text = _render("{% value_card r %}", r=reading)
    for part in (
        "Bore",
        "<strong>7.6</strong> µm",
        "±",
        "0.9",
        "n = 5",
        "Assumed value",
        "sg-limit-bar",
        "2026-11-21 14:32",
    ):
        assert part in text, part


def test_names_follow_the_language() -> None:
    thing = SimpleNamespace(name="Sample Works", name_zh="範例精機", message="Done", message_zh="")
    assert _render("{{ t|named }} {{ t|in_language:'message' }}", "zh-hant", t=thing) == "範例精機 Done"
    assert _render("{{ t|named }}", "en", t=thing) == "Sample Works"


def test_language_of_the_page_chooses_taiwan_glyphs() -> None:
    assert _render("{% html_lang %}", "zh-hant") == "zh-Hant-TW"
    assert _render("{% html_lang %}", "en") == "en"


@pytest.mark.asvs("1.2.1")
@pytest.mark.threat("T08")
def test_hostile_texts_stay_texts_in_components() -> None:
    bad = "<script>alert(1)</script>"
    chart = ControlChart(bad, bad, bad, (RunPoint(bad, 1.0),))
    table = RecordTable(bad, (Column(bad, sort="a"),), ((Cell(bad, "/x/", Chip("ok", bad), note=bad),),), sort="a")
    job = JobProgress("1", bad, "running", 1, 2, bad)
    sources = [
        "{% status_chip 'ok' bad %}{% provenance 'simulated' bad %}{% icon 'x' bad %}",
        "{% chart c bad note=bad %}{% range_chart c bad %}",
        "{% include 'components/record_table.html' %}",
        "{% include 'components/job_bar.html' %}",
        "{% include 'components/verdict_banner.html' with kind='alarm' sentence=bad reason=bad %}",
        "{% include 'components/step_card.html' with number=1 text=bad %}",
    ]
    for source in sources:
        html = _render(source, bad=bad, c=chart, table=table, job=job)
        assert "<script>" not in html
        assert "&lt;script&gt;" in html


def test_sorting_links_turn_around_and_leave_the_page_number() -> None:
    table = RecordTable("Parts", (Column("Serial", sort="serial"), Column("Note")), (), sort="serial")
    html = _render("{% include 'components/record_table.html' %}", table=table)
    assert 'href="?q=x&amp;sort=-serial"' in html
    assert 'aria-sort="ascending"' in html
    assert html.count("<a ") == 1


def test_an_unknown_picture_is_refused() -> None:
    with pytest.raises(TypeError, match="no chart for LimitBar"):
        tags.chart(LimitBar("s", 1.0, 0.0), "title")


def test_finished_jobs_stop_asking() -> None:
    running = _render("{% include 'components/job_bar.html' %}", job=JobProgress("1", "n", "running", poll_url="/p/"))
    done = _render("{% include 'components/job_bar.html' %}", job=JobProgress("1", "n", "done", poll_url="/p/"))
    assert 'hx-get="/p/"' in running
    assert "hx-get" not in done
    assert "data-announce" in done
