"""What a gauge study says and whether the gauge may be used: figures by the engines, verdict by stated thresholds.

Gauge R&R: accepted below and rejected above the per cents of the study variation or, where limits are given, the worse
of study variation and tolerance (AIAG); too few distinct categories leave at most "under conditions". Type 1: Cg, Cgk
and resolution. Bias and linearity: rejected where the bias is sure and beyond its share of the tolerance, under
conditions where it is sure only. Stability: rejected where an occasion lies beyond the limits, under conditions with a
sure drift. Attribute agreement: the worst kappa of an appraiser against the standard, else of all with one another.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from django.utils.translation import gettext as _

from samegauge.apps.inspection.gauge_readings import StudyError
from samegauge.apps.inspection.models import StudyKind, StudyVerdict
from samegauge.core.language import reads_chinese
from samegauge.engines.errors import EngineError
from samegauge.engines.gauging.attributes import AttributeOptions, AttributeStudy, attribute_study
from samegauge.engines.gauging.bias import Bias, TypeOneOptions, bias_study, type_one_study
from samegauge.engines.gauging.layout import crossed_block, nested_block
from samegauge.engines.gauging.linearity import linearity_study
from samegauge.engines.gauging.ranges import range_study
from samegauge.engines.gauging.repeatability import gauge_rr_crossed, gauge_rr_nested
from samegauge.engines.gauging.stability import stability_study
from samegauge.engines.gauging.study import NO_REPEATABILITY, GaugeVerdict, Source, StudyOptions
from samegauge.quantities.errors import QuantityError
from samegauge.quantities.tolerance import Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from samegauge.apps.inspection.gauge_readings import Reading
    from samegauge.apps.inspection.models import QualityLimits
    from samegauge.engines.spc.capability.cautions import Caution
    from samegauge.quantities.method import Method

ACCEPTED, CONDITIONAL, REJECTED = StudyVerdict.ACCEPTED, StudyVerdict.CONDITIONAL, StudyVerdict.REJECTED
FALSE_ALARM = 0.05
DRAWN = (Source.GAUGE, Source.REPEATABILITY, Source.REPRODUCIBILITY, Source.PART)
BY_ENGINE = {
    GaugeVerdict.ACCEPTABLE: ACCEPTED,
    GaugeVerdict.CONDITIONAL: CONDITIONAL,
    GaugeVerdict.UNACCEPTABLE: REJECTED,
}
THRESHOLDS = (
    "grr_acceptable_percent",
    "grr_unacceptable_percent",
    "least_categories",
    "least_cg",
    "most_bias_percent",
    "good_kappa",
    "poor_kappa",
)


@dataclass(frozen=True)
class Asked:
    """How a study is to be computed and judged; limits, reference and resolution in the unit of the readings."""

    thresholds: dict[str, float]
    lower: float | None = None
    upper: float | None = None
    reference: float | None = None
    resolution: float | None = None
    rejecting: str = ""

    @classmethod
    def by(cls, limits: QualityLimits, **given: Any) -> Asked:
        return cls({name: float(getattr(limits, name)) for name in THRESHOLDS}, **given)

    @property
    def limits(self) -> Limits | None:
        return None if self.lower is None and self.upper is None else Limits(self.lower, self.upper, unit="")

    @property
    def width(self) -> float | None:
        """Of the tolerance; one bounded by zero alone (form, run-out) reaches from there."""
        if self.upper is None:
            return None
        return self.upper - (self.lower or 0.0)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Figure:
    """A number that a study is judged by, with its bounds where they exist, and the threshold it is compared with."""

    name: str
    value: float | None
    lower: float | None = None
    upper: float | None = None
    threshold: float | None = None
    who: str = ""


@dataclass(frozen=True)
class Judged:
    verdict: StudyVerdict
    figures: list[Figure]
    method: Method
    shares: list[dict[str, Any]] = field(default_factory=list)
    reasons: list[dict[str, str]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {
            "figures": [_without_infinities(asdict(one)) for one in self.figures],
            "shares": self.shares,
            "reasons": self.reasons,
            "method": self.method.as_dict(),
        }


def _without_infinities(figure: dict[str, Any]) -> dict[str, Any]:
    return {name: None if isinstance(one, float) and not math.isfinite(one) else one for name, one in figure.items()}


def judged(kind: StudyKind, readings: Sequence[Reading], asked: Asked) -> Judged:
    """Compute and judge a study; what cannot be computed is refused with the reason in the reader's language."""
    try:
        return _STUDIES[kind](readings, asked)
    except (EngineError, QuantityError) as error:
        raise StudyError(error.reason_zh if reads_chinese() else error.reason_en) from error


