"""Prints a signed passport as PDF/A-3 with the signed JSON attached, byte for byte."""

from __future__ import annotations

import io
import json
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, cast

import segno
import typst

from samegauge.apps.history.passport_sheet import passport_sheet
from samegauge.formats.canonical import parse_json
from samegauge.formats.fonts import FontError, covered_code_points
from samegauge.formats.passport import read

_TEMPLATE = Path(__file__).parent / "typst" / "passport.typ"
_FAMILY = "Noto Sans TC"
_WEIGHTS = {400, 700}
# Accessible archive file: tagged, with alternative text; Typst itself refuses what would break either standard.
_STANDARDS: list[Literal["a-3a", "ua-1"]] = ["a-3a", "ua-1"]


class PrintError(Exception):
    """The passport cannot be printed: what is missing and what to do."""


def render_pdf(passport_json: bytes, verify_url: str, fonts: Path, zone: str) -> bytes:
    """The passport on A4, not yet sealed: `formats.passport.seal_pdf` binds the pages to the signing key."""
    passport = read(passport_json)
    header = _header(passport_json)
    view = {**passport_sheet(passport, header, zone), "verify_url": verify_url}
    template = _TEMPLATE.read_text(encoding="utf-8")
    files = _font_files(fonts)
    view_text = json.dumps(view, ensure_ascii=False)
    _check_glyphs(view_text + template, files)
    compiler = typst.Compiler(
        input=template.encode("utf-8"),
        font_paths=_fonts(fonts),
        sys_inputs={"view": view_text, "passport": passport_json.decode("utf-8"), "qr": _qr_svg(verify_url)},
    )
    try:
        pdf = compiler.compile(
            format="pdf", pdf_standards=[*_STANDARDS], timestamp=passport.issued_at.replace(microsecond=0)
        )
    except typst.TypstError as error:
        raise PrintError(f"The passport of {passport.identity.serial} cannot be printed: {error.message}") from error
    if not isinstance(pdf, bytes):
        raise PrintError(f"The passport of {passport.identity.serial} gave no PDF.")
    return pdf


def missing_glyphs(text: str, fonts: Path) -> list[str]:
    """Characters of `text` that the printing font cannot draw, each once, in the order of their code points."""
    return _missing(text, _font_files(fonts))


def _header(passport_json: bytes) -> dict[str, Any]:
    return cast("dict[str, dict[str, Any]]", parse_json(passport_json))["header"]


def _check_glyphs(text: str, files: tuple[Path, ...]) -> None:
    missing = _missing(text, files)
    if missing:
        listed = ", ".join(f"{char} (U+{ord(char):04X} {unicodedata.name(char, '')})" for char in missing[:20])
        more = f" and {len(missing) - 20} more" if len(missing) > 20 else ""  # noqa: PLR2004 - as many as were listed
        raise PrintError(
            f"字型 {_FAMILY} 缺少下列字元，無法列印履歷護照，改用字型裡有的字：{listed}{more}\n"
            f"The font {_FAMILY} has no glyph for these characters, so the passport cannot be printed; replace them.",
        )


def _missing(text: str, files: tuple[Path, ...]) -> list[str]:
    covered = frozenset.intersection(*(_covered(path, path.stat().st_mtime_ns) for path in files))
    return sorted(char for char in set(text) if ord(char) not in covered and char not in "\n\t")


def _font_files(fonts: Path) -> tuple[Path, ...]:
    found = {font.weight: Path(font.path) for font in _fonts(fonts).fonts() if font.family == _FAMILY and font.path}
    if not set(found) >= _WEIGHTS:
        raise PrintError(
            f"{fonts}: {_FAMILY} 的 Regular 與 Bold 字型不在這裡。執行 ./dev run 安裝。\n"
            f"{_FAMILY} Regular and Bold are not there. Run ./dev run to install them.",
        )
    return tuple(found[weight] for weight in sorted(_WEIGHTS))


def _fonts(fonts: Path) -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(fonts)])


@lru_cache(maxsize=8)
def _covered(path: Path, _changed_ns: int) -> frozenset[int]:
    try:
        return covered_code_points(path.read_bytes())
    except FontError as error:
        raise PrintError(f"{path}: {error}") from error


def _qr_svg(address: str) -> str:
    try:
        code = segno.make(address, error="m", micro=False)
    except ValueError as error:
        raise PrintError(
            f"驗證網址有 {len(address)} 個字元，QR 碼放不下。縮短網址。\n"
            f"The address for verification has {len(address)} characters, too many for a QR code. Shorten it.",
        ) from error
    picture = io.BytesIO()
    code.save(picture, kind="svg", xmldecl=False, svgns=True, border=0)
    return picture.getvalue().decode("utf-8")
