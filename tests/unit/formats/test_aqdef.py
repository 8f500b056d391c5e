"""AQDEF in its dialects, and back: what is read is written again and read the same.

Outside authority, asked when this was written: aqdefreader 1.3.0 read testmeasures.dfq of its own suite with the same
10 values of 2 characteristics, attributes and times; of 11 expected outputs of diribet's aqdef-tools every part,
characteristic and value agreed (there aqdefreader takes 02.01.2013 for the 1st of February, aqdef-tools and this
reader for the 2nd of January).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from aqdef_samples import DFQ, dfq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from samegauge.formats.aqdef import (
    NOT_MEASURED,
    AqdefCharacteristic,
    AqdefDocument,
    AqdefPart,
    AqdefValue,
    parse_aqdef,
    write_aqdef,
)
from samegauge.formats.errors import FormatError

RUNS = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
HEAD = "K0100 2\nK1001/1 P\nK2001/1 A\nK2001/2 B\nK2004/2 1\n"


def read(text: str | bytes, **options: Any) -> AqdefDocument:
    return parse_aqdef(text.encode() if isinstance(text, str) else text, "x.dfq", **options)


def taken(document: AqdefDocument, index: int) -> list[tuple[int, float | None, int]]:
    found = {one.index: one for part in document.parts for one in part.characteristics}
    return [(value.position, value.value, value.attribute) for value in found[index].values]


def test_a_file_of_values_with_keys() -> None:
    found = read(dfq())
    [part] = found.parts
    bore, parallel, look = part.characteristics
    assert (part.number, part.name, len(found.remarks)) == ("SH-40", "主軸殼", 0)
    assert (bore.name, bore.unit, bore.nominal, bore.lower_limit, bore.upper_limit) == (
        "前軸承孔徑",
        "mm",
        40.0,
        39.99,
        40.01,
    )
    assert [(one.value, one.taken_at, one.fields) for one in bore.values] == [
        (40.0012, datetime(2026, 11, 21, 8, 15), {"K0014": "SH-40-001", "K0008": "王小明"}),  # noqa: DTZ001 - as read
        (40.0121, datetime(2026, 11, 21, 9, 15), {"K0014": "SH-40-002", "K0008": "王小明"}),  # noqa: DTZ001
    ]
    assert (parallel.lower_limit, parallel.upper_limit, look.is_attributive) == (None, 0.02, True)
    assert [(one.sample_size, one.errors, one.fields["K0014"]) for one in look.values] == [
        (1, 0, "SH-40-001"),
        (1, 1, "SH-40-002"),
    ]


def test_a_file_of_values_in_lines() -> None:
    lines = (
        "9.94\x140\x1412.08.1999/15:23:45\x14\x14#7\x0f1000\x141\n9,95\x14255\x0f2000\x140\n\x0f3000\x142\nK0014/2 c\n"
    )
    found = read(HEAD + lines)
    assert taken(found, 1) == [(1, 9.94, 0), (2, 9.95, 255)]
    assert taken(found, 2) == [(1, None, 0), (2, None, 0), (3, None, 0)]
    first, second = found.parts[0].characteristics
    assert first.values[0].fields == {"K0006": "#7"}
    assert [(one.sample_size, one.errors, one.fields.get("K0014")) for one in second.values] == [
        (1, 1, None),
        (2, 0, None),
        (3, 2, "c"),
    ]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("K0001/1 1\nK0001/1 2\nK0014/1 b", [None, "b"]),
        ("K0001/1 1\nK0001/1 2\nK0014/1/1 a", ["a", None]),
        ("K0001/1 1\nK0001/1 2\nK0014/0/2 b", [None, "b"]),
        ("K0014/1 a\nK0001/1 1\nK0014/1 b\nK0001/1 2", ["a", "b"]),
        ("K0001/1 1\nK0014/0 a\nK0001/1 2\nK0014/0 b", ["a", "b"]),
        ("K0014/0 a\nK0001/1 1\nK0001/1 2", ["a", None]),
        ("K0001 1\nK0014 a\nK0001 2\nK0014 b", ["a", "b"]),
        ("1\x140\nK0014/1 a\n2\x140\nK0014/0 b", ["a", "b"]),
        ("K0001/1 1\nK0014/1 a\nK0001/1\nK0002/1 255\nK0001/1 2\nK0014/1 b", ["a", "b"]),
    ],
)
def test_fields_go_to_the_value_they_are_about(lines: str, expected: list[str | None]) -> None:
    values = read(HEAD + lines).parts[0].characteristics[0].values
    assert [one.fields.get("K0014") for one in values] == expected
    assert [one.value for one in values] == [1.0, 2.0]


def test_a_common_field_is_about_the_values_taken_together() -> None:
    """The second part was measured with one characteristic only: its time is not that of the first part's other."""
    found = read(
        HEAD.replace("K2004/2 1\n", "")
        + "K0001/1 1\nK0001/2 5\nK0004/0 1.1.2026/8:00\nK0001/1 2\nK0004/0 1.1.2026/9:00"
    )
    first, second = found.parts[0].characteristics
    assert [one.taken_at.hour for one in first.values if one.taken_at] == [8, 9]
    assert [one.taken_at.hour for one in second.values if one.taken_at] == [8]


