from __future__ import annotations

from typing import Any, ClassVar

from allauth.account.models import EmailAddress
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from samegauge.core.organisations.models import Organisation, OrganisationKind, Person, Role
from samegauge.core.organisations.rules import MemberChange
from samegauge.core.organisations.sign_in_rules import SignInRules


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
    email = forms.EmailField(
        label=_("E-mail address"),
        required=False,
        help_text=_("For signing in with the company account, and for letters. May stay empty."),
    )
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, initial=Role.ENGINEER)

    def clean_email(self) -> str:
        email = self.cleaned_data["email"].lower()
        if email and EmailAddress.objects.filter(email__iexact=email, verified=True).exists():
            raise forms.ValidationError(
                _("This e-mail address belongs to another account. Leave it out, or correct it.")
            )
        return email

    def person(self) -> Person:
        data = self.cleaned_data
        return Person(username=data["username"], display_name=data["display_name"], email=data["email"])

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


class SignInRulesForm(forms.Form):
    """What the organisation asks of its people's accounts."""

    second_factor_roles = forms.MultipleChoiceField(
        label=_("These roles must have a second factor"),
        choices=Role.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Who has none yet is led to set one up at the next step, and can do nothing else before."),
    )
    idle_minutes = forms.TypedChoiceField(
        label=_("Signed out after this time without a step"),
        coerce=int,
        choices=[
            (15, _("15 minutes")),
            (30, _("30 minutes")),
            (60, _("1 hour")),
            (120, _("2 hours")),
            (240, _("4 hours")),
            (720, _("12 hours, a whole shift: for tablets on the floor")),
        ],
        help_text=_("Whatever is chosen, everybody signs in again after 12 hours."),
    )

    def rules(self) -> SignInRules:
        data = self.cleaned_data
        return SignInRules(frozenset(map(Role, data["second_factor_roles"])), data["idle_minutes"])


class AccountForm(forms.ModelForm):
    """What a person calls oneself."""

    class Meta:
        model = Person
        fields = ("display_name",)
        labels: ClassVar = {"display_name": _("Name")}


class TokenForm(forms.Form):
    name = forms.CharField(label=_("What the token is for"), max_length=100)
