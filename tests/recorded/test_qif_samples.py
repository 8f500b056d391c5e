"""Samples of the QIF community, 2.1 and 3.0: read, or refused with a declared reason."""

from __future__ import annotations

import re

import pytest
from nist_files import plain, recorded

from samegauge.formats.errors import FormatError
from samegauge.formats.qif import parse_qif, status_disagreements

READ = {
    "2.1/Statistics/mitutoyo_statistics_capability_study_with_subgroups_sample.QIF": (1, 30, 30),
    "2.1/Statistics/mitutoyo_statistics_first_article_inspection_sample.QIF": (2, 2, 2),
    "2.1/Statistics/mitutoyo_statistics_sample.QIF": (1, 2, 2),
    "3.0/ExternalReferencesAndQPIds/All-in-one.QIF": (2, 2, 4),
    "3.0/ExternalReferencesAndQPIds/Exploded_Plan.QIF": (2, 0, 0),
    "3.0/ExternalReferencesAndQPIds/Exploded_Statistics.QIF": (0, 0, 0),
    "3.0/Plans/planWithHaltIf.QIF": (11, 0, 0),
    "3.0/Plans/planWithWorkInstructions.QIF": (2, 0, 0),
    "3.0/Plans/repeatabilityTestUsingWhile.QIF": (1, 0, 0),
    "3.0/Plans/sheetMetalPlanWithUUIDs.QIF": (21, 0, 0),
    "3.0/QIFwidget/WIDGET_QIF_PLAN_W_QPIDS.QIF": (26, 0, 0),
    "3.0/QIFwidget/WIDGET_QIF_RESULTS_W_QPIDS.QIF": (35, 1, 42),
    "3.0/Resources/MeasurementResourcesBrep.qif": (0, 0, 0),
    "3.0/Results/QIF_Results_Sample.QIF": (11, 1, 13),
    "3.0/Results/Sheet_Metal/SheetMetal_QIF_Results_6_samples_w_UUIDs.QIF": (21, 6, 228),
    "3.0/Results/mitutoyo_results_serialized_pass_fail_sample.QIF": (0, 1, 0),
    "3.0/Rules/DMERules1.QIF": (0, 0, 0),
    "3.0/Rules/featureRules2.QIF": (0, 0, 0),
}


@pytest.mark.parametrize("path", READ)
def test_samples_are_read(path: str) -> None:
    found = parse_qif(recorded(f"qif-samples/{path}"), path)
    raw = plain(recorded(f"qif-samples/{path}"))
    statuses = sum(len(result.measurements) for result in found.results)
    assert (len(found.characteristics), len(found.results), statuses) == READ[path]
    assert statuses == len(re.findall(rb"<CharacteristicStatusEnum>", raw))


def test_results_apart_from_their_plan_are_refused_with_the_reason() -> None:
    path = "3.0/ExternalReferencesAndQPIds/Exploded_Results1.QIF"
    with pytest.raises(FormatError) as caught:
        parse_qif(recorded(f"qif-samples/{path}"), path)
    assert (caught.value.line, caught.value.field) == (31, "xId")


def test_sheet_metal_parts_have_their_serials() -> None:
    path = "3.0/Results/Sheet_Metal/SheetMetal_QIF_Results_6_samples_w_UUIDs.QIF"
    found = parse_qif(recorded(f"qif-samples/{path}"), path)
    assert [result.serial for result in found.results] == [f"SN580280{number}" for number in range(1, 7)]
    assert len(status_disagreements(found)) == 5


@pytest.mark.parametrize("path", [path for path in READ if path.startswith("2.1")])
def test_limits_written_as_deviations_are_remarked(path: str) -> None:
    found = parse_qif(recorded(f"qif-samples/{path}"), path)
    assert "nominal_outside_limits" in {remark.code for remark in found.remarks}
