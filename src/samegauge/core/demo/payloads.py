"""What the events of the simulated company say; every payload says itself that it is simulated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from samegauge.core.thread.models import ItemKind
from samegauge.simulators.builder.catalogue import (
    ADJUSTMENT,
    ASSEMBLIES,
    BOUGHT,
    CASTINGS,
    CUSTOMERS,
    FOUNDRIES,
    MODELS,
    SUPPLIERS,
)
from samegauge.simulators.builder.records import Words
from samegauge.simulators.builder.stations import STATIONS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from samegauge.simulators.builder.catalogue import Life
    from samegauge.simulators.builder.records import (
        HeatTreatment,
        HoursReading,
        Machine,
        Melt,
        Reading,
        ServiceCall,
        StationStep,
    )

PARTIES = {party.code: party.name for party in (*FOUNDRIES, *SUPPLIERS, *CUSTOMERS)}
STATION = {station.number: station for station in STATIONS}
COUNTED = {
    "controller counter": Words("controller counter", "控制器計時"),
    "customer statement": Words("customer statement", "客戶回報"),
}


def named_item(number: str) -> tuple[Words, ItemKind]:
    """Name an item by its number: a model, a casting or assembly of a model, or a bought part."""
    first, _dash, rest = number.partition("-")
    if first in BOUGHT:
        variant = f" {rest}" if rest else ""
        words = BOUGHT[first].name
        return Words(words.en + variant, words.zh + variant), ItemKind.PART
    if not rest:
        return MODELS[first].name, ItemKind.MACHINE
    if rest in ASSEMBLIES:
        words, kind = ASSEMBLIES[rest][0], ItemKind.ASSEMBLY
    else:
        words, kind = CASTINGS[rest.lower()].name, ItemKind.CASTING
    return Words(f"{words.en} of {first}", f"{first} {words.zh}"), kind


def both(words: Words) -> dict[str, str]:
    return {"en": words.en, "zh": words.zh}


def said(**facts: Any) -> dict[str, Any]:
    return {**facts, "simulated": True}


def instant(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def ordered(machine: Machine) -> dict[str, Any]:
    return said(customer=both(PARTIES[machine.customer]), model=machine.model, options=machine.options)


def handed_over(machine: Machine) -> dict[str, Any]:
    return said(customer=both(PARTIES[machine.customer]))


def poured(melt: Melt) -> dict[str, Any]:
    return said(
        foundry=both(PARTIES[melt.foundry]),
        melt=melt.number,
        poured_at=instant(melt.poured_at),
        pouring_temperature_degC=melt.pouring_temperature_degc,
        chemistry_percent=melt.chemistry_percent,
        charge_kg=melt.charge_kg,
    )


def heat_treated(batch: HeatTreatment) -> dict[str, Any]:
    return said(
        foundry=both(PARTIES[batch.foundry]),
        batch=batch.number,
        started_at=instant(batch.started_at),
        ended_at=instant(batch.ended_at),
        heating_K_per_h=batch.heating_k_per_h,
        soak_temperature_degC=batch.soak_temperature_degc,
        soak_h=batch.soak_h,
        cooling_K_per_h=batch.cooling_k_per_h,
        melts=list(batch.melts),
    )


def station_completed(step: StationStep) -> dict[str, Any]:
    station = STATION[step.station]
    return said(
        station=step.station,
        name=both(station.name),
        operator=step.operator,
        started_at=instant(step.started_at),
        ended_at=instant(step.ended_at),
        work_min=step.work_min,
        rework=step.rework,
        values=values(step.readings),
    )


def values(readings: Iterable[Reading]) -> list[dict[str, Any]]:
    return [
        {
            "characteristic": one.key,
            "value": one.value,
            "as_found": one.as_found,
            "unit": one.unit,
            "lower": one.lower,
            "upper": one.upper,
            "conforms": one.conforms,
        }
        for one in readings
    ]


def running_hours(one: HoursReading) -> dict[str, Any]:
    return said(running_hours_h=one.hours, source=both(COUNTED[one.source]))


def alarm(call: ServiceCall) -> dict[str, Any]:
    return said(code=call.alarm, text=both(_life(call).symptom), running_hours_h=call.hours)


def service_call(call: ServiceCall) -> dict[str, Any]:
    return said(call=call.number, symptom=both(_life(call).symptom), alarm=call.alarm, running_hours_h=call.hours)


def repaired(call: ServiceCall) -> dict[str, Any]:
    return said(
        call=call.number,
        cause=both(_life(call).cause),
        component=call.component if call.kind else "",
        removed=call.removed,
        fitted=call.fitted,
        responded_at=instant(call.responded_at),
        response_h=round(call.response_h or 0.0, 2),
        repair_h=call.repair_h,
        cost_TWD=call.cost_twd,
    )


def _life(call: ServiceCall) -> Life:
    return BOUGHT[call.kind].life if call.kind else ADJUSTMENT
