"""The pages that the product writes of itself: commands, pages, roles, records, API, terms, units, decisions."""

from __future__ import annotations

import argparse
import os
import re
from contextlib import contextmanager
from fnmatch import fnmatch
from typing import TYPE_CHECKING, Any

from django.urls import URLPattern, get_resolver
from django.utils import translation

from samegauge.cli.main import COMMANDS, build_parser
from samegauge.core.kinds.declaration import all_kinds
from samegauge.core.organisations.models import Role
from samegauge.core.organisations.permissions import ALLOWED, Action
from samegauge.quantities.glossary import glossary
from samegauge.quantities.units import units
from tools.docs import CHINESE, DOCS, code, declared, table
from tools.docs_api import api_page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from samegauge.cli.main import Command
    from samegauge.core.kinds.declaration import RecordField, RecordKind

    Words = Callable[[str, str], str]


def pages(language: str) -> dict[str, str]:
    def words(english: str, chinese: str) -> str:
        return chinese if language == CHINESE else english

    with translation.override(language.lower()), commands_speak(language):
        return {
            "reference/commands.md": commands_page(words),
            "reference/pages.md": pages_page(words),
            "reference/roles.md": roles_page(words),
            "reference/records.md": records_page(words),
            "reference/api.md": api_page(words),
            "reference/glossary.md": glossary_page(words),
            "reference/units.md": units_page(words),
            "explanations/decisions/index.md": decisions_page(words),
        }


# For pages whose table needs the width of the contents beside it.
WIDE_PAGE = "---\nhide:\n  - toc\n---\n\n"


def parser_of(command: Command) -> argparse.ArgumentParser:
    """The command's own parser, found in the whole one as argparse finds it."""
    parser = build_parser(command)
    for word in command.words:
        inner = next(one for one in parser._actions if isinstance(one, argparse._SubParsersAction))  # noqa: SLF001 - argparse shows its arguments in no other way
        parser = inner.choices[word]
    return parser


def arguments_of(command: Command) -> list[argparse.Action]:
    return [one for one in parser_of(command)._actions if not isinstance(one, argparse._HelpAction)]  # noqa: SLF001


@contextmanager
def commands_speak(language: str) -> Iterator[None]:
    """The parsers' own texts in this language."""
    before = os.environ.get("SAMEGAUGE_LANGUAGE", "")
    os.environ["SAMEGAUGE_LANGUAGE"] = language
    try:
        yield
    finally:
        os.environ["SAMEGAUGE_LANGUAGE"] = before


def commands_page(words: Words) -> str:
    parts = [
        words("# Commands", "# 指令"),
        words(
            "In a checkout they are called `.venv/bin/samegauge`. Exit status: 0 all in, 1 failed or refused, 2 wrong "
            "use, 3 in with quarantined lines or with losses that are named.",
            "在原始碼資料夾中以 `.venv/bin/samegauge` 呼叫。"
            "結束狀態：0 全部完成，1 失敗或拒收，2 用法錯誤，3 已完成但有隔離的行或已列出的缺損。",
        ),
    ]
    for command in COMMANDS:
        if not command.summary:
            continue
        name = "samegauge " + " ".join(command.words)
        usage = " ".join(parser_of(command).format_usage().partition(":")[2].split())
        rows = [
            (code(", ".join(one.option_strings) or str(one.metavar or one.dest)), str(one.help or ""))
            for one in arguments_of(command)
        ]
        parts += [
            f"## {name}",
            words(command.summary[0].upper() + command.summary[1:] + ".", command.summary_zh + "。"),
            f"```\n{usage}\n```",
            table((words("argument", "參數"), words("meaning", "意義")), rows),
        ]
    return "\n\n".join(parts) + "\n"


