"""Fills an organisation with strings that may be seen by nobody else: one in every text field of every owned model.

What is filled follows from the models, so a model or field of tomorrow is filled too. Only the shape of JSON fields,
which pages read, is written down here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.db import models

from samegauge.apps.inspection.control.models import ControlDesign, Process, ProcessMember
from samegauge.apps.inspection.models import Calibration
from samegauge.apps.inspection.nonconformity.models import Affected, CorrectiveAction
from samegauge.core.fields import JsonField
from samegauge.core.intake.models import ImportBatch
from samegauge.core.kinds.models import Change
from samegauge.core.measurement.models import Characteristic, Measurement
from samegauge.core.merkle_log.models import Entry, Log, SignedState, Tile, Waiting
from samegauge.core.merkle_log.tree import sign_newest
from samegauge.core.organisations.models import Membership, Organisation, OrganisationKind, Person, Role
from samegauge.core.organisations.rules import issue_token
from samegauge.core.partners.models import Partner
from samegauge.core.scope import is_owned, organisation_scope
from samegauge.core.sharing.models import Grant
from samegauge.core.takeover.models import SavedMatching
from samegauge.core.telemetry import organisation_lake
from samegauge.core.thread.models import AsBuiltEdge, Block, Event, Item, ItemKind, Unit
from samegauge.core.thread.rules import Fact, Recorder, record
from samegauge.core.vault.models import StoredFile
from samegauge.core.vault.rules import keep

if TYPE_CHECKING:
    from collections.abc import Iterator

NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)
DAY = "2026-11-20"


def owned_models() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if getattr(model, "belongs_to", "") == "owned"]


@dataclass
class Firm:
    """One organisation, the words that mark everything it owns, its people by role and one record of each model."""

    organisation: Organisation
    marks: tuple[str, str]
    people: dict[Role, Person] = field(default_factory=dict)
    tokens: dict[Role, str] = field(default_factory=dict)
    records: dict[str, Any] = field(default_factory=dict)

    @property
    def secret(self) -> str:
        """What no answer to anybody else may contain; a search asks for the other mark, which its answer repeats."""
        return self.marks[1]

    def text(self, model: type[models.Model], name: str, length: int | None) -> str:
        return f"{self.marks[0]}-{self.marks[1]}-{model.__name__}.{name}"[:length]


def founded(name: str, marks: tuple[str, str]) -> Firm:
    """An organisation with a person and a token in each role."""
    firm = Firm(Organisation.objects.create(name=f"{'-'.join(marks)} {name}", kind=OrganisationKind.FOUNDRY), marks)
    for role in Role:
        person = Person.objects.create(username=f"{name}-{role}", display_name=f"{'-'.join(marks)} {role}")
        membership = Membership.objects.create(person=person, organisation=firm.organisation, role=role)
        firm.people[role] = person
        _record, firm.tokens[role] = issue_token(membership, "-".join(marks))
    owner = firm.people[Role.OWNER].memberships.get()
    firm.records["token"], _text = issue_token(owner, "-".join(marks))
    firm.records["session"] = UserSession.objects.create(
        user=owner.person, ip="127.0.0.1", session_key=f"of {name}", user_agent="-".join(marks)
    )
    firm.records["connection"] = SocialAccount.objects.create(
        user=owner.person, provider="oidc", uid=f"of {name}", extra_data={"email": "-".join(marks)}
    )
    return firm


def furnished(firm: Firm) -> Firm:
    """Give the firm at least one record of every owned model."""
    with organisation_scope(firm.organisation):
        firm.records["machine_item"] = _made(firm, Item, kind=ItemKind.MACHINE, number=f"M-{'-'.join(firm.marks)}")
        firm.records["machine"] = _made(
            firm, Unit, item=firm.records["machine_item"], serial=f"M-{'-'.join(firm.marks)}"
        )
        firm.records["child"] = _made(firm, Unit, serial=f"C-{'-'.join(firm.marks)}")
        for model in owned_models():
            if model not in OF_THE_LOG:
                _record_of(firm, model)
        _log_kept(firm)
        organisation_lake()
    return firm


# Rows of the log, which its own rules make: made up, they would stand in the way of its next places.
OF_THE_LOG = (Log, Entry, Tile, SignedState, Waiting)


def _log_kept(firm: Firm) -> None:
    sign_newest(NOON)
    _made(firm, Characteristic, key=f"W-{'-'.join(firm.marks)}")  # what waits for its place
    firm.records |= {model._meta.label: model._base_manager.latest("pk") for model in OF_THE_LOG}


def _record_of(firm: Firm, model: Any) -> Any:
    key = model._meta.label
    if key not in firm.records:
        firm.records[key] = None  # being made: a nullable reference back to it stays empty
        firm.records[key] = _made(firm, model, **_roles(firm, model))
    return firm.records[key]


def _roles(firm: Firm, model: Any) -> dict[str, Any]:
    """References that must point to a certain record instead of the one of their model."""
    if model is Change:
        return {"kind": "partner", "record_uid": _record_of(firm, Partner).uid}
    if model is ProcessMember:
        # The firm's own characteristic has been watched since its measurement was made.
        return {"characteristic": _made(firm, Characteristic, key=f"K-{'-'.join(firm.marks)}")}
    if model is ControlDesign:
        _record_of(firm, Measurement)
        return {"process": ProcessMember.objects.get(characteristic=_record_of(firm, Characteristic)).process}
    fixed: dict[Any, dict[str, Any]] = {
        SavedMatching: {"target": "partners"},
        Affected: {"lot": None},  # a unit's
        CorrectiveAction: {"characteristic": None},  # its page would ask for that first, and meet another wall
        Calibration: {"due_on": (NOON + timedelta(days=365)).date()},
        Block: {"unit": None},  # a lot's
        Process: {"design": None},  # a design names its process
    }
    if model in fixed:
        return fixed[model]
    if model is Grant:
        to = Organisation.objects.create(name=f"{'-'.join(firm.marks)} receiver", kind=OrganisationKind.FOUNDRY)
        return {"receiver": to}
    names = {each.name for each in model._meta.concrete_fields}
    roles = {"machine": firm.records["machine"]} if "machine" in names else {}
    return roles | ({"child": firm.records["child"]} if model is AsBuiltEdge else {})


def _made(firm: Firm, model: Any, **given: Any) -> Any:
    if model is StoredFile:
        content = f"{'-'.join(firm.marks)} content of a file of {firm.organisation.name}".encode()
        return keep(content, firm.text(model, "name", 255))
    if model is Event:
        said = Fact(
            firm.text(model, "kind", 60), NOON, shaped("", firm.text(model, "payload", None)), _record_of(firm, Unit)
        )
        by = Recorder(firm.people[Role.OWNER], firm.text(model, "actor_name", 200), _record_of(firm, ImportBatch))
        return record(said, by)
    return model._base_manager.create(**dict(_values(firm, model, given)) | given)


def _values(firm: Firm, model: Any, given: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for column in model._meta.concrete_fields:
        value = None if column.name in given else _value(firm, model, column)
        if value is not None:
            yield column.name, value


def _value(firm: Firm, model: Any, column: Any) -> Any:
    if column.name in LEFT_EMPTY or column.primary_key or (column.has_default() and not _is_text(column)):
        return None
    if column.related_model is not None:
        return _referred(firm, column.related_model)
    if isinstance(column, JsonField):
        return shaped(f"{model.__name__}.{column.name}", firm.text(model, column.name, None))
    if column.choices:
        return CHOSEN.get(f"{model.__name__}.{column.name}", column.choices[0][0])
    return firm.text(model, column.name, column.max_length) if _is_text(column) else _plain_value(column)


def _referred(firm: Firm, model: Any) -> Any:
    if is_owned(model):
        return _record_of(firm, model)
    return {Organisation: firm.organisation, Person: firm.people[Role.OWNER]}[model]


def _is_text(column: Any) -> bool:
    return isinstance(column, models.CharField | models.TextField | JsonField)


def _plain_value(column: Any) -> Any:
    kinds: dict[Any, Any] = {
        models.DateTimeField: NOON,
        models.DateField: NOON.date(),
        models.FloatField: 12.5,
        models.IntegerField: 3,
        models.BooleanField: False,
        models.UUIDField: UUID(int=3),
    }
    return next((value for kind, value in kinds.items() if isinstance(column, kind)), None)


# Records that are undone, withdrawn, removed or superseded would not be shown.
LEFT_EMPTY = {
    "retracted_at",
    "retired_at",
    "undone_at",
    "undo_event",
    "withdrawn_at",
    "valid_to",
    "removed_event",
    "supersedes",
}
LEFT_EMPTY |= {"closed_at", "struck_at"}
LEFT_EMPTY |= {"revoked_at", "ends_at", "released_event"}
# Nor would a cause that is gone or put off, and a letter that went out.
LEFT_EMPTY |= {"cleared_at", "put_off_until", "sent_at", "given_up_at"}
CHOSEN = {
    "Item.kind": "part",
    "Grant.covers": "both",
    "ImportedFile.outcome": "refused",
    "Inspection.verdict": "fail",
    "Measurement.stated": "fail",
    "Job.state": "running",
}


def shaped(name: str, text: str) -> Any:
    """A JSON value with the text wherever a page may look for one."""
    both = {"en": text, "zh": text}
    line = {"file": text, "line": 1, "reason": text, "reason_zh": text, "text": text}
    shapes: dict[str, Any] = {
        "Alarm.rules": [{"chart": "value", "rule": 1, **both}],
        "Incident.said": both,
        "Incident.evidence": both,
        "Incident.step": both,
        "Notice.said": both,
        "Recall.criterion": {"kind": "lot", "named": text, "first": "", "last": ""},
        "Change.fields": {"name": ["", text]},
        "StationEntry.payload": {"value": 12.5, "unit_code": text, "instrument": text},
        "StationEntry.reason": both,
        "StationEntry.fault": both,
        "PlannedCharacteristic.sampling": {"size": 3, "acceptance": 0, "method": {text: text}},
        "ProcedureStep.choices": [{"value": text, "text": text, "text_zh": text}],
        "RouteStop.only_with": {text: [text]},
        "Trace.numeric_tags": [text],
        "InstrumentStudy.readings": [{"part": text, "operator": text, "value": 12.5, "reference": None}],
        "InstrumentStudy.asked": {"thresholds": {}, "rejecting": text},
        "InstrumentStudy.result": {
            "figures": [{"name": text, "value": 12.5, "lower": 1.0, "upper": 20.0, "threshold": 30.0, "who": text}],
            "shares": [{"source": text, "study_percent": 12.5, "tolerance_percent": None}],
            "reasons": [both],
            "method": {"name": text},
        },
        "Trace.evidence": [both],
        "OperationRun.evidence": [both],
        "Inspection.evidence": [both],
        "OperationRun.facts": {"tools": [text], "alarms": [both], "method": {text: text}},
        "ProgramRevision.tool_calls": [text],
        "ReportedCapability.values_mm": [12.5],
        "ImportedFile.quarantined": [line],
        "ImportBatch.report": {
            "observations": {text: 1},
            "statuses": {"final": {text: {"PASS": 1}}},
            "quarantined": 1,
            "quarantined_lines": [line],
            "refused": [{"file": text, "reason": text, "reason_zh": text}],
        },
    }
    return shapes.get(name, {"note": text})


def rows_of(firm: Firm) -> dict[str, list[dict[str, Any]]]:
    """Every row the firm owns, for comparing before and after."""
    with organisation_scope(firm.organisation):
        return {model._meta.label: list(model._base_manager.order_by("pk").values()) for model in owned_models()}


def unmarked_fields(firm: Firm) -> list[str]:
    """The text fields of owned models in which no record of the firm carries its mark."""
    rows = rows_of(firm)
    return [
        f"{model.__name__}.{column.name}"
        for model in owned_models()
        for column in model._meta.concrete_fields
        if _is_text(column)
        and not column.choices
        and not any(firm.secret in str(row[column.attname]) for row in rows[model._meta.label])
    ]
