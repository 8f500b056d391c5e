"""The measuring machine's own capability reports: an outside figure to hold ours against."""

from __future__ import annotations

from typing import TYPE_CHECKING

from samegauge.core.intake.package import item_of_part, part_in
from samegauge.core.measurement.models import ReportedCapability
from samegauge.formats.capability_report import parse_capability_report

if TYPE_CHECKING:
    from samegauge.core.intake.run import Intake
    from samegauge.core.intake.sources import Source


def take_in_capability(source: Source, intake: Intake) -> None:
    """Keep what the report says of each characteristic; it is compared, never mixed, with what we compute."""
    report = parse_capability_report(source.file, source.name)
    item = item_of_part(part_in(source.name))
    ReportedCapability.objects.bulk_create(
        [
            ReportedCapability(
                item=item,
                feature=row.feature[:200],
                name=row.characteristic[:200],
                nominal_mm=row.nominal_mm,
                lower_tolerance_mm=row.lower_tolerance_mm,
                upper_tolerance_mm=row.upper_tolerance_mm,
                n=row.n,
                mean_mm=row.mean_mm,
                pp=row.pp,
                ppk=row.ppk,
                values_mm=list(row.values_mm),
                source=source.stored,
                batch=intake.batch,
            )
            for row in report.rows
        ]
    )
