from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.db import models

from samegauge.core.organisations import checks
from samegauge.core.organisations.checks import PLATFORM_TABLES, every_model_says_whom_it_belongs_to
from samegauge.core.scope import Owned, ScopedManager


def check(monkeypatch: pytest.MonkeyPatch, *found: Any) -> list[str]:
    monkeypatch.setattr(checks, "apps", SimpleNamespace(get_models=lambda: found))
    return [error.id for error in every_model_says_whom_it_belongs_to()]


def model(name: str, base: type = models.Model, **attributes: Any) -> Any:
    meta = type("Meta", (), {"app_label": "checks", "base_manager_name": "objects"})
    return type(name, (base,), {"__module__": __name__, "Meta": meta, **attributes})


@pytest.fixture(autouse=True)
def forget_models() -> Any:
    yield
    apps.all_models.pop("checks", None)
    apps.clear_cache()


def test_the_site_as_it_is_passes() -> None:
    assert every_model_says_whom_it_belongs_to() == []
    assert len(apps.get_models()) > len(PLATFORM_TABLES) + 15


def test_the_platforms_tables_are_all_there() -> None:
    assert {found._meta.label for found in apps.get_models()} >= PLATFORM_TABLES


def test_a_model_without_declaration_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    assert check(monkeypatch, model("Silent", objects=models.Manager())) == ["samegauge.E001"]


def test_a_model_with_an_unknown_declaration_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    assert check(monkeypatch, model("Odd", belongs_to="everyone", objects=models.Manager())) == ["samegauge.E001"]


def test_an_owned_model_without_organisation_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    assert check(monkeypatch, model("Loose", belongs_to="owned", objects=ScopedManager())) == ["samegauge.E002"]


def test_an_owned_model_with_one_plain_manager_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    beside = model("Beside", Owned, objects=ScopedManager(), everything=models.Manager())
    assert check(monkeypatch, beside) == ["samegauge.E002"]


def test_an_owned_model_whose_base_manager_is_plain_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    organisation = models.ForeignKey("organisations.Organisation", on_delete=models.PROTECT, related_name="+")
    meta = type("Meta", (), {"app_label": "checks"})
    declared = {"belongs_to": "owned", "organisation": organisation, "objects": ScopedManager()}
    bare = type("Bare", (models.Model,), {"__module__": __name__, "Meta": meta, **declared})
    assert check(monkeypatch, bare) == ["samegauge.E002"]


def test_an_owned_model_keeps_its_wall_though_its_meta_forgets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    meta = type("Meta", (), {"app_label": "checks"})
    forgetful = type("Forgetful", (Owned,), {"__module__": __name__, "Meta": meta})
    assert check(monkeypatch, forgetful) == []
