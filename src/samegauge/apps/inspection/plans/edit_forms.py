"""With what a revision begins, and what stands above its lines."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from samegauge.apps.inspection.plans.models import InspectionPlan, Procedure, ProcedureKind, Revised
from samegauge.core.measurement.models import InspectionKind
from samegauge.core.thread.models import Item


class HeadForm(forms.Form):
    title = forms.CharField(label=pgettext_lazy("revision", "Title"), max_length=200)
    title_zh = forms.CharField(label=pgettext_lazy("revision", "Title in Chinese"), max_length=200, required=False)
    source = forms.CharField(label=_("Standard or source"), max_length=300, required=False)

    def __init__(self, revised: Revised | type[Revised], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind = revised if isinstance(revised, type) else type(revised)
        if kind is not InspectionPlan:
            del self.fields["source"]


class NewRevisionForm(HeadForm):
    code = forms.CharField(
        label=pgettext_lazy("revision", "Code"), max_length=60, help_text=_("As on paper: IQC-, SOP-, ROUTE- …")
    )
    item = forms.CharField(
        label=_("Item number"),
        max_length=100,
        widget=forms.TextInput(attrs={"list": "items"}),
        help_text=_("What it is for."),
    )
    kind = forms.ChoiceField(label=pgettext_lazy("revision", "Kind"))

    def __init__(self, revised: type[Revised], *args: Any, **kwargs: Any) -> None:
        super().__init__(revised, *args, **kwargs)
        self.order_fields(["code", "item", "kind", "title", "title_zh", "source"])
        kinds = {InspectionPlan: InspectionKind.choices, Procedure: ProcedureKind.choices}.get(revised)
        if kinds is None:
            del self.fields["kind"]
        else:
            self.fields["kind"].choices = kinds  # type: ignore[attr-defined] - it is one of choices

    def clean_item(self) -> Item:
        number = self.cleaned_data["item"]
        found = Item.objects.filter(number=number, retired_at=None).first()
        if found is None:
            raise forms.ValidationError(say("There is no item %(number)s.") % {"number": number})
        return found
