"""SciPy's assignment solver with types: SciPy ships no stubs, so its untyped call stays in this one module."""
# pyright: reportMissingTypeStubs=false, reportUnknownVariableType=false, reportUnknownMemberType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linear_sum_assignment

if TYPE_CHECKING:
    from numpy.typing import NDArray


def best_columns(similarity: NDArray[np.float64]) -> NDArray[np.intp]:
    """Column for each row so that the sum is greatest, each column once."""
    _, columns = linear_sum_assignment(-similarity)
    return np.asarray(columns, dtype=np.intp)
