"""A model without a declared owner does not start."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.checks import Error, register

from samegauge.core.scope import ScopedManager, is_owned

BELONGS_TO = {"owned", "shared", "public", "platform"}

# Libraries' tables: none of them holds a firm's records.
PLATFORM_TABLES = {
    "account.EmailAddress",
    "account.EmailConfirmation",
    "auth.Group",
    "auth.Permission",
    "axes.AccessAttempt",
    "axes.AccessAttemptExpiration",
    "axes.AccessFailureLog",
    "axes.AccessLog",
    "contenttypes.ContentType",
    "mfa.Authenticator",
    "sessions.Session",
    "socialaccount.SocialAccount",
    "socialaccount.SocialApp",
    "socialaccount.SocialToken",
    "usersessions.UserSession",
}


@register()
def every_model_says_whom_it_belongs_to(**_kwargs: Any) -> list[Error]:
    found = []
    for model in apps.get_models():
        declared = getattr(model, "belongs_to", None)
        if model._meta.label in PLATFORM_TABLES:
            continue
        if declared not in BELONGS_TO:
            found.append(Error(f"{model._meta.label} does not say whom it belongs to.", id="samegauge.E001", obj=model))
        elif declared == "owned" and not _is_walled(model):
            found.append(
                Error(f"{model._meta.label} is owned but not behind the wall.", id="samegauge.E002", obj=model)
            )
    return found


def _is_walled(model: Any) -> bool:
    managers = [*model._meta.managers, model._base_manager, model._default_manager]
    return is_owned(model) and all(isinstance(manager, ScopedManager) for manager in managers)
