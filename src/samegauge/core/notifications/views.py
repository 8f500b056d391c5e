from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib import messages
from django.db.models import Q
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from samegauge.core.attention.declaration import STAFF
from samegauge.core.language import in_reader_language, reads_chinese
from samegauge.core.notifications.forms import NotificationForm
from samegauge.core.notifications.letters import write_test
from samegauge.core.notifications.models import Language, Mail, Notice, NotificationSettings
from samegauge.core.notifications.notices import GOAL_PER_HOUR, mark_read, rates
from samegauge.core.organisations.permissions import Action, needs
from samegauge.core.pages import page_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

SHOWN_FAULTS = 50


@require_GET
@needs(STAFF)
def notices(request: HttpRequest) -> HttpResponse:
    """What this person was told, the newest first."""
    rows = Notice.objects.filter(person_id=request.user.pk).select_related("incident").order_by("-at", "-pk")
    page = page_of(request, rows)
    lines = [(notice, in_reader_language(notice.said)) for notice in page.rows]
    return render(request, "notifications/notices.html", {"page": page, "lines": lines, "now": datetime.now(UTC)})


@require_POST
@needs(STAFF)
def read_notices(request: HttpRequest) -> HttpResponse:
    mark_read(request.user)  # type: ignore[arg-type]
    return redirect("notices")


@require_http_methods(["GET", "POST"])
@needs(STAFF)
def notification_settings(request: HttpRequest) -> HttpResponse:
    """How this person wants to be told in this organisation."""
    wish = NotificationSettings.objects.filter(person_id=request.user.pk).first()
    if wish is None:
        language = Language.CHINESE if reads_chinese() else Language.ENGLISH
        wish = NotificationSettings(person_id=request.user.pk, language=language)
    form = NotificationForm(request.POST or None, instance=wish)
    if request.method == "POST" and form.is_valid():
        form.save()
        if "test" in request.POST and settings.SITE.mail and request.user.email:  # type: ignore[union-attr]
            write_test(request.membership, wish)  # type: ignore[attr-defined]
            messages.success(request, _("Saved. A test letter is on its way."))
        else:
            messages.success(request, _("Saved."))
        return redirect("notification_settings")
    context = {"form": form, "mail": settings.SITE.mail, "address": request.user.email}  # type: ignore[union-attr]
    status = 422 if form.errors else 200
    return render(request, "notifications/settings.html", context, status=status)


@require_GET
@needs(Action.MANAGE_PEOPLE)
def notification_report(request: HttpRequest) -> HttpResponse:
    """How often people are told, against the goal, and the letters that did not go out."""
    found = rates(datetime.now(UTC))
    fullest = max((rate.fullest_hour for rate in found), default=0)
    faults = Mail.objects.filter(Q(given_up_at__isnull=False) | ~Q(fault=""), sent_at__isnull=True)
    sentence = ngettext(
        "At most %(count)d notice came to one person in an hour",
        "At most %(count)d notices came to one person in an hour",
        fullest,
    )
    context = {
        "rates": found,
        "goal": GOAL_PER_HOUR,
        "sentence": sentence % {"count": fullest},
        "kind": "warning" if fullest > GOAL_PER_HOUR else "ok",
        "faults": faults.select_related("person").order_by("-created_at")[:SHOWN_FAULTS],
        "mail": settings.SITE.mail,
    }
    return render(request, "notifications/report.html", context)
