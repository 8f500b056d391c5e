"""Johnson's systems of transformations, chosen by the ratio of distances between quantiles."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

from samegauge.engines.errors import TooFewValuesError
from samegauge.engines.laws.continuous import normal_below
from samegauge.engines.spc.capability.fitting import NoFitError
from samegauge.engines.spc.capability.normality import anderson_darling, shapiro_wilk
from samegauge.engines.values import checked_values
from samegauge.quantities.method import Method, hash_of_data

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

_FEWEST = 8
_FIRST_Z, _LAST_Z, _Z_STEP = 0.25, 1.25, 0.01
_SAME = 1e-9  # a ratio this near to 1 is that of SL: the width of SB or SU would be infinite


class JohnsonSystem(Enum):
    BOUNDED = "SB"
    LOGNORMAL = "SL"
    UNBOUNDED = "SU"


class Criterion(Enum):
    """What decides between the candidates: Chou et al. take Shapiro-Wilk, some programs Anderson-Darling."""

    SHAPIRO_WILK = "shapiro-wilk"
    ANDERSON_DARLING = "anderson-darling"


@dataclass(frozen=True, slots=True)
class Johnson:
    """gamma + eta g((x - epsilon) / lambda), with g(u) log(u / (1 - u)), log u or asinh u; lambda is 1 for SL.

    `z` is the spacing of the quantiles it was found from, `p_value` that of the criterion after the transformation.
    """

    system: JohnsonSystem
    gamma: float
    eta: float
    epsilon: float
    lambda_: float
    z: float
    p_value: float
    method: Method

    def transformed(self, values: ArrayLike) -> Array:
        """NaN where a value lies outside the bounds of the system."""
        u = (np.asarray(values, dtype=np.float64) - self.epsilon) / self.lambda_
        with np.errstate(invalid="ignore", divide="ignore"):
            if self.system is JohnsonSystem.UNBOUNDED:
                shaped = np.arcsinh(u)
            elif self.system is JohnsonSystem.LOGNORMAL:
                shaped = np.log(u)
            else:
                shaped = np.log(u / (1.0 - u))
        return np.where(np.isfinite(shaped), self.gamma + self.eta * shaped, np.nan)


def johnson(values: ArrayLike, criterion: Criterion = Criterion.SHAPIRO_WILK) -> Johnson:
    """Which of Johnson's transformations makes the values most like a normal sample?

    Parameters
    ----------
    values : array_like of float, shape (n,)
        The sample, 8 <= n <= 5000 [any unit].
    criterion : Criterion
        The test whose p-value decides [1].

    Returns
    -------
    Johnson
        The best transformation [1; epsilon and lambda in the unit of the values].

    Raises
    ------
    TooFewValuesError
        Fewer than 8 values, or all equal.
    InvalidOptionError
        More than 5000 values for Shapiro-Wilk.
    NoFitError
        No candidate contains all values.
    NonFiniteValuesError
        NaN or infinity among the values.

    Notes
    -----
    For z = 0.25, 0.26, ..., 1.25 the sample quantiles at -3 z, -z, z, 3 z give m, p, n, the distances between them from
    the right; m n / p^2 below 1 means SB, above 1 SU, and m > p allows SL as well. Parameters follow in closed form.
    Quantiles are at n F(z) + 1/2 in the ordered values, between them linear; outside them z is left out. Among the
    candidates that contain all values the largest p-value wins. From the cited texts; the closed forms are proved by
    exact quantiles, no published fit was found to compare the choice with.

    Examples
    --------
    >>> found = johnson(np.random.default_rng(3).lognormal(1.0, 0.6, 100))
    >>> found.system.value, found.p_value > 0.5
    ('SU', True)

    References
    ----------
    Slifker J. F., Shapiro S. S., Technometrics 22 (1980) 239, doi:10.1080/00401706.1980.10486139. Chou Y.-M., Polansky
    A. M., Mason R. L., Journal of Quality Technology 30 (1998) 133, doi:10.1080/00224065.1998.11979832.
    """
    x = spread_sample(values)
    method = Method(
        name="Johnson transformation",
        reference="Chou, Polansky, Mason 1998",
        estimator=f"quantile ratios of Slifker and Shapiro; largest p-value of {criterion.value}",
        sample_size=x.size,
        data_hash=hash_of_data(x),
    )
    best: Johnson | None = None
    for candidate in _candidates(np.sort(x), method):
        moved = candidate.transformed(x)
        if np.isnan(moved).any() or float(np.ptp(moved)) == 0.0:
            continue
        tested = shapiro_wilk(moved) if criterion is Criterion.SHAPIRO_WILK else anderson_darling(moved)
        if best is None or tested.p_value > best.p_value:
            best = replace(candidate, p_value=tested.p_value)
    if best is None:
        raise NoFitError(
            "No Johnson transformation contains all values; look for outliers or several processes in one sample.",
            "沒有任何 Johnson 轉換能涵蓋所有數值；檢查是否有離群值或混合了多個製程。",
        )
    return best


def spread_sample(values: ArrayLike) -> NDArray[np.float64]:
    """Are these values enough to choose a transformation by?

    Parameters
    ----------
    values : array_like of float, shape (n,)
        The sample [any unit].

    Returns
    -------
    ndarray of float, shape (n,)
        The same values [unit of the values].

    Raises
    ------
    TooFewValuesError
        Fewer than 8 values, or all equal.
    NonFiniteValuesError
        NaN or infinity among the values.

    Notes
    -----
    The least is that of the normality test that follows.

    Examples
    --------
    >>> spread_sample(range(8)).size
    8

    References
    ----------
    None: a rule of this product.
    """
    x = checked_values(values)
    if x.size < _FEWEST or float(np.ptp(x)) == 0.0:
        raise TooFewValuesError(
            f"A transformation needs at least {_FEWEST} values with spread.",
            f"轉換至少需要 {_FEWEST} 筆且有變異的數值。",
        )
    return x


def _candidates(ordered: Array, method: Method) -> Iterator[Johnson]:
    count = ordered.size
    for z in np.arange(_FIRST_Z, _LAST_Z + _Z_STEP / 2.0, _Z_STEP):
        places = count * normal_below(np.array([-3.0, -1.0, 1.0, 3.0]) * z) + 0.5
        if places[0] < 1.0 or places[-1] > count:
            return
        yield from johnson_from_quantiles(np.interp(places, np.arange(1, count + 1), ordered), float(z), method)


def johnson_from_quantiles(quantiles: ArrayLike, z: float, method: Method) -> tuple[Johnson, ...]:
    """Which Johnson distributions have four given quantiles?

    Parameters
    ----------
    quantiles : array_like of float, shape (4,)
        Quantiles at -3 z, -z, z and 3 z of a standard normal distribution [any unit].
    z : float
        The spacing, positive [1].
    method : Method
        Record of where the quantiles come from [1].

    Returns
    -------
    tuple of Johnson
        SB or SU, and SL where the right distance exceeds the middle one; p-values are not known [1].

    Notes
    -----
    With m, p, n the distances between the quantiles from the right, a = p / m, b = p / n:
    SB: eta = z / acosh(sqrt((1 + a)(1 + b)) / 2); SU: eta = 2 z / acosh((m + n) / (2 p)); SL: eta = 2 z / log(m / p),
    through three of the four quantiles. The other parameters follow.

    Examples
    --------
    >>> import math
    >>> exact = [math.sinh(one) for one in (-1.5, -0.5, 0.5, 1.5)]
    >>> found = johnson_from_quantiles(exact, 0.5, Method("exact", "none"))[0]
    >>> found.system.value, round(found.eta, 6), round(found.lambda_, 6)
    ('SU', 1.0, 1.0)

    References
    ----------
    Slifker J. F., Shapiro S. S., Technometrics 22 (1980) 239, doi:10.1080/00401706.1980.10486139.
    """
    lowest, low, high, highest = (float(one) for one in np.asarray(quantiles, dtype=np.float64))
    m, p, n = highest - high, high - low, low - lowest
    if min(m, p, n) <= 0.0:
        return ()
    middle, ratio = (low + high) / 2.0, m * n / p**2
    found: list[Johnson] = []
    if ratio < 1.0 - _SAME:
        found.append(_bounded(p / m, p / n, p, middle, z, method))
    elif ratio > 1.0 + _SAME:
        found.append(_unbounded(m / p, n / p, p, middle, z, method))
    if m > p:
        eta = 2.0 * z / math.log(m / p)
        gamma = eta * math.log((m / p - 1.0) / (p * math.sqrt(m / p)))
        epsilon = middle - p / 2.0 * (m / p + 1.0) / (m / p - 1.0)
        found.append(Johnson(JohnsonSystem.LOGNORMAL, gamma, eta, epsilon, 1.0, z, math.nan, method))
    return tuple(found)


def _bounded(a: float, b: float, p: float, middle: float, z: float, method: Method) -> Johnson:
    product = (1.0 + a) * (1.0 + b)
    eta = z / math.acosh(math.sqrt(product) / 2.0)
    gamma = eta * math.asinh((b - a) * math.sqrt(product - 4.0) / (2.0 * (a * b - 1.0)))
    width = p * math.sqrt((product - 2.0) ** 2 - 4.0) / (a * b - 1.0)
    epsilon = middle - width / 2.0 + p * (b - a) / (2.0 * (a * b - 1.0))
    return Johnson(JohnsonSystem.BOUNDED, gamma, eta, epsilon, width, z, math.nan, method)


def _unbounded(a: float, b: float, p: float, middle: float, z: float, method: Method) -> Johnson:
    """Here a and b are the outer distances over the middle one."""
    total = a + b
    eta = 2.0 * z / math.acosh(total / 2.0)
    root = math.sqrt(a * b - 1.0)
    gamma = eta * math.asinh((b - a) / (2.0 * root))
    scale = 2.0 * p * root / ((total - 2.0) * math.sqrt(total + 2.0))
    epsilon = middle + p * (b - a) / (2.0 * (total - 2.0))
    return Johnson(JohnsonSystem.UNBOUNDED, gamma, eta, epsilon, scale, z, math.nan, method)
