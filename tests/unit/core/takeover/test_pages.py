"""The pages of a take-over, from the sample sheet to the undoing, as a browser asks for them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from support.messy_sheets import machines_with_parts, suppliers_in_big5

from samegauge.core.intake.models import ImportBatch
from samegauge.core.jobs.models import Job, JobState
from samegauge.core.jobs.rules import run_here
from samegauge.core.organisations.models import Role
from samegauge.core.partners.models import Partner
from samegauge.core.takeover.models import SavedMatching
from samegauge.core.takeover.registry import all_targets, target_named
from samegauge.core.takeover.samples import sample_workbook
from samegauge.core.thread.models import Unit
from samegauge.formats.spreadsheet import read_grid

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.way_in import TakeOver

    from samegauge.core.organisations.models import Organisation, Person

pytestmark = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def browser(person: Person, language: str = "en") -> Client:
    client = Client(headers={"accept-language": language})
    client.force_login(person, BACKEND)
    return client


def sent(client: Client, slug: str, data: bytes, name: str) -> str:
    """Upload a file and return the address of its dry run."""
    answer = client.post(f"/records/{slug}/import/", {"files": SimpleUploadedFile(name, data)})
    assert answer.status_code == 302, answer.content.decode()
    return answer["Location"]


def test_a_matching_is_corrected_looked_at_taken_over_remembered_and_undone(way: TakeOver) -> None:
    client = browser(way.person)
    place = sent(client, "partners", suppliers_in_big5(), "suppliers.csv")
    page = client.get(place).content.decode()
    assert "A needed field has no column." in page
    assert "大同鑄造股份有限公司" in page  # the first values stand beside each column
    asked = {"mapped": "1", "header": "3", "column1": "name", "column2": "number", "same_kind": "supplier"}
    page = client.get(place, asked).content.decode()
    assert "3 new, 0 changed, 0 unchanged." in page
    assert not Partner.objects.exists()
    answer = client.post(place, {**asked, "save_as": "ERP"})
    job = Job.objects.get()
    assert answer["Location"] == f"/jobs/{job.uid}/"
    assert run_here(job).state == JobState.DONE, job.message
    assert Partner.objects.count() == 3
    detail = client.get(f"/imports/{ImportBatch.objects.get().uid}/").content.decode()
    assert "suppliers.csv" in detail
    again = client.get(sent(client, "partners", suppliers_in_big5(), "next.csv")).content.decode()
    assert "0 new, 0 changed, 3 unchanged." in again
    assert SavedMatching.objects.get().constants == {"kind": "supplier"}
    client.post(f"/imports/{ImportBatch.objects.get().uid}/undo/", {"reason": "Twice"})
    assert not Partner.objects.filter(retired_at=None).exists()


def test_wrong_rows_are_named_by_row_and_column_of_the_reader_s_own_sheet(way: TakeOver) -> None:
    client = browser(way.person)
    place = sent(client, "units", machines_with_parts(), "m.xlsx")
    page = client.get(place, {"sheet": "機台"}).content.decode()
    assert "A 機型: There is no item TX-650. Take over the items first." in page
    assert page.count("sg-chip-alarm") == 5
    assert "Take over</span>" not in page
    assert client.post(place, {"sheet": "機台"}).status_code == 200
    assert not Job.objects.exists()
    assert not Unit.objects.exists()


@pytest.mark.parametrize(
    "asked", [{"header": "2"}, {"sheet": "none"}, {"mapped": "1", "column0": "name", "column1": "name"}]
)
def test_what_cannot_be_read_so_says_why(way: TakeOver, asked: dict[str, str]) -> None:
    client = browser(way.person)
    place = sent(client, "partners", suppliers_in_big5(), "a.csv") if "sheet" not in asked else ""
    place = place or sent(client, "units", machines_with_parts(), "m.xlsx")
    answer = client.get(place, asked)
    assert answer.status_code == 400
    assert len(re.sub(r"<[^>]+>", "", answer.content.decode())) > 50


def test_a_file_that_is_no_table_is_not_kept(way: TakeOver) -> None:
    client = browser(way.person)
    for data in (b"PK\x03\x04 broken", b"\xd0\xcf\x11\xe0" + bytes(600)):
        answer = client.post("/records/partners/import/", {"files": SimpleUploadedFile("a.xlsx", data)})
        assert answer.status_code == 422
        assert "a.xlsx" in answer.content.decode()
    assert client.post("/records/partners/import/", {}).status_code == 422


@pytest.mark.parametrize("language", ["en", "zh-hant"])
def test_sample_sheets_go_in_as_they_are_in_their_order(way: TakeOver, language: str) -> None:
    client = browser(way.person)
    for slug in ("partners", "items", "units", "stations", "instruments"):
        data = client.get(f"/records/{slug}/import/sample.xlsx?language={language}").content
        assert data == sample_workbook(target_named(slug), language)
        assert len(read_grid(data, "a.xlsx").sheets) == 2
        planned = way.plan(slug, data, "a.xlsx")
        assert (planned.unread, planned.missing, planned.counts["new"]) == ((), (), 1), (slug, planned)
        way.takes(slug, data, "a.xlsx")
    assert Unit.objects.get().lot is not None


def test_each_target_is_offered_to_those_who_may_write_it(
    organisation: Organisation, person_with_role: Callable[..., Person], way: TakeOver
) -> None:
    for role in Role:
        client = browser(person_with_role(role, organisation))
        page = client.get("/take-over/").content.decode()
        for target in all_targets():
            allowed = role in target.writers
            assert (f'href="{target.url("upload")}"' in page) == allowed
            for address in (target.url("upload"), target.url("sample")):
                assert (client.get(address).status_code == 200) == allowed


def test_a_file_of_another_firm_is_not_there(
    other_organisation: Organisation, person_with_role: Callable[..., Person], way: TakeOver
) -> None:
    place = sent(browser(way.person), "partners", suppliers_in_big5(), "a.csv")
    stranger = browser(person_with_role(Role.OWNER, other_organisation))
    assert stranger.get(place).status_code == 404
    assert stranger.post(place, {"same_kind": "supplier"}).status_code == 404
