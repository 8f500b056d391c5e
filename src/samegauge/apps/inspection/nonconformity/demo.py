"""The simulated company's nonconformities around what was planted in it, its 8D reports and its deliveries.

They are opened and taken on through the rules of the product; the people who do so are simulated.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from samegauge.apps.inspection.models import Instrument
from samegauge.apps.inspection.nonconformity import eight_d, rules
from samegauge.apps.inspection.nonconformity.models import (
    CauseCategory,
    Delivery,
    DisciplineStep,
    Disposition,
    FlowStep,
    Nonconformity,
    Source,
)
from samegauge.core.demo.books import RECORDED_BY
from samegauge.core.demo.chapters import declare_chapter
from samegauge.core.measurement.models import Characteristic, Conformity, Inspection, InspectionKind
from samegauge.core.organisations.models import Role
from samegauge.core.partners.models import Partner
from samegauge.core.production.models import Station
from samegauge.core.thread.models import Lot
from samegauge.core.thread.rules import Recorder

if TYPE_CHECKING:
    from samegauge.apps.inspection.nonconformity.models import CorrectiveAction
    from samegauge.core.demo.books import Books
    from samegauge.simulators.builder.records import Company

MANAGER, ENGINEER = "QM-1", "QE-2"
CALLS_UNTIL_SEEN = 3


def write_deliveries(books: Books, company: Company) -> int:
    """Write a delivery for each lot of bought parts, and one for the castings of each melt and item."""
    partners = {partner.number: partner for partner in Partner.objects.all()}
    foundries = {melt.number: melt.foundry for melt in company.melts}
    rows = [
        Delivery(
            number=f"DN-{lot.number}",
            supplier=partners[lot.supplier],
            item=books.items[lot.item],
            lot_number=lot.number,
            delivered_on=lot.delivered_at.date(),
            quantity=lot.size,
        )
        for lot in company.lots
        if lot.item in books.items
    ]
    cast: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    for part in company.parts:
        if part.lot in foundries and part.serial in books.units:
            cast[part.lot, part.item].append(part.received_at)
    rows += [
        Delivery(
            number=f"DN-{melt}-{item}",
            supplier=partners[foundries[melt]],
            item=books.items[item],
            lot_number=melt,
            delivered_on=min(received).date(),
            quantity=len(received),
        )
        for (melt, item), received in cast.items()
    ]
    for row in rows:
        row.note = "Simulated 模擬"
    return len(Delivery.objects.bulk_create(rows))


def write_reports(books: Books, company: Company) -> int:
    for write in (_cold_batch, _weak_lot, _refused_screws, _biased_operator, _scratch, _colour):
        write(books, company)
    return Nonconformity.objects.filter(organisation=books.organisation).count()


@dataclass(frozen=True)
class _Hand:
    """One simulated person at one moment."""

    who: str
    at: datetime

    @property
    def recorder(self) -> Recorder:
        return Recorder(actor_name=f"{RECORDED_BY} · {self.who}", receive_time=self.at)

    def take(
        self, report: Nonconformity, kind: FlowStep, text: str, disposition: Disposition | None = None
    ) -> Nonconformity:
        step = rules.Step(kind, self.recorder, Role.QUALITY_MANAGER, text, disposition, self.at)
        return rules.take(report, step)

    def write(self, action: CorrectiveAction, texts: dict[str, str]) -> None:
        """Fill in steps and call them done, one after another."""
        for place, (step, text) in enumerate(texts.items()):
            hand = _Hand(self.who, self.at + timedelta(days=place * 2))
            row = action.disciplines.get(step=step)
            said = eight_d.Written(text, None, row.due_on, done=True)
            written = eight_d.write_discipline(action, DisciplineStep(step), said, hand.recorder)
            written.owner_name = self.who
            written.save()


def _cold_batch(books: Books, company: Company) -> None:
    """Beds that were soaked too cold: the furnace's record showed it, weeks after they were built in."""
    planted = company.truths.heat_treatment
    if planted is None:
        return
    batch = next(one for one in company.heat_treatments if one.number == planted.batch)
    serials = [part.serial for part in company.parts if part.heat_treatment == planted.batch]
    units = tuple(books.units[serial] for serial in serials if serial in books.units)
    characteristic = Characteristic.objects.filter(item=units[0].item, key="residual_stress").first()
    seen = batch.ended_at + timedelta(days=75)
    report = rules.open_report(
        rules.Found(
            title=f"床台退火不足 Beds relieved too cold ({planted.soak_temperature_degc:g} °C)",
            source=Source.BY_HAND,
            found_at=seen,
            units=units,
            description="爐溫紀錄與製程規範不符。The furnace's record does not meet the process specification.",
            reference=planted.batch,
            characteristic=characteristic,
            supplier=Partner.objects.get(number=batch.foundry),
        ),
        _Hand(MANAGER, seen).recorder,
    )
    hand = _Hand(MANAGER, seen + timedelta(days=1))
    hand.take(
        report,
        FlowStep.CONTAIN,
        "同批庫存隔離；已裝機者列入追蹤。Stock of the batch set aside; built-in beds are watched.",
    )
    _Hand(MANAGER, seen + timedelta(days=9)).take(
        report,
        FlowStep.DECIDE,
        "交貨前重新調整滑軌並複測真直度。Rails are set again and measured before delivery.",
        Disposition.REWORK,
    )
    _Hand("QC-2", seen + timedelta(days=40)).take(
        report, FlowStep.PASS, "六台真直度皆在允差內。Straightness of all six is within tolerance."
    )
    _Hand(MANAGER, seen + timedelta(days=41)).take(report, FlowStep.CLOSE, "")
    _cure_of_cold_beds(report, characteristic, seen)


