"""What is written as QIF 3.0 is what the standard's own schema takes, and reads back as it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from nist_files import recorded
from qif_samples import qif
from qif_schema import assert_valid

from samegauge.formats.errors import FormatError
from samegauge.formats.qif import QifCapability, QifDocument, QifMeasurement, parse_qif, write_qif
from samegauge.formats.qif_writer import written_kind

if TYPE_CHECKING:
    from samegauge.formats.qif import QifCharacteristic

TDP = "nist-smstestbed/tdp/mtc"
SAMPLES = [
    "qif-samples/2.1/Statistics/mitutoyo_statistics_capability_study_with_subgroups_sample.QIF",
    "qif-samples/2.1/Statistics/mitutoyo_statistics_first_article_inspection_sample.QIF",
    "qif-samples/2.1/Statistics/mitutoyo_statistics_sample.QIF",
    "qif-samples/3.0/ExternalReferencesAndQPIds/All-in-one.QIF",
    "qif-samples/3.0/ExternalReferencesAndQPIds/Exploded_Plan.QIF",
    "qif-samples/3.0/ExternalReferencesAndQPIds/Exploded_Statistics.QIF",
    "qif-samples/3.0/Plans/planWithHaltIf.QIF",
    "qif-samples/3.0/Plans/planWithWorkInstructions.QIF",
    "qif-samples/3.0/Plans/repeatabilityTestUsingWhile.QIF",
    "qif-samples/3.0/Plans/sheetMetalPlanWithUUIDs.QIF",
    "qif-samples/3.0/QIFwidget/WIDGET_QIF_PLAN_W_QPIDS.QIF",
    "qif-samples/3.0/QIFwidget/WIDGET_QIF_RESULTS_W_QPIDS.QIF",
    "qif-samples/3.0/Results/QIF_Results_Sample.QIF",
    "qif-samples/3.0/Results/Sheet_Metal/SheetMetal_QIF_Results_6_samples_w_UUIDs.QIF",
    "qif-samples/3.0/Results/mitutoyo_results_serialized_pass_fail_sample.QIF",
    f"{TDP}/QIF-IncomingInspection/BoxResults_19_samples.QIF.gz",
    f"{TDP}/QIF-IncomingInspection/CoverResults_20_samples.QIF.gz",
    f"{TDP}/FAIR/7_28_2017 8_16_42 AM Box_Results.qif.gz",
    f"{TDP}/FAIR/7_18_2017 9_24_30 AM Cover_Results.qif.gz",
]


def checked(document: QifDocument) -> QifDocument:
    """The document as written, once the schema has taken it, read again."""
    data = write_qif(document)
    assert_valid(data)
    return parse_qif(data, document.file)


def said(document: QifDocument) -> list[Any]:
    """All that a document says but the ids of its elements, its features and the files it came from."""
    place = {one.key: number for number, one in enumerate(document.characteristics)}
    same = {"key": "", "item_id": "", "designator": "", "nominal_source": None, "line": None, "uuid": None}
    same |= {"feature_id": None, "feature_name": None, "feature_kind": None, "internal": None}
    same |= {"lower_tolerance": None, "upper_tolerance": None}  # follow from nominal and limits
    return [
        [replace(one, **same) for one in document.characteristics],
        [
            (
                replace(one, result_id="", derived_serial=None, source_files=(), line=None, measurements=()),
                [
                    (place[it.characteristic_key], replace(it, characteristic_key="", line=None))
                    for it in one.measurements
                ],
            )
            for one in document.results
        ],
        [(place[one.characteristic_key], replace(one, characteristic_key="")) for one in document.capabilities],
        (document.part_name, document.model_name, document.application, document.created, document.standard),
    ]


@pytest.mark.parametrize("path", SAMPLES)
def test_samples_are_written_valid_and_read_back(path: str) -> None:
    document = parse_qif(recorded(path), path)
    again = checked(document)
    assert said(again) == said(document)
    assert again.version == "3.0.0"
    assert write_qif(document) == write_qif(document)


def characteristic(**changes: Any) -> QifCharacteristic:
    plain = replace(parse_qif(qif(), "x").characteristics[0], lower_tolerance=None, upper_tolerance=None)
    return replace(plain, **changes)


LENGTHS = ["Chord", "CurveLength", "Depth", "Diameter", "Height", "Length", "Radius", "SphericalDiameter"]
LENGTHS += ["SphericalRadius", "Thickness", "Width"]
ZONE = {"nominal": None, "lower_limit": None, "upper_limit": 0.1, "zone": 0.1}
ZONES = ["Circularity", "Conicity", "Cylindricity", "Ellipticity", "Flatness", "OtherForm", "Sphericity"]
ZONES += ["Toroidicity", "CircularRunout", "SurfaceProfile", "Symmetry", "TotalRunout"]
SHAPED = [("Coaxiality", None), ("Concentricity", None), ("Position", "MAXIMUM"), ("Parallelism", "NONE")]
SHAPED += [("Perpendicularity", "LEAST"), ("Angularity", "REGARDLESS")]
KINDS = [(characteristic(kind=kind), kind) for kind in LENGTHS]
KINDS += [(characteristic(kind=kind, **ZONE), kind) for kind in ZONES]
KINDS += [
    (characteristic(kind=kind, material_condition=material, zone_shape="DiametricalZone", **ZONE), kind)
    for kind, material in SHAPED
]
KINDS += [
    (characteristic(kind="Position", datum_reference="A|C(M)", **ZONE), "UserDefinedLinear"),
    (characteristic(kind="PointProfile", **{**ZONE, "lower_limit": -0.05, "upper_limit": 0.05}), "PointProfile"),
    (characteristic(kind="PointProfile", **ZONE), "UserDefinedLinear"),
    (characteristic(kind="LineProfile", datum_reference="A", **ZONE), "UserDefinedLinear"),
    (characteristic(kind="DistanceBetween"), "UserDefinedLinear"),
    (characteristic(kind="Flatness", datum_reference="A", **ZONE), "UserDefinedLinear"),
    (characteristic(kind="Diameter", lower_limit=None, upper_limit=None), "Diameter"),
    (characteristic(kind="Angle", unit="deg"), "Angle"),
    (characteristic(kind="AngleBetween", unit="deg", lower_limit=None), "UserDefinedAngular"),
    (characteristic(kind="UserDefinedUnit", unit="N·m"), "UserDefinedUnit"),
    (characteristic(kind="UserDefinedUnit", unit="N·m", nominal=None, nominal_source=None), "UserDefinedUnit"),
    (characteristic(kind="torque", unit="HRC", nominal=None, nominal_source=None, lower_limit=None), "UserDefinedUnit"),
]


@pytest.mark.parametrize(("one", "kind"), KINDS)
def test_every_kind_of_characteristic_is_written_without_anything_made_up(one: QifCharacteristic, kind: str) -> None:
    assert written_kind(one) == kind
    plain = parse_qif(qif(), "x")
    measured = QifMeasurement(one.key, 6.65, None, "PASS", None)
    report = QifCapability(one.key, 5, 30, 6.6, 6.5, 6.7, 1e-7, None, 1.2, None, 1.1, '{"name": "ours"}')
    only = replace(plain.results[0], measurements=(measured,))
    document = replace(plain, characteristics=(one,), results=(only,), capabilities=(report,))
    again = checked(document)
    [found] = again.characteristics
    names = ("label", "kind", "unit", "nominal", "lower_limit", "upper_limit", "zone", "datum_reference")
    assert [getattr(found, name) for name in names] == [getattr(one, name) for name in names]
    assert (found.material_condition, found.zone_shape) == (one.material_condition, one.zone_shape)
    assert again.results[0].measurements[0].value == 6.65
    [statistic] = again.capabilities
    assert replace(statistic, characteristic_key="") == replace(report, characteristic_key="")


def test_who_measured_with_what_and_when_comes_back() -> None:
    plain = parse_qif(qif(), "x")
    first, second, third = plain.results[0].measurements
    at = datetime(2026, 11, 21, 6, 5, tzinfo=UTC)
    measurements = (
        replace(first, measured_at=at, operator="王小明", device="CM-01", expanded_uncertainty=0.002),
        replace(second, measured_at=datetime(2026, 11, 21, 14, 6), operator="Chen", device="CM-01"),  # noqa: DTZ001
        replace(third, operator="Chen", device="PR-02"),
    )
    result = replace(
        plain.results[0], measurements=measurements, performed_at=at, report_type="final", laboratory="IQC 檢驗室"
    )
    one_operator = replace(result, measurements=measurements[1:], serial="SN-2")
    document = replace(plain, results=(result, replace(one_operator, position=2)))
    assert said(checked(document))[1] == said(document)[1]


def test_a_unit_of_its_own_needs_limits() -> None:
    plain = parse_qif(qif(), "x")
    bare = replace(plain.characteristics[0], unit="N·m", lower_limit=None, upper_limit=None)
    with pytest.raises(FormatError) as caught:
        write_qif(replace(plain, characteristics=(bare,), results=()))
    assert caught.value.field == "MaxValue"


def test_a_control_character_is_refused() -> None:
    with pytest.raises(FormatError, match="control character"):
        write_qif(replace(parse_qif(qif(), "x"), part_name="a\x07b"))
