from __future__ import annotations

from dataclasses import replace

import pytest
from support.sample_kinds.kinds import GADGETS, GROWN_GADGETS

from samegauge.core.kinds.api import schemas
from samegauge.core.kinds.declaration import KindError, register
from samegauge.core.kinds.spreadsheets import guessed_columns, headings
from samegauge.core.kinds.tables import help_table
from samegauge.core.organisations.models import Role


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
    assert any("[µm]" in heading for heading in headings(GROWN_GADGETS, "zh-hant"))
    assert extra.heading in {row[0].text for row in help_table(GROWN_GADGETS).rows}
    assert "runout_um" not in GADGETS.form.base_fields


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


def test_a_column_in_another_unit_is_not_taken_for_the_field() -> None:
    header = ("Instrument number", "Measuring range [m]", "measuring range[MILLIMETER]")
    assert guessed_columns(GADGETS, header) == {0: "number", 2: "length_mm"}