def routes() -> Iterator[tuple[str, str, Any]]:
    """Name, address and view of everything the site answers to, the API aside."""

    def walk(resolver: Any, before: str) -> Iterator[tuple[str, str, Any]]:
        for one in resolver.url_patterns:
            address = before + str(one.pattern)
            if isinstance(one, URLPattern):
                yield one.name or "", address, one.callback
            elif one.namespace != "api":
                yield from walk(one, address)

    yield from walk(get_resolver(), "/")


def explained() -> dict[str, str]:
    """The doc page of each pattern of route names, as docs/site.toml declares it; kinds have the page of records."""
    said = {pattern: page for page, patterns in declared()["explained"].items() for pattern in patterns}
    return said | {f"{kind.name}_*": "reference/records" for kind in all_kinds()}


def page_about(name: str) -> str:
    """The most exact pattern decides."""
    found = [pattern for pattern in explained() if fnmatch(name, pattern)]
    return explained()[max(found, key=len)] if found else ""


def pages_page(words: Words) -> str:
    parts = [
        words("# Pages of the site", "# 網站的頁面"),
        words(
            "Each address of the site and the page of this documentation that explains it.",
            "網站的每個網址，以及說明它的文件頁面。",
        ),
    ]
    rows: list[tuple[str, ...]] = []
    for name, address, _view in sorted(routes(), key=lambda one: one[1]):
        page = page_about(name) if name else ""
        if page and page != "-":
            rows.append((code(_plain(address)), f"[{title_of(page, words)}](../{page}.md)"))
    return "\n\n".join([*parts, table((words("address", "網址"), words("explained in", "說明頁")), rows)]) + "\n"


def _plain(address: str) -> str:
    """An address as people read it: its arguments by name."""
    named = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<\1>", address).replace("^", "").replace("$", "")
    return re.sub(r"<\w+:(\w+)>", r"<\1>", named)


def title_of(page: str, words: Words) -> str:
    file = DOCS / words(f"{page}.md", f"{page}.{CHINESE}.md")
    return (
        file.read_text(encoding="utf-8").partition("\n")[0].lstrip("# ") if file.exists() else page.rpartition("/")[2]
    )


def roles_page(words: Words) -> str:
    actions = declared()["action"]
    heads = (words("may", "可以"), *(str(role.label) for role in Role))
    rows = [
        (
            words(actions[action.value]["en"], actions[action.value]["zh"]),
            *("●" if role in ALLOWED[action] else "" for role in Role),
        )
        for action in Action
    ]
    kinds = [(str(kind.many), *(_letter(kind, role, words) for role in Role)) for kind in all_kinds()]
    about = words(
        "A role is given per organisation: one person may be the owner of one and a guest of another. Whoever belongs "
        "to no organisation sees nothing.",
        "角色依組織給予：同一人可以是甲組織的負責人、乙組織的訪客。不屬於任何組織的人什麼都看不到。",
    )
    records = [words("## Records", "## 主檔"), table((words("records", "主檔"), *heads[1:]), kinds)]
    return (
        "\n\n".join([WIDE_PAGE + words("# Roles and permissions", "# 角色與權限"), about, table(heads, rows), *records])
        + "\n"
    )


def _letter(kind: RecordKind, role: str, words: Words) -> str:
    if role in kind.writers:
        return words("change", "可改")
    return words("read", "可讀") if role in kind.readers else ""


def records_page(words: Words) -> str:
    parts = [
        words("# Records", "# 主檔"),
        words(
            "What each kind of record holds. The same fields are in the form, the list, the spreadsheet and the API.",
            "每種主檔的欄位。表單、清單、試算表與 API 的欄位相同。",
        ),
    ]
    heads = (words("field", "欄位"), words("name in files and API", "檔案與 API 中的名稱"), words("meaning", "意義"))
    for kind in all_kinds():
        rows = [(_heading(one, words), code(one.name), _meaning(one, words)) for one in kind.fields]
        parts += [
            f"## {kind.many}",
            f"{kind.about} {words('Address', '網址')}{words(':', '：')}{words(' ', '')}`/records/{kind.slug}/`",
            table(heads, rows),
        ]
    return "\n\n".join(parts) + "\n"