def _numbers(readings: Sequence[Reading]) -> list[float]:
    try:
        return [float(one.value) for one in readings]
    except ValueError as error:
        raise StudyError(_("This kind of study takes numbers only.")) from error


def _labels(readings: Sequence[Reading]) -> tuple[list[str], list[str]]:
    return [one.part for one in readings], [one.operator for one in readings]


def _worse(*verdicts: StudyVerdict) -> StudyVerdict:
    return max(verdicts, key=[ACCEPTED, CONDITIONAL, REJECTED].index)


def _repeatability(readings: Sequence[Reading], asked: Asked, *, nested: bool) -> Judged:
    block, calculate = (nested_block, gauge_rr_nested) if nested else (crossed_block, gauge_rr_crossed)
    limits = asked.thresholds
    options = StudyOptions(
        limits=asked.limits,
        acceptable=limits["grr_acceptable_percent"],
        unacceptable=limits["grr_unacceptable_percent"],
    )
    study = calculate(block(_numbers(readings), *_labels(readings)).readings, options)
    gauge, categories = study.gauge, study.distinct_categories
    fewest = int(limits["least_categories"])
    few = categories is not None and categories < fewest
    bounds = gauge.study_bounds
    figures = [
        Figure(
            "grr_study_percent",
            gauge.study_percent,
            bounds.lower if bounds else None,
            bounds.upper if bounds else None,
            limits["grr_unacceptable_percent"],
        ),
        Figure("distinct_categories", categories, threshold=fewest),
    ]
    if gauge.tolerance_percent is not None:
        figures.insert(
            1, Figure("grr_tolerance_percent", gauge.tolerance_percent, threshold=limits["grr_unacceptable_percent"])
        )
    shares = [
        {
            "source": source.value,
            "study_percent": study.components[source].study_percent,
            "contribution_percent": study.components[source].contribution_percent,
            "tolerance_percent": study.components[source].tolerance_percent,
        }
        for source in DRAWN
    ]
    verdict = _worse(BY_ENGINE[study.verdict], CONDITIONAL if few else ACCEPTED)
    reasons = [*_told(study.cautions), *_why_much(study.components, verdict)]
    return Judged(verdict, figures, study.method, shares, reasons)


def _told(cautions: Sequence[Caution]) -> list[dict[str, str]]:
    return [{"en": one.text_en, "zh": one.text_zh} for one in cautions]


def _why_much(components: Any, verdict: StudyVerdict) -> list[dict[str, str]]:
    """Where to look: at the gauge itself or at the people who use it."""
    if verdict is ACCEPTED or not components[Source.GAUGE].variance > 0.0:
        return []
    repeat, people = components[Source.REPEATABILITY].variance, components[Source.REPRODUCIBILITY].variance
    if people > repeat:
        return [
            {
                "en": "Most of the gauge's variation is between operators: compare how they measure, and train.",
                "zh": "量具變異大多來自人員之間：比較量測手法並訓練。",
            }
        ]
    return [
        {
            "en": "Most of the gauge's variation is its own: check fixture, wear and resolution, or use a better one.",
            "zh": "量具變異大多來自量具本身：檢查夾持、磨損與解析度，或改用較好的量具。",
        }
    ]


