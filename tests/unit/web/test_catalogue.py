"""Both languages whole: nothing missing, nothing left over, every text usable as it stands."""

from __future__ import annotations

import gettext
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from babel.messages.pofile import read_po
from django.utils import translation

import samegauge
from samegauge.quantities.glossary import glossary
from samegauge.web.frontend.build import compile_messages
from tools import texts
from tools.source import Repository

if TYPE_CHECKING:
    from collections.abc import Sequence

    from babel.messages.catalog import Catalog, Message

PACKAGE = Path(samegauge.__file__).parent
LOCALE = PACKAGE / "web" / "locale"
PLACEHOLDER = re.compile(r"%\(\w+\)[-#0 +.\d]*[a-z]|\{\w*\}")
SENTENCE_END = re.compile(r"(?<!^No)[.?]$")
# A job is 執行中 where a machine is 加工中, and the position of a component is a place, not a tolerance.
SAID_OTHERWISE = {"running", "waiting", "position"}


def catalogue_of(language: str) -> Catalog:
    with (LOCALE / language / "LC_MESSAGES" / "django.po").open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def entries(catalogue: Catalog) -> list[Message]:
    return [message for message in catalogue if message.id]


def forms(text: str | Sequence[str] | None) -> list[str]:
    return [text or ""] if text is None or isinstance(text, str) else list(text)


def placeholders(text: str | Sequence[str] | None) -> list[tuple[str, ...]]:
    return [tuple(sorted(set(PLACEHOLDER.findall(form)))) for form in forms(text)]


def test_every_marked_text_has_its_chinese_and_none_is_left_over() -> None:
    found = [str(finding) for finding in texts.findings(Repository(PACKAGE.parent.parent))]
    assert found == []
    assert len(entries(catalogue_of("zh_Hant"))) > 500


@pytest.mark.parametrize(("language", "count"), [("zh_Hant", 1), ("en", 2)])
def test_each_text_has_the_plural_forms_and_placeholders_of_its_language(language: str, count: int) -> None:
    catalogue = catalogue_of(language)
    assert catalogue.num_plurals == count
    assert [one.id for one in entries(catalogue) if placeholders(one.string)[-1] != placeholders(one.id)[-1]] == []
    assert [one.id for one in entries(catalogue) if one.pluralizable and len(forms(one.string)) != count] == []
    assert not catalogue.fuzzy
    assert [one.id for one in entries(catalogue) if one.fuzzy] == []
    assert not catalogue.obsolete


@pytest.mark.parametrize("language", ["zh_Hant", "en"])
def test_the_compiled_catalogue_gives_back_every_text(language: str, tmp_path: Path) -> None:
    folder = tmp_path / language / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.po").write_bytes((LOCALE / language / "LC_MESSAGES" / "django.po").read_bytes())
    assert compile_messages(tmp_path) == [language]
    compiled = gettext.translation("django", tmp_path, [language])
    for message in entries(catalogue_of(language)):
        first = forms(message.id)[0]
        got = compiled.pgettext(message.context, first) if message.context else compiled.gettext(first)
        if message.pluralizable:
            got = compiled.ngettext(first, forms(message.id)[1], 1)
        assert got == forms(message.string)[0]


def test_english_counts_one_and_many_though_its_catalogue_holds_no_plural() -> None:
    plurals = [message for message in entries(catalogue_of("zh_Hant")) if message.pluralizable and not message.context]
    assert len(plurals) > 10
    with translation.override("en"):
        for message in plurals:
            one, many = forms(message.id)
            assert (translation.ngettext(one, many, 1), translation.ngettext(one, many, 2)) == (one, many)


def test_a_sentence_stays_a_sentence_and_a_label_a_label() -> None:
    torn = [
        message.id
        for message in entries(catalogue_of("zh_Hant"))
        for chinese in forms(message.string)
        if bool(SENTENCE_END.search(forms(message.id)[0])) != chinese.endswith(("。", "？"))
    ]
    assert torn == []


def test_a_label_that_is_a_term_says_it_as_the_glossary_does() -> None:
    terms = {term.en: term.zh for term in glossary().values()}
    labels = {
        message.id: message.string
        for message in entries(catalogue_of("zh_Hant"))
        if isinstance(message.id, str)
        and message.id.lower() in terms
        and message.context in {None, "state of a machine"}
    }
    said = {label.lower(): chinese for label, chinese in labels.items() if label.lower() not in SAID_OTHERWISE}
    assert said == {label: terms[label] for label in said}
    assert len(said) > 20
