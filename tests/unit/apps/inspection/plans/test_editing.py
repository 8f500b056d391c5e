"""Drafts are begun and their lines written as a whole; what is wrong is said by line and field; the rest is frozen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import translation

from samegauge.apps.inspection.plans.drafting import lot_sampling, plan_from_template, templates, undrafted
from samegauge.apps.inspection.plans.editing import Edit, StaleError, begin, rewrite, stated_lines, version_of
from samegauge.apps.inspection.plans.effectivity import Bounds
from samegauge.apps.inspection.plans.line_forms import options_read
from samegauge.apps.inspection.plans.lines import (
    MOST_LINES,
    Choice,
    Known,
    LinesError,
    PlanLine,
    StepLine,
    StopLine,
    faults_of_plan,
    faults_of_steps,
    faults_of_stops,
)
from samegauge.apps.inspection.plans.models import InspectionPlan, Procedure, Route
from samegauge.apps.inspection.plans.rules import RevisionError, next_revision, release, withdraw
from samegauge.core.measurement.models import Characteristic
from samegauge.core.production.models import Station
from samegauge.core.thread.models import Item
from samegauge.core.vault.rules import keep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from samegauge.apps.inspection.plans.models import Revised
    from samegauge.core.organisations.models import Organisation, Person

pytestmark = pytest.mark.usefixtures("in_scope")

PICTURE = b"\x89PNG\r\n\x1a\n a picture"
FLATNESS = PlanLine(key="flat", name="平面度 Flatness", unit_code="µm", upper_limit=8.0)
LEVEL = StepLine(key="level", kind="value", text="Level", unit_code="µm/m", lower=-20.0, upper=20.0)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def chief(person_with_role: Callable[..., Person], organisation: Organisation) -> Person:
    return person_with_role("quality_manager", organisation)


@pytest.fixture
def model() -> Item:
    return Item.objects.create(number="TT5", name="Machine", kind="machine")


@pytest.fixture
def plan(model: Item, chief: Person) -> InspectionPlan:
    return begin(InspectionPlan(code="FQC-1", item=model, kind="final", title="Final"), chief)


def write(revised: Revised, chief: Person, *lines: Any, **head: str) -> None:
    said = {"title": revised.title, "title_zh": revised.title_zh, "source": getattr(revised, "source", "")} | head
    rewrite(revised, Edit(seen=version_of(revised), lines=lines, **said), chief)


def fields(faults: Any) -> list[tuple[int, str]]:
    return [(fault.line, fault.field) for fault in faults]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"key": ""}, "key"),
        ({"name": " "}, "name"),
        ({"unit_code": ""}, "unit_code"),
        ({"unit_code": "µmm"}, "unit_code"),
        ({"lower_limit": 8.0}, "upper_limit"),
        ({"lower_limit": 9.0, "nominal": 8.5}, "upper_limit"),
        ({"nominal": 8.1}, "nominal"),
        ({"lower_limit": 0.0, "nominal": -0.1}, "nominal"),
        ({"upper_limit": float("nan")}, "upper_limit"),
        ({"upper_limit": float("inf")}, "upper_limit"),
        ({"resolution": 0.0}, "resolution"),
        ({"frequency": "nth"}, "every_n"),
        ({"frequency": "nth", "every_n": 1}, "every_n"),
        ({"frequency": "lot", "sample_size": 5}, "sample_acceptance"),
        ({"frequency": "lot", "sample_acceptance": 0}, "sample_size"),
        ({"frequency": "lot", "sample_size": 5, "sample_acceptance": 5}, "sample_acceptance"),
        ({"frequency": "sometimes"}, "frequency"),
        ({"chart": "pie"}, "chart"),
        ({"instrument_kind": "nose"}, "instrument_kind"),
        ({"reaction": "x" * 501}, "reaction"),
        ({"name": "a\x00b"}, "name"),
        ({"every_n": 10**9}, "every_n"),
    ],
)
def test_a_characteristic_that_cannot_be_is_named_by_line_and_field(change: dict[str, Any], field: str) -> None:
    lines = [FLATNESS, replace(FLATNESS, key="b"), replace(FLATNESS, **{"key": "c", **change})]
    assert (3, field) in fields(faults_of_plan(lines, Known()))
    assert faults_of_plan(lines[:2], Known()) == []


def test_a_fault_says_where_it_is_and_both_numbers() -> None:
    (fault,) = faults_of_plan([replace(FLATNESS, lower_limit=9.0)], Known())
    assert (
        str(fault) == "Line 1, Upper limit: 8\N{NO-BREAK SPACE}µm is not above the lower limit, 9\N{NO-BREAK SPACE}µm."
    )
    with translation.override("zh-hant"):
        (fault,) = faults_of_plan([replace(FLATNESS, lower_limit=9.0)], Known())
        assert str(fault).startswith("第 1 項「上限」：")


def test_a_short_name_stands_once_whatever_its_case() -> None:
    assert fields(faults_of_plan([FLATNESS, replace(FLATNESS, key="FLAT")], Known())) == [(2, "key")]
    assert fields(faults_of_steps([LEVEL, LEVEL], Known())) == [(2, "key")]


def test_a_revision_has_no_more_lines_than_a_page_can_show() -> None:
    lines = [replace(FLATNESS, key=f"k{place}") for place in range(MOST_LINES + 1)]
    assert fields(faults_of_plan(lines, Known())) == [(MOST_LINES + 1, "key")]


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (replace(LEVEL, unit_code=""), "unit_code"),
        (replace(LEVEL, lower=20.0), "upper"),
        (replace(LEVEL, nominal=21.0), "nominal"),
        (replace(LEVEL, decimals=7), "decimals"),
        (replace(LEVEL, kind="dance"), "kind"),
        (StepLine(key="a", text=""), "text"),
        (StepLine(key="a", text="Fit", kind="part"), "item"),
        (StepLine(key="a", text="Fit", kind="part", item="NONE"), "item"),
        (StepLine(key="a", text="Sign", kind="signature"), "meaning"),
        (StepLine(key="a", text="Choose", kind="choice", choices=(Choice("a", "A"),)), "choices"),
        (StepLine(key="a", text="Choose", kind="choice", choices=(Choice("a", "A"), Choice("a", "B"))), "choices"),
        (StepLine(key="a", text="Choose", kind="choice", choices=(Choice("a", "A"), Choice("b", ""))), "choices"),
        (StepLine(key="a", text="Look", picture="0" * 64), "picture"),
    ],
)
def test_a_step_needs_what_its_kind_asks_for(line: StepLine, field: str) -> None:
    assert fields(faults_of_steps([line], Known(items=frozenset({"SH-22"})))) == [(1, field)]


def test_choices_that_all_stop_the_machine_are_refused() -> None:
    choices = (Choice("a", "A", passes=False), Choice("b", "B", passes=False))
    assert fields(faults_of_steps([StepLine(key="a", text="?", kind="choice", choices=choices)], Known()))


def test_a_route_names_stations_and_procedures_that_there_are_and_meets_a_machine_once() -> None:
    known = Known(stations=frozenset({"S01", "S02"}), procedures=frozenset({"P"}))
    good = [
        StopLine("S01", 1, "P", {"magazine": ["30"]}),
        StopLine("S01", 1, "P", {"magazine": ["40", "60"]}),
        StopLine("S02", 2, "P"),
    ]
    assert faults_of_stops(good, known) == []
    assert fields(faults_of_stops([StopLine("S09", 1, "Q")], known)) == [(1, "station"), (1, "procedure_code")]
    assert fields(faults_of_stops([good[2], good[0]], known)) == [(2, "sequence")]
    assert fields(faults_of_stops([good[2], StopLine("S02", 3, "P", {"probe": ["yes"]})], known)) == [(2, "only_with")]
    assert fields(faults_of_stops([StopLine("S01", 1, "P", {"magazine": []})], known)) == [(1, "only_with")]


def test_options_are_read_with_the_punctuation_of_both_languages() -> None:
    assert options_read("magazine: 40, 60; probe: yes") == {"magazine": ["40", "60"], "probe": ["yes"]}
    assert options_read("刀庫：40、60；探頭：有") == {"刀庫": ["40", "60"], "探頭": ["有"]}
    assert options_read(" ") == {}


def test_a_code_begins_once(plan: InspectionPlan, chief: Person) -> None:
    assert (plan.revision, plan.state, plan.drafted_by, plan.lines.count()) == (1, "draft", chief, 0)
    with pytest.raises(RevisionError, match="make its next revision"):
        begin(InspectionPlan(code="FQC-1", item=plan.item, kind="final", title="Again"), chief)


def test_the_lines_of_a_draft_are_written_as_a_whole_or_not_at_all(plan: InspectionPlan, chief: Person) -> None:
    runout = PlanLine(key="run", name="偏擺 Run-out", unit_code="µm", upper_limit=5.0, frequency="lot")
    write(plan, chief, FLATNESS, runout, title="Final, new", source="ISO 10791-1")
    assert [line.characteristic.key for line in plan.lines.all()] == ["flat", "run"]
    assert plan.lines.all()[1].sampling == lot_sampling()
    with pytest.raises(LinesError) as refusal:
        write(plan, chief, runout, replace(FLATNESS, unit_code="furlong"), title="")
    assert fields(refusal.value.faults) == [(0, "title"), (2, "unit_code")]
    plan.refresh_from_db()
    assert ([line.key for line in stated_lines(plan)], plan.title) == (["flat", "run"], "Final, new")
    write(plan, chief, *reversed(stated_lines(plan)))
    assert [line.key for line in stated_lines(plan)] == ["run", "flat"]
    assert Characteristic.objects.count() == 2


def test_nobody_writes_over_what_somebody_else_wrote_meanwhile(plan: InspectionPlan, chief: Person) -> None:
    seen = version_of(plan)
    write(plan, chief, FLATNESS)
    with pytest.raises(StaleError, match=r"has changed FQC-1 rev\. 1 meanwhile"):
        rewrite(plan, Edit(seen=seen, title="Mine", title_zh="", lines=[]), chief)
    assert [line.key for line in stated_lines(plan)] == ["flat"]


def test_a_released_or_withdrawn_revision_is_not_rewritten(plan: InspectionPlan, chief: Person) -> None:
    write(plan, chief, FLATNESS)
    drafted = InspectionPlan.objects.get(pk=plan.pk)  # as somebody read it before the release
    edit = Edit(seen=version_of(drafted), title="Changed", title_zh="", lines=[])
    release(plan, chief, Bounds())
    with pytest.raises(RevisionError, match="no draft any more"):
        rewrite(drafted, edit, chief)
    withdraw(plan, chief, "wrong")
    with pytest.raises(RevisionError, match="no draft any more"):
        rewrite(plan, replace(edit, seen=version_of(plan)), chief)
    plan.refresh_from_db()
    assert (plan.title, [line.key for line in stated_lines(plan)]) == ("Final", ["flat"])


def test_another_limit_is_another_characteristic_so_that_the_released_one_keeps_its_own(
    plan: InspectionPlan, chief: Person
) -> None:
    write(plan, chief, FLATNESS, replace(FLATNESS, key="other"))
    release(plan, chief, Bounds())
    second = next_revision(plan, chief, "tighter")
    flat, other = stated_lines(second)
    write(second, chief, replace(flat, upper_limit=6.0), other)
    assert [line.upper_limit for line in stated_lines(plan)] == [8.0, 8.0]
    assert [line.upper_limit for line in stated_lines(second)] == [6.0, 8.0]
    assert stated_lines(second)[1].characteristic_uid == other.characteristic_uid
    flat, other = stated_lines(second)
    write(second, chief, replace(flat, upper_limit=5.0), other)
    assert (Characteristic.objects.count(), undrafted()) == (3, [])  # the limit of 6 µm binds nobody and is gone
    write(second, chief, replace(stated_lines(second)[0], upper_limit=8.0), other)
    assert stated_lines(second)[0].characteristic_uid == stated_lines(plan)[0].characteristic_uid


def test_a_draft_from_a_template_is_changed_and_what_was_taken_out_is_no_loose_end(model: Item, chief: Person) -> None:
    made = plan_from_template(model, templates()["casting"], chief)
    lines = stated_lines(made)
    write(made, chief, replace(lines[0], upper_limit=230.0, assumed=False), *lines[2:])
    first = made.lines.all()[0]
    assert (first.characteristic.unit_code, first.characteristic.upper_limit, first.assumed) == ("HB", 230.0, False)
    assert undrafted() == []


def test_an_imported_characteristic_keeps_its_unit_and_is_never_deleted(plan: InspectionPlan, chief: Person) -> None:
    brought = Characteristic.objects.create(
        item=plan.item, plan="BOX", inspection_kind="final", key="d1", name="D", kind="Diameter", unit_code="qwerty"
    )
    line = PlanLine(key="d1", name="D", unit_code="qwerty", characteristic_uid=brought.uid)
    write(plan, chief, line)
    assert plan.lines.get().characteristic == brought
    other = Characteristic.objects.create(
        item=Item.objects.create(number="X"), plan="P", inspection_kind="final", key="k", name="K", unit_code="mm"
    )
    with pytest.raises(LinesError, match="no such characteristic"):
        write(plan, chief, replace(line, characteristic_uid=other.uid))
    write(plan, chief)
    assert Characteristic.objects.filter(pk=brought.pk).exists()


def test_steps_keep_what_their_kind_uses(model: Item, chief: Person) -> None:
    made = begin(Procedure(code="SOP-1", item=model, title="Rails"), chief)
    Item.objects.create(number="SH-22", name="Head")
    stored = keep(PICTURE, "rail.png")
    choices = (Choice("y", "Yes", "是"), Choice("n", "No", "否", passes=False))
    lines = [
        replace(LEVEL, meaning="left from another kind", picture=stored.sha256),
        StepLine(key="fit", kind="part", text="Fit", text_zh="裝上", item="SH-22", position="Z", unit_code="mm"),
        StepLine(key="ok", kind="choice", text="?", choices=choices),
        StepLine(key="sign", kind="signature", text="Sign", meaning="Done", required=False),
    ]
    write(made, chief, *lines)
    level, fit, choice, sign = made.steps.all()
    assert (level.meaning, level.picture, level.upper, level.sequence) == ("", stored, 20.0, 1)
    assert (fit.item and fit.item.number, fit.position, fit.unit_code, fit.decimals) == ("SH-22", "Z", "", 1)
    assert [one["passes"] for one in choice.choices] == [True, False]
    assert (sign.meaning, sign.required, sign.sequence) == ("Done", False, 4)
    release(made, chief, Bounds())
    assert next_revision(made, chief, "more").steps.get(key="level").picture == stored


def test_a_step_measures_in_the_unit_of_its_characteristic(model: Item, chief: Person) -> None:
    made = begin(Procedure(code="SOP-1", item=model, title="Rails"), chief)
    one = Characteristic.objects.create(
        item=model, plan="P", inspection_kind="final", key="k", name="K", unit_code="mm"
    )
    with pytest.raises(LinesError, match="measured in mm"):
        write(made, chief, replace(LEVEL, characteristic_uid=one.uid))
    write(made, chief, replace(LEVEL, unit_code="mm", characteristic_uid=one.uid))
    assert made.steps.get().characteristic == one


def test_the_places_of_a_route_count_without_gaps(model: Item, chief: Person) -> None:
    begin(Procedure(code="P", item=model, title="P"), chief)
    for code in ("S01", "S02", "S03"):
        Station.objects.create(code=code, name=code)
    route = begin(Route(code="R", item=model, title="Route"), chief)
    write(
        route, chief, StopLine("S01", 10, "P"), StopLine("S02", 10, "P"), StopLine("S03", 30, "P", {"probe": ["yes"]})
    )
    assert [(stop.station.code, stop.sequence) for stop in route.stops.all()] == [("S01", 1), ("S02", 1), ("S03", 2)]
    assert route.stops.get(sequence=2).only_with == {"probe": ["yes"]}
