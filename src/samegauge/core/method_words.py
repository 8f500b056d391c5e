"""A result's method record in words, so that nobody compares what was estimated differently."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Mapping


def method_facts(record: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Name and text of each field that says something; texts of the method itself stay in the language of science."""
    labels = {
        "name": _("Method"),
        "reference": _("Reference"),
        "estimator": _("Estimator"),
        "constants": _("Constants"),
        "rule_set": _("Rule set"),
        "confidence": _("Confidence"),
        "sample_size": _("Number of values"),
        "excluded": _("Left out"),
        "data_hash": _("Fingerprint of the data"),
        "simulated": _("Simulated"),
        "assumed": _("Assumed"),
    }
    return [(label, _text(record[key])) for key, label in labels.items() if record.get(key)]


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} = {number:.6g}" for name, number in value.items())
    if isinstance(value, list):
        return "; ".join(str(one) for one in value)
    return f"{value:.6g}" if isinstance(value, float) else str(value)
