"""NIST SMS Test Bed, box assembly: QIF results of the MTC (incoming) and NIST / Mitutoyo (FAIR)."""

from __future__ import annotations

import re
import statistics
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from nist_files import plain, recorded

from samegauge.formats.qif import (
    QifDocument,
    characteristics_by_key,
    feature_sizes,
    identity_keys,
    parse_qif,
    recomputed_status,
    status_disagreements,
)

TDP = "nist-smstestbed/tdp/mtc"
FILES = {
    "box incoming": f"{TDP}/QIF-IncomingInspection/BoxResults_19_samples.QIF.gz",
    "cover incoming": f"{TDP}/QIF-IncomingInspection/CoverResults_20_samples.QIF.gz",
    "box fair": f"{TDP}/FAIR/7_28_2017 8_16_42 AM Box_Results.qif.gz",
    "cover fair": f"{TDP}/FAIR/7_18_2017 9_24_30 AM Cover_Results.qif.gz",
}


def document(case: str) -> QifDocument:
    return parse_qif(recorded(FILES[case]), case)


def part_number(serial: str) -> int:
    found = re.search(r"_A(\d\d)_", serial)
    return int(found[1] if found else serial)


def values_by_part(found: QifDocument, label: str) -> dict[int, float]:
    key = next(c.key for c in found.characteristics if c.label == label)
    values: dict[int, float] = {}
    for result in found.results:
        value = next(m.value for m in result.measurements if m.characteristic_key == key)
        assert value is not None
        values[part_number(result.serial or result.derived_serial or "")] = value
    return values


@pytest.mark.parametrize(
    ("case", "parts", "characteristics", "statuses", "failures"),
    [
        ("box incoming", 19, 47, 893, 1),
        ("cover incoming", 20, 28, 541, 0),
        ("box fair", 19, 45, 855, 3),
        ("cover fair", 20, 28, 560, 1),
    ],
)
def test_statuses_are_counted_exactly(
    case: str, parts: int, characteristics: int, statuses: int, failures: int
) -> None:
    found = document(case)
    counts = Counter(m.status for r in found.results for m in r.measurements)
    raw = Counter(re.findall(rb"<CharacteristicStatusEnum>(\w+)<", plain(recorded(FILES[case]))))
    assert counts == Counter({status.decode(): count for status, count in raw.items()})
    assert (counts.total(), counts["FAIL"]) == (statuses, failures)
    assert (len(found.results), len(found.characteristics)) == (parts, characteristics)


def test_failed_characteristics() -> None:
    failed: dict[str, list[tuple[str, str, float | None]]] = {}
    for case in FILES:
        found = document(case)
        labels = {key: c.label for key, c in characteristics_by_key(found).items()}
        failed[case] = [
            (r.serial or "", labels[m.characteristic_key], m.value)
            for r in found.results
            for m in r.measurements
            if m.status == "FAIL"
        ]
    serial = "BOXRESULTS_A07_NIST_MTC_CRADA_BOX_ORIGIN_NIKON_TOUCH"
    assert failed == {
        "box incoming": [(serial, "POSITION5 HOLE_PATTERN7_1", 1.063)],
        "cover incoming": [],
        "box fair": [
            ("6", "Perpendicularity 2", 0.446),
            ("2", "Perpendicularity 2", 0.212),
            ("11", "Perpendicularity 1", 0.232),
        ],
        "cover fair": [("20", "Flatness 1", 0.078)],
    }


@pytest.mark.parametrize("case", FILES)
def test_every_status_follows_from_value_and_limits(case: str) -> None:
    found = document(case)
    by_key = characteristics_by_key(found)
    anew = Counter(
        recomputed_status(by_key[m.characteristic_key], m, feature_sizes(found, r))
        for r in found.results
        for m in r.measurements
    )
    assert status_disagreements(found) == ()
    assert anew[None] == 0


def test_without_the_features_own_size_76_counterbores_would_fail() -> None:
    found = document("box incoming")
    repeated = [c for c in found.characteristics if c.nominal_source == "feature"]
    assert {(c.designator, c.nominal) for c in repeated} == {("DIAMETER7", 11.0)}
    assert [r.code for r in found.remarks].count("nominal_from_feature") == len(repeated) == 4
    keys = {c.key for c in repeated}
    values = [m.value for r in found.results for m in r.measurements if m.characteristic_key in keys]
    assert sum(1 for value in values if value is not None and abs(value - 6.6) > 0.254) == 76


