"""Organisations, the people in them, their roles, and the ways in: one-time links and API tokens."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _

from samegauge.core.fields import JsonField
from samegauge.core.identifiers import new_uid


class OrganisationKind(models.TextChoices):
    MACHINE_BUILDER = "machine_builder", _("Machine builder")
    COMPONENT_MAKER = "component_maker", _("Component maker")
    FOUNDRY = "foundry", _("Foundry")
    HEAT_TREATER = "heat_treater", _("Heat treater")
    SENSOR_MAKER = "sensor_maker", _("Sensor maker or integrator")
    END_USER = "end_user", _("End user of machines")
    ASSOCIATION = "association", _("Trade association")
    PROGRAMME_OFFICE = "programme_office", _("Programme office")


class Organisation(models.Model):
    belongs_to = "platform"

    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    name = models.CharField(max_length=200)
    name_zh = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=30, choices=OrganisationKind.choices)
    time_zone = models.CharField(max_length=60, default="Asia/Taipei")
    is_simulated = models.BooleanField(default=False)
    second_factor_roles = JsonField(default=list)
    idle_minutes = models.PositiveSmallIntegerField(default=60)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    OWNER = "owner", _("Owner")
    ENGINEER = "engineer", _("Engineer")
    QUALITY_MANAGER = "quality_manager", _("Quality manager")
    INSPECTOR = "inspector", _("Inspector")
    ASSEMBLER = "assembler", _("Assembler")
    SERVICE = "service", _("Service engineer")
    SALES = "sales", _("Sales engineer")
    GUEST = "guest", _("Guest")


class Person(AbstractUser):
    belongs_to = "platform"

    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    display_name = models.CharField(max_length=150, blank=True)

    def __str__(self) -> str:
        return self.display_name or self.username


class Membership(models.Model):
    """Which person does what in which organisation, until switched off."""

    belongs_to = "platform"

    organisation_id: int
    person_id: int
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="memberships")
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=30, choices=Role.choices)
    created_at = models.DateTimeField(auto_now_add=True)
    switched_off_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "organisation"], name="one_role_per_person_and_organisation")
        ]

    def __str__(self) -> str:
        return f"{self.person} · {self.organisation} · {self.role}"

    @staticmethod
    def active() -> models.QuerySet[Membership]:
        return Membership.objects.filter(switched_off_at__isnull=True)


class KeptPassword(models.Model):
    """The hash of a password that a person had, while the rules of the site forbid to take one again."""

    belongs_to = "platform"

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="kept_passwords")
    password = models.CharField(max_length=128)
    set_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.person} {self.set_at:%Y-%m-%d}"


class SetupLink(models.Model):
    """The one-time link of the first start; only the token's hash is kept."""

    belongs_to = "platform"

    token_sha256 = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"setup link of {self.created_at:%Y-%m-%d %H:%M}"


class ApiToken(models.Model):
    """Lets a program act for one person in one organisation; only the token's hash is kept."""

    belongs_to = "platform"

    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=100)
    token_sha256 = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name
