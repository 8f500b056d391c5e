"""The recalls of what was planted in the simulated company find exactly the machines that the truth names."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from samegauge.apps.history.demo import write_recalls
from samegauge.apps.history.models import Recall, RecalledMachine, RecallState
from samegauge.apps.history.recalls import Criterion, RecallKind, criterion_of, found_by
from samegauge.core.demo.books import Books
from samegauge.core.demo.loading import _build, _castings
from samegauge.core.thread.models import Event, LotKind
from samegauge.core.thread.parts import PartState, check_part
from samegauge.simulators.builder.company import simulated

if TYPE_CHECKING:
    from samegauge.core.organisations.models import Organisation


@pytest.mark.long
@pytest.mark.django_db
def test_the_planted_lots_lead_to_the_planted_machines_no_more_no_less(in_scope: Organisation) -> None:
    company = simulated(7, datetime(2024, 1, 1, tzinfo=UTC))
    weak, cold = company.truths.part, company.truths.heat_treatment
    assert weak
    assert cold
    in_scope.is_simulated = True
    in_scope.save()
    books = Books(in_scope, datetime.now(UTC))
    books.add_items([*(part.item for part in company.parts), *(machine.model for machine in company.machines)])
    books.add_lots(LotKind.MELT, {melt.number: "" for melt in company.melts})
    books.add_lots(LotKind.HEAT_TREATMENT, {batch.number: "" for batch in company.heat_treatments})
    books.add_lots(LotKind.DELIVERY, {lot.number: lot.item for lot in company.lots})
    books.add_units(company.parts, company.machines)
    books.record(_castings(company, books))
    _build(company, books)
    assert write_recalls(books, company) == len(weak.machines) + len(cold.machines)

    found = found_by(Criterion(RecallKind.LOT, weak.lot))
    assert {one.machine.serial for one in found.affected} == set(weak.machines)
    assert {part.unit.serial for one in found.affected for part in one.parts} == set(weak.serials)
    replaced = {edge.child for edge in company.installations if edge.removed_at} & set(weak.serials)
    assert {part.unit.serial for one in found.affected for part in one.parts if part.until} == replaced
    odd = found_by(Criterion(RecallKind.LOT, cold.batch))
    assert {one.machine.serial for one in odd.affected} == set(cold.machines)

    assert {criterion_of(case.criterion).named for case in Recall.objects.all()} == {weak.lot, cold.batch}
    done = RecalledMachine.objects.filter(state=RecallState.DONE).values_list("machine__serial", flat=True)
    assert set(done) == {one.machine.serial for one in found.affected if one.is_replaced}
    assert not any(one.is_replaced for one in odd.affected)
    assert all(event.payload["simulated"] for event in Event.objects.all())
    assert {check_part(unit.serial).state for unit in found.in_stock} <= {PartState.BLOCKED}
