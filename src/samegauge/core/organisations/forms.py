from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from samegauge.core.organisations.models import Organisation, OrganisationKind, Person, Role
from samegauge.core.organisations.rules import MemberChange


class FirstStartForm(forms.Form):
    """The first organisation and its owner."""

    organisation_name = forms.CharField(label=_("Organisation"), max_length=200)
    organisation_name_zh = forms.CharField(label=_("Organisation (Chinese)"), max_length=200, required=False)
    kind = forms.ChoiceField(label=_("Kind of organisation"), choices=OrganisationKind.choices)
    display_name = forms.CharField(label=_("Your name"), max_length=150)
    username = forms.CharField(label=_("Sign-in name"), max_length=150, validators=[Person.username_validator])
    password = forms.CharField(
        label=_("Password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least 12 characters. A short sentence is easy to remember."),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "password" in data:
            person = Person(username=data.get("username", ""), display_name=data.get("display_name", ""))
            try:
                validate_password(data["password"], person)
            except forms.ValidationError as error:
                self.add_error("password", error)
        return data

    def organisation(self) -> Organisation:
        data = self.cleaned_data
        return Organisation(name=data["organisation_name"], name_zh=data["organisation_name_zh"], kind=data["kind"])

    def owner(self) -> Person:
        data = self.cleaned_data
        person = Person(username=data["username"], display_name=data["display_name"])
        person.set_password(data["password"])
        return person


class PersonForm(forms.Form):
    """Somebody who joins the organisation."""

    display_name = forms.CharField(label=_("Name"), max_length=150)
    username = forms.CharField(label=_("Sign-in name"), max_length=150, validators=[Person.username_validator])
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, initial=Role.ENGINEER)

    def clean_username(self) -> str:
        username = self.cleaned_data["username"]
        if Person.objects.filter(username__iexact=username).exists():
            raise forms.ValidationError(_("This sign-in name is taken. Choose another."))
        return username


class MemberForm(forms.Form):
    """What a member is from now on."""

    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)
    active = forms.TypedChoiceField(
        label=_("Access"),
        choices=[("on", _("May work here")), ("off", _("Switched off"))],
        coerce=lambda state: state == "on",
    )

    def change(self) -> MemberChange:
        return MemberChange(Role(self.cleaned_data["role"]), self.cleaned_data["active"])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors and not self.has_changed():
            raise forms.ValidationError(_("Nothing is different. Choose another role, or switch the person off or on."))
        return data


class TokenForm(forms.Form):
    name = forms.CharField(label=_("What the token is for"), max_length=100)
