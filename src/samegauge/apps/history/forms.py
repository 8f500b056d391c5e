from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from samegauge.apps.history.recalls import Criterion, RecallKind
from samegauge.core.production.models import Station
from samegauge.core.thread.models import Item, Lot, Revision
from samegauge.core.thread.moves import Rework, Swap
from samegauge.core.thread.parts import scanned_units
from samegauge.core.thread.rules import ThreadError, refuse_future

if TYPE_CHECKING:
    from datetime import datetime

_SCAN = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "off"}
_MINUTE = "%Y-%m-%dT%H:%M"


class ScanField(forms.CharField):
    """A serial number or the code of a label; gives the unit."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=200, widget=forms.TextInput(attrs=_SCAN), **options)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        unit = scanned_units(text).first() if text else None
        if text and unit is None:
            raise forms.ValidationError(
                _("No part has the number %(serial)s here. Scan again, or register it.") % {"serial": text}
            )
        return unit


class MomentField(forms.DateTimeField):
    """A time that has passed; the page shows it in the organisation's zone."""

    def __init__(self, **options: Any) -> None:
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=_MINUTE)
        super().__init__(widget=widget, input_formats=[_MINUTE, "%Y-%m-%dT%H:%M:%S"], **options)

    def clean(self, value: Any) -> datetime | None:
        moment: datetime | None = super().clean(value)
        if moment is not None:
            try:
                refuse_future(moment)
            except ThreadError as refusal:
                raise forms.ValidationError(str(refusal)) from refusal
        return moment


def _reason(help_text: str) -> forms.CharField:
    return forms.CharField(label=gettext_lazy("Why"), max_length=500, help_text=help_text)


class SwapForm(forms.Form):
    old = ScanField(label=gettext_lazy("Part that comes out"))
    new = ScanField(label=gettext_lazy("Part that goes in"))
    at = MomentField(label=gettext_lazy("When"), initial=timezone.localtime)
    reason = _reason(gettext_lazy("It stands in the history of both parts and of the machine."))

    def asked(self) -> Swap:
        data = self.cleaned_data
        return Swap(data["old"], data["new"], data["at"], data["reason"])


class ReworkForm(forms.Form):
    unit = ScanField(label=gettext_lazy("Part that was reworked"))
    out_at = MomentField(label=gettext_lazy("Taken out"))
    in_at = MomentField(label=gettext_lazy("Put back"), initial=timezone.localtime)
    reason = _reason(gettext_lazy("What was wrong with it."))
    done = forms.CharField(label=gettext_lazy("What was done"), max_length=500)

    def asked(self) -> Rework:
        return Rework(**self.cleaned_data)


class BlockForm(forms.Form):
    reason = _reason(gettext_lazy("Whoever scans the part reads it."))


class TimeForm(forms.Form):
    at = MomentField(label=gettext_lazy("When it really happened"))
    reason = _reason(gettext_lazy("Such as: the tablet's clock was eight hours behind."))


class RecallForm(forms.Form):
    """What is suspected; which fields there are depends on its kind."""

    fields_of: ClassVar = {
        RecallKind.LOT: ("named",),
        RecallKind.ITEM: ("named", "first", "last"),
        RecallKind.SERIALS: ("named", "first", "last"),
        RecallKind.STATION: ("named", "since", "until"),
        RecallKind.INSTRUMENT: ("named", "since", "until"),
        RecallKind.OPERATOR: ("named", "since", "until"),
    }
    names: ClassVar = {
        RecallKind.LOT: gettext_lazy("Lot number"),
        RecallKind.ITEM: gettext_lazy("Item number"),
        RecallKind.SERIALS: gettext_lazy("Item number"),
        RecallKind.STATION: gettext_lazy("Station code"),
        RecallKind.INSTRUMENT: gettext_lazy("Number of the instrument"),
        RecallKind.OPERATOR: gettext_lazy("Name of the person"),
    }

    named = forms.CharField(max_length=100, widget=forms.TextInput(attrs={**_SCAN, "list": "known"}))
    first = forms.CharField(max_length=100, label=gettext_lazy("From"))
    last = forms.CharField(max_length=100, label=gettext_lazy("To"))
    since = MomentField(label=gettext_lazy("From"), required=False)
    until = MomentField(label=gettext_lazy("To"), required=False)

    def __init__(self, kind: RecallKind, data: Any) -> None:
        super().__init__(data)
        self.kind = kind
        for name in set(self.fields) - set(self.fields_of[kind]):
            del self.fields[name]
        self.fields["named"].label = self.names[kind]
        if kind == RecallKind.ITEM:
            self.fields["first"].required = self.fields["last"].required = False
            self.fields["first"].help_text = _("Revision; empty: all of them.")
        self.known = list(_known(kind))

    def clean_named(self) -> str:
        """Only what can be mistyped is looked up; a person may have left, an instrument may have been lent."""
        named: str = self.cleaned_data["named"].strip()
        lookups = {
            RecallKind.LOT: Lot.objects.filter(number=named),
            RecallKind.ITEM: Item.objects.filter(number=named),
            RecallKind.SERIALS: Item.objects.filter(number=named),
            RecallKind.STATION: Station.objects.filter(code=named),
        }
        if self.kind in lookups and not lookups[self.kind].exists():
            raise forms.ValidationError(_("%(name)s is not known here.") % {"name": named})
        return named

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("since") and data.get("until") and data["until"] <= data["since"]:
            raise forms.ValidationError(_("The window ends before it begins."))
        if self.kind == RecallKind.ITEM and data.get("named"):
            labels = Revision.objects.filter(item__number=data["named"]).values_list("label", flat=True)
            for name in ("first", "last"):
                if data.get(name) and data[name] not in labels:
                    listed = ", ".join(labels) or "–"
                    self.add_error(name, _("There is no such revision. There are: %(listed)s") % {"listed": listed})
        return data

    def criterion(self) -> Criterion:
        return Criterion(self.kind, **self.cleaned_data)


def _known(kind: RecallKind) -> Any:
    """What the browser proposes while somebody types."""
    if kind == RecallKind.LOT:
        return Lot.objects.order_by("-pk").values_list("number", flat=True)[:200]
    if kind == RecallKind.STATION:
        return Station.objects.order_by("code").values_list("code", flat=True)
    if kind in {RecallKind.ITEM, RecallKind.SERIALS}:
        return Item.objects.order_by("number").values_list("number", flat=True)[:200]
    return ()


class OpenForm(forms.Form):
    title = forms.CharField(label=gettext_lazy("Title"), max_length=200)
    reason = forms.CharField(
        label=gettext_lazy("What is wrong and what must be done"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("It stands in the history of each machine; customers with whom it is shared read it."),
    )
