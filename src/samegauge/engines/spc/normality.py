"""Do values look like a sample from a normal distribution?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from samegauge.engines.errors import TooFewValuesError
from samegauge.engines.spc.distributions import log_normal_below
from samegauge.engines.spc.values import checked_values
from samegauge.quantities.method import Method, hash_of_data

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

_FEWEST = 8  # the p-value formula was fitted to n >= 8
# Upper end of each branch of the adjusted statistic, and the polynomial in it (constant, linear, square).
_LOW_BRANCHES = ((0.2, (-13.436, 101.14, -223.73)), (0.34, (-8.318, 42.796, -59.938)))
_HIGH_BRANCHES = ((0.6, (0.9177, -4.279, -1.38)), (math.inf, (1.2937, -5.709, 0.0186)))
_LARGEST = 153.0  # beyond it the last parabola turns upwards; p is zero for all purposes long before


@dataclass(frozen=True, slots=True)
class NormalityTest:
    """`statistic` is A squared as computed, `adjusted` the one compared with tables for estimated mean and sigma."""

    statistic: float
    adjusted: float
    p_value: float
    method: Method


def anderson_darling(values: ArrayLike) -> NormalityTest:
    """How well does a normal distribution with the sample's own mean and spread fit the values?

    Parameters
    ----------
    values : array_like of float, shape (n,)
        The sample, n >= 8 [any unit].

    Returns
    -------
    NormalityTest
        Statistic A squared, its small-sample form and the p-value [1].

    Raises
    ------
    TooFewValuesError
        Fewer than 8 values, or all equal.
    NonFiniteValuesError
        NaN or infinity among the values.

    Notes
    -----
    A^2 = -n - mean((2 i - 1)(ln F(z_i) + ln(1 - F(z_(n+1-i))))), adjusted by 1 + 0.75 / n + 2.25 / n^2. The p-value
    formulas hold for estimated mean and standard deviation and are good to about 0.01. Rounded values (ties) raise A^2.

    Examples
    --------
    >>> round(anderson_darling([9.8, 10.1, 9.9, 10.0, 10.2, 10.3, 9.7, 10.0, 10.1, 9.9]).p_value, 2)
    0.94

    References
    ----------
    D'Agostino R. B., Stephens M. A., Goodness-of-Fit Techniques, Dekker 1986, table 4.9.
    """
    array = np.sort(checked_values(values))
    spread = float(array.std(ddof=1)) if array.size > 1 else 0.0
    if array.size < _FEWEST or spread == 0.0:
        raise TooFewValuesError(
            f"The normality test needs at least {_FEWEST} values with spread.",
            f"常態性檢定至少需要 {_FEWEST} 筆且有變異的數值。",
        )
    z = (array - array.mean()) / spread
    order = np.arange(1, array.size + 1)
    logs = log_normal_below(z) + log_normal_below(-z[::-1])
    statistic = -array.size - float(((2 * order - 1) * logs).mean())
    adjusted = statistic * (1.0 + 0.75 / array.size + 2.25 / array.size**2)
    return NormalityTest(
        statistic,
        adjusted,
        _p_value(adjusted),
        Method(
            name="Anderson-Darling test of normality",
            reference="D'Agostino and Stephens 1986, table 4.9",
            estimator="mean and standard deviation from the sample",
            sample_size=array.size,
            data_hash=hash_of_data(array),
        ),
    )


def _p_value(adjusted: float) -> float:
    for end, (a, b, c) in _LOW_BRANCHES:
        if adjusted < end:
            return 1.0 - math.exp(a + b * adjusted + c * adjusted**2)
    bounded = min(adjusted, _LARGEST)
    for end, (a, b, c) in _HIGH_BRANCHES:
        if bounded < end:
            return math.exp(a + b * bounded + c * bounded**2)
    return 0.0
