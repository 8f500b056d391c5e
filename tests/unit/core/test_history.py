"""Who changed what, when, from what to what, and why: for every table it is said where that stands, and it is held to.

A new model fails here until it is listed. What a person can change is a kind of record (its `Change` rows hold old and
new), an event, or a row that names its own doers; what is neither is written once, or by the machine alone.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest
from django.apps import apps

import samegauge
from samegauge.core.kinds.models import Record
from samegauge.core.scope import Retractable
from samegauge.core.security_events import models as security_events
from samegauge.core.thread import models as thread

# Rows of these refuse to be changed, whoever asks.
APPEND_ONLY = {
    "thread.Event": thread.AppendOnlyError,
    "security_events.SecurityEvent": security_events.AppendOnlyError,
}
# Nothing in the source changes them after they were written.
WRITTEN_ONCE = {
    "kinds.Change",
    "vault.StoredFile",
    "attention.IncidentStep",
    "sharing.GrantUse",
    "thread.Revision",
    "thread.Lot",
    "production.DataItem",
    "measurement.Characteristic",
    "plans.PlannedCharacteristic",
    "plans.ProcedureStep",
    "plans.RouteStop",
    "nonconformity.Affected",
    "nonconformity.Photo",
    "nonconformity.ReportStep",
}
# What the events of the thread say, kept as rows for searching; undoing an import retracts them, by an event.
SAID_BY_EVENTS = {
    "thread.Unit",
    "thread.AsBuiltEdge",
    "thread.Document",
    "production.ProgramRevision",
    "production.Trace",
    "production.OperationRun",
    "measurement.Inspection",
    "measurement.Measurement",
    "measurement.ReportedCapability",
}
# The row itself says who did each of the few things that can be done with it, and when.
OWN_COLUMNS = {
    "sharing.Grant": {"granted_by_name", "granted_at", "reason", "revoked_by_name", "revoked_at", "revocation_reason"},
    "intake.ImportBatch": {"actor", "started_at", "undone_at", "undo_event"},
    "intake.ImportedFile": {"batch", "outcome", "standing"},
    "jobs.Job": {"requested_by", "requested_at", "finished_at", "state"},
    "thread.Block": {"valid_from", "valid_to", "blocked_event", "released_event"},
    "history.RecalledMachine": {"state", "event"},
    "history.Recall": {"opened_by", "opened_at", "reason", "closed_at"},
    "inspection.Calibration": {"recorded_at", "actor", "withdrawn_at", "withdrawn_by", "withdrawn_reason"},
    "inspection.InstrumentStudy": {"recorded_at", "actor", "withdrawn_at", "withdrawn_by", "withdrawn_reason"},
    "inspection.QualityLimits": {"set_at", "actor", "reason"},
    **{
        f"plans.{name}": {"drafted_by", "released_by", "withdrawn_by", "withdrawn_at", "withdrawn_reason", "reason"}
        for name in ("InspectionPlan", "Procedure", "Route")
    },
    "stations.StationEntry": {"actor", "device_time", "received_at", "outcome", "reason"},
    "control.ControlDesign": {"made_by", "made_at", "revision", "reason"},
    "control.LeftOut": {"reason"},
    "control.Alarm": {"opened_at", "answered_at", "answered_by", "event"},
    "nonconformity.Nonconformity": {"opened_at", "opened_by", "decided_at", "decided_by", "closed_at"},
    "nonconformity.CorrectiveAction": {"opened_at", "opened_by", "closed_at", "closed_by_name"},
    "nonconformity.Discipline": {"done_at", "done_by_name"},
    "nonconformity.Cause": {"struck_at"},
    "history.Passport": {"issued_at", "withdrawn_at", "event"},
}
# Logins, roles, second factors and tokens: each change is a row of security_events.
IN_SECURITY_EVENTS = {
    "organisations.Organisation",
    "organisations.Person",
    "organisations.Membership",
    "organisations.ApiToken",
    "organisations.SetupLink",
    "organisations.KeptPassword",
    "account.EmailAddress",
    "account.EmailConfirmation",
    "mfa.Authenticator",
    "socialaccount.SocialApp",
    "socialaccount.SocialAccount",
    "socialaccount.SocialToken",
    "usersessions.UserSession",
}
# How somebody wants to work: nobody else's matter, and no fact about a machine.
PREFERENCES = {"notifications.NotificationSettings", "takeover.SavedMatching"}
# Made by the program from other tables, or the framework's own; can be thrown away, or says what the program did.
MACHINE_MADE = {
    "attention.Incident",
    "attention.Look",
    "notifications.Mail",
    "notifications.Notice",
    "sharing.GrantedUnit",
    "stations.Effect",
    "stations.UnitStop",
    "control.Process",
    "control.ProcessMember",
    "merkle_log.Log",
    "merkle_log.RowSeal",
    "merkle_log.Waiting",
    "merkle_log.Entry",
    "merkle_log.Tile",
    "merkle_log.SignedState",
    "merkle_log.WitnessAnswer",
    "search.SearchEntry",
    "search.SearchGram",
    "search.SearchMark",
    "auth.Group",
    "auth.Permission",
    "axes.AccessAttempt",
    "axes.AccessAttemptExpiration",
    "axes.AccessFailureLog",
    "axes.AccessLog",
    "contenttypes.ContentType",
    "sessions.Session",
}
CHANGING = {"update", "bulk_update", "delete", "update_or_create"}


def kinds() -> set[str]:
    return {model._meta.label for model in apps.get_models() if issubclass(model, Record)}


def test_every_table_says_where_its_history_stands() -> None:
    listed = [
        set(APPEND_ONLY),
        WRITTEN_ONCE,
        SAID_BY_EVENTS,
        set(OWN_COLUMNS),
        IN_SECURITY_EVENTS,
        PREFERENCES,
        MACHINE_MADE,
        kinds(),
    ]
    everything = {model._meta.label for model in apps.get_models()}
    assert set().union(*listed) == everything
    assert sum(map(len, listed)) == len(everything), "a table stands in two lists"


def test_what_the_events_say_can_only_be_retracted() -> None:
    assert {model._meta.label for model in apps.get_models() if issubclass(model, Retractable)} == SAID_BY_EVENTS


@pytest.mark.parametrize("label", sorted(OWN_COLUMNS))
def test_a_row_that_keeps_its_own_history_has_the_columns_for_it(label: str) -> None:
    assert {field.name for field in apps.get_model(label)._meta.fields} >= OWN_COLUMNS[label]


@pytest.mark.parametrize("label", sorted(APPEND_ONLY))
def test_an_append_only_row_refuses_to_be_changed(label: str) -> None:
    row = apps.get_model(label)()
    row._state.adding = False
    with pytest.raises(APPEND_ONLY[label]):
        row.save()
    with pytest.raises(APPEND_ONLY[label]):
        row.delete()


@cache
def changing_calls() -> dict[str, set[str]]:
    """Files in which `Name.objects.….update()` and the like stand, by the name before the first dot."""
    found: dict[str, set[str]] = {}
    for path in Path(samegauge.__file__).parent.rglob("*.py"):
        if "migrations" in path.parts or "node_modules" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CHANGING:
                found.setdefault(_first_name(node.func), set()).add(path.name)
    return found


def _first_name(node: ast.AST) -> str:
    while isinstance(node, ast.Attribute | ast.Call):
        node = node.value if isinstance(node, ast.Attribute) else node.func
    return node.id if isinstance(node, ast.Name) else ""


@pytest.mark.parametrize("label", sorted({*WRITTEN_ONCE, *APPEND_ONLY}))
def test_what_is_written_once_is_changed_nowhere(label: str) -> None:
    assert changing_calls().get(label.split(".")[1], set()) == set()


def test_the_search_for_changes_finds_those_that_there_are() -> None:
    assert "rules.py" in changing_calls()["Job"]
