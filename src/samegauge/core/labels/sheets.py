"""Prints labels as PDF pages through Typst: what a record says is handed over as data and never read as markup."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import typst

from samegauge.core.labels.rules import pages_of
from samegauge.core.printing import PrintError, check_glyphs, compiler_fonts, qr_svg
from samegauge.formats.plain_text import visible_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from samegauge.core.labels.rules import Label, SheetFormat

_TEMPLATE = Path(__file__).parent / "typst" / "labels.typ"
_QUIET_MODULES = 4  # ISO/IEC 18004
_MASK = 3
_LONGEST_LINE = 60


def render_labels(labels: Sequence[Label], sheet: SheetFormat, first_place: int, fonts: Path) -> bytes:
    """The pages as PDF; equal labels give equal bytes."""
    return _compiled(labels, sheet, first_place, fonts, "pdf")


def render_preview(labels: Sequence[Label], sheet: SheetFormat, first_place: int, fonts: Path) -> bytes:
    """The first page as a picture (SVG), its letters as outlines."""
    return _compiled(labels[: sheet.per_page - first_place], sheet, first_place, fonts, "svg")


def _compiled(
    labels: Sequence[Label], sheet: SheetFormat, first_place: int, fonts: Path, form: Literal["pdf", "svg"]
) -> bytes:
    template = _TEMPLATE.read_text(encoding="utf-8")
    view = {
        "page": sheet.page_mm,
        "label": sheet.label_mm,
        "places": sheet.places_mm(),
        "pages": [
            [{"place": place, **_shown(label)} for place, label in page]
            for page in pages_of(labels, sheet, first_place)
        ],
    }
    text = json.dumps(view, ensure_ascii=False)
    check_glyphs(text + template, fonts)
    compiler = typst.Compiler(
        input=template.encode("utf-8"), font_paths=compiler_fonts(fonts), sys_inputs={"view": text}
    )
    try:
        pages = compiler.compile(format=form)
    except typst.TypstError as error:
        raise PrintError(f"The labels cannot be printed: {error.message}", f"無法列印標籤：{error.message}") from error
    if not isinstance(pages, bytes):
        raise PrintError("The labels gave no pages. Choose at least one.", "沒有可列印的標籤。至少選一張。")
    return pages


def _shown(label: Label) -> dict[str, object]:
    return {
        "code": label.code,
        "qr": qr_svg(label.code, quiet_modules=_QUIET_MODULES, mask=_MASK),
        "title": visible_text(label.title.strip() or label.code, _LONGEST_LINE),
        "lines": [visible_text(line.strip(), _LONGEST_LINE) for line in label.lines if line.strip()],
        "simulated": label.simulated,
    }
