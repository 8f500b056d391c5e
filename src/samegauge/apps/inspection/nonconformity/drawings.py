"""The pictures of nonconformities: causes of an 8D, values before and after, suppliers side by side and over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from samegauge.core.charts import CauseNode, CauseTree, DotChart, DotGroup
from samegauge.core.charts.numerals import number_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from samegauge.apps.inspection.nonconformity.eight_d import Effect, Stretch
    from samegauge.apps.inspection.nonconformity.models import Cause, CorrectiveAction
    from samegauge.apps.inspection.nonconformity.suppliers import Month, Scored

MOST_VALUES = 200


def cause_tree(action: CorrectiveAction, causes: Iterable[Cause]) -> CauseTree | None:
    rows = list(causes)
    if not rows:
        return None
    below: dict[int | None, list[Cause]] = {}
    for row in rows:
        below.setdefault(row.parent_id, []).append(row)

    def node(row: Cause) -> CauseNode:
        whys = tuple(node(one) for one in below.get(row.pk, ()))
        return CauseNode(row.text, str(row.get_category_display()), row.is_root, row.struck_at is not None, whys)

    first = sorted(below.get(None, ()), key=lambda row: (row.category, row.pk))
    roots = [row.text for row in rows if row.is_root and row.struck_at is None]
    sentence = _("Root cause: %(causes)s") % {"causes": "; ".join(roots)} if roots else _("No root cause is marked yet")
    heads = (_("Level"), pgettext("8D", "Cause"), _("Category"), _("Mark"))
    marks = (_("root cause"), _("ruled out"))
    return CauseTree(sentence, action.title, tuple(node(row) for row in first), heads, marks)


def effect_chart(action: CorrectiveAction, effect: Effect) -> DotChart | None:
    """The characteristic's values before and after the action."""
    characteristic = action.characteristic
    if characteristic is None or not (effect.before.count or effect.after.count):
        return None
    stretches = ((pgettext("8D", "Before"), effect.before), (pgettext("8D", "After"), effect.after))
    groups = tuple(
        DotGroup(
            f"{name} (n = {one.count})",
            sum(one.values) / one.count if one.count else None,
            one.values[-MOST_VALUES:],
        )
        for name, one in stretches
    )
    limits = ((characteristic.lower_limit, "LSL"), (characteristic.upper_limit, "USL"))
    lines = tuple((value, f"{name} {number_text(value)}") for value, name in limits if value is not None)
    heads = (_("Stretch of time"), "n", _("Mean"), _("Lower bound"), _("Upper bound"))
    return DotChart(
        effect_sentence(effect),
        characteristic.name,
        characteristic.unit_code,
        heads,
        groups,
        lines,
        joined=False,
    )


def effect_sentence(effect: Effect) -> str:
    if not effect.after.count:
        return _("Nothing was measured since the action")
    said = {"before": _stretch_text(effect.before), "after": _stretch_text(effect.after)}
    if effect.helped is True:
        return _("It helped. Before: %(before)s; after: %(after)s") % said
    if effect.helped is False:
        return _("It did not help. Before: %(before)s; after: %(after)s") % said
    return _("Not to be decided yet. Before: %(before)s; after: %(after)s") % said


def _stretch_text(stretch: Stretch) -> str:
    """Values beyond the limits, and Ppk with its bounds where it exists."""
    text = _("%(failed)d of %(count)d beyond the limits") % {"failed": stretch.failed, "count": stretch.count}
    index = stretch.capability.ppk if stretch.capability else None
    if index is None:
        return text
    bounds = f"{number_text(index.lower, 2)} … {number_text(index.upper, 2)}"
    return f"{text}, Ppk {number_text(index.value, 2)} ({bounds})"


def supplier_chart(rows: Sequence[Scored]) -> DotChart:
    """Every supplier's share of faulty parts with its exact bounds."""
    groups = [
        DotGroup(one.partner.number, one.tally.ppm, (), *bounds)
        for one in rows
        if (bounds := one.tally.ppm_bounds) is not None
    ]
    return DotChart(
        _("Where the bars overlap, the counts do not tell suppliers apart"),
        _("Faulty parts, 95 % bounds"),
        "ppm",
        _ppm_heads(_("Supplier")),
        tuple(groups),
        joined=False,
        from_zero=True,
        decimals=0,
    )


def trend_chart(one: Scored, months: Sequence[Month]) -> DotChart:
    """A supplier's months, each with its exact bounds; a month without deliveries stays empty."""
    groups = []
    for year, month in months:
        tally = one.months.get((year, month))
        bounds = tally.ppm_bounds if tally else None
        if tally is None or bounds is None:
            groups.append(DotGroup(f"{year}-{month:02d}", None))
        else:
            groups.append(DotGroup(f"{year}-{month:02d}", tally.ppm, (), *bounds))
    return DotChart(
        _("%(supplier)s by month of delivery") % {"supplier": one.partner.number},
        _("Faulty parts, 95 % bounds"),
        "ppm",
        _ppm_heads(_("Month")),
        tuple(groups),
        from_zero=True,
        decimals=0,
    )


def _ppm_heads(first: str) -> tuple[str, str, str, str, str]:
    return first, "n", "ppm", _("Lower bound"), _("Upper bound")