def _heading(one: RecordField, words: Words) -> str:
    return f"{one.heading}{words(' (required)', '（必填）') if one.required else ''}"


def _meaning(one: RecordField, words: Words) -> str:
    choices = words(", ", "、").join(f"`{value}` {label}" for value, label in one.choices if value)
    return f"{one.meaning} {words('One of: ', '可選：')}{choices}" if choices else str(one.meaning)


def glossary_page(words: Words) -> str:
    heads = (
        words("term", "用語"),
        words("Chinese", "英文"),
        words("name in columns and API", "欄位與 API 中的名稱"),
        words("symbol, unit", "符號、單位"),
        words("source", "出處"),
        words("note", "說明"),
    )
    terms = sorted(glossary().values(), key=lambda term: words(term.en.lower(), term.key))
    rows = [
        (
            words(term.en, term.zh),
            words(term.zh, term.en),
            code(term.key),
            " ".join(part for part in (term.symbol, f"[{term.unit}]" if term.unit else "") if part),
            term.clause,
            words(term.note_en, term.note_zh),
        )
        for term in terms
    ]
    about = words(
        "One table decides the term in both languages: pages, columns, API and translations take it from there. "
        "Editions and clauses are from memory; they were not compared with the texts of the standards.",
        "兩種語言的用語由同一張表決定，頁面、欄位、API 與翻譯都取自這裡。版次與條款憑記憶寫成，未與標準原文核對。",
    )
    return "\n\n".join([WIDE_PAGE + words("# Glossary", "# 詞彙"), about, table(heads, rows)]) + "\n"


def units_page(words: Words) -> str:
    heads = (
        words("symbol", "符號"),
        words("unit", "單位"),
        words("kind", "量"),
        words("in SI", "換算為 SI"),
        words("also read", "也讀得懂"),
    )
    dimensions = declared()["dimension"]
    rows = [
        (
            code(unit.symbol),
            words(unit.name_en, unit.name_zh),
            words(unit.dimension.replace("_", " "), dimensions[unit.dimension]),
            f"× {unit.factor:.12g}" + (f" {unit.offset:+g}" if unit.offset else ""),
            ", ".join(code(alias) for alias in unit.aliases if alias),
        )
        for unit in units().values()
    ]
    about = words(
        "Spellings met in files become the symbol on the left; one that is not here stays as the source wrote it.",
        "檔案中的各種寫法會轉成左欄的符號；不在表中的寫法保留原樣。",
    )
    return "\n\n".join([WIDE_PAGE + words("# Units", "# 單位"), about, table(heads, rows)]) + "\n"


def decisions_page(words: Words) -> str:
    rows: list[tuple[str, ...]] = []
    for file in sorted((DOCS / "explanations/decisions").glob("[0-9]*.md")):
        if file.name.endswith(f".{CHINESE}.md"):
            continue
        page = f"explanations/decisions/{file.stem}"
        status = re.search(
            r"^(?:Status: )?([Aa]ccepted.+|[Ss]uperseded.+)$", file.read_text(encoding="utf-8"), re.MULTILINE
        )
        rows.append((f"[{title_of(page, words)}]({file.name})", _status(status[1] if status else "", words)))
    about = words(
        "One page for each structural choice: context, decision, consequences. A superseded one stays.",
        "每個結構上的選擇一頁：背景、決定、後果。被取代的也保留。正文為英文，每頁附中文標題與摘要。",
    )
    heads = (words("decision", "決定"), words("status", "狀態"))
    return "\n\n".join([words("# Decisions", "# 設計決定"), about, table(heads, rows)]) + "\n"


def _status(english: str, words: Words) -> str:
    chinese = english.lower().replace("accepted", "已採用").replace("superseded by ", "取代者：").replace(", ", "，")
    return words(english, chinese)
