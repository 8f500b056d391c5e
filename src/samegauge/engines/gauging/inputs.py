"""Input quantities of a measurement model: estimate, standard uncertainty, degrees of freedom, distribution."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

from samegauge.engines.errors import InvalidOptionError, TooFewValuesError
from samegauge.engines.values import checked_values

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.random import Generator
    from numpy.typing import ArrayLike, NDArray

_FEWEST = 2
_ROUNDING = 1e-9  # of the smallest eigenvalue


class Distribution(Enum):
    """State of knowledge about an input quantity; the values are the field codes."""

    NORMAL = "normal"
    STUDENT = "t"
    RECTANGULAR = "rectangular"
    TRIANGULAR = "triangular"
    ARCSINE = "u_shaped"


# Half-width over standard uncertainty.
_HALF_WIDTH = {
    Distribution.RECTANGULAR: math.sqrt(3.0),
    Distribution.TRIANGULAR: math.sqrt(6.0),
    Distribution.ARCSINE: math.sqrt(2.0),
}


@dataclass(frozen=True, slots=True)
class InputQuantity:
    """`standard_uncertainty` is that of the GUM; for t it is the scale (s / sqrt(n)), whose deviation is larger."""

    name: str
    value: float
    standard_uncertainty: float
    dof: float = math.inf
    distribution: Distribution = Distribution.NORMAL
    unit: str = ""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.value) and math.isfinite(self.standard_uncertainty)):
            raise InvalidOptionError(
                f"{self.name}: estimate {self.value} and uncertainty {self.standard_uncertainty} must be finite.",
                f"{self.name}：估計值 {self.value} 與不確定度 {self.standard_uncertainty} 必須是有限數值。",
            )
        if not (self.standard_uncertainty >= 0.0 and self.dof > 0.0):
            raise InvalidOptionError(
                f"{self.name}: the uncertainty must not be negative and the degrees of freedom must be positive.",
                f"{self.name}：不確定度不可為負，自由度必須大於 0。",
            )
        if self.distribution is Distribution.STUDENT and math.isinf(self.dof):
            raise InvalidOptionError(
                f"{self.name}: a t distribution needs finite degrees of freedom.",
                f"{self.name}：t 分布需要有限的自由度。",
            )

    def drawn(self, generator: Generator, count: int) -> NDArray[np.float64]:
        return self.value + self.standard_uncertainty * _standard(self, generator, count)


def _standard(quantity: InputQuantity, generator: Generator, count: int) -> NDArray[np.float64]:
    if quantity.distribution is Distribution.NORMAL:
        return generator.standard_normal(count)
    if quantity.distribution is Distribution.STUDENT:
        return generator.standard_t(quantity.dof, count)
    half = _HALF_WIDTH[quantity.distribution]
    first = generator.random(count)
    if quantity.distribution is Distribution.RECTANGULAR:
        return half * (2.0 * first - 1.0)
    if quantity.distribution is Distribution.TRIANGULAR:
        return half * (first + generator.random(count) - 1.0)
    return half * np.sin(math.pi * (first - 0.5))


def bounded_input(
    name: str, lower: float, upper: float, distribution: Distribution, *, dof: float = math.inf, unit: str = ""
) -> InputQuantity:
    """What is known of a quantity of which only bounds are known?

    Parameters
    ----------
    name : str
        Name of the quantity [1].
    lower, upper : float
        Bounds, lower below upper [any unit].
    distribution : Distribution
        Rectangular, triangular or U-shaped between them [1].
    dof : float
        Degrees of freedom that stand for the doubt about the bounds [1].
    unit : str
        Unit, for the budget [1].

    Returns
    -------
    InputQuantity
        Middle of the bounds and half-width over sqrt(3), sqrt(6) or sqrt(2) [unit of the bounds].

    Raises
    ------
    InvalidOptionError
        Bounds in the wrong order, or a distribution without bounds.

    Notes
    -----
    A relative doubt r about the uncertainty is worth 1 / (2 r^2) degrees of freedom.

    Examples
    --------
    >>> round(bounded_input("alpha", -1.0, 1.0, Distribution.RECTANGULAR).standard_uncertainty, 4)
    0.5774

    References
    ----------
    JCGM 100:2008, 4.3.7 to 4.3.9 and G.4.2. JCGM 101:2008, 6.4.
    """
    if distribution not in _HALF_WIDTH:
        raise InvalidOptionError(
            f"{name}: a {distribution.value} distribution has no bounds.",
            f"{name}：{distribution.value} 分布沒有界限。",
        )
    if not lower < upper:
        raise InvalidOptionError(
            f"{name}: the lower bound {lower} is not below the upper bound {upper}.",
            f"{name}：下界 {lower} 沒有小於上界 {upper}。",
        )
    uncertainty = (upper - lower) / 2.0 / _HALF_WIDTH[distribution]
    return InputQuantity(name, (lower + upper) / 2.0, uncertainty, dof, distribution, unit)


def observed_input(name: str, observations: ArrayLike, *, unit: str = "") -> InputQuantity:
    """What is known of a quantity that was measured repeatedly?

    Parameters
    ----------
    name : str
        Name of the quantity [1].
    observations : array_like of float, shape (n,)
        Independent observations, at least 2 [any unit].
    unit : str
        Unit, for the budget [1].

    Returns
    -------
    InputQuantity
        Mean, s / sqrt(n), n - 1 degrees of freedom, t distribution [unit of the observations].

    Raises
    ------
    TooFewValuesError
        Fewer than 2 observations.
    NonFiniteValuesError
        NaN or infinity among them.

    Notes
    -----
    In a simulation the t distribution has the larger standard deviation u sqrt(dof / (dof - 2)), infinite for fewer
    than 4 observations.

    Examples
    --------
    >>> found = observed_input("length", [10.1, 10.2, 10.0, 10.1])
    >>> round(found.value, 3), round(found.standard_uncertainty, 4), found.dof
    (10.1, 0.0408, 3.0)

    References
    ----------
    JCGM 100:2008, 4.2. JCGM 101:2008, 6.4.9.
    """
    x = checked_values(observations)
    if x.size < _FEWEST:
        raise TooFewValuesError(
            f"{name}: at least 2 observations are needed, not {x.size}.",
            f"{name}：至少需要 2 筆觀測值，目前 {x.size} 筆。",
        )
    uncertainty = float(x.std(ddof=1)) / math.sqrt(x.size)
    return InputQuantity(name, float(x.mean()), uncertainty, x.size - 1.0, Distribution.STUDENT, unit)


def correlation_matrix(
    inputs: Sequence[InputQuantity], correlations: Mapping[tuple[str, str], float]
) -> NDArray[np.float64]:
    """How do the input quantities depend on each other?

    Parameters
    ----------
    inputs : sequence of InputQuantity
        Input quantities with different names [1].
    correlations : mapping of pair of names to float
        Correlation coefficients of the pairs that have one [1].

    Returns
    -------
    ndarray of float, shape (n, n)
        Correlation matrix [1].

    Raises
    ------
    InvalidOptionError
        Unknown or repeated names, a coefficient beyond 1, or coefficients that contradict each other.

    Notes
    -----
    Coefficients contradict each other where the matrix has a negative eigenvalue (below -1e-9).

    Examples
    --------
    >>> pair = [InputQuantity("a", 0.0, 1.0), InputQuantity("b", 0.0, 1.0)]
    >>> correlation_matrix(pair, {("a", "b"): 0.5})[0].tolist()
    [1.0, 0.5]

    References
    ----------
    JCGM 100:2008, 5.2.
    """
    places = {quantity.name: place for place, quantity in enumerate(inputs)}
    if len(places) < len(inputs):
        raise InvalidOptionError("Two input quantities have the same name.", "有兩個輸入量同名。")
    matrix = np.eye(len(inputs))
    for (one, other), coefficient in correlations.items():
        if one not in places or other not in places or one == other or not -1.0 <= coefficient <= 1.0:
            raise InvalidOptionError(
                f"The correlation {coefficient} of {one} and {other} fits no two input quantities.",
                f"{one} 與 {other} 的相關係數 {coefficient} 不對應任何兩個輸入量。",
            )
        matrix[places[one], places[other]] = matrix[places[other], places[one]] = coefficient
    if len(correlations) and float(np.linalg.eigvalsh(matrix)[0]) < -_ROUNDING:
        raise InvalidOptionError(
            "The correlations contradict each other (no quantities can have them together).",
            "相關係數互相矛盾（沒有任何輸入量能同時具有這些相關）。",
        )
    return matrix
