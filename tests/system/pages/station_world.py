"""Two stations with three machines on their way, for tests of the tablet: python station_world.py VERB ...

`fill` makes them, the same identifiers every time; `dump FOLDER` writes down what the records say; `replay FOLDER SEED`
takes the entries of such a dump in, shuffled and doubled, as another order of arrival, and dumps what comes of it.
"""

from __future__ import annotations

import json
import random
import sys
from base64 import b64decode
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from samegauge.cli.site import open_site

if TYPE_CHECKING:
    from samegauge.core.organisations.models import Organisation, Person

PASSWORD = "a gauge for every bore"
PEOPLE = {"chen": ("Chen Wei-Ting", "assembler"), "wu": ("Wu Mei-Ling", "assembler"), "lin": ("Lin Y.", "owner")}
SPACE = UUID("5f6b1c0e-3f0d-4a56-9d0e-2f1d5a9f7a10")
MACHINES = ("TX-650-0401", "TX-650-0402", "TX-650-0403")
HEADS = ("SH-2201", "SH-2202", "SH-2203", "SH-2204")
GAUGES = (("TW-03", "torque_wrench", 90), ("TW-08", "torque_wrench", -6), ("DI-1", "dial_indicator", 90))
RELEASED_AT = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)
FIRST_STEPS: list[dict[str, Any]] = [
    {"key": "torque", "kind": "value", "text": "Tighten the rail screws crosswise", "text_zh": "交叉鎖固滑軌螺絲"},
    {"key": "clean", "kind": "check", "text": "Faces cleaned, no burr", "text_zh": "結合面已清潔，無毛邊"},
    {"key": "found", "kind": "choice", "text": "How was the face as found?", "text_zh": "來料面況如何？"},
    {"key": "head", "kind": "part", "text": "Fit the spindle head", "text_zh": "安裝主軸頭"},
    {"key": "photo", "kind": "photo", "text": "Photograph the joint", "text_zh": "拍攝接合處"},
    {"key": "note", "kind": "note", "text": "Anything the next shift should know", "text_zh": "交接事項"},
    {"key": "sign", "kind": "signature", "text": "Sign for the station", "text_zh": "簽署本站"},
]
SECOND_STEPS: list[dict[str, Any]] = [
    {"key": "runout", "kind": "value", "text": "Measure the spindle run-out", "text_zh": "量測主軸偏擺"},
    {"key": "guard", "kind": "check", "text": "Guards in place", "text_zh": "護罩已裝妥"},
]
# A PNG of one grey point.
GUARDS = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="
CHOICES = [
    {"value": "good", "text": "Good", "text_zh": "良好", "passes": True},
    {"value": "damaged", "text": "Damaged", "text_zh": "損傷", "passes": False},
]


def uid(name: str) -> UUID:
    return uuid5(SPACE, name)


def people(works: Organisation) -> Person:
    from samegauge.core.organisations.models import Membership, Person

    for username, (name, role) in PEOPLE.items():
        person = Person.objects.create_user(username=username, password=PASSWORD, display_name=name, uid=uid(username))
        Membership.objects.create(person=person, organisation=works, role=role)
    return person


def fill() -> None:
    from django.db import transaction

    from samegauge.apps.inspection.models import Instrument
    from samegauge.apps.inspection.stations.writing import settle
    from samegauge.core.organisations.rules import only_organisation
    from samegauge.core.production.models import Station
    from samegauge.core.scope import organisation_scope
    from samegauge.core.thread.models import Item, Unit
    from samegauge.core.thread.rules import Recorder, install, lock_structure

    works = only_organisation()
    assert works is not None
    type(works).objects.filter(pk=works.pk).update(name="Harbour Works", name_zh="海港工廠", uid=uid("works"))
    with organisation_scope(works):
        owner = people(works)
        machine = Item.objects.create(number="TX-650", name="Machining centre", name_zh="綜合加工機", kind="machine")
        head = Item.objects.create(number="SH-22", name="Spindle head", name_zh="主軸頭", kind="assembly")
        for number, kind, due_days in GAUGES:
            day = (datetime.now(UTC) + timedelta(days=due_days)).date()
            Instrument.objects.create(number=number, name="Gauge", kind=kind, state="in_use", due_on=day)
        stations = [
            Station.objects.create(code="S01", name="Rails", name_zh="滑軌", sequence=1),
            Station.objects.create(code="S02", name="Spindle", name_zh="主軸", sequence=2),
        ]
        procedures(machine, head, stations)
        made = {
            serial: Unit.objects.create(serial=serial, item=item, simulated=True, uid=uid(serial))
            for item, serials in ((machine, (*MACHINES, "OLD-1")), (head, HEADS))
            for serial in serials
        }
        install(made["SH-2202"], made["OLD-1"], RELEASED_AT, Recorder(actor=owner), "spindle")
        with transaction.atomic():
            lock_structure()
            settle([made[serial].pk for serial in MACHINES])


