"""What lots, imports and jobs say that somebody must look at, and what the start page shows beside it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Exists, Max, OuterRef
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from samegauge.apps.history import tables
from samegauge.apps.history.lots import OddBatch, WeakLot, odd_batches, weak_lots
from samegauge.core.attention.declaration import STAFF, Concern, Finding, Panel, counted, declare, makes_things
from samegauge.core.attention.models import Severity
from samegauge.core.charts.numerals import number_text, quantity_text
from samegauge.core.face import Action as Button
from samegauge.core.face import Cell, Column, RecordTable
from samegauge.core.intake.models import FileOutcome, ImportBatch, ImportedFile
from samegauge.core.jobs.models import Job, JobState
from samegauge.core.language import in_one_line, in_reader_language, named
from samegauge.core.measurement.models import Characteristic, Inspection, Measurement
from samegauge.core.organisations.models import Membership, OrganisationKind, Role
from samegauge.core.organisations.permissions import ALLOWED, Action
from samegauge.core.pages import Page
from samegauge.core.production.models import OperationRun
from samegauge.core.site import own_command
from samegauge.core.thread.models import Event, ItemKind, Unit
from samegauge.core.words import provenance_of

if TYPE_CHECKING:
    from collections.abc import Iterator

MAKERS = frozenset({Role.OWNER, Role.ENGINEER, Role.QUALITY_MANAGER})
MADE_HERE = frozenset(OrganisationKind) - {OrganisationKind.END_USER}
# A job that failed longer ago belongs to the history.
JOBS_SINCE = timedelta(days=30)
IN_ASSEMBLY_SINCE = timedelta(days=60)
# Their own concerns speak of these.
SPOKEN_OF = ("backup", "checkup")
LATEST = 5
SMALLEST_P = 0.001


def _state_of_events() -> str:
    """Edges come and go with their events, and the days in service grow by the day."""
    latest = Event.objects.aggregate(latest=Max("pk"))["latest"]
    measured = Measurement.everything.aggregate(latest=Max("pk"))["latest"]
    undone = ImportBatch.objects.aggregate(latest=Max("undone_at"))["latest"]
    return f"{latest} {measured} {undone} {timezone.localdate()}"


def _find_lots() -> Iterator[Finding]:
    yield from (_weak(one) for one in weak_lots())
    yield from (_odd(one) for one in odd_batches())


def _p_text(p: float) -> str:
    return f"p < {SMALLEST_P}" if p < SMALLEST_P else f"p = {number_text(p, 3)}"


def _weak(one: WeakLot) -> Finding:
    """An alarm while parts of the lot are still in a machine."""
    lot, compared = one.lot, one.compared
    said = {
        "lot": lot.lot,
        "item": lot.item,
        "out": number_text(lot.taken_out, 0),
        "all": number_text(lot.taken_out + lot.still_in, 0),
        "days": number_text(compared.exposure, 0),
        "others": number_text(compared.other_events, 0),
        "other_days": number_text(compared.other_exposure, 0),
        "ratio": number_text(compared.ratio_lower_bound, 1),
        "p": _p_text(compared.p_value),
        "left": number_text(lot.still_in, 0),
    }

    def evidence() -> str:
        return in_one_line(
            (
                _("%(out)s of %(all)s in %(days)s part-days; other lots %(others)s in %(other_days)s.") % said,
                _("At least %(ratio)s times as often (95 %%), %(p)s.") % said,
                _("%(left)s still built in.") % said,
            )
        )

    return Finding(
        cause=f"weak {lot.item} {lot.lot}",
        said=lambda: _("Parts of lot %(lot)s (%(item)s) are taken out more often") % said,
        evidence=evidence,
        step=lambda: _("Show where they are"),
        url=reverse("lot", args=[lot.lot_uid]),
        since=lot.last_out or timezone.now(),
        severity=Severity.ALARM if lot.still_in else Severity.WARNING,
        rank=compared.ratio_lower_bound,
        provenance="simulated" if lot.simulated else "",
    )


def _odd(one: OddBatch) -> Finding:
    said = {
        "batch": one.batch,
        "name": one.characteristic,
        "mean": quantity_text(one.compared.mean - one.compared.other_mean, one.unit_code, 1),
        "n": number_text(one.compared.count, 0),
        "others": number_text(one.compared.other_count, 0),
        "p": _p_text(one.compared.p_value),
    }
    uid = Characteristic.objects.values_list("uid", flat=True).get(pk=one.characteristic_id)
    return Finding(
        cause=f"odd {one.batch} {one.characteristic}",
        said=lambda: _("After heat treatment %(batch)s something else is measured: %(name)s") % said,
        evidence=lambda: _("Off by %(mean)s on average in %(n)s parts, against %(others)s others; %(p)s.") % said,
        step=lambda: _("Look at the values"),
        url=reverse("characteristic", args=[uid]),
        since=one.ended_at,
        rank=-one.compared.p_value,
        provenance="simulated" if one.simulated else "",
    )


def _find_imports() -> Iterator[Finding]:
    """Files that were refused or lost lines, until they came in, or their import was undone."""
    came_in = ImportedFile.objects.filter(
        name=OuterRef("name"), outcome=FileOutcome.IN, standing=True, pk__gt=OuterRef("pk")
    )
    files = ImportedFile.objects.filter(batch__undone_at__isnull=True).select_related("batch")
    refused = files.filter(~Exists(came_in), outcome=FileOutcome.REFUSED)
    damaged = files.filter(outcome=FileOutcome.IN, standing=True).exclude(quarantined=[])
    found: dict[ImportBatch, tuple[list[ImportedFile], list[ImportedFile]]] = defaultdict(lambda: ([], []))
    for place, rows in enumerate((refused, damaged)):
        for row in rows.order_by("pk"):
            found[row.batch][place].append(row)
    yield from (_troubled(batch, *some) for batch, some in found.items())


def _troubled(batch: ImportBatch, refused: list[ImportedFile], damaged: list[ImportedFile]) -> Finding:
    first = (refused or damaged)[0]
    lines = sum(len(row.quarantined) for row in damaged)
    said = {"file": first.name, "count": len(refused), "lines": lines}

    def sentence() -> str:
        if not refused:
            text = ngettext("%(lines)d line was set aside: %(file)s", "%(lines)d lines were set aside: %(file)s", lines)
        else:
            text = ngettext("Refused: %(file)s", "%(count)d files were refused, the first: %(file)s", len(refused))
        return text % said

    return Finding(
        cause=str(batch.uid),
        said=sentence,
        evidence=lambda: in_reader_language({"en": first.reason, "zh": first.reason_zh or first.reason}),
        step=lambda: _("Show the import"),
        url=reverse("import_detail", args=[batch.uid]),
        since=batch.started_at,
        rank=float(len(refused) * 1000 + lines),
    )


def _find_jobs() -> Iterator[Finding]:
    """Work that failed and was not done since."""
    jobs = Job.objects.filter(requested_at__gt=timezone.now() - JOBS_SINCE).exclude(kind__in=SPOKEN_OF)
    done: list[tuple[str, Any]] = []
    for job in jobs.filter(state__in=[JobState.FAILED, JobState.DONE]).order_by("-requested_at"):
        if job.state == JobState.DONE:
            done.append((job.kind, job.arguments))
        elif (job.kind, job.arguments) not in done:
            yield _failed(job)


def _failed(job: Job) -> Finding:
    message = {"en": job.message, "zh": job.message_zh or job.message}
    return Finding(
        cause=str(job.uid),
        said=lambda: _("Work failed: %(kind)s") % {"kind": _("Import") if job.kind == "import" else job.kind},
        evidence=lambda: in_reader_language(message),
        step=lambda: _("See what failed"),
        url=reverse("job_progress", args=[job.uid]),
        since=job.finished_at or job.requested_at,
    )


def _latest_imports(membership: Membership) -> dict[str, Any]:
    imports = list(ImportBatch.objects.select_related("actor").order_by("-started_at")[:LATEST])
    example = _("Begin with machine logs, inspection results or a whole technical data package.")
    return {
        "table": replace(tables.import_table(Page(imports, 1, len(imports), LATEST, "", "")), page=None),
        "empty": _("Nothing has been imported yet."),
        "example": example,
        "action": Button(_("New import"), reverse("import_new"), "upload"),
        "more": _("All imports"),
        "more_url": reverse("import_list") if membership and imports else "",
    }


def _holdings(_membership: Membership) -> dict[str, Any]:
    units = Unit.objects.exclude(item__kind=ItemKind.MACHINE).count()
    machines = Unit.objects.filter(item__kind=ItemKind.MACHINE).count()
    counted = [
        (_("Parts"), units, reverse("unit_list")),
        (_("Machines"), machines, reverse("machine_list")),
        (_("Operations"), OperationRun.objects.count(), ""),
        (_("Inspections"), Inspection.objects.count(), ""),
        (_("Characteristics"), Characteristic.objects.count(), reverse("characteristic_list")),
    ]
    facts = [(name, number_text(count, 0), url) for name, count, url in counted]
    return {"facts": facts, "is_empty": not units and not machines, "command": own_command()}


def _in_assembly(_membership: Membership) -> dict[str, Any]:
    """Machines at whose stations somebody worked lately and that have not left."""
    since = timezone.now() - IN_ASSEMBLY_SINCE
    machines = Unit.objects.filter(item__kind=ItemKind.MACHINE).select_related("item")
    worked = Event.objects.filter(unit=OuterRef("pk"), kind="station_completed", device_time__gt=since)
    left = Event.objects.filter(unit=OuterRef("pk"), kind="delivered")
    rows = machines.filter(Exists(worked)).exclude(Exists(left)).order_by("serial")
    columns = (Column(_("Machine")), Column(_("Model")))
    cells = tuple(
        (
            Cell(row.serial, reverse("unit_thread", args=[row.uid]), code=True, provenance=provenance_of(row)),
            Cell(named(row.item)),
        )
        for row in rows[:LATEST]
    )
    return {
        "table": RecordTable(_("In assembly"), columns, cells),
        "empty": _("No machine is in assembly at the moment."),
        "example": _("Scan a serial number to open its thread."),
        "action": None,
    }


declare(
    Concern(
        name="lots",
        title=gettext_lazy("Lots and heat treatments"),
        icon="stack-2",
        roles=MAKERS | {Role.SERVICE},
        applies=makes_things,
        find=_find_lots,
        state=_state_of_events,
        counted=counted(
            ngettext_lazy("%(count)d lot stands out", "%(count)d lots stand out", "count"),
            alarm=ngettext_lazy(
                "%(count)d lot with parts in machines stands out",
                "%(count)d lots with parts in machines stand out",
                "count",
            ),
        ),
    )
)
declare(
    Concern(
        name="imports",
        title=gettext_lazy("Imports"),
        icon="upload",
        roles=ALLOWED[Action.IMPORT],
        find=_find_imports,
        counted=counted(ngettext_lazy("%(count)d import is not whole", "%(count)d imports are not whole", "count")),
    )
)
declare(
    Concern(
        name="jobs",
        title=gettext_lazy("Work in the background"),
        icon="activity",
        roles=frozenset({Role.OWNER, Role.ENGINEER}),
        find=_find_jobs,
        counted=counted(ngettext_lazy("%(count)d job failed", "%(count)d jobs failed", "count")),
    )
)
declare(
    Panel(
        name="assembly",
        title=gettext_lazy("In assembly"),
        roles=frozenset({Role.ASSEMBLER}),
        kinds=MADE_HERE,
        template="attention/panel_table.html",
        facts=_in_assembly,
    )
)
declare(
    Panel(
        name="imports",
        title=gettext_lazy("Latest imports"),
        roles=ALLOWED[Action.IMPORT],
        kinds=MADE_HERE,
        template="attention/panel_table.html",
        facts=_latest_imports,
    )
)
declare(
    Panel(
        name="holdings",
        title=gettext_lazy("What is here"),
        roles=STAFF - {Role.INSPECTOR, Role.ASSEMBLER, Role.SERVICE},
        kinds=MADE_HERE,
        template="history/panel_holdings.html",
        facts=_holdings,
    )
)
