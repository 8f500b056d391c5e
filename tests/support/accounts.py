"""A browser whose person just said again who it is, as pages that change rights ask for."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY

if TYPE_CHECKING:
    from django.test import Client

    from samegauge.core.organisations.models import Person

LOGIN_BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def sign_in_confirmed(client: Client, person: Person) -> Client:
    client.force_login(person, LOGIN_BACKEND)
    session = client.session
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [{"method": "password", "at": time.time(), "reauthenticated": True}]
    session["account_authentication_methods_user"] = str(person.pk)
    session.save()
    return client
