"""Grant, use, revoke, gone: as people and programs meet it, on every page, in the API, in lists, search and files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.shared_machine import INSIDE, OUTSIDE, REMOVED

from samegauge.core.kinds.models import Change
from samegauge.core.organisations.models import Role
from samegauge.core.scope import organisation_scope
from samegauge.core.sharing.models import Covers, Grant, GrantUse
from samegauge.core.sharing.rules import revoke, shared_units
from samegauge.core.thread.models import Event
from samegauge.core.thread.rules import Recorder, altered_events

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.shared_machine import Firm, Machine


def addresses(grant: Grant, machine: Machine) -> list[str]:
    """Every way in that a grant over history and passports opens."""
    page, api = f"/shared/{grant.uid}/", f"/api/shared/{grant.uid}"
    spindle, bearing = machine.spindle.uid, machine.units["BEARING-1"].uid
    inspection, document = machine.inspections["BEARING-1"].uid, machine.documents["BEARING-1"].uid
    passport = machine.passports["SPINDLE-1"].uid
    return [
        page,
        f"{page}units/{spindle}/",
        f"{page}units/{bearing}/",
        f"{page}units/{spindle}/tree/",
        f"{page}units/{spindle}/events/",
        f"{page}inspections/{inspection}/",
        f"{page}documents/{document}/",
        f"{page}passports/{passport}/json/",
        f"{page}passports/{passport}/pdf/",
        api,
        f"{api}/units/{spindle}",
        f"{api}/units/{spindle}/thread",
        f"{api}/units/{spindle}/as-built",
        f"{api}/units/{spindle}/events",
        f"{api}/inspections/{inspection}",
        f"{api}/inspections/{inspection}/measurements",
        f"{api}/documents/{document}/file",
        f"{api}/passports",
        f"{api}/passports/{passport}/json",
        f"{api}/passports/{passport}/pdf",
    ]


def test_used_then_revoked_then_gone_everywhere(
    giver: Firm, receiver: Firm, third: Firm, machine: Machine, give: Callable[..., Grant]
) -> None:
    grant = give()
    ways = addresses(grant, machine)
    for way in ways:
        answer = receiver.asks(way)
        assert answer.status_code == 200, way
        assert answer["Cache-Control"] == "private, no-store", way
        assert not {"ETag", "Last-Modified"} & set(answer.headers), way
        assert "MACHINE-9" not in answer.said, way
        assert third.asks(way).status_code == 404, way
    assert "SPINDLE-1" in receiver.asks("/shared/").said
    assert receiver.asks("/api/shared").json()["count"] == 1
    assert "SPINDLE-1" not in third.asks("/shared/").said
    with organisation_scope(receiver.organisation):
        found = shared_units("spin", 10)
        assert [(one.text, one.url, one.giver) for one in found] == [("SPINDLE-1", f"/shared/{grant.uid}/", "Giver")]
    with organisation_scope(giver.organisation):
        revoke(grant, "enough", Recorder(actor=giver.people[Role.OWNER]))
    for way in ways:
        conditions = {"If-None-Match": "*", "If-Modified-Since": "Sat, 01 Jan 2050 00:00:00 GMT"}
        assert receiver.asks(way, **conditions).status_code == 404, way
        assert giver.asks(way).status_code == 404, way
    assert "SPINDLE-1" not in receiver.asks("/shared/").said
    assert receiver.asks("/api/shared").json() == {"count": 0, "items": []}
    assert str(grant.uid) not in receiver.asks("/search/?q=SPINDLE-1").said
    with organisation_scope(receiver.organisation):
        assert shared_units("spin", 10) == []


def test_what_is_not_shared_does_not_exist(
    receiver: Firm, giver: Firm, machine: Machine, give: Callable[..., Grant]
) -> None:
    grant = give()
    page, api = f"/shared/{grant.uid}/", f"/api/shared/{grant.uid}"
    for serial in (*OUTSIDE, REMOVED):
        unit, document = machine.units[serial].uid, machine.documents[serial].uid
        for way in (
            f"{page}units/{unit}/",
            f"{page}units/{unit}/tree/",
            f"{page}units/{unit}/events/",
            f"{page}inspections/{machine.inspections[serial].uid}/",
            f"{page}documents/{document}/",
            f"{page}passports/{machine.passports[serial].uid}/pdf/",
            f"{api}/units/{unit}/thread",
            f"{api}/documents/{document}/file",
        ):
            assert receiver.asks(way).status_code == 404, (serial, way)
    # The giver's own pages of what is shared stay the giver's own.
    for way in (f"/units/{machine.spindle.uid}/", f"/sharing/{grant.uid}/", f"/api/grants/{grant.uid}/uses"):
        assert receiver.asks(way, Role.OWNER).status_code == 404, way
    assert receiver.sends(f"/sharing/{grant.uid}/revoke/", {"reason": "x"}).status_code == 404
    assert receiver.sends(f"/units/{machine.spindle.uid}/share/", {}).status_code == 404


def test_the_thread_page_says_whose_it_is_and_nothing_of_its_neighbours(
    receiver: Firm, machine: Machine, give: Callable[..., Grant]
) -> None:
    grant = give()
    page = receiver.asks(f"/shared/{grant.uid}/units/{machine.spindle.uid}/", **{"Accept-Language": "en"}).said
    assert "Shared by Giver" in page
    assert "for your records" in page
    assert all(serial in page for serial in (*INSIDE, REMOVED))
    assert [serial for serial in OUTSIDE if serial in page] == []
    assert "drawing of" not in page
    assert "secret-source" not in page
    assert [str(person) for person in receiver.people.values() if f"{person} ·" in page] == []
    assert f'href="/units/{machine.spindle.uid}' not in page
    assert f'href="/shared/{grant.uid}/units/{machine.units["BEARING-1"].uid}/"' in page


@pytest.mark.parametrize("covers", [Covers.HISTORY, Covers.PASSPORTS])
def test_half_is_half(receiver: Firm, machine: Machine, give: Callable[..., Grant], covers: Covers) -> None:
    grant = give(covers)
    opened = {way for way in addresses(grant, machine) if receiver.asks(way).status_code == 200}
    passports = {way for way in opened if "passports" in way}
    if covers is Covers.HISTORY:
        assert passports == {f"/api/shared/{grant.uid}/passports"}
        assert receiver.asks(f"/api/shared/{grant.uid}/passports").json()["count"] == 0
        assert receiver.asks(f"/shared/{grant.uid}/").status_code == 302
    else:
        assert opened - passports == {f"/shared/{grant.uid}/", f"/api/shared/{grant.uid}"}
        assert len(passports) == 5


def test_who_may_give_and_who_may_use(
    giver: Firm, receiver: Firm, machine: Machine, give: Callable[..., Grant]
) -> None:
    grant = give()
    form = f"/units/{machine.spindle.uid}/share/"
    assert [role for role in Role if giver.asks(form, role).status_code == 200] == [Role.OWNER, Role.QUALITY_MANAGER]
    refused = [role for role in Role if receiver.asks(f"/shared/{grant.uid}/", role).status_code != 200]
    assert refused == [Role.GUEST]
    assert receiver.asks("/shared/", Role.GUEST).status_code == 403
    assert giver.asks("/sharing/", Role.GUEST).status_code == 403
    assert giver.sends(f"/sharing/{grant.uid}/revoke/", {"reason": "x"}, Role.SALES).status_code == 403


def test_a_reason_that_no_row_holds_is_said_not_cut(giver: Firm, give: Callable[..., Grant]) -> None:
    grant = give()
    for reason in (" ", "x" * 501):
        assert giver.sends(f"/sharing/{grant.uid}/revoke/", {"reason": reason}).status_code == 422
    assert giver.sends(f"/sharing/{grant.uid}/revoke/", {"reason": "x" * 500}).status_code == 302


def test_the_giver_sees_who_read_what_and_looks_without_being_noted(
    giver: Firm, receiver: Firm, machine: Machine, give: Callable[..., Grant]
) -> None:
    grant = give()
    receiver.asks(f"/shared/{grant.uid}/documents/{machine.documents['BEARING-1'].uid}/", Role.SERVICE)
    receiver.asks(f"/api/shared/{grant.uid}/units/{machine.spindle.uid}/thread")
    receiver.asks(f"/shared/{grant.uid}/units/{machine.units['SIBLING-1'].uid}/")  # not there: nothing was read
    giver.asks(f"/shared/{grant.uid}/units/{machine.spindle.uid}/")
    with organisation_scope(giver.organisation):
        uses = [(use.person_name, use.page, use.subject, use.by_program) for use in GrantUse.objects.order_by("pk")]
    assert uses == [
        ("Receiver service", "document", "certificate of BEARING-1", False),
        ("Receiver engineer", "unit_thread", "SPINDLE-1", True),
    ]
    page = giver.asks(f"/sharing/{grant.uid}/", **{"Accept-Language": "en"}).said
    assert "Receiver service" in page
    assert "certificate of BEARING-1" in page
    records = giver.asks(f"/api/grants/{grant.uid}/uses").json()["items"]
    assert [record["person"] for record in records] == ["Receiver engineer", "Receiver service"]


class TestGiving:
    def form(self, receiver: Firm, **other: str) -> dict[str, str]:
        return {"code": str(receiver.organisation.uid), "covers": "history", "reason": "your casting", **other}

    def test_by_code_with_the_name_shown_before(self, giver: Firm, receiver: Firm, machine: Machine) -> None:
        way = f"/units/{machine.spindle.uid}/share/"
        asked = giver.sends(way, self.form(receiver, ends_on="2090-01-02")).content.decode()
        assert "Receiver" in asked
        with organisation_scope(giver.organisation):
            assert not Grant.objects.exists()
        answer = giver.sends(way, self.form(receiver, ends_on="2090-01-02", confirmed="yes"))
        with organisation_scope(giver.organisation):
            grant = Grant.objects.get()
            assert answer["Location"] == f"/sharing/{grant.uid}/"
            assert (grant.receiver, grant.covers) == (receiver.organisation, "history")
            assert grant.ends_at is not None
            assert grant.ends_at.isoformat() == "2090-01-02T16:00:00+00:00"  # the end of the day in Taipei
            event = Event.objects.get(kind="shared")
            assert (event.unit, event.actor) == (machine.spindle, giver.people[Role.OWNER])
            assert event.payload["grant"] == str(grant.uid)
            assert "Receiver" not in str(event.payload)
            assert altered_events([event]) == []
            change = Change.objects.get(record_uid=grant.uid)
            assert change.fields["receiver"] == [None, "Receiver"]
        assert receiver.asks(f"/shared/{grant.uid}/units/{machine.spindle.uid}/").status_code == 200

    @pytest.mark.parametrize("code", ["Receiver", "receiver", "", "00000000-0000-0000-0000-000000000000", "x" * 60])
    def test_a_name_or_a_wrong_code_finds_nobody(
        self, giver: Firm, receiver: Firm, machine: Machine, code: str
    ) -> None:
        answer = giver.sends(f"/units/{machine.spindle.uid}/share/", self.form(receiver, code=code, confirmed="yes"))
        assert answer.status_code == 422
        assert "<strong>Receiver" not in answer.content.decode()

    def test_to_oneself_twice_or_in_the_past_is_refused(
        self, giver: Firm, receiver: Firm, machine: Machine, give: Callable[..., Grant]
    ) -> None:
        give()
        way = f"/units/{machine.spindle.uid}/share/"
        for wrong in (
            self.form(giver, confirmed="yes"),
            self.form(receiver, confirmed="yes"),
            self.form(receiver, ends_on="2020-01-01", confirmed="yes"),
            self.form(receiver, reason=" ", confirmed="yes"),
        ):
            assert giver.sends(way, wrong).status_code == 422
        with organisation_scope(giver.organisation):
            assert Grant.objects.count() == 1

    def test_by_program_and_revoked_by_program(self, giver: Firm, receiver: Firm, machine: Machine) -> None:
        body = f'{{"receiver_uid": "{receiver.organisation.uid}", "covers": "both", "reason": "yours"}}'
        made = giver.sends(f"/api/units/{machine.spindle.uid}/grants", body)
        assert made.status_code == 201
        uid = made.json()["uid"]  # type: ignore[attr-defined]
        assert receiver.asks(f"/api/shared/{uid}").json()["giver"] == "Giver"
        endless = f'{{"reason": "{"x" * 501}"}}'
        assert giver.sends(f"/api/grants/{uid}/revocation", endless).status_code == 422
        assert giver.sends(f"/api/grants/{uid}/revocation", '{"reason": "enough"}').status_code == 200
        assert giver.sends(f"/api/grants/{uid}/revocation", '{"reason": "again"}').status_code == 400
        assert receiver.asks(f"/api/shared/{uid}").status_code == 404
        with organisation_scope(giver.organisation):
            assert [change.what for change in Change.objects.order_by("version")] == ["created", "retired"]
            assert Event.objects.filter(kind="sharing_ended", unit=machine.spindle).count() == 1

    def test_the_unit_says_who_sees_it(self, giver: Firm, machine: Machine, give: Callable[..., Grant]) -> None:
        give(Covers.HISTORY, "MACHINE-9")
        page = giver.asks(f"/units/{machine.spindle.uid}/", **{"Accept-Language": "en"}).said
        assert "Receiver" in page
        assert "Receiver" not in giver.asks(f"/units/{machine.units['LOOSE-1'].uid}/").said


def test_the_code_is_shown_to_the_receiver_and_organisations_are_listed_nowhere(
    giver: Firm, receiver: Firm, third: Firm, machine: Machine, give: Callable[..., Grant]
) -> None:
    give()
    assert str(receiver.organisation.uid) in receiver.asks("/shared/").said
    form = giver.asks(f"/units/{machine.spindle.uid}/share/", Role.OWNER).said
    assert str(receiver.organisation.uid) in form  # known from the grant that is there
    assert str(third.organisation.uid) not in form
    assert "Third" not in form
