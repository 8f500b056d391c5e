from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from samegauge.core.identifiers import new_uid
from samegauge.core.scope import Owned

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST_DEVICE = 200
LONGEST_NAME = 200
LONGEST_DETAILS = 500


class What(models.TextChoices):
    SIGNED_IN = "signed_in", _("Signed in")
    SIGN_IN_FAILED = "sign_in_failed", _("Sign-in failed")
    SIGN_IN_LOCKED = "sign_in_locked", _("Sign-in locked after failures")
    SIGNED_OUT = "signed_out", _("Signed out")
    SESSION_ENDED = "session_ended", _("Session ended by somebody")
    SESSION_EXPIRED = "session_expired", _("Session ran out")
    CONFIRMED = "confirmed", _("Confirmed that it is really the person")
    SECOND_FACTOR_ADDED = "second_factor_added", _("Second factor set up")
    SECOND_FACTOR_REMOVED = "second_factor_removed", _("Second factor removed")
    SECOND_FACTOR_RESET = "second_factor_reset", _("Second factor reset for somebody")
    SECOND_FACTOR_FAILED = "second_factor_failed", _("Second factor failed")
    SECOND_FACTOR_LOCKED = "second_factor_locked", _("Second factor locked after failures")
    RECOVERY_CODES_MADE = "recovery_codes_made", _("New recovery codes made")
    RECOVERY_CODE_USED = "recovery_code_used", _("Recovery code used")
    PASSWORD_CHANGED = "password_changed", _("Password changed")
    PASSWORD_LINK_MADE = "password_link_made", _("Link for a new password made")
    COMPANY_SIGN_IN_REFUSED = "company_sign_in_refused", _("Company sign-in refused")
    CONNECTION_ADDED = "connection_added", _("Company account connected")
    CONNECTION_REMOVED = "connection_removed", _("Company account disconnected")
    PERSON_ADDED = "person_added", _("Person added")
    ROLE_CHANGED = "role_changed", _("Role or access changed")
    TOKEN_MADE = "token_made", _("Access token made")
    TOKEN_REVOKED = "token_revoked", _("Access token revoked")
    RULES_CHANGED = "rules_changed", _("Sign-in rules changed")
    REFUSED = "refused", _("Refused: not allowed for the role")


class AppendOnlyError(Exception):
    """A security event is never changed or deleted."""


class SecurityEvent(Owned):
    """One thing that happened, as one organisation sees it; all rows of one happening share `occurrence`.

    The names are those of the moment. `person` acted, or tried to; `subject` is whose account or rights it was about.
    """

    get_what_display: Callable[[], str]
    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    occurrence = models.UUIDField()
    at = models.DateTimeField(default=timezone.now)
    what = models.CharField(max_length=40, choices=What.choices)
    person = models.ForeignKey("organisations.Person", on_delete=models.PROTECT, null=True, related_name="+")
    person_name = models.CharField(max_length=LONGEST_NAME, blank=True)
    subject = models.ForeignKey("organisations.Person", on_delete=models.PROTECT, null=True, related_name="+")
    subject_name = models.CharField(max_length=LONGEST_NAME, blank=True)
    address = models.GenericIPAddressField(null=True)
    device = models.CharField(max_length=LONGEST_DEVICE, blank=True)
    details = models.CharField(max_length=LONGEST_DETAILS, blank=True)

    class Meta(Owned.Meta):
        indexes: ClassVar = [
            models.Index(fields=["organisation", "-at"], name="security_events_newest_first"),
            models.Index(fields=["person", "what", "at"], name="security_events_of_a_person"),
        ]

    def __str__(self) -> str:
        return f"{self.what} {self.at:%Y-%m-%d %H:%M}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnlyError("A security event is never changed.")
        super().save(*args, **kwargs)

    def delete(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise AppendOnlyError("A security event is never deleted.")
