"""Every kind that the models and the recorded package know has a Chinese name on the pages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.apps import apps
from django.utils import translation
from nist_files import recorded

from samegauge.core.words import CHARACTERISTIC_KINDS, DOCUMENT_KINDS, characteristic_kind, document_kind
from samegauge.formats.qif import parse_qif
from samegauge.web.frontend.build import Places, compile_messages

if TYPE_CHECKING:
    from collections.abc import Callable

HAN = re.compile("[\u4e00-\u9fff]")
RESULTS = (
    "QIF-IncomingInspection/BoxResults_19_samples.QIF.gz",
    "QIF-IncomingInspection/CoverResults_20_samples.QIF.gz",
    "FAIR/7_28_2017 8_16_42 AM Box_Results.qif.gz",
    "FAIR/7_18_2017 9_24_30 AM Cover_Results.qif.gz",
)
# A format is called by its name in every language.
NAMES_OF_FORMATS = ("SHDR", "QIF")
# Called so in Taiwan too.
NAMES_OF_CHARTS = ("EWMA", "CUSUM", "Western Electric", "Nelson")


@pytest.fixture(scope="module", autouse=True)
def compiled_messages() -> None:
    compile_messages(Places().locale)


def choices() -> list[str]:
    """Every choice of every field of our models, with its name in the language that is active."""
    ours = [model for model in apps.get_models() if model.__module__.startswith("samegauge.")]
    fields = [field for model in ours for field in model._meta.concrete_fields if field.choices]
    return [f"{field}: {label}" for field in fields for _value, label in field.choices]


def test_every_choice_of_every_model_has_a_chinese_name() -> None:
    with translation.override("zh-hant"):
        silent = [choice for choice in choices() if not HAN.search(choice)]
    assert [choice for choice in silent if not choice.endswith(NAMES_OF_FORMATS + NAMES_OF_CHARTS)] == []
    assert len(choices()) > 30


@pytest.mark.parametrize("path", RESULTS)
def test_every_kind_in_the_recorded_results_has_a_name_in_both_languages(path: str) -> None:
    document = parse_qif(recorded(f"nist-smstestbed/tdp/mtc/{path}"), path)
    kinds = {characteristic.kind for characteristic in document.characteristics} | {"Identity"}
    assert kinds <= CHARACTERISTIC_KINDS.keys()


@pytest.mark.parametrize("named", [characteristic_kind, document_kind])
def test_a_kind_is_named_in_the_readers_language(named: Callable[[str], str]) -> None:
    kinds = CHARACTERISTIC_KINDS if named is characteristic_kind else DOCUMENT_KINDS
    with translation.override("zh-hant"):
        assert [kind for kind in kinds if not HAN.search(named(kind))] == []
    with translation.override("en"):
        assert [kind for kind in kinds if HAN.search(named(kind))] == []
        assert named("OfAnotherStandard") == "OfAnotherStandard"