def _range(readings: Sequence[Reading], asked: Asked) -> Judged:
    if asked.width is None:
        raise StudyError(_("The range method needs the tolerance. Choose a characteristic or give an upper limit."))
    block = crossed_block(_numbers(readings), *_labels(readings)).readings
    if block.shape[2] != 1:
        raise StudyError(_("The range method takes one reading of each part by each operator."))
    study = range_study(block[:, :, 0], process_deviation=asked.width / 6.0)
    limits = asked.thresholds
    percent = study.process_percent or 0.0
    figures = [
        Figure(
            "grr_tolerance_percent",
            percent,
            600.0 * study.gauge_lower / asked.width,
            600.0 * study.gauge_upper / asked.width,
            limits["grr_unacceptable_percent"],
        )
    ]
    if percent > limits["grr_unacceptable_percent"]:
        verdict = REJECTED
    else:
        shown = 0.0 < percent < limits["grr_acceptable_percent"]
        verdict = ACCEPTED if shown else CONDITIONAL
    return Judged(verdict, figures, study.method, reasons=[] if percent else _told([NO_REPEATABILITY]))


def _needed(value: float | None, text: str) -> float:
    if value is None:
        raise StudyError(text)
    return value


def _type_one(readings: Sequence[Reading], asked: Asked) -> Judged:
    reference = _needed(asked.reference, _("Give the reference value of the standard."))
    width = _needed(asked.width, _("Give the tolerance: choose a characteristic or give an upper limit."))
    least = asked.thresholds["least_cg"]
    options = TypeOneOptions(required=least, resolution=asked.resolution)
    study = type_one_study(_numbers(readings), reference, width, options)
    figures = [
        Figure("cg", study.cg, *study.cg_bounds, least),
        Figure("cgk", study.cgk, *study.cgk_bounds, least),
        _bias_figure(study.bias),
    ]
    reasons = _told(study.cautions)
    if study.resolution_fine_enough is False:
        reasons.append(
            {
                "en": f"The gauge shows steps of {asked.resolution:g}, more than 5 % of the tolerance.",
                "zh": f"量具的解析度 {asked.resolution:g} 超過公差的 5 %。",
            }
        )
    return Judged(ACCEPTED if study.capable else REJECTED, figures, study.method, reasons=reasons)


def _bias_figure(bias: Bias, who: str = "") -> Figure:
    return Figure("bias", bias.bias, bias.lower, bias.upper, 0.0, who)


def _bias_verdict(biases: Sequence[Bias], asked: Asked) -> StudyVerdict:
    sure = [abs(one.bias) for one in biases if one.significant]
    if not sure:
        return ACCEPTED
    width, most = asked.width, asked.thresholds["most_bias_percent"]
    return REJECTED if width is not None and 100.0 * max(sure) / width > most else CONDITIONAL


def _bias(readings: Sequence[Reading], asked: Asked) -> Judged:
    reference = _needed(asked.reference, _("Give the reference value of the standard."))
    study = bias_study(_numbers(readings), reference)
    return Judged(_bias_verdict([study], asked), [_bias_figure(study)], study.method)


def _linearity(readings: Sequence[Reading], asked: Asked) -> Judged:
    references = [
        float(_needed(_as_number(one.reference), _("Each reading needs its reference value."))) for one in readings
    ]
    study = linearity_study(_numbers(readings), references)
    figures = [_bias_figure(level.bias, f"{level.reference:g}") for level in study.levels]
    figures.insert(0, Figure("linearity_percent", study.linearity_percent))
    levels = [level.bias for level in study.levels]
    verdict = ACCEPTED if study.zero_within_band else _worse(CONDITIONAL, _bias_verdict(levels, asked))
    return Judged(verdict, figures, study.method)


def _as_number(value: float | str | None) -> float | None:
    return None if value is None else float(value)


