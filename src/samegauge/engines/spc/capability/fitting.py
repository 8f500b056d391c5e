"""Maximum likelihood fits of the families, with the uncertainty of their parameters."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from samegauge.engines.errors import EngineError, TooFewValuesError
from samegauge.engines.laws.numerics import digamma, minimum_between, trigamma
from samegauge.engines.spc.capability.families import Distribution, Family, Kernel, LocationScale
from samegauge.engines.values import checked_values
from samegauge.quantities.method import Method, hash_of_data

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

_FEWEST = 5
_MOST_STEPS = 100
_CONVERGED = 1e-12
# Where thresholds are looked for: distance below the smallest value, in ranges of the values.
_NEAREST, _FARTHEST, _PLACES = -12.0, 7.0, 77
_DERIVATIVE_STEP = 1e-3
_NARROWEST = 1e-5  # of log mean - mean log: below it a gamma distribution is a normal one to all digits that count


class NoFitError(EngineError):
    """The values cannot be described by the family that was asked for."""


@dataclass(frozen=True, slots=True)
class Fit:
    """`covariance` belongs to the free working parameters, in their order."""

    distribution: Distribution
    log_likelihood: float
    covariance: NDArray[np.float64]
    count: int
    method: Method

    @property
    def akaike(self) -> float:
        """Information criterion: the smaller, the better for the same values."""
        return 2.0 * len(self.distribution.family.free) - 2.0 * self.log_likelihood


def fitted(values: ArrayLike, family: Family) -> Fit:
    """Which distribution of a family makes the values most likely?

    Parameters
    ----------
    values : array_like of float, shape (n,)
        A sample of n >= 5 [any unit].
    family : Family
        The family; most of them want positive values [1].

    Returns
    -------
    Fit
        The distribution with parameters under their published names, likelihood and covariance [unit of the values].

    Raises
    ------
    TooFewValuesError
        Fewer than 5 values, or all equal.
    NonFiniteValuesError
        NaN or infinity among the values.
    NoFitError
        Values that are not positive where they must be, or no maximum of the likelihood within the family.

    Notes
    -----
    Newton's method on the concave log-likelihood of a location-scale family, of the values or of their logarithms; for
    gamma on the shape. With a threshold the likelihood grows without bound as the threshold nears the smallest value,
    so the largest local maximum away from it is taken (Cohen); where there is none, the family is refused. Standard
    deviations are those of maximum likelihood (n, not n - 1).

    Examples
    --------
    >>> found = fitted([0.5, 0.9, 1.1, 1.4, 2.0, 2.6], Family.WEIBULL)
    >>> {name: round(value, 4) for name, value in found.distribution.parameters.items()}
    {'shape': 2.1734, 'scale': 1.6066}

    References
    ----------
    Lawless J. F., Statistical Models and Methods for Lifetime Data, 2nd ed. (2003), chapter 5. Cohen A. C., Journal of
    the American Statistical Association 46 (1951) 206, doi:10.1080/01621459.1951.10500800.
    """
    x = checked_values(values)
    if x.size < _FEWEST or float(np.ptp(x)) == 0.0:
        raise TooFewValuesError(
            f"A fit needs at least {_FEWEST} values with spread.", f"配適分布至少需要 {_FEWEST} 筆且有變異的數值。"
        )
    if family.is_positive and float(x.min()) <= 0.0:
        raise NoFitError(
            f"The {family.value} distribution has positive values only; the smallest one is {x.min():g}.",
            f"{family.value} 分布只能有正值；最小值是 {x.min():g}。",
        )
    working = _working(x, family)
    distribution = Distribution(family, working)
    return Fit(
        distribution,
        _log_likelihood(x, family, np.array(working)),
        _covariance(x, family, np.array(working)),
        x.size,
        Method(
            name=f"maximum likelihood fit, {family.value}",
            reference="Lawless 2003, chapter 5",
            estimator="maximum likelihood; covariance from the observed information",
            constants=distribution.parameters,
            sample_size=x.size,
            data_hash=hash_of_data(x),
            assumed=("values are independent",),
        ),
    )


def _working(x: Array, family: Family) -> tuple[float, float, float]:
    if family is Family.EXPONENTIAL:
        return 0.0, math.log(float(x.mean())), 0.0
    if family is Family.GAMMA:
        return 0.0, *_gamma(x)
    form = family.form
    assert isinstance(form, LocationScale)  # noqa: S101 - all families but gamma
    if 0 in family.free:
        return _with_threshold(x, family, form.kernel)
    return 0.0, *_location_and_log_scale(np.log(x) if form.logarithmic else x, form.kernel)


def _location_and_log_scale(t: Array, kernel: Kernel) -> tuple[float, float]:
    """Newton in a = 1 / scale and b = location / scale, in which the log-likelihood is concave."""
    centre, spread = float(t.mean()), float(t.std())
    t, a, b = (t - centre) / spread, 1.0, 0.0

    def likelihood(a: float, b: float) -> float:
        return float(kernel.log_density(a * t - b).sum()) + t.size * math.log(a) if a > 0.0 else -math.inf

    reached = likelihood(a, b)
    for _ in range(_MOST_STEPS):
        z = a * t - b
        score, curvature = kernel.score(z), kernel.curvature(z)
        gradient = np.array([(score * t).sum() + t.size / a, -score.sum()])
        cross = -(curvature * t).sum()
        hessian = np.array([[(curvature * t * t).sum() - t.size / a**2, cross], [cross, curvature.sum()]])
        step = -np.linalg.solve(hessian, gradient)
        while (found := likelihood(a + step[0], b + step[1])) < reached - _CONVERGED * abs(reached):
            step /= 2.0
        a, b, reached = a + float(step[0]), b + float(step[1]), found
        if float(np.abs(step).max()) < _CONVERGED:
            break
    return centre + spread * b / a, math.log(spread / a)


def _gamma(x: Array) -> tuple[float, float]:
    """Newton in the logarithm of the shape k: log k - digamma(k) = log(mean) - mean(log)."""
    mean = float(x.mean())
    gap = -float(np.log(x / mean).mean())
    if gap < _NARROWEST:
        raise NoFitError(
            "The values are too close together for a gamma distribution: take the normal one.",
            "數值過於集中，gamma 分布已無從區分：改用常態分布。",
        )
    log_shape = math.log((3.0 - gap + math.sqrt((gap - 3.0) ** 2 + 24.0 * gap)) / (12.0 * gap))
    for _ in range(_MOST_STEPS):
        shape = math.exp(log_shape)
        step = (log_shape - digamma(shape) - gap) / (1.0 - shape * trigamma(shape))
        log_shape -= step
        if abs(step) < _CONVERGED:
            break
    return log_shape, math.log(mean) - log_shape


def _with_threshold(x: Array, family: Family, kernel: Kernel) -> tuple[float, float, float]:
    lowest, width = float(x.min()), float(np.ptp(x))

    def working(place: float) -> tuple[float, float, float]:
        threshold = lowest - width * math.exp(place)
        return threshold, *_location_and_log_scale(np.log(x - threshold), kernel)

    def loss(place: float) -> float:
        return -_log_likelihood(x, family, np.array(working(place)))

    places = np.linspace(_NEAREST, _FARTHEST, _PLACES)
    losses = np.array([loss(float(one)) for one in places])
    valleys = 1 + np.flatnonzero((losses[1:-1] < losses[:-2]) & (losses[1:-1] <= losses[2:]))
    if not valleys.size:
        raise NoFitError(
            f"The likelihood of the {family.value} distribution has no maximum for these values: take the family "
            "without threshold, or the normal distribution.",
            f"這些數值在 {family.value} 分布下沒有最大概似解：改用無門檻的分布，或常態分布。",
        )
    best = int(valleys[np.argmin(losses[valleys])])
    return working(minimum_between(loss, float(places[best - 1]), float(places[best + 1])))


def _log_likelihood(x: Array, family: Family, w: Array) -> float:
    return float(family.form.log_density(x, w).sum())


def _covariance(x: Array, family: Family, w: Array) -> Array:
    """Inverse of the observed information, by central differences of the log-likelihood."""
    free = list(family.free)
    room = float(x.min()) - w[0] if 0 in free else 1.0
    width = 1.0 if family is Family.GAMMA else math.exp(w[2])  # a location moves in scales, not in units
    steps = {place: _DERIVATIVE_STEP * (room, width, 1.0)[place] for place in free}

    def at(one: int, by: float, other: int, and_by: float) -> float:
        moved = w.copy()
        moved[one] += by * steps[one]
        moved[other] += and_by * steps[other]
        return _log_likelihood(x, family, moved)

    # In steps, so that parameters of very different size stay comparable.
    information = np.array(
        [[-(at(i, 1, j, 1) - at(i, 1, j, -1) - at(i, -1, j, 1) + at(i, -1, j, -1)) / 4.0 for j in free] for i in free]
    )
    if not (np.linalg.eigvalsh(information) > 0.0).all():
        raise NoFitError(
            f"The likelihood of the {family.value} distribution is flat for these values: take another family.",
            f"這些數值在 {family.value} 分布下的概似函數過於平坦：改用其他分布。",
        )
    scale = np.array([steps[place] for place in free])
    return np.linalg.inv(information) * np.outer(scale, scale)
