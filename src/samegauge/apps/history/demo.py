"""The simulated builder's recalls (bearings that fail early, beds relieved too cold) and the passports it issued."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

from samegauge.apps.history.models import Passport, RecallState
from samegauge.apps.history.passports import issue
from samegauge.apps.history.recalls import Criterion, RecallKind, found_by, open_recall, set_states
from samegauge.core.demo.books import RECORDED_BY, simulated_organisation
from samegauge.core.demo.chapters import declare_chapter, declare_sequel
from samegauge.core.scope import organisation_scope
from samegauge.core.thread.models import Lot, Unit
from samegauge.core.thread.parts import block
from samegauge.core.thread.rules import Recorder
from samegauge.simulators.builder.catalogue import BUILDER
from samegauge.simulators.builder.company import newest_of_each_customer

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
MACHINES_WITH_PASSPORT = 3


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


def issue_passports(company: Company) -> int:
    """Issue a passport for the newest machine of the first customers, once; return how many were issued now."""
    wanted = [machine.serial for machine in newest_of_each_customer(company)[:MACHINES_WITH_PASSPORT]]
    with organisation_scope(simulated_organisation(BUILDER)):
        have = set(Passport.objects.filter(unit__serial__in=wanted).values_list("unit__serial", flat=True))
        units = list(Unit.objects.filter(serial__in=set(wanted) - have).select_related("item", "revision"))
        for unit in units:
            issue(unit, Recorder(actor_name=f"{RECORDED_BY} · QM-1"), settings.SITE.address)
    return len(units)


declare_chapter("recalled_machines", write_recalls)
declare_sequel("passports", issue_passports)
