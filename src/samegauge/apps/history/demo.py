"""The simulated builder's recalls: the bearings that fail early, and the beds that were relieved too cold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from samegauge.apps.history.models import RecallState
from samegauge.apps.history.recalls import Criterion, RecallKind, found_by, open_recall, set_states
from samegauge.core.demo.chapters import declare_chapter
from samegauge.core.thread.models import Lot
from samegauge.core.thread.parts import block

if TYPE_CHECKING:
    from samegauge.core.demo.books import Books
    from samegauge.simulators.builder.records import Company

BEARINGS = (
    "模擬：主軸軸承批號 {lot} · Simulated: spindle bearings of lot {lot}",
    "這批軸承提早損壞，安排更換。These bearings fail early: arrange their replacement.",
)
BEDS = (
    "模擬：床台熱處理批 {lot} · Simulated: beds of heat treatment {lot}",
    "退火溫度不足，到廠量測床台真直度。Relieved too cold: measure the straightness of the bed at the customer.",
)
NOTES = {
    RecallState.DONE: "已處理 done",
    RecallState.SCHEDULED: "已約時間 date agreed",
    RecallState.INFORMED: "電話 by telephone",
}


def write_recalls(books: Books, company: Company) -> int:
    weak, cold = company.truths.part, company.truths.heat_treatment
    planted = [(weak.lot, *BEARINGS)] if weak else []
    planted += [(cold.batch, *BEDS)] if cold else []
    return sum(_write(books, *one) for one in planted)


def _write(books: Books, lot: str, title: str, reason: str) -> int:
    asked = Criterion(RecallKind.LOT, lot)
    found = found_by(asked)
    if not found.affected:
        return 0
    recorder = books.recorder("QA")
    block(Lot.objects.get(number=lot), reason, recorder, books.received_at)
    recall = open_recall(title.format(lot=lot), reason, asked, recorder)
    replaced = {one.machine.pk for one in found.affected if one.is_replaced}
    rows = list(recall.machines.select_related("machine", "recall").order_by("machine__serial"))
    left = [row for row in rows if row.machine_id not in replaced]
    done = [row for row in rows if row.machine_id in replaced]
    for state, some in (
        (RecallState.DONE, done),
        (RecallState.SCHEDULED, left[::3]),
        (RecallState.INFORMED, left[1::3]),
    ):
        set_states(some, state, NOTES[state], recorder)
    return len(rows)


declare_chapter("recalled_machines", write_recalls)