def _cure_of_cold_beds(report: Nonconformity, characteristic: Characteristic | None, seen: datetime) -> None:
    """An 8D that is closed, with values that say whether it helped."""
    action = eight_d.open_action(
        [report], "退火爐均溫失控 The furnace's soak was not controlled", _Hand(ENGINEER, seen).recorder
    )
    _Hand(ENGINEER, seen + timedelta(hours=20)).write(
        action,
        {
            "d0": "停用該爐，通知鑄造廠。The furnace was taken out of use; the foundry was told.",
            "d1": "品保、工程、鑄造廠。Quality, engineering, foundry.",
            "d2": "同一爐六件床台的殘留應力偏高約 30 MPa。Six beds of one load: about 30 MPa more stress.",
            "d3": "逐件複測殘留應力。Residual stress measured on every bed.",
            "d4": "熱電偶位置偏移，控溫讀值偏高。A thermocouple had moved; the controller read too high.",
            "d5": "每爐兩支獨立熱電偶，差異超過 15 K 自動停爐。Two independent thermocouples; stop beyond 15 K.",
            "d6": "已在鑄造廠實施。In place at the foundry.",
            "d7": "收貨時核對爐溫紀錄。The furnace's record is checked at receipt.",
            "d8": "感謝鑄造廠的配合。With thanks to the foundry.",
        },
    )
    furnace = eight_d.add_cause(action, "均溫不足 Soaked too cold", CauseCategory.METHOD)
    moved = eight_d.add_cause(action, "控溫讀值偏高 The controller read too high", CauseCategory.METHOD, furnace)
    root = eight_d.add_cause(action, "熱電偶未固定 The thermocouple was not fastened", CauseCategory.METHOD, moved)
    eight_d.mark_cause(root, "root")
    eight_d.mark_cause(eight_d.add_cause(action, "材質成分 Chemistry", CauseCategory.MATERIAL), "struck")
    eight_d.set_verification(action, characteristic, seen)
    action.refresh_from_db()
    if not eight_d.missing(action):
        remark = "依現有件數判斷，六個月後再看一次。By the parts there are; looked at again in six months."
        eight_d.close_action(action, _Hand(MANAGER, seen + timedelta(days=60)).recorder, remark)


