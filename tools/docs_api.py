"""The API's page, from its own OpenAPI description; docs/site.toml has the Chinese of its sentences."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from samegauge.core.kinds.declaration import all_kinds
from samegauge.web.api import api
from tools.docs import code, declared, table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Words = Callable[[str, str], str]


@cache
def description() -> dict[str, Any]:
    return api.get_openapi_schema()


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, address and description of every operation."""
    for address, methods in description()["paths"].items():
        for method, one in methods.items():
            yield method.upper(), address, one


def key_of(one: dict[str, Any]) -> str:
    """What docs/site.toml calls an operation: its function's name; the kinds of record share theirs."""
    name = one["summary"].lower().replace(" ", "_")
    for kind in all_kinds():
        if one["tags"] == [kind.slug]:
            return "record_" + name.removeprefix(f"{kind.name}_")
    return name


def sentence(one: dict[str, Any]) -> str:
    return one.get("description", "").strip() or one["summary"] + "."


def api_page(words: Words) -> str:
    said = declared()["operation"]
    parts = [
        words("# API", "# API"),
        words(
            "JSON over HTTP, described in full at `/api/openapi.json` of your own site. How to get a token and ask: "
            "[Use the API](../how-to/use-the-api.md).",
            "以 HTTP 傳送 JSON，完整描述在自己站上的 `/api/openapi.json`。"
            "如何取得權杖與發問：[使用 API](../how-to/use-the-api.md)。",
        ),
    ]
    tag = ""
    for method, address, one in operations():
        if one["tags"][0] != tag:
            tag = one["tags"][0]
            parts.append(f"## {_heading(tag, words)}")
        about = words(re.sub(r"\s+", " ", sentence(one)), said[key_of(one)])
        parts.append(f"### `{method} {address}` {{ #{method.lower()}-{_slug(address)} }}\n\n{about}")
        parts += _arguments(one, words)
    return "\n\n".join(parts) + "\n"


def _heading(tag: str, words: Words) -> str:
    kinds = {kind.slug: str(kind.many) for kind in all_kinds()}
    return kinds.get(tag) or words(tag.capitalize(), declared()["tag"].get(tag, ""))


def _slug(address: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", address.lower()).strip("-")


def _arguments(one: dict[str, Any], words: Words) -> list[str]:
    rows = [
        (code(argument["name"]), words(argument["in"], PLACES[argument["in"]]), _type(argument["schema"]))
        for argument in one.get("parameters", [])
    ]
    rows += [(code(name), words("body", "內容"), _type(schema)) for name, schema in _body(one)]
    if not rows:
        return []
    heads = (words("argument", "參數"), words("in", "位置"), words("type", "型別"))
    return [table(heads, rows)]


PLACES = {"path": "網址", "query": "查詢", "header": "標頭"}


def _body(one: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for content in one.get("requestBody", {}).get("content", {}).values():
        yield from _resolved(content["schema"]).get("properties", {}).items()


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    return description()["components"]["schemas"][name] if name else schema


def _type(schema: dict[str, Any]) -> str:
    """The type in a word or two, with its choices."""
    found = _resolved(schema)
    if "enum" in found:
        return ", ".join(code(str(choice)) for choice in found["enum"])
    if "$ref" in schema:
        return found.get("title", "object")
    if several := found.get("anyOf") or found.get("allOf"):
        return " / ".join(dict.fromkeys(_type(one) for one in several if one.get("type") != "null"))
    if found.get("type") == "array":
        return f"[{_type(found.get('items', {}))}]"
    return found.get("format") or found.get("type") or "any"
