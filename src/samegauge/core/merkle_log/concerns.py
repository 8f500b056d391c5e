"""A witness that refuses the log: a concern of those who answer for what the organisation signs."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from samegauge.core.attention.declaration import Concern, Finding, counted, declare
from samegauge.core.attention.models import Severity
from samegauge.core.merkle_log.models import Answer, WitnessAnswer
from samegauge.core.organisations.models import Role

if TYPE_CHECKING:
    from collections.abc import Iterator


def _find_refusals() -> Iterator[Finding]:
    for one in WitnessAnswer.objects.filter(answer=Answer.REFUSED).order_by("witness"):
        yield Finding(
            cause=f"witness {one.witness}",
            said=partial(_said, one.witness),
            evidence=partial(str, one.said),
            step=lambda: _("Look at the log"),
            url=reverse("seal_log"),
            since=one.since,
            severity=Severity.ALARM,
        )


def _said(witness: str) -> str:
    return _("The witness %(witness)s refuses the log: it is not the one it saw before") % {"witness": witness}


declare(
    Concern(
        name="witness",
        title=gettext_lazy("Seal log"),
        icon="certificate",
        roles=frozenset({Role.OWNER, Role.QUALITY_MANAGER}),
        find=_find_refusals,
        counted=counted(
            ngettext_lazy("%(count)d witness refuses the log", "%(count)d witnesses refuse the log", "count")
        ),
    )
)