def _weak_lot(_books: Books, company: Company) -> None:
    """Bearings of one delivery that fail early: nothing at receipt showed it, the service calls did."""
    planted = company.truths.part
    if planted is None:
        return
    calls = [call for call in company.calls if call.removed in set(planted.serials)]
    if len(calls) < CALLS_UNTIL_SEEN:
        return
    seen = calls[CALLS_UNTIL_SEEN - 1].opened_at
    report = rules.open_report(
        rules.Found(
            title="主軸軸承早期損壞，同一交貨批 Spindle bearings of one delivery fail early",
            source=Source.SERVICE,
            found_at=seen,
            lots=(Lot.objects.get(number=planted.lot),),
            quantity=len(planted.serials),
            description="叫修集中在同一批號。The service calls gather on one lot.",
            reference=", ".join(call.number for call in calls[:CALLS_UNTIL_SEEN]),
        ),
        _Hand("SV-1", seen + timedelta(hours=3)).recorder,
    )
    _Hand(MANAGER, seen + timedelta(days=1)).take(
        report,
        FlowStep.CONTAIN,
        "同批備品停用，客戶機台列入更換。Spares of the lot are set aside; machines are listed for replacement.",
    )
    action = eight_d.open_action(
        [report], "主軸軸承壽命不足 Life of spindle bearings", _Hand(MANAGER, seen + timedelta(days=1)).recorder
    )
    _Hand(ENGINEER, seen + timedelta(days=2)).write(
        action,
        {
            "d0": "同批備品停用。Spares of the lot are set aside.",
            "d1": "品保、服務、供應商。Quality, service, supplier.",
            "d2": "七台機台的軸承提早損壞。Bearings of seven machines failed early.",
            "d3": "逐台更換。Replaced machine by machine.",
        },
    )
    life = eight_d.add_cause(action, "滾道過早剝落 Early spalling of the raceway", CauseCategory.MATERIAL)
    eight_d.add_cause(action, "熱處理硬度不均 Uneven hardness", CauseCategory.MATERIAL, life)
    eight_d.add_cause(action, "潤滑脂填充量不足 Too little grease", CauseCategory.METHOD)
    eight_d.mark_cause(eight_d.add_cause(action, "組裝預壓過大 Too much preload", CauseCategory.PEOPLE), "struck")


def _refused_screws(_books: Books, _company: Company) -> None:
    """What incoming inspection refused goes back, the latest one apart: it still waits for a decision."""
    failed = Inspection.objects.filter(kind=InspectionKind.INCOMING, verdict=Conformity.FAIL)
    rows = list(failed.select_related("unit__item", "unit__lot").order_by("reported_at"))
    for row in rows[:-1]:
        worst = row.measurements.filter(recomputed=Conformity.FAIL).select_related("characteristic").first()  # type: ignore[attr-defined]
        lots = (row.unit.lot,) if row.unit.lot else ()
        report = rules.open_report(
            rules.Found(
                title=f"{worst.characteristic.name} {worst.actual:g} {worst.characteristic.unit_code}",
                source=Source.INSPECTION,
                found_at=row.reported_at,
                units=(row.unit,),
                characteristic=worst.characteristic,
                inspection=row,
                reference=", ".join(lot.number for lot in lots),
            ),
            _Hand("QC-1", row.reported_at + timedelta(hours=1)).recorder,
        )
        later = row.reported_at + timedelta(days=1)
        _Hand(MANAGER, later).take(
            report, FlowStep.DECIDE, "退回供應商。Goes back to the supplier.", Disposition.RETURN
        )
        _Hand("QC-1", later + timedelta(days=2)).take(report, FlowStep.CARRY_OUT, "已退貨。Sent back.")
        _Hand(MANAGER, later + timedelta(days=3)).take(report, FlowStep.CLOSE, "")


