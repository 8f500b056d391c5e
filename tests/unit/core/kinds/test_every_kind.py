"""What every declared kind of record keeps, at every door; a new kind is tested by being declared."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models
from django.test import Client
from django.utils.html import escape
from django.utils.translation import override
from tenancy.canaries import founded

from samegauge.core.jobs.models import Job, JobState
from samegauge.core.jobs.rules import run_here
from samegauge.core.kinds.declaration import RecordField, RecordKind, all_kinds, kind_of
from samegauge.core.kinds.models import Change, ChangeKind, Record
from samegauge.core.kinds.rules import StaleError, find, history, plain_values, restore, retire, save
from samegauge.core.kinds.spreadsheets import table_of
from samegauge.core.organisations.models import Person, Role
from samegauge.core.scope import organisation_scope
from samegauge.core.takeover.matching import proposed
from samegauge.core.takeover.planning import Plan, plan
from samegauge.core.takeover.registry import target_named
from samegauge.core.takeover.samples import sample_workbook
from samegauge.core.takeover.targets import Outcome
from samegauge.formats.spreadsheet import Sheet, read_sheet, write_csv, write_xlsx

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenancy.canaries import Firm

pytestmark = [pytest.mark.django_db, pytest.mark.parametrize("kind", all_kinds(), ids=lambda kind: kind.slug)]
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def firm() -> Iterator[Firm]:
    founding = founded("firm", ("alpha", "Amsel"))
    with organisation_scope(founding.organisation):
        yield founding


def sample(kind: RecordKind, number: int) -> dict[str, Any]:
    """A value for each field as a form takes it; a related record is made."""
    return {one.name: _value(one, number) for one in kind.fields}


def _value(one: RecordField, number: int) -> Any:
    if one.target is not None:
        return made(kind_of(one.target), 0, actor()).pk
    if one.choices:
        return one.choices[number % len(one.choices)][0]
    samples: dict[type, Any] = {
        models.BooleanField: True,
        models.IntegerField: number + 1,
        models.FloatField: number + 0.5,
        models.DateField: date(2026, 1, 1 + number % 28).isoformat(),
        models.EmailField: f"a{number}@example.org",
    }
    text = f"{one.name[:8].upper()} {number:04d}"[: one.model_field.max_length or 20]
    return next((value for known, value in samples.items() if isinstance(one.model_field, known)), text)


def actor() -> Person:
    return Person.objects.get(username="firm-owner")


def made(kind: RecordKind, number: int, by: Person) -> Record:
    form = kind.form(sample(kind, number))
    standing = kind.model._default_manager.filter(**{kind.key: form.data[kind.key]}).first()
    if standing is not None:
        return standing
    assert form.is_valid(), form.errors
    save(kind, form.instance, by, seen=0)
    return form.instance


def dry_run(kind: RecordKind, sheet: Sheet) -> Plan:
    target = target_named(kind.slug)
    return plan(target, sheet, proposed(target, sheet.header))


def writer(firm: Firm, kind: RecordKind) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(firm.people[min(kind.writers)], BACKEND)
    return client


def program(firm: Firm, kind: RecordKind) -> dict[str, str]:
    return {"Authorization": f"Bearer {firm.tokens[min(kind.writers)]}", "Accept-Language": "en"}


def test_every_word_is_there_in_both_languages(kind: RecordKind) -> None:
    texts = [str(kind.about), str(kind.one), str(kind.many)]
    texts += [str(text) for one in kind.fields for text in (one.label, one.meaning)]
    texts += [str(label) for one in kind.fields for _value, label in one.choices]
    with override("zh-hant"):
        chinese = [
            str(kind.about),
            *(str(one.label) for one in kind.fields),
            *(str(one.meaning) for one in kind.fields),
        ]
        chinese += [str(label) for one in kind.fields for _value, label in one.choices]
    assert all(texts)
    assert [text for text in chinese if text.isascii()] == []


def test_pages_show_a_record_and_its_history(kind: RecordKind, firm: Firm) -> None:
    client, record = writer(firm, kind), made(kind, 3, actor())
    key = str(getattr(record, kind.key))
    listed = client.get(kind.list_url).content.decode()
    shown = client.get(kind.url("record", record.uid)).content.decode()
    assert key in listed
    assert key in shown
    for one in kind.fields:
        assert escape(str(one.label)) in shown
    for name in kind.listed:
        assert escape(str(kind.field(name).label)) in listed


def test_search_and_every_filter_narrow_the_list(kind: RecordKind, firm: Firm) -> None:
    client, records = writer(firm, kind), [made(kind, number, actor()) for number in range(4)]
    wanted = records[2]
    key = str(getattr(wanted, kind.key))
    assert list(find(kind, {"q": key})) == [wanted]
    for name in kind.filtered:
        value = plain_values(kind, wanted)[name]
        fitting = [one for one in records if plain_values(kind, one)[name] == value]
        assert set(find(kind, {name: value})) == set(fitting)
        page = client.get(kind.list_url, {name: value}).content.decode()
        for one in records:
            assert (str(getattr(one, kind.key)) in page) == (one in fitting)


def test_a_record_is_made_and_changed_by_form(kind: RecordKind, firm: Firm) -> None:
    client = writer(firm, kind)
    answer = client.post(kind.url("new"), {**sample(kind, 1), "seen": 0})
    assert answer.status_code == 302, answer.content
    (record,) = find(kind, {})
    free = (one.name for one in kind.fields if isinstance(one.model_field, models.CharField) and not one.choices)
    text = next(name for name in free if name != kind.key)
    changed = {**sample(kind, 1), text: "else", "seen": record.version, "reason": "because"}
    assert client.post(kind.url("edit", record.uid), changed).status_code == 302
    last = history(kind, record).first()
    assert last is not None
    assert (last.what, set(last.fields), last.reason) == (ChangeKind.CHANGED, {text}, "because")
    assert last.fields[text][1].startswith("else")


def test_a_form_with_faults_is_shown_again(kind: RecordKind, firm: Firm) -> None:
    answer = writer(firm, kind).post(kind.url("new"), {"seen": 0})
    assert answer.status_code == 422
    assert not find(kind, {}).exists()


def test_a_key_stands_once(kind: RecordKind, firm: Firm) -> None:
    made(kind, 1, actor())
    assert writer(firm, kind).post(kind.url("new"), {**sample(kind, 1), "seen": 0}).status_code == 422
    assert find(kind, {}).count() == 1


def test_the_second_of_two_changes_at_once_is_refused(kind: RecordKind, firm: Firm) -> None:
    record = made(kind, 1, actor())
    mine, theirs = (kind.model._default_manager.get(pk=record.pk) for _ in range(2))
    for one, number in ((mine, 2), (theirs, 3)):
        for name, value in sample(kind, number).items():
            if kind.field(name).target is None:
                setattr(one, name, value)
    save(kind, mine, actor(), seen=1)
    with pytest.raises(StaleError):
        save(kind, theirs, actor(), seen=1)
    answer = writer(firm, kind).post(kind.url("edit", record.uid), {**sample(kind, 4), "seen": 1})
    assert answer.status_code == 409
    assert history(kind, record).count() == 2


def test_a_form_put_right_still_knows_what_its_writer_saw(kind: RecordKind, firm: Firm) -> None:
    record, client = made(kind, 1, actor()), writer(firm, kind)
    theirs = kind.form(sample(kind, 2), instance=kind.model._default_manager.get(pk=record.pk))
    assert theirs.is_valid(), theirs.errors
    save(kind, theirs.instance, actor(), seen=1)
    faulty = client.post(kind.url("edit", record.uid), {**sample(kind, 3), kind.key: "", "seen": 1})
    assert faulty.status_code == 422
    assert '<input type="hidden" name="seen" value="1">' in faulty.content.decode()
    assert client.post(kind.url("edit", record.uid), {**sample(kind, 3), "seen": 1}).status_code == 409


def test_retired_is_out_of_the_list_and_comes_back(kind: RecordKind, firm: Firm) -> None:
    record, client = made(kind, 1, actor()), writer(firm, kind)
    assert client.post(kind.url("switch", record.uid), {"seen": 1, "reason": "lost"}).status_code == 302
    assert not find(kind, {}).exists()
    assert find(kind, {"retired": "1"}).get() == record
    again = find(kind, {"retired": "1"}).get()
    restore(kind, again, actor(), seen=2, reason="found")
    assert [one.what for one in history(kind, record)] == [ChangeKind.RESTORED, ChangeKind.RETIRED, ChangeKind.CREATED]
    with pytest.raises(StaleError):
        retire(kind, again, actor(), seen=2, reason="too late")


@pytest.mark.parametrize("language", ["en", "zh-hant"])
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_what_was_exported_comes_back_unchanged(kind: RecordKind, firm: Firm, form: str, language: str) -> None:
    for number in range(3):
        made(kind, number, actor())
    before = Change.objects.count()
    with override(language):
        header, rows = table_of(kind, find(kind, {}))
        data = write_csv(header, rows) if form == "csv" else write_xlsx(header, rows, title="x")
        sheet = read_sheet(data, f"a.{form}")
        planned = dry_run(kind, sheet)
        assert planned.unread == ()
        assert [row.outcome for row in planned.rows] == [Outcome.SAME] * 3, planned
    assert Change.objects.count() == before


@pytest.mark.asvs("2.3.1")
def test_a_sheet_goes_in_through_its_dry_run(kind: RecordKind, firm: Firm) -> None:
    client = writer(firm, kind)
    form = kind.form(sample(kind, 7))
    assert form.is_valid(), form.errors
    header, rows = table_of(kind, [form.instance])
    file = SimpleUploadedFile("records.csv", write_csv(header, rows))
    kept = client.post(kind.url("upload"), {"files": file})
    assert kept.status_code == 302, kept.content
    page = client.get(kept["Location"])
    assert str(form.cleaned_data[kind.key]) in page.content.decode()
    assert not find(kind, {}).exists()
    asked = client.post(kept["Location"], {})
    job = Job.objects.get()
    assert (asked.status_code, asked["Location"]) == (302, f"/jobs/{job.uid}/")
    assert run_here(job).state == JobState.DONE, job.message
    (record,) = find(kind, {})
    assert plain_values(kind, record) == plain_values(kind, form.instance)
    assert "records.csv" in (history(kind, record).get().reason)


def test_one_wrong_row_keeps_the_whole_sheet_out(kind: RecordKind, firm: Firm) -> None:
    header, rows = table_of(kind, [kind.form(sample(kind, 1)).save(commit=False)])
    sheet = read_sheet(write_csv(header, [*rows, *rows]), "twice.csv")
    planned = dry_run(kind, sheet)
    assert [row.outcome for row in planned.rows] == [Outcome.NEW, Outcome.WRONG]
    assert planned.rows[1].problems[0][0] == kind.key
    client = writer(firm, kind)
    kept = client.post(
        kind.url("upload"), {"files": SimpleUploadedFile("twice.csv", write_csv(header, [*rows, *rows]))}
    )
    assert client.post(kept["Location"]).status_code == 200
    assert not find(kind, {}).exists()


def test_a_column_is_found_by_any_of_its_names(kind: RecordKind, firm: Firm) -> None:
    target = target_named(kind.slug)
    names = tuple(one.name for one in kind.fields)
    sheets = [read_sheet(sample_workbook(target, language), "sample.xlsx").header for language in ("en", "zh-hant")]
    for header in (names, *(sheet[: len(names)] for sheet in sheets), tuple(name.upper() for name in names)):
        assert tuple(proposed(target, header).columns.values()) == names


def test_the_api_makes_reads_changes_and_retires(kind: RecordKind, firm: Firm) -> None:
    client, headers = Client(), program(firm, kind)
    form = kind.form(sample(kind, 5))
    assert form.is_valid(), form.errors
    sent = plain_values(kind, form.instance)

    def ask(method: str, path: str, data: Any = None) -> Any:
        body = json.dumps(data) if data is not None else ""
        return client.generic(method, path, body, content_type="application/json", headers=headers)

    created = ask("POST", f"/api/{kind.slug}", sent)
    assert created.status_code == 201, created.content
    one = f"/api/{kind.slug}/{created.json()['uid']}"
    assert {name: created.json()[name] for name in sent} == sent
    assert ask("GET", one).json() == created.json()
    assert ask("GET", f"/api/{kind.slug}?q={sent[kind.key]}").json()["count"] == 1
    changed = ask("PATCH", one, {"version": 1, kind.key: "OTHER-1", "reason": "renamed"})
    assert (changed.json()[kind.key], changed.json()["version"]) == ("OTHER-1", 2)
    assert ask("PATCH", one, {"version": 1, kind.key: "OTHER-2"}).status_code == 409
    assert ask("PATCH", one, {"version": 2, "nothing": 1}).status_code == 422
    assert ask("POST", f"{one}/switch", {"version": 2, "reason": "lost"}).json()["retired_at"]
    assert ask("GET", f"/api/{kind.slug}").json()["count"] == 0


@pytest.mark.asvs("8.2.1")
@pytest.mark.threat("T18")
@pytest.mark.parametrize("role", list(Role))
def test_only_the_declared_roles_see_and_change(kind: RecordKind, firm: Firm, role: Role) -> None:
    record = made(kind, 1, actor())
    client = Client()
    client.force_login(firm.people[role], BACKEND)
    headers = {"Authorization": f"Bearer {firm.tokens[role]}"}
    for page in ("list", "help", "csv", "xlsx"):
        assert (client.get(kind.url(page)).status_code == 200) == (role in kind.readers)
    assert (client.get(kind.url("record", record.uid)).status_code == 200) == (role in kind.readers)
    assert (client.get(f"/api/{kind.slug}", headers=headers).status_code == 200) == (role in kind.readers)
    for page in ("new", "upload", "sample"):
        assert (client.get(kind.url(page)).status_code == 200) == (role in kind.writers)
    assert (client.get(kind.url("edit", record.uid)).status_code == 200) == (role in kind.writers)
    answer = client.post(kind.url("switch", record.uid), {"seen": 1, "reason": "x"})
    assert (answer.status_code == 302) == (role in kind.writers)


@pytest.mark.asvs("8.2.2")
@pytest.mark.threat("T01")
def test_another_organisation_may_use_the_same_key_and_sees_nothing(kind: RecordKind, firm: Firm) -> None:
    record = made(kind, 1, actor())
    other = founded("other", ("beta", "Bussard"))
    with organisation_scope(other.organisation):
        assert not find(kind, {}).exists()
        client = writer(other, kind)
        assert client.get(kind.url("record", record.uid)).status_code == 404
        needed = {one.name for one in kind.fields if one.target is None or one.required}
        form = kind.form({name: value for name, value in sample(kind, 1).items() if name in needed})
        assert form.is_valid(), form.errors
        save(kind, form.instance, other.people[Role.OWNER], seen=0)
        assert find(kind, {}).count() == 1


@pytest.mark.asvs("2.1.1")
def test_help_names_every_field(kind: RecordKind, firm: Firm) -> None:
    page = writer(firm, kind).get(kind.help_url).content.decode()
    for one in kind.fields:
        assert one.name in page
        assert escape(str(one.meaning)) in page


def test_the_list_costs_the_same_queries_for_many_as_for_few(
    kind: RecordKind, firm: Firm, django_assert_max_num_queries: Any
) -> None:
    client = writer(firm, kind)
    for number in range(40):
        made(kind, number, actor())
    client.get(kind.list_url)
    with django_assert_max_num_queries(9):  # six of them for who asks, and what the frame around the page says
        assert client.get(kind.list_url).status_code == 200


def test_a_reason_too_long_for_the_table_is_refused_by_the_api(kind: RecordKind, firm: Firm) -> None:
    record = made(kind, 1, actor())
    body = json.dumps({"version": 1, "reason": "0" * 501})
    path = f"/api/{kind.slug}/{record.uid}/switch"
    answer = Client().post(path, body, content_type="application/json", headers=program(firm, kind))
    assert answer.status_code == 422
