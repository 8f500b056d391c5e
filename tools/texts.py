"""Both languages whole: every text marked for translation has its Chinese, and no template hides an unmarked one.

``python -m tools.texts --update`` adds missing texts to the catalogue; ``--prune`` also drops those no longer used.
"""

from __future__ import annotations

import argparse
import ast
import io
import re
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

from tools.chinese import UNKNOWN, visible
from tools.source import Finding, Repository, dotted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from babel.messages.catalog import Message

    from tools.source import Source

CATALOGUE = "src/samegauge/web/locale/zh_Hant/LC_MESSAGES/django.po"

# Positions of context, text and plural among the arguments of each function.
FUNCTIONS = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop", "ugettext"), (None, 0, None)),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (None, 0, 1)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), (0, 1, None)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), (0, 1, 2)),
}
LITERAL = r"u?(?:\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')"
TEMPLATE_CALL = re.compile(rf"(?<!\w)(_|n?p?gettext)\(({LITERAL}(?:\s*,\s*{LITERAL})*)", re.DOTALL)
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|\{\w*\}")
BLOCK = re.compile(r"\{%\s*blocktrans(?:late)?\b.*?endblocktrans(?:late)?\s*%\}", re.DOTALL)
ENGLISH_WORD = re.compile(r"(?<![\w.@/-])[A-Za-z]?[a-z]{3,}(?![\w@/-]|\.\w)")
# Packages whose own texts the catalogue may translate where theirs is missing or speaks another Chinese.
PACKAGES = ("allauth", "axes", "django")
SAME_IN_BOTH = frozenset(("samegauge", "English"))


@dataclass(frozen=True)
class Text:
    """One text marked for translation; the plural is empty where it has none."""

    context: str
    singular: str
    plural: str = ""

    @property
    def key(self) -> tuple[str, str]:
        return self.context, self.singular


def chosen(function: str, values: list[str | None]) -> Text | None:
    """Nothing for a call whose text is not written out at the call."""
    picked = [values[at] if at is not None and at < len(values) else "" for at in FUNCTIONS[function]]
    context, singular, plural = picked
    return Text(context or "", singular, plural or "") if singular else None


def in_python(source: Source) -> Iterator[tuple[int, Text]]:
    for node in source.nodes:
        if isinstance(node, ast.Call) and (name := dotted(node.func).rpartition(".")[2]) in FUNCTIONS:
            values = [
                arg.value if isinstance(arg, ast.Constant) and isinstance(arg.value, str) else None for arg in node.args
            ]
            if text := chosen(name, values):
                yield node.lineno, text


def in_template(source: Source) -> Iterator[tuple[int, Text]]:
    calls = templatize(source.text, source.path)
    for match in TEMPLATE_CALL.finditer(calls):
        values: list[str | None] = [ast.literal_eval(literal) for literal in re.findall(LITERAL, match[2])]
        if text := chosen(match[1], values):
            yield calls.count("\n", 0, match.start()) + 1, text


def marked(repository: Repository) -> Iterator[tuple[Source, int, Text]]:
    for source in repository.texts(("src/",), (".py", ".html", ".txt", ".svg", ".typ")):
        if source.path.endswith(".py"):
            yield from ((source, line, text) for line, text in in_python(source))
        elif "/templates/" in source.path:
            yield from ((source, line, text) for line, text in in_template(source))


def unmarked(repository: Repository) -> Iterator[Finding]:
    for source in repository.texts(("src/",), (".html",)):
        if "/templates/" not in source.path:
            continue
        without_blocks = BLOCK.sub(lambda match: UNKNOWN + "\n" * match.group().count("\n"), source.text)
        for line, text in visible(without_blocks):
            words = [word for word in ENGLISH_WORD.findall(text) if word not in SAME_IN_BOTH]
            if words:
                yield source.finding(line, f"{' '.join(words)!r} is not marked for translation")


def key_of(message: Message) -> tuple[str, str]:
    return message.context or "", message.id if isinstance(message.id, str) else message.id[0]


def chinese_of(message: Message | None) -> list[str]:
    if message is None or not message.string:
        return [""]
    return [message.string] if isinstance(message.string, str) else list(message.string)


def message_faults(message: Message) -> Iterator[str]:
    strings = chinese_of(message)
    _, singular = key_of(message)
    last = message.id if isinstance(message.id, str) else message.id[-1]
    if message.fuzzy:
        yield f"{singular!r} is fuzzy; settle it"
    if not all(strings):
        yield f"{singular!r} has no Chinese"
    elif any(set(PLACEHOLDER.findall(text)) != set(PLACEHOLDER.findall(last)) for text in strings):
        yield f"{singular!r} and its Chinese differ in their placeholders"


