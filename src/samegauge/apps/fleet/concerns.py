"""What machines at their customers need, and the machines that a start page shows."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Max
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy, pgettext

from samegauge.apps.fleet.service import Life, lives_of, machines
from samegauge.core.attention.declaration import Concern, Finding, Panel, counted, declare
from samegauge.core.attention.models import Severity
from samegauge.core.charts.numerals import NOTHING, number_text, quantity_text
from samegauge.core.face import Cell, Chip, Column, RecordTable
from samegauge.core.language import in_one_line, in_reader_language, named
from samegauge.core.organisations.models import Membership, OrganisationKind, Role
from samegauge.core.thread.models import Event
from samegauge.core.words import provenance_of
from samegauge.engines.comparison.groups import RateApart, rates_apart

if TYPE_CHECKING:
    from collections.abc import Iterator

    from samegauge.core.thread.models import Unit

FIELD = frozenset({Role.OWNER, Role.QUALITY_MANAGER, Role.SERVICE, Role.GUEST})
OWN_MACHINES = frozenset({OrganisationKind.END_USER})
# Counters are read every month; one that was left out is named.
HOURS_STALE_AFTER = timedelta(days=45)
FEWEST_CALLS = 4
SHOWN = 20


def _state_of_events() -> str:
    return f"{Event.objects.aggregate(latest=Max('pk'))['latest']} {timezone.localdate()}"


def _find_service() -> Iterator[Finding]:
    lives = lives_of(machines())
    for life in lives:
        yield from (_open_call(life.machine, number, event) for number, event in life.open_calls.items())
    running = [life for life in lives if life.hours]
    apart = rates_apart([life.calls for life in running], [life.hours or 0.0 for life in running]) if running else ()
    yield from (_calls_often(running[one.place], one) for one in apart if one.events >= FEWEST_CALLS)
    silent = [life for life in running if life.read_at and timezone.now() - life.read_at > HOURS_STALE_AFTER]
    if silent:
        yield _silent(silent)


def _symptom(event: Event) -> str:
    said = event.payload.get("symptom")
    return in_reader_language(said) if isinstance(said, dict) and {"en", "zh"} <= said.keys() else str(said or "")


def _open_call(machine: Unit, number: str, event: Event) -> Finding:
    said = {"machine": machine.serial, "call": number}
    return Finding(
        cause=f"call {machine.uid} {number}",
        said=lambda: _("%(machine)s: call %(call)s is open") % said,
        evidence=lambda: _symptom(event),
        step=lambda: _("Open the machine"),
        url=reverse("unit_thread", args=[machine.uid]),
        since=event.device_time,
        severity=Severity.ALARM,
        rank=-event.device_time.timestamp(),
        provenance=provenance_of(machine),
    )


def _calls_often(life: Life, one: RateApart) -> Finding:
    said = {
        "machine": life.machine.serial,
        "calls": number_text(one.events, 0),
        "hours": quantity_text(one.exposure, "h", 0),
        "ratio": number_text(one.ratio, 1),
        "bound": number_text(one.ratio_lower_bound, 1),
        "p": number_text(one.p_value, 3),
    }

    def evidence() -> str:
        rate = (
            _("%(calls)s calls in %(hours)s: %(ratio)s times as often as the others (95 %% at least %(bound)s).") % said
        )
        symptom = _symptom(life.last_call) if life.last_call else ""
        return in_one_line([rate, _("Last call: %(symptom)s.") % {"symptom": symptom}] if symptom else [rate])

    return Finding(
        cause=f"often {life.machine.uid}",
        said=lambda: _("%(machine)s calls for service more often than the others") % said,
        evidence=evidence,
        step=lambda: _("Open the machine"),
        url=reverse("unit_thread", args=[life.machine.uid]),
        since=life.last_call.device_time if life.last_call else timezone.now(),
        rank=one.ratio_lower_bound,
        provenance=provenance_of(life.machine),
    )


def _silent(lives: list[Life]) -> Finding:
    oldest = min(lives, key=lambda life: life.read_at or timezone.now())
    said = {"count": len(lives), "machine": oldest.machine.serial}
    return Finding(
        cause="silent",
        said=lambda: (
            ngettext(
                "The running hours of %(machine)s are old",
                "The running hours of %(count)d machines are old",
                len(lives),
            )
            % said
        ),
        evidence=lambda: _("Oldest reading: %(machine)s.") % said,
        step=lambda: _("Show the machines"),
        url=reverse("machine_list"),
        since=oldest.read_at or timezone.now(),
        count=len(lives),
        provenance=provenance_of(oldest.machine),
    )


def _machine_panel(_membership: Membership) -> dict[str, Any]:
    rows = machines()
    lives = lives_of(rows[:SHOWN])
    lives.sort(key=lambda life: (-len(life.open_calls), life.machine.serial))
    columns = (
        Column(_("Machine")),
        Column(_("Model"), prose=True),
        Column(_("Running hours"), numeric=True, unit="h"),
        Column(_("Read on")),
        Column(_("Service")),
        Column(_("Last call"), prose=True),
        Column(_("Calls"), numeric=True),
    )
    return {
        "table": RecordTable(_("Machines"), columns, tuple(_machine_row(life) for life in lives)),
        "empty": _("No machine has been shared with you yet."),
        "example": _("Ask the maker of your machine to share it with you, or scan its QR code."),
        "action": None,
        "more": _("All machines"),
        "more_url": reverse("machine_list") if rows[SHOWN : SHOWN + 1] else "",
    }


def _machine_row(life: Life) -> tuple[Cell, ...]:
    machine = life.machine
    is_open = Chip("alarm", pgettext("service call", "Call open"))
    last = (
        f"{timezone.localtime(life.last_call.device_time):%Y-%m-%d} {_symptom(life.last_call)}"
        if life.last_call
        else NOTHING
    )
    return (
        Cell(machine.serial, reverse("unit_thread", args=[machine.uid]), code=True, provenance=provenance_of(machine)),
        Cell(named(machine.item)),
        Cell(number_text(life.hours, 0)),
        Cell(f"{timezone.localtime(life.read_at):%Y-%m-%d}" if life.read_at else NOTHING),
        Cell(chip=is_open) if life.open_calls else Cell(_("No open call")),
        Cell(last),
        Cell(number_text(life.calls, 0)),
    )


declare(
    Concern(
        name="service",
        title=gettext_lazy("Machines in use"),
        icon="tool",
        roles=FIELD,
        find=_find_service,
        state=_state_of_events,
        counted=counted(
            ngettext_lazy("%(count)d machine needs a look", "%(count)d machines need a look", "count"),
            alarm=ngettext_lazy("%(count)d service call is open", "%(count)d service calls are open", "count"),
        ),
    )
)
declare(
    Panel(
        name="machines",
        title=gettext_lazy("Machines"),
        roles=frozenset({Role.SERVICE, Role.SALES, Role.GUEST}),
        kinds=frozenset(OrganisationKind) - OWN_MACHINES,
        template="attention/panel_table.html",
        facts=_machine_panel,
    )
)
declare(
    Panel(
        name="own_machines",
        title=gettext_lazy("My machines"),
        roles=frozenset(Role),
        kinds=OWN_MACHINES,
        template="attention/panel_table.html",
        facts=_machine_panel,
    )
)
