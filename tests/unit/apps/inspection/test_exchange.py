"""Records out as QIF and AQDEF, and in again: the same records, and nothing twice."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from aqdef_samples import dfq
from django.test import Client
from django.urls import reverse
from qif_samples import qif
from qif_schema import assert_valid
from support.import_here import rows_by_model, take_in

from samegauge.apps.inspection.exchange import Asked, ExchangeError, exported
from samegauge.cli.main import main
from samegauge.core.intake.batches import undo
from samegauge.core.intake.models import ImportBatch
from samegauge.core.measurement.models import Characteristic, Inspection, Measurement
from samegauge.core.organisations.models import Role
from samegauge.core.scope import organisation_scope
from samegauge.core.thread.rules import Recorder
from samegauge.formats.aqdef import parse_aqdef
from samegauge.formats.qif import parse_qif

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from samegauge.core.organisations.models import Organisation, Person

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
MORE = "".join(
    f"K0001/1 40,00{place}\nK0002/1 0\nK0004/1 21.11.2026/1{place}:30:00\nK0014/0 SH-40-10{place}\n"
    for place in range(8)
)


def records() -> list[Any]:
    """All that was measured, by what people call it."""
    fields = ("inspection__unit__serial", "inspection__unit__item__number", "inspection__plan", "inspection__kind")
    fields += ("characteristic__name", "characteristic__unit_code", "characteristic__nominal", "actual", "stated")
    fields += ("characteristic__lower_limit", "characteristic__upper_limit", "characteristic__geometry")
    fields += ("instrument", "operator", "measured_at", "expanded_uncertainty", "characteristic__datums")
    return sorted(Measurement.objects.values_list(*fields), key=repr)


@pytest.mark.parametrize("form", ["qif", "aqdef"])
def test_what_goes_out_comes_in_again_as_the_same_records(in_scope: Organisation, form: str) -> None:
    report = take_in("aqdef", {"values.dfq": dfq() + MORE.encode()})
    before = records()
    made = exported(form, Asked(item="SH-40"), AT)
    assert (made.characteristics, made.inspections, made.values, made.left_out) == (3, 10, 14, ())
    undo(ImportBatch.objects.get(uid=report["import"]), "out and in", Recorder(actor_name="quality manager"))
    assert records() == []
    again = take_in(form, {made.name: made.content})
    assert (again["refused"], again["inspections"]) == ([], 10)
    assert records() == before
    assert Characteristic.objects.count() == 3


def test_aqdef_that_went_out_and_comes_back_adds_nothing(in_scope: Organisation) -> None:
    take_in("aqdef", {"values.dfq": dfq()})
    made = exported("aqdef", Asked(), AT)
    before = rows_by_model()
    assert take_in("aqdef", {made.name: made.content})["inspections"] == 0
    assert rows_by_model() == before


def test_qif_holds_plan_results_and_statistics_and_its_schema_takes_it(in_scope: Organisation) -> None:
    take_in("aqdef", {"values.dfq": dfq() + MORE.encode()})
    made = exported("qif", Asked(item="SH-40"), AT)
    assert_valid(made.content)
    document = parse_qif(made.content, made.name)
    assert (document.part_name, document.model_name, len(document.results)) == ("SH-40", "主軸殼", 10)
    bore = document.capabilities[0]
    assert (bore.n, bore.subgroup_size, bore.characteristic_key) == (10, 1, document.characteristics[0].key)
    assert bore.cpk is not None
    method = json.loads(bore.method)
    assert (method["sample_size"], bool(method["estimator"]), method["data_hash"][:7]) == (10, True, "sha256:")


def test_results_of_another_maker_keep_their_geometry(in_scope: Organisation) -> None:
    report = take_in("qif", {"results.qif": qif()})
    before = records()
    item = Inspection.objects.get().unit.item.number
    made = exported("qif", Asked(item=item), AT)
    undo(ImportBatch.objects.get(uid=report["import"]), "out and in", Recorder(actor_name="quality manager"))
    take_in("qif", {made.name: made.content})
    assert records() == before
    assert Characteristic.objects.count() == 3
    position = next(one for one in parse_qif(made.content, "x").characteristics if one.kind == "Position")
    assert (position.datum_reference, position.material_condition, position.zone) == ("A|B(M)", "MAXIMUM", 0.5)


def test_units_that_qif_does_not_know_are_turned_or_named(in_scope: Organisation) -> None:
    text = dfq(("K2142/2 mm", "K2142/2 µm"), ("K2142/1 mm", "K2142/1 N·m"))
    take_in("aqdef", {"values.dfq": text})
    before = records()
    document = parse_qif(exported("qif", Asked(), AT).content, "x")
    torque, parallel = document.characteristics[:2]
    assert (torque.unit, torque.upper_limit, parallel.unit, parallel.upper_limit) == ("N·m", 40.01, "mm", 0.00002)
    Characteristic.objects.filter(key="D1").update(lower_limit=None, upper_limit=None)
    made = exported("qif", Asked(), AT)
    assert (made.left_out, made.characteristics) == (("前軸承孔徑",), 2)
    assert records() != before


def test_what_does_not_fit_one_file_is_said(in_scope: Organisation) -> None:
    take_in("aqdef", {"values.dfq": dfq()})
    take_in("qif", {"results.qif": qif()})
    with pytest.raises(ExchangeError, match="one plan of one item") as several:
        exported("qif", Asked(), AT)
    assert "SH-40 / 主軸殼" in several.value.message_zh
    with pytest.raises(ExchangeError, match="No characteristic fits"):
        exported("aqdef", Asked(item="nothing"), AT)
    assert exported("aqdef", Asked(), AT).characteristics == 6
    one = exported("aqdef", Asked(serial="SH-40-002"), AT)
    assert (one.name, one.inspections) == ("SH-40-002.dfq", 1)


def test_the_command_writes_the_file_and_says_what_is_in_it(
    in_scope: Organisation, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    take_in("aqdef", {"values.dfq": dfq()})
    target = tmp_path / "out.dfq"
    assert main(["export", "aqdef", str(target), "--item", "SH-40", "--json"]) == 0
    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (said["characteristics"], said["inspections"], said["bytes"]) == (3, 2, target.stat().st_size)
    assert parse_aqdef(target, "x").parts[0].number == "SH-40"
    assert main(["export", "qif", str(tmp_path / "out.qif"), "--plan", "no such", "--json"]) == 1
    assert "error_zh" in json.loads(capsys.readouterr().out.splitlines()[-1])
    assert not (tmp_path / "out.qif").exists()


def test_the_page_and_the_interface_give_the_file(
    organisation: Organisation, person_with_role: Callable[..., Person]
) -> None:
    with organisation_scope(organisation):
        take_in("aqdef", {"values.dfq": dfq()})
    client = Client()
    client.force_login(person_with_role(Role.INSPECTOR, organisation))
    page = client.get(reverse("inspection_data", args=["qif"]), {"item": "SH-40"})
    assert page.headers["Content-Disposition"] == 'attachment; filename="SH-40.qif"'
    assert parse_qif(page.content, "x").part_name == "SH-40"
    answer = client.get("/api/inspection-data/aqdef", {"item": "SH-40"})
    assert parse_aqdef(answer.content, "x").parts[0].name == "主軸殼"
    assert client.get("/api/inspection-data/qif", {"item": "none"}).status_code == 400
    assert client.get(reverse("inspection_data", args=["pdf"])).status_code == 400
