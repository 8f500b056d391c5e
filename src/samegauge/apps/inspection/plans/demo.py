"""The simulated company's plans, procedures and routes, made from its stations, gates and places."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from samegauge.apps.inspection.plans.drafting import REACTION, lot_sampling, resolution_for
from samegauge.apps.inspection.plans.models import (
    ChartKind,
    Frequency,
    InspectionPlan,
    PlannedCharacteristic,
    Procedure,
    ProcedureStep,
    RevisionState,
    Route,
    RouteStop,
)
from samegauge.core.demo.chapters import declare_chapter
from samegauge.core.measurement.models import Characteristic
from samegauge.core.production.models import Station
from samegauge.simulators.builder.catalogue import (
    BOUGHT,
    MODELS,
    OPTIONS,
    bought_places,
    casting_item,
    casting_places,
)
from samegauge.simulators.builder.stations import STATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from samegauge.core.demo.books import Books
    from samegauge.simulators.builder.catalogue import Model
    from samegauge.simulators.builder.records import Company
    from samegauge.simulators.builder.stations import Station as SimulatedStation

DRAFTED_DAYS_BEFORE, RELEASED_DAYS_BEFORE = 40, 30
GAUGES = {
    "level": "level",
    "square": "square",
    "bolt_torque": "torque_wrench",
    "drag": "torque_wrench",
    "residual_pitch": "laser",
    "circularity": "ball_bar",
}
INDICATED = ("rail_", "block_", "screw_", "coupling_", "axial_", "radial_", "spindle_runout", "spindle_z", "tram")
SOURCES = {
    "incoming": "Company standard, limits assumed",
    "in_process": "Company standard after ISO 230-1, limits assumed",
    "final": "ISO 10791, ISO 230-2; limits assumed",
}


def instrument_kind(key: str) -> str:
    """Which of the company's gauges reads a gate; empty where it has none of that sort."""
    if key.startswith(INDICATED):
        return "dial_indicator"
    return next((kind for start, kind in GAUGES.items() if key.startswith(start)), "")


@dataclass(frozen=True)
class Variant:
    """A station as one model, and where it matters one choice of an option, passes it."""

    model: Model
    station: SimulatedStation
    option: str = ""
    choice: str = ""

    @property
    def code(self) -> str:
        code = f"SOP-{self.model.code}-S{self.station.number:02d}"
        return f"{code}-{self.choice}" if self.choice else code


def variants() -> Iterator[Variant]:
    for model in MODELS.values():
        for station in STATIONS:
            if model.code in station.models:
                option = OPTION_AT.get(station.number, "")
                for choice, _share in OPTIONS.get(option, (("", 1.0),)):
                    yield Variant(model, station, option, choice)


def write_plans(books: Books, company: Company) -> int:
    released: dict[str, Any] = {
        "organisation": books.organisation,
        "state": RevisionState.RELEASED,
        "drafted_at": company.start - timedelta(days=DRAFTED_DAYS_BEFORE),
        "released_at": company.start - timedelta(days=RELEASED_DAYS_BEFORE),
        "reason": "Simulated 模擬",
    }
    plans = _plans(released)
    every = [one for one in variants() if one.model.code in books.items]
    rows = [
        Procedure(
            **released,
            code=one.code,
            item=books.items[one.model.code],
            title=one.station.name.en,
            title_zh=one.station.name.zh,
        )
        for one in every
    ]
    procedures = Procedure.objects.bulk_create(rows, batch_size=500)
    characteristics = {
        (one.item_id, one.key): one  # type: ignore[attr-defined]
        for one in Characteristic.objects.filter(inspection_kind="in_process")
    }
    steps = [
        ProcedureStep(organisation=books.organisation, procedure=procedure, sequence=place, **fields)
        for one, procedure in zip(every, procedures, strict=True)
        for place, fields in enumerate(_steps(books, one, characteristics), 1)
    ]
    ProcedureStep.objects.bulk_create(steps, batch_size=500)
    return plans + len(procedures) + _routes(books, released, every)


def _steps(
    books: Books, variant: Variant, characteristics: Mapping[tuple[int, str], Characteristic]
) -> Iterator[dict[str, Any]]:
    station, model = variant.station, variant.model
    yield _step("clean", "check", ("Clean the faces and check for burrs", "清潔結合面，確認無毛邊"))
    if station.number in AS_FOUND_AT:
        yield _step("state", "choice", ("How was the face as found?", "來料面況如何？"), choices=AS_FOUND)
    for position, item in (
        (place, books.items[number]) for place, number in places_at(variant) if number in books.items
    ):
        said = (f"Scan {item.name}, place {position}", f"掃描{item.name_zh}，位置 {position}")
        yield _step(f"part_{position}", "part", said, item=item, position=position)
    for gate in station.gates:
        yield _step(
            gate.key,
            "value",
            (f"Measure: {gate.name.en}", f"量測：{gate.name.zh}"),
            unit_code=gate.unit,
            nominal=None if gate.lower is None or gate.upper is None else (gate.lower + gate.upper) / 2,
            lower=gate.lower,
            upper=gate.upper,
            decimals=gate.decimals,
            instrument_kind=instrument_kind(gate.key),
            characteristic=characteristics.get((books.items[model.code].pk, gate.key)),
        )
    if station.number in PHOTOGRAPHED_AT:
        yield _step("photo", "photo", ("Photograph the finished work", "拍攝完成狀態"), required=False)
    yield _step("note", "note", ("Anything the next person should know", "要交代下一站的事"), required=False)
    code = f"S{station.number:02d}"
    said = {"meaning": f"Station {code} is done as described", "meaning_zh": f"{code} 站已依作業標準完成"}
    yield _step("sign", "signature", ("Sign for the station", "簽署本站完成"), **said)


