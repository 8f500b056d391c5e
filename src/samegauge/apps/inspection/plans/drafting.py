"""Plans drafted from a template of the trade, or from the characteristics that an import brought."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext as _

from samegauge.apps.inspection.models import InstrumentKind
from samegauge.apps.inspection.plans.models import ChartKind, Frequency, InspectionPlan, PlannedCharacteristic
from samegauge.apps.inspection.plans.rules import RevisionError, draft
from samegauge.core.language import reads_chinese
from samegauge.core.measurement.models import NUMBER_OF_PART, Characteristic, InspectionKind
from samegauge.engines.sampling.finding import Risks, find_single_plan

if TYPE_CHECKING:
    from samegauge.core.organisations.models import Person
    from samegauge.core.thread.models import Item

PREFIXES = {
    InspectionKind.INCOMING: "IQC",
    InspectionKind.IN_PROCESS: "IPQC",
    InspectionKind.FINAL: "FQC",
    InspectionKind.FIRST_ARTICLE: "FAI",
}
RESOLUTION_SHARE = 0.1
# What a sample of a lot shall decide, assumed: 1 % not conforming passes nineteen times of twenty, 10 % one of ten.
LOT_RISKS = Risks(acceptable=0.01, producer_risk=0.05, rejectable=0.10, consumer_risk=0.10)
REACTION = (
    "Stop, measure again with a second gauge, mark the part, call the quality engineer.",
    "停下，用另一支量具複測，標示零件，通知品保工程師。",
)


@dataclass(frozen=True)
class Template:
    key: str
    kind: str
    en: str
    zh: str
    source: str
    lines: tuple[dict[str, Any], ...]

    @property
    def name(self) -> str:
        return self.zh if reads_chinese() else self.en


@cache
def templates() -> dict[str, Template]:
    table = tomllib.loads((files(__package__ or "") / "templates.toml").read_text(encoding="utf-8"))
    rows = (Template(**{**row, "lines": tuple(row["lines"])}) for row in table["template"])
    return {row.key: row for row in rows}


def plan_from_template(item: Item, template: Template, actor: Person | None) -> InspectionPlan:
    """Draft a plan whose limits are assumed and marked so, with a characteristic of the item for each line."""
    code = f"{_prefix(template.kind)}-{item.number}"
    with transaction.atomic():
        known = {one.key: one for one in Characteristic.objects.filter(item=item, plan=code)}
        lines = [_assumed_line(item, code, template, place) for place in range(len(template.lines))]
        for line in lines:
            line.characteristic = known.get(line.characteristic.key) or _saved(line.characteristic)
        made = InspectionPlan(
            code=code, item=item, kind=template.kind, title=template.en, title_zh=template.zh, source=template.source
        )
        return draft(made, lines, actor)


def plan_from_characteristics(item: Item, stated: str, actor: Person | None) -> InspectionPlan:
    """Draft a plan of what an import said is measured on an item; `stated` is the plan that the file names."""
    rows = Characteristic.objects.filter(item=item, plan=stated).exclude(kind=NUMBER_OF_PART).order_by("sequence", "pk")
    if not (characteristics := list(rows)):
        raise RevisionError(_("%(item)s has no characteristics of %(plan)s.") % {"item": item, "plan": stated})
    kind = characteristics[0].inspection_kind
    made = InspectionPlan(
        code=f"{_prefix(kind)}-{item.number}"[:60],
        item=item,
        kind=kind,
        title=f"{item.name}: {stated}"[:200],
        title_zh=f"{item.name_zh or item.name}：{stated}"[:200],
        source=stated,
    )
    lines = [_line(one, place, InstrumentKind.CMM, kind) for place, one in enumerate(characteristics, 1)]
    return draft(made, lines, actor)


def _prefix(kind: str) -> str:
    return PREFIXES[InspectionKind(kind)]


def _assumed_line(item: Item, code: str, template: Template, place: int) -> PlannedCharacteristic:
    stated = template.lines[place]
    characteristic = Characteristic(
        item=item,
        plan=code,
        inspection_kind=template.kind,
        key=stated["key"],
        name=f"{stated['zh']} {stated['en']}",
        kind="UserDefinedUnit",
        lower_limit=stated.get("lower"),
        upper_limit=stated.get("upper"),
        unit_code=stated["unit"],
        sequence=place,
    )
    line = _line(characteristic, place + 1, stated.get("instrument", ""), template.kind)
    line.chart, line.assumed = stated["chart"], True
    return line


def _saved(characteristic: Characteristic) -> Characteristic:
    characteristic.save()
    return characteristic


def _line(characteristic: Characteristic, place: int, instrument: str, kind: str) -> PlannedCharacteristic:
    per_lot = kind == InspectionKind.INCOMING
    return PlannedCharacteristic(
        characteristic=characteristic,
        sequence=place,
        instrument_kind=instrument,
        resolution=resolution_for(characteristic),
        frequency=Frequency.PER_LOT if per_lot else Frequency.EVERY_UNIT,
        sampling=lot_sampling() if per_lot else {},
        chart=ChartKind.INDIVIDUALS_EWMA,
        reaction=REACTION[0],
        reaction_zh=REACTION[1],
    )


def resolution_for(characteristic: Characteristic) -> float | None:
    """A tenth of the tolerance; of one that is bounded by zero, a tenth of its limit."""
    lower, upper = characteristic.lower_limit, characteristic.upper_limit
    if upper is None:
        return None
    return float(f"{(upper - (lower or 0.0)) * RESOLUTION_SHARE:.2g}")


@cache
def lot_sampling() -> dict[str, Any]:
    """The smallest single sample that keeps both risks, with how it was found."""
    found = find_single_plan(LOT_RISKS)
    (size,), (acceptance,) = found.plan.sizes, found.plan.acceptance
    return {"size": size, "acceptance": acceptance, "method": found.method.as_dict()}


def undrafted() -> list[tuple[str, str, str]]:
    """What imports said is measured and no plan holds yet: item number, stated plan, and how many characteristics."""
    rows = Characteristic.objects.filter(planned=None).exclude(kind=NUMBER_OF_PART)
    counted = rows.values("item__number", "plan").annotate(count=Count("pk")).order_by("item__number", "plan")
    return [(row["item__number"], row["plan"], str(row["count"])) for row in counted]


def origin_for(number: str) -> str:
    """What a plan of this item would be drafted from, as the form names it; empty where nothing is left."""
    return next((f"{item}\n{stated}" for item, stated, _count in undrafted() if item == number), "")
