"""Linearity of a gauge: how its bias changes over the measuring range."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from samegauge.engines.errors import InvalidOptionError, ShapeError
from samegauge.engines.gauging.bias import Bias, bias_study
from samegauge.engines.gauging.calibration import Band, Curve, band_of_curve, fitted_curve
from samegauge.engines.values import checked_values
from samegauge.quantities.method import Method, hash_of_data

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True)
class LevelBias:
    """Bias at one reference value."""

    reference: float
    bias: Bias


@dataclass(frozen=True, slots=True)
class Linearity:
    """`line` is bias over reference; `band` its confidence band at the references.

    `zero_within_band` is AIAG's graphical test: the line of no bias lies within the band everywhere it was looked at.
    `linearity` = |slope| * process variation and its per cent, None without a process variation.
    """

    line: Curve
    band: Band
    levels: tuple[LevelBias, ...]
    average_bias: Bias
    zero_within_band: bool
    linearity: float | None
    linearity_percent: float
    average_bias_percent: float | None
    method: Method

    @property
    def intercept(self) -> float:
        return self.line.coefficients[0].value

    @property
    def slope(self) -> float:
        return self.line.coefficients[1].value


def linearity_study(
    readings: ArrayLike,
    references: ArrayLike,
    *,
    process_variation: float | None = None,
    confidence: float = 0.95,
) -> Linearity:
    """Does the bias of a gauge change over its range?

    Parameters
    ----------
    readings : array_like of float, shape (n,)
        Repeated readings at several references [any unit].
    references : array_like of float, shape (n,)
        Reference value of each reading [unit of the readings].
    process_variation : float, optional
        Study variation of the process, usually 6 standard deviations [unit of the readings].
    confidence : float
        Confidence level of bounds and band, between 0 and 1 [1].

    Returns
    -------
    Linearity
        Line with tests and band, bias at each reference, linearity [unit of the readings].

    Raises
    ------
    ShapeError
        Readings and references of different lengths.
    TooFewValuesError
        Fewer than 2 references or 2 readings at one of them.
    NonFiniteValuesError
        NaN or infinity among the numbers.
    InvalidOptionError
        Confidence out of range or a process variation that is not positive.

    Notes
    -----
    Bias = reading - reference, regressed on the reference. % linearity = 100 |slope|, which is linearity over process
    variation. The bias at each reference is tested with its own spread.

    Examples
    --------
    >>> readings = [2.4, 2.5, 2.6, 4.0, 4.1, 4.2, 5.6, 5.7, 5.8]
    >>> study = linearity_study(readings, [2.0, 2.0, 2.0, 4.0, 4.0, 4.0, 6.0, 6.0, 6.0])
    >>> round(study.intercept, 3), round(study.slope, 3)
    (0.9, -0.2)

    References
    ----------
    AIAG, Measurement Systems Analysis, 4th ed. (2010), chapter III, section B, linearity.
    """
    y, x = checked_values(readings), checked_values(references)
    if y.size != x.size:
        raise ShapeError(
            f"{y.size} readings do not fit {x.size} references.", f"{y.size} 筆讀值與 {x.size} 個參考值的數目不符。"
        )
    if process_variation is not None and not process_variation > 0.0:
        raise InvalidOptionError(
            f"A process variation of {process_variation} is not positive.", f"製程變異 {process_variation} 必須大於 0。"
        )
    line = fitted_curve(x, y - x, confidence=confidence)
    levels = np.unique(x)
    band = band_of_curve(line, levels, confidence=confidence)
    average = bias_study(y - x, 0.0, confidence=confidence)
    slope = abs(line.coefficients[1].value)
    return Linearity(
        line=line,
        band=band,
        levels=tuple(
            LevelBias(float(level), bias_study(y[x == level], float(level), confidence=confidence)) for level in levels
        ),
        average_bias=average,
        zero_within_band=bool(np.all((band.lower <= 0.0) & (band.upper >= 0.0))),
        linearity=None if process_variation is None else slope * process_variation,
        linearity_percent=100.0 * slope,
        average_bias_percent=None if process_variation is None else 100.0 * abs(average.bias) / process_variation,
        method=Method(
            name="linearity and bias",
            reference="AIAG MSA 4th ed. (2010)",
            estimator="least squares of bias on reference; bias at each reference with its own deviation",
            constants={} if process_variation is None else {"process_variation": process_variation},
            confidence=confidence,
            sample_size=y.size,
            data_hash=hash_of_data(y, x),
            assumed=line.method.assumed,
        ),
    )
