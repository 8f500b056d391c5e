from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from samegauge.core.fields import LONGEST_REASON


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Why"), max_length=LONGEST_REASON)
