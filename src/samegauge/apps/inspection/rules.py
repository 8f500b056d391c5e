"""What the values of a characteristic say: run chart, capability, and what others computed from the same parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef

from samegauge.core.measurement.models import Conformity, Inspection, Measurement, ReportedCapability
from samegauge.core.thread.models import Event
from samegauge.engines.errors import EngineError
from samegauge.engines.spc.capability.judgement import Judgement, judged_capability
from samegauge.engines.spc.charts.individuals import IndividualsChart, individuals_chart
from samegauge.quantities.errors import QuantityError
from samegauge.quantities.tolerance import Limits

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from samegauge.core.measurement.models import Characteristic
    from samegauge.engines.spc.capability.normal import Capability

GOAL = 1.33
# The event that records what was decided about a part that does not conform.
DECIDED = "disposition"


@dataclass(frozen=True)
class Study:
    """A characteristic's standing values in order of the parts, and what was computed from them.

    `chart` and `judgement` are None where they do not exist; `refusal` then says why, in both languages.
    """

    measurements: list[Measurement]
    failed: int
    chart: IndividualsChart | None = None
    judgement: Judgement | None = None
    refusal: dict[str, str] | None = None

    @property
    def capability(self) -> Capability | None:
        """The figures of the normal model, whatever the judgement rests on."""
        return self.judgement.normal if self.judgement else None

    @property
    def values(self) -> list[float]:
        return [row.actual for row in self.measurements if row.actual is not None]


def unsettled_inspections(*verdicts: Conformity) -> QuerySet[Inspection]:
    """The latest inspections by a plan with one of the verdicts, where no decision about the part came since."""
    later = Inspection.objects.filter(
        unit=OuterRef("unit"), kind=OuterRef("kind"), plan=OuterRef("plan"), reported_at__gt=OuterRef("reported_at")
    )
    decided = Event.objects.filter(unit=OuterRef("unit"), kind=DECIDED, device_time__gt=OuterRef("reported_at"))
    return Inspection.objects.filter(~Exists(later), ~Exists(decided), verdict__in=verdicts)


def studies_of(characteristics: Iterable[Characteristic]) -> dict[int, Study]:
    """Return the study of each characteristic of a page, from one query."""
    asked = list(characteristics)
    rows = Measurement.objects.filter(characteristic__in=asked, actual__isnull=False)
    found: dict[int, list[Measurement]] = {characteristic.pk: [] for characteristic in asked}
    for row in rows.select_related("inspection__unit").order_by("inspection__position_in_source", "pk"):
        found[row.characteristic_id].append(row)
    return {characteristic.pk: _study(characteristic, found[characteristic.pk]) for characteristic in asked}


def study_of(characteristic: Characteristic) -> Study:
    return studies_of([characteristic])[characteristic.pk]


def _study(characteristic: Characteristic, rows: list[Measurement]) -> Study:
    failed = sum(row.stated == Conformity.FAIL for row in rows)
    values = [row.actual for row in rows if row.actual is not None]
    if characteristic.is_number_of_part:
        reason = {"en": "This is the part's number, not a measured size.", "zh": "這是零件編號，不是量測尺寸。"}
        return Study(rows, failed, refusal=reason)
    try:
        chart = individuals_chart(values)
        return Study(rows, failed, chart, judged_capability(values, limits_of(characteristic)))
    except (EngineError, QuantityError) as error:
        return Study(rows, failed, refusal={"en": str(error), "zh": getattr(error, "reason_zh", str(error))})


def limits_of(characteristic: Characteristic) -> Limits:
    one_sided = characteristic.lower_limit is None
    return Limits(
        characteristic.lower_limit,
        characteristic.upper_limit,
        characteristic.unit_code,
        zero_is_bound=one_sided and characteristic.nominal is None,
    )


@dataclass(frozen=True)
class Comparison:
    """The measuring machine's own figure beside ours, and what makes them differ."""

    reported: ReportedCapability
    ratio: float | None
    reasons: list[dict[str, str]]


def comparisons(characteristic: Characteristic, study: Study) -> list[Comparison]:
    """Return the outside capability figures of this characteristic, each with the reasons for a difference."""
    if study.capability is None:
        return []
    rows = ReportedCapability.objects.filter(item=characteristic.item, ppk__isnull=False).select_related("source")
    same = [row for row in rows if f"{row.name} {row.feature}" == characteristic.name]
    return [_compared(row, characteristic, study) for row in same]


def _compared(row: ReportedCapability, characteristic: Characteristic, study: Study) -> Comparison:
    capability_ = study.capability
    assert capability_ is not None  # noqa: S101 - the caller has asked
    ours = capability_.ppk.value if capability_.ppk else None
    ratio = row.ppk / ours if ours and row.ppk else None
    return Comparison(row, ratio, list(_reasons(row, characteristic, study)))


def _reasons(row: ReportedCapability, characteristic: Characteristic, study: Study) -> list[dict[str, str]]:
    reasons = []
    theirs = [value for value in row.values_mm if value is not None]
    if len(theirs) != len(study.values):
        reasons.append(
            {
                "en": f"The report uses {len(theirs)} values, ours {len(study.values)}.",
                "zh": f"報告使用 {len(theirs)} 筆，同規使用 {len(study.values)} 筆。",
            }
        )
    if _differ(theirs, study.values):
        reasons.append(
            {
                "en": "The values themselves differ: the report shows another evaluation of the same measurement.",
                "zh": "數值本身不同：報告列的是同一次量測的另一種評定結果。",
            }
        )
    if characteristic.kind == "Position":
        reasons.append(
            {
                "en": "For positions the report adds the mean bonus of the material condition to the zone; "
                "ours judges without it.",
                "zh": "位置度方面，報告把最大實體狀態的平均補償公差加進公差帶；同規不加。",
            }
        )
    if characteristic.lower_limit is None:
        reasons.append(
            {
                "en": "The report treats the zone as two-sided for Pp; a zone bounded by zero has no Pp.",
                "zh": "報告把公差帶當成雙邊計算 Pp；以零為界的公差帶沒有 Pp。",
            }
        )
    return reasons


def _differ(theirs: list[float], ours: list[float], tolerance_mm: float = 0.002) -> bool:
    return len(theirs) == len(ours) and any(
        abs(one - other) > tolerance_mm for one, other in zip(sorted(theirs), sorted(ours), strict=True)
    )
