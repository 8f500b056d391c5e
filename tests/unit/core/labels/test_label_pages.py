"""The page of labels, its papers, and what happens when one of them is scanned."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from qr_codes import codes_on_pages

from samegauge.core.intake.models import ImportBatch
from samegauge.core.labels import rules
from samegauge.core.labels.rules import code_of
from samegauge.core.organisations.models import Membership, Organisation, Person, Role
from samegauge.core.production.models import Station
from samegauge.core.scope import organisation_scope
from samegauge.core.thread.models import Item, ItemKind, Unit

if TYPE_CHECKING:
    from uuid import UUID

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_english(settings: Any) -> None:
    settings.LANGUAGE_CODE = "en"


@pytest.fixture
def owner(organisation: Organisation) -> Client:
    return visitor(organisation, Role.OWNER)


def visitor(organisation: Organisation, role: Role) -> Client:
    person = Person.objects.create_user(username=role, display_name=f"Ms {role}")
    Membership.objects.create(person=person, organisation=organisation, role=role)
    client = Client(headers={"accept-language": "en"})
    client.force_login(person, "allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def parts(organisation: Organisation) -> dict[str, UUID]:
    with organisation_scope(organisation):
        spindle = Item.objects.create(number="SH-22", name="Spindle head", name_zh="主軸頭", kind=ItemKind.PART)
        table = Item.objects.create(number="TB-10", name="Table", kind=ItemKind.PART)
        model = Item.objects.create(number="TX-650", name="Machining centre", kind=ItemKind.MACHINE)
        batch = ImportBatch.objects.create(kind="qif", source="results.qif")
        made = [
            Unit.objects.create(serial="SH-22-0001", item=spindle, batch=batch),
            Unit.objects.create(serial="SH-22-0002", item=spindle),
            Unit.objects.create(serial="TB-10-0001", item=table),
            Unit.objects.create(serial="TX-650-0398", item=model),
        ]
        return {one.serial: one.uid for one in made} | {"batch": batch.uid, "item": spindle.uid}


def printed(client: Client, what: str, **asked: Any) -> list[str]:
    answer = client.get(f"/labels/{what}/?{urlencode(asked)}")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    return [code for page in codes_on_pages(answer.content) for _left, _top, code in page]


def test_units_are_chosen_as_in_the_list_or_by_their_import(owner: Client, parts: dict[str, UUID]) -> None:
    def codes(*serials: str) -> list[str]:
        return [code_of("U", parts[serial]) for serial in serials]

    assert printed(owner, "units") == codes("SH-22-0001", "SH-22-0002", "TB-10-0001")
    assert printed(owner, "units", item="SH-22") == codes("SH-22-0001", "SH-22-0002")
    assert printed(owner, "units", serial="tb") == codes("TB-10-0001")
    assert printed(owner, "units", batch=parts["batch"], format="l7651", start=9) == codes("SH-22-0001")
    assert printed(owner, "machines") == codes("TX-650-0398")
    assert printed(owner, "items", item="SH") == [code_of("I", parts["item"])]


def test_a_scan_of_what_was_printed_opens_the_record(owner: Client, parts: dict[str, UUID]) -> None:
    (scanned,) = printed(owner, "machines")
    for asked in (scanned, scanned.lower(), f"HTTP://GAUGE.EXAMPLE{scanned}"):
        answer = owner.get("/search/", {"q": asked, "scan": "1"}, follow=True)
        assert answer.redirect_chain[-1][0] == f"/units/{parts['TX-650-0398']}/"
    (scanned,) = printed(owner, "items", item="SH")
    assert owner.get(scanned)["Location"] == "/units/?item=SH-22"
    (scanned,) = printed(owner, "people")
    assert owner.get(scanned)["Location"] == f"/people/{Person.objects.get().uid}/"


def test_stations_in_use_are_printed_and_a_scan_opens_the_station(organisation: Organisation, owner: Client) -> None:
    with organisation_scope(organisation):
        first, second = (Station.objects.create(code=code, name="Scraping") for code in ("S01", "S02"))
        Station.objects.create(code="S03", name="Gone", retired_at=datetime.now(UTC))
    assert printed(owner, "stations") == [code_of("S", first.uid), code_of("S", second.uid)]
    (scanned,) = printed(owner, "stations", station="s02")
    assert owner.get(scanned)["Location"] == f"/records/stations/{second.uid}/"
    page = owner.get("/search/", {"q": scanned, "scan": "1"}, follow=True)
    assert "S02" in page.content.decode()


def test_the_page_shows_what_will_be_printed(owner: Client, parts: dict[str, UUID]) -> None:
    listed = owner.get("/units/?item=SH-22").content.decode()
    assert "/labels/?item=SH-22&amp;format=l7160" in listed
    page = owner.get("/labels/?item=SH-22&format=l7160&start=21").content.decode()
    assert "Labels: 2, pages: 2." in page
    picture = owner.get("/labels/units/?item=SH-22&format=l7160&start=21&as=svg")
    assert (picture["Content-Type"], picture.content[:4]) == ("image/svg+xml", b"<svg")
    first_visit = owner.get("/labels/?what=stations")
    assert (first_visit.status_code, b'role="alert"' in first_visit.content) == (200, False)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("/labels/units/?start=22", "This sheet has 21 labels."),
        ("/labels/units/?item=none", "Nothing fits"),
        ("/labels/?item=none&format=l7160", "Nothing fits"),
        ("/labels/stations/?station=S9", "Nothing fits"),
        ("/labels/units/?format=none", "Select a valid choice"),
    ],
)
def test_what_cannot_be_printed_says_why(owner: Client, parts: dict[str, UUID], address: str, said: str) -> None:
    answer = owner.get(address)
    assert answer.status_code == (200 if address.startswith("/labels/?") else 422)
    assert said in answer.content.decode()


def test_too_many_labels_are_refused_before_they_are_read(
    owner: Client, parts: dict[str, UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "MOST_LABELS", 2)
    answer = owner.get("/labels/units/")
    assert answer.status_code == 422
    assert "These are 3 labels; 2 can be printed at once." in answer.content.decode()


def test_badges_of_people_are_for_who_manages_people(organisation: Organisation, owner: Client) -> None:
    inspector = visitor(organisation, Role.INSPECTOR)
    assert inspector.get("/labels/people/").status_code == 403
    assert inspector.get("/labels/?what=people").status_code == 404
    assert "People" not in inspector.get("/labels/").content.decode().split('<form class="sg-form"')[0].split("<h1>")[1]
    assert len(printed(owner, "people")) == 2


def test_another_organisations_code_leads_nowhere(other_organisation: Organisation, parts: dict[str, UUID]) -> None:
    stranger = visitor(other_organisation, Role.OWNER)
    for kind, name in (("U", "SH-22-0001"), ("I", "item")):
        assert stranger.get(code_of(kind, parts[name])).status_code == 404
    assert stranger.get("/labels/units/").status_code == 422
