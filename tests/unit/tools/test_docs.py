"""The documentation is whole: what the product has is explained in both languages, and nothing explained is gone."""

from __future__ import annotations

import ast
import doctest
import importlib.util
import re
import sys
import types
from contextlib import redirect_stderr
from fnmatch import fnmatch
from io import StringIO
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from django.urls import reverse
from django.utils import translation

from samegauge.cli.main import COMMANDS, asked_command, build_parser
from samegauge.core.kinds.declaration import all_kinds
from samegauge.core.organisations.permissions import Action
from samegauge.quantities.glossary import glossary
from samegauge.quantities.units import units
from tools import check, docs, docs_api, docs_reference, docstring_contract

ROOT = Path(__file__).parents[3]
HAN = re.compile(r"[\u3400-\u9fff]")
OUR_KINDS = [kind for kind in all_kinds() if kind.model.__module__.startswith("samegauge.")]
PEOPLES_COMMANDS = [command for command in COMMANDS if command.summary]
# Settings of the test suite, of Django, and what one process of ours tells another.
NOT_OF_THE_SITE = {"SAMEGAUGE_IDENTITY_PROVIDER", "SAMEGAUGE_PACKAGE", "SAMEGAUGE_PARENT", "SAMEGAUGE_WORKER"}
MOST_KB = 150
# Beginnings that the text names without the rest of the command.
NAMED_ALONE = {("--help",), ("--version",), ("import",), ("service",)}
SOURCES = sorted([*(ROOT / "docs").glob("**/*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"])


@pytest.fixture(scope="module", params=docs.LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def generated(language: str) -> dict[str, str]:
    return docs_reference.pages(language)


@pytest.fixture(scope="module")
def pages(language: str, generated: dict[str, str]) -> dict[str, str]:
    return docs.written(language) | generated


def test_every_page_exists_in_both_languages() -> None:
    english, chinese = (set(docs.written(language)) for language in docs.LANGUAGES)
    assert english == chinese


def test_a_chinese_page_is_chinese() -> None:
    for place, text in docs.written(docs.CHINESE).items():
        assert HAN.search(text.partition("\n")[0]), f"{place} has no Chinese title"


def _flat(entries: list[Any]) -> list[str]:
    found = []
    for entry in entries:
        found += [entry] if isinstance(entry, str) else _flat(next(iter(entry.values())))
    return found


def test_the_navigation_holds_every_page_once(language: str, pages: dict[str, str]) -> None:
    shown = _flat(docs.navigation(language, set(pages)))
    assert sorted(shown) == sorted(pages)


def test_a_page_in_a_folder_without_a_section_is_refused() -> None:
    with pytest.raises(docs.DocsError, match="attic/old"):
        docs.navigation(docs.ENGLISH, {"index.md", "attic/old.md"})


def test_the_declared_order_names_pages_that_exist(pages: dict[str, str]) -> None:
    named = {f"{section.folder}/{name}.md" for section in docs.sections() for name in section.order}
    assert named <= set(pages)


def test_every_page_of_the_site_is_explained(pages: dict[str, str]) -> None:
    names = {name for name, _address, _view in docs_reference.routes() if name}
    unexplained = sorted(name for name in names if not docs_reference.page_about(name))
    assert not unexplained, f"name them under [explained] in docs/site.toml: {unexplained}"
    missing = {f"{page}.md" for page in docs.declared()["explained"] if page != "-"} - set(pages)
    assert not missing


def test_no_explanation_outlives_its_page() -> None:
    names = {name for name, _address, _view in docs_reference.routes()}
    patterns = [pattern for patterns in docs.declared()["explained"].values() for pattern in patterns]
    stale = [one for one in patterns if not any(fnmatch(name, one) for name in names)]
    assert not stale


def test_words_of_the_generated_pages_are_whole() -> None:
    said = docs.declared()
    operations = {docs_api.key_of(one) for _method, _address, one in docs_api.operations()}
    assert set(said["action"]) == {action.value for action in Action}
    assert set(said["dimension"]) == {unit.dimension for unit in units().values()}
    assert set(said["operation"]) == operations
    kinds = {kind.slug for kind in all_kinds()}
    assert set(said["tag"]) == {one["tags"][0] for *_place, one in docs_api.operations()} - kinds


def test_every_operation_says_what_it_does() -> None:
    assert all(docs_api.sentence(one).endswith((".", "?")) for *_place, one in docs_api.operations())


@pytest.mark.parametrize("command", PEOPLES_COMMANDS, ids=lambda one: " ".join(one.words))
def test_every_command_and_option_is_explained_in_both_languages(command: Any) -> None:
    said = {}
    for language in docs.LANGUAGES:
        with docs_reference.commands_speak(language):
            said[language] = [str(one.help or "") for one in docs_reference.arguments_of(command)]
    assert all(said[docs.ENGLISH])
    assert not any(HAN.search(text) for text in said[docs.ENGLISH])
    assert all(HAN.search(text) for text in said[docs.CHINESE])
    assert HAN.search(command.summary_zh)


def test_the_reference_lists_every_command_term_unit_and_decision(generated: dict[str, str]) -> None:
    for command in PEOPLES_COMMANDS:
        assert f"\n## samegauge {' '.join(command.words)}\n" in generated["reference/commands.md"]
    assert all(f"| `{key}` |" in generated["reference/glossary.md"] for key in glossary())
    assert all(f"| `{symbol}` |" in generated["reference/units.md"] for symbol in units())
    decisions = [path.name for path in (ROOT / "docs/explanations/decisions").glob("[0-9]*.md")]
    english = [name for name in decisions if not name.endswith(".zh-Hant.md")]
    assert len({name[:4] for name in english}) == len(english), "two decisions have the same number"
    assert all(f"({name})" in generated["explanations/decisions/index.md"] for name in english)


@pytest.mark.parametrize("code", ["en", "zh-hant"])
@pytest.mark.parametrize("kind", OUR_KINDS, ids=lambda kind: kind.slug)
def test_every_record_kind_and_field_is_explained_in_both_languages(kind: Any, code: str) -> None:
    with translation.override(code):
        texts = [str(one) for one in (kind.one, kind.many, kind.about)]
        texts += [str(one) for field in kind.fields for one in (field.label, field.meaning)]
    assert all(texts)
    assert not [text for text in texts if bool(HAN.search(text)) is (code == "en")]


def test_every_setting_is_explained_and_none_that_is_gone(language: str) -> None:
    name = re.compile(r"\bSAMEGAUGE_[A-Z0-9_]*[A-Z0-9]\b")
    code = "\n".join(path.read_text() for path in (ROOT / "src/samegauge").glob("**/*.py"))
    explained = set(name.findall(docs.written(language)["reference/settings.md"]))
    assert explained == set(name.findall(code)) - NOT_OF_THE_SITE


def _shell_lines(text: str) -> list[str]:
    """Commands in blocks and in `code`, without prompt and comment."""
    spans = re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text)
    fenced = "\n".join(re.findall(r"^ *```\w*\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)).splitlines()
    blocks = [line.strip() for line in (*text.splitlines(), *fenced) if line.startswith("    ") or line in fenced]
    words = [
        line.partition("  #")[0].replace(".venv/bin/", "").removeprefix("sudo ").strip() for line in (*blocks, *spans)
    ]
    plain = [re.sub(r"^(?:[A-Z_]+=\S+ )+", "", line) for line in words]
    return [line for line in plain if line.startswith(("samegauge ", "./dev", "python "))]


COMMAND_LINES = sorted(
    {(path.relative_to(ROOT).as_posix(), line) for path in SOURCES for line in _shell_lines(path.read_text())}
)


@pytest.mark.parametrize(("place", "line"), COMMAND_LINES)
def test_commands_in_the_text_exist(place: str, line: str) -> None:
    fault = (_fault_of_ours if line.startswith("samegauge") else _fault_of_the_checkout)(line.split())
    assert not fault, f"{place}: {line}: {fault}"


def _fault_of_ours(words: list[str]) -> str:
    """Whole lines are parsed as they stand; of a command that is only named, the options must exist."""
    given = [word.strip("[]") for word in words[1:] if word != "…"]
    command = asked_command(given)
    if command is None:
        return "" if tuple(given) in NAMED_ALONE else "no such command"
    rest = given[len(command.words) :]
    if rest and not rest[0].startswith("--"):
        return _refusal(command, given)
    known = {name for one in docs_reference.arguments_of(command) for name in one.option_strings}
    return ", ".join(word for word in rest if word.startswith("--") and word not in known)


def _refusal(command: Any, words: list[str]) -> str:
    said = StringIO()
    try:
        with redirect_stderr(said):
            build_parser(command).parse_args(words)
    except SystemExit:
        return said.getvalue().splitlines()[-1]
    return ""


def _fault_of_the_checkout(words: list[str]) -> str:
    if words[0] == "./dev":
        verbs = re.findall(r"^(\w+)\)$", (ROOT / "dev").read_text(), re.MULTILINE)
        is_bench = words[1:2] == ["bench"] and len(words) > 2 and words[2] != "NAME"
        if is_bench and not (ROOT / f"bench/{words[2]}.py").exists():
            return "no such measurement"
        return "" if len(words) == 1 or words[1] in verbs else "no such verb"
    if words[1] == "-m":
        return "" if importlib.util.find_spec(words[2]) else "no such module"
    if words[1] == "tools/check.py" and words[-1] not in {*check.OWN, *check.COMMANDS, words[1], "--list"}:
        return "no such check"
    return "" if (ROOT / words[1]).exists() else "no such file"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_python_in_the_text_parses(path: Path) -> None:
    for block in re.findall(r"^( *)```python\n(.*?)^ *```", path.read_text(), re.MULTILINE | re.DOTALL):
        lines = [line.removeprefix(block[0]) for line in block[1].splitlines()]
        code = "\n".join(lines)
        assert ast.parse(code if not code.rstrip().endswith(",") else f"({code})").body


def test_the_engine_of_the_guide_keeps_the_contract_and_gives_its_values(language: str) -> None:
    text = docs.written(language)["how-to/add-an-engine.md"]
    (block,) = re.findall(r"^    ```python\n(.*?)^    ```", text, re.MULTILINE | re.DOTALL)
    code = dedent(block)
    (function,) = docstring_contract.public_functions(ast.parse(code))
    assert not list(docstring_contract.faults(function))
    module = types.ModuleType("engine_of_the_guide")
    exec(compile(code, "engine_of_the_guide", "exec"), module.__dict__)  # noqa: S102 - our own page
    assert doctest.testmod(module) == (0, 1)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_between_the_sources_lead_somewhere(path: Path) -> None:
    """Also where they are read without a build; what is generated is linked by the place it will have."""
    built = {ROOT / "docs" / place for place in docs_reference_places()}
    targets = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", path.read_text())
    gone = [one for one in targets if not (path.parent / one).exists() and (path.parent / one).resolve() not in built]
    assert not gone


def docs_reference_places() -> set[str]:
    names = ("commands", "pages", "roles", "records", "api", "glossary", "units")
    return {*(f"reference/{name}.md" for name in names), "explanations/decisions/index.md"}


def test_the_generated_places_are_these(generated: dict[str, str]) -> None:
    assert set(generated) == docs_reference_places()


def _make(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The script of the pictures, which lies beside them and in no package."""
    spec = importlib.util.spec_from_file_location("make_pictures", ROOT / "docs/images/make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "make_pictures", module)  # dataclasses look themselves up there
    spec.loader.exec_module(module)
    return module


def test_every_picture_is_of_a_page_that_exists(monkeypatch: pytest.MonkeyPatch) -> None:
    make = _make(monkeypatch)
    for one in make.PICTURES:
        assert reverse(one.route, args=["00000000-0000-0000-0000-000000000000"] if one.find else [])
        for language in make.LANGUAGES:
            file = ROOT / f"docs/images/{one.name}.{language}.png"
            assert file.stat().st_size <= MOST_KB * 1000, f"{file.name} is larger than {MOST_KB} kB"


def test_every_picture_is_shown_and_every_shown_picture_made() -> None:
    shown = {
        (path.parent / name).resolve()
        for path in SOURCES
        for name in re.findall(r"!\[[^\]]+\]\(([^)]+)\)", path.read_text())
    }
    made = {path for path in (ROOT / "docs/images").iterdir() if path.suffix in {".png", ".svg"}}
    assert shown == made


def test_lines_of_a_chinese_paragraph_join_without_a_space() -> None:
    text = "# 標題\n內文一行，\n第二行\nEnglish\n  縮排的\n  續行\n\n```\n保留\n換行\n```\n"
    assert docs.unwrapped(text) == "# 標題\n內文一行，第二行\nEnglish\n  縮排的續行\n\n```\n保留\n換行\n```\n"


def test_a_summarised_page_brings_the_english_text(tmp_path: Path) -> None:
    folder = tmp_path / "explanations/decisions"
    folder.mkdir(parents=True)
    (folder / "0001-a.md").write_text("# 0001 A\n\n## Context\nWhy.\n")
    (folder / "0001-a.zh-Hant.md").write_text("# 0001 甲\n\n摘要。\n")
    text = docs.written(docs.CHINESE, tmp_path)["explanations/decisions/0001-a.md"]
    assert text.startswith("# 0001 甲\n\n摘要。\n\n## 英文原文")
    assert "### Context\nWhy." in text


def test_complaints_name_place_and_fault() -> None:
    said = "Build started\n\x1b[33mWarning:\x1b[0m page does not exist\n   ╭─[ a.md:3:7 ]\n   │\nTraceback ..."
    assert docs.complaints(said) == ["a.md:3:7 page does not exist"]
    assert docs.complaints("No space left") == ["No space left"]
