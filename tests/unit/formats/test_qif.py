from __future__ import annotations

import gzip

import pytest
from qif_samples import QIF, qif

from samegauge.formats.errors import FormatError
from samegauge.formats.qif import (
    QifDocument,
    characteristics_by_key,
    feature_sizes,
    identity_keys,
    parse_qif,
    recomputed_status,
    status_disagreements,
)


def document(*changes: tuple[str, str]) -> QifDocument:
    return parse_qif(qif(*changes), "r.qif")


def test_characteristics_are_joined_from_item_nominal_definition_and_feature() -> None:
    diameter, position, angle = document().characteristics
    assert (diameter.key, diameter.label, diameter.unit) == ("40@12", "DIAMETER1 HOLE1", "mm")
    assert (diameter.nominal, diameter.lower_limit, diameter.upper_limit) == (6.6, 6.5, pytest.approx(6.8))
    assert (diameter.lower_tolerance, diameter.upper_tolerance) == (-0.1, 0.2)
    assert diameter.internal is True
    assert (position.nominal, position.lower_limit, position.upper_limit, position.zone) == (None, None, 0.5, 0.5)
    assert position.datum_reference == "A|B(M)"
    assert (angle.key, angle.unit, angle.lower_limit, angle.upper_limit) == ("42", "deg", 89.0, 91.0)
    assert (angle.lower_tolerance, angle.upper_tolerance) == (-1.0, 1.0)


def test_results() -> None:
    (part,) = document().results
    assert (part.position, part.serial, part.derived_serial, part.status) == (1, "SN-1", None, "FAIL")
    assert [m.status for m in part.measurements] == ["PASS", "PASS", "FAIL"]
    assert part.measurements[0].deviation == pytest.approx(0.1)
    assert part.measurements[1].deviation is None


def test_gzip_makes_no_difference() -> None:
    assert parse_qif(gzip.compress(qif()), "r.qif") == document()


def test_creation_time_without_a_zone_is_not_turned_into_utc() -> None:
    assert (document().created, document().created_utc) == ("2017-03-07T10:50:35", None)
    zoned = document(("10:50:35<", "10:50:35+08:00<"))
    assert zoned.created_utc is not None
    assert zoned.created_utc.isoformat() == "2017-03-07T02:50:35+00:00"


INCH = (("<UnitName>mm</UnitName>", "<UnitName>inch</UnitName>"), ("<Factor>0.001<", "<Factor>0.0254<"))
RADIAN = (("<UnitName>degree<", "<UnitName>radian<"), ("<Factor>0.017453292519943<", "<Factor>1<"))


def test_lengths_become_millimetres_and_angles_degrees() -> None:
    inches = document(*INCH)
    assert inches.linear_unit == "inch"
    assert inches.results[0].measurements[0].value == pytest.approx(6.7 * 25.4, rel=1e-15)
    assert inches.results[0].measurements[2].value == 91.5
    radians = document(*RADIAN)
    assert radians.results[0].measurements[2].value == pytest.approx(91.5 * 57.29577951308232)


def test_a_value_may_name_another_unit_of_the_file() -> None:
    other = (
        "</FileUnits>",
        "<OtherUnits><LinearUnit><UnitName>um</UnitName></LinearUnit></OtherUnits></FileUnits>",
    )
    found = document(other, ("<Value>6.7<", '<Value linearUnit="um">6700<'))
    assert found.results[0].measurements[0].value == pytest.approx(6.7)
    with pytest.raises(FormatError, match="not defined in FileUnits"):
        document(("<Value>6.7<", '<Value linearUnit="um">6700<'))


def test_missing_units_are_assumed_and_said_so() -> None:
    found = document(("FileUnits>", "Attributes>"))
    assert (found.units_stated, found.linear_unit) == (False, "mm")
    assert [remark.code for remark in found.remarks] == ["units_assumed"]


def test_the_feature_decides_where_one_item_is_repeated_on_another_size() -> None:
    found = document(("<Diameter>6.6<", "<Diameter>11<"), ("<Value>6.7<", "<Value>11.1<"))
    diameter = found.characteristics[0]
    assert (diameter.nominal, diameter.nominal_source, diameter.upper_limit) == (11.0, "feature", 11.2)
    assert [remark.code for remark in found.remarks] == ["nominal_from_feature"]
    assert status_disagreements(found) == ()


def test_a_negative_zone_is_read_by_its_size() -> None:
    found = document(("<ToleranceValue>0.5<", "<ToleranceValue>-0.5<"))
    assert found.characteristics[1].upper_limit == 0.5
    assert [remark.code for remark in found.remarks] == ["negative_zone"]


def test_offsets_that_exclude_the_nominal_are_remarked() -> None:
    found = document(("<MinValue>-0.1<", "<MinValue>0.1<"))
    assert [remark.code for remark in found.remarks] == ["nominal_outside_limits"]


# ⌀6.5 is the hole's maximum material limit: measured ⌀6.7 gives a bonus of 0.2 to the zone of 0.5.
@pytest.mark.parametrize(("position", "expected"), [("0.5", "PASS"), ("0.69", "PASS"), ("0.71", "FAIL")])
def test_bonus_at_maximum_material(position: str, expected: str) -> None:
    found = document(("<Value>0.65<", f"<Value>{position}<"))
    part = found.results[0]
    anew = recomputed_status(found.characteristics[1], part.measurements[1], feature_sizes(found, part))
    assert anew == expected


def test_bonus_of_a_shaft_and_at_least_material() -> None:
    shaft = document((">INTERNAL<", ">EXTERNAL<"), ("<Value>0.65<", "<Value>0.59<"))
    assert status_disagreements(shaft) == ()  # 6.8 - 6.7 = 0.1
    assert len(status_disagreements(document((">INTERNAL<", ">EXTERNAL<")))) == 1
    least = document(("<MaterialCondition>MAXIMUM<", "<MaterialCondition>LEAST<"))
    assert [d.recomputed for d in status_disagreements(least)] == ["FAIL"]