PHOTOGRAPHED_AT = frozenset({2, 3, 8, 27, 43, 54})
AS_FOUND_AT = frozenset({5, 6, 7})
OPTION_AT = {14: "linear_scales", 20: "linear_scales", 26: "linear_scales", 28: "spindle_rpm", 39: "magazine"}
AS_FOUND = [
    {"value": "good", "text": "Good", "text_zh": "良好", "passes": True},
    {"value": "touched_up", "text": "Touched up", "text_zh": "已修整", "passes": True},
    {"value": "damaged", "text": "Damaged: does not conform", "text_zh": "損傷，不合格", "passes": False},
]


def _step(key: str, kind: str, texts: tuple[str, str], **more: Any) -> dict[str, Any]:
    return {"key": key, "kind": kind, "text": texts[0], "text_zh": texts[1], **more}


def places_at(variant: Variant) -> Iterator[tuple[str, str]]:
    """What goes in at a station: the place and the number of the item."""
    model, number = variant.model, variant.station.number
    for place in casting_places(model):
        if place.station == number:
            yield place.position, casting_item(model, place.kind)
    options = {name: choices[0][0] for name, choices in OPTIONS.items()}
    options |= {variant.option: variant.choice} if variant.option else {}
    for place in bought_places(options):
        if place.station == number:
            yield place.position, BOUGHT[place.kind].item(model, options)


def _routes(books: Books, released: dict[str, Any], every: list[Variant]) -> int:
    stations = {one.sequence: one for one in Station.objects.all()}
    rows = [
        Route(
            **released,
            code=f"ROUTE-{model.code}",
            item=books.items[model.code],
            title=f"Assembly of {model.code}",
            title_zh=f"{model.code} 組裝途程",
        )
        for model in MODELS.values()
        if model.code in books.items
    ]
    routes = {one.item.number: one for one in Route.objects.bulk_create(rows)}
    stops = [
        RouteStop(
            organisation=books.organisation,
            route=routes[one.model.code],
            station=stations[one.station.number],
            sequence=one.station.number,
            procedure_code=one.code,
            only_with={one.option: [one.choice]} if one.option else {},
        )
        for one in every
    ]
    RouteStop.objects.bulk_create(stops, batch_size=500)
    return len(routes)


def _plans(released: dict[str, Any]) -> int:
    found: dict[tuple[int, str], InspectionPlan] = {}
    rows = list(Characteristic.objects.select_related("item").order_by("item", "plan", "sequence"))
    for row in rows:
        found.setdefault(
            (row.item.pk, row.plan),
            InspectionPlan(
                **released,
                code=f"{row.plan}-{row.item.number}" if row.inspection_kind == "incoming" else row.plan,
                item=row.item,
                title=f"{row.item.name}: {KIND_EN[row.inspection_kind]}",
                title_zh=f"{row.item.name_zh}：{KIND_ZH[row.inspection_kind]}",
                kind=row.inspection_kind,
                source=SOURCES[row.inspection_kind],
            ),
        )
    InspectionPlan.objects.bulk_create(found.values(), batch_size=500)
    lines = [
        PlannedCharacteristic(
            organisation=released["organisation"],
            plan=found[row.item.pk, row.plan],
            characteristic=row,
            sequence=row.sequence,
            instrument_kind=instrument_kind(row.key),
            resolution=resolution_for(row),
            frequency=Frequency.PER_LOT if row.inspection_kind == "incoming" else Frequency.EVERY_UNIT,
            sampling=lot_sampling() if row.inspection_kind == "incoming" else {},
            chart=ChartKind.INDIVIDUALS_EWMA,
            reaction=REACTION[0],
            reaction_zh=REACTION[1],
            assumed=True,
        )
        for row in rows
    ]
    PlannedCharacteristic.objects.bulk_create(lines, batch_size=500)
    return len(found)


KIND_EN = {"incoming": "incoming inspection", "in_process": "in-process inspection", "final": "final inspection"}
KIND_ZH = {"incoming": "進料檢驗", "in_process": "製程檢驗", "final": "最終檢驗"}


declare_chapter("plans", write_plans)
