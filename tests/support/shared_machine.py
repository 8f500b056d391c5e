"""Three firms and a machine of one of them, for the proofs of what it shares."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.test import Client

from samegauge.apps.history.models import Passport
from samegauge.core.intake.models import ImportBatch
from samegauge.core.measurement.models import Characteristic, Inspection, Measurement
from samegauge.core.organisations.models import Membership, Organisation, Person, Role
from samegauge.core.organisations.rules import issue_token
from samegauge.core.thread.models import Document, Item, Unit
from samegauge.core.thread.rules import Fact, Recorder, install, record, remove
from samegauge.core.vault.rules import keep

if TYPE_CHECKING:
    from django.http import HttpResponse

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
DAY = datetime(2026, 3, 1, tzinfo=UTC)


@dataclass
class Firm:
    """An organisation with a person and a program in each role."""

    organisation: Organisation
    people: dict[Role, Person] = field(default_factory=dict)
    tokens: dict[Role, str] = field(default_factory=dict)

    def asks(self, path: str, role: Role = Role.ENGINEER, **headers: str) -> Any:
        """Ask as a browser does for pages and as a program does for the API; `said` is what was answered."""
        browser = Client()
        if path.startswith("/api/"):
            answer: Any = browser.get(path, headers={"Authorization": f"Bearer {self.tokens[role]}", **headers})
        else:
            browser.force_login(self.people[role], BACKEND)
            answer = browser.get(path, headers=headers)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        answer.said = body.decode("utf-8", "replace")
        return answer

    def sends(self, path: str, data: Any, role: Role = Role.OWNER) -> HttpResponse:
        browser = Client()
        if path.startswith("/api/"):
            return browser.post(
                path, data, "application/json", headers={"Authorization": f"Bearer {self.tokens[role]}"}
            )
        browser.force_login(self.people[role], BACKEND)
        return browser.post(path, data)


def firm(name: str) -> Firm:
    made = Firm(Organisation.objects.create(name=name, name_zh="", kind="foundry"))
    for role in Role:
        person = Person.objects.create(username=f"{name}-{role}", display_name=f"{name} {role}")
        membership = Membership.objects.create(person=person, organisation=made.organisation, role=role)
        made.people[role], (_token, made.tokens[role]) = person, issue_token(membership, "t")
    return made


@dataclass
class Machine:
    """A spindle in a machine, with a sibling; in it a bearing that was elsewhere before, and one that is now."""

    units: dict[str, Unit] = field(default_factory=dict)
    documents: dict[str, Document] = field(default_factory=dict)
    inspections: dict[str, Inspection] = field(default_factory=dict)
    passports: dict[str, Passport] = field(default_factory=dict)

    @property
    def spindle(self) -> Unit:
        return self.units["SPINDLE-1"]


INSIDE = ("SPINDLE-1", "BEARING-1")
REMOVED = "BEARING-OLD"
OUTSIDE = ("MACHINE-9", "SIBLING-1", "OTHER-MACHINE", "LOOSE-1")


def built(owner: Person) -> Machine:
    made = Machine()
    batch = ImportBatch.objects.create(kind="qif", source="secret-source")
    recorder = Recorder(actor=owner, batch=batch)
    for serial in (*INSIDE, REMOVED, *OUTSIDE):
        item = Item.objects.create(number=f"I-{serial}", name=f"name of {serial}", kind="part")
        unit = made.units[serial] = Unit.objects.create(serial=serial, item=item, batch=batch)
        Document.objects.create(
            title=f"drawing of {serial}", kind="drawing", stored=keep(b"d", f"d-{serial}"), item=item
        )
        stored = keep(f"certificate of {serial}".encode(), f"certificate-{serial}.txt")
        made.documents[serial] = Document.objects.create(
            title=f"certificate of {serial}", kind="certificate", stored=stored, unit=unit
        )
        event = record(Fact("inspected", DAY, {"plan": f"plan of {serial}"}, unit=unit), recorder)
        made.inspections[serial] = inspected(unit, stored, event)
        made.passports[serial] = Passport.objects.create(
            unit=unit,
            issued_at=DAY,
            signed=stored,
            printed=stored,
            key_id="k",
            public_token=f"token-{serial}",
            event=event,
        )
    moves = made.units
    install(moves["BEARING-1"], moves["OTHER-MACHINE"], DAY, recorder, "first place")
    remove(moves["BEARING-1"], DAY + timedelta(days=1), recorder, "moved")
    install(moves[REMOVED], moves["SPINDLE-1"], DAY, recorder, "front")
    remove(moves[REMOVED], DAY + timedelta(days=2), recorder, "worn")
    install(moves[REMOVED], moves["OTHER-MACHINE"], DAY + timedelta(days=3), recorder, "again")
    install(moves["BEARING-1"], moves["SPINDLE-1"], DAY + timedelta(days=2), recorder, "front")
    install(moves["SPINDLE-1"], moves["MACHINE-9"], DAY + timedelta(days=4), recorder, "head")
    install(moves["SIBLING-1"], moves["MACHINE-9"], DAY + timedelta(days=4), recorder, "table")
    return made


def inspected(unit: Unit, stored: Any, event: Any) -> Inspection:
    inspection = Inspection.objects.create(
        unit=unit,
        kind="final",
        plan=f"plan of {unit.serial}",
        reported_at=DAY,
        time_basis="x",
        position_in_source=1,
        source=stored,
        verdict="pass",
        confidence="stated",
        event=event,
    )
    characteristic = Characteristic.objects.create(
        item=unit.item,
        plan="p",
        inspection_kind="final",
        key="1",
        name=f"bore of {unit.serial}",
        kind="x",
        unit_code="mm",
    )
    Measurement.objects.create(
        inspection=inspection, characteristic=characteristic, actual=12.5, stated="pass", recomputed="pass"
    )
    return inspection
