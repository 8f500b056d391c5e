from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from samegauge.apps.inspection.plans.drafting import templates, undrafted
from samegauge.apps.inspection.plans.effectivity import Bounds
from samegauge.core.fields import LONGEST_REASON
from samegauge.core.thread.models import Item


class ReleaseForm(forms.Form):
    """For which serial numbers and days a revision shall hold."""

    from_serial = forms.CharField(label=_("From serial number"), required=False, max_length=100)
    to_serial = forms.CharField(label=_("Up to serial number"), required=False, max_length=100)
    from_day = forms.DateField(
        label=_("From day"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    to_day = forms.DateField(
        label=_("Up to day"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if not self.errors and not Bounds(**values).are_in_order:
            raise forms.ValidationError(_("It would end before it begins. Exchange the bounds."))
        return values


class NewPlanForm(forms.Form):
    """From what a plan is drafted: characteristics that an import brought, or a template for an item."""

    origin = forms.ChoiceField(label=_("From"))
    item = forms.CharField(
        label=_("Item number"),
        required=False,
        max_length=100,
        help_text=_("Only with a template: whose plan it becomes."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        brought = [
            (
                f"{number}\n{stated}",
                _("%(item)s · %(plan)s (%(count)s)") % {"item": number, "plan": stated, "count": count},
            )
            for number, stated, count in undrafted()
        ]
        trade = [(template.key, template.name) for template in templates().values()]
        groups = [(_("Characteristics that imports brought"), brought), (_("Templates, limits assumed"), trade)]
        self.fields["origin"].choices = [group for group in groups if group[1]]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        number, _line, _stated = values.get("origin", "").partition("\n")
        if number in templates():
            number = values.get("item", "").strip()
            if not number:
                raise forms.ValidationError(_("A template needs the number of the item whose plan it becomes."))
        if not self.errors:
            values["found"] = Item.objects.filter(number=number, retired_at=None).first()
            if values["found"] is None:
                raise forms.ValidationError(_("There is no item %(number)s.") % {"number": number})
        return values


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Why"), max_length=LONGEST_REASON)
