from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from samegauge.apps.inspection.nonconformity.models import LONGEST_TEXT, CauseCategory, Discipline, Nonconformity
from samegauge.core.measurement.models import Characteristic
from samegauge.core.organisations.models import Membership
from samegauge.core.partners.models import Partner, PartnerKind
from samegauge.core.production.models import Station
from samegauge.core.scope import current_organisation_id

DELIVERERS = (PartnerKind.SUPPLIER, PartnerKind.FOUNDRY, PartnerKind.HEAT_TREATER)


class ReportForm(forms.ModelForm):
    serials = forms.CharField(
        label=_("Serial numbers"),
        max_length=LONGEST_TEXT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Of what is affected, separated by spaces, commas or lines. Scan them here."),
    )
    lots = forms.CharField(
        label=_("Lot numbers"),
        max_length=1000,
        required=False,
        help_text=_("If whole lots are affected."),
    )
    photo = forms.FileField(label=_("Picture"), required=False, help_text=_("JPEG or PNG."))

    class Meta:
        model = Nonconformity
        fields: ClassVar = ["title", "description", "serials", "lots", "quantity", "station", "supplier"]
        widgets: ClassVar = {"description": forms.Textarea(attrs={"rows": 4})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stations: Any = self.fields["station"]
        stations.queryset = Station.objects.filter(retired_at__isnull=True)
        suppliers: Any = self.fields["supplier"]
        suppliers.queryset = Partner.objects.filter(kind__in=DELIVERERS, retired_at__isnull=True)
        self.fields["photo"].widget.attrs["accept"] = "image/*"


class DisciplineForm(forms.ModelForm):
    member = forms.ModelChoiceField(queryset=Membership.objects.none(), label=_("Who answers for it"), required=False)
    done = forms.BooleanField(label=_("Done"), required=False)

    class Meta:
        model = Discipline
        fields: ClassVar = ["text", "due_on"]
        labels: ClassVar = {"text": _("What was found or done"), "due_on": _("Due on")}
        widgets: ClassVar = {
            "text": forms.Textarea(attrs={"rows": 4}),
            "due_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        row: Discipline = kwargs["instance"]
        kwargs.setdefault("prefix", row.step)
        super().__init__(*args, **kwargs)
        members = Membership.active().filter(organisation=current_organisation_id()).select_related("person")
        member: Any = self.fields["member"]
        member.queryset = members
        member.label_from_instance = lambda one: str(one.person)
        self.initial["member"] = next((one.pk for one in members if one.person_id == row.owner_id), None)
        self.initial["done"] = row.done_at is not None


class CauseForm(forms.Form):
    category = forms.ChoiceField(label=_("Category"), choices=CauseCategory.choices)
    text = forms.CharField(label=_("Possible cause, or why"), max_length=300)


class VerificationForm(forms.Form):
    characteristic = forms.ModelChoiceField(
        queryset=Characteristic.objects.none(), label=_("Seen by the characteristic"), required=False
    )
    since = forms.DateField(
        label=_("In place since"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["characteristic"]
        field.queryset = Characteristic.objects.select_related("item").order_by("item__number", "sequence", "pk")
        field.label_from_instance = lambda row: f"{row.item.number} · {row.name}"
