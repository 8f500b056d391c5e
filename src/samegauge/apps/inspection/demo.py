"""The simulated company's gauges."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from samegauge.apps.inspection.models import Instrument
from samegauge.core.demo.chapters import declare_chapter
from samegauge.simulators.builder.streams import Streams

if TYPE_CHECKING:
    from samegauge.core.demo.books import Books
    from samegauge.simulators.builder.records import Company

# Number, designation, kind, range [mm], resolution [µm], expanded uncertainty [µm], place; all of them assumed.
GAUGES = (
    ("LV-01", "Precision level 0.02 mm/m", "level", 200.0, None, None, "S01"),
    ("LV-02", "Electronic level", "level", 150.0, None, None, "S03"),
    ("SQ-01", "Granite square 500 mm", "square", 500.0, None, 1.5, "S47"),
    ("SQ-02", "Granite square 500 mm", "square", 500.0, None, 1.5, "S48"),
    ("DI-01", "Lever indicator", "dial_indicator", 0.4, 1.0, 0.8, "S12"),
    ("DI-02", "Lever indicator", "dial_indicator", 0.4, 1.0, 0.8, "S30"),
    ("DI-03", "Lever indicator", "dial_indicator", 0.4, 1.0, 0.8, "S31"),
    ("TW-01", "Torque wrench 500 N·m", "torque_wrench", None, None, None, "S08"),
    ("TW-02", "Torque wrench 500 N·m", "torque_wrench", None, None, None, "S09"),
    ("TW-03", "Torque wrench 100 N·m", "torque_wrench", None, None, None, "S22"),
    ("BB-01", "Ball bar 150 mm", "ball_bar", 150.0, 0.1, 0.5, "S53"),
    ("LI-01", "Laser interferometer", "laser", 40000.0, 0.001, None, "S54"),
    ("MI-01", "Micrometer 0–25 mm", "micrometer", 25.0, 1.0, 1.0, "IQC"),
    ("CA-01", "Caliper 300 mm", "caliper", 300.0, 10.0, 20.0, "IQC"),
    ("CM-01", "Coordinate measuring machine", "cmm", 1200.0, 0.1, 1.8, "IQC"),
)
CALIBRATED_EVERY = timedelta(days=365)
OVERDUE_AT_THE_END = {"SQ-02": timedelta(days=6), "TW-02": timedelta(days=2)}


def write_gauges(books: Books, company: Company) -> int:
    """Write each gauge as last calibrated; at the end of the two years two of them are overdue."""
    rows = []
    for number, name, sort, range_mm, resolution_um, uncertainty_um, place in GAUGES:
        days_left = int(Streams(company.seed).named("gauge", number).integers(12, 330))
        due = company.end.date() + timedelta(days=days_left)
        if number in OVERDUE_AT_THE_END:
            due = company.end.date() - OVERDUE_AT_THE_END[number]
        rows.append(
            Instrument(
                organisation=books.organisation,
                number=number,
                name=name,
                kind=sort,
                range_mm=range_mm,
                resolution_um=resolution_um,
                uncertainty_um=uncertainty_um,
                place=place,
                calibrated_on=due - CALIBRATED_EVERY,
                due_on=due,
            )
        )
    return len(Instrument.objects.bulk_create(rows))


declare_chapter("instruments", write_gauges)
