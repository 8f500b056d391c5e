"""Verdicts and degrees of belief as chips, the same on every page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from samegauge.core.face import Chip, Provenance
from samegauge.core.intake.models import FileOutcome
from samegauge.core.measurement.models import Conformity
from samegauge.core.production.models import Confidence

if TYPE_CHECKING:
    from samegauge.core.thread.genealogy import Branch
    from samegauge.core.thread.models import Unit

# What QIF calls the kinds of characteristic; `Identity` is ours, for the number that a measuring program engraves.
CHARACTERISTIC_KINDS = {
    "Angle": gettext_lazy("Angle"),
    "AngleBetween": gettext_lazy("Angle between"),
    "AngleFrom": gettext_lazy("Angle from"),
    "Angularity": gettext_lazy("Angularity"),
    "Chord": gettext_lazy("Chord"),
    "CircularRunout": gettext_lazy("Circular run-out"),
    "Circularity": gettext_lazy("Circularity"),
    "Coaxiality": gettext_lazy("Coaxiality"),
    "Concentricity": gettext_lazy("Concentricity"),
    "Cylindricity": gettext_lazy("Cylindricity"),
    "Depth": gettext_lazy("Depth"),
    "Diameter": gettext_lazy("Diameter"),
    "DistanceBetween": gettext_lazy("Distance between"),
    "DistanceFrom": gettext_lazy("Distance from"),
    "Flatness": gettext_lazy("Flatness"),
    "Height": gettext_lazy("Height"),
    "Identity": gettext_lazy("Number of the part"),
    "Length": gettext_lazy("Length"),
    "LineProfile": gettext_lazy("Line profile"),
    "Parallelism": gettext_lazy("Parallelism"),
    "Perpendicularity": gettext_lazy("Perpendicularity"),
    "PointProfile": gettext_lazy("Point profile"),
    "Position": pgettext_lazy("tolerance", "Position"),
    "Radius": gettext_lazy("Radius"),
    "SphericalDiameter": gettext_lazy("Spherical diameter"),
    "SphericalRadius": gettext_lazy("Spherical radius"),
    "Straightness": gettext_lazy("Straightness"),
    "SurfaceProfile": gettext_lazy("Surface profile"),
    "Symmetry": gettext_lazy("Symmetry"),
    "Thickness": gettext_lazy("Thickness"),
    "TotalRunout": gettext_lazy("Total run-out"),
    "UserDefinedAngular": gettext_lazy("Angle, as the plan defines it"),
    "UserDefinedLinear": gettext_lazy("Length, as the plan defines it"),
    "UserDefinedUnit": gettext_lazy("Quantity, as the plan defines it"),
    "Width": gettext_lazy("Width"),
}
DOCUMENT_KINDS = {"CAD": gettext_lazy("CAD data"), "photo": gettext_lazy("Picture")}


def characteristic_kind(kind: str) -> str:
    """Name a kind of characteristic; one that has no word of ours keeps its own."""
    return str(CHARACTERISTIC_KINDS.get(kind, kind))


def document_kind(kind: str) -> str:
    return str(DOCUMENT_KINDS.get(kind, kind))


def provenance_of(unit: Unit | Branch) -> Provenance:
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
