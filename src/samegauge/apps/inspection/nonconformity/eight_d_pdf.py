"""Prints an 8D for the customer, in one language, as PDF/A: steps, causes, and whether it helped."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import typst
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from samegauge.apps.inspection.nonconformity.drawings import cause_tree, effect_chart
from samegauge.apps.inspection.nonconformity.eight_d import effect_of
from samegauge.core.charts import cause_tree as drawn_causes
from samegauge.core.charts import dot_chart, standalone
from samegauge.core.language import named
from samegauge.core.organisations.models import Organisation
from samegauge.core.printing import PrintError, check_glyphs, compiler_fonts
from samegauge.core.scope import current_organisation_id
from samegauge.formats.plain_text import visible_text

if TYPE_CHECKING:
    from samegauge.apps.inspection.nonconformity.eight_d import Effect
    from samegauge.apps.inspection.nonconformity.models import CorrectiveAction

_TEMPLATE = Path(__file__).parent / "typst" / "eight_d.typ"
_STANDARDS: list[Literal["a-3a", "ua-1"]] = ["a-3a", "ua-1"]
_MOST_REPORTS = 40


def render_eight_d(action: CorrectiveAction, fonts: Path, *, chinese: bool, now: datetime | None = None) -> bytes:
    """The report as it stands now; what is not done is said to be so."""
    printed_at = (now or datetime.now(UTC)).replace(microsecond=0)
    with translation.override("zh-hant" if chinese else "en"):
        view, pictures = _sheet(action, printed_at)
    view["chinese"] = chinese
    template, view_text = _TEMPLATE.read_text(encoding="utf-8"), json.dumps(view, ensure_ascii=False)
    check_glyphs(view_text + template + "".join(pictures.values()), fonts)
    compiler = typst.Compiler(
        input=template.encode("utf-8"), font_paths=compiler_fonts(fonts), sys_inputs={"view": view_text, **pictures}
    )
    try:
        pdf = compiler.compile(format="pdf", pdf_standards=[*_STANDARDS], timestamp=printed_at)
    except typst.TypstError as error:
        raise _unprintable(action.number, error.message) from error
    if not isinstance(pdf, bytes):
        raise _unprintable(action.number, f"{type(pdf).__name__}, not a PDF")
    return pdf


def _unprintable(number: str, reason: str) -> PrintError:
    return PrintError(f"{number} cannot be printed: {reason}", f"無法列印 {number}：{reason}")


def _sheet(action: CorrectiveAction, printed_at: datetime) -> tuple[dict[str, Any], dict[str, str]]:
    """What the template prints, and the pictures in it."""
    effect, tree = effect_of(action), cause_tree(action, action.causes.all())
    chart = effect_chart(action, effect) if effect else None
    organisation = Organisation.objects.get(pk=current_organisation_id())
    pictures = {"causes": standalone(drawn_causes(tree)) if tree else ""}
    pictures["effect"] = standalone(dot_chart(chart)) if chart else ""
    view = {
        "number": action.number,
        "title": visible_text(action.title),
        "maker": visible_text(named(organisation)),
        "heading": _("8D report"),
        "mark": _("Simulated data") if action.simulated else "",
        "state": _state(action),
        "facts": _facts(action, printed_at),
        "reports_heading": _("Nonconformities"),
        "reports": [
            {"number": row.number, "title": visible_text(row.title), "item": visible_text(str(row.item or "–"))}
            for row in action.nonconformities.select_related("item")[:_MOST_REPORTS]
        ],
        "steps": [_step(row) for row in action.disciplines.all()],
        "causes_heading": _("Causes"),
        "causes_sentence": visible_text(tree.sentence) if tree else "",
        "effect_heading": _("Has it helped?"),
        "effect_sentence": chart.sentence if chart else _("Nothing says yet by which characteristic it is seen."),
        "method": _method(effect),
        "page": pgettext("paper", "Page"),
    }
    return view, pictures


def _state(action: CorrectiveAction) -> str:
    if action.closed_at is None:
        return _("This report is not closed yet.")
    said = {"who": action.closed_by_name, "when": _stamp(action.closed_at)}
    text = _("Closed by %(who)s, %(when)s.") % said
    return f"{text} {action.closing_remark}".strip()


def _stamp(moment: datetime) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}"


def _facts(action: CorrectiveAction, printed_at: datetime) -> list[dict[str, str]]:
    partner = named(action.partner) if action.partner else "–"
    rows = (
        (_("Customer or supplier"), partner),
        (_("Opened"), f"{_stamp(action.opened_at)} · {action.opened_by_name}"),
        (_("Printed"), _stamp(printed_at)),
        (_("In place since"), _stamp(action.effective_from) if action.effective_from else "–"),
    )
    return [{"name": name, "value": visible_text(value)} for name, value in rows]


def _step(row: Any) -> dict[str, Any]:
    done = _("%(who)s, %(when)s") % {"who": row.done_by_name, "when": _stamp(row.done_at)} if row.done_at else ""
    due = _("due %(day)s") % {"day": row.due_on.isoformat()} if row.due_on else ""
    return {
        "name": str(row.get_step_display()),
        "text": visible_text(row.text) or _("Nothing is written yet."),
        "owner": visible_text(row.owner_name),
        "state": _("done: %(who)s") % {"who": done} if done else _("not done %(due)s") % {"due": due},
        "is_done": bool(done),
    }


def _method(effect: Effect | None) -> str:
    if effect is None or effect.change is None:
        return ""
    method = effect.change.method
    return f"{method.name} ({method.reference}); p = {effect.change.p_value:.2g}; {method.data_hash}"
