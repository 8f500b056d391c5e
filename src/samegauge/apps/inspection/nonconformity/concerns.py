"""What of nonconformities and 8D reports waits for somebody, and the gauges that a study has rejected."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from samegauge.apps.inspection.concerns import QUALITY
from samegauge.apps.inspection.gauge_rules import rejected_studies
from samegauge.apps.inspection.gauge_tables import key_figure
from samegauge.apps.inspection.models import Instrument, InstrumentStudy
from samegauge.apps.inspection.nonconformity.flow import DECIDERS, RUNNING
from samegauge.apps.inspection.nonconformity.models import CorrectiveAction, Discipline, Nonconformity, State
from samegauge.apps.inspection.nonconformity.tables import report_table
from samegauge.core.attention.declaration import Concern, Finding, Panel, counted, declare, makes_things
from samegauge.core.attention.models import Severity
from samegauge.core.face import Action as Button
from samegauge.core.organisations.models import Membership, Role

if TYPE_CHECKING:
    from collections.abc import Iterator

# A report that nobody takes on after so long is no longer being worked on; assumed.
STALE_AFTER = timedelta(days=14)
SHOWN = 6


def _find_reports() -> Iterator[Finding]:
    for report in Nonconformity.objects.filter(state__in=RUNNING - {State.DONE}):
        yield _report(report)


def _report(report: Nonconformity) -> Finding:
    said = {"report": report.number, "title": report.title}
    late = timezone.now() - report.opened_at > STALE_AFTER
    waits = report.state == State.PROPOSED

    def evidence() -> str:
        if waits:
            return _("Somebody else than who opened or proposed it approves the concession.")
        if report.state == State.DECIDED:
            return _("It is decided; what was decided is not carried out yet.")
        return _("It is not decided yet what becomes of it.")

    return Finding(
        cause=str(report.uid),
        said=lambda: _("%(report)s: %(title)s") % said,
        evidence=evidence,
        step=lambda: _("Approve or refuse") if waits else _("Take the next step"),
        url=reverse("nonconformity", args=[report.uid]),
        since=report.opened_at,
        severity=Severity.ALARM if late and report.state == State.OPEN else Severity.WARNING,
        rank=float((timezone.now() - report.opened_at).days),
        provenance="simulated" if report.simulated else "",
    )


def _find_late_steps() -> Iterator[Finding]:
    today = timezone.localdate()
    running = CorrectiveAction.objects.filter(closed_at__isnull=True).prefetch_related("disciplines")
    for action in running:
        late = [row for row in action.disciplines.all() if row.is_empty and row.due_on and row.due_on < today]
        if late:
            yield _late(action, late)


def _late(action: CorrectiveAction, late: list[Discipline]) -> Finding:
    first = late[0]
    due = first.due_on
    assert due is not None  # noqa: S101 - chosen by it
    said = {"action": action.number, "title": action.title, "day": due.isoformat(), "count": len(late)}
    return Finding(
        cause=str(action.uid),
        said=lambda: (
            ngettext(
                "%(action)s: %(count)d step is late · %(title)s",
                "%(action)s: %(count)d steps are late · %(title)s",
                len(late),
            )
            % said
        ),
        evidence=lambda: _("%(step)s was due on %(day)s.") % {**said, "step": first.get_step_display()},
        step=lambda: _("Open the 8D"),
        url=reverse("corrective_action", args=[action.uid]),
        since=datetime.combine(due, time.min, tzinfo=timezone.get_current_timezone()),
        rank=float((timezone.localdate() - due).days),
        provenance="simulated" if action.simulated else "",
    )


def _find_rejected_gauges() -> Iterator[Finding]:
    gauges = {row.pk: row for row in Instrument.objects.filter(retired_at__isnull=True)}
    for key, studies in rejected_studies(gauges.values()).items():
        yield _rejected(gauges[key], InstrumentStudy.objects.get(pk=studies[0].pk))


def _rejected(gauge: Instrument, study: InstrumentStudy) -> Finding:
    said = {"gauge": str(gauge), "kind": study.get_kind_display()}
    midnight = datetime.combine(study.performed_on, time.min, tzinfo=timezone.get_current_timezone())
    return Finding(
        cause=str(gauge.uid),
        said=lambda: _("%(gauge)s was rejected by its study") % said,
        evidence=lambda: f"{study.get_kind_display()}: {key_figure(study)}",
        step=lambda: _("Look at the study"),
        url=reverse("gauge_study", args=[study.uid]),
        since=midnight,
        severity=Severity.ALARM,
        provenance="simulated" if study.simulated else "",
    )


def _panel(_membership: Membership) -> dict[str, Any]:
    rows = Nonconformity.objects.filter(state__in=RUNNING).select_related("item", "supplier")[:SHOWN]
    return {
        "table": report_table(list(rows)),
        "empty": _("Nothing was reported yet."),
        "example": _(
            "A report can be opened from a failed inspection, a part, a lot, a gauge or a service call, or by hand."
        ),
        "action": Button(_("Open a nonconformity"), reverse("nonconformity_new"), "plus"),
    }


declare(
    Concern(
        name="nonconformities",
        title=gettext_lazy("Nonconformities"),
        icon="alert-octagon",
        roles=QUALITY | {Role.INSPECTOR},
        applies=makes_things,
        find=_find_reports,
        counted=counted(
            ngettext_lazy("%(count)d nonconformity is open", "%(count)d nonconformities are open", "count"),
            alarm=ngettext_lazy(
                "%(count)d nonconformity lies untouched", "%(count)d nonconformities lie untouched", "count"
            ),
        ),
    )
)
declare(
    Concern(
        name="corrective_actions",
        title=gettext_lazy("Corrective actions (8D)"),
        icon="list-details",
        roles=DECIDERS,
        applies=makes_things,
        find=_find_late_steps,
        counted=counted(ngettext_lazy("%(count)d 8D is late", "%(count)d 8D reports are late", "count")),
    )
)
declare(
    Concern(
        name="gauge_studies",
        title=gettext_lazy("Gauge studies"),
        icon="ruler-measure",
        roles=QUALITY | {Role.INSPECTOR},
        find=_find_rejected_gauges,
        counted=counted(
            ngettext_lazy(
                "%(count)d gauge was rejected by its study", "%(count)d gauges were rejected by their studies", "count"
            )
        ),
    )
)
declare(
    Panel(
        name="nonconformities",
        title=gettext_lazy("Nonconformities"),
        roles=frozenset({Role.QUALITY_MANAGER}),
        template="attention/panel_table.html",
        facts=_panel,
    )
)