def read(repository: Repository) -> Catalog | None:
    source = repository.source(CATALOGUE)
    return read_po(io.StringIO(source.text), locale="zh_Hant") if source else None


@cache
def packages_texts() -> frozenset[tuple[str, str]]:
    """The texts of the installed packages, which the catalogue may translate anew; German has them all."""
    found: set[tuple[str, str]] = set()
    for package in PACKAGES:
        spec = find_spec(package)
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            for file in Path(folder).glob("**/locale/de/LC_MESSAGES/django.po"):
                with file.open("rb") as stream:
                    found.update(key_of(message) for message in read_po(stream) if message.id)
    return frozenset(found)


def missing(texts: list[tuple[Source, int, Text]], known: set[tuple[str, str]]) -> Iterator[Finding]:
    said = set(known)
    for source, line, text in texts:
        if text.key not in said:
            yield source.finding(line, f"{text.singular!r} is not in {CATALOGUE}; run python -m tools.texts --update")
            said.add(text.key)


def findings(repository: Repository) -> Iterator[Finding]:
    yield from unmarked(repository)
    texts = list(marked(repository))
    catalogue = read(repository)
    used = {text.key for _, _, text in texts}
    messages = [message for message in catalogue or () if message.id]
    yield from missing(texts, {key_of(message) for message in messages})
    for message in messages:
        line = message.lineno or 1
        for fault in message_faults(message):
            yield Finding(CATALOGUE, line, fault)
        if key_of(message) not in used and key_of(message) not in packages_texts():
            yield Finding(CATALOGUE, line, f"{key_of(message)[1]!r} is used nowhere")
    if catalogue and catalogue.obsolete:
        yield Finding(CATALOGUE, 1, f"{len(catalogue.obsolete)} obsolete entries; remove them")


def with_places(repository: Repository) -> dict[tuple[str, str], tuple[Text, set[str]]]:
    """Each text once, with its plural where any of its places has one."""
    found: dict[tuple[str, str], tuple[Text, set[str]]] = {}
    for source, _, text in marked(repository):
        elder, places = found.get(text.key, (text, set()))
        found[text.key] = (text if text.plural else elder, places | {source.path})
    return found


def empty_catalogue(old: Catalog | None) -> Catalog:
    version = old.version if old else "0.1.0"
    comment = "# Texts of samegauge."
    new = Catalog(locale="zh_Hant", project="samegauge", version=version, header_comment=comment, fuzzy=False)
    new.last_translator, new.language_team, new.msgid_bugs_address = "samegauge", "zh-Hant", "samegauge"
    if old:
        new.creation_date, new.revision_date = old.creation_date, old.revision_date
    return new


def updated(repository: Repository, *, prune: bool) -> tuple[Catalog, int]:
    """The catalogue with every marked text and its places, what was translated kept, and the count of new texts."""
    old = read(repository)
    elders = {key_of(message): message for message in old or () if message.id}
    texts = with_places(repository)
    new = empty_catalogue(old)
    for key, (text, places) in sorted(texts.items()):
        strings = chinese_of(elders.get(key))
        locations = [(path, 0) for path in sorted(places)]
        if text.plural:
            new.add((text.singular, text.plural), tuple(strings), locations, context=text.context or None)
        else:
            new.add(text.singular, strings[0], locations, context=text.context or None)
    for key, message in elders.items():
        if key not in texts and (not prune or key in packages_texts()):
            new.add(message.id, message.string, context=message.context)
    return new, len(texts.keys() - elders.keys())


def main() -> None:
    parser = argparse.ArgumentParser(description="Adds texts marked for translation to the Chinese catalogue.")
    parser.add_argument("--update", action="store_true", help="add missing texts, with empty Chinese")
    parser.add_argument("--prune", action="store_true", help="also drop texts that are no longer used")
    options = parser.parse_args()
    repository = Repository(Path(__file__).resolve().parent.parent)
    if options.update or options.prune:
        catalogue, count = updated(repository, prune=options.prune)
        file = repository.root / CATALOGUE
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("wb") as stream:
            write_po(stream, catalogue, width=0, sort_output=True, include_lineno=False)
        print(f"{CATALOGUE}: {len(catalogue)} texts, {count} new")
    for finding in findings(Repository(repository.root)):
        print(finding)


if __name__ == "__main__":
    main()
