"""What the charts say that somebody must look at, and samples that nobody took."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Max
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from samegauge.apps.inspection.concerns import QUALITY
from samegauge.apps.inspection.control.missed import Missed, missed
from samegauge.apps.inspection.control.models import Alarm
from samegauge.apps.inspection.control.rules import open_alarms
from samegauge.apps.inspection.control.showing import Line, lines_of
from samegauge.apps.inspection.control.tables import item_name
from samegauge.core.attention.declaration import Concern, Finding, Picture, counted, declare, makes_things
from samegauge.core.attention.models import Severity
from samegauge.core.charts.numerals import number_text
from samegauge.core.language import in_one_line, in_reader_language
from samegauge.core.measurement.models import InspectionKind, Measurement
from samegauge.core.organisations.models import Role
from samegauge.core.thread.models import Event
from samegauge.core.words import provenance_of

if TYPE_CHECKING:
    from collections.abc import Iterator


def _state_of_alarms() -> str:
    alarms = Alarm.objects.aggregate(opened=Max("pk"), answered=Max("answered_at"), withdrawn=Max("withdrawn_at"))
    return f"{alarms} {open_alarms().count()} {Measurement.everything.aggregate(latest=Max('pk'))['latest']}"


def _find_out_of_control() -> Iterator[Finding]:
    alarms = list(
        open_alarms().select_related("process__lead__item", "process__design", "measurement__inspection__unit")
    )
    for alarm, line in zip(alarms, lines_of(alarms), strict=True):
        yield _out_of_control(alarm, line)


def _out_of_control(alarm: Alarm, line: Line) -> Finding:
    """An alarm where a limit is passed; a run within the limits is a warning."""
    lead = alarm.process.lead
    process = alarm.process

    first = alarm.rules[0]
    return Finding(
        cause=str(alarm.uid),
        said=lambda: _("%(item)s · %(name)s: out of control") % {"item": item_name(process), "name": lead.name},
        evidence=lambda: in_one_line(
            (
                in_reader_language(
                    {"en": f"{str(first['en'])[0].upper()}{str(first['en'])[1:]}.", "zh": f"{first['zh']}。"}
                ),
                _("%(inspection)s, n = %(n)d.")
                % {"inspection": str(InspectionKind(lead.inspection_kind).label), "n": alarm.process.seen},
            )
        ),
        step=lambda: _("Find the cause"),
        url=reverse("alarm", args=[alarm.uid]),
        since=alarm.since,
        severity=Severity.ALARM if any(one["rule"] == 1 for one in alarm.rules) else Severity.WARNING,
        rank=float(100 * len(alarm.rules) + alarm.signals),
        picture=Picture(line.values, line.lower, line.upper, line.alarms),
        provenance=provenance_of(alarm.measurement.inspection.unit),
    )


def _state_of_samples() -> str:
    newest = Event.objects.aggregate(latest=Max("pk"))["latest"]
    return f"{newest} {Measurement.everything.aggregate(latest=Max('pk'))['latest']} {timezone.now():%Y-%m-%d %H}"


def _find_missed() -> Iterator[Finding]:
    for one in missed():
        yield _missed(one)


def _missed(one: Missed) -> Finding:
    row = one.characteristic
    facts = {
        "item": row.item.number,
        "name": row.name,
        "units": one.units,
        "every": one.every_units,
        "station": one.station,
        "hours": number_text(one.every_h),
    }

    def evidence() -> str:
        if one.every_h:
            return _("A value is expected every %(hours)s h.") % facts
        text = ngettext(
            "%(units)d unit left %(station)s without it; one value in %(every)d is planned.",
            "%(units)d units left %(station)s without it; one value in %(every)d is planned.",
            one.units,
        )
        return text % facts

    return Finding(
        cause=str(row.uid),
        said=lambda: _("%(item)s · %(name)s: not measured as planned") % facts,
        evidence=evidence,
        step=lambda: _("Open the characteristic"),
        url=reverse("characteristic", args=[row.uid]),
        since=one.since,
        rank=float(one.units),
        count=max(one.units, 1),
    )


declare(
    Concern(
        name="control",
        title=gettext_lazy("Process control"),
        icon="chart-line",
        roles=QUALITY | {Role.INSPECTOR},
        applies=makes_things,
        find=_find_out_of_control,
        state=_state_of_alarms,
        counted=counted(
            ngettext_lazy("%(count)d process may be drifting", "%(count)d processes may be drifting", "count"),
            alarm=ngettext_lazy(
                "%(count)d process is out of control", "%(count)d processes are out of control", "count"
            ),
        ),
        weight=1,  # it makes bad parts now
    )
)
declare(
    Concern(
        name="missed_samples",
        title=gettext_lazy("Missed samples"),
        icon="clock",
        roles=QUALITY | {Role.INSPECTOR},
        applies=makes_things,
        find=_find_missed,
        state=_state_of_samples,
        counted=counted(ngettext_lazy("%(count)d sample was not taken", "%(count)d samples were not taken", "count")),
    )
)
