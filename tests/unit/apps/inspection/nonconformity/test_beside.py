"""On the pages of a part and of its inspections stand its reports, the way to a new one, and its values as files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from unit.apps.inspection.nonconformity.conftest import NOW

from samegauge.apps.inspection.nonconformity import rules
from samegauge.apps.inspection.nonconformity.models import Source
from samegauge.apps.inspection.plans.drafting import plan_from_characteristics
from samegauge.apps.inspection.plans.effectivity import Bounds
from samegauge.apps.inspection.plans.rules import release
from samegauge.core.measurement.beside import Shown, beside
from samegauge.core.measurement.models import Measurement
from samegauge.core.organisations.models import Role
from samegauge.core.thread.rules import Recorder

if TYPE_CHECKING:
    from django.test import Client
    from unit.apps.inspection.nonconformity.conftest import Works


def test_a_part_shows_the_reports_that_name_it_or_its_lot(works: Works) -> None:
    part, other = works.part("B-1", works.lot), works.part("B-2", works.lot)
    own = works.report(part)
    found = rules.Found("Whole lot", Source.LOT, NOW, lots=(works.lot,))
    of_lot = rules.open_report(found, Recorder(actor=works.inspector))
    shown = {unit: beside(Shown(unit, Role.INSPECTOR)) for unit in (part, other, works.machine)}
    numbers = {
        unit.serial: {row[0].text for one in tables.tables for row in one.rows} for unit, tables in shown.items()
    }
    assert numbers == {"B-1": {own.number, of_lot.number}, "B-2": {of_lot.number}, "M-1": set()}
    assert shown[works.machine].tables == ()


def test_only_who_may_record_is_shown_the_way_to_a_new_report(works: Works) -> None:
    part = works.part("B-1")
    inspection = works.inspected(part, "fail")
    for role, count in ((Role.INSPECTOR, 1), (Role.GUEST, 0)):
        for shown in (Shown(part, role), Shown(part, role, inspection)):
            ways = [one.url for one in beside(shown).actions if "nonconformities" in one.url]
            assert len(ways) == count
    (way,) = [one.url for one in beside(Shown(part, Role.OWNER, inspection)).actions if "nonconformities" in one.url]
    assert way.endswith(f"?inspection={inspection.uid}")


def test_an_inspection_leads_to_its_files_and_to_the_plan_that_holds(works: Works, client: Client) -> None:
    part = works.part("B 1/ß")
    inspection = works.inspected(part, "fail")
    plan = plan_from_characteristics(works.item, "IQC", works.engineer)
    assert [one.label for one in beside(Shown(part, Role.GUEST, inspection)).actions] == ["QIF", "AQDEF"]
    release(plan, works.engineer, Bounds("B 1"))
    actions = {one.label: one.url for one in beside(Shown(part, Role.GUEST, inspection)).actions}
    assert sorted(actions) == ["AQDEF", "IQC-BRG rev. 1", "QIF"]
    client.force_login(works.inspector)
    for label in ("QIF", "AQDEF"):
        assert client.get(actions[label]).status_code == 200
    page = client.get(f"/inspections/{inspection.uid}/").content.decode()
    assert actions["IQC-BRG rev. 1"] in page
    Measurement.objects.filter(inspection=inspection).update(actual=None)
    assert not {"QIF", "AQDEF"} & {one.label for one in beside(Shown(part, Role.GUEST, inspection)).actions}


def test_a_report_from_an_alarm_is_filled_in(works: Works, client: Client) -> None:
    client.force_login(works.inspector)
    part, row = works.part("B-1"), works.characteristic()
    for more, serials in (({"unit": part.uid}, "B-1"), ({}, "")):
        asked = {"characteristic": row.uid, **more}
        page = client.get("/nonconformities/new/", asked, headers={"accept-language": "en"})
        title = "bore: the process is out of control"
        assert page.context["form"].initial == {"quantity": 1, "serials": serials, "title": title}
