"""What every paper needs that is printed through Typst: the fonts, a check of its characters, QR codes."""

from __future__ import annotations

import io
import unicodedata
from functools import lru_cache
from pathlib import Path

import segno
import typst
from django.conf import settings

from samegauge.formats.fonts import FontError, covered_code_points

_FAMILY = "Noto Sans TC"
_WEIGHTS = {400, 700}
_LISTED = 20


class PrintError(Exception):
    """The paper cannot be printed: what is missing and what to do."""

    def __init__(self, message: str, message_zh: str) -> None:
        super().__init__(message)
        self.message = message
        self.message_zh = message_zh


def fonts_folder() -> Path:
    return Path(settings.SAMEGAUGE_PACKAGE) / "web" / "fonts"


def compiler_fonts(fonts: Path) -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(fonts)])


def check_glyphs(text: str, fonts: Path) -> None:
    """Refuse a text that would come out with gaps."""
    missing = missing_glyphs(text, fonts)
    if missing:
        listed = ", ".join(f"{char} (U+{ord(char):04X} {unicodedata.name(char, '')})" for char in missing[:_LISTED])
        left = len(missing) - _LISTED
        raise PrintError(
            f"The font {_FAMILY} has no glyph for these characters, so nothing was printed; replace them: "
            f"{listed}{f' and {left} more' if left > 0 else ''}",
            f"字型 {_FAMILY} 缺少下列字元，沒有列印，改用字型裡有的字："
            f"{listed}{f'，另有 {left} 個' if left > 0 else ''}",
        )


def missing_glyphs(text: str, fonts: Path) -> list[str]:
    """Characters of `text` that the printing font cannot draw, each once, in the order of their code points."""
    files = _font_files(fonts)
    covered = frozenset.intersection(*(_covered(path, path.stat().st_mtime_ns) for path in files))
    return sorted(char for char in set(text) if ord(char) not in covered and char not in "\n\t")


def _font_files(fonts: Path) -> tuple[Path, ...]:
    known = compiler_fonts(fonts).fonts()
    found = {font.weight: Path(font.path) for font in known if font.family == _FAMILY and font.path}
    if not set(found) >= _WEIGHTS:
        raise PrintError(
            f"{fonts}: {_FAMILY} Regular and Bold are not there. Run ./dev run to install them.",
            f"{fonts}：{_FAMILY} 的 Regular 與 Bold 字型不在這裡。執行 ./dev run 安裝。",
        )
    return tuple(found[weight] for weight in sorted(_WEIGHTS))


@lru_cache(maxsize=8)
def _covered(path: Path, _changed_ns: int) -> frozenset[int]:
    try:
        return covered_code_points(path.read_bytes())
    except FontError as error:
        raise PrintError(
            f"{path}: the font is damaged ({error}). Install it again: ./dev run",
            f"{path}：字型檔已損壞（{error}）。重新安裝：./dev run",
        ) from error


def largest_qr_svg(content: str) -> str:
    """As much as a code can hold, read from clean paper, as UTF-8; empty where it does not go in."""
    try:
        code = segno.make(content, error="l", micro=False, boost_error=False, mode="byte", encoding="utf-8", mask=0)
    except segno.DataOverflowError:
        return ""
    return _drawn(code, quiet_modules=4)


def qr_svg(content: str, *, quiet_modules: int = 0, mask: int | None = None) -> str:
    """The code as a picture; with a `mask` given the eight are not compared, which takes four fifths of the time."""
    try:
        code = segno.make(content, error="m", micro=False, mask=mask)
    except ValueError as error:
        raise PrintError(
            f"The content of the QR code has {len(content)} characters, too many. Shorten the address of the site.",
            f"QR 碼的內容有 {len(content)} 個字元，放不下。縮短網站的網址。",
        ) from error
    return _drawn(code, quiet_modules)


def _drawn(code: segno.QRCode, quiet_modules: int) -> str:
    picture = io.BytesIO()
    code.save(picture, kind="svg", xmldecl=False, svgns=True, border=quiet_modules)
    return picture.getvalue().decode("utf-8")
