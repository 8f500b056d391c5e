"""Families of continuous distributions, each a standard shape that is moved, stretched and perhaps of logarithms."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

from samegauge.engines.errors import InvalidOptionError
from samegauge.engines.laws.continuous import (
    gamma_below,
    gamma_quantile,
    log_normal_below,
    normal_quantiles,
)
from samegauge.engines.laws.numerics import log_gamma

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]


class Kernel(ABC):
    """The standard shape of z. `score` and `curvature` are the derivatives of the logarithm of its density."""

    @abstractmethod
    def log_density(self, z: Array) -> Array: ...
    @abstractmethod
    def score(self, z: Array) -> Array: ...
    @abstractmethod
    def curvature(self, z: Array) -> Array: ...
    @abstractmethod
    def log_below(self, z: Array) -> Array: ...
    @abstractmethod
    def log_above(self, z: Array) -> Array: ...
    @abstractmethod
    def quantile(self, probability: Array) -> Array: ...


class _Normal(Kernel):
    def log_density(self, z: Array) -> Array:
        return -(z**2) / 2.0 - math.log(2.0 * math.pi) / 2.0

    def score(self, z: Array) -> Array:
        return -z

    def curvature(self, z: Array) -> Array:
        return -np.ones_like(z)

    def log_below(self, z: Array) -> Array:
        return log_normal_below(z)

    def log_above(self, z: Array) -> Array:
        return log_normal_below(-z)

    def quantile(self, probability: Array) -> Array:
        return normal_quantiles(probability)


class _Logistic(Kernel):
    def log_density(self, z: Array) -> Array:
        return -np.abs(z) - 2.0 * np.log1p(np.exp(-np.abs(z)))

    def score(self, z: Array) -> Array:
        return -np.tanh(z / 2.0)

    def curvature(self, z: Array) -> Array:
        return (np.tanh(z / 2.0) ** 2 - 1.0) / 2.0

    def log_below(self, z: Array) -> Array:
        return -np.logaddexp(0.0, -z)

    def log_above(self, z: Array) -> Array:
        return -np.logaddexp(0.0, z)

    def quantile(self, probability: Array) -> Array:
        return np.log(probability) - np.log1p(-probability)


class _SmallestExtreme(Kernel):
    """Logarithm of a Weibull variable."""

    def log_density(self, z: Array) -> Array:
        return z - np.exp(z)

    def score(self, z: Array) -> Array:
        return 1.0 - np.exp(z)

    def curvature(self, z: Array) -> Array:
        return -np.exp(z)

    def log_below(self, z: Array) -> Array:
        return np.log(-np.expm1(-np.exp(z)))

    def log_above(self, z: Array) -> Array:
        return -np.exp(z)

    def quantile(self, probability: Array) -> Array:
        return np.log(-np.log1p(-probability))


class Form(ABC):
    """A distribution of x with working parameters w = (threshold, two more), all without bounds on their values."""

    @abstractmethod
    def log_density(self, x: Array, w: Array) -> Array: ...
    @abstractmethod
    def log_below(self, x: Array, w: Array) -> Array: ...
    @abstractmethod
    def log_above(self, x: Array, w: Array) -> Array: ...
    @abstractmethod
    def quantile(self, probability: Array, w: Array) -> Array: ...


@dataclass(frozen=True, slots=True)
class LocationScale(Form):
    """x, or the logarithm of x beyond the threshold, is w[1] + exp(w[2]) z with z after the kernel."""

    kernel: Kernel
    logarithmic: bool

    def _standard(self, x: Array, w: Array) -> Array:
        return ((np.log(x - w[0]) if self.logarithmic else x) - w[1]) * math.exp(-w[2])

    def log_density(self, x: Array, w: Array) -> Array:
        jacobian = np.log(x - w[0]) if self.logarithmic else np.zeros_like(x)
        return self.kernel.log_density(self._standard(x, w)) - float(w[2]) - jacobian

    def log_below(self, x: Array, w: Array) -> Array:
        return self.kernel.log_below(self._standard(x, w))

    def log_above(self, x: Array, w: Array) -> Array:
        return self.kernel.log_above(self._standard(x, w))

    def quantile(self, probability: Array, w: Array) -> Array:
        stretched = w[1] + math.exp(w[2]) * self.kernel.quantile(probability)
        return w[0] + np.exp(stretched) if self.logarithmic else stretched


class GammaForm(Form):
    """The logarithms of shape and scale are w[1] and w[2]; the threshold is not used."""

    def log_density(self, x: Array, w: Array) -> Array:
        shape, scale = math.exp(w[1]), math.exp(w[2])
        return (shape - 1.0) * np.log(x) - x / scale - log_gamma(shape) - shape * float(w[2])

    def log_below(self, x: Array, w: Array) -> Array:
        return np.log(gamma_below(math.exp(w[1]), x / math.exp(w[2])))

    def log_above(self, x: Array, w: Array) -> Array:
        return np.log(gamma_below(math.exp(w[1]), x / math.exp(w[2]), upper_tail=True))

    def quantile(self, probability: Array, w: Array) -> Array:
        return math.exp(w[2]) * gamma_quantile(probability, math.exp(w[1]))


class Family(Enum):
    NORMAL = "normal"
    LOGISTIC = "logistic"
    WEIBULL = "weibull"
    WEIBULL_3 = "weibull-3"
    LOGNORMAL = "lognormal"
    LOGNORMAL_3 = "lognormal-3"
    LOGLOGISTIC = "loglogistic"
    EXPONENTIAL = "exponential"
    GAMMA = "gamma"

    @property
    def form(self) -> Form:
        return _FORMS[self]

    @property
    def free(self) -> tuple[int, ...]:
        """Places of the working parameters that are estimated."""
        if self in (Family.WEIBULL_3, Family.LOGNORMAL_3):
            return (0, 1, 2)
        return (1,) if self is Family.EXPONENTIAL else (1, 2)

    @property
    def is_positive(self) -> bool:
        return self not in (Family.NORMAL, Family.LOGISTIC, Family.WEIBULL_3, Family.LOGNORMAL_3)

    def parameters(self, w: Array) -> dict[str, float]:
        """Working parameters under the names under which they are published."""
        location, spread = float(w[1]), math.exp(w[2])
        if self is Family.EXPONENTIAL:
            return {"scale": math.exp(location)}
        if self is Family.GAMMA:
            return {"shape": math.exp(location), "scale": spread}
        threshold = {"threshold": float(w[0])} if 0 in self.free else {}
        if self in (Family.WEIBULL, Family.WEIBULL_3):
            return {"shape": 1.0 / spread, "scale": math.exp(location), **threshold}
        return {"location": location, "scale": spread, **threshold}


_NORMAL, _LOGISTIC, _EXTREME = _Normal(), _Logistic(), _SmallestExtreme()
_FORMS: dict[Family, Form] = {
    Family.NORMAL: LocationScale(_NORMAL, logarithmic=False),
    Family.LOGISTIC: LocationScale(_LOGISTIC, logarithmic=False),
    Family.WEIBULL: LocationScale(_EXTREME, logarithmic=True),
    Family.WEIBULL_3: LocationScale(_EXTREME, logarithmic=True),
    Family.LOGNORMAL: LocationScale(_NORMAL, logarithmic=True),
    Family.LOGNORMAL_3: LocationScale(_NORMAL, logarithmic=True),
    Family.LOGLOGISTIC: LocationScale(_LOGISTIC, logarithmic=True),
    Family.EXPONENTIAL: LocationScale(_EXTREME, logarithmic=True),
    Family.GAMMA: GammaForm(),
}


@dataclass(frozen=True, slots=True)
class Distribution:
    """A family with its working parameters."""

    family: Family
    working: tuple[float, float, float]

    def _w(self) -> Array:
        return np.array(self.working, dtype=np.float64)

    def log_density(self, x: Array) -> Array:
        return self.family.form.log_density(x, self._w())

    def log_below(self, x: Array) -> Array:
        return self.family.form.log_below(x, self._w())

    def log_above(self, x: Array) -> Array:
        return self.family.form.log_above(x, self._w())

    def _beyond(self, x: ArrayLike, *, above: bool) -> Array:
        values, lowest = np.asarray(x, dtype=np.float64), self.lowest
        inside = values > lowest
        safe = np.where(inside, values, lowest + 1.0 if math.isfinite(lowest) else values)
        tail = self.family.form.log_above if above else self.family.form.log_below
        with np.errstate(divide="ignore", over="ignore"):
            return np.where(inside, np.exp(tail(safe, self._w())), 1.0 if above else 0.0)

    def below(self, x: ArrayLike) -> Array:
        """Share below x; zero below the lowest possible value."""
        return self._beyond(x, above=False)

    def above(self, x: ArrayLike) -> Array:
        return self._beyond(x, above=True)

    def quantile(self, probability: ArrayLike) -> Array:
        shares = np.asarray(probability, dtype=np.float64)
        if not ((shares > 0.0) & (shares < 1.0)).all():
            raise InvalidOptionError("A share is not between 0 and 1.", "比例必須在 0 與 1 之間。")
        return self.family.form.quantile(shares, self._w())

    @property
    def lowest(self) -> float:
        """End of the support; minus infinity where there is none."""
        if self.family in (Family.NORMAL, Family.LOGISTIC):
            return -math.inf
        return self.working[0]

    @property
    def parameters(self) -> dict[str, float]:
        return self.family.parameters(self._w())
