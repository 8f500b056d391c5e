from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from samegauge.apps.inspection.control.models import ActionCode, CauseCode, ControlDesign
from samegauge.apps.inspection.control.rules import SETTINGS
from samegauge.core.fields import LONGEST_REASON

if TYPE_CHECKING:
    from collections.abc import Sequence


class AnswerForm(forms.Form):
    """Cause and action are forced; the note is what the codes cannot say."""

    cause = forms.ModelChoiceField(CauseCode.objects.none(), label=_("What was the cause"), widget=forms.RadioSelect)
    action = forms.ModelChoiceField(ActionCode.objects.none(), label=_("What was done"), widget=forms.RadioSelect)
    note = forms.CharField(label=_("Note"), max_length=LONGEST_REASON, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, model in (("cause", CauseCode), ("action", ActionCode)):
            field: Any = self.fields[name]
            field.queryset = model.objects.filter(retired_at__isnull=True)


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Why"), max_length=LONGEST_REASON)


class DesignForm(forms.ModelForm):
    """The settings of the next revision; `present` is the revision that the page showed."""

    present = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    left_out = forms.TypedMultipleChoiceField(
        label=_("Leave out of the baseline"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    left_out_reason = forms.CharField(
        label=_("Why these values set no limit"), max_length=LONGEST_REASON, required=False
    )

    class Meta:
        model = ControlDesign
        fields: ClassVar = [*SETTINGS, "reason"]
        widgets: ClassVar = {
            "baseline_from": forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
            "baseline_to": forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        }

    def __init__(self, *args: Any, baseline: Sequence[tuple[int, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["left_out"]
        field.choices = list(baseline)

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        if said.get("left_out") and not said.get("left_out_reason", "").strip():
            self.add_error("left_out_reason", _("Say why these values are left out."))
        return said
