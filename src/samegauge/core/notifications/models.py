"""What a person is told, how each person wants to be told, and the outbox of letters."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from samegauge.core.attention.models import Incident, Severity, StepKind
from samegauge.core.fields import JsonField
from samegauge.core.identifiers import new_uid
from samegauge.core.scope import Owned

if TYPE_CHECKING:
    from collections.abc import Callable


class AtOnce(models.TextChoices):
    NOTHING = "nothing", _("Nothing")
    ALARMS = "alarms", _("Alarms")
    ALL = "all", _("Alarms and warnings")


class Language(models.TextChoices):
    CHINESE = "zh-hant", "繁體中文"
    ENGLISH = "en", pgettext_lazy("language of letters", "English")


class NotificationSettings(Owned):
    """How one person wants to be told; without a row, what stands here as default."""

    person_id: int
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    at_once = models.CharField(
        _("By e-mail at once"),
        max_length=10,
        choices=AtOnce.choices,
        default=AtOnce.ALARMS,
        help_text=_("One letter for each cause; more than ten in ten minutes come as one summary."),
    )
    digest_at = models.TimeField(
        _("Daily summary at"),
        null=True,
        blank=True,
        help_text=_("What is open then, in one letter. Empty: no summary."),
    )
    quiet_from = models.TimeField(
        _("Quiet from"), null=True, blank=True, default=dt.time(20), help_text=_("In the organisation's time zone.")
    )
    quiet_to = models.TimeField(
        _("Quiet until"), null=True, blank=True, default=dt.time(7), help_text=_("What came in between is sent then.")
    )
    alarms_break_quiet = models.BooleanField(_("Alarms may break the quiet hours"), default=False)
    language = models.CharField(
        _("Language of the letters"), max_length=10, choices=Language.choices, default=Language.CHINESE
    )
    digest_sent_on = models.DateField(null=True, editable=False)

    class Meta(Owned.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "person"], name="one_notification_setting_per_person")
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.at_once}"


class MailKind(models.TextChoices):
    ONE = "one", pgettext_lazy("letter", "One cause")
    SUMMARY = "summary", pgettext_lazy("letter", "Summary of many")
    DIGEST = "digest", pgettext_lazy("letter", "Daily summary")
    TEST = "test", pgettext_lazy("letter", "Test")


class Mail(Owned):
    """A letter on its way: its Message-ID stays the same however often it is sent, so that twice is seen as once."""

    get_kind_display: Callable[[], str]
    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=MailKind.choices)
    subject = models.CharField(max_length=300)
    text = models.TextField()
    html = models.TextField()
    created_at = models.DateTimeField()
    next_try_at = models.DateTimeField()
    tries = models.PositiveIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    given_up_at = models.DateTimeField(null=True)
    fault = models.CharField(max_length=300, blank=True)

    class Meta(Owned.Meta):
        indexes: ClassVar = [
            models.Index(
                fields=["next_try_at"],
                condition=models.Q(sent_at__isnull=True, given_up_at__isnull=True),
                name="mail_waiting",
            )
        ]

    def __str__(self) -> str:
        return self.subject


class Notice(Owned):
    """One person was told of one step of one incident; `said` is what was said then, in both languages."""

    get_kind_display: Callable[[], str]
    incident_id: int
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="notices")
    kind = models.CharField(max_length=10, choices=StepKind.choices)
    severity = models.CharField(max_length=10, choices=Severity.choices)
    said = JsonField()
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    mail = models.ForeignKey(Mail, on_delete=models.PROTECT, null=True, related_name="notices")

    class Meta(Owned.Meta):
        indexes: ClassVar = [
            models.Index(
                fields=["organisation", "person"], condition=models.Q(read_at__isnull=True), name="notice_unread"
            ),
            models.Index(fields=["organisation", "person", "-at"], name="notice_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.at:%Y-%m-%d %H:%M}"
