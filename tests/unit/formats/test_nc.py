from __future__ import annotations

import gzip

import pytest

from samegauge.formats.errors import FormatError
from samegauge.formats.nc import parse_nc

PROGRAM = """%
O0042(BOX_REV-B OP2)
(T3|6MM EM|H0)
N100G20
N110 G0 G90
N120T3M6
N130G1X1.5F10.
N9990G95F.2
N100G21G94
N110F200
N115 T5 ( next )
N120 G91 G28 Z0 M06
G90 G10 L2 P#501 X[#510]
N130M30
%
"""


def test_what_a_program_says() -> None:
    program = parse_nc(PROGRAM.encode(), "BOX_REV-B OP2 (Front).NC")
    assert (program.number, program.title) == (42, "BOX_REV-B OP2")
    assert (program.revision_hint, program.operation) == ("B", "OP2 (Front)")
    assert [(c.line, c.block_number, c.tool) for c in program.tool_calls] == [(6, 120, 3), (12, 120, 5)]
    assert [(f.line, f.feed_mm_per_min) for f in program.feeds] == [(7, 254.0), (8, None), (10, 200.0)]
    assert program.comments == ((2, "BOX_REV-B OP2"), (3, "T3|6MM EM|H0"), (11, "next"))
    assert program.line_count == 15


def test_blocks_are_found_by_line_and_by_number() -> None:
    program = parse_nc(PROGRAM.encode(), "a.nc")
    block = program.block_at(6)
    assert block is not None
    assert block.text == "N120T3M6"
    assert program.block_at(2) is None
    assert program.block_at(99) is None
    assert [b.line for b in program.blocks_numbered(100)] == [4, 9]


def test_identity_is_that_of_the_unpacked_bytes() -> None:
    plain, packed = parse_nc(PROGRAM.encode(), "a.nc"), parse_nc(gzip.compress(PROGRAM.encode()), "a.nc.gz")
    assert plain.sha256 == packed.sha256
    assert plain.sha256 != parse_nc(PROGRAM.replace("X1.5", "X1.6").encode(), "a.nc").sha256


def test_windows_line_ends_and_chinese_comments() -> None:
    for encoding, shown in (("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("cp950", "big5")):
        program = parse_nc(PROGRAM.replace("next", "換刀").replace("\n", "\r\n").encode(encoding), "a.nc")
        assert program.encoding == shown
        assert program.comments[-1] == (11, "換刀")
        assert len(program.tool_calls) == 2


@pytest.mark.parametrize(
    ("name", "revision", "operation"),
    [
        ("PART_REV-A.NC", "A", None),
        ("part rev.2, op1.nc.gz", "2", "op1"),
        ("REVERSE OPTION.NC", None, None),
        ("NIST_REV-A_OP5.NC", "A", "OP5"),
    ],
)
def test_hints_in_file_names(name: str, revision: str | None, operation: str | None) -> None:
    program = parse_nc(b"O1\nG0X1\n", name)
    assert (program.revision_hint, program.operation) == (revision, operation)


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"<xml/>", 1),
        (b"G0\nhello {world}\n", 2),
        (b"G0\n\x00\x01\n", 2),
        (b"hello world\n", None),
        (b"", None),
        (b"G0X1\n" + "中文".encode() + b"\n", 2),
        (b"\x81\x8d\x8f", None),
        (gzip.compress(b"G0", mtime=0)[:-3], None),
    ],
)
def test_other_files_are_refused(data: bytes, line: int | None) -> None:
    with pytest.raises(FormatError) as caught:
        parse_nc(data, "x.nc")
    assert caught.value.line == line


def test_an_open_comment_ends_with_its_line() -> None:
    program = parse_nc(b"G0 X1 (forgotten\nG1 F5\n", "x.nc")
    assert program.comments == ((1, "forgotten"),)
    assert [block.text for block in program.blocks] == ["G0 X1", "G1 F5"]
