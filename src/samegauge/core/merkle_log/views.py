"""The log of an organisation for those who answer for it, and this site as a witness of other people's logs."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from samegauge.core.face import Action as Button
from samegauge.core.language import reads_chinese
from samegauge.core.merkle_log.showing import log_page
from samegauge.core.merkle_log.tree import LogKeyGoneError, current_log, sign_newest
from samegauge.core.merkle_log.witness import SIZE_TYPE, Status, WitnessError, open_witness
from samegauge.core.merkle_log.witnessing import AnswerError, request_for, take_signatures
from samegauge.core.organisations.permissions import Action, may, needs, public, require
from samegauge.core.public_rate import limited
from samegauge.doors.crypto import CryptoError
from samegauge.formats.checkpoint import MOST_BYTES

if TYPE_CHECKING:
    from django.http import HttpRequest


@public
@csrf_exempt  # a program asks, with no session; the signature under the checkpoint is what counts
@require_POST
@limited
def add_checkpoint(request: HttpRequest) -> HttpResponse:
    """Answer for a log that this site was told to watch (C2SP tlog-witness); a site that is no witness has no page."""
    try:
        witness = open_witness(Path(settings.SAMEGAUGE_HOME) / "witness")
    except WitnessError as error:
        raise Http404 from error
    if int(request.headers.get("Content-Length") or 0) > MOST_BYTES:
        raise BadRequest(_("The request is larger than a checkpoint can be."))
    decision = witness.answer(request.body, datetime.now(UTC))
    plain = "text/plain; charset=utf-8"
    kind = SIZE_TYPE if decision.status == Status.OTHER_SIZE else plain
    return HttpResponse(decision.body, content_type=kind, status=int(decision.status))


@require_http_methods(["GET", "POST"])
@needs(Action.READ)
def seal_log(request: HttpRequest) -> HttpResponse:
    """Show how far the log is and who has seen it; take in what a witness answered."""
    if request.method == "POST":
        require(request, Action.ISSUE_PASSPORT)
        _take_in(request)
        return redirect("seal_log")
    log, may_sign = current_log(), may(request.membership.role, Action.ISSUE_PASSPORT)  # type: ignore[attr-defined]
    button = Button(_("File for a witness"), reverse("witness_request"), "download", "post")
    actions = [button] if may_sign and log.size else []
    page = log_page(log, datetime.now(UTC))
    return render(request, "merkle_log/seal_log.html", {**page, "actions": actions, "may_sign": may_sign})


def _take_in(request: HttpRequest) -> None:
    uploaded = request.FILES.get("file")
    if uploaded is None or (uploaded.size or 0) > MOST_BYTES:
        messages.error(request, _("Choose the small file that the witness gave back."))
        return
    try:
        names = take_signatures(uploaded.read())
    except AnswerError as error:
        messages.error(request, error.message_zh if reads_chinese() else str(error))
    else:
        messages.success(request, _("Signed by %(names)s.") % {"names": ", ".join(names)})


@require_POST  # it may write: a signed state, and the key at first use
@needs(Action.ISSUE_PASSPORT)
def witness_request(request: HttpRequest) -> HttpResponse:
    """Sign the newest state and hand it over as the file that a witness is given; `since` is what it signed last."""
    since = request.GET.get("since", "0")
    try:
        state = sign_newest(datetime.now(UTC))
    except (LogKeyGoneError, CryptoError) as error:
        raise BadRequest(str(error)) from error
    if state is None:
        raise Http404
    size = int(since) if since.isascii() and since.isdigit() and int(since) <= state.size else 0
    answer = HttpResponse(request_for(state, size).text, content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="log-{state.size}.checkpoint.txt"'
    return answer
