"""How well a fitted distribution describes its values: the Anderson-Darling statistic and its p-values."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

from samegauge.engines.errors import EngineError, InvalidOptionError
from samegauge.engines.spc.capability.families import Family
from samegauge.engines.spc.capability.fitting import fitted
from samegauge.engines.spc.capability.normality import anderson_darling, anderson_darling_statistic
from samegauge.engines.values import checked_values
from samegauge.quantities.method import Method, hash_of_data

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

    from samegauge.engines.spc.capability.families import Distribution

_FEWEST_REPEATS = 19
# Upper tail shares of the adjusted statistic with estimated parameters: extreme value (table 4.17), exponential (4.14),
# logistic (4.22); the function gives the adjustment.
_TABLES: Mapping[Family, tuple[tuple[float, float], ...]] = {
    Family.WEIBULL: ((0.474, 0.25), (0.637, 0.10), (0.757, 0.05), (0.877, 0.025), (1.038, 0.01)),
    Family.EXPONENTIAL: (
        (0.736, 0.25),
        (0.816, 0.20),
        (0.916, 0.15),
        (1.062, 0.10),
        (1.321, 0.05),
        (1.591, 0.025),
        (1.959, 0.01),
    ),
    Family.LOGISTIC: ((0.426, 0.25), (0.563, 0.10), (0.660, 0.05), (0.769, 0.025), (0.906, 0.01), (1.010, 0.005)),
}


class Relation(Enum):
    """Whether a p-value is known or only that it lies beyond the end of a table."""

    EQUAL = "="
    ABOVE = ">"
    BELOW = "<"


@dataclass(frozen=True, slots=True)
class GoodnessOfFit:
    """`adjusted` is what the table is entered with; both it and `p_value` are None where no table exists."""

    statistic: float
    adjusted: float | None
    p_value: float | None
    relation: Relation
    method: Method


def goodness_of_fit(values: ArrayLike, distribution: Distribution) -> GoodnessOfFit:
    """How well does a distribution that was fitted to the values describe them?

    Parameters
    ----------
    values : array_like of float, shape (n,)
        The values that were fitted [any unit].
    distribution : Distribution
        The fitted distribution [unit of the values].

    Returns
    -------
    GoodnessOfFit
        Anderson-Darling statistic with p-value, where a table of its family exists [1].

    Raises
    ------
    TooFewValuesError
        Fewer than 8 values for the normal and the lognormal distribution.
    NonFiniteValuesError
        NaN or infinity among the values.

    Notes
    -----
    A^2 = -n - mean((2 i - 1)(ln F(x_i) + ln(1 - F(x_(n+1-i))))). Tables hold for parameters estimated from the same
    values: Weibull A^2 (1 + 0.2 / sqrt n), exponential A^2 (1 + 0.6 / n), logistic and log-logistic A^2 (1 + 0.25 / n),
    between their rows by the logarithm of p. Normal and lognormal use the sample standard deviation (n - 1), as their
    table asks. Gamma and families with a threshold have no table: ask `simulated_p_value`.

    Examples
    --------
    >>> from samegauge.engines.spc.capability.fitting import fitted
    >>> values = [17.88, 28.92, 33.0, 41.52, 42.12, 45.6, 48.48, 51.84, 51.96, 54.12, 55.56, 67.8, 68.64, 68.64, 68.88]
    >>> round(goodness_of_fit(values, fitted(values, Family.EXPONENTIAL).distribution).statistic, 4)
    3.3535

    References
    ----------
    D'Agostino R. B., Stephens M. A., Goodness-of-Fit Techniques, Dekker 1986, tables 4.9, 4.14, 4.17, 4.22 (the last
    three from memory; the Monte Carlo test of this product finds their shares again).
    """
    x = np.sort(checked_values(values))
    family = distribution.family
    if family in (Family.NORMAL, Family.LOGNORMAL):
        normal = anderson_darling(np.log(x) if family is Family.LOGNORMAL else x)
        return GoodnessOfFit(
            normal.statistic, normal.adjusted, normal.p_value, Relation.EQUAL, _method(x, family, "table 4.9")
        )
    statistic = _statistic(x, distribution)
    adjusted = _adjusted(statistic, x.size, family)
    if adjusted is None:
        return GoodnessOfFit(statistic, None, None, Relation.EQUAL, _method(x, family, "no table"))
    p_value, relation = _from_table(adjusted, _TABLES[_tabled(family)])
    return GoodnessOfFit(statistic, adjusted, p_value, relation, _method(x, family, "tables of chapter 4"))


def _tabled(family: Family) -> Family:
    return Family.LOGISTIC if family is Family.LOGLOGISTIC else family


def _statistic(x: NDArray[np.float64], distribution: Distribution) -> float:
    return anderson_darling_statistic(distribution.log_below(x), distribution.log_above(x))


def _adjusted(statistic: float, count: int, family: Family) -> float | None:
    if family is Family.WEIBULL:
        return statistic * (1.0 + 0.2 / math.sqrt(count))
    if family is Family.EXPONENTIAL:
        return statistic * (1.0 + 0.6 / count)
    if family in (Family.LOGISTIC, Family.LOGLOGISTIC):
        return statistic * (1.0 + 0.25 / count)
    return None


def _from_table(adjusted: float, table: tuple[tuple[float, float], ...]) -> tuple[float, Relation]:
    points, shares = zip(*table, strict=True)
    p = math.exp(float(np.interp(adjusted, points, np.log(shares))))
    if adjusted < points[0]:
        return shares[0], Relation.ABOVE
    return (shares[-1], Relation.BELOW) if adjusted > points[-1] else (p, Relation.EQUAL)


def _method(x: NDArray[np.float64], family: Family, table: str) -> Method:
    return Method(
        name=f"Anderson-Darling test, {family.value}",
        reference="D'Agostino and Stephens 1986",
        estimator=f"parameters by maximum likelihood; p-value: {table}",
        sample_size=x.size,
        data_hash=hash_of_data(x),
    )


def simulated_p_value(
    values: ArrayLike, distribution: Distribution, generator: np.random.Generator, repeats: int = 199
) -> GoodnessOfFit:
    """How often would values from the fitted distribution itself fit no better, with parameters estimated anew?

    Parameters
    ----------
    values : array_like of float, shape (n,)
        The values that were fitted [any unit].
    distribution : Distribution
        The fitted distribution [unit of the values].
    generator : Generator
        Source of randomness; the same seed gives the same answer [1].
    repeats : int
        Number of simulated samples, at least 19 [1].

    Returns
    -------
    GoodnessOfFit
        Statistic and the p-value (1 + as bad or worse) / (1 + repeats) [1].

    Raises
    ------
    InvalidOptionError
        Fewer than 19 repeats.
    NonFiniteValuesError
        NaN or infinity among the values.

    Notes
    -----
    Parametric bootstrap, valid for every family. Its standard error is sqrt(p (1 - p) / repeats). Samples to which the
    family cannot be fitted count as bad, which makes p larger, never smaller.

    Examples
    --------
    >>> from samegauge.engines.spc.capability.fitting import fitted
    >>> values = np.random.default_rng(1).gamma(3.0, size=40)
    >>> found = simulated_p_value(values, fitted(values, Family.GAMMA).distribution, np.random.default_rng(2), 19)
    >>> found.p_value
    0.9

    References
    ----------
    Stute W., Gonzales Manteiga W., Presedo Quindimil M., Metrika 40 (1993) 243, doi:10.1007/BF02613687.
    """
    if repeats < _FEWEST_REPEATS:
        raise InvalidOptionError(
            f"{repeats} simulated samples are too few; take at least {_FEWEST_REPEATS}.",
            f"模擬 {repeats} 組太少；至少 {_FEWEST_REPEATS} 組。",
        )
    x = np.sort(checked_values(values))
    statistic = _statistic(x, distribution)
    worse = sum(_refitted(distribution, x.size, generator) >= statistic for _ in range(repeats))
    method = _method(x, distribution.family, f"parametric bootstrap of {repeats} samples")
    return GoodnessOfFit(statistic, None, (1.0 + worse) / (1.0 + repeats), Relation.EQUAL, method)


def _refitted(distribution: Distribution, count: int, generator: np.random.Generator) -> float:
    sample = np.sort(distribution.quantile(generator.uniform(size=count)))
    try:
        return _statistic(sample, fitted(sample, distribution.family).distribution)
    except EngineError:
        return math.inf
