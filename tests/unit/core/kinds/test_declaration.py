from __future__ import annotations

from dataclasses import replace

import pytest
from support.sample_kinds.kinds import GADGETS, GROWN_GADGETS

from samegauge.core.kinds.api import schemas
from samegauge.core.kinds.declaration import KindError, register
from samegauge.core.kinds.tables import help_table
from samegauge.core.organisations.models import Role
from samegauge.core.takeover.records import RecordTarget
from samegauge.core.takeover.samples import sample_workbook
from samegauge.formats.spreadsheet import read_sheet


def test_a_kind_has_the_fields_of_its_model_in_their_order() -> None:
    assert len(GADGETS.fields) == 12
    assert [one.name for one in GADGETS.fields][:3] == ["number", "name", "colour"]
    assert GADGETS.field("length_mm").heading.endswith("[mm]")
    assert [one.name for one in GADGETS.fields if one.required] == ["number", "name", "colour"]


def test_one_field_more_appears_at_every_door() -> None:
    extra = GROWN_GADGETS.field("runout_um")
    _asked, sent, changed, shown = schemas(GROWN_GADGETS)
    assert "runout_um" in GROWN_GADGETS.form.base_fields
    for schema in (sent, changed, shown):
        assert "runout_um" in schema.model_fields
    sheet = read_sheet(sample_workbook(RecordTarget(GROWN_GADGETS), "zh-hant"), "sample.xlsx")
    assert any("[µm]" in heading for heading in sheet.header)
    assert extra.heading in {row[0].text for row in help_table(GROWN_GADGETS.fields).rows}
    assert "runout_um" not in GADGETS.form.base_fields


@pytest.mark.asvs("2.1.1")
@pytest.mark.parametrize(
    "wrong",
    [
        {"listed": ("nothing",)},
        {"key": "name"},
        {"writers": frozenset({Role.GUEST})},
        {"slug": "gadgets"},
    ],
)
def test_a_declaration_that_contradicts_its_model_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(KindError):
        register(replace(GADGETS, **{"slug": "others", **wrong}))
