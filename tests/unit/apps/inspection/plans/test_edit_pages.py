"""Drafts are begun and written on pages and over the API; pictures reach those who may read the procedure."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from samegauge.apps.inspection.plans.effectivity import Bounds
from samegauge.apps.inspection.plans.models import InspectionPlan, Procedure, Route
from samegauge.apps.inspection.plans.rules import release
from samegauge.apps.inspection.stations.work import step_said
from samegauge.core.production.models import Station
from samegauge.core.thread.models import Item
from samegauge.core.vault.models import StoredFile
from samegauge.core.vault.rules import keep

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from samegauge.core.organisations.models import Organisation, Person

pytestmark = pytest.mark.usefixtures("in_scope")

PNG = b"\x89PNG\r\n\x1a\n a picture"
SHA256 = hashlib.sha256(PNG).hexdigest()
ENGLISH = {"accept-language": "en"}


@pytest.fixture
def chief(client: Client, person_with_role: Callable[..., Person], organisation: Organisation) -> Person:
    person = person_with_role("quality_manager", organisation)
    client.force_login(person)
    return person


@pytest.fixture
def model() -> Item:
    return Item.objects.create(number="TT5", name="Machine", kind="machine")


def call(client: Client, method: str, path: str, body: dict[str, Any]) -> tuple[int, Any]:
    said = getattr(client, method)(f"/api{path}", body, content_type="application/json", headers=ENGLISH)
    return said.status_code, said.json()


def test_a_plan_is_begun_written_and_released_over_the_api(client: Client, chief: Person, model: Item) -> None:
    begun = {"code": "FQC-1", "item": "TT5", "title": "Final", "title_zh": "最終", "kind": "final"}
    status, plan = call(client, "post", "/plans/blank", begun)
    assert (status, plan["state"], plan["lines"]) == (201, "draft", [])
    assert call(client, "post", "/plans/blank", begun)[0] == 409
    assert call(client, "post", "/plans/blank", {**begun, "item": "none"})[0] == 404
    lines = [
        {"key": "flat", "name": "平面度 Flatness", "unit_code": "µm", "upper_limit": 8, "reaction": "Stop"},
        {"key": "run", "name": "偏擺 Run-out", "unit_code": "µm", "upper_limit": 5, "frequency": "nth", "every_n": 5},
    ]
    address = f"/plans/{plan['uid']}/lines"
    status, written = call(client, "put", address, {"version": plan["version"], "lines": lines, "source": "ISO 230-1"})
    assert (status, [line["key"] for line in written["lines"]]) == (200, ["flat", "run"])
    assert written["version"] != plan["version"]
    assert call(client, "put", address, {"version": plan["version"], "lines": []})[0] == 409
    # What was read can be written back as it is.
    back = {"version": written["version"], "lines": written["lines"]}
    status, again = call(client, "put", address, back)
    assert (status, again["version"], again["lines"]) == (200, written["version"], written["lines"])
    assert call(client, "post", f"/plans/{plan['uid']}/change", {"act": "release"})[0] == 200
    status, refused = call(client, "put", address, back)
    assert (status, refused["detail"]) == (409, "FQC-1 rev. 1 is no draft any more: a change makes the next revision.")
    assert InspectionPlan.objects.get().lines.count() == 2


def test_the_api_names_line_and_field_and_keeps_nothing(client: Client, chief: Person, model: Item) -> None:
    _status, plan = call(client, "post", "/plans/blank", {"code": "P", "item": "TT5", "title": "P", "kind": "final"})
    good = {"key": "flat", "name": "Flatness", "unit_code": "µm", "upper_limit": 8}
    bad = {**good, "lower_limit": 9, "unit_code": "furlong"}
    status, said = call(
        client, "put", f"/plans/{plan['uid']}/lines", {"version": plan["version"], "lines": [good, bad]}
    )
    assert status == 422
    places = {tuple(fault["loc"]): fault["msg"] for fault in said["detail"]}
    assert places.keys() == {("body", "said", "lines", 1, name) for name in ("key", "unit_code", "upper_limit")}
    assert places["body", "said", "lines", 1, "key"] == "Line 2, Short name: Line 1 has it already."
    assert InspectionPlan.objects.get().lines.count() == 0


def test_a_procedure_and_a_route_over_the_api(client: Client, chief: Person, model: Item) -> None:
    Station.objects.create(code="S01", name="Bed")
    status, sent = call(client, "post", "/procedures/blank", {"code": "SOP-1", "item": "TT5", "title": "Rails"})
    assert status == 201
    photo = client.put(f"/api/stations/photos/{SHA256}", PNG, content_type="image/png")
    assert photo.status_code == 200
    step = {"key": "look", "kind": "check", "text": "Look", "text_zh": "目視", "picture": SHA256}
    status, written = call(
        client, "put", f"/procedures/{sent['uid']}/lines", {"version": sent["version"], "lines": [step]}
    )
    assert (status, written["lines"][0]["picture"]) == (200, SHA256)
    assert call(client, "put", f"/procedures/{sent['uid']}/lines", {**written, "title": "Rails, new"})[0] == 200
    status, route = call(client, "post", "/routes/blank", {"code": "R", "item": "TT5", "title": "Route"})
    stop = {"station": "S01", "sequence": 1, "procedure_code": "SOP-1", "only_with": {"magazine": ["40"]}}
    address = f"/routes/{route['uid']}/lines"
    status, said = call(client, "put", address, {"version": route["version"], "lines": [{**stop, "station": "S77"}]})
    assert (status, said["detail"][0]["msg"]) == (422, "Line 1, Station: There is no station S77.")
    status, kept = call(client, "put", address, {"version": route["version"], "lines": [stop]})
    assert (status, kept["lines"]) == (200, [stop])
    assert Route.objects.get().stops.count() == 1


def test_only_supervisors_begin_and_write(
    client: Client, chief: Person, model: Item, person_with_role: Callable[..., Person], organisation: Organisation
) -> None:
    begun = {"code": "SOP-1", "item": "TT5", "title": "Rails"}
    _status, sent = call(client, "post", "/procedures/blank", begun)
    client.force_login(person_with_role("assembler", organisation))
    assert call(client, "post", "/procedures/blank", {**begun, "code": "SOP-2"})[0] == 403
    assert call(client, "put", f"/procedures/{sent['uid']}/lines", {"version": "x", "lines": []})[0] == 403
    assert client.get("/procedures/new/").status_code == 403
    assert client.get(f"/procedures/{sent['uid']}/edit/").status_code == 403
    assert Procedure.objects.count() == 1


def test_a_procedure_is_begun_and_written_on_pages(client: Client, chief: Person, model: Item) -> None:
    wrong = client.post("/procedures/new/", {"code": "SOP-1", "item": "none", "title": "Rails", "kind": "sip"})
    assert wrong.status_code == 422
    begun = client.post("/procedures/new/", {"code": "SOP-1", "item": "TT5", "title": "Rails", "kind": "sip"})
    made = Procedure.objects.get()
    assert (begun.url, made.kind) == (f"/procedures/{made.uid}/edit/", "sip")  # type: ignore[attr-defined]
    page = client.get(begun.url, headers=ENGLISH)  # type: ignore[attr-defined]
    form = {
        "seen": page.context["seen"],
        "title": "Rails",
        "row": ["n2", "n1"],
        "n1-kind": "value", "n1-key": "level", "n1-text": "Level", "n1-unit_code": "µm/m", "n1-upper": "20",
        "n1-required": "on", "n1-decimals": "2",
        "n2-kind": "choice", "n2-key": "fit", "n2-text": "Does it fit?", "n2-choices": "Yes | 是\n!no = No | 否",
        "n2-picture_file": SimpleUploadedFile("fit.png", PNG),
    }  # fmt: skip
    refused = client.post(begun.url, {**form, "n1-upper": "2O"}, headers=ENGLISH)  # type: ignore[attr-defined]
    assert refused.status_code == 422
    assert "Line 2, Upper limit" in refused.content.decode()
    form["n2-picture_file"].seek(0)
    saved = client.post(begun.url, form)  # type: ignore[attr-defined]
    assert saved.status_code == 302
    fit, level = made.steps.all()
    assert fit.picture is not None
    assert (fit.key, fit.picture.sha256, fit.required) == ("fit", SHA256, False)
    assert fit.choices == [
        {"value": "Yes", "text": "Yes", "text_zh": "是", "passes": True},
        {"value": "no", "text": "No", "text_zh": "否", "passes": False},
    ]
    assert (level.upper, level.decimals, level.required, level.unit_code) == (20.0, 2, True, "µm/m")
    # The form shows what is kept, so that saving it unchanged changes nothing.
    shown = client.get(begun.url).context  # type: ignore[attr-defined]
    assert [form["choices"].value() for form in shown["forms"]] == ["Yes | 是\n!no = No | 否", ""]
    assert [form["upper"].value() for form in shown["forms"]] == [None, "20"]


def test_a_page_says_that_somebody_was_first_and_lets_one_save_over_it(
    client: Client, chief: Person, model: Item
) -> None:
    call(client, "post", "/routes/blank", {"code": "R", "item": "TT5", "title": "Route"})
    route = Route.objects.get()
    late = client.post(f"/routes/{route.uid}/edit/", {"seen": "old", "title": "Mine"}, headers=ENGLISH)
    assert late.status_code == 409
    assert "saved once more, it stands in the place of theirs" in late.content.decode()
    assert Route.objects.get().title == "Route"
    client.post(f"/routes/{route.uid}/edit/", {"seen": late.context["seen"], "title": "Mine"})
    assert Route.objects.get().title == "Mine"


def test_a_released_revision_is_no_longer_written_on_a_page(client: Client, chief: Person, model: Item) -> None:
    for kind, what in ((InspectionPlan, "plans"), (Procedure, "procedures"), (Route, "routes")):
        made = kind.objects.create(code="X", item=model, title="Before", state="released")
        page = f"/{what}/{made.uid}/edit/"
        opened = client.get(page)
        assert (opened.status_code, opened.url) == (302, f"/{what}/{made.uid}/")  # type: ignore[attr-defined]
        assert client.post(page, {"seen": "", "title": "After"}).status_code == 409
        version = client.get(f"/api/{what}/{made.uid}").json()["version"]
        assert call(client, "put", f"/{what}/{made.uid}/lines", {"version": version, "lines": []})[0] == 409
        made.refresh_from_db()
        assert made.title == "Before"


def with_picture(client: Client, chief: Person, content: bytes = PNG) -> Procedure:
    _status, sent = call(client, "post", "/procedures/blank", {"code": "SOP-1", "item": "TT5", "title": "Rails"})
    keep(content, "rail.png")
    step = {"key": "look", "kind": "check", "text": "Look", "picture": hashlib.sha256(content).hexdigest()}
    call(client, "put", f"/procedures/{sent['uid']}/lines", {"version": sent["version"], "lines": [step]})
    made = Procedure.objects.get()
    release(made, chief, Bounds())
    return made


def test_the_tablet_is_given_the_address_of_a_steps_picture(
    client: Client, chief: Person, model: Item, person_with_role: Callable[..., Person], organisation: Organisation
) -> None:
    made = with_picture(client, chief)
    address = step_said(made.steps.get())["picture_url"]
    client.force_login(person_with_role("assembler", organisation))
    answer = client.get(address)
    assert (answer.status_code, answer["content-type"], b"".join(answer)) == (200, "image/png", PNG)
    assert "private" in answer["cache-control"]
    assert client.get(f"/procedures/{made.uid}/").content.decode().count(address) == 1


def test_a_file_that_no_step_of_the_procedure_shows_is_not_given_out(
    client: Client, chief: Person, model: Item
) -> None:
    made = with_picture(client, chief)
    other = keep(b"\x89PNG\r\n\x1a\n another", "secret.png")
    assert client.get(f"/procedures/{made.uid}/pictures/{other.uid}/").status_code == 404
    assert client.get(f"/procedures/{other.uid}/pictures/{StoredFile.objects.first().uid}/").status_code == 404  # type: ignore[union-attr]


@pytest.mark.parametrize("content", [b"<svg onload=alert(1)>", b"%PDF-1.7", b""])
def test_a_picture_that_is_none_is_refused_in_its_line(
    client: Client, chief: Person, model: Item, content: bytes
) -> None:
    _status, sent = call(client, "post", "/procedures/blank", {"code": "SOP-1", "item": "TT5", "title": "Rails"})
    page = f"/procedures/{sent['uid']}/edit/"
    form = {"seen": sent["version"], "title": "Rails", "row": "n1", "n1-key": "a", "n1-text": "A"}
    answer = client.post(page, {**form, "n1-picture_file": SimpleUploadedFile("a.png", content)}, headers=ENGLISH)
    assert answer.status_code == 422
    assert [fault[0] for fault in answer.context["faults"]] == [1]
    assert StoredFile.objects.count() == 0


def test_every_number_that_is_kept_comes_back_from_the_form_as_it_was(
    client: Client, chief: Person, model: Item
) -> None:
    _status, plan = call(client, "post", "/plans/blank", {"code": "P", "item": "TT5", "title": "P", "kind": "final"})
    lines = [
        {"key": f"k{place}", "name": "K", "unit_code": "mm", "lower_limit": low, "upper_limit": high}
        for place, (low, high) in enumerate([(0.1, 0.30000000000000004), (-1e-7, 1e22), (1 / 3, 2 / 3)])
    ]
    page = f"/plans/{plan['uid']}/edit/"
    _status, kept = call(client, "put", f"/plans/{plan['uid']}/lines", {"version": plan["version"], "lines": lines})
    shown = client.get(page).context
    form: dict[str, Any] = {"seen": shown["seen"], "title": "P", "row": [one.row for one in shown["forms"]]}
    for one in shown["forms"]:
        values = {f"{one.row}-{name}": one[name].value() for name in one.fields}
        form |= {name: value for name, value in values.items() if value not in (None, "", False)}
    assert client.post(page, form).status_code == 302
    after = client.get(f"/api/plans/{plan['uid']}").json()
    assert json.dumps(after["lines"]) == json.dumps(kept["lines"])
