from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from babel.messages.pofile import read_po, write_po

from tools import texts
from tools.source import Repository

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HEAD = 'msgid ""\nmsgstr ""\n"Language: zh_Hant\\n"\n"Plural-Forms: nplurals=1; plural=0;\\n"\n\n'
TEMPLATE = "src/app/templates/a.html"


def entry(singular: str, chinese: str) -> str:
    return f'msgid "{singular}"\nmsgstr "{chinese}"\n\n'


def test_texts_are_found_in_code_and_templates(found: Callable[..., list[str]], tmp_path: Path) -> None:
    files = {
        "src/a.py": """
            from django.utils.translation import gettext_lazy as _, ngettext, pgettext, npgettext
            a = _("Parts")
            b = ngettext("%(n)d lot", "%(n)d lots", n)
            c = pgettext("month", "May")
            d = npgettext("unit", "bar", "bars", n)
            e = _(name)
            """,
        TEMPLATE: """
            {% load i18n %}{% translate "It's done" %}{% translate "Order" context "verb" %}
            {{ value|default:_("none") }}
            {% blocktranslate count n=n trimmed %}
              {{ n }} row 5%
            {% plural %}
              {{ n }} rows 5%
            {% endblocktranslate %}
            """,
    }
    found(lambda _: [], files)
    said = {text for _, _, text in texts.marked(Repository(tmp_path))}
    assert said == {
        texts.Text("", "Parts"),
        texts.Text("", "%(n)d lot", "%(n)d lots"),
        texts.Text("month", "May"),
        texts.Text("unit", "bar", "bars"),
        texts.Text("", "It's done"),
        texts.Text("verb", "Order"),
        texts.Text("", "none"),
        texts.Text("", "%(n)s row 5%%", "%(n)s rows 5%%"),
    }


def test_a_whole_catalogue_is_silent(found: Callable[..., list[str]]) -> None:
    files = {"src/a.py": '_("Parts")\n', texts.CATALOGUE: HEAD + entry("Parts", "零件")}
    assert not found(texts.findings, files)


@pytest.mark.parametrize(
    ("catalogue", "message"),
    [
        ("", "is not in"),
        (entry("Parts of %(unit)s", ""), "has no Chinese"),
        (entry("Parts of %(unit)s", "零件"), "differ in their placeholders"),
        ("#, fuzzy\n" + entry("Parts of %(unit)s", "%(unit)s 的零件"), "is fuzzy"),
        (entry("Parts of %(unit)s", "%(unit)s 的零件") + entry("Lots", "批"), "'Lots' is used nowhere"),
        (entry("Parts of %(unit)s", "%(unit)s 的零件") + '#~ msgid "Old"\n#~ msgstr "舊"\n', "obsolete"),
    ],
)
def test_what_the_catalogue_lacks(found: Callable[..., list[str]], catalogue: str, message: str) -> None:
    files = {"src/a.py": '_("Parts of %(unit)s")\n', texts.CATALOGUE: HEAD + catalogue}
    (finding,) = found(texts.findings, files)
    assert message in finding


def test_texts_of_installed_packages_may_be_translated_anew(found: Callable[..., list[str]]) -> None:
    files = {
        texts.CATALOGUE: HEAD + entry("Account locked: too many login attempts. Please try again later.", "已鎖定")
    }
    assert not found(texts.findings, files)


def test_english_left_unmarked_in_a_template(found: Callable[..., list[str]]) -> None:
    template = """
        {% load i18n %}{# a remark #}
        <p title="{% translate "Parts" %}" class="wide">{% translate "Parts" %} QIF 5 mm samegauge</p>
        {% blocktranslate %}Parts{% endblocktranslate %}
        <{{ tag }} class="big">{{ word }}</{{ tag }}>
        <p aria-label="Close window">{{ unit }} of order</p>
        <script>let words;</script>
        """
    files = {TEMPLATE: template, texts.CATALOGUE: HEAD + entry("Parts", "零件")}
    assert found(texts.findings, files) == [
        f"{TEMPLATE}:5: 'Close window' is not marked for translation",
        f"{TEMPLATE}:5: 'order' is not marked for translation",
    ]


def test_update_adds_and_keeps_and_prune_drops(found: Callable[..., list[str]], tmp_path: Path) -> None:
    files = {
        "src/a.py": '_("Parts")\npgettext("month", "May")\nngettext("%(n)d lot", "%(n)d lots", 2)\n',
        texts.CATALOGUE: HEAD + entry("Parts", "零件") + entry("Gone", "去了"),
    }
    found(lambda _: [], files)
    grown, new = texts.updated(Repository(tmp_path), prune=False)
    pruned, _ = texts.updated(Repository(tmp_path), prune=True)
    written = io.BytesIO()
    write_po(written, grown, width=0, sort_output=True, include_lineno=False)
    read = read_po(io.BytesIO(written.getvalue()), locale="zh_Hant")
    assert new == 2
    assert {texts.key_of(message) for message in read if message.id} == {
        ("", "Parts"),
        ("month", "May"),
        ("", "%(n)d lot"),
        ("", "Gone"),
    }
    assert {message.string for message in read if message.id == "Parts"} == {"零件"}
    assert not read.fuzzy
    assert pruned.get("Gone") is None
    assert pruned.num_plurals == 1


def test_updating_twice_changes_nothing(found: Callable[..., list[str]], tmp_path: Path) -> None:
    found(lambda _: [], {"src/a.py": '_("Parts")\n', texts.CATALOGUE: HEAD})
    written = []
    for _ in range(2):
        catalogue, _new = texts.updated(Repository(tmp_path), prune=False)
        with (tmp_path / texts.CATALOGUE).open("wb") as stream:
            write_po(stream, catalogue, width=0, sort_output=True, include_lineno=False)
        written.append((tmp_path / texts.CATALOGUE).read_text(encoding="utf-8"))
    assert written[0] == written[1]
    assert 'msgid "Parts"' in written[0]
