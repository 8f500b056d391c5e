from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.utils import translation

import samegauge
from samegauge.web.frontend.build import compile_messages

LOCALE = Path(samegauge.__file__).parent / "web" / "locale"


@pytest.mark.parametrize("language", ["zh_Hant", "en"])
def test_placeholders_survive_translation(language: str) -> None:
    with (LOCALE / language / "LC_MESSAGES" / "django.po").open("rb") as file:
        catalogue = read_po(file, locale=language, abort_invalid=True)
    lost = [
        message.id
        for message in catalogue
        for text in _texts(message.string)
        if message.id and _placeholders(text) not in [_placeholders(one) for one in _texts(message.id)]
    ]
    assert lost == []
    assert len(catalogue) >= 10


def test_catalogues_compile_once(tmp_path: Path) -> None:
    target = tmp_path / "zh_Hant" / "LC_MESSAGES"
    target.mkdir(parents=True)
    (target / "django.po").write_bytes((LOCALE / "zh_Hant" / "LC_MESSAGES" / "django.po").read_bytes())
    assert compile_messages(tmp_path) == ["zh_Hant"]
    assert (target / "django.mo").stat().st_size > 1000
    assert compile_messages(tmp_path) == []


def test_our_texts_replace_those_of_the_libraries() -> None:
    compile_messages(LOCALE)
    with translation.override("zh-hant"):
        assert translation.gettext("Forgot your password?") == "忘記密碼？"
        assert translation.ngettext("%(count)s hour ago", "%(count)s hours ago", 3) == "%(count)s 小時前"
    with translation.override("en"):
        assert translation.gettext("Remember Me") == "Stay signed in"


def _texts(said: str | tuple[str, ...] | list[str]) -> list[str]:
    return [said] if isinstance(said, str) else list(said)


def _placeholders(text: str) -> set[str]:
    return set(re.findall(r"%\(\w+\)[sd]|%[sd]|\{\w+\}", text))
