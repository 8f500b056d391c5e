"""What the fields of a line are called, in its form and in what is said of a fault."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

if TYPE_CHECKING:
    from collections.abc import Mapping

LABELS: Mapping[str, Any] = {
    "title": pgettext_lazy("revision", "Title"),
    "title_zh": pgettext_lazy("revision", "Title in Chinese"),
    "source": _("Standard or source"),
    "key": pgettext_lazy("line", "Short name"),
    "name": pgettext_lazy("characteristic", "Name, in both languages"),
    "unit_code": pgettext_lazy("of measure", "Unit"),
    "nominal": _("Nominal value"),
    "lower_limit": _("Lower limit"),
    "upper_limit": _("Upper limit"),
    "lower": _("Lower limit"),
    "upper": _("Upper limit"),
    "instrument_kind": _("Kind of instrument"),
    "resolution": _("Coarsest resolution"),
    "frequency": _("How often"),
    "every_n": _("Every how many units"),
    "sample_size": _("Sample of a lot"),
    "sample_acceptance": _("Of which may fail"),
    "chart": _("Control chart"),
    "reaction": _("Reaction plan"),
    "reaction_zh": _("Reaction plan in Chinese"),
    "assumed": _("Limits are assumed"),
    "characteristic_uid": _("Characteristic"),
    "kind": pgettext_lazy("step", "Kind"),
    "text": _("What to do"),
    "text_zh": _("What to do, in Chinese"),
    "required": _("Required"),
    "decimals": _("Decimals"),
    "choices": _("Choices, one a line"),
    "item": _("Item number"),
    "position": _("Position"),
    "meaning": _("What the signature says"),
    "meaning_zh": _("What the signature says, in Chinese"),
    "picture": _("Picture"),
    "picture_file": _("New picture"),
    "station": _("Station"),
    "sequence": _("Place"),
    "beside": _("In any order with the line above"),
    "procedure_code": _("Procedure"),
    "only_with": _("Only with these options"),
}
