"""What was recorded about work and gauges cannot be changed past the program without being found."""

# ruff: noqa: S608 - the tables are the models' own
from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.tampering import changed_cells, with_the_password
from unit.apps.inspection.stations.test_receiving import rejected

from samegauge.apps.inspection.models import InstrumentStudy
from samegauge.apps.inspection.stations.models import Effect, StationEntry
from samegauge.core.merkle_log.examining import altered_rows, examine_log
from samegauge.core.merkle_log.tree import place_waiting, take_over

if TYPE_CHECKING:
    from unit.apps.inspection.stations.conftest import Line


@pytest.mark.parametrize("model", [StationEntry, Effect, InstrumentStudy])
def test_one_changed_cell_is_found(line: Line, model: Any) -> None:
    rejected("TW-01")
    line.send(line.work(0)[:3])
    line.send([line.entry(50, 50, "bore", "value", value=6.0, unit_code="µm", instrument="DI-01")])
    take_over()
    place_waiting()
    assert list(examine_log()) == []
    first = model.objects.order_by("pk")[0].pk
    cells = [(column, other) for key, column, other in changed_cells(model) if key == first]
    for column, other in cells:
        with with_the_password() as cursor:
            cursor.execute(f'UPDATE "{model._meta.db_table}" SET "{column}" = %s WHERE id = %s', [other, first])
            assert list(altered_rows(model, taken_over=True)), column
    assert len(cells) >= 3
