"""Normal scores: which standard normal value has the same share below it as a value of another distribution."""
# pyright: reportMissingTypeStubs=false, reportUnknownVariableType=false, reportUnknownMemberType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def normal_score(below: ArrayLike, above: ArrayLike) -> NDArray[np.float64]:
    """Which standard normal value leaves the same shares below and above?

    Parameters
    ----------
    below, above : array_like of float
        Shares that add up to 1 [1].

    Returns
    -------
    ndarray of float
        Scores, in the shape of the shares [1].

    Notes
    -----
    The smaller share is inverted, so that neither tail loses digits.

    Examples
    --------
    >>> round(float(normal_score(1.0, 1e-30)), 3)
    11.464

    References
    ----------
    NIST Digital Library of Mathematical Functions, chapter 7, https://dlmf.nist.gov.
    """
    low, high = np.asarray(below, dtype=np.float64), np.asarray(above, dtype=np.float64)
    return np.asarray(np.where(low < high, 1.0, -1.0) * scipy.special.ndtri(np.minimum(low, high)))


def student_score(t: ArrayLike, dof: ArrayLike) -> NDArray[np.float64]:
    """Which standard normal value is as far out as a value of Student's t?

    Parameters
    ----------
    t : array_like of float
        Values [1].
    dof : array_like of float
        Degrees of freedom, positive [1].

    Returns
    -------
    ndarray of float
        Scores, in the broadcast shape [1].

    Notes
    -----
    Inverse normal of Student's distribution function.

    Examples
    --------
    >>> round(float(student_score(2.228139, 10)), 4)
    1.96

    References
    ----------
    Quesenberry C. P., Journal of Quality Technology 23 (1991) 213.
    """
    t, dof = np.asarray(t, dtype=np.float64), np.asarray(dof, dtype=np.float64)
    return normal_score(scipy.special.stdtr(dof, t), scipy.special.stdtr(dof, -t))


def f_quantile(probability: float, dof: float, dof_below: float) -> float:
    """Below which value lies a given share of an F distribution?

    Parameters
    ----------
    probability : float
        Share, between 0 and 1 [1].
    dof, dof_below : float
        Degrees of freedom of numerator and denominator [1].

    Returns
    -------
    float
        Value [1].

    Notes
    -----
    By the inverse of the regularised incomplete beta function.

    Examples
    --------
    >>> round(f_quantile(0.95, 3.0, 10.0), 3)
    3.708

    References
    ----------
    NIST Digital Library of Mathematical Functions, 8.17, https://dlmf.nist.gov.
    """
    return float(scipy.special.fdtri(dof, dof_below, probability))
