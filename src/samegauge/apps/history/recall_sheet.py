"""Prints the list of a recall as PDF: what people typed is handed over as data and never read as markup."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typst

from samegauge.core.language import reads_chinese
from samegauge.core.printing import PrintError, check_glyphs, compiler_fonts
from samegauge.formats.plain_text import visible_text

if TYPE_CHECKING:
    from collections.abc import Mapping

_TEMPLATE = Path(__file__).parent / "typst" / "recall.typ"


def render_recall(said: Mapping[str, Any], fonts: Path) -> bytes:
    """`title`, `facts` as pairs, `header` and `rows` of the list, on A4 across."""
    template = _TEMPLATE.read_text(encoding="utf-8")
    view = json.dumps(_visible({**said, "lang": "zh" if reads_chinese() else "en"}), ensure_ascii=False)
    check_glyphs(view + template, fonts)
    compiler = typst.Compiler(
        input=template.encode("utf-8"), font_paths=compiler_fonts(fonts), sys_inputs={"view": view}
    )
    try:
        pages = compiler.compile(format="pdf", pdf_standards=["ua-1"])
    except typst.TypstError as error:
        raise PrintError(f"The list cannot be printed: {error.message}", f"無法列印清單：{error.message}") from error
    if not isinstance(pages, bytes):
        raise PrintError("The list gave no pages.", "清單沒有產生任何頁面。")
    return pages


def _visible(said: Any) -> Any:
    if isinstance(said, str):
        return visible_text(said)
    if isinstance(said, dict):
        return {key: _visible(value) for key, value in said.items()}
    return [_visible(value) for value in said] if isinstance(said, list | tuple) else said
