"""What inspections and gauges say that somebody must look at."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from django.db.models import Max
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from samegauge.apps.inspection.gauge_rules import faults
from samegauge.apps.inspection.models import Instrument, InstrumentState
from samegauge.apps.inspection.rules import Study, studies_of, unsettled_inspections
from samegauge.core.attention.declaration import Concern, Finding, Panel, Picture, counted, declare, makes_things
from samegauge.core.attention.models import Severity
from samegauge.core.charts.numerals import number_text
from samegauge.core.face import Action as Button
from samegauge.core.face import Cell, Column, RecordTable
from samegauge.core.intake.models import ImportBatch
from samegauge.core.language import in_one_line
from samegauge.core.measurement.models import Characteristic, Conformity, Inspection, Measurement
from samegauge.core.organisations.models import Membership, Role
from samegauge.core.thread.models import AsBuiltEdge
from samegauge.core.words import conformity_chip, provenance_of
from samegauge.engines.spc.capability.normal import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

QUALITY = frozenset({Role.OWNER, Role.ENGINEER, Role.QUALITY_MANAGER})
GAUGES = frozenset({Role.QUALITY_MANAGER, Role.INSPECTOR, Role.ASSEMBLER, Role.OWNER})

# What has not been measured for so long is no process that somebody could act upon now.
RECENT = timedelta(days=180)
DUE_SOON = timedelta(days=30)
AT_A_TIME = 50
MOST_NAMED = 3
LATEST = 5


def _state_of_measurements() -> str:
    latest = Measurement.everything.aggregate(latest=Max("pk"))["latest"]
    undone = ImportBatch.objects.aggregate(latest=Max("undone_at"))["latest"]
    return f"{latest} {undone} {timezone.localdate()}"


def _studies() -> Iterator[tuple[Characteristic, Study]]:
    """The studies of what was measured lately, some at a time: together they may not fit into memory."""
    since = timezone.now() - RECENT
    lately = Measurement.objects.filter(inspection__reported_at__gt=since).values("characteristic")
    keys = list(Characteristic.objects.filter(pk__in=lately).order_by("pk").values_list("pk", flat=True))
    for place in range(0, len(keys), AT_A_TIME):
        rows = list(Characteristic.objects.filter(pk__in=keys[place : place + AT_A_TIME]).select_related("item"))
        studies = studies_of(rows)
        yield from ((row, studies[row.pk]) for row in rows)


def _find_incapable() -> Iterator[Finding]:
    for characteristic, study in _studies():
        if study.judgement is not None and study.judgement.verdict is Verdict.NOT_REACHED:
            yield _incapable(characteristic, study)


def _incapable(characteristic: Characteristic, study: Study) -> Finding:
    judgement = study.judgement
    assert judgement is not None  # noqa: S101 - the caller has asked
    assert judgement.index is not None  # noqa: S101 - else there is no verdict
    index, goal = judgement.index, judgement.normal.goal
    said = {
        "name": characteristic.name,
        "item": characteristic.item.number,
        "symbol": judgement.symbol,
        "value": number_text(index.value, 2),
        "bound": number_text(index.lower_bound, 2),
        "n": judgement.normal.count,
        "upper": number_text(index.upper, 2),
        "goal": number_text(goal, 2),
    }
    inspection = study.measurements[-1].inspection
    return Finding(
        cause=str(characteristic.uid),
        said=lambda: _("%(item)s · %(name)s: %(symbol)s %(value)s (95 %% lower bound %(bound)s, n = %(n)d)") % said,
        evidence=lambda: _("%(goal)s is not reached: it is %(upper)s at most.") % said,
        step=lambda: _("Look at the spread"),
        url=reverse("characteristic", args=[characteristic.uid]),
        since=inspection.performed_at or inspection.reported_at,
        rank=goal - index.upper,
        picture=Picture(tuple(study.values), characteristic.lower_limit, characteristic.upper_limit),
        provenance=provenance_of(inspection.unit),
    )


def _find_not_conforming() -> Iterator[Finding]:
    """Parts whose latest inspection by a plan failed or decided nothing, until somebody records what becomes of them.

    One cause for each item, kind of inspection and verdict: a bad delivery is one thing to do, not fifty.
    """
    rows = unsettled_inspections(Conformity.FAIL, Conformity.UNDECIDED)
    rows = rows.select_related("unit__item").order_by("-reported_at", "pk")
    found: dict[tuple[int, str, str], list[Inspection]] = defaultdict(list)
    for row in rows:
        found[row.unit.item.pk, row.kind, row.verdict].append(row)
    units = {row.unit.pk for some in found.values() for row in some}
    built_in = set(AsBuiltEdge.objects.filter(child__in=units, valid_to=None).values_list("child_id", flat=True))
    for some in found.values():
        yield _not_conforming(some, built_in)


def _not_conforming(rows: list[Inspection], built_in: set[int]) -> Finding:
    first, units = rows[0], {row.unit.pk: row.unit for row in rows}
    inside = [unit.serial for key, unit in units.items() if key in built_in]
    failed = first.verdict == Conformity.FAIL
    blocked = first.kind == "incoming" and not inside
    said = {"serial": first.unit.serial, "count": len(units), "item": first.unit.item.number}
    listed = reverse("unit_list") + f"?item={quote(first.unit.item.number)}" + ("&verdict=fail" if failed else "")
    return Finding(
        cause=f"{first.unit.item.pk} {first.kind} {first.verdict}",
        said=lambda: _verdict_said(failed=failed, **said),
        evidence=lambda: in_one_line(_where_it_is(first, inside)),
        step=lambda: _("Decide what becomes of it") if len(units) == 1 else _("Show the parts"),
        url=reverse("unit_thread", args=[first.unit.uid]) if len(units) == 1 else listed,
        since=first.performed_at or first.reported_at,
        severity=Severity.ALARM if failed and not blocked else Severity.WARNING,
        rank=float(len(units) + 1000 * bool(inside)),
        count=len(units),
        provenance=provenance_of(first.unit),
    )


def _verdict_said(*, failed: bool, serial: str, count: int, item: str) -> str:
    said = {"serial": serial, "count": number_text(count, 0), "item": item}
    if count == 1:
        text = _("%(serial)s (%(item)s) does not conform") if failed else _("%(serial)s (%(item)s) is undecided")
    else:
        text = _("%(count)s of %(item)s do not conform") if failed else _("%(count)s of %(item)s are undecided")
    return text % said


def _where_it_is(inspection: Inspection, inside: list[str]) -> Iterator[str]:
    yield _("%(inspection)s, %(plan)s.") % {"inspection": inspection.get_kind_display(), "plan": inspection.plan}
    if inside:
        text = ngettext("%(serials)s is built in.", "%(serials)s are built in.", len(inside))
        more = " …" if len(inside) > MOST_NAMED else ""
        yield text % {"serials": ", ".join(inside[:MOST_NAMED]) + more}
    elif inspection.kind == "incoming":
        yield _("Not built in.")


def _find_due_instruments() -> Iterator[Finding]:
    today = timezone.localdate()
    in_use = Instrument.objects.filter(retired_at__isnull=True, state=InstrumentState.IN_USE, due_on__isnull=False)
    rows = [(row, row.due_on) for row in in_use.order_by("due_on", "number") if row.due_on]
    good: dict[str, list[str]] = defaultdict(list)
    locked = {fault.number for fault in faults(row.number for row, _due in rows)}
    for row, _due in rows:
        if row.number not in locked:
            good[row.kind].append(row.number)
    for row, due in rows:
        if due <= today + DUE_SOON:
            yield _due_instrument(row, due, [one for one in good[row.kind] if one != row.number])


def _due_instrument(row: Instrument, due: date, others: list[str]) -> Finding:
    days = (due - timezone.localdate()).days
    said = {"gauge": f"{row.number} {row.name}", "day": due.isoformat(), "count": days}
    midnight = datetime.combine(due, time.min, tzinfo=timezone.get_current_timezone())

    def sentence() -> str:
        if days < 0:
            return _("%(gauge)s: the calibration expired on %(day)s") % said
        left = ngettext(
            "%(gauge)s: the calibration ends in %(count)d day",
            "%(gauge)s: the calibration ends in %(count)d days",
            days,
        )
        return left % said

    def evidence() -> str:
        facts = [_("Its readings cannot release anything.")] if days < 0 else []
        facts += [_("Place: %(place)s.") % {"place": row.place}] if row.place else []
        facts += [_("Instead: %(others)s.") % {"others": ", ".join(others[:MOST_NAMED])}] if others else []
        return in_one_line(facts)

    return Finding(
        cause=str(row.uid),
        said=sentence,
        evidence=evidence,
        step=lambda: _("Open the gauge"),
        url=reverse("gauge", args=[row.uid]),
        since=midnight if days < 0 else timezone.now(),
        severity=Severity.ALARM if days < 0 else Severity.WARNING,
        rank=float(-days),
    )


def _latest_inspections(_membership: Membership) -> dict[str, Any]:
    latest = Inspection.objects.select_related("unit__item").order_by("-reported_at", "-pk")[:LATEST]
    columns = (Column(_("Part")), Column(_("Inspection")), Column(_("Verdict")), Column(_("Reported")))
    rows = tuple(
        (
            Cell(
                row.unit.serial,
                reverse("unit_thread", args=[row.unit.uid]),
                code=True,
                note=row.unit.item.number,
                provenance=provenance_of(row.unit),
            ),
            Cell(str(row.get_kind_display()), reverse("inspection", args=[row.uid])),
            Cell(chip=conformity_chip(row.verdict)),
            Cell(f"{timezone.localtime(row.reported_at):%Y-%m-%d %H:%M}"),
        )
        for row in latest
    )
    return {
        "table": RecordTable(_("Latest inspections"), columns, rows),
        "empty": _("Nothing was inspected yet."),
        "example": _("Characteristics come with inspection results (QIF)."),
        "action": Button(_("New import"), reverse("import_new"), "upload"),
    }


declare(
    Concern(
        name="conformity",
        title=gettext_lazy("Conformity"),
        icon="shield-x",
        roles=QUALITY | {Role.INSPECTOR, Role.ASSEMBLER},
        applies=makes_things,
        find=_find_not_conforming,
        counted=counted(
            ngettext_lazy("%(count)d part waits for a decision", "%(count)d parts wait for a decision", "count"),
            alarm=ngettext_lazy("%(count)d part does not conform", "%(count)d parts do not conform", "count"),
        ),
    )
)
declare(
    Concern(
        name="capability",
        title=gettext_lazy("Process capability"),
        icon="chart-histogram",
        roles=frozenset({Role.ENGINEER, Role.QUALITY_MANAGER, Role.OWNER}),
        applies=makes_things,
        find=_find_incapable,
        state=_state_of_measurements,
        counted=counted(
            ngettext_lazy("%(count)d process misses Cpk 1.33", "%(count)d processes miss Cpk 1.33", "count")
        ),
    )
)
declare(
    Concern(
        name="instruments",
        title=gettext_lazy("Calibration"),
        icon="ruler-measure",
        roles=GAUGES,
        find=_find_due_instruments,
        counted=counted(
            ngettext_lazy("%(count)d gauge falls due soon", "%(count)d gauges fall due soon", "count"),
            alarm=ngettext_lazy("%(count)d gauge is overdue", "%(count)d gauges are overdue", "count"),
        ),
    )
)
declare(
    Panel(
        name="latest_inspections",
        title=gettext_lazy("Latest inspections"),
        roles=frozenset({Role.INSPECTOR, Role.QUALITY_MANAGER}),
        template="attention/panel_table.html",
        facts=_latest_inspections,
    )
)
