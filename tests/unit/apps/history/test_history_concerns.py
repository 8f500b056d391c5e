"""Imports that are not whole, work that failed, and lots that stand out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import translation

from samegauge.apps.history.concerns import _find_imports, _find_jobs, _find_lots
from samegauge.core.attention.models import Severity
from samegauge.core.intake.models import ImportBatch, ImportedFile
from samegauge.core.jobs.models import Job
from samegauge.core.measurement.models import Characteristic, Inspection, Measurement
from samegauge.core.thread.models import AsBuiltEdge, Event, Item, Lot, LotKind, Unit
from samegauge.core.thread.rules import Fact, Recorder, record_all
from samegauge.core.vault.rules import keep

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.usefixtures("in_scope")

NOW = datetime.now(UTC)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


def batch_with(name: str, outcome: str, **more: Any) -> ImportBatch:
    batch = ImportBatch.objects.create(kind="shdr", source=name)
    ImportedFile.objects.create(batch=batch, name=name, sha256="0" * 64, outcome=outcome, **more)
    return batch


def test_a_refused_file_is_named_until_it_came_in_or_the_import_was_undone() -> None:
    batch_with("again.txt", "refused", reason="Cut short.", reason_zh="檔案不完整。")
    (finding,) = _find_imports()
    assert (finding.said(), finding.evidence()) == ("Refused: again.txt", "Cut short.")
    batch_with("again.txt", "in")
    undone = batch_with("other.txt", "refused")
    ImportBatch.objects.filter(pk=undone.pk).update(undone_at=NOW)
    assert list(_find_imports()) == []


def test_lines_that_were_set_aside_are_counted() -> None:
    batch_with("log.txt", "in", quarantined=[{"line": 1}, {"line": 9}])
    (finding,) = _find_imports()
    assert finding.said() == "2 lines were set aside: log.txt"


def test_failed_work_is_named_until_it_was_done() -> None:
    failed = Job.objects.create(
        kind="import", arguments={"a": 1}, state="failed", message="Cut short.", finished_at=NOW
    )
    old = Job.objects.create(kind="import", arguments={"a": 2}, state="failed")
    Job.objects.filter(pk=old.pk).update(requested_at=NOW - timedelta(days=31))
    (finding,) = _find_jobs()
    assert (finding.cause, finding.evidence()) == (str(failed.uid), "Cut short.")
    Job.objects.create(kind="import", arguments={"a": 1}, state="done")
    assert list(_find_jobs()) == []


def _built_in(item: Item, lot: str, count: int, taken_out_after_days: int | None) -> None:
    made = Lot.objects.create(number=lot, kind=LotKind.DELIVERY, item=item)
    group = Unit.objects.create(
        serial=f"G-{lot}", item=Item.objects.get_or_create(number="G", name="Group", kind="assembly")[0]
    )
    units = [Unit.objects.create(serial=f"{lot}-{place}", item=item, lot=made) for place in range(count)]
    since = NOW - timedelta(days=400)
    until = since + timedelta(days=taken_out_after_days) if taken_out_after_days else None
    events = record_all([Fact("installed", since, {}, unit=unit) for unit in units], Recorder(actor_name="test"))
    for unit, event in zip(units, events, strict=True):
        AsBuiltEdge.objects.create(
            parent=group, child=unit, valid_from=since, valid_to=until, installed_event=event, position=unit.serial
        )


def test_a_lot_whose_parts_are_taken_out_more_often_stands_out() -> None:
    bearing = Item.objects.create(number="BRG", name="Bearing", kind="part")
    _built_in(bearing, "L1", 8, None)
    _built_in(bearing, "L2", 7, 100)
    (finding,) = _find_lots()
    assert finding.said() == "Parts of lot L2 (BRG) are taken out more often"
    assert finding.severity == Severity.WARNING, "none is left in a machine"
    assert "7 of 7 in 700 part-days; other lots 0 in 3,200." in finding.evidence()


def test_a_heat_treatment_after_which_something_else_is_measured_stands_out() -> None:
    bed = Item.objects.create(number="BED", name="Bed", kind="casting")
    stress = Characteristic.objects.create(
        item=bed,
        plan="IQC",
        inspection_kind="incoming",
        key="stress",
        name="Residual stress",
        kind="x",
        unit_code="MPa",
    )
    source, recorder = keep(b"results", "results.json"), Recorder(actor_name="test")
    for place in range(16):
        unit = Unit.objects.create(serial=f"BED-{place}", item=bed)
        batch = "HT-2" if place < 4 else "HT-1"
        event: Event = record_all([Fact("heat_treated", NOW, {"batch": batch}, unit=unit)], recorder)[0]
        inspection = Inspection.objects.create(
            unit=unit, kind="incoming", plan="IQC", reported_at=NOW, time_basis="stated", position_in_source=place,
            source=source, verdict="pass", confidence="stated", event=event,
        )  # fmt: skip
        value = (75.0 if place < 4 else 45.0) + (place * 7 % 5)
        Measurement.objects.create(
            inspection=inspection, characteristic=stress, actual=value, stated="pass", recomputed="pass"
        )
    (finding,) = _find_lots()
    assert finding.said() == "After heat treatment HT-2 something else is measured: Residual stress"
    assert "in 4 parts, against 12 others; p < 0.001." in finding.evidence()