def test_several_parts_groups_and_what_holds_for_all() -> None:
    text = (
        "K0100 3\nK1002/0 Both\nK2142/0 mm\nK1001/1 P1\nK2001/1 A\nK1001/2 P2\nK1002/2 Own\nK2001/2 B\nK2001/3 C\n"
        "K5002/1 Group\nK5111/1 1\nK5112/2 1\nK4092/7 王小明\nK8500/3 2\nK0001/3 7\n"
    )
    found = read(text)
    assert [(part.number, part.name, [one.index for one in part.characteristics]) for part in found.parts] == [
        ("P1", "Both", [1]),
        ("P2", "Own", [2, 3]),
    ]
    assert {one.unit for part in found.parts for one in part.characteristics} == {"mm"}
    assert found.structure == (("K5002/1", "Group"), ("K5111/1", "1"), ("K5112/2", "1"), ("K4092/7", "王小明"))
    assert read(write_aqdef(found)) == found


def test_a_description_and_its_values_in_two_files() -> None:
    place = DFQ.index("K0001/1")
    description, values = DFQ[:place].encode(), DFQ[place:].encode()
    found = read(description, values=(values, "x.dfx"))
    assert found == read(dfq())
    with pytest.raises(FormatError) as caught:
        read(description, values=(values.replace(b"40,0121", b"4o,0121"), "x.dfx"))
    assert (caught.value.file, caught.value.line, caught.value.field) == ("x.dfx", 11, "K0001")


@pytest.mark.parametrize(
    ("encoding", "read_as", "name"),
    [
        ("utf-8", "utf-8", "孔徑"),
        ("utf-8-sig", "utf-8-sig", "孔徑"),
        ("utf-16", "utf-16", "孔徑"),
        ("cp950", "cp950", "前軸承孔徑與平行度"),
        ("cp950", "cp950", "孔徑"),
        ("gb18030", "gb18030", "前轴承孔径与平行度"),
        ("cp1252", "cp1252", "Größe der Öffnung in µm, Länge Ø"),
        ("cp1252", "cp1252", "Länge"),
    ],
)
def test_encodings_of_the_wild(encoding: str, read_as: str, name: str) -> None:
    text = f"K0100 1\r\nK1001/1 P\r\nK2002/1 {name}\r\nK0001/1 1,5\r\n\x1a"
    found = read(text.encode(encoding))
    assert (found.encoding, found.parts[0].characteristics[0].name) == (read_as, name)
    guessed = encoding in {"cp950", "gb18030", "cp1252"}
    assert [one.code for one in found.remarks] == ["encoding_guessed"] * guessed
    assert read(text.encode(encoding), encoding=encoding).remarks == ()


@pytest.mark.parametrize(
    ("text", "hour_of", "expected"),
    [
        ("21.11.2026/14:05:06", 14, datetime(2026, 11, 21, 14, 5, 6)),  # noqa: DTZ001 - the format has no zone
        ("1.2.99 3:04", 3, datetime(1999, 2, 1, 3, 4)),  # noqa: DTZ001
        ("2026-11-21/14:05", 14, datetime(2026, 11, 21, 14, 5)),  # noqa: DTZ001
        ("11/21/2026/14:05:06", 14, datetime(2026, 11, 21, 14, 5, 6)),  # noqa: DTZ001
        ("21.11.2026", 0, datetime(2026, 11, 21)),  # noqa: DTZ001
        ("2026-11-21T14:05:06+08:00", 6, datetime(2026, 11, 21, 6, 5, 6, tzinfo=UTC)),
    ],
)
def test_times_as_written(text: str, hour_of: int, expected: datetime) -> None:
    [value] = read(f"{HEAD}K0001/1 1\nK0004/1 {text}").parts[0].characteristics[0].values
    assert value.taken_at == expected
    assert expected.hour == hour_of


@pytest.mark.parametrize(
    ("text", "line", "field"),
    [
        (HEAD + "K0001/1 1.234,5", 6, "K0001"),
        (HEAD + "K0001/1 NaN", 6, "K0001"),
        (HEAD + "K0001/1 1\nK0002/1 good", 7, "K0002"),
        (HEAD + "K0001/1 1\nK0004/1 21/21/2026/10:00", 7, "K0004"),
        (HEAD + "K0001/3 1", 6, "K0001"),
        (HEAD + "1\x0f2\x0f3", 6, "K0001"),
        (HEAD + "1" + "\x14x" * 12, 6, None),
        (HEAD + "K0001/1 1\nK0014/1/2 b", 7, "K0014"),
        (HEAD + "K2002/1/1 no", 6, "K2002"),
        (HEAD + "K2001/1-1 no", 6, None),
        (HEAD + "K2110/1 5\nK2111/1 4", 3, "K2110"),
        (HEAD + "K2101/1 one", 6, "K2101"),
        (HEAD + "K2002/1 a\x07b", 6, "K2002"),
        ("hello\nK0100 1", 1, None),
        ("K0100 many", 1, "K0100"),
        ("", None, None),
        ("K0100 1\n", None, None),
    ],
)
def test_what_cannot_be_placed_refuses_the_file(text: str, line: int | None, field: str | None) -> None:
    with pytest.raises(FormatError) as caught:
        read(text)
    assert (caught.value.line, caught.value.field) == (line, field)
    assert "：" in caught.value.message_zh


