"""A platform of one station and one unit in memory, for devices at stations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from samegauge.edge.stations.work import HubError

if TYPE_CHECKING:
    from collections.abc import Sequence


def step(key: str, kind: str = "value", **said: Any) -> dict[str, Any]:
    base = {"key": key, "kind": kind, "required": True, "text": key}
    return {**base, **({"unit_code": "N·m", "lower": 2.8, "upper": 3.4} if kind == "value" else {}), **said}


def entry(key: str, number: int = 1, kind: str = "value", **said: Any) -> dict[str, Any]:
    base = {"id": f"{number:04d}", "step": key, "kind": kind, "device_time": f"2026-11-21T08:00:{number:02d}Z"}
    return {**base, "payload": {}, "outcome": "taken", "reason": None, **said}


def unit(*entries: dict[str, Any], state: str = "here", serial: str = "TX-1", steps: Any = None) -> dict[str, Any]:
    steps = steps or [step("bolt-1"), step("bolt-2", lower=18.0, upper=22.0), step("seal", "check")]
    procedure = {"uid": "p", "steps": steps}
    return {"uid": f"u-{serial}", "serial": serial, "state": state, "entries": list(entries), "procedure": procedure}


class Bench:
    """A platform of one unit in memory: judges values by the limits of their step, knows an entry by its identifier."""

    def __init__(self, *steps: dict[str, Any], instruments: Sequence[dict[str, Any]] = ()) -> None:
        self.unit = unit(steps=list(steps))
        self.instruments = list(instruments)
        self.known: dict[str, dict[str, Any]] = {}
        self.reached = True
        self.outcome = "taken"

    async def work(self) -> dict[str, Any]:
        self._refuse_when_away()
        kept = list(self.known.values()) if self.outcome == "taken" else []
        return {"units": [{**self.unit, "entries": [*self.unit["entries"], *kept]}], "instruments": self.instruments}

    async def record(self, entries: Sequence[Any]) -> dict[str, Any]:
        self._refuse_when_away()
        steps = {one["key"]: one for one in self.unit["procedure"]["steps"]}
        results = []
        for one in entries:
            limits, value = steps[one["step"]], one["payload"]["value"]
            within = limits["lower"] <= value <= limits["upper"]
            reason = None if within else {"en": "It is outside its limits.", "zh": "超出界限。"}
            self.known.setdefault(one["id"], {**one, "outcome": self.outcome, "reason": reason})
            results.append({"id": one["id"], "outcome": self.outcome, "reason": reason})
        return {"results": results}

    def _refuse_when_away(self) -> None:
        if not self.reached:
            raise HubError("Away.", "離線。")
