"""Passports: issued, listed, given out as the signed file and its print, and verified."""

# ruff: noqa: TC002, TC003 - annotations are read at run time
from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from django.core.exceptions import BadRequest
from django.http import FileResponse, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import File, Query, Schema, Status
from ninja.files import UploadedFile
from pydantic import Field

from samegauge.apps.history.models import Passport
from samegauge.apps.history.passports import MOST_UPLOADED_BYTES, issue, keys_by_maker
from samegauge.core.api_contract import GuardedRouter, Listed, Window, file_answer
from samegauge.core.merkle_log.keys import witness_keys
from samegauge.core.organisations.permissions import Action, needs
from samegauge.core.thread.models import Unit
from samegauge.core.thread.rules import Recorder
from samegauge.core.vault.rules import open_stored
from samegauge.formats.verification import verification_report

if TYPE_CHECKING:
    from samegauge.core.vault.models import StoredFile

router = GuardedRouter(tags=["passports"])


class PassportRecord(Schema):
    uid: UUID
    unit_uid: UUID
    serial: str
    issued_at: datetime
    withdrawn_at: datetime | None
    key_id: str = Field(description="Fingerprint of the key that signed it")
    sha256: str = Field(description="SHA-256 of the signed file")
    verify_path: str = Field(description="Where anyone with the code sees whether it is genuine")


def passport_record(passport: Passport) -> PassportRecord:
    return PassportRecord(
        uid=passport.uid,
        unit_uid=passport.unit.uid,
        serial=passport.unit.serial,
        issued_at=passport.issued_at,
        withdrawn_at=passport.withdrawn_at,
        key_id=passport.key_id,
        sha256=passport.signed.sha256,
        verify_path=f"/verify/{passport.public_token}/",
    )


@router.get("/passports", response=Listed[PassportRecord])
@needs(Action.READ)
def passport_list(request: HttpRequest, window: Query[Window], unit: UUID | None = None) -> Any:  # noqa: ARG001 - ninja
    """List issued passports, of all units or of one, newest first."""
    found = _passports().filter(unit__uid=unit) if unit else _passports()
    return window.of(found.order_by("-issued_at", "-pk"), passport_record)


@router.get("/passports/{uuid:passport_uid}", response=PassportRecord)
@needs(Action.READ)
def passport_detail(request: HttpRequest, passport_uid: UUID) -> Any:  # noqa: ARG001 - ninja
    return passport_record(get_object_or_404(_passports(), uid=passport_uid))


@router.post("/units/{uuid:unit_uid}/passports", response={201: PassportRecord})
@needs(Action.ISSUE_PASSPORT)
def issue_passport(request: HttpRequest, unit_uid: UUID) -> Any:
    """Sign and print what the unit's thread says now."""
    units = Unit.objects.select_related("item", "revision", "organisation")
    unit = get_object_or_404(units, uid=unit_uid)
    recorder = Recorder(actor=request.user)  # type: ignore[arg-type]
    return Status(201, passport_record(issue(unit, recorder, request.build_absolute_uri("/"))))


@router.get("/passports/{uuid:passport_uid}/json", response={200: None}, openapi_extra=file_answer("application/json"))
@needs(Action.READ)
def passport_json(request: HttpRequest, passport_uid: UUID) -> FileResponse:  # noqa: ARG001 - ninja
    """Download the signed passport."""
    return _file(get_object_or_404(_passports(), uid=passport_uid).signed, "application/json")


@router.get("/passports/{uuid:passport_uid}/pdf", response={200: None}, openapi_extra=file_answer("application/pdf"))
@needs(Action.READ)
def passport_pdf(request: HttpRequest, passport_uid: UUID) -> FileResponse:  # noqa: ARG001 - ninja
    """Download the printed passport, with the signed one attached."""
    return _file(get_object_or_404(_passports(), uid=passport_uid).printed, "application/pdf")


class StatedFact(Schema):
    name: str
    label_en: str
    label_zh: str
    value: str


class ProvenLog(Schema):
    origin: str
    size: int
    root: str
    witnesses: dict[str, datetime]


class Verification(Schema):
    """What `samegauge verify --json` says; of a proof only the first fields and the last two have a value."""

    state: str = Field(description="genuine or proven: everything is as it was signed, with a key trusted here")
    form: Literal["json", "pdf", "proof"]
    text_en: str
    text_zh: str
    chunk: str = Field("", description="The first altered part of the passport")
    field: str = Field("", description="The first altered field in it")
    change: str = ""
    offset: int | None = Field(None, description="Bytes from the start of the file")
    chunks: int = 0
    matching: int = Field(0, description="Parts of the passport that still fit the signature")
    serial: str = ""
    issuer: str = ""
    issued_at: str = ""
    key_id: str = ""
    trusted_as: str = ""
    log: ProvenLog | None
    facts: list[StatedFact]


@router.post("/passports/verify", response=Verification)
@needs(Action.READ)
def verify_passport(request: HttpRequest, file: File[UploadedFile]) -> Any:  # noqa: ARG001 - ninja
    """Check a passport, JSON or PDF, or the text of a log's proof, with the keys trusted here; nothing is kept."""
    if (file.size or 0) > MOST_UPLOADED_BYTES:
        raise BadRequest(_("The file is larger than a passport can be."))
    trusted, _unusable = keys_by_maker()
    return verification_report(file.read(), trusted, witness_keys())


def _file(stored: StoredFile, media_type: str) -> FileResponse:
    return FileResponse(open_stored(stored), as_attachment=True, filename=stored.name, content_type=media_type)


def _passports() -> Any:
    return Passport.objects.select_related("unit", "signed", "printed")
