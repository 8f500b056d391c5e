"""Pages of the gallery: each shows part of the face in one language."""

from __future__ import annotations

from typing import Any

from django import forms
from django.template import engines
from django.test import RequestFactory
from django.utils import timezone, translation
from system.gallery import samples

COMPONENTS = """
{% extends "base.html" %}{% load samegauge %}
{% block title %}{{ title }}{% endblock %}
{% block content %}
{% include "components/page_head.html" with title=title subtitle=subtitle trail=trail actions=head_actions %}
{% for one in verdicts %}{% include "components/verdict_banner.html" with kind=one.kind sentence=one.sentence reason=one.reason actions=one.actions %}{% endfor %}
<section class="sg-card"><h2>{{ titles.status }}</h2><div class="sg-actions">{% for chip in chips %}{% status_chip chip.kind chip.text %}{% endfor %}</div>
<div class="sg-actions">{% provenance "simulated" %}{% provenance "assumed" %}{% provenance "memory" %} {% spark spark_line %}</div></section>
<section class="sg-grid">{% for reading in readings %}{% value_card reading %}{% endfor %}</section>
<section class="sg-card"><h2>{{ titles.facts }}</h2>{% include "components/facts.html" %}</section>
{% for job in jobs %}{% include "components/job_bar.html" %}{% endfor %}
{% for step in steps %}{% include "components/step_card.html" with number=step.number text=step.text current=step.current done_by=step.done_by done_at=step.done_at reading=step.reading %}{% endfor %}
{% include "components/empty_state.html" with sentence=empty action=empty_action example=empty_example icon_name="upload" %}
{% endblock %}
"""
CHARTS = """
{% extends "base.html" %}{% load samegauge %}
{% block title %}{{ title }}{% endblock %}
{% block content %}
{% include "components/page_head.html" with title=title %}
{% chart control control.sentence provenance="simulated" %}
{% range_chart ranges ranges.sentence %}
{% chart capability capability.sentence note=note %}
{% chart strip strip.sentence %}
{% chart operations operations.sentence %}
{% chart life life.sentence %}
{% chart tree tree.sentence %}
{% endblock %}
"""
RECORDS = """
{% extends "base.html" %}{% load samegauge %}
{% block title %}{{ title }}{% endblock %}
{% block content %}
{% include "components/page_head.html" with title=title %}
{% include "components/record_table.html" %}
{% include "components/job_bar.html" with job=jobs.0 %}
{% endblock %}
"""
FORMS = """
{% extends "base.html" %}{% load samegauge %}
{% block title %}{{ title }}{% endblock %}
{% block head %}{% include "components/signal_assets.html" %}{% endblock %}
{% block content %}
{% include "components/page_head.html" with title=title %}
<section class="sg-card">{% include "components/upload.html" with url="/upload/" label=upload_label button=upload_button help=upload_help multiple=True %}</section>
<section class="sg-card"><form class="sg-form" method="post">{% csrf_token %}{% include "components/form_fields.html" %}</form></section>
{% include "components/signal.html" with url="/signal.json" title=signal_title id="signal-1" provenance="simulated" %}
{% endblock %}
"""


class SampleForm(forms.Form):
    serial = forms.CharField()
    kind = forms.ChoiceField(choices=[("a", "A")])
    agreed = forms.BooleanField()


def html_of(name: str, language: str) -> str:
    """Render one page of the gallery."""
    with translation.override(language), timezone.override("Asia/Taipei"):
        request = RequestFactory().get(f"/{name}/")
        request.user = samples.Somebody("")  # type: ignore[assignment]
        if name in TEMPLATES:
            template = engines["django"].from_string(TEMPLATES[name].strip())
            context = {**samples.shell(), **_context()}
        else:
            template = engines["django"].get_template(f"{name}.html")
            context = {"form": SampleForm(), "user": samples.Somebody("", is_authenticated=False), "version": "0.1.0"}
        return template.render(context, request)


TEMPLATES = {"components": COMPONENTS, "charts": CHARTS, "records": RECORDS, "forms": FORMS}
STANDING = ("404", "403", "500", "account/login", "account/locked", "account/password_reset")


def _context() -> dict[str, Any]:
    say = samples.say
    wrong = SampleForm({"serial": "", "kind": "a"})
    for field, english, chinese in (
        ("serial", "Serial", "序號"),
        ("kind", "Kind", "種類"),
        ("agreed", "Agreed", "同意"),
    ):
        wrong.fields[field].label = say(english, chinese)
    return {
        "title": say("Bore 12 of the box", "盒體 12 號孔"),
        "subtitle": say("Drawing BX-100 revision C", "圖面 BX-100 修訂 C"),
        "trail": [(say("Characteristics", "特性"), "/characteristics/"), (say("Box", "盒體"), "/box/")],
        "head_actions": [samples.Action(say("Download figures", "下載數據"), "/figures/", "download")],
        "titles": {"status": say("Status", "狀態"), "facts": say("Facts", "基本資料")},
        "facts": [
            (say("Machine", "機台"), "GFAgie01", "/machines/1/"),
            (say("Program", "程式"), "BOX_OP20 · r3", ""),
            (say("Cycle time", "工時"), "42 min 30 s", ""),
        ],
        "verdicts": samples.verdicts(),
        "chips": samples.chips(),
        "spark_line": samples.spark(),
        "readings": samples.readings(),
        "jobs": samples.jobs(),
        "steps": samples.steps(),
        "table": samples.records(),
        "empty": say("No part has been imported yet.", "還沒有匯入任何零件。"),
        "empty_action": samples.Action(say("Import files", "匯入檔案"), "/imports/", "upload"),
        "empty_example": say("For example a folder of machine logs.", "例如一個機台紀錄的資料夾。"),
        "control": samples.control(),
        "ranges": samples.ranges(),
        "capability": samples.capability(),
        "strip": samples.strip(),
        "operations": samples.operations(),
        "life": samples.life(),
        "tree": samples.tree(),
        "note": say("Cpk 1.17 (95 % lower bound 0.93, n = 42)", "Cpk 1.17（95 % 下界 0.93，n = 42）"),
        "form": wrong,
        "upload_label": say("Machine logs", "機台紀錄"),
        "upload_button": say("Import", "匯入"),
        "upload_help": say("SHDR logs, also gzip.", "SHDR 紀錄檔，可為 gzip。"),
        "signal_title": say("Spindle load on 21 November", "11 月 21 日主軸負載"),
    }