def test_what_cannot_be_judged_is_not() -> None:
    found = document((">INTERNAL<", ">NOT_APPLICABLE<"))
    part = found.results[0]
    assert recomputed_status(found.characteristics[1], part.measurements[1], feature_sizes(found, part)) is None
    assert recomputed_status(found.characteristics[0], part.measurements[0], {}) == "PASS"
    unbounded = document(("<ToleranceValue>0.5</ToleranceValue>", ""))
    assert recomputed_status(unbounded.characteristics[1], part.measurements[1], {}) is None


def test_a_wrong_status_is_found() -> None:
    (found,) = status_disagreements(document(("<Value>91.5<", "<Value>90.5<")))
    assert (found.position, found.characteristic_key, found.stated, found.recomputed) == (1, "42", "FAIL", "PASS")


def test_keys_are_unique_and_cover_every_measurement() -> None:
    found = document()
    by_key = characteristics_by_key(found)
    assert len(by_key) == len(found.characteristics)
    assert {m.characteristic_key for m in found.results[0].measurements} <= set(by_key)


def test_an_item_that_no_part_was_measured_for_is_still_listed() -> None:
    start, end = QIF.index("<AngleBetweenCharacteristicActual"), QIF.index("</CharacteristicActuals>")
    found = document((QIF[start:end], ""))
    assert [c.key for c in found.characteristics] == ["40@12", "41@12", "42"]
    assert len(found.results[0].measurements) == 2


def test_a_part_number_written_as_a_length_is_recognised() -> None:
    found = document(("AngleBetween", "UserDefinedLinear"), ("SN-1", "7"), ("<Value>91.5<", "<Value>7<"))
    assert identity_keys(found) == {"42"}
    assert identity_keys(document()) == frozenset()


def test_a_serial_is_derived_from_the_result_path_only_beside_equal_ones() -> None:
    start, end = QIF.index("<MeasurementResults id"), QIF.index("</MeasurementResultsSet>")
    second = (
        '<MeasurementResults id="70"><ActualComponentIds n="1"><Id>71</Id></ActualComponentIds><ExternalFileReferences>'
        "<ExternalFileReference><URI>D:\\x\\Lot\\A02\\Box.OUT</URI></ExternalFileReference></ExternalFileReferences>"
        "</MeasurementResults>"
    )
    more = (
        (QIF[start:end], QIF[start:end] + second),
        ("</ActualComponentSet>", '<ActualComponent id="71"/></ActualComponentSet>'),
    )
    found = document(*more, ("SN-1", "LOT_A01_BOX"))
    assert [(r.serial, r.derived_serial) for r in found.results] == [("LOT_A01_BOX", None), (None, "LOT_A02_BOX")]
    assert [r.code for r in found.remarks] == ["serial_missing"]
    assert document(*more).results[1].derived_serial is None


FAULTS = {
    "nan": ("<Value>6.7<", "<Value>NaN<"),
    "infinity": ("<Value>6.7<", "<Value>INF<"),
    "overflow": ("<Value>6.7<", "<Value>1e999<"),
    "huge": ("<Value>6.7<", "<Value>1e12<"),
    "underscore": ("<Value>6.7<", "<Value>6_7<"),
    "full width": ("<Value>6.7<", "<Value>６.７<"),
    "comma": ("<Value>6.7<", "<Value>6,7<"),
    "empty value": ("<Value>6.7<", "<Value><"),
    "long number": ("<Value>6.7<", f"<Value>{'1' * 100}<"),
    "status": (">FAIL</CharacteristicStatusEnum>", ">oops!</CharacteristicStatusEnum>"),
    "unknown item": ("<CharacteristicItemId>42<", "<CharacteristicItemId>4242<"),
    "other document": ("<CharacteristicItemId>42<", '<CharacteristicItemId xId="5">42<'),
    "unknown feature": ("<Id>51<", "<Id>5151<"),
    "unknown nominal": ("<CharacteristicNominalId>32<", "<CharacteristicNominalId>99<"),
    "unknown definition": ("<CharacteristicDefinitionId>22<", "<CharacteristicDefinitionId>99<"),
    "unknown part": ("<Id>60<", "<Id>61<"),
    "item twice": ('CharacteristicItem id="42"', 'CharacteristicItem id="41"'),
    "actual twice": ('Actual id="54"', 'Actual id="53"'),
    "no id": ('Actual id="54"', "Actual"),
    "limits exchanged": ("<MaxValue>91<", "<MaxValue>80<"),
    "unit contradicts factor": ("<Factor>0.001<", "<Factor>0.01<"),
    "unit without factor": (
        "<UnitName>mm</UnitName><UnitConversion><Factor>0.001<",
        "<UnitName>ell</UnitName><UnitConversion><Factor>0<",
    ),
    "created": ("2017-03-07T10:50:35", "yesterday"),
    "edition": ('xmlns="http://qifstandards.org/xsd/qif2"', 'xmlns="http://qifstandards.org/xsd/qif9"'),
    "version": ('versionQIF="2.1.0"', ""),
    "root": ("QIFDocument", "QIFDokument"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_faulty_documents_are_refused_whole(case: str) -> None:
    with pytest.raises(FormatError) as caught:
        document(FAULTS[case])
    assert caught.value.file == "r.qif"
    assert caught.value.line is not None
    assert caught.value.reason_zh


def test_truncation_at_any_length_is_refused() -> None:
    data = qif().rstrip()
    for length in range(0, len(data), 61):
        with pytest.raises(FormatError):
            parse_qif(data[:length], "cut.qif")
