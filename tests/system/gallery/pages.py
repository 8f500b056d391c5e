"""Pages of the gallery: each shows part of the face in one language."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django import forms
from django.template import engines
from django.test import RequestFactory
from django.utils import timezone, translation
from system.gallery import samples


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
            template = engines["django"].from_string(TEMPLATES[name].read_text())
            context = {**samples.shell(), **_context()}
        else:
            template = engines["django"].get_template(f"{name}.html")
            context = {"form": SampleForm(), "user": samples.Somebody("", is_authenticated=False), "version": "0.1.0"}
        return template.render(context, request)


TEMPLATES = {path.stem: path for path in sorted((Path(__file__).parent / "page_templates").glob("*.html"))}
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
