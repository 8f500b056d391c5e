"""The stations' API: what a tablet fetches before a shift and what it sends when it has network again."""

# ruff: noqa: TC001, TC002, TC003 - annotations are read at run time
from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from ninja import Query, Schema
from ninja.errors import HttpError
from pydantic import BaseModel, Field, JsonValue, StrictInt, StringConstraints

from samegauge.apps.inspection.stations.desk import Machine, machines_on_the_line
from samegauge.apps.inspection.stations.models import EntryKind
from samegauge.apps.inspection.stations.payloads import MOST_PHOTO_BYTES
from samegauge.apps.inspection.stations.receiving import Sender, Sent, receive, settle_photo
from samegauge.apps.inspection.stations.work import instant, standings_said, station_said, work_at
from samegauge.core.api_contract import GuardedRouter, Instant, Listed, Problem, Sha256, Window, Word
from samegauge.core.language import named
from samegauge.core.organisations.permissions import Action, needs
from samegauge.core.production.models import Station
from samegauge.core.vault.models import StoredFile
from samegauge.core.vault.rules import keep

router = GuardedRouter(tags=["floor"])

MOST_ENTRIES = 500
MOST_OFFSET_MS = 400 * 86_400_000
PICTURES = {b"\xff\xd8\xff": "jpg", b"\x89PNG\r\n\x1a\n": "png", b"RIFF": "webp"}
Code = Annotated[str, StringConstraints(max_length=30, pattern=r"^[^\x00]*$")]


@router.get("/stations/bootstrap", response=dict[str, JsonValue])
@needs(Action.RECORD)
def station_bootstrap(request: HttpRequest) -> Any:
    """Who is signed in, for which organisation, and which stations there are."""
    membership = request.membership  # type: ignore[attr-defined]
    person, organisation = membership.person, membership.organisation
    stations = Station.objects.filter(retired_at=None).order_by("sequence", "code")
    return {
        "csrf": get_token(request),
        "person": {"uid": str(person.uid), "name": str(person), "role": membership.role},
        "organisation": {
            "uid": str(organisation.uid),
            "name": named(organisation),
            "simulated": organisation.is_simulated,
        },
        "server_time": instant(timezone.now()),
        "stations": [station_said(one) for one in stations],
        "language": get_language(),
    }


@router.get("/stations/{code}/work", response=dict[str, JsonValue])
@needs(Action.RECORD)
def station_work(request: HttpRequest, code: Code) -> Any:  # noqa: ARG001 - ninja
    """Everything that a tablet needs at this station for a shift without network."""
    return work_at(get_object_or_404(Station, code=code))


class NewEntry(BaseModel):
    id: UUID = Field(description="Made on the tablet, version 7")
    unit: UUID
    station: Code
    procedure: UUID
    step: str = Field("", max_length=60, description="Key of the step; empty for finish, override and withdraw")
    kind: EntryKind
    device_time: Instant = Field(description="By the tablet's clock")
    payload: dict[str, JsonValue]


class Device(BaseModel):
    uid: Word = ""
    clock_offset_ms: StrictInt = Field(
        0, ge=-MOST_OFFSET_MS, le=MOST_OFFSET_MS, description="Server's time less the tablet's; added to device_time"
    )


class NewEntries(BaseModel):
    entries: list[NewEntry] = Field(max_length=MOST_ENTRIES)
    device: Device = Device(uid="", clock_offset_ms=0)


class EntryReceipt(Schema):
    id: UUID
    outcome: Literal["taken", "known", "conflict", "refused"]
    reason: dict[str, str] | None = None
    field: str | None = None


class Receipts(Schema):
    server_time: str
    results: list[EntryReceipt]
    units: list[dict[str, JsonValue]]


def _refuse_strangers(request: HttpRequest) -> None:
    """Refuse what somebody else made on this tablet, before this person signed in or changed the organisation."""
    membership = request.membership  # type: ignore[attr-defined]
    meant = request.headers.get("X-Person"), request.headers.get("X-Organisation")
    known = str(membership.person.uid), str(membership.organisation.uid)
    if any(one is not None and one != other for one, other in zip(meant, known, strict=True)):
        raise HttpError(409, _("Somebody else recorded this. Sign in as that person and send it again."))


@router.post("/stations/entries", response={200: Receipts, 409: Problem})
@needs(Action.RECORD)
def send_entries(request: HttpRequest, said: NewEntries) -> Any:
    """Take entries in, in any order and as often as one likes; nothing that could ever be valid is dropped."""
    _refuse_strangers(request)
    sender = Sender(
        request.user,  # type: ignore[arg-type]
        request.membership.role,  # type: ignore[attr-defined]
        said.device.uid,
        said.device.clock_offset_ms,
    )
    receipts, units = receive([Sent(**entry.model_dump()) for entry in said.entries], sender)
    stations: dict[int, set[str]] = {}
    keys = {unit.uid: unit.pk for unit in units}
    for entry in said.entries:
        if entry.unit in keys:
            stations.setdefault(keys[entry.unit], set()).add(entry.station)
    results = [
        {"id": one.id, "outcome": one.outcome, "reason": dict(one.reason) or None, "field": one.field or None}
        for one in receipts
    ]
    return {"server_time": instant(timezone.now()), "results": results, "units": standings_said(units, stations)}


@router.put("/stations/photos/{sha256}", response={200: dict[str, JsonValue], 409: Problem})
@needs(Action.RECORD)
def send_photo(request: HttpRequest, sha256: Sha256) -> Any:
    """Take a picture in; the same one a second time changes nothing."""
    _refuse_strangers(request)
    known = StoredFile.objects.filter(sha256=sha256).first()
    if known is None:
        content = request.read(MOST_PHOTO_BYTES + 1)
        if len(content) > MOST_PHOTO_BYTES:
            raise HttpError(413, _("A picture has at most 8 MiB. Send a smaller one."))
        ending = next((ending for start, ending in PICTURES.items() if content.startswith(start)), "")
        if not ending or (ending == "webp" and content[8:12] != b"WEBP"):
            raise HttpError(415, _("A picture is JPEG, PNG or WebP."))
        known = keep(content, f"{sha256[:16]}.{ending}", expected_sha256=sha256)
        settle_photo(sha256)
    return {"sha256": known.sha256, "bytes": known.size_bytes}


class StopRecord(Schema):
    """A machine at one station of its way."""

    station: str
    state: str
    done: int
    required: int
    conflicts: int
    begun_at: datetime | None
    completed_at: datetime | None
    released_at: datetime | None
    override_reason: str


class FloorRecord(Schema):
    uid: UUID
    serial: str
    item: str
    passed: int
    conflicts: int
    stations: list[StopRecord]


@router.get("/floor", response=Listed[FloorRecord])
@needs(Action.READ)
def floor_list(request: HttpRequest, window: Query[Window]) -> Any:  # noqa: ARG001 - ninja
    """List the machines on the line, those in trouble first, each with its stations in order."""
    return window.of(machines_on_the_line(), _machine_record)


def _machine_record(machine: Machine) -> FloorRecord:
    names = set(StopRecord.model_fields) - {"station"}
    return FloorRecord(
        uid=machine.unit.uid,
        serial=machine.unit.serial,
        item=machine.unit.item.number,
        passed=machine.passed,
        conflicts=machine.conflicts,
        stations=[
            StopRecord(station=stop.station.code, **{name: getattr(stop, name) for name in names})
            for stop in machine.stops
        ],
    )
