"""A table that the declarations do not reach does not start."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.checks import Error, register

from samegauge.core.scope import is_owned


@register()
def owned_records_are_joined_by_owned_records(**_kwargs: Any) -> list[Error]:
    """The table that Django makes by itself for a many-to-many field has no organisation."""
    return [
        Error(f"{model._meta.label} joins owned records: declare it as owned.", id="samegauge.E003", obj=model)
        for model in apps.get_models(include_auto_created=True)
        if model._meta.auto_created
        and any(is_owned(field.related_model) for field in model._meta.fields if field.is_relation)
    ]
