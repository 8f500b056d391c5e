from __future__ import annotations

import struct

import pytest

from samegauge.formats.fonts import FontError, covered_code_points


def font(table: bytes) -> bytes:
    directory = struct.pack(">4sHHHH", b"\x00\x01\x00\x00", 1, 0, 0, 0) + struct.pack(
        ">4sIII", b"cmap", 0, 28, len(table)
    )
    return directory + table


def cmap(platform: int, encoding: int, subtable: bytes) -> bytes:
    return struct.pack(">HHHHI", 0, 1, platform, encoding, 12) + subtable


def form_12(*groups: tuple[int, int, int]) -> bytes:
    body = b"".join(struct.pack(">III", *group) for group in groups)
    return struct.pack(">HHIII", 12, 0, 16 + len(body), 0, len(groups)) + body


def form_4() -> bytes:
    """65..66 by delta; 70..71 by glyph array, where 71 has no glyph; the closing segment."""
    ends, starts = [66, 71, 0xFFFF], [65, 70, 0xFFFF]
    deltas, distances = [0x10000 - 60, 0, 1], [0, 4, 0]
    parts = [*ends, 0, *starts, *deltas, *distances, 9, 0]
    return struct.pack(">HHHHHHH", 4, 14 + 2 * len(parts), 0, 6, 0, 0, 0) + struct.pack(f">{len(parts)}H", *parts)


def test_groups_of_format_12() -> None:
    assert covered_code_points(font(cmap(3, 10, form_12((0x41, 0x43, 5), (0x20BB7, 0x20BB7, 9))))) == {
        0x41,
        0x42,
        0x43,
        0x20BB7,
    }


def test_the_missing_glyph_does_not_count() -> None:
    assert covered_code_points(font(cmap(3, 10, form_12((0x41, 0x42, 0))))) == {0x42}


def test_segments_of_format_4() -> None:
    assert covered_code_points(font(cmap(3, 1, form_4()))) == {65, 66, 70}


def test_tables_for_other_alphabets_do_not_count() -> None:
    assert covered_code_points(font(cmap(1, 0, form_12((0x41, 0x43, 5))))) == frozenset()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello, no font",
        b"\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
        font(cmap(3, 10, form_12((0x41, 0x43, 5)))[:-4]),
        font(cmap(3, 10, form_12((0, 0xFFFFFFFF, 5)))),
        font(cmap(3, 10, struct.pack(">HHIII", 12, 0, 16, 0, 0xFFFFFFFF))),
    ],
)
def test_damaged_fonts_are_refused(data: bytes) -> None:
    with pytest.raises(FontError):
        covered_code_points(data)
