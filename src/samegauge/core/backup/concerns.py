"""Whether this site could be restored tomorrow: a concern of those who run it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from samegauge.core.attention.declaration import Concern, Finding, counted, declare
from samegauge.core.attention.models import Severity
from samegauge.core.backup.jobs import BACKUP
from samegauge.core.jobs.models import Job, JobState
from samegauge.core.organisations.models import Role
from samegauge.core.organisations.rules import administers_site, house
from samegauge.core.scope import current_organisation_id

if TYPE_CHECKING:
    from collections.abc import Iterator

OLD_AFTER = timedelta(days=2)


def _find_backup() -> Iterator[Finding]:
    """Only the organisation that runs the site can do something about it."""
    runs_the_site = house()
    if runs_the_site is None or runs_the_site.pk != current_organisation_id():
        return
    done = Job.objects.filter(kind=BACKUP, state=JobState.DONE).order_by("-finished_at").first()
    made_at = done.finished_at if done else None
    if timezone.now() - (made_at or runs_the_site.created_at) <= OLD_AFTER:
        return
    placed = bool(settings.SITE.backup_place)
    yield Finding(
        cause="backup",
        said=lambda: _("The last backup is more than two days old") if made_at else _("Nothing has been backed up yet"),
        evidence=lambda: (
            _("The daily backup has not come about; its page says why.")
            if placed
            else _("No place is named for a backup every day.")
        ),
        step=lambda: _("Back up"),
        url=reverse("backup"),
        since=made_at or runs_the_site.created_at,
        severity=Severity.ALARM if placed else Severity.WARNING,
    )


declare(
    Concern(
        name="backup",
        title=gettext_lazy("Backup"),
        icon="package",
        roles=frozenset({Role.OWNER}),
        applies=administers_site,
        find=_find_backup,
        counted=counted(ngettext_lazy("%(count)d backup is overdue", "%(count)d backups are overdue", "count")),
    )
)