def _biased_operator(_books: Books, company: Company) -> None:
    """The gauge study says that one operator reads too much: an 8D is under way."""
    planted = company.truths.gauge
    if planted is None:
        return
    seen = company.end - timedelta(days=40)
    gauge = Instrument.objects.get(number="DI-02")
    characteristic = Characteristic.objects.filter(key=planted.characteristic).order_by("pk").first()
    report = rules.open_report(
        rules.Found(
            title=f"主軸偏擺量測偏高 Spindle run-out reads too much ({planted.operator})",
            source=Source.GAUGE,
            found_at=seen,
            description="量具重複性與再現性研究：再現性佔大部分。Gauge R&R study: most of it is reproducibility.",
            characteristic=characteristic,
            instrument=gauge,
            station=Station.objects.get(code=f"S{planted.station:02d}"),
        ),
        _Hand("QC-2", seen).recorder,
    )
    _Hand(MANAGER, seen + timedelta(days=1)).take(
        report,
        FlowStep.CONTAIN,
        "該員量測值由第二人複測。A second person measures again what this operator measured.",
    )
    action = eight_d.open_action(
        [report], "量測手法不一致 People measure differently", _Hand(MANAGER, seen + timedelta(days=1)).recorder
    )
    _Hand(ENGINEER, seen + timedelta(days=2)).write(
        action,
        {
            "d0": "第二人複測。A second person measures again.",
            "d1": "品保、主軸組立。Quality, spindle assembly.",
            "d2": f"{planted.operator} 的讀值平均高 {planted.bias:g} µm。Reads {planted.bias:g} µm more on average.",
            "d3": "複測中。Under way.",
            "d4": "測頭接觸角未統一。The stylus angle differs.",
        },
    )
    angle = eight_d.add_cause(action, "測頭接觸角不同 Another stylus angle", CauseCategory.MEASUREMENT)
    eight_d.mark_cause(
        eight_d.add_cause(action, "作業標準沒有規定 The instruction does not say", CauseCategory.MEASUREMENT, angle),
        "root",
    )
    eight_d.add_cause(action, "芯棒未清潔 Test bar not clean", CauseCategory.PEOPLE)
    eight_d.set_verification(action, characteristic, seen + timedelta(days=14))


def _scratch(books: Books, company: Company) -> None:
    """Something seen by somebody, reworked and closed."""
    machine = company.machines[-1]
    seen = min(machine.started_at + timedelta(days=6), company.end - timedelta(days=8))
    report = rules.open_report(
        rules.Found(
            title="X 軸護罩刮傷 X cover scratched",
            source=Source.BY_HAND,
            found_at=seen,
            units=(books.units[machine.serial],),
            station=Station.objects.order_by("sequence").first(),
        ),
        _Hand("OP-02", seen).recorder,
    )
    _Hand(MANAGER, seen + timedelta(hours=4)).take(report, FlowStep.DECIDE, "補漆。Painted again.", Disposition.REWORK)
    _Hand("QC-3", seen + timedelta(days=1)).take(report, FlowStep.PASS, "外觀合格。Looks as it should.")
    _Hand(MANAGER, seen + timedelta(days=1, hours=1)).take(report, FlowStep.CLOSE, "")


def _colour(books: Books, company: Company) -> None:
    """A concession that was proposed and waits for somebody else's approval."""
    machine = company.machines[-2]
    seen = company.end - timedelta(days=4)
    report = rules.open_report(
        rules.Found(
            title="護罩色差 Cover of another shade",
            source=Source.BY_HAND,
            found_at=seen,
            units=(books.units[machine.serial],),
        ),
        _Hand("OP-22", seen).recorder,
    )
    why = "客戶看過樣板並同意。The customer has seen a sample and agrees."
    _Hand(MANAGER, seen + timedelta(days=1)).take(report, FlowStep.DECIDE, why, Disposition.USE_AS_IS)


declare_chapter("deliveries", write_deliveries)
declare_chapter("nonconformities", write_reports)
