from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _

from samegauge.core.notifications.models import NotificationSettings

CLOCK = {"type": "time"}


class NotificationForm(forms.ModelForm):
    class Meta:
        model = NotificationSettings
        fields: ClassVar = ["at_once", "digest_at", "quiet_from", "quiet_to", "alarms_break_quiet", "language"]
        widgets: ClassVar = {
            name: forms.TimeInput(attrs=CLOCK, format="%H:%M") for name in ("digest_at", "quiet_from", "quiet_to")
        }

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if (data.get("quiet_from") is None) != (data.get("quiet_to") is None) and not self.errors:
            self.add_error("quiet_to", _("Give both times of the quiet hours, or neither."))
        return data
