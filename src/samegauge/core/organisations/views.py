from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from allauth.account.decorators import reauthentication_required
from allauth.account.utils import perform_login
from django.contrib import messages
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.tokens import default_token_generator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from samegauge.core.organisations import rules
from samegauge.core.organisations.forms import FirstStartForm, MemberForm, PersonForm, SignInRulesForm, TokenForm
from samegauge.core.organisations.middleware import ORGANISATION_KEY
from samegauge.core.organisations.models import ApiToken, Membership, Person, Role
from samegauge.core.organisations.permissions import Action, needs, public
from samegauge.core.organisations.rules import (
    MemberChangeError,
    SetupLinkUsedError,
    add_person,
    change_member,
    found_organisation,
    issue_token,
    open_setup_link,
)
from samegauge.core.organisations.sign_in_rules import (
    AccountRefusedError,
    change_rules,
    end_members_sessions,
    has_second_factor,
    link_for_new_password,
    make_link,
    people_with_second_factor,
    reset_second_factor,
    rules_of,
)
from samegauge.core.security_events.models import SecurityEvent, What
from samegauge.core.security_events.rules import Concerned, record

if TYPE_CHECKING:
    from django.http import HttpRequest

# Asks for the password or a second factor again when that was not done in the last five minutes.
confirmed: Any = reauthentication_required(allow_get=True)


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
        return perform_login(request, membership.person)
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
        record(What.PASSWORD_CHANGED, Concerned(person))
        return perform_login(request, person)
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
@confirmed
def people(request: HttpRequest) -> HttpResponse:
    acting = request.membership  # type: ignore[attr-defined]
    form, link = PersonForm(request.POST or None), ""
    if request.method == "POST" and form.is_valid():
        added = add_person(form.person(), Role(form.cleaned_data["role"]), acting)
        link = request.build_absolute_uri(link_for_new_password(added.person))
        form = PersonForm()
    members = Membership.objects.filter(organisation=acting.organisation_id).select_related("person")
    context = {
        "form": form,
        "members": members.order_by("person__username"),
        "link": link,
        "secured": people_with_second_factor(member.person_id for member in members),
    }
    return render(request, "organisations/people.html", context)


@require_http_methods(["GET", "POST"])
@needs(Action.MANAGE_PEOPLE)
@confirmed
def member(request: HttpRequest, person_uid: UUID) -> HttpResponse:
    """Change a member's role or access: chosen, shown once more in words, then done."""
    acting, membership = _acting_and_member(request, person_uid)
    now = {"role": membership.role, "active": "on" if membership.switched_off_at is None else "off"}
    form = MemberForm(request.POST or None, initial=now)
    context = {
        "form": form,
        "member": membership,
        "is_oneself": membership == acting,
        "has_second_factor": has_second_factor(membership.person),
    }
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


@require_POST
@needs(Action.MANAGE_PEOPLE)
@confirmed
def help_member(request: HttpRequest, person_uid: UUID) -> HttpResponse:
    """Help somebody who lost the way in: a link for a new password, no second factor any more, or no open session."""
    acting, membership = _acting_and_member(request, person_uid)
    asked, link = request.POST.get("what", ""), ""
    try:
        if asked == "link":
            link = request.build_absolute_uri(make_link(membership, acting))
            return render(request, "organisations/member_link.html", {"member": membership, "link": link})
        if asked == "second_factor":
            reset_second_factor(membership, acting)
            messages.success(request, _("%(person)s has no second factor any more.") % {"person": membership.person})
        elif asked == "sessions":
            end_members_sessions(membership, acting)
            messages.success(request, _("%(person)s is signed out everywhere.") % {"person": membership.person})
    except AccountRefusedError as refusal:
        messages.error(request, str(refusal))
    return redirect("member", person_uid)


def _acting_and_member(request: HttpRequest, person_uid: UUID) -> tuple[Membership, Membership]:
    acting = request.membership  # type: ignore[attr-defined]
    members = Membership.objects.select_related("person")
    return acting, get_object_or_404(members, organisation=acting.organisation_id, person__uid=person_uid)


@require_http_methods(["GET", "POST"])
@needs(Action.MANAGE_PEOPLE)
@confirmed
def sign_in_rules(request: HttpRequest) -> HttpResponse:
    acting = request.membership  # type: ignore[attr-defined]
    now = rules_of(acting.organisation)
    initial = {"second_factor_roles": sorted(now.second_factor_roles), "idle_minutes": now.idle_minutes}
    form = SignInRulesForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        change_rules(form.rules(), acting)
        messages.success(request, _("The sign-in rules were changed."))
        return redirect("sign_in_rules")
    history = SecurityEvent.objects.filter(what=What.RULES_CHANGED).order_by("-at")[:20]
    return render(request, "organisations/sign_in_rules.html", {"form": form, "history": history})


@require_http_methods(["GET", "POST"])
@needs(Action.MANAGE_TOKENS)
@confirmed
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
    rules.revoke_token(token, request.membership)  # type: ignore[attr-defined]
    return redirect("tokens")
