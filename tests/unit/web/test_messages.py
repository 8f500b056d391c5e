from __future__ import annotations

import io
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from babel.messages.extract import extract_python
from babel.messages.pofile import read_po
from django.utils.translation.template import templatize

import samegauge
from samegauge.web.frontend.build import compile_messages

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

SOURCE = Path(samegauge.__file__).parent
CATALOGUE = SOURCE / "web" / "locale" / "zh_Hant" / "LC_MESSAGES" / "django.po"
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
HAN = r"[\u4e00-\u9fff]"


def _sources() -> list[Path]:
    found = [*SOURCE.rglob("*.py"), *SOURCE.rglob("*.html"), *SOURCE.rglob("*.txt")]
    return sorted(path for path in found if "node_modules" not in path.parts and "vendor" not in path.parts)


def _messages_of(path: Path) -> set[tuple[str, str]]:
    text = path.read_text()
    if path.suffix != ".py":
        text = "\n".join(line.strip() for line in templatize(text, origin=str(path)).splitlines())
    found: set[tuple[str, str]] = set()
    for _line, function, said, _comments in extract_python(io.BytesIO(text.encode()), list(KEYWORDS), [], {}):
        words = [said] if isinstance(said, str) else list(said)
        context = words.pop(0) if "pgettext" in function and words else ""
        if words and isinstance(words[0], str) and words[0]:
            found.add((context or "", words[0]))
    return found


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="zh_Hant", abort_invalid=True)


def test_every_message_of_the_platform_is_translated(catalogue: Catalog) -> None:
    missing = []
    for path in _sources():
        for context, text in sorted(_messages_of(path)):
            message = catalogue.get(text, context or None)
            if message is None or not all(_texts(message.string)) or message.fuzzy:
                missing.append(f"{path.relative_to(SOURCE)}: {context + ': ' if context else ''}{text!r}")
    assert missing == []


def test_placeholders_survive_translation(catalogue: Catalog) -> None:
    lost = []
    for message in catalogue:
        wanted = _placeholders(_texts(message.id)[-1])
        for text in _texts(message.string):
            if message.id and not wanted >= _placeholders(text):
                lost.append(message.id)
            if message.id and not isinstance(message.id, tuple) and wanted != _placeholders(text):
                lost.append(message.id)
    lost = [one for one in lost if one not in EXTRA_PLACES]
    assert lost == []


# The Chinese text of the year of the Republic names month and day too.
EXTRA_PLACES = {"%(date)s (ROC year %(year)s)"}


def test_chinese_is_set_as_taiwan_sets_it(catalogue: Catalog) -> None:
    wrong = []
    for message in catalogue:
        for text in _texts(message.string) if message.id else ():
            bare = re.sub(r"%\(\w+\)[sd]|%[sd]|\{\w+\}", "0", text)
            glued = re.search(rf"{HAN}[A-Za-z0-9]|[A-Za-z0-9%]{HAN}", bare)
            half_width = re.search(rf"{HAN}[,;:?!()]|[,;:?!(]{HAN}", bare)
            if glued or half_width or "您" in text or "！" in text or re.search("[“”]", text):
                wrong.append(text)
    assert wrong == []


def test_no_simplified_characters(catalogue: Catalog) -> None:
    simplified = set("这个们来时对说国过发经给车门见长东书买问间单数据机测动关开实图项组织节")
    traditional = set("個們來時對說國過發經給車門見長東書買問間單數據機測動關開實圖項組織節")
    used = {char for message in catalogue for text in _texts(message.string) if message.id for char in text}
    assert used & (simplified - traditional) == set()


def test_catalogues_compile(tmp_path: Path) -> None:
    target = tmp_path / "zh_Hant" / "LC_MESSAGES"
    target.mkdir(parents=True)
    (target / "django.po").write_bytes(CATALOGUE.read_bytes())
    assert compile_messages(tmp_path) == ["zh_Hant"]
    assert (target / "django.mo").stat().st_size > 1000
    assert compile_messages(tmp_path) == []


def _texts(said: str | tuple[str, ...] | list[str]) -> list[str]:
    return [said] if isinstance(said, str) else list(said)


def _placeholders(text: str) -> set[str]:
    return set(re.findall(r"%\(\w+\)[sd]|%[sd]|\{\w+\}", text))
