"""Our indices against those the measuring machines' own software reported for the same parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from nist_files import plain, recorded

from samegauge.engines.spc.capability.normal import CapabilityOptions, Verdict, capability
from samegauge.formats.capability_report import parse_capability_report
from samegauge.formats.qif_reader import parse_qif
from samegauge.quantities.method import Exclusion
from samegauge.quantities.tolerance import Limits

if TYPE_CHECKING:
    from samegauge.formats.capability_report import CapabilityReport, CapabilityRow
    from samegauge.formats.qif_model import QifCharacteristic, QifDocument

FOLDER = "nist-smstestbed/tdp/mtc/"
INCOMING = {
    "box": ("nist_mtc_crada_box_Origin_Nikon_Touch_MultiSPC-0.xlsx", "BoxResults_19_samples.QIF.gz"),
    "cover": ("nist_mtc_crada_cover_Origin_Nikon_Touch_MultiSPC-0.xlsx", "CoverResults_20_samples.QIF.gz"),
}
FAIR = {"box": "7_28_2017 8_16_42 AM Box_Results.qif.gz", "cover": "7_18_2017 9_24_30 AM Cover_Results.qif.gz"}
# The sheet prints three decimals.
PRINTED = 5.5e-4


def document(name: str) -> QifDocument:
    path = recorded(FOLDER + name)
    return parse_qif(plain(path), path.name)


def values_of(doc: QifDocument, characteristic: QifCharacteristic) -> np.ndarray:
    measured = [
        one.value for part in doc.results for one in part.measurements if one.characteristic_key == characteristic.key
    ]
    return np.array(measured, dtype=np.float64)


def limits_of(characteristic: QifCharacteristic) -> Limits:
    return Limits(
        characteristic.lower_limit, characteristic.upper_limit, "mm", zero_is_bound=characteristic.lower_limit is None
    )


def incoming(part: str) -> tuple[CapabilityReport, list[tuple[CapabilityRow, QifCharacteristic, np.ndarray]]]:
    sheet, results = INCOMING[part]
    report = parse_capability_report(recorded(FOLDER + "QIF-IncomingInspection/" + sheet), sheet)
    doc = document("QIF-IncomingInspection/" + results)
    known = {(one.feature_name or one.designator, one.designator): one for one in doc.characteristics}
    pairs = []
    for row in report.rows:
        name = row.characteristic
        found = known.get((row.feature, name)) or known[name, name]
        pairs.append((row, found, values_of(doc, found)))
    return report, pairs


def sheet_values(row: CapabilityRow) -> np.ndarray:
    return np.array(row.values_mm, dtype=np.float64)


@pytest.mark.parametrize(("part", "rows"), [("box", 32), ("cover", 24)])
def test_two_sided_characteristics_agree_to_the_last_printed_digit(part: str, rows: int) -> None:
    """Pp and Ppk with the sample standard deviation over all parts; nominals from the QIF file, unrounded."""
    compared = 0
    for row, characteristic, values in incoming(part)[1]:
        if characteristic.lower_limit is None:
            continue
        np.testing.assert_array_equal(values, sheet_values(row))
        result = capability(values, limits_of(characteristic))
        assert result.pp is not None
        assert result.ppk is not None
        assert result.pp.value == pytest.approx(row.pp, abs=PRINTED)
        assert result.ppk.value == pytest.approx(row.ppk, abs=PRINTED)
        compared += 1
    assert compared == rows


@pytest.mark.parametrize("part", ["box", "cover"])
def test_form_has_the_same_ppk_and_a_pp_that_is_twice_too_wide(part: str) -> None:
    """The sheet takes minus the zone as a lower limit; a zone has none, so we give no Pp."""
    compared = 0
    for row, characteristic, values in incoming(part)[1]:
        if characteristic.kind not in {"Flatness", "Perpendicularity"}:
            continue
        result = capability(values, limits_of(characteristic))
        assert result.pp is None
        assert result.ppk is not None
        assert result.ppk.value == pytest.approx(row.ppk, abs=PRINTED)
        assert row.pp == pytest.approx(2.0 * (characteristic.zone or 0.0) / 6.0 / result.sigma_overall, abs=PRINTED)
        assert result.verdict is Verdict.NOT_ASSESSED
        compared += 1
    assert compared == 2


@pytest.mark.parametrize(("part", "rows"), [("box", 13), ("cover", 1)])
def test_position_differs_for_two_reasons(part: str, rows: int) -> None:
    """The sheet widens the zone by the mean bonus, and its position values are not those of the QIF file."""
    pairs = incoming(part)[1]
    sizes = {row.feature: row for row, _, _ in pairs if row.characteristic.startswith("DIAMETER")}
    compared = 0
    for row, characteristic, values in pairs:
        if characteristic.kind != "Position":
            continue
        size = sizes[row.feature]
        assert size.nominal_mm is not None
        assert size.lower_tolerance_mm is not None
        # A hole is at maximum material at its smallest diameter.
        bonus = sheet_values(size).mean() - (size.nominal_mm + size.lower_tolerance_mm)
        in_sheet = sheet_values(row)
        widened = (characteristic.zone or 0.0) + bonus
        result = capability(in_sheet, Limits(None, widened, "mm", zero_is_bound=True))
        assert result.ppk is not None
        # The printed values are rounded to 1 um, their spread is about 10 um: sigma is known to about 0.6 %.
        assert result.ppk.value == pytest.approx(row.ppk, rel=0.008)
        assert row.pp == pytest.approx(widened / 3.0 / result.sigma_overall, rel=0.008)
        assert np.abs(in_sheet - values).max() > 0.03
        compared += 1
    assert compared == rows


def test_part_with_nominals_for_values_hides_the_capability_of_the_cover() -> None:
    """Part 10's sizes equal their nominals exactly: probably not measured. One such part takes Ppk from 88 to 26."""
    row, characteristic, values = next(one for one in incoming("cover")[1] if one[0].feature == "SIMPLE_HOLE22")
    assert values[9] == characteristic.nominal
    left_out = Exclusion(9, "equals its nominal in 20 of 24 sizes", "24 個尺寸中有 20 個與標稱值完全相同")
    limits = limits_of(characteristic)
    whole = capability(values, limits)
    without = capability(values, limits, CapabilityOptions(excluded=(left_out,)))
    assert whole.ppk is not None
    assert without.ppk is not None
    assert round(whole.ppk.value, 3) == row.ppk == 26.226
    assert without.ppk.value == pytest.approx(88.3, abs=0.1)
    assert without.method.excluded == (left_out,)


