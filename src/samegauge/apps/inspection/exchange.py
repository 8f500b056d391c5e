"""Inspection data for others: characteristics, values and statistics of records as QIF or AQDEF documents."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from samegauge.apps.inspection.exchange_aqdef import aqdef_document
from samegauge.apps.inspection.exchange_qif import qif_document, without_place
from samegauge.core.measurement.models import Characteristic, Inspection, Measurement
from samegauge.formats.aqdef import write_aqdef
from samegauge.formats.errors import FormatError
from samegauge.formats.qif import write_qif

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

FORMS = {"qif": ("qif", "application/xml"), "aqdef": ("dfq", "text/plain; charset=utf-8")}
MOST_VALUES = 200_000


class ExchangeError(Exception):
    """Why nothing was written, in both languages."""

    def __init__(self, message: str, message_zh: str) -> None:
        super().__init__(message)
        self.message_zh = message_zh


@dataclass(frozen=True)
class Asked:
    """Which records: those of an item, of one of its plans, of one serial number."""

    item: str = ""
    plan: str = ""
    serial: str = ""


@dataclass(frozen=True)
class PlanData:
    """One plan of one item: its characteristics, and the inspections with their values in order of time."""

    item: str
    name: str
    plan: str
    characteristics: tuple[Characteristic, ...]
    inspections: tuple[Inspection, ...]
    values: dict[int, list[Measurement]] = field(default_factory=dict[int, list[Measurement]])

    @property
    def count(self) -> int:
        return sum(map(len, self.values.values()))


@dataclass(frozen=True)
class Exported:
    """`left_out` names the characteristics that the format has no place for."""

    name: str
    content: bytes
    characteristics: int
    inspections: int
    values: int
    left_out: tuple[str, ...] = ()


def exported(form: str, asked: Asked, at: datetime) -> Exported:
    """One document of what was asked for; QIF holds one plan of one item, AQDEF several."""
    plans = _plans(asked)
    ending = FORMS[form][0]
    name = f"{_file_name(asked, plans)}.{ending}"
    try:
        if form == "aqdef":
            return _counted(name, write_aqdef(aqdef_document(plans, name)), plans, [])
        if len(plans) > 1:
            raise _several(plans)
        left_out = [row for row in plans[0].characteristics if without_place(row)]
        content = write_qif(qif_document(plans[0], name, at, with_statistics=not asked.serial))
    except FormatError as error:
        raise ExchangeError(error.message_en, error.message_zh) from error
    return _counted(name, content, plans, left_out)


def _counted(name: str, content: bytes, plans: list[PlanData], left_out: Iterable[Characteristic]) -> Exported:
    names = tuple(row.name for row in left_out)
    return Exported(
        name,
        content,
        sum(len(one.characteristics) for one in plans) - len(names),
        sum(len(one.inspections) for one in plans),
        sum(one.count for one in plans),
        names,
    )


def _plans(asked: Asked) -> list[PlanData]:
    rows = Characteristic.objects.select_related("item").order_by("item__number", "plan", "sequence", "pk")
    wanted = {"item__number": asked.item, "plan": asked.plan}
    rows = rows.filter(**{name: value for name, value in wanted.items() if value})
    if asked.serial:
        rows = rows.filter(
            pk__in=Measurement.objects.filter(inspection__unit__serial=asked.serial).values("characteristic")
        )
    measured = Measurement.objects.filter(characteristic__in=rows, actual__isnull=False)
    if asked.serial:
        measured = measured.filter(inspection__unit__serial=asked.serial)
    if (count := measured.count()) > MOST_VALUES:
        raise ExchangeError(
            f"{count} values are more than one file takes ({MOST_VALUES}). Name an item, a plan or a serial number.",
            f"{count} 筆數值超過單一檔案上限（{MOST_VALUES}）。指定料號、計畫或序號。",
        )
    found: dict[tuple[str, str], list[Characteristic]] = {}
    for row in rows:
        found.setdefault((row.item.number, row.plan), []).append(row)
    if not found:
        raise ExchangeError(
            "No characteristic fits. Check item, plan and serial number.", "沒有符合的特性。檢查料號、計畫與序號。"
        )
    values = _values(measured)
    return [_plan(characteristics, values) for characteristics in found.values()]


def _values(measured: Iterable[Measurement]) -> dict[int, list[Measurement]]:
    by_characteristic: dict[int, list[Measurement]] = {}
    ordered = measured.select_related("inspection__unit").order_by(  # type: ignore[attr-defined] - a query
        "inspection__reported_at", "inspection__position_in_source", "pk"
    )
    for row in ordered:
        by_characteristic.setdefault(row.characteristic_id, []).append(row)
    return by_characteristic


def _plan(characteristics: list[Characteristic], values: dict[int, list[Measurement]]) -> PlanData:
    by_inspection: dict[int, list[Measurement]] = {}
    inspections: dict[int, Inspection] = {}
    for row in characteristics:
        for one in values.get(row.pk, ()):
            one.characteristic = row
            by_inspection.setdefault(one.inspection_id, []).append(one)
            inspections[one.inspection_id] = one.inspection
    ordered = sorted(inspections.values(), key=lambda one: (one.reported_at, one.position_in_source, one.pk))
    first = characteristics[0]
    return PlanData(
        first.item.number, first.item.name, first.plan, tuple(characteristics), tuple(ordered), by_inspection
    )


def _several(plans: list[PlanData]) -> ExchangeError:
    shown = ", ".join(f"{one.item} / {one.plan}" for one in plans[:5]) + (" …" if len(plans) > 5 else "")  # noqa: PLR2004
    return ExchangeError(
        f"A QIF document holds one plan of one item; these fit: {shown}. Name item and plan.",
        f"一份 QIF 文件只含一個料件的一個計畫；符合的有：{shown}。指定料號與計畫。",
    )


def _file_name(asked: Asked, plans: list[PlanData]) -> str:
    parts = [asked.serial or asked.item or (plans[0].item if len(plans) == 1 else _("characteristics")), asked.plan]
    said = "-".join(filter(None, parts))
    return "".join(character if character.isalnum() or character in "-_." else "_" for character in said)[:80]
