"""Looking at every concern, and keeping one incident for each cause."""

from __future__ import annotations

import logging
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q

from samegauge.core.attention.declaration import all_concerns
from samegauge.core.attention.models import CAUSE_CHARACTERS, Incident, IncidentStep, Look, Severity, StepKind
from samegauge.core.attention.steps import write
from samegauge.core.language import in_both_languages
from samegauge.core.organisations.models import Organisation
from samegauge.core.scope import current_organisation_id

if TYPE_CHECKING:
    from samegauge.core.attention.declaration import Concern, Finding

log = logging.getLogger(__name__)

STATE_CHARACTERS, FAULT_CHARACTERS = 200, 300
STALE_AFTER = timedelta(minutes=15)


def refresh(now: datetime | None = None) -> None:
    """Look at every concern of the organisation in scope; one that fails keeps what it found last and says so."""
    now = now or datetime.now(UTC)
    states = {look.concern: look.state for look in Look.objects.filter(fault="", looked_at__isnull=False)}
    same = [concern.name for concern in all_concerns() if not _look(concern, states.get(concern.name), now)]
    Look.objects.filter(concern__in=same, fault="").update(looked_at=now)
    _end_delays(now)


def _look(concern: Concern, known_state: str | None, now: datetime) -> bool:
    """Write what a concern finds; return False where the records are as they were, or could not be looked at."""
    try:
        state = (concern.state() if concern.state else "")[:STATE_CHARACTERS]
        if state and state == known_state:
            return False
        found = {one.cause[:CAUSE_CHARACTERS]: one for one in concern.find()}
    except Exception as error:  # of one concern; the others are still looked at
        if _is_new_fault(concern, f"{type(error).__name__}: {error}"[:FAULT_CHARACTERS]):
            log.warning("The concern %s could not be looked at", concern.name, exc_info=error)
        return False
    with transaction.atomic():
        # Of two looks at once the second one sees what the first one found.
        Organisation.objects.select_for_update(no_key=True).get(pk=current_organisation_id())
        _compare(concern, found, now)
        looked = {"looked_at": now, "state": state, "fault": ""}
        if not Look.objects.filter(concern=concern.name).update(**looked):
            Look.objects.create(concern=concern.name, **looked)
    return True


def _is_new_fault(concern: Concern, fault: str) -> bool:
    """Keep why a concern could not be looked at; the log has it once, not at every look."""
    if Look.objects.filter(concern=concern.name, fault=fault).exists():
        return False
    Look.objects.update_or_create(concern=concern.name, defaults={"fault": fault})
    return True


def _compare(concern: Concern, found: dict[str, Finding], now: datetime) -> None:
    rows = Incident.objects.filter(Q(cleared_at__isnull=True) | Q(cause__in=found), concern=concern.name)
    known = {row.cause: row for row in rows}
    for cause, finding in found.items():
        _keep(known.get(cause) or Incident(concern=concern.name, cause=cause, first_seen_at=now), finding, now)
    for cause, incident in known.items():
        if cause not in found:
            incident.cleared_at = now
            incident.save(update_fields=["cleared_at"])
            write(IncidentStep(incident=incident, kind=StepKind.CLEARED, at=now))


def _keep(incident: Incident, finding: Finding, now: datetime) -> None:
    kind = _what_happened(incident, finding)
    if kind in {StepKind.APPEARED, StepKind.RETURNED}:
        incident.opened_at, incident.cleared_at, incident.taken_by = now, None, None
        incident.returns += kind == StepKind.RETURNED
    if kind is not None:
        incident.put_off_until = None
    for name, value in _said(finding).items():
        setattr(incident, name, value)
    incident.save()
    if kind is not None:
        write(IncidentStep(incident=incident, kind=kind, at=now))


def _what_happened(incident: Incident, finding: Finding) -> StepKind | None:
    if incident.pk is None:
        return StepKind.APPEARED
    if incident.cleared_at is not None:
        return StepKind.RETURNED
    if incident.severity == Severity.WARNING and finding.severity == Severity.ALARM:
        return StepKind.WORSENED
    return None


def _said(finding: Finding) -> dict[str, Any]:
    return {
        "severity": finding.severity,
        "rank": finding.rank,
        "count": finding.count,
        "said": in_both_languages(finding.said),
        "evidence": in_both_languages(finding.evidence),
        "step": in_both_languages(finding.step),
        "url": finding.url,
        "picture": asdict(finding.picture.shortened()) if finding.picture else None,
        "provenance": finding.provenance,
        "since": finding.since,
    }


def _end_delays(now: datetime) -> None:
    for incident in Incident.objects.filter(cleared_at__isnull=True, put_off_until__lte=now):
        with transaction.atomic():
            incident.put_off_until = None
            incident.save(update_fields=["put_off_until"])
            write(IncidentStep(incident=incident, kind=StepKind.RESUMED, at=now))
