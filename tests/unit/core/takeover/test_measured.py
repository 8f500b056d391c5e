"""Measured values from spreadsheets of any shape: a dry run first, then all of them, or none and which row is why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from samegauge.core.intake.batches import undo
from samegauge.core.intake.models import ImportBatch
from samegauge.core.measurement.models import Characteristic, Inspection, InspectionKind, Measurement
from samegauge.core.takeover.matching import proposed
from samegauge.core.takeover.models import SavedMatching
from samegauge.core.takeover.planning import plan
from samegauge.core.takeover.registry import target_named
from samegauge.core.takeover.targets import Outcome
from samegauge.core.thread.models import Item
from samegauge.core.thread.rules import Recorder
from samegauge.formats.errors import FormatError
from samegauge.formats.spreadsheet import read_grid, read_sheet, sheet_of

if TYPE_CHECKING:
    from support.way_in import TakeOver

TARGET = "measured-values"
LONG = """序號;料號;量測項目;量測值;單位;量測時間;檢驗員;量具編號
SH-1;TX-650;孔徑;40,0012;mm;2026/11/20 08:15;王小明;CM-01
SH-1;TX-650;平行度;8,5;µm;2026/11/20 08:15;王小明;CM-01
SH-2;TX-650;孔徑;40,0121;mm;115/11/20 09:15;王小明;CM-01
"""
WIDE = """Serial,Item,Date,Bore [mm],Parallelism (µm),Remark
SH-1,TX-650,2026-11-20 08:15,40.0012,8.5,fine
SH-2,TX-650,2026-11-20 09:15,40.0121,,late
"""


def measured() -> list[tuple[object, ...]]:
    fields = ("inspection__unit__serial", "characteristic__name", "actual", "characteristic__unit_code")
    return sorted(Measurement.objects.values_list(*fields, "operator", "instrument"))


def problems(text: str) -> list[str]:
    """What the dry run says of wrong rows."""
    target = target_named(TARGET)
    sheet = read_sheet(text.encode(), "values.csv")
    planned = plan(target, sheet, proposed(target, sheet.header))
    return [f"{row.line} {name}: {why}" for row in planned.rows for name, why in row.problems] + list(planned.missing)


def test_one_row_for_each_value(furnished: TakeOver) -> None:
    furnished.takes(TARGET, LONG.encode(), "values.csv")
    assert measured() == [
        ("SH-1", "孔徑", 40.0012, "mm", "王小明", "CM-01"),
        ("SH-1", "平行度", 8.5, "µm", "王小明", "CM-01"),
        ("SH-2", "孔徑", 40.0121, "mm", "王小明", "CM-01"),
    ]
    first = Inspection.objects.get(unit__serial="SH-1")
    assert (first.kind, first.plan) == (InspectionKind.IN_PROCESS, "TX-650")
    assert f"{first.performed_at:%Y-%m-%d %H:%M}" == "2026-11-20 00:15"  # a clock in Taipei


def test_one_column_for_each_characteristic(furnished: TakeOver) -> None:
    furnished.takes(TARGET, WIDE.encode(), "values.csv")
    assert measured() == [
        ("SH-1", "Bore", 40.0012, "mm", "", ""),
        ("SH-1", "Parallelism", 8.5, "µm", "", ""),
        ("SH-2", "Bore", 40.0121, "mm", "", ""),
    ]
    assert Inspection.objects.count() == 2


def test_the_same_sheet_again_is_unchanged_and_other_units_are_turned(furnished: TakeOver) -> None:
    furnished.takes(TARGET, WIDE.encode(), "values.csv")
    target, sheet = target_named(TARGET), read_sheet(WIDE.encode(), "values.csv")
    assert plan(target, sheet, proposed(target, sheet.header)).counts[Outcome.SAME] == 3
    more = WIDE.replace("Bore [mm]", "Bore [µm]").replace("SH-", "XH-").replace("40.0", "40000.0")
    furnished.takes(TARGET, more.encode(), "more.csv")
    assert {row[3] for row in measured()} == {"mm", "µm"}
    assert Characteristic.objects.count() == 2
    assert ("XH-1", "Bore", 40.0000012, "mm", "", "") in measured()


def test_limits_of_a_known_plan_judge_the_values(furnished: TakeOver) -> None:
    Characteristic.objects.create(
        item=Item.objects.get(number="TX-650"),
        plan="P-7",
        inspection_kind=InspectionKind.FINAL,
        key="D1",
        name="Bore",
        kind="Diameter",
        upper_limit=40.01,
        unit_code="mm",
    )
    furnished.takes(TARGET, WIDE.encode(), "values.csv")
    bore = Measurement.objects.filter(characteristic__key="D1").order_by("inspection__unit__serial")
    assert [(row.stated, row.inspection.plan, row.inspection.kind) for row in bore] == [
        ("pass", "P-7", "final"),
        ("fail", "P-7", "final"),
    ]


def test_a_matching_is_remembered_and_the_taking_in_undone_as_a_whole(furnished: TakeOver) -> None:
    columns = {"A": "serial", "B": "item", "X": "value", "Y": "value"}
    SavedMatching.objects.create(target=TARGET, name="line 3", columns=columns)
    furnished.takes(TARGET, b"A,B,X,Y\nSH-1,TX-650,1.5,2.5\n", "odd.csv", unit="mm")
    assert [row[1:4] for row in measured()] == [("X", 1.5, "mm"), ("Y", 2.5, "mm")]
    undo(ImportBatch.objects.latest("pk"), "wrong line", Recorder(actor=furnished.person))
    assert measured() == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ((";mm;", ";;"), "2 unit: No unit is stated"),
        ((";mm;", ";furlong;"), "2 unit: furlong is no unit"),
        (("40,0012", "4o,0012"), "2 value: 4o,0012 is no number"),
        (("8,5", "8.500"), "3 value: 8.500 can mean two numbers"),
        (("2026/11/20 08:15", "2126/11/20 08:15"), "measured_at: 2126-11-20"),
        (("2026/11/20 08:15", "2026/11/20 25:15"), "2 measured_at: There is no time"),
        (
            ("SH-2;TX-650;孔徑;40,0121;mm;115/11/20 09", "SH-1;TX-650;孔徑;40,0121;mm;115/11/20 08"),
            "4 serial: SH-1 has two values",
        ),
        (("SH-2;TX-650", "SH-2;"), "4 item: The serial number is new"),
        (("SH-2;TX-650", "SH-2;NO-1"), "4 item: There is no item NO-1"),
        ((";孔徑;40,0121", ";;40,0121"), "4 characteristic: Say which"),
        (("SH-1;TX-650;平行度;8,5;µm", "SH-1;TX-650;孔徑;8,5;N·m"), "3 unit: 孔徑"),
    ],
)
def test_a_wrong_row_is_named_and_nothing_is_written(furnished: TakeOver, change: tuple[str, str], said: str) -> None:
    assert change[0] in LONG
    found = problems(LONG.replace(*change))
    assert any(said in one for one in found), found
    assert Measurement.objects.count() == 0


def test_a_comma_that_can_mean_two_numbers_is_refused(furnished: TakeOver) -> None:
    found = problems("序號;料號;量測項目;量測值;單位\nA;TX-650;d;1,234;mm\n")
    assert found == ["2 value: 1,234 can mean two numbers. Write it with a decimal point."]


def test_without_a_serial_number_or_a_value_nothing_is_planned(furnished: TakeOver) -> None:
    assert problems("料號,檢驗員\nTX-650,王\n") == ["serial", "value"]


@pytest.mark.django_db
@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    changes=st.lists(st.tuples(st.floats(0, 1), st.text(max_size=5), st.integers(0, 9)), min_size=1, max_size=4),
    text=st.sampled_from([LONG, WIDE]),
)
def test_a_damaged_sheet_is_refused_or_planned_and_never_breaks(
    furnished: TakeOver, changes: list[tuple[float, str, int]], text: str
) -> None:
    for share, inserted, removed in changes:
        place = int(share * len(text))
        text = text[:place] + inserted + text[place + removed :]
    target = target_named(TARGET)
    try:
        sheet = sheet_of(read_grid(text.encode("utf-8", "replace"), "values.csv"))
    except FormatError as error:
        assert error.message_zh  # noqa: PT017 - any other error fails the test
        return
    planned = plan(target, sheet, proposed(target, sheet.header))
    assert all(row.outcome is Outcome.WRONG or row.work is not None for row in planned.rows)
