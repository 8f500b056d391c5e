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
    """Which column goes with which row so that the sum is greatest?

    Parameters
    ----------
    similarity : ndarray of float, shape (n, n)
        Similarity of row and column [1].

    Returns
    -------
    ndarray of int, shape (n,)
        Column of each row, each column once [1].

    Notes
    -----
    Exact, by the shortest augmenting path algorithm.

    Examples
    --------
    >>> best_columns(np.array([[1.0, 9.0], [8.0, 9.0]])).tolist()
    [1, 0]

    References
    ----------
    Crouse D. F., IEEE Trans. Aerosp. Electron. Syst. 52 (2016) 1679, doi:10.1109/TAES.2016.140952.
    """
    _, columns = linear_sum_assignment(-similarity)
    return np.asarray(columns, dtype=np.intp)
