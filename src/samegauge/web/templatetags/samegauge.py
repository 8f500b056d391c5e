"""How numbers, times and components are written in templates."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from samegauge.core.chart_words import chart_words
from samegauge.core.charts import (
    BarChart,
    CapabilityHistogram,
    CauseTree,
    ControlChart,
    Curve,
    DotChart,
    Genealogy,
    LifeLine,
    LimitBar,
    OperationTimeline,
    Sparkline,
    StateStrip,
    bar_chart,
    bar_table,
    capability_histogram,
    capability_table,
    cause_table,
    cause_tree,
    control_chart,
    control_table,
    curve_chart,
    curve_table,
    dot_chart,
    dot_table,
    genealogy_table,
    genealogy_tree,
    life_line,
    life_table,
    limit_bar,
    moving_range_chart,
    operation_table,
    operation_timeline,
    sparkline,
    state_strip,
    state_strip_table,
)
from samegauge.core.charts.numerals import (
    NO_BREAK_SPACE,
    NOTHING,
    PLUS_MINUS,
    duration_text,
    judged_decimals,
    number_text,
    quantity_text,
    uncertainty_decimals,
)
from samegauge.core.language import event_name, named

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django.forms import BoundField

    from samegauge.core.charts.words import ChartTable, ChartWords
    from samegauge.core.face import Kind, Provenance, Reading

register = template.Library()
register.filter("named", named)
register.filter("event_name", event_name)

KIND_ICONS: dict[str, str] = {
    "alarm": "alert-octagon",
    "warning": "alert-triangle",
    "ok": "circle-check",
    "undecided": "help-octagon",
    "neutral": "info-circle",
    "running": "player-play",
    "no_data": "circle-dashed",
}
PROVENANCE_ICONS = {"simulated": "flask", "assumed": "pencil-question", "memory": "pencil-question"}
SHOWN_DECIMALS = 3
AGE_STEPS = ((60, "second"), (3600, "minute"), (86_400, "hour"))


@register.simple_tag
def html_lang() -> str:
    """Return the page's language so that browsers choose Taiwan's glyphs."""
    return "en" if (get_language() or "").startswith("en") else "zh-Hant-TW"


@register.simple_tag
@lru_cache(maxsize=1024)  # a page draws thirty
def icon(name: str, label: str = "") -> SafeString:
    """Draw an icon beside its word; one that stands alone needs `label`."""
    sprite = static("vendor/icons.svg")
    if label:
        shape = '<svg class="sg-icon" role="img" aria-label="{}"><use href="{}#{}"></use></svg>'
        return SafeString(format_html(shape, label, sprite, name))
    shape = '<svg class="sg-icon" aria-hidden="true"><use href="{}#{}"></use></svg>'
    return SafeString(format_html(shape, sprite, name))


@register.filter
def kind_icon(kind: Kind) -> str:
    return KIND_ICONS.get(kind, "info-circle")


@register.filter
def provenance_icon(kind: Provenance) -> str:
    return PROVENANCE_ICONS.get(kind, "pencil-question")


@register.filter
def provenance_word(kind: Provenance) -> str:
    words = {"simulated": _("Simulated data"), "assumed": _("Assumed value"), "memory": _("From memory")}
    return words.get(kind, _("Assumed value"))


@register.filter
def number(value: float | None, decimals: int | None = None) -> str:
    return number_text(value, decimals)


@register.filter
def percent(share: float | None, decimals: int = 0) -> str:
    """Write a share of 1 in percent."""
    return NOTHING if share is None else quantity_text(share * 100, "%", decimals)


@register.filter
def quantity(value: float | None, unit: str) -> str:
    return quantity_text(value, unit)


@register.simple_tag
def measured(value: float | None, unit: str, **known: float | None) -> str:
    """Write a value with its unit; `decimals`, `lower`, `upper` and `uncertainty` decide how many digits."""
    if value is None:
        return NOTHING
    return quantity_text(value, unit, _shown_decimals(value, known))


def _shown_decimals(value: float, known: dict[str, float | None]) -> int | None:
    decimals, uncertainty = known.get("decimals"), known.get("uncertainty") or 0.0
    lower, upper = known.get("lower"), known.get("upper")
    if uncertainty:
        shown = uncertainty_decimals(uncertainty)
    elif decimals is not None:
        shown = int(decimals)
    elif lower is None and upper is None:
        return None
    else:
        shown = SHOWN_DECIMALS
    return judged_decimals(value, lower, upper, shown)


@register.filter
def duration(seconds: float | None) -> str:
    return NOTHING if seconds is None else duration_text(seconds)


@register.filter
def stamp(when: datetime | None) -> str:
    """Write date and time in the organisation's zone, the same in both languages."""
    return NOTHING if when is None else f"{timezone.localtime(when):%Y-%m-%d %H:%M}"


@register.filter
def stamp_seconds(when: datetime | None) -> str:
    return NOTHING if when is None else f"{timezone.localtime(when):%Y-%m-%d %H:%M:%S}"


@register.filter
def day(when: date | None) -> str:
    if isinstance(when, datetime):
        when = timezone.localtime(when)
    return NOTHING if when is None else f"{when:%Y-%m-%d}"


@register.filter
def clock(when: datetime | None) -> str:
    return NOTHING if when is None else f"{timezone.localtime(when):%H:%M}"


@register.filter
def iso(when: datetime) -> str:
    return when.astimezone(UTC).isoformat()


@register.filter
def roc_day(when: date) -> str:
    """Write a date for papers to authorities, with the year of the Republic."""
    local = timezone.localtime(when).date() if isinstance(when, datetime) else when
    text = _("%(date)s (ROC %(year)s/%(month)s/%(day)s)")
    return text % {"date": f"{local:%Y-%m-%d}", "year": local.year - 1911, "month": local.month, "day": local.day}


