from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

from samegauge.core.scope import current_organisation_id


class RecordForm(forms.ModelForm):
    """Checks a record's fields and that its key is free in the organisation; what it says is the same at every door."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.organisation_id = current_organisation_id()
        for name, one in self.fields.items():
            if isinstance(one, forms.ModelChoiceField) and one.queryset is not None:
                current = getattr(self.instance, f"{name}_id", None)
                standing = one.queryset.filter(retired_at__isnull=True)
                one.queryset = standing | one.queryset.filter(pk=current) if current else standing
            if isinstance(one, forms.DateField):
                one.widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
            if isinstance(one, forms.IntegerField):
                one.widget.attrs |= _bounds(self.instance._meta.get_field(name).validators)

    def _get_validation_exclusions(self) -> set[str]:
        # Unique keys hold within the organisation, which no form shows.
        return super()._get_validation_exclusions() - {"organisation"}  # type: ignore[misc]


def _bounds(validators: list[Any]) -> dict[str, Any]:
    """The narrowest limits that a record's field has, for the browser to hold back what lies beyond."""
    found = {
        "min": [one.limit_value for one in validators if isinstance(one, MinValueValidator)],
        "max": [one.limit_value for one in validators if isinstance(one, MaxValueValidator)],
    }
    narrowest = {"min": max, "max": min}
    return {name: narrowest[name](limits) for name, limits in found.items() if limits}
