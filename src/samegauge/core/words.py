"""Verdicts and degrees of belief as chips, the same on every page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from samegauge.core.face import Chip, Provenance
from samegauge.core.intake.models import FileOutcome
from samegauge.core.measurement.models import Conformity
from samegauge.core.production.models import Confidence

if TYPE_CHECKING:
    from samegauge.core.thread.models import Unit


def provenance_of(unit: Unit) -> Provenance:
    """The tag that goes wherever the unit's serial number does."""
    return "simulated" if unit.simulated else ""


def conformity_chip(verdict: str) -> Chip:
    if verdict == Conformity.PASS:
        return Chip("ok", _("Conforms"))
    if verdict == Conformity.FAIL:
        return Chip("alarm", _("Does not conform"))
    if verdict == Conformity.UNDECIDED:
        return Chip("undecided", _("Undecided"))
    return Chip("neutral", _("Not inspected"))


def confidence_chip(confidence: str) -> Chip:
    if confidence == Confidence.STATED:
        return Chip("ok", _("Stated by the source"))
    if confidence == Confidence.INFERRED:
        return Chip("undecided", pgettext("degree of belief", "Worked out"))
    return Chip("warning", _("Uncertain"))


def file_chip(outcome: str) -> Chip:
    if outcome == FileOutcome.IN:
        return Chip("ok", _("In"))
    if outcome == FileOutcome.REFUSED:
        return Chip("alarm", _("Refused"))
    return Chip("neutral", _("Already in"))
