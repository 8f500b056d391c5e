"""Prints a quality report through Typst."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typst

from samegauge.core.printing import PrintError, check_glyphs, compiler_fonts

if TYPE_CHECKING:
    from collections.abc import Mapping

_TEMPLATE = Path(__file__).parent / "typst" / "report.typ"


def render_report(view: Mapping[str, Any], fonts: Path) -> bytes:
    """The report on A4, tagged, with an alternative text for each picture."""
    text, template = json.dumps(view, ensure_ascii=False), _TEMPLATE.read_text(encoding="utf-8")
    check_glyphs(text + template, fonts)
    compiler = typst.Compiler(
        input=template.encode("utf-8"), font_paths=compiler_fonts(fonts), sys_inputs={"view": text}
    )
    try:
        pdf = compiler.compile(format="pdf", pdf_standards=["ua-1"])
    except typst.TypstError as error:
        raise _unprintable(error.message) from error
    if not isinstance(pdf, bytes):
        raise _unprintable(f"{type(pdf).__name__}, not a PDF")
    return pdf


def _unprintable(reason: str) -> PrintError:
    return PrintError(f"The report cannot be printed: {reason}", f"無法列印報告：{reason}")
