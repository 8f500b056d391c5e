"""Lines and parabolas through calibration data: coefficients, bands, and what a reading says about the true value."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from samegauge.engines.errors import InvalidOptionError, ShapeError, TooFewValuesError
from samegauge.engines.laws.continuous import student_below
from samegauge.engines.laws.inference import checked_confidence, fisher_above, fisher_quantile, student_quantile
from samegauge.engines.values import checked_values
from samegauge.quantities.method import Method, hash_of_data

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_MOST_DEGREE = 9
_LINE = 1


@dataclass(frozen=True, slots=True)
class Coefficient:
    """A coefficient with its standard error and the t test against zero; unit: response over x to its power."""

    power: int
    value: float
    error: float
    lower: float
    upper: float
    t: float
    p_value: float


@dataclass(frozen=True, slots=True)
class Curve:
    """A fitted polynomial. `covariance` is that of the coefficients, lowest power first."""

    coefficients: tuple[Coefficient, ...]
    covariance: NDArray[np.float64]
    residual_deviation: float
    dof: float
    r_squared: float
    lack_of_fit_ratio: float | None
    lack_of_fit_p_value: float | None
    method: Method

    @property
    def degree(self) -> int:
        return len(self.coefficients) - 1


def fitted_curve(x: ArrayLike, y: ArrayLike, *, degree: int = 1, confidence: float = 0.95) -> Curve:
    """Which polynomial describes how readings follow their reference values?

    Parameters
    ----------
    x : array_like of float, shape (n,)
        Reference values, taken as exact [any unit].
    y : array_like of float, shape (n,)
        Readings or biases [any unit].
    degree : int
        1 for a line, 2 for a parabola, up to 9 [1].
    confidence : float
        Confidence level of the bounds, between 0 and 1 [1].

    Returns
    -------
    Curve
        Coefficients with errors, residual deviation, lack-of-fit test [unit of y, over powers of the unit of x].

    Raises
    ------
    ShapeError
        x and y of different lengths.
    TooFewValuesError
        No degree of freedom left, or fewer different x than coefficients.
    NonFiniteValuesError
        NaN or infinity among the values.
    InvalidOptionError
        Degree or confidence out of range.

    Notes
    -----
    Ordinary least squares on x scaled to [-1, 1] by QR decomposition, coefficients transformed back. Errors are equal
    over the range, independent and normal. The lack-of-fit F test compares the means at repeated x with the curve; it
    is None where no x repeats or no mean is left over.

    Examples
    --------
    >>> curve = fitted_curve([1.0, 2.0, 3.0, 4.0], [2.1, 3.9, 6.2, 7.8])
    >>> [round(one.value, 2) for one in curve.coefficients]
    [0.15, 1.94]

    References
    ----------
    NIST/SEMATECH e-Handbook of Statistical Methods, 2.3.6. Draper N. R., Smith H., Applied Regression Analysis, ch. 1.
    """
    inputs, response = checked_values(x), checked_values(y)
    if inputs.size != response.size:
        raise ShapeError(
            f"{inputs.size} reference values do not fit {response.size} readings.",
            f"{inputs.size} 個參考值與 {response.size} 筆讀值的數目不符。",
        )
    if not 1 <= degree <= _MOST_DEGREE:
        raise InvalidOptionError(
            f"A degree of {degree} is not between 1 and {_MOST_DEGREE}.",
            f"次數 {degree} 不在 1 與 {_MOST_DEGREE} 之間。",
        )
    dof = inputs.size - degree - 1
    if dof < 1 or np.unique(inputs).size <= degree:
        raise TooFewValuesError(
            f"Degree {degree} needs more than {degree + 1} readings at {degree + 1} or more different references.",
            f"{degree} 次曲線需要超過 {degree + 1} 筆讀值，並有 {degree + 1} 個以上不同的參考值。",
        )
    scale = float(np.abs(inputs).max())
    q, r = np.linalg.qr(np.vander(inputs / scale, degree + 1, increasing=True))
    inverse = np.linalg.inv(r) * scale ** -np.arange(degree + 1)[:, None]
    beta = inverse @ (q.T @ response)
    residuals = response - np.polynomial.polynomial.polyval(inputs, beta)
    left = float(residuals @ residuals)
    deviation = math.sqrt(left / dof)
    covariance = deviation**2 * inverse @ inverse.T
    total = float(np.square(response - response.mean()).sum())
    ratio, p_value = _lack_of_fit(inputs, response, left, degree)
    quantile = student_quantile(0.5 + checked_confidence(confidence) / 2.0, dof)
    return Curve(
        coefficients=tuple(
            _coefficient(power, float(beta[power]), math.sqrt(float(covariance[power, power])), dof, quantile)
            for power in range(degree + 1)
        ),
        covariance=covariance,
        residual_deviation=deviation,
        dof=dof,
        r_squared=1.0 - left / total if total > 0.0 else 1.0,
        lack_of_fit_ratio=ratio,
        lack_of_fit_p_value=p_value,
        method=Method(
            name=f"least squares, polynomial of degree {degree}",
            reference="NIST/SEMATECH e-Handbook, 2.3.6",
            estimator="ordinary least squares; Student's t",
            constants={"degree": degree, "dof": dof},
            confidence=confidence,
            sample_size=inputs.size,
            data_hash=hash_of_data(inputs, response),
            assumed=("references are exact", "errors are independent, normal and equal over the range"),
        ),
    )


def _coefficient(power: int, value: float, error: float, dof: float, quantile: float) -> Coefficient:
    t = value / error if error > 0.0 else math.copysign(math.inf, value) if value else 0.0
    p = 0.0 if math.isinf(t) else 2.0 * student_below(-abs(t), dof)
    return Coefficient(power, value, error, value - quantile * error, value + quantile * error, t, p)


def _lack_of_fit(
    x: NDArray[np.float64], y: NDArray[np.float64], residual: float, degree: int
) -> tuple[float, float] | tuple[None, None]:
    levels, place = np.unique(x, return_inverse=True)
    counts = np.bincount(place)
    pure_dof, lack_dof = x.size - levels.size, levels.size - degree - 1
    means = np.bincount(place, weights=y) / counts
    pure = float(np.square(y - means[place]).sum())
    if pure_dof < 1 or lack_dof < 1 or not pure > 0.0:
        return None, None
    ratio = max(residual - pure, 0.0) / lack_dof / (pure / pure_dof)
    return ratio, fisher_above(ratio, lack_dof, pure_dof)


@dataclass(frozen=True, slots=True)
class Band:
    """The curve and its confidence band at the x asked for; unit: that of the response."""

    x: NDArray[np.float64]
    fit: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]


def band_of_curve(curve: Curve, x: ArrayLike, *, confidence: float = 0.95, simultaneous: bool = False) -> Band:
    """Between which bounds does the mean response lie, at each x or over the whole range?

    Parameters
    ----------
    curve : Curve
        Fitted polynomial [unit of the response].
    x : array_like of float, shape (m,)
        Where to evaluate it [unit of the references].
    confidence : float
        Confidence level, between 0 and 1 [1].
    simultaneous : bool
        False: each x by itself (AIAG's bands); True: the whole curve at once (Working-Hotelling) [1].

    Returns
    -------
    Band
        Fit and bounds [unit of the response].

    Raises
    ------
    InvalidOptionError
        Confidence outside (0, 1).

    Notes
    -----
    fit +- t sqrt(v' C v), with sqrt(p F) instead of t for the whole curve; C the covariance of the p coefficients.

    Examples
    --------
    >>> curve = fitted_curve([1.0, 2.0, 3.0, 4.0], [2.1, 3.9, 6.2, 7.8])
    >>> round(float(band_of_curve(curve, [2.5]).upper[0]), 3)
    5.436

    References
    ----------
    AIAG MSA, 4th ed. (2010), chapter III, linearity. Working H., Hotelling H., JASA 24 (1929) 73.
    """
    places = checked_values(x)
    checked_confidence(confidence)
    size = len(curve.coefficients)
    powers = np.vander(places, size, increasing=True)
    fit = powers @ np.array([one.value for one in curve.coefficients])
    factor = (
        math.sqrt(size * fisher_quantile(confidence, size, curve.dof))
        if simultaneous
        else student_quantile(0.5 + confidence / 2.0, curve.dof)
    )
    half = factor * np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", powers, curve.covariance, powers), 0.0))
    return Band(places, fit, fit - half, fit + half)


@dataclass(frozen=True, slots=True)
class CalibrationCheck:
    """Control chart of a calibration line: what corrected readings of check standards may differ from their values."""

    differences: NDArray[np.float64]
    limit: float
    beyond: tuple[int, ...]
    method: Method


def calibrated_values(curve: Curve, readings: ArrayLike) -> NDArray[np.float64]:
    """Which true values do readings stand for, according to a calibration line?

    Parameters
    ----------
    curve : Curve
        Line fitted to readings over references, degree 1 [unit of the readings].
    readings : array_like of float, shape (m,)
        New readings [unit of the readings].

    Returns
    -------
    ndarray of float, shape (m,)
        Corrected values [unit of the references].

    Raises
    ------
    InvalidOptionError
        A curve that is no line, or a line without slope.

    Notes
    -----
    x = (y - intercept) / slope, valid within the references of the fit.

    Examples
    --------
    >>> line = fitted_curve([1.0, 2.0, 3.0, 4.0], [2.1, 3.9, 6.2, 7.8])
    >>> round(float(calibrated_values(line, [5.0])[0]), 3)
    2.5

    References
    ----------
    NIST/SEMATECH e-Handbook of Statistical Methods, 2.3.6.7.
    """
    if curve.degree != _LINE or not curve.coefficients[1].value:
        raise InvalidOptionError(
            "Only a line with a slope can be turned round; fit one of degree 1.",
            "只有斜率不為 0 的直線可以反求；請用 1 次擬合。",
        )
    intercept, slope = (one.value for one in curve.coefficients)
    return (checked_values(readings) - intercept) / slope


def calibration_check(
    curve: Curve, readings: ArrayLike, references: ArrayLike, *, standards: int = 3, alpha: float = 0.05
) -> CalibrationCheck:
    """Does a calibration line still hold, judging by readings of check standards?

    Parameters
    ----------
    curve : Curve
        Calibration line, degree 1 [unit of the readings].
    readings : array_like of float, shape (m,)
        Readings of the check standards, in time order [unit of the readings].
    references : array_like of float, shape (m,)
        Their values [unit of the references].
    standards : int
        Number of check standards read on one occasion; alpha is shared among them [1].
    alpha : float
        Chance of a false alarm on one occasion [1].

    Returns
    -------
    CalibrationCheck
        Differences, limit to both sides, places beyond it [unit of the references].

    Raises
    ------
    ShapeError
        Readings and references of different lengths.
    InvalidOptionError
        A curve that is no line, no standard, or alpha outside (0, 1).

    Notes
    -----
    Limit = residual deviation / slope * t*, with t* such that all standards of one occasion together give a false
    alarm with probability alpha: tail (1 - (1 - alpha)^(1 / standards)) / 2.

    Examples
    --------
    >>> line = fitted_curve([1.0, 2.0, 3.0, 4.0], [2.1, 3.9, 6.2, 7.8])
    >>> calibration_check(line, [5.0, 9.0], [2.5, 3.0], standards=2).beyond
    (1,)

    References
    ----------
    NIST/SEMATECH e-Handbook of Statistical Methods, 2.3.7.1.
    """
    values, known = calibrated_values(curve, readings), checked_values(references)
    if values.size != known.size:
        raise ShapeError(
            f"{values.size} readings do not fit {known.size} references.",
            f"{values.size} 筆讀值與 {known.size} 個參考值的數目不符。",
        )
    if standards < 1:
        raise InvalidOptionError("At least one check standard is needed.", "至少需要一個核查標準件。")
    tail = (1.0 - (1.0 - checked_confidence(alpha)) ** (1.0 / standards)) / 2.0
    quantile = student_quantile(1.0 - tail, curve.dof)
    limit = curve.residual_deviation / abs(curve.coefficients[1].value) * quantile
    differences = values - known
    return CalibrationCheck(
        differences,
        limit,
        tuple(int(place) for place in np.flatnonzero(np.abs(differences) > limit)),
        Method(
            name="control chart of a calibration line",
            reference="NIST/SEMATECH e-Handbook, 2.3.7.1",
            estimator="residual deviation of the calibration over its slope; Student's t shared among the standards",
            constants={"t": quantile, "standards": standards},
            confidence=1.0 - alpha,
            sample_size=values.size,
            data_hash=hash_of_data(values, known),
            assumed=curve.method.assumed,
        ),
    )