@pytest.mark.parametrize(("part", "rows"), [("box", 44), ("cover", 27)])
def test_first_article_inspection_agrees_in_all_four_indices(part: str, rows: int) -> None:
    """Mitutoyo's own statistics: Cp from moving ranges in the order of the file (d2 = 1.128), Pp from all values.

    Their means and deviations are printed with 15 digits but differ from ours from the sixth on in a few rows.
    """
    doc = document("FAIR/" + FAIR[part])
    known = {one.key: one for one in doc.characteristics}
    compared = 0
    for theirs in doc.capabilities:
        characteristic = known[theirs.characteristic_key]
        if characteristic.kind == "UserDefinedLinear" and characteristic.designator == "Part Number":
            continue
        result = capability(
            values_of(doc, characteristic), limits_of(characteristic), CapabilityOptions(rounded_d2=True)
        )
        assert result.cpk is not None
        assert result.ppk is not None
        assert [result.cpk.value, result.ppk.value] == pytest.approx([theirs.cpk, theirs.ppk], rel=2e-5)
        assert [result.mean, result.sigma_overall] == pytest.approx([theirs.mean, theirs.standard_deviation], rel=2e-5)
        # For a zone their Cp and Pp take zero as a lower limit; it is none, and we give no such index.
        zone = characteristic.upper_limit if characteristic.lower_limit is None else None
        cp = zone / 6.0 / result.sigma_within if zone is not None else getattr(result.cp, "value", None)
        pp = zone / 6.0 / result.sigma_overall if zone is not None else getattr(result.pp, "value", None)
        assert [cp, pp] == pytest.approx([theirs.cp, theirs.pp], rel=2e-5)
        compared += 1
    assert compared == rows


def test_most_characteristics_cannot_be_judged_yet() -> None:
    """A high index of an unstable or zero-bounded characteristic is no proof, whatever the report prints."""
    verdicts = [
        capability(values, limits_of(characteristic)).verdict for _, characteristic, values in incoming("box")[1]
    ]
    assert verdicts.count(Verdict.NOT_ASSESSED) == 37
    assert verdicts.count(Verdict.REACHED) == 10
