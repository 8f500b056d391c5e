"""Stability of a gauge: repeated readings of one check standard over time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from samegauge.engines.errors import InvalidOptionError, TooFewValuesError
from samegauge.engines.gauging.calibration import Curve, fitted_curve
from samegauge.engines.laws.inference import checked_confidence, fisher_quantile, student_quantile
from samegauge.engines.values import checked_values
from samegauge.quantities.method import Method, hash_of_data

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_FEWEST = 2


@dataclass(frozen=True, slots=True)
class Stability:
    """Occasions against the limits of the baseline; unit of the readings.

    `repeatability` is the pooled deviation within occasions (level 1), `day_to_day` that of their means (level 2);
    `deviation_limit` bounds the deviation of one occasion. Places count from 0. `drift` is the line of means over the
    number of the occasion.
    """

    means: NDArray[np.float64]
    deviations: NDArray[np.float64]
    center: float
    repeatability: float
    repeatability_dof: float
    day_to_day: float
    day_to_day_dof: float
    lower_limit: float
    upper_limit: float
    deviation_limit: float
    means_beyond: tuple[int, ...]
    deviations_beyond: tuple[int, ...]
    drift: Curve
    method: Method


def stability_study(readings: ArrayLike, *, baseline: int | None = None, alpha: float = 0.05) -> Stability:
    """Does a gauge still measure a check standard as it used to, in its level and in its spread?

    Parameters
    ----------
    readings : array_like of float, shape (occasions, readings)
        Readings of one check standard, at least 3 occasions of 2 readings each [any unit].
    baseline : int, optional
        Number of leading occasions that set the limits; all if None [1].
    alpha : float
        Chance of a false alarm of one test on one occasion [1].

    Returns
    -------
    Stability
        Deviations of both levels, limits, occasions beyond them, drift [unit of the readings].

    Raises
    ------
    TooFewValuesError
        Fewer than 3 occasions, 2 readings or 2 baseline occasions.
    NonFiniteValuesError
        NaN or infinity among the readings.
    InvalidOptionError
        Alpha outside (0, 1) or a baseline longer than the readings.

    Notes
    -----
    Level 1: s1 pooled over the baseline, an occasion's deviation is bounded by s1 sqrt(F(1 - alpha; k - 1, dof)).
    Level 2: s2 from the means of the baseline, limits centre +- t(1 - alpha / 2, m - 1) s2. For single readings use the
    individuals chart. The drift's t test looks for a trend that no single point shows.

    Examples
    --------
    >>> study = stability_study([[1.0, 1.2], [1.1, 1.1], [1.2, 1.0], [1.1, 1.3], [2.0, 2.1]], baseline=4)
    >>> study.means_beyond
    (4,)

    References
    ----------
    NIST/SEMATECH e-Handbook of Statistical Methods, 2.2.2 and 2.2.3. AIAG MSA, 4th ed. (2010), chapter III, stability.
    """
    x = checked_values(readings, dimensions=(2,))
    occasions, size = x.shape
    used = occasions if baseline is None else baseline
    if used > occasions:
        raise InvalidOptionError(
            f"A baseline of {used} is longer than {occasions} occasions.", f"基準期 {used} 次多於全部 {occasions} 次。"
        )
    if occasions <= _FEWEST or size < _FEWEST or used < _FEWEST:
        raise TooFewValuesError(
            f"{occasions} occasions of {size} readings, {used} of them as baseline: at least 3, 2 and 2 are needed.",
            f"{occasions} 次、每次 {size} 筆讀值、其中 {used} 次為基準期：至少需要 3、2、2。",
        )
    means, deviations = x.mean(axis=1), x.std(axis=1, ddof=1)
    first_dof, second_dof = float(used * (size - 1)), used - 1.0
    s1 = math.sqrt(float(np.square(deviations[:used]).mean()))
    s2 = float(means[:used].std(ddof=1))
    center = float(means[:used].mean())
    half = student_quantile(1.0 - checked_confidence(alpha) / 2.0, second_dof) * s2
    most = s1 * math.sqrt(fisher_quantile(1.0 - alpha, size - 1.0, first_dof))
    return Stability(
        means=means,
        deviations=deviations,
        center=center,
        repeatability=s1,
        repeatability_dof=first_dof,
        day_to_day=s2,
        day_to_day_dof=second_dof,
        lower_limit=center - half,
        upper_limit=center + half,
        deviation_limit=most,
        means_beyond=tuple(int(place) for place in np.flatnonzero(np.abs(means - center) > half)),
        deviations_beyond=tuple(int(place) for place in np.flatnonzero(deviations > most)),
        drift=fitted_curve(np.arange(1.0, occasions + 1.0), means, confidence=1.0 - alpha),
        method=Method(
            name="stability with a check standard",
            reference="NIST/SEMATECH e-Handbook, 2.2.2 and 2.2.3",
            estimator="level 1: pooled standard deviation, F; level 2: standard deviation of the means, t",
            constants={"baseline": used, "readings_per_occasion": size},
            confidence=1.0 - alpha,
            sample_size=x.size,
            data_hash=hash_of_data(x),
            assumed=("occasions are independent, readings normally distributed",),
        ),
    )
