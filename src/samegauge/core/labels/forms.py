from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from samegauge.core.charts.numerals import number_text
from samegauge.core.intake.models import ImportBatch
from samegauge.core.labels.rules import SheetFormat, sheet_formats
from samegauge.core.measurement.models import Conformity

IMPORTS_SHOWN = 50
# Which of the form's questions choose among each kind of record.
QUESTIONS: dict[str, tuple[str, ...]] = {
    "units": ("item", "serial", "verdict", "batch", "site"),
    "machines": ("serial", "site"),
    "items": ("item", "site"),
    "stations": ("station", "site"),
    "people": ("site",),
}
ALWAYS = ("format", "start")


class LabelForm(forms.Form):
    """What to print, on which sheet, from which place on."""

    item = forms.CharField(label=gettext_lazy("Item number"), max_length=100, required=False)
    serial = forms.CharField(label=gettext_lazy("Serial number begins with"), max_length=100, required=False)
    verdict = forms.ChoiceField(
        label=gettext_lazy("Verdict"),
        choices=[("", gettext_lazy("All")), (Conformity.FAIL, gettext_lazy("Not conforming"))],
        required=False,
    )
    batch = forms.ChoiceField(label=gettext_lazy("First seen in the import"), required=False)
    station = forms.CharField(label=gettext_lazy("Station code begins with"), max_length=30, required=False)
    format = forms.ChoiceField(label=gettext_lazy("Sheet of labels"), required=False)
    start = forms.IntegerField(
        label=gettext_lazy("First free label"),
        min_value=1,
        required=False,
        help_text=gettext_lazy("On a sheet that is partly used, count row by row from the top left."),
    )
    site = forms.BooleanField(
        label=gettext_lazy("Codes with this site's address"),
        required=False,
        help_text=gettext_lazy(
            "Any telephone on the network then opens the record. Leave it off if the address will change."
        ),
    )

    def __init__(self, what: str, data: Any) -> None:
        super().__init__(data)
        for name in set(self.fields) - {*QUESTIONS[what], *ALWAYS}:
            del self.fields[name]
        self._offer("format", [(key, _format_text(sheet)) for key, sheet in sheet_formats().items()])
        if "batch" in self.fields:
            batches = ImportBatch.objects.order_by("-started_at")[:IMPORTS_SHOWN]
            self._offer("batch", [("", _("All")), *((str(batch.uid), _batch_text(batch)) for batch in batches)])

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        field: Any = self.fields[name]
        field.choices = choices

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        data["sheet"] = sheet_formats()[data.get("format") or next(iter(sheet_formats()))]
        data["start"] = data.get("start") or 1
        if data["start"] > data["sheet"].per_page:
            self.add_error("start", _("This sheet has %(count)d labels.") % {"count": data["sheet"].per_page})
        return data


def _format_text(sheet: SheetFormat) -> str:
    width, height = (number_text(side, None) for side in sheet.label_mm)
    names = {"A4": _("A4 sheet"), "Roll": pgettext("of labels", "Roll")}
    name = names.get(sheet.name, sheet.name)
    return _("%(name)s: %(width)s × %(height)s mm, %(count)d a page") % {
        "name": name,
        "width": width,
        "height": height,
        "count": sheet.per_page,
    }


def _batch_text(batch: ImportBatch) -> str:
    return f"{timezone.localtime(batch.started_at):%Y-%m-%d %H:%M} {batch.source}"
