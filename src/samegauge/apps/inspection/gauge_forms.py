"""What people say about a gauge: a certificate, a study, the limits that studies are judged by."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from samegauge.apps.inspection.models import Calibration, QualityLimits, StudyKind
from samegauge.core.measurement.models import Characteristic
from samegauge.core.partners.models import Partner, PartnerKind

MOST_CHARACTERISTICS = 400


def day_field(**more: Any) -> forms.DateField:
    return forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **more)


class CalibrationForm(forms.ModelForm):
    calibrated_on = day_field(label=_("Calibrated on"), help_text=_("Date of the certificate."))
    due_on = day_field(label=_("Calibration due on"), help_text=_("It may not be used after."))
    certificate_file = forms.FileField(label=_("Certificate"), required=False, help_text=_("PDF or picture."))

    class Meta:
        model = Calibration
        fields: ClassVar = [
            "certificate_number",
            "calibrated_on",
            "due_on",
            "laboratory",
            "as_found",
            "expanded_uncertainty_um",
            "note",
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        laboratories = Partner.objects.filter(kind=PartnerKind.LABORATORY, retired_at__isnull=True)
        self.fields["laboratory"].queryset = laboratories  # type: ignore[attr-defined]
        self.fields[
            "expanded_uncertainty_um"
        ].label = f"{Calibration._meta.get_field('expanded_uncertainty_um').verbose_name} [µm]"

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        if said.get("calibrated_on") and said.get("due_on") and said["due_on"] <= said["calibrated_on"]:
            self.add_error("due_on", _("This day is not after the calibration."))
        return said


class StudyForm(forms.Form):
    """What a study is about; the readings come as a file or in the grid beside it."""

    kind = forms.ChoiceField(label=_("Kind of study"), choices=StudyKind.choices)
    performed_on = day_field(label=_("Done on"))
    characteristic = forms.ModelChoiceField(
        queryset=Characteristic.objects.none(),
        label=_("Characteristic"),
        required=False,
        help_text=_("Gives unit and tolerance; the lock then counts for it alone."),
    )
    unit_code = forms.CharField(label=_("Unit of the readings"), max_length=20, required=False)
    lower = forms.FloatField(label=_("Lower limit"), required=False, help_text=_("Empty: that of the characteristic."))
    upper = forms.FloatField(label=_("Upper limit"), required=False, help_text=_("Empty: that of the characteristic."))
    reference = forms.FloatField(
        label=_("Reference value"), required=False, help_text=_("Of the standard, for type 1 and bias studies.")
    )
    rejecting = forms.CharField(
        label=_("Rating that means bad"), max_length=60, required=False, help_text=_("For attribute agreement.")
    )
    file = forms.FileField(
        label=_("File with the readings"),
        required=False,
        help_text=_("CSV or XLSX with the columns part, operator, value and, where needed, reference."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Characteristic.objects.select_related("item").order_by("item__number", "sequence", "pk")
        field: Any = self.fields["characteristic"]
        field.queryset = rows
        field.label_from_instance = lambda row: f"{row.item.number} · {row.name}"
        self.fields["performed_on"].initial = timezone.localdate()


class QualityLimitsForm(forms.ModelForm):
    class Meta:
        model = QualityLimits
        exclude: ClassVar = ["organisation", "actor"]

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        for low, high in (
            ("grr_acceptable_percent", "grr_unacceptable_percent"),
            ("poor_kappa", "good_kappa"),
            ("best_response_h", "worst_response_h"),
        ):
            if said.get(low) is not None and said.get(high) is not None and said[low] > said[high]:
                self.add_error(high, _("This must not be below the other limit."))
        return said
