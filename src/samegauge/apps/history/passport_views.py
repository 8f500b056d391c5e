from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from samegauge.apps.history import tables
from samegauge.apps.history.models import Passport
from samegauge.apps.history.passports import MOST_UPLOADED_BYTES, issue, keys_by_maker
from samegauge.core.language import reads_chinese
from samegauge.core.merkle_log.keys import witness_keys
from samegauge.core.organisations.permissions import Action, may, needs, public, require
from samegauge.core.printing import PrintError
from samegauge.core.public_rate import limited
from samegauge.core.scope import all_organisations
from samegauge.core.thread.models import Unit
from samegauge.core.thread.rules import Recorder
from samegauge.core.vault.rules import open_stored, read_stored
from samegauge.formats.passport.check import State, Verdict, verify
from samegauge.formats.passport.pdf_file import verify_file_bytes
from samegauge.formats.passport.records import PassportError
from samegauge.formats.passport.wording import facts, verdict_text

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest


@require_http_methods(["GET", "POST"])
@needs(Action.READ)
def passports(request: HttpRequest, unit_uid: UUID) -> HttpResponse:
    unit = get_object_or_404(Unit.objects.select_related("item", "revision", "organisation"), uid=unit_uid)
    if request.method == "POST":
        require(request, Action.ISSUE_PASSPORT)
        try:
            issue(unit, Recorder(actor=request.user), request.build_absolute_uri("/"))  # type: ignore[arg-type]
        except PrintError as error:
            messages.error(request, error.message_zh if reads_chinese() else error.message)
        except PassportError as error:
            messages.error(request, str(error))
        return redirect("passports", unit_uid)
    issued = Passport.objects.filter(unit=unit).select_related("signed", "printed").order_by("-issued_at")
    allowed = may(request.membership.role, Action.ISSUE_PASSPORT)  # type: ignore[attr-defined]
    context = {"unit": unit, "table": tables.passport_table(issued), "may_issue": allowed}
    return render(request, "history/passports.html", context)


@require_GET
@needs(Action.READ)
def passport_file(_request: HttpRequest, passport_uid: UUID, form: str) -> FileResponse:
    passport = get_object_or_404(Passport.objects.select_related("signed", "printed"), uid=passport_uid)
    if form not in {"json", "pdf"}:
        raise Http404
    stored = passport.signed if form == "json" else passport.printed
    media_type = "application/json" if form == "json" else "application/pdf"
    return FileResponse(open_stored(stored), as_attachment=True, filename=stored.name, content_type=media_type)


@public
@require_GET
@limited
def verify_public(request: HttpRequest, token: str) -> HttpResponse:
    """What anyone with the code on the machine may see: whether the passport is genuine, and what it says."""
    with all_organisations("a passport's public token opens this one passport"):
        passport = (
            Passport.objects.filter(public_token=token, withdrawn_at__isnull=True).select_related("signed").first()
        )
        if passport is None:
            return render(request, "history/verify.html", {"unknown": True}, status=404)
        data = read_stored(passport.signed)
    trusted, unusable = keys_by_maker()
    verdict = verify(data, trusted, witness_keys())
    return render(request, "history/verify.html", {**_explained(verdict), "unusable_keys": unusable})


@public
@require_http_methods(["GET", "POST"])
@limited
def verify_upload(request: HttpRequest) -> HttpResponse:
    """Check a passport file somebody has; nothing is kept."""
    context: dict[str, object] = {}
    uploaded = request.FILES.get("file") if request.method == "POST" else None
    if uploaded is not None:
        if (uploaded.size or 0) > MOST_UPLOADED_BYTES:
            raise BadRequest(_("The file is larger than a passport can be."))
        data = uploaded.read()
        trusted, unusable = keys_by_maker()
        verdict = verify_file_bytes(data, trusted, witness_keys())
        context = {**_explained(verdict), "unusable_keys": unusable}
    return render(request, "history/verify.html", context)


def _explained(verdict: Verdict) -> dict[str, object]:
    """The verdict in the reader's language, with the facts that a genuine passport states."""
    chinese = reads_chinese()
    kind = {State.GENUINE: "ok", State.UNTRUSTED: "warning", State.NEWER_VERSION: "warning"}.get(verdict.state, "alarm")
    sentence = verdict_text(verdict)
    shown = [(fact.label.zh if chinese else fact.label.en, fact.value) for fact in facts(verdict)]
    return {"verdict": verdict, "kind": kind, "sentence": sentence.zh if chinese else sentence.en, "facts": shown}