def _stability(readings: Sequence[Reading], asked: Asked) -> Judged:  # noqa: ARG001 - one shape for all studies
    parts = list(dict.fromkeys(one.part for one in readings))
    occasions = [[float(one.value) for one in readings if one.part == part] for part in parts]
    if len({len(one) for one in occasions}) != 1:
        raise StudyError(_("Each occasion needs the same number of readings."))
    # Every occasion is tested twice: the chance of a false alarm is that of the whole study.
    study = stability_study(np.array(occasions), alpha=FALSE_ALARM / (2 * len(occasions)))
    beyond = sorted({*study.means_beyond, *study.deviations_beyond})
    slope = study.drift.coefficients[1]
    figures = [
        Figure("occasions_beyond", len(beyond), threshold=0),
        Figure("drift_per_occasion", slope.value, slope.lower, slope.upper, 0.0),
        Figure("repeatability", study.repeatability),
    ]
    drifts = slope.lower > 0.0 or slope.upper < 0.0
    verdict = REJECTED if beyond else (CONDITIONAL if drifts else ACCEPTED)
    return Judged(verdict, figures, study.method)


def _attribute(readings: Sequence[Reading], asked: Asked) -> Judged:
    parts, people = (tuple(dict.fromkeys(names)) for names in _labels(readings))
    options = AttributeOptions(rejecting=asked.rejecting or None)
    study = attribute_study(_ratings(readings, parts, people), people, _true_categories(readings, parts), options)
    limits = asked.thresholds
    kappas = _kappas(study, limits["good_kappa"])
    known = [one.value for one in kappas if one.value is not None and math.isfinite(one.value)]
    if not known:
        raise StudyError(_("All ratings are one and the same: such a study shows nothing. Mix good and bad parts."))
    shares = [
        Figure(name, value, who=one.who)
        for one in study.effectiveness
        for name, value in (("missed_percent", one.missed_percent), ("false_alarm_percent", one.false_alarm_percent))
    ]
    worst = min(known)
    verdict = REJECTED if worst < limits["poor_kappa"] else (ACCEPTED if worst >= limits["good_kappa"] else CONDITIONAL)
    return Judged(verdict, kappas + shares, study.method)


def _ratings(readings: Sequence[Reading], parts: Sequence[str], people: Sequence[str]) -> list[list[list[str]]]:
    """The ratings of each part by each appraiser, in their order."""
    cells: dict[tuple[str, str], list[str]] = {}
    for one in readings:
        cells.setdefault((one.part, one.operator), []).append(str(one.value))
    if len(cells) < len(parts) * len(people) or len({len(cell) for cell in cells.values()}) != 1:
        raise StudyError(_("Each appraiser must judge each part equally often."))
    return [[cells[part, who] for who in people] for part in parts]


def _true_categories(readings: Sequence[Reading], parts: Sequence[str]) -> list[str] | None:
    truth = {one.part: str(one.reference) for one in readings if one.reference is not None}
    if truth and set(truth) != set(parts):
        raise StudyError(_("Give the true category of every part, or of none."))
    return [truth[part] for part in parts] if truth else None


def _kappas(study: AttributeStudy, threshold: float) -> list[Figure]:
    """Of each appraiser against the standard, else of all with one another, else of each with himself."""
    compared = study.each_against_standard or ((study.between,) if study.between else study.within)
    return [
        Figure(
            "kappa",
            one.kappa_value,
            one.kappa.lower if one.kappa else None,
            one.kappa.upper if one.kappa else None,
            threshold,
            one.who,
        )
        for one in compared
    ]


_STUDIES: dict[StudyKind, Callable[[Sequence[Reading], Asked], Judged]] = {
    StudyKind.CROSSED: lambda readings, asked: _repeatability(readings, asked, nested=False),
    StudyKind.NESTED: lambda readings, asked: _repeatability(readings, asked, nested=True),
    StudyKind.RANGE: _range,
    StudyKind.TYPE_ONE: _type_one,
    StudyKind.BIAS: _bias,
    StudyKind.LINEARITY: _linearity,
    StudyKind.STABILITY: _stability,
    StudyKind.ATTRIBUTE: _attribute,
}
