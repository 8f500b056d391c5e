from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from samegauge.core.fields import JsonField
from samegauge.core.identifiers import new_uid
from samegauge.core.scope import Owned


class JobState(models.TextChoices):
    REQUESTED = "requested", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Stopped")


class Job(Owned):
    """What was asked of the worker and how far it is; the row is the outbox between the databases."""

    requested_by_id: int | None
    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    kind = models.CharField(max_length=60)
    arguments = JsonField(default=dict)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    requested_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=12, choices=JobState.choices, default=JobState.REQUESTED)
    done = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(default=0)
    message = models.CharField(max_length=300, blank=True)
    message_zh = models.CharField(max_length=300, blank=True)
    result = JsonField(null=True)
    cancel_requested = models.BooleanField(default=False)

    class Meta(Owned.Meta):
        indexes: ClassVar = [models.Index(fields=["organisation", "-requested_at"])]

    def __str__(self) -> str:
        return f"{self.kind} {self.uid}"
