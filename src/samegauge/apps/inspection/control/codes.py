"""The cause and action codes an organisation starts with."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from samegauge.apps.inspection.control.models import ActionCode, CauseCode, CodeRecord


@cache
def _table() -> dict[str, list[dict[str, Any]]]:
    return tomllib.loads((files("samegauge.apps.inspection.control") / "codes.toml").read_text("utf-8"))


def ensure_codes() -> None:
    """Give an organisation that has none the usual ones: an alarm that cannot be answered would hold for ever."""
    models: dict[str, type[CodeRecord]] = {"cause": CauseCode, "action": ActionCode}
    for name, model in models.items():
        if not model._default_manager.exists():
            usual = enumerate(_table()[name], start=1)
            model._default_manager.bulk_create([model(sequence=10 * place, **one) for place, one in usual])
