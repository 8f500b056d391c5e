"""Gauge repeatability and reproducibility by analysis of variance: crossed, nested and without operators."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from samegauge.engines.errors import TooFewValuesError
from samegauge.engines.gauging.study import (
    AnovaRow,
    Estimators,
    GaugeStudy,
    Source,
    StudyOptions,
    checked_options,
    components_of_estimators,
    distinct_categories,
    resolution_cautions,
    study_constants,
    verdict,
)
from samegauge.engines.laws.inference import fisher_above
from samegauge.engines.values import checked_values
from samegauge.quantities.method import Method, hash_of_data

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_DEFAULT = StudyOptions()
_PLANE, _CUBE = 2, 3


class _Square(NamedTuple):
    source: str
    total: float
    dof: float

    @property
    def mean(self) -> float:
        return self.total / self.dof


class _Model(NamedTuple):
    """What an analysis of variance hands on: its tables and the mean squares with the weights of the components."""

    anova: tuple[AnovaRow, ...]
    pooled: tuple[AnovaRow, ...] | None
    estimators: Estimators


def gauge_rr_crossed(readings: ArrayLike, options: StudyOptions = _DEFAULT) -> GaugeStudy:
    """How much of the variation comes from the gauge when every operator measures every part?

    Parameters
    ----------
    readings : array_like of float, shape (parts, operators, trials)
        Balanced readings, at least 2 parts and 2 operators [any unit].
    options : StudyOptions
        Conventions: sigmas, pooling level, tolerance, confidence [1].

    Returns
    -------
    GaugeStudy
        Components, categories, analysis of variance and verdict [unit of the readings].

    Raises
    ------
    TooFewValuesError
        Another shape, fewer than 2 parts or operators, or no variation at all.
    NonFiniteValuesError
        NaN or infinity among the readings.
    InvalidOptionError
        Conventions out of range.

    Notes
    -----
    Two-way random model. With interaction: repeatability MS_E; interaction (MS_PO - MS_E) / r; operator
    (MS_O - MS_PO) / (p r); part (MS_P - MS_PO) / (o r). Pooled: the sums of squares of interaction and error together
    stand for both. With one trial the interaction cannot be told from repeatability and is always pooled. Negative
    estimates are set to zero and marked.

    Examples
    --------
    >>> study = gauge_rr_crossed([[[1.0, 1.2], [1.1, 1.3]], [[5.0, 5.2], [5.2, 5.1]], [[9.1, 9.0], [9.2, 9.1]]])
    >>> round(study.gauge.study_percent, 2), study.distinct_categories
    (2.69, 52)

    References
    ----------
    AIAG, Measurement Systems Analysis, 4th ed. (2010), chapter III and appendix A. ISO 22514-7:2021.
    """
    x = _readings(readings, (2, 2, 1))
    model = _crossed(_shifted(x), checked_options(options))
    pooling = "never" if options.pooling_alpha is None else f"at alpha {options.pooling_alpha:g}"
    return _study("crossed", x, x.shape, model, options, f"interaction pooled {pooling}: {_yes(model)}")


def gauge_rr_nested(readings: ArrayLike, options: StudyOptions = _DEFAULT) -> GaugeStudy:
    """How much of the variation comes from the gauge when every operator measures parts of his own?

    Parameters
    ----------
    readings : array_like of float, shape (operators, parts per operator, trials)
        Balanced readings, at least 2 along each axis [any unit].
    options : StudyOptions
        Conventions: sigmas, tolerance, confidence [1].

    Returns
    -------
    GaugeStudy
        Components, categories, analysis of variance and verdict [unit of the readings].

    Raises
    ------
    TooFewValuesError
        Another shape, fewer than 2 along an axis, or no variation at all.
    NonFiniteValuesError
        NaN or infinity among the readings.
    InvalidOptionError
        Conventions out of range.

    Notes
    -----
    Repeatability MS_E; part (MS_P(O) - MS_E) / r; operator (MS_O - MS_P(O)) / (p r). For destructive tests the trials
    are specimens of one batch, whose spread then counts as repeatability.

    Examples
    --------
    >>> study = gauge_rr_nested([[[1.0, 1.2], [5.1, 5.3]], [[3.0, 3.2], [9.2, 9.1]], [[2.1, 2.0], [7.2, 7.1]]])
    >>> study.components[Source.OPERATOR].set_to_zero, round(study.gauge.deviation, 3)
    (True, 0.112)

    References
    ----------
    AIAG, Measurement Systems Analysis, 4th ed. (2010), chapter IV. NIST/SEMATECH e-Handbook, 3.2.3.3.
    """
    x = _readings(readings, (2, 2, 2))
    operators, parts, trials = x.shape
    around = _shifted(x)
    groups, cells = around.mean(axis=(1, 2)), around.mean(axis=2)
    squares = (
        _Square("operator", parts * trials * _squares(groups, groups.mean()), operators - 1),
        _Square("part(operator)", trials * _squares(cells, groups[:, None]), operators * (parts - 1)),
        _Square("repeatability", _squares(around, cells[:, :, None]), operators * parts * (trials - 1)),
    )
    weights = {
        Source.REPEATABILITY: np.array([0.0, 0.0, 1.0]),
        Source.OPERATOR: np.array([1.0, -1.0, 0.0]) / (parts * trials),
        Source.PART: np.array([0.0, 1.0, -1.0]) / trials,
    }
    model = _Model(_table(squares, (1, 2, None)), None, _estimators(squares, weights))
    return _study("nested", x, (parts, operators, trials), model, checked_options(options), "parts within operators")


def gauge_rr_automatic(readings: ArrayLike, options: StudyOptions = _DEFAULT) -> GaugeStudy:
    """How much of the variation comes from a gauge that no operator influences?

    Parameters
    ----------
    readings : array_like of float, shape (parts, trials)
        Balanced readings, at least 2 along each axis [any unit].
    options : StudyOptions
        Conventions: sigmas, tolerance, confidence [1].

    Returns
    -------
    GaugeStudy
        Components, categories, analysis of variance and verdict [unit of the readings].

    Raises
    ------
    TooFewValuesError
        Another shape, fewer than 2 along an axis, or no variation at all.
    NonFiniteValuesError
        NaN or infinity among the readings.
    InvalidOptionError
        Conventions out of range.

    Notes
    -----
    One-way random model: repeatability MS_E, part (MS_P - MS_E) / r. Known as type-3 study; also the one-way analysis
    of variance of any groups.

    Examples
    --------
    >>> study = gauge_rr_automatic([[1.0, 1.2], [5.0, 5.1], [9.1, 9.0]])
    >>> round(study.gauge.deviation, 3)
    0.1

    References
    ----------
    AIAG, Measurement Systems Analysis, 4th ed. (2010), chapter III. VDA volume 5, 3rd ed. (2021), type-3 study.
    """
    x = _readings(readings, (2, 2))
    parts, trials = x.shape
    around = _shifted(x)
    means = around.mean(axis=1)
    squares = (
        _Square("part", trials * _squares(means, means.mean()), parts - 1),
        _Square("repeatability", _squares(around, means[:, None]), parts * (trials - 1)),
    )
    weights = {Source.REPEATABILITY: np.array([0.0, 1.0]), Source.PART: np.array([1.0, -1.0]) / trials}
    model = _Model(_table(squares, (1, None)), None, _estimators(squares, weights))
    return _study("automatic", x, (parts, 1, trials), model, checked_options(options), "no operator")


def _readings(readings: ArrayLike, least: tuple[int, ...]) -> NDArray[np.float64]:
    x = checked_values(readings, dimensions=(len(least),))
    if any(size < few for size, few in zip(x.shape, least, strict=True)):
        raise TooFewValuesError(
            f"The study has the shape {x.shape}; at least {least} are needed.",
            f"量測研究的形狀是 {x.shape}，至少需要 {least}。",
        )
    return x


def _shifted(x: NDArray[np.float64]) -> NDArray[np.float64]:
    # Equal readings differ from their rounded mean in the last bit; around zero they do not.
    return x - x.flat[0]


def _squares(values: NDArray[np.float64], means: NDArray[np.float64] | np.float64) -> float:
    return float(np.square(values - means).sum())


def _crossed(x: NDArray[np.float64], options: StudyOptions) -> _Model:
    parts, operators, trials = x.shape
    mean, of_part, of_operator, cells = x.mean(), x.mean(axis=(1, 2)), x.mean(axis=(0, 2)), x.mean(axis=2)
    between = trials * _squares(cells, of_part[:, None] + of_operator[None, :] - mean)
    crossed = (parts - 1) * (operators - 1)
    part = _Square("part", operators * trials * _squares(of_part, mean), parts - 1)
    operator = _Square("operator", parts * trials * _squares(of_operator, mean), operators - 1)
    interaction = _Square("operator*part", between, crossed)
    error = _Square("repeatability", _squares(x, cells[:, :, None]), parts * operators * (trials - 1))
    full = (part, operator, interaction, error) if trials > 1 else (part, operator, interaction)
    anova = _table(full, (2, 2, 3, None) if trials > 1 else (2, 2, None))
    significance = anova[2].p_value
    alpha = options.pooling_alpha
    if significance is None or (alpha is not None and significance > alpha):
        together = _Square("repeatability", interaction.total + error.total, interaction.dof + error.dof)
        squares = (part, operator, together)
        weights = {
            Source.REPEATABILITY: np.array([0.0, 0.0, 1.0]),
            Source.OPERATOR: np.array([0.0, 1.0, -1.0]) / (parts * trials),
            Source.PART: np.array([1.0, 0.0, -1.0]) / (operators * trials),
        }
        return _Model(anova, _table(squares, (2, 2, None)), _estimators(squares, weights))
    weights = {
        Source.REPEATABILITY: np.array([0.0, 0.0, 0.0, 1.0]),
        Source.OPERATOR: np.array([0.0, 1.0, -1.0, 0.0]) / (parts * trials),
        Source.INTERACTION: np.array([0.0, 0.0, 1.0, -1.0]) / trials,
        Source.PART: np.array([1.0, 0.0, -1.0, 0.0]) / (operators * trials),
    }
    return _Model(anova, None, _estimators(full, weights))


def _table(squares: tuple[_Square, ...], against: tuple[int | None, ...]) -> tuple[AnovaRow, ...]:
    rows = [_row(one, None if other is None else squares[other]) for one, other in zip(squares, against, strict=True)]
    total, dof = sum(one.total for one in squares), sum(one.dof for one in squares)
    return (*rows, AnovaRow("total", dof, total, total / dof, None, None))


def _row(one: _Square, error: _Square | None) -> AnovaRow:
    if error is None:
        return AnovaRow(one.source, one.dof, one.total, one.mean, None, None)
    ratio = one.mean / error.mean if error.total > 0.0 else (np.inf if one.total > 0.0 else 0.0)
    return AnovaRow(one.source, one.dof, one.total, one.mean, ratio, fisher_above(ratio, one.dof, error.dof))


def _estimators(squares: tuple[_Square, ...], weights: dict[Source, NDArray[np.float64]]) -> Estimators:
    return Estimators(np.array([one.mean for one in squares]), np.array([one.dof for one in squares]), weights)


def _yes(model: _Model) -> str:
    return "yes" if model.pooled is not None else "no"


def _study(
    design: str,
    x: NDArray[np.float64],
    counts: tuple[int, ...],
    model: _Model,
    options: StudyOptions,
    convention: str,
) -> GaugeStudy:
    components, categories = components_of_estimators(model.estimators, options, float(x.mean()))
    parts, operators, trials = counts
    cautions = resolution_cautions(x)
    negative = tuple(one.source.value for one in components.values() if one.set_to_zero)
    return GaugeStudy(
        design=design,
        parts=parts,
        operators=operators,
        trials=trials,
        components=components,
        distinct_categories=distinct_categories(components[Source.PART].deviation, components[Source.GAUGE].deviation),
        distinct_categories_bounds=categories,
        anova=model.anova,
        anova_pooled=model.pooled,
        verdict=verdict(components[Source.GAUGE], options, cautions),
        cautions=cautions,
        method=Method(
            name=f"gauge R&R, {design}, analysis of variance",
            reference="AIAG MSA 4th ed. (2010)",
            estimator="variance components from mean squares, negative ones set to zero"
            + (f" ({', '.join(negative)})" if negative else "")
            + f"; {convention}; bounds: modified large sample (variances), generalised (shares)",
            constants=study_constants(options),
            confidence=options.confidence,
            sample_size=x.size,
            data_hash=hash_of_data(x),
            assumed=("parts, operators and errors are independent and normally distributed",),
        ),
    )
