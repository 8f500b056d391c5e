"""Which characters a TrueType or OpenType font can draw, from its `cmap` table (OpenType 1.9, formats 4 and 12)."""

from __future__ import annotations

import struct

_MAGICS = {b"\x00\x01\x00\x00", b"OTTO", b"true"}
_UNICODE_ENCODINGS = {(0, 3), (0, 4), (0, 6), (3, 1), (3, 10)}
_MAX_GROUPS = 200_000
_LAST_CODE_POINT = 0x10FFFF


class FontError(ValueError):
    """Bytes that are no usable font."""


def covered_code_points(font: bytes) -> frozenset[int]:
    """Code points with a glyph of their own."""
    try:
        return frozenset(_covered(font))
    except (struct.error, IndexError) as error:
        raise FontError("The font's character table is damaged. Install the font anew.") from error


def _covered(font: bytes) -> set[int]:
    if font[:4] not in _MAGICS:
        raise FontError("Not a TrueType or OpenType font.")
    start = _table(font, b"cmap")
    (count,) = struct.unpack_from(">H", font, start + 2)
    records = [struct.unpack_from(">HHI", font, start + 4 + 8 * number) for number in range(count)]
    covered: set[int] = set()
    for platform, encoding, offset in records:
        if (platform, encoding) not in _UNICODE_ENCODINGS:
            continue
        (form,) = struct.unpack_from(">H", font, start + offset)
        if form == 4:  # noqa: PLR2004 - the format's own number
            covered |= _segments(font, start + offset)
        elif form == 12:  # noqa: PLR2004
            covered |= _groups(font, start + offset)
    return covered


def _table(font: bytes, tag: bytes) -> int:
    (count,) = struct.unpack_from(">H", font, 4)
    for number in range(count):
        found, _, offset, _ = struct.unpack_from(">4sIII", font, 12 + 16 * number)
        if found == tag:
            return int(offset)
    raise FontError(f"The font has no {tag.decode('ascii')} table.")


def _segments(font: bytes, start: int) -> set[int]:
    """Format 4: segments of the first 65,536 code points; a segment draws by offset or through an array of glyphs."""
    doubled, ends = struct.unpack_from(">H", font, start + 6)[0], start + 14
    starts, deltas, ranges = ends + doubled + 2, ends + 2 * doubled + 2, ends + 3 * doubled + 2
    covered: set[int] = set()
    for at in range(0, doubled, 2):
        first, last, delta, distance = (
            struct.unpack_from(">H", font, place + at)[0] for place in (starts, ends, deltas, ranges)
        )
        for code in range(first, last + 1):
            glyph = code
            if distance:
                (glyph,) = struct.unpack_from(">H", font, ranges + at + distance + 2 * (code - first))
            if code != 0xFFFF and (glyph + delta if glyph or not distance else 0) % 0x10000:  # noqa: PLR2004 - end mark
                covered.add(code)
    return covered


def _groups(font: bytes, start: int) -> set[int]:
    (count,) = struct.unpack_from(">I", font, start + 12)
    if count > _MAX_GROUPS:
        raise FontError(f"The font's character table claims {count} groups.")
    covered: set[int] = set()
    for number in range(count):
        first, last, glyph = struct.unpack_from(">III", font, start + 16 + 12 * number)
        if last > _LAST_CODE_POINT:
            raise FontError(f"The font claims the character U+{last:X}.")
        covered.update(code for code in range(first, last + 1) if glyph + code - first)
    return covered
