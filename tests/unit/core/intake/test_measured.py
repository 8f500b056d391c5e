"""Measured values from AQDEF and QIF: in with who, when and with what; or refused whole, naming the field."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from aqdef_samples import DFQ, dfq
from django.utils import timezone
from qif_samples import qif
from support.import_here import rows_by_model, take_in

from samegauge.apps.inspection.models import Instrument, InstrumentKind
from samegauge.core.intake.batches import undo
from samegauge.core.intake.models import ImportBatch
from samegauge.core.measurement.models import Characteristic, Conformity, Inspection, Measurement
from samegauge.core.production.models import Confidence
from samegauge.core.thread.models import Event, Item, ItemKind, Unit
from samegauge.core.thread.rules import Recorder, altered_events

if TYPE_CHECKING:
    from samegauge.core.organisations.models import Organisation

PLACE = DFQ.index("K0001/1")


def refusal_of(kind: str, data: bytes) -> str:
    """Why the file was refused, once nothing of it is left."""
    before = rows_by_model()
    report = take_in(kind, {f"values.{'dfq' if kind == 'aqdef' else 'qif'}": data})
    assert (report["files"]["refused"], report["files"]["in"]) == (1, 0)
    assert rows_by_model() == before
    [refused] = report["refused"]
    assert "：" in refused["reason_zh"]
    return refused["reason"]


def test_a_file_of_values_becomes_inspections(in_scope: Organisation) -> None:
    report = take_in("aqdef", {"values.dfq": dfq()})
    assert (report["files"]["in"], report["inspections"], report["units"]) == (1, 2, 2)
    first, second = Inspection.objects.select_related("unit__item").order_by("position_in_source")
    assert (first.unit.serial, first.unit.item.number, first.unit.item.name) == ("SH-40-001", "SH-40", "主軸殼")
    assert (first.plan, first.verdict, second.verdict) == ("主軸殼", Conformity.PASS, Conformity.FAIL)
    assert first.performed_at == datetime(2026, 11, 21, 0, 15, tzinfo=UTC)  # a clock in Taipei
    assert first.time_basis == "no zone stated, taken as the organisation's"
    bore = Measurement.objects.get(inspection=first, characteristic__key="D1")
    assert (bore.actual, bore.operator, bore.instrument, bore.recomputed) == (40.0012, "王小明", "", Conformity.PASS)
    assert bore.deviation == pytest.approx(0.0012)
    stated = bore.characteristic
    assert (stated.name, stated.unit_code, stated.lower_limit, stated.upper_limit) == ("前軸承孔徑", "mm", 39.99, 40.01)
    look = Measurement.objects.get(inspection=second, characteristic__key="V1")
    assert (look.actual, look.recomputed) == (1.0, Conformity.FAIL)
    assert not altered_events(Event.objects.filter(unit=first.unit))


def test_the_same_file_again_changes_nothing_and_a_grown_one_adds_what_is_new(in_scope: Organisation) -> None:
    take_in("aqdef", {"values.dfq": dfq()})
    before = rows_by_model()
    assert take_in("aqdef", {"values.dfq": dfq()})["files"]["known"] == 1
    assert rows_by_model() == before
    more = "K0001/1 40,003\nK0002/1 0\nK0004/1 21.11.2026/10:15:00\nK0014/0 SH-40-003\n"
    assert take_in("aqdef", {"values.dfq": dfq() + more.encode()})["inspections"] == 1
    assert Inspection.objects.count() == 3


def test_a_value_that_changed_under_the_same_time_is_refused(in_scope: Organisation) -> None:
    take_in("aqdef", {"values.dfq": dfq()})
    reason = refusal_of("aqdef", dfq(("40,0121", "40,0021")))
    assert "line 32, K0001" in reason
    assert "SH-40-002" in reason


def test_an_import_of_values_is_undone_as_a_whole(in_scope: Organisation) -> None:
    report = take_in("aqdef", {"values.dfq": dfq()})
    undo(ImportBatch.objects.get(uid=report["import"]), "wrong file", Recorder(actor_name="quality manager"))
    assert (Inspection.objects.count(), Measurement.objects.count(), Unit.objects.count()) == (0, 0, 0)
    assert take_in("aqdef", {"values.dfq": dfq()})["inspections"] == 2


def test_values_come_with_their_description_in_a_second_file(in_scope: Organisation) -> None:
    description, values = DFQ[:PLACE].encode(), DFQ[PLACE:].encode()
    report = take_in("aqdef", {"Line 1.DFD": description, "line 1.dfx": values})
    assert (report["files"], report["inspections"]) == ({"in": 2, "known": 0, "refused": 0}, 2)
    alone = take_in("aqdef", {"other.dfx": values + b"K0014/0 x\n"})
    assert "The values come without their description" in alone["refused"][0]["reason"]


def test_parts_without_a_serial_number_are_named_after_their_place(in_scope: Organisation) -> None:
    take_in("aqdef", {"values.dfq": dfq(("K0014/0 SH-40-001\n", ""), ("K0014/0 SH-40-002\n", ""))})
    found = Inspection.objects.values_list("unit__serial", "confidence", "serial_reported")
    assert sorted(found) == [("SH-40-1", Confidence.UNCERTAIN, ""), ("SH-40-2", Confidence.UNCERTAIN, "")]


@pytest.mark.parametrize(
    ("changes", "where", "why"),
    [
        ([("K2142/1 mm\n", "")], "line 4, K2142", "states no unit"),
        ([("K2142/1 mm", "K2142/1 furlong")], "line 4, K2142", "no unit that is known"),
        ([("K0014/0 SH-40-002", "K0014/0 SH-40-001"), ("09:15:00", "08:15:00")], "K0014", "two values of 前軸承孔徑"),
        ([("21.11.2026/09:15", "21.11.2126/09:15")], "line 32, K0004", "ahead of this site's clock"),
        ([("K1001/1 SH-40\n", "")], "K1001", "has no number"),
        ([("40,0121", "40.012,1")], "line 32, K0001", "not a number"),
    ],
)
def test_unusable_values_are_refused_whole(
    in_scope: Organisation, changes: list[tuple[str, str]], where: str, why: str
) -> None:
    reason = refusal_of("aqdef", dfq(*changes))
    assert where in reason
    assert why in reason


def test_garbage_of_ten_megabytes_is_refused_in_both_formats(in_scope: Organisation) -> None:
    assert "zero byte" in refusal_of("aqdef", b"\xff\x00garbage" * (1 << 20))
    assert "line 1: 'garbage" in refusal_of("aqdef", b"garbage " * (10 << 17))
    start, end = qif().split(b"<Characteristics>")
    stuffed = start + b"<Noise>" + b"garbage " * ((10 << 20) // 8) + b"</Noise><Characteristics>" + end
    assert "Text node too long" in refusal_of("qif", stuffed)
    assert "not well formed" in refusal_of("qif", start + b"\x01garbage<" * (1 << 20))


def test_units_that_contradict_the_plan_are_refused_and_others_are_turned(in_scope: Organisation) -> None:
    take_in("aqdef", {"values.dfq": dfq()})
    mixed = dfq(("K2142/2 mm", "K2142/2 N·m"), ("SH-40-00", "SH-40-10"))
    assert "K2142: 平行度 is measured in mm; N·m cannot" in refusal_of("aqdef", mixed)
    assert "K2110: 平行度: the plan" in refusal_of("aqdef", dfq(("K2142/2 mm", "K2142/2 µm"), ("SH-40-00", "SH-40-10")))
    in_um = dfq(
        ("K2142/2 mm", "K2142/2 µm"), ("0,020", "20"), ("0,0085", "8,5"), ("0,0102", "10,2"), ("SH-40-00", "SH-40-20")
    )
    take_in("aqdef", {"um.dfq": in_um})
    found = Measurement.objects.get(inspection__unit__serial="SH-40-201", characteristic__key="P1")
    assert (found.actual, found.characteristic.unit_code) == (0.0085, "mm")


def test_a_serial_number_of_another_item_is_refused(in_scope: Organisation) -> None:
    item = Item.objects.create(number="LM-50", name="Other", kind=ItemKind.PART)
    Unit.objects.create(serial="SH-40-002", item=item)
    assert "known as LM-50" in refusal_of("aqdef", dfq())
    Unit.objects.create(serial="SN-1", item=item)
    named = ("<DatumDefinitions ", "<Product><Header><Name>BOX</Name></Header></Product><DatumDefinitions ")
    assert "SerialNumber" in refusal_of("qif", qif(named))


def overdue(number: str) -> None:
    due_on = date(2026, 11, 1)
    Instrument.objects.create(number=number, name="CMM", kind=InstrumentKind.CMM, due_on=due_on)


def test_an_instrument_out_of_calibration_refuses_the_file(in_scope: Organisation) -> None:
    overdue("CM-01")
    reason = refusal_of("aqdef", dfq(("K2402/1 CM-01", "K2401/1 CM-01")))
    assert "K2401: The calibration of CM-01 ran out on 2026-11-01" in reason
    earlier = dfq(("K2402/1 CM-01", "K2401/1 CM-01"), ("21.11.2026", "31.10.2026"))
    assert take_in("aqdef", {"earlier.dfq": earlier})["inspections"] == 2
    assert Measurement.objects.filter(instrument="CM-01").count() == 2


DEVICES = (
    '<MeasurementResources><MeasurementDevices n="1"><MeasurementDevice id="90"><Name>CM-01</Name>'
    "</MeasurementDevice></MeasurementDevices></MeasurementResources>"
)
TRACED = (
    "<InspectionTraceability><InspectionStart>2026-11-20T08:00:00</InspectionStart><InspectionOperator>"
    "<Name>王小明</Name></InspectionOperator><ReportType>final</ReportType></InspectionTraceability>"
)
QIF3 = (
    ("http://qifstandards.org/xsd/qif2", "http://qifstandards.org/xsd/qif3"),
    ("MeasurementsResults>", "Results>"),
    ("CharacteristicActuals", "CharacteristicMeasurements"),
    ("<Features>", f"{DEVICES}<Features>"),
    ("<MeasuredFeatures>", f"{TRACED}<MeasuredFeatures>"),
    (
        "<CharacteristicItemId>40</CharacteristicItemId>",
        "<CharacteristicItemId>40</CharacteristicItemId><TimeStamp>2026-11-20T00:05:00Z</TimeStamp>",
    ),
    (
        "<Value>6.7</Value>",
        '<MeasurementDeviceIds n="1"><Id>90</Id></MeasurementDeviceIds><Value combinedUncertainty="0.001">6.7</Value>',
    ),
)


def test_results_of_qif_3_bring_operator_instrument_and_time(in_scope: Organisation) -> None:
    take_in("qif", {"results.qif": qif(*QIF3)})
    found = Measurement.objects.select_related("inspection").get(characteristic__key="40@12")
    assert (found.operator, found.instrument, found.expanded_uncertainty) == ("王小明", "CM-01", 0.002)
    assert found.measured_at == datetime(2026, 11, 20, 0, 5, tzinfo=UTC)
    assert found.inspection.performed_at == datetime(2026, 11, 20, 0, 0, tzinfo=UTC)  # a clock in Taipei
    assert found.inspection.kind == "final"
    position = Characteristic.objects.get(key="41@12")
    assert position.geometry == {"zone": 0.5, "material_condition": "MAXIMUM"}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (("2026-11-20T00:05:00Z", "2126-11-20T00:05:00Z"), "TimeStamp"),
        (("2026-11-20T08:00:00", "2126-11-20T08:00:00"), "InspectionStart"),
        (("2017-03-07T10:50:35", "2126-03-07T10:50:35"), "TimeCreated"),
        (('combinedUncertainty="0.001"', 'combinedUncertainty="-1"'), "combinedUncertainty"),
        (("<Value>0.65</Value>", "<Value>0,65</Value>"), "Value"),
    ],
)
def test_unusable_results_are_refused_whole(in_scope: Organisation, change: tuple[str, str], field: str) -> None:
    assert f", {field}:" in refusal_of("qif", qif(*QIF3, change))


def test_results_taken_with_an_overdue_instrument_are_refused(in_scope: Organisation) -> None:
    overdue("CM-01")
    assert "MeasurementDeviceIds: The calibration of CM-01 ran out" in refusal_of("qif", qif(*QIF3))


def test_a_clock_a_little_ahead_is_not_a_wrong_clock(in_scope: Organisation) -> None:
    soon = timezone.now() + timedelta(minutes=2)
    stamp = soon.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert take_in("qif", {"now.qif": qif(*QIF3, ("2026-11-20T00:05:00Z", stamp))})["files"]["in"] == 1


def test_a_part_with_two_values_of_one_characteristic_is_refused(in_scope: Organisation) -> None:
    text = qif().decode()
    actual = text[text.index("<AngleBetweenCharacteristicActual ") : text.index("</CharacteristicActuals>")]
    twice = text.replace(actual, actual + actual.replace('"54"', '"55"')).encode()
    assert "SerialNumber: SN-1 has two values" in refusal_of("qif", twice)