@register.filter
def age(when: datetime | None, now: datetime | None = None) -> str:
    """Say how long ago something was, in its largest unit."""
    if when is None:
        return NOTHING
    seconds = max(((now or timezone.now()) - when).total_seconds(), 0.0)
    if seconds < AGE_STEPS[0][0]:
        count, text = int(seconds), ngettext("%(count)s second ago", "%(count)s seconds ago", int(seconds))
    elif seconds < AGE_STEPS[1][0]:
        count = int(seconds // 60)
        text = ngettext("%(count)s minute ago", "%(count)s minutes ago", count)
    elif seconds < AGE_STEPS[2][0]:
        count = int(seconds // 3600)
        text = ngettext("%(count)s hour ago", "%(count)s hours ago", count)
    else:
        count = int(seconds // 86_400)
        text = ngettext("%(count)s day ago", "%(count)s days ago", count)
    return text % {"count": number_text(count, 0)}


@register.filter
def file_size(size_bytes: float | None) -> str:
    if size_bytes is None:
        return NOTHING
    for unit, bytes_each in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size_bytes >= bytes_each:
            return quantity_text(size_bytes / bytes_each, unit, 1)
    return quantity_text(size_bytes, pgettext("unit", "B"), 0)


@register.filter
def at(things: Sequence[Any], index: int) -> Any:
    """Return the thing at an index, or nothing where there is none."""
    return things[index] if 0 <= index < len(things) else ""


@register.filter
def is_checkbox(field: BoundField) -> bool:
    return getattr(field.field.widget, "input_type", "") == "checkbox"


@register.filter
def in_language(thing: Any, field: str) -> str:
    """Return `field` or `field_zh` of a record, whichever the reader reads."""
    chinese = getattr(thing, f"{field}_zh", "")
    return chinese if chinese and html_lang() != "en" else str(getattr(thing, field))


@register.inclusion_tag("components/status_chip.html")
def status_chip(kind: Kind, text: str) -> dict[str, Any]:
    return {"kind": kind, "text": text}


@register.inclusion_tag("components/provenance.html")
def provenance(kind: Provenance, text: str = "") -> dict[str, Any]:
    return {"kind": kind, "text": text}


@register.inclusion_tag("components/value.html")
def value_card(reading: Reading) -> dict[str, Any]:
    """Show a reading with unit, limits, uncertainty, count and age."""
    uncertainty = reading.expanded_uncertainty
    decimals = _shown_decimals(
        reading.value,
        {"decimals": reading.decimals, "uncertainty": uncertainty, "lower": reading.lower, "upper": reading.upper},
    )
    uncertainty_text = ""
    if uncertainty:
        spread = quantity_text(uncertainty, reading.unit, uncertainty_decimals(uncertainty))
        factor = number_text(reading.coverage_factor)
        uncertainty_text = f"{PLUS_MINUS}{NO_BREAK_SPACE}{spread} (k{NO_BREAK_SPACE}={NO_BREAK_SPACE}{factor})"
    return {
        "reading": reading,
        "text": number_text(reading.value, decimals),
        "uncertainty_text": uncertainty_text,
        "bar": _bar_of(reading),
    }


def _bar_of(reading: Reading) -> str:
    if reading.lower is None and reading.upper is None:
        return ""
    sentence = _("%(name)s: %(value)s, lower limit %(lower)s, upper limit %(upper)s") % {
        "name": reading.name,
        "value": quantity_text(reading.value, reading.unit),
        "lower": quantity_text(reading.lower, reading.unit),
        "upper": quantity_text(reading.upper, reading.unit),
    }
    bar = LimitBar(sentence, reading.value, reading.lower, reading.upper, reading.target, reading.expanded_uncertainty)
    return SafeString(limit_bar(bar))


@register.simple_tag
def spark(line: Sparkline) -> SafeString:
    return SafeString(sparkline(line))


@register.inclusion_tag("components/chart.html")
def chart(data: Any, title: str, **more: Any) -> dict[str, Any]:
    """Show a chart with its finding as title and its figures behind it; `more` may hold note, provenance and id."""
    words = chart_words()
    svg, table = _drawn(data, words)
    return {"title": title, "svg": SafeString(svg), "table": table, **more}


@register.inclusion_tag("components/chart.html")
def range_chart(data: ControlChart, title: str, **more: Any) -> dict[str, Any]:
    """Show moving ranges under a control chart."""
    words = chart_words()
    drawn = SafeString(moving_range_chart(data, words))
    return {"title": title, "svg": drawn, "table": control_table(data, words), **more}


def _drawn(data: Any, words: ChartWords) -> tuple[str, ChartTable]:
    for kind, (draw, tabulate) in _CHARTS.items():
        if isinstance(data, kind):
            return draw(data, words), tabulate(data, words)
    raise TypeError(f"There is no chart for {type(data).__name__}.")


_CHARTS: dict[Any, tuple[Callable[..., str], Callable[..., ChartTable]]] = {
    ControlChart: (control_chart, control_table),
    CapabilityHistogram: (capability_histogram, capability_table),
    StateStrip: (state_strip, state_strip_table),
    OperationTimeline: (lambda data, _words: operation_timeline(data), operation_table),
    LifeLine: (life_line, life_table),
    Genealogy: (genealogy_tree, genealogy_table),
    Curve: (lambda data, _words: curve_chart(data), lambda data, _words: curve_table(data)),
    BarChart: (lambda data, _words: bar_chart(data), lambda data, _words: bar_table(data)),
    DotChart: (lambda data, _words: dot_chart(data), lambda data, _words: dot_table(data)),
    CauseTree: (lambda data, _words: cause_tree(data), lambda data, _words: cause_table(data)),
}
