from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from samegauge.core.organisations.forms import FirstStartForm, MemberForm, PersonForm, TokenForm
from samegauge.core.organisations.middleware import ORGANISATION_KEY
from samegauge.core.organisations.models import ApiToken, Membership, Person
from samegauge.core.organisations.permissions import Action, needs, public
from samegauge.core.organisations.rules import (
    MemberChangeError,
    SetupLinkUsedError,
    change_member,
    found_organisation,
    issue_token,
    open_setup_link,
)

if TYPE_CHECKING:
    from django.http import HttpRequest

LOGIN_BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@public
@require_http_methods(["GET", "POST"])
def start(request: HttpRequest, token: str) -> HttpResponse:
    """Make the first organisation and its owner's account; the link works once."""
    link = open_setup_link(token)
    if link is None:
        raise Http404
    form = FirstStartForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            membership = found_organisation(link, form.organisation(), form.owner())
        except SetupLinkUsedError as used:
            raise Http404 from used
        login(request, membership.person, backend=LOGIN_BACKEND)
        return redirect("home")
    return render(request, "organisations/start.html", {"form": form})


@public
@require_http_methods(["GET", "POST"])
def join(request: HttpRequest, person_uid: UUID, token: str) -> HttpResponse:
    """Let a person who was added choose a password; the link dies with the first use."""
    person = Person.objects.filter(uid=person_uid, is_active=True).first()
    if person is None or not default_token_generator.check_token(person, token):
        raise Http404
    form = SetPasswordForm(person, request.POST or None)
    if request.method == "POST" and form.is_valid():
        form.save()
        login(request, person, backend=LOGIN_BACKEND)
        return redirect("home")
    return render(request, "organisations/join.html", {"form": form, "person": person})


@require_POST
@needs(Action.READ)
def switch(request: HttpRequest) -> HttpResponse:
    try:
        asked = UUID(request.POST.get("organisation", ""))
    except ValueError as error:
        raise Http404 from error
    mine = Membership.active().filter(person_id=request.user.pk)
    request.session[ORGANISATION_KEY] = get_object_or_404(mine, organisation__uid=asked).organisation_id
    return redirect("home")


@require_http_methods(["GET", "POST"])
@needs(Action.MANAGE_PEOPLE)
def people(request: HttpRequest) -> HttpResponse:
    organisation = request.membership.organisation  # type: ignore[attr-defined]
    form, link = PersonForm(request.POST or None), ""
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        with transaction.atomic():
            person = Person(username=data["username"], display_name=data["display_name"])
            person.set_unusable_password()
            person.save()
            Membership.objects.create(person=person, organisation=organisation, role=data["role"])
        link = request.build_absolute_uri(
            reverse("join", args=[person.uid, default_token_generator.make_token(person)])
        )
        form = PersonForm()
    members = Membership.objects.filter(organisation=organisation).select_related("person").order_by("person__username")
    return render(request, "organisations/people.html", {"form": form, "members": members, "link": link})


@require_http_methods(["GET", "POST"])
@needs(Action.MANAGE_PEOPLE)
def member(request: HttpRequest, person_uid: UUID) -> HttpResponse:
    """Change a member's role or access: chosen, shown once more in words, then done."""
    acting = request.membership  # type: ignore[attr-defined]
    members = Membership.objects.select_related("person")
    membership = get_object_or_404(members, organisation=acting.organisation, person__uid=person_uid)
    now = {"role": membership.role, "active": "on" if membership.switched_off_at is None else "off"}
    form = MemberForm(request.POST or None, initial=now)
    context = {"form": form, "member": membership, "is_oneself": membership == acting}
    if request.method == "GET" or not form.is_valid():
        return render(request, "organisations/member.html", context)
    change = form.change()
    if "confirmed" not in request.POST:
        return render(request, "organisations/member.html", {**context, "change": change})
    try:
        change_member(membership, change, acting)
    except MemberChangeError as refusal:
        messages.error(request, str(refusal))
        return render(request, "organisations/member.html", context, status=422)
    messages.success(request, _("%(person)s was changed.") % {"person": membership.person})
    return redirect("people")


@require_http_methods(["GET", "POST"])
@needs(Action.MANAGE_TOKENS)
def tokens(request: HttpRequest) -> HttpResponse:
    membership = request.membership  # type: ignore[attr-defined]
    form, text = TokenForm(request.POST or None), ""
    if request.method == "POST" and form.is_valid():
        _token, text = issue_token(membership, form.cleaned_data["name"])
        form = TokenForm()
    mine = ApiToken.objects.filter(membership=membership, revoked_at__isnull=True).order_by("-created_at")
    return render(request, "organisations/tokens.html", {"form": form, "tokens": mine, "text": text})


@require_POST
@needs(Action.MANAGE_TOKENS)
def revoke_token(request: HttpRequest, token_id: int) -> HttpResponse:
    token = get_object_or_404(ApiToken, pk=token_id, membership=request.membership)  # type: ignore[attr-defined]
    token.revoked_at = datetime.now(UTC)
    token.save(update_fields=["revoked_at"])
    return redirect("tokens")
