from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from samegauge.core.sharing.models import Covers
from samegauge.core.sharing.rules import Offer, SharingError, receiver_of

if TYPE_CHECKING:
    from samegauge.core.organisations.models import Organisation


class ShareForm(forms.Form):
    """What is shared with whom."""

    code = forms.CharField(
        label=_("Sharing code of the receiver"),
        max_length=60,
        help_text=_("The receiver finds it on the page “Shared with us” and tells it to you."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "list": "known", "spellcheck": "false"}),
    )
    covers = forms.ChoiceField(
        label=_("What is shared"),
        choices=Covers.choices,
        help_text=_(
            "A passport says all that was sealed in it, also what the unit was built into. The history is what is in "
            "the unit now, its events, inspections and documents; not how it was machined, and nothing above it."
        ),
    )
    reason = forms.CharField(label=_("Why"), max_length=500, help_text=_("The receiver reads it too."))
    ends_on = forms.DateField(
        label=_("Last day"),
        required=False,
        help_text=_("Empty: until you revoke it."),
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    def clean_code(self) -> str:
        code = self.cleaned_data["code"]
        try:
            self.receiver: Organisation = receiver_of(code)
        except SharingError as error:
            raise forms.ValidationError(str(error)) from error
        return str(self.receiver.uid)

    def clean_ends_on(self) -> date | None:
        day: date | None = self.cleaned_data["ends_on"]
        if day is not None and day < timezone.localdate():
            raise forms.ValidationError(_("The end lies in the past. Choose a later day, or none."))
        return day

    def offer(self) -> Offer:
        data: dict[str, Any] = self.cleaned_data
        return Offer(Covers(data["covers"]), data["reason"], end_of(data["ends_on"]))


def end_of(day: date | None) -> datetime | None:
    """The first moment after a day, in the organisation's time zone."""
    if day is None:
        return None
    return datetime.combine(day + timedelta(days=1), time.min, tzinfo=timezone.get_current_timezone())