@pytest.mark.parametrize(
    ("case", "last"),
    [
        ("box incoming", "BOXRESULTS_A20_NIST_MTC_CRADA_BOX_ORIGIN_NIKON_TOUCH"),
        ("cover incoming", "COVER_RESULTS_A20_NIST_MTC_CRADA_COVER_ORIGIN_NIKON_SCAN"),
    ],
)
def test_the_last_part_states_no_serial_but_its_result_file_does(case: str, last: str) -> None:
    found = document(case)
    assert [r.position for r in found.results if r.serial is None] == [len(found.results)]
    assert found.results[-1].derived_serial == last


def test_both_inspections_lack_box_1_and_have_all_covers() -> None:
    numbers = {
        case: [part_number(r.serial or r.derived_serial or "") for r in document(case).results] for case in FILES
    }
    assert sorted(numbers["box incoming"]) == sorted(numbers["box fair"]) == list(range(2, 21))
    assert sorted(numbers["cover incoming"]) == sorted(numbers["cover fair"]) == list(range(1, 21))


@pytest.mark.parametrize("case", ["box fair", "cover fair"])
def test_the_first_article_report_writes_the_part_number_as_a_length(case: str) -> None:
    found = document(case)
    (key,) = identity_keys(found)
    assert characteristics_by_key(found)[key].designator == "Part Number"
    assert not found.units_stated


@pytest.mark.parametrize(
    ("incoming", "fair"),
    [
        ("DIAMETER1 SIMPLE_HOLE12", "Diameter 27"),
        ("DIAMETER1 HOLE_PATTERN3_5", "Diameter 22"),
        ("DIAMETER2 SIMPLE_HOLE16", "Diameter 1"),
    ],
)
def test_a_number_and_part_number_are_the_same_part(incoming: str, fair: str) -> None:
    """Two measuring machines agree on which boxes are odd only if A-number k is part number k."""
    first, second = values_by_part(document("box incoming"), incoming), values_by_part(document("box fair"), fair)
    parts = sorted(first)
    left, right = np.array([first[k] for k in parts]), np.array([second[k] for k in parts])
    correlation = float(np.corrcoef(left, right)[0, 1])
    shifted = [float(np.corrcoef(left, np.roll(right, k))[0, 1]) for k in range(1, len(parts))]
    assert correlation > 0.96
    assert max(shifted) < 0.7


def test_cover_10_was_not_measured_by_the_incoming_inspection() -> None:
    found = document("cover incoming")
    remarks = [remark.text_en for remark in found.remarks if remark.code == "values_equal_nominal"]
    assert remarks == ["Part 10: 20 of 24 sizes equal their nominal exactly; they were probably not measured."]
    assert len(found.results[9].measurements) == 28


def test_what_the_documents_say_about_themselves() -> None:
    box, fair = document("box incoming"), document("box fair")
    assert (box.version, box.qpid) == ("2.1.0", "e977f3ea-8723-4881-97b0-a8bcb0a7331a")
    assert (box.created, box.created_utc, box.mode) == ("2017-03-07T10:50:35", None, "FAI_Full")
    assert (box.organisation, box.standard) == ("Origin International Inc", "ASME-Y14.5-2009")
    assert (box.linear_unit, box.angular_unit, box.units_stated) == ("mm", "degree", True)
    assert (fair.part_name, fair.model_name) == ("nist_mtc_crada_box", "nist_mtc_crada_box_rev-D")
    position = next(c for c in box.characteristics if c.designator == "POSITION6")
    assert (position.datum_reference, position.material_condition) == ("A|B|C(M)", "MAXIMUM")


@pytest.mark.parametrize("case", ["box fair", "cover fair"])
def test_the_documents_own_statistics_follow_from_its_values(case: str) -> None:
    """Pp from the standard deviation (n - 1), Cp from the mean moving range / 1.128, in the order of the file.

    The report's deviations are off by up to 1.4e-5 of themselves, as a difference of large sums of squares is.
    """
    found = document(case)
    by_key = characteristics_by_key(found)
    assert len(found.capabilities) == len(found.characteristics)
    for report in found.capabilities:
        limits = by_key[report.characteristic_key]
        values = [
            m.value
            for r in found.results
            for m in r.measurements
            if m.characteristic_key == report.characteristic_key and m.value is not None
        ]
        assert limits.upper_limit is not None
        width = limits.upper_limit - (limits.lower_limit or 0.0)
        moving = statistics.fmean(abs(b - a) for a, b in pairwise(values)) / 1.128
        assert report.n == len(values)
        assert report.mean == pytest.approx(statistics.fmean(values), rel=1e-12)
        assert report.standard_deviation == pytest.approx(statistics.stdev(values), rel=2e-5)
        assert report.pp == pytest.approx(width / (6 * statistics.stdev(values)), rel=2e-5)
        assert report.cp == pytest.approx(width / (6 * moving), rel=1e-12)