def procedures(machine: Any, head: Any, stations: list[Any]) -> None:
    from samegauge.apps.inspection.plans.models import Procedure, ProcedureStep, Route, RouteStop
    from samegauge.core.measurement.models import Characteristic
    from samegauge.core.vault.rules import keep

    route = Route.objects.create(code="TX-650", item=machine, title="TX-650", uid=uid("route"))
    measured = {
        "torque": {
            "unit_code": "N·m",
            "nominal": 120.0,
            "lower": 116.0,
            "upper": 124.0,
            "instrument_kind": "torque_wrench",
        },
        "runout": {"unit_code": "µm", "upper": 5.0, "instrument_kind": "dial_indicator"},
        "found": {"choices": CHOICES},
        "head": {"item": head, "position": "spindle"},
        "note": {"required": False},
        "guard": {"picture": keep(b64decode(GUARDS), "guards.png")},
        "sign": {"meaning": "The station is done as described", "meaning_zh": "本站已依作業標準完成"},
    }
    made = []
    for station, steps, title in ((stations[0], FIRST_STEPS, "Rails"), (stations[1], SECOND_STEPS, "Spindle")):
        code = f"SOP-{station.code}"
        procedure = Procedure.objects.create(
            code=code, item=machine, title=title, title_zh=station.name_zh, uid=uid(code)
        )
        for place, step in enumerate(steps, 1):
            more = measured.get(step["key"], {})
            if step["kind"] == "value":
                limits = {"lower_limit": more.get("lower"), "upper_limit": more.get("upper")}
                more = more | {
                    "characteristic": Characteristic.objects.create(
                        item=machine, plan=code, inspection_kind="in_process", key=step["key"], name=step["text"],
                        kind="value", unit_code=more["unit_code"], uid=uid(step["key"]), **limits,
                    )
                }  # fmt: skip
            ProcedureStep.objects.create(procedure=procedure, sequence=place, **step, **more)
        RouteStop.objects.create(route=route, station=station, sequence=station.sequence, procedure_code=code)
        made.append(procedure)
    for revision in (*made, route):
        type(revision).objects.filter(pk=revision.pk).update(state="released", released_at=RELEASED_AT)


def dump() -> dict[str, Any]:
    """Everything that the entries decide, in an order of its own; `entries` also with who sent them and how."""
    from django.db.models import F

    from samegauge.apps.inspection.stations.models import StationEntry, UnitStop
    from samegauge.core.measurement.models import Measurement
    from samegauge.core.thread.models import AsBuiltEdge
    from samegauge.core.vault.models import StoredFile

    def rows(found: Any, *names: str) -> list[Any]:
        return sorted(json.loads(json.dumps(list(found.values_list(*names)), default=str)), key=str)

    measured = Measurement.objects.filter(retracted_at=None, inspection__retracted_at=None)
    edges = AsBuiltEdge.objects.filter(retracted_at=None)
    entries = StationEntry.objects.select_related("unit", "station", "procedure", "actor").order_by("uid")
    return {
        "entries": [
            {
                "sent": {
                    "id": str(row.uid), "unit": str(row.unit.uid), "station": row.station.code, "step": row.step,
                    "procedure": str(row.procedure.uid), "kind": row.kind, "payload": row.payload,
                    "device_time": row.device_time.isoformat(),
                },
                "offset_ms": row.clock_offset_ms, "by": row.actor.username, "device": row.device,
            }
            for row in entries
        ],
        "outcomes": rows(entries, "uid", "outcome"),
        "as_built": rows(edges, "parent__serial", "child__serial", "position", "valid_from", "valid_to"),
        "measured": rows(
            measured.annotate(key=F("characteristic__key"), serial=F("inspection__unit__serial")),
            *("serial", "key", "actual", "instrument", "operator", "measured_at"),
        ),
        "stops": rows(UnitStop.objects.all(), "unit__serial", "station__code", "state"),
        "pictures": rows(StoredFile.objects.all(), "sha256"),
    }  # fmt: skip


def write_pictures(folder: Path) -> None:
    """Those that were sent; the one that a step shows is in the other site as well."""
    from samegauge.apps.inspection.plans.models import ProcedureStep
    from samegauge.core.vault.models import StoredFile
    from samegauge.core.vault.rules import read_stored

    shown = ProcedureStep.objects.filter(picture__isnull=False).values("picture")
    for stored in StoredFile.objects.exclude(pk__in=shown):
        (folder / f"{stored.sha256}.jpg").write_bytes(read_stored(stored))


def replay(folder: Path, seed: int) -> None:
    from samegauge.apps.inspection.stations.receiving import Sender, Sent, receive, settle_photo
    from samegauge.core.organisations.models import Membership
    from samegauge.core.vault.rules import keep

    entries = json.loads((folder / "dump.json").read_text())["entries"] * 2
    arrivals: list[Any] = [*entries, *folder.glob("*.jpg")]
    random.Random(seed).shuffle(arrivals)
    for one in arrivals:
        if isinstance(one, Path):
            keep(one.read_bytes(), one.name)
            settle_photo(one.stem)
            continue
        member = Membership.objects.select_related("person").get(person__username=one["by"])
        said = one["sent"] | {"device_time": datetime.fromisoformat(one["sent"]["device_time"])}
        said |= {name: UUID(said[name]) for name in ("id", "unit", "procedure")}
        receive([Sent(**said)], Sender(member.person, member.role, one["device"], one["offset_ms"]))


if __name__ == "__main__":
    open_site()
    from samegauge.core.organisations.rules import only_organisation
    from samegauge.core.scope import organisation_scope

    verb, *words = sys.argv[1:]
    if verb == "fill":
        fill()
    else:
        folder = Path(words[0])
        with organisation_scope(only_organisation()):
            if verb == "replay":
                replay(folder, int(words[1]))
            else:
                write_pictures(folder)
            (folder / f"{verb}.json").write_text(json.dumps(dump()))
