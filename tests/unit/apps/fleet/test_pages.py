"""The machine pages: which days exist, and whose units they show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from samegauge.core import telemetry
from samegauge.core.organisations.models import Role
from samegauge.core.production.models import DataItem
from samegauge.core.thread.models import Item, ItemKind, Unit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from samegauge.core.organisations.models import Organisation, Person

LOGIN_BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def machine(in_scope: Organisation, settings: Any, tmp_path: Path) -> Unit:
    settings.SAMEGAUGE_HOME = tmp_path
    telemetry._lake_of.cache_clear()
    return Unit.objects.create(serial="Mill", item=Item.objects.create(number="M", name="M", kind=ItemKind.MACHINE))


@pytest.fixture
def browser(person_with_role: Callable[..., Person], organisation: Organisation) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(person_with_role(Role.GUEST, organisation), LOGIN_BACKEND)
    return client


@pytest.mark.parametrize("day", ["1900-01-01", "2199-12-31"])
def test_the_first_and_the_last_day_exist(browser: Client, machine: Unit, day: str) -> None:
    assert browser.get(f"/machines/{machine.uid}/{day}/").status_code == 200


@pytest.mark.parametrize("day", ["1899-12-31", "2200-01-01", "0001-01-01", "9999-12-31", "2017-02-30", "x"])
@pytest.mark.parametrize("page", ["", "signals/?tag=load"])
def test_other_days_do_not(browser: Client, machine: Unit, day: str, page: str) -> None:
    assert browser.get(f"/machines/{machine.uid}/{day}/{page}").status_code == 404


def test_a_unit_is_said_to_be_the_machines_own_word(browser: Client, machine: Unit) -> None:
    DataItem.objects.create(
        machine=machine, tag="Frt", category="SAMPLE", type="PATH_FEEDRATE", units="MILLIMETER/SECOND"
    )
    said = browser.get(f"/machines/{machine.uid}/").content.decode()
    assert "Unit, as the machine declares it" in said
    assert "MILLIMETER/SECOND" in said
