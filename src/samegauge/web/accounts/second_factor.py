"""One-time codes, recovery codes and security keys: sealed at rest, good once, locked after failures."""

from __future__ import annotations

import ipaddress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm, AuthenticateWebAuthnForm, EditWebAuthnForm, LoginWebAuthnForm
from allauth.mfa.webauthn.forms import ReauthenticateWebAuthnForm as LibrarysReauthenticateWebAuthnForm
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http.request import split_domain_port
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from samegauge.core.organisations.sign_in_rules import has_second_factor
from samegauge.core.security_events.models import What
from samegauge.core.security_events.rules import Concerned, is_second_factor_locked, record
from samegauge.doors.crypto import (
    CryptoError,
    bytes_from_text,
    load_or_create_secret,
    opened_under,
    sealed_under,
    text_from_bytes,
)

if TYPE_CHECKING:
    from django.http import HttpRequest

    from samegauge.core.organisations.models import Person

SECRET_FILE = Path("keys") / "second-factor.secret"
PURPOSE = b"samegauge second factor 1"
CODE_LIFE_S = 30


class SecondFactorAdapter(DefaultMFAAdapter):
    """Seals what it keeps with a secret that lies beside the site's keys, not in the database."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": gettext_lazy("This code is not right, or was used already. Wait for the next one."),
        "cannot_delete_authenticator": gettext_lazy(
            "Your organisation asks for a second factor. Set up another one before you remove this one."
        ),
    }

    def encrypt(self, text: str) -> str:
        return text_from_bytes(sealed_under(_secret(settings.SAMEGAUGE_HOME), text.encode(), PURPOSE))

    def decrypt(self, encrypted_text: str) -> str:
        sealed = bytes_from_text(encrypted_text)
        return opened_under(_secret(settings.SAMEGAUGE_HOME), sealed, PURPOSE).decode()

    def get_totp_issuer(self) -> str:
        request: Any = context.request
        return f"samegauge ({request.get_host()})"

    def _get_site_name(self) -> str:
        return "samegauge"

    def generate_authenticator_name(self, user: Any, type: str) -> str:  # noqa: A002 - allauth's signature
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return _("Security key %(number)d") % {"number": number}

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Keep the last one while the organisation of the session asks for one."""
        membership = getattr(context.request, "membership", None)
        if membership is None or membership.role not in membership.organisation.second_factor_roles:
            return True
        others = Authenticator.objects.filter(user=authenticator.user).exclude(pk=authenticator.pk)
        return others.exclude(type=Authenticator.Type.RECOVERY_CODES).exists()


@cache
def _secret(home: Path) -> bytes:
    return load_or_create_secret(home / SECRET_FILE)


def refuse_while_locked(person: Person) -> None:
    if is_second_factor_locked(person):
        record(What.SECOND_FACTOR_LOCKED, Concerned(person))
        raise ValidationError(_("Too many wrong codes. Wait 15 minutes, then try again."))


class _CodeForm(forms.Form):
    """What every form with a code adds to the library's: the lock counts in all processes, and a code is good once."""

    code = forms.CharField(
        label=pgettext_lazy("second factor", "Code"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}),
    )
    user: Person

    def clean_code(self) -> str:
        refuse_while_locked(self.user)
        try:
            code: str = super().clean_code()  # type: ignore[misc]
        except CryptoError as error:
            raise ValidationError(
                _(
                    "Your second factor cannot be read: the secret of this site was lost or changed. "
                    "Ask the owner of your organisation to reset it."
                )
            ) from error
        found = getattr(self, "authenticator", None)
        if found is not None and found.type == Authenticator.Type.TOTP and not use_once(found):
            raise ValidationError(SecondFactorAdapter.error_messages["incorrect_code"])
        return code


def use_once(authenticator: Authenticator) -> bool:
    """Take the code of this half minute; of two processes that are given the same code, one takes it."""
    now = timezone.now()
    step = now.timestamp() // CODE_LIFE_S * CODE_LIFE_S
    unused = Q(last_used_at__isnull=True) | Q(last_used_at__lt=now.fromtimestamp(step, tz=now.tzinfo))
    return bool(Authenticator.objects.filter(unused, pk=authenticator.pk).update(last_used_at=now))


class CodeForm(_CodeForm, AuthenticateForm):
    pass


class ConfirmingCodeForm(_CodeForm, ReauthenticateForm):
    pass


class SetUpCodesForm(ActivateTOTPForm):
    code = forms.CharField(
        label=gettext_lazy("Code that the app shows"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )

    def clean_code(self) -> str:
        refuse_while_locked(self.user)
        return super().clean_code()


class _KeyForm:
    """A key that answers wrongly counts as a failure, as a wrong code does."""

    user: Person | None

    def clean_credential(self) -> Authenticator:
        person = self.user
        if person is not None:
            refuse_while_locked(person)
        try:
            return super().clean_credential()  # type: ignore[misc]
        except ValidationError:
            if person is not None:
                record(What.SECOND_FACTOR_FAILED, Concerned(person), "webauthn")
            raise


class KeyForm(_KeyForm, AuthenticateWebAuthnForm):
    pass


class ConfirmingKeyForm(_KeyForm, LibrarysReauthenticateWebAuthnForm):
    pass


class LoneKeyForm(LoginWebAuthnForm):
    def clean_credential(self) -> Authenticator:
        try:
            return super().clean_credential()
        except ValidationError:
            record(What.SIGN_IN_FAILED, Concerned(), "webauthn")
            raise


class AddKeyForm(AddWebAuthnForm):
    name = forms.CharField(label=gettext_lazy("Name of the key"), max_length=100, required=False)
    passwordless = forms.BooleanField(
        label=gettext_lazy("Sign in with this key alone, without a password"),
        required=False,
        help_text=gettext_lazy("The key then asks for its PIN or your finger."),
    )


class EditKeyForm(EditWebAuthnForm):
    name = forms.CharField(label=gettext_lazy("Name of the key"), max_length=100)


def keys_work_here(request: HttpRequest) -> bool:
    """Tell whether browsers let a page at this address use keys: over https or on localhost, not at a number."""
    host, _port = split_domain_port(request.get_host())
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return request.is_secure() or host == "localhost"
    return False


def factors_of(person: Person) -> dict[str, Any]:
    """What the pages show of somebody's second factors."""
    mine = Authenticator.objects.filter(user=person).order_by("created_at")
    return {
        "totp": next((one for one in mine if one.type == Authenticator.Type.TOTP), None),
        "keys": [one for one in mine if one.type == Authenticator.Type.WEBAUTHN],
        "recovery_codes": next((one for one in mine if one.type == Authenticator.Type.RECOVERY_CODES), None),
        "has_second_factor": has_second_factor(person),
    }