def test_ten_megabytes_of_garbage_are_refused_at_the_first_line() -> None:
    with pytest.raises(FormatError) as caught:
        read(b"\x80\x07garbage" * (1 << 20))
    assert caught.value.line == 1


def test_remarks_say_what_was_odd() -> None:
    found = read(HEAD.replace("K0100 2", "K0100 5") + "K0020/2 7\nK0021/2 1")
    assert [one.code for one in found.remarks] == ["count_differs", "sample_size_plain"]
    assert found.parts[0].characteristics[1].values[0].sample_size == 7


def test_allowances_become_limits() -> None:
    [one, _other] = read(HEAD + "K2101/1 3,3\nK2112/1 -0,2\nK2113/1 0,1").parts[0].characteristics
    assert (one.lower_limit, one.upper_limit) == (3.1, 3.4)


@pytest.mark.parametrize(
    ("fields", "value"),
    [
        ({"K2002": "two\nlines"}, AqdefValue(1, 1.0)),
        ({"K2002": " outer"}, AqdefValue(1, 1.0)),
        ({"K1001": "elsewhere"}, AqdefValue(1, 1.0)),
        ({"K2002": ""}, AqdefValue(1, 1.0)),
        ({}, AqdefValue(1, 1.0, fields={"K0014": "a\x14b"})),
    ],
)
def test_what_no_file_can_hold_is_not_written(fields: dict[str, str], value: AqdefValue) -> None:
    with pytest.raises(FormatError):
        write_aqdef(AqdefDocument("x", (AqdefPart(1, {}, (AqdefCharacteristic(1, fields, values=(value,)),)),)))


def test_characteristics_out_of_number_are_not_written() -> None:
    with pytest.raises(FormatError):
        write_aqdef(AqdefDocument("x", (AqdefPart(1, {}, (AqdefCharacteristic(2, {"K2001": "A"}),)),)))


TEXTS = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp", "Cn", "Co")), min_size=1, max_size=12)
REALS = st.floats(-1e12, 1e12, allow_nan=False)
MOMENTS = st.none() | st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)).map(  # noqa: DTZ001 - as the format
    lambda one: one.replace(microsecond=0)
)


@st.composite
def values(draw: Any, *, attributive: bool) -> tuple[AqdefValue, ...]:
    positions = sorted(draw(st.sets(st.integers(1, 9), max_size=4)))
    made = []
    for position in positions:
        fields = draw(st.dictionaries(st.sampled_from(["K0005", "K0008", "K0014", "K0097"]), TEXTS, max_size=3))
        attribute = draw(st.sampled_from([0, 1, NOT_MEASURED]))
        count = draw(st.integers(0, 500))
        made.append(
            AqdefValue(position, None, attribute, count, draw(st.integers(0, 500)), draw(MOMENTS), fields)
            if attributive
            else AqdefValue(position, draw(REALS), attribute, None, None, draw(MOMENTS), fields)
        )
    return tuple(made)


@st.composite
def documents(draw: Any) -> AqdefDocument:
    index, parts = 0, []
    for part in range(1, draw(st.integers(1, 3)) + 1):
        characteristics = []
        for _place in range(draw(st.integers(0, 3))):
            index += 1
            attributive = draw(st.booleans())
            nominal = draw(st.none() | REALS)
            fields = {"K2001": draw(TEXTS), "K2004": "1" if attributive else "0"}
            fields |= {} if nominal is None else {"K2101": repr(nominal)}
            found = draw(values(attributive=attributive))
            characteristics.append(AqdefCharacteristic(index, fields, nominal, values=found))
        parts.append(AqdefPart(part, {"K1001": draw(TEXTS)}, tuple(characteristics)))
    structure = tuple((f"K5112/{place}", str(place)) for place in range(draw(st.integers(0, 2))))
    return AqdefDocument("x.dfq", tuple(parts), {"K0100": str(index)}, structure)


@RUNS
@given(document=documents())
def test_what_is_written_is_read_the_same(document: AqdefDocument) -> None:
    assert read(write_aqdef(document)) == document


@RUNS
@given(changes=st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=6), st.integers(0, 40)), min_size=1, max_size=5))
def test_a_damaged_file_is_refused_or_survives_the_round_trip(changes: list[tuple[float, bytes, int]]) -> None:
    data = dfq()
    for share, inserted, removed in changes:
        place = int(share * len(data))
        data = data[:place] + inserted + data[place + removed :]
    try:
        found = read(data)
        again = read(write_aqdef(found))
    except FormatError as error:
        assert error.message_zh  # noqa: PT017 - any other error fails the test
    else:
        assert again.parts == found.parts
