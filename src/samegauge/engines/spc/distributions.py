"""Distribution functions with types: SciPy ships no stubs, so its untyped calls stay in this one module."""
# pyright: reportMissingTypeStubs=false, reportUnknownVariableType=false, reportUnknownMemberType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import special

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def normal_below(x: ArrayLike) -> NDArray[np.float64]:
    return np.asarray(special.ndtr(np.asarray(x, dtype=np.float64)), dtype=np.float64)


def log_normal_below(x: ArrayLike) -> NDArray[np.float64]:
    return np.asarray(special.log_ndtr(np.asarray(x, dtype=np.float64)), dtype=np.float64)


def normal_quantile(probability: float) -> float:
    return float(special.ndtri(probability))


def chi_square_quantile(probability: float, dof: float) -> float:
    return 2.0 * float(special.gammaincinv(dof / 2.0, probability))


def beta_quantile(probability: float, a: float, b: float) -> float:
    return float(special.betaincinv(a, b, probability))
