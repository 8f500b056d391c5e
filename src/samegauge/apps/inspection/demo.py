"""The simulated company's gauges, their certificates and their studies."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from samegauge.apps.inspection.gauge_readings import as_file
from samegauge.apps.inspection.gauge_rules import StudyOf, study_fields
from samegauge.apps.inspection.gauge_simulated import gauge_studies
from samegauge.apps.inspection.gauge_studies import Asked
from samegauge.apps.inspection.models import AsFound, Calibration, Instrument, InstrumentStudy, QualityLimits
from samegauge.core.demo.books import RECORDED_BY
from samegauge.core.demo.chapters import declare_chapter
from samegauge.core.partners.models import Partner, PartnerKind
from samegauge.core.vault.rules import keep
from samegauge.simulators.builder.streams import Streams

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    ("FG-01", "Feeler gauge 0.03 mm", "other", 0.03, None, 2.0, "S03"),
)
CALIBRATED_EVERY = timedelta(days=365)
OVERDUE_AT_THE_END = {"SQ-02": timedelta(days=6), "TW-02": timedelta(days=2)}
FOUND_OUT = "SQ-01"


def write_gauges(books: Books, company: Company) -> int:
    """Write each gauge as last calibrated; at the end of the two years two of them are overdue."""
    laboratory = Partner.objects.get(kind=PartnerKind.LABORATORY)
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
                calibrated_by=laboratory,
            )
        )
    gauges = Instrument.objects.bulk_create(rows)
    Calibration.objects.bulk_create(certificate for gauge in gauges for certificate in _certificates(gauge, laboratory))
    return len(gauges)


def _certificates(gauge: Instrument, laboratory: Partner) -> Iterator[Calibration]:
    """The present one and the one before it; one gauge was found out of tolerance by the present one."""
    due = gauge.due_on
    assert due is not None  # noqa: S101 - written above
    for back in (1, 0):
        until = due - back * CALIBRATED_EVERY
        on = until - CALIBRATED_EVERY
        out = gauge.number == FOUND_OUT and not back
        yield Calibration(
            organisation=gauge.organisation,
            instrument=gauge,
            calibrated_on=on,
            due_on=until,
            laboratory=laboratory,
            certificate_number=f"CAL-{gauge.number}-{on.year}",
            expanded_uncertainty_um=gauge.uncertainty_um,
            as_found=AsFound.OUT if out else AsFound.WITHIN,
            note="Squareness 3.1 µm beyond its tolerance, lapped and measured again 直角度超出允差 3.1 µm，研磨後重測"
            if out
            else "",
            recorded_at=datetime.combine(on, time(4), tzinfo=UTC),
            actor_name=f"{RECORDED_BY} · QC-1",
            simulated=True,
        )


def write_studies(books: Books, company: Company) -> int:
    """Record the studies through the rules of the product, so that what they say is computed and not written down."""
    for number, kind, days_back, unit, given, readings in gauge_studies(company.seed):
        performed_on = company.end.date() - timedelta(days=days_back)
        about = StudyOf(
            Instrument.objects.get(number=number),
            kind,
            performed_on,
            keep(as_file(readings), f"{number}-{kind}-{performed_on}.csv"),
            unit_code=unit,
            simulated=True,
        )
        fields = study_fields(about, readings, Asked.by(QualityLimits(), **given))
        InstrumentStudy.objects.create(**fields, actor_name=f"{RECORDED_BY} · QC-2")
    return InstrumentStudy.objects.filter(organisation=books.organisation).count()


declare_chapter("instruments", write_gauges)
declare_chapter("gauge studies", write_studies)
