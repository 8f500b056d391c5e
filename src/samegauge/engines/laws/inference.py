"""Quantiles and tails of Student's t and Fisher's F, from the typed incomplete beta function of the statistics room."""

# pyright: reportMissingTypeStubs=false, reportUnknownVariableType=false, reportUnknownMemberType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import math

import scipy  # without stubs: its untyped calls stay here

from samegauge.engines.errors import InvalidOptionError
from samegauge.engines.laws.continuous import beta_below, beta_quantile, chi_square_quantile, normal_quantile


def checked_confidence(confidence: float) -> float:
    """Is this a level of confidence?

    Parameters
    ----------
    confidence : float
        Level, between 0 and 1 [1].

    Returns
    -------
    float
        The same level [1].

    Raises
    ------
    InvalidOptionError
        Outside (0, 1).

    Notes
    -----
    Both ends are excluded: certainty has no interval.

    Examples
    --------
    >>> checked_confidence(0.95)
    0.95

    References
    ----------
    None: a rule of this product.
    """
    if not 0.0 < confidence < 1.0:
        raise InvalidOptionError(
            f"A confidence of {confidence} is not between 0 and 1.", f"信賴水準 {confidence} 不在 0 與 1 之間。"
        )
    return confidence


def student_quantile(probability: float, dof: float) -> float:
    """Below which value lies a given share of Student's t distribution?

    Parameters
    ----------
    probability : float
        Share, between 0 and 1 [1].
    dof : float
        Degrees of freedom, positive, not necessarily whole; infinity gives the normal distribution [1].

    Returns
    -------
    float
        Value [1].

    Notes
    -----
    t^2 / (dof + t^2) follows a beta distribution with parameters 1/2 and dof / 2.

    Examples
    --------
    >>> round(student_quantile(0.975, 10), 3)
    2.228

    References
    ----------
    NIST Digital Library of Mathematical Functions, 8.17, https://dlmf.nist.gov. JCGM 100:2008, table G.2.
    """
    if math.isinf(dof):
        return normal_quantile(probability)
    share = beta_quantile(abs(2.0 * probability - 1.0), 0.5, dof / 2.0)
    return math.copysign(math.sqrt(dof * share / (1.0 - share)), probability - 0.5)


def fisher_quantile(probability: float, dof_above: float, dof_below: float) -> float:
    """Below which value lies a given share of Fisher's F distribution?

    Parameters
    ----------
    probability : float
        Share, between 0 and 1 [1].
    dof_above, dof_below : float
        Degrees of freedom of numerator and denominator; infinity is allowed below [1].

    Returns
    -------
    float
        Value [1].

    Notes
    -----
    n1 F / (n1 F + n2) follows a beta distribution with parameters n1 / 2 and n2 / 2.

    Examples
    --------
    >>> round(fisher_quantile(0.95, 3, 20), 3)
    3.098

    References
    ----------
    NIST Digital Library of Mathematical Functions, 8.17, https://dlmf.nist.gov.
    """
    if math.isinf(dof_below):
        return chi_square_quantile(probability, dof_above) / dof_above
    share = beta_quantile(probability, dof_above / 2.0, dof_below / 2.0)
    return dof_below * share / (dof_above * (1.0 - share))


def fisher_above(ratio: float, dof_above: float, dof_below: float) -> float:
    """What share of Fisher's F distribution lies above a ratio of mean squares?

    Parameters
    ----------
    ratio : float
        Ratio of mean squares, not negative, infinity allowed [1].
    dof_above, dof_below : float
        Degrees of freedom of numerator and denominator [1].

    Returns
    -------
    float
        Share: the p-value of the ratio [1].

    Notes
    -----
    The upper tail by the complementary beta distribution, accurate where it is tiny.

    Examples
    --------
    >>> round(fisher_above(3.098, 3, 20), 3)
    0.05

    References
    ----------
    NIST Digital Library of Mathematical Functions, 8.17, https://dlmf.nist.gov.
    """
    if math.isinf(ratio):
        return 0.0
    return beta_below(dof_below / (dof_below + dof_above * ratio), dof_below / 2.0, dof_above / 2.0)


def deviation_bounds(deviation: float, dof: float, confidence: float = 0.95) -> tuple[float, float]:
    """Between which bounds lies a standard deviation that was estimated?

    Parameters
    ----------
    deviation : float
        Estimate [any unit].
    dof : float
        Its degrees of freedom, not necessarily whole [1].
    confidence : float
        Confidence level, between 0 and 1 [1].

    Returns
    -------
    tuple of float
        Lower and upper bound [unit of the deviation].

    Notes
    -----
    deviation * sqrt(dof / chi-square quantile): exact for the sample standard deviation of normal values.

    Examples
    --------
    >>> lower, upper = deviation_bounds(1.0, 9)
    >>> round(lower, 3), round(upper, 3)
    (0.688, 1.826)

    References
    ----------
    NIST/SEMATECH e-Handbook of Statistical Methods, 7.2.3.
    """
    tail = (1.0 - checked_confidence(confidence)) / 2.0
    upper, lower = (
        deviation * math.sqrt(dof / chi_square_quantile(probability, dof)) for probability in (tail, 1.0 - tail)
    )
    return lower, upper


def chi_square_above(value: float, dof: float) -> float:
    """What share of a chi-square distribution lies above a value?

    Parameters
    ----------
    value : float
        Not negative [1].
    dof : float
        Degrees of freedom [1].

    Returns
    -------
    float
        Share [1].

    Notes
    -----
    The regularised upper incomplete gamma function Q(dof / 2, value / 2).

    Examples
    --------
    >>> round(chi_square_above(18.307, 10), 4)
    0.05

    References
    ----------
    NIST Digital Library of Mathematical Functions, 8.2, https://dlmf.nist.gov.
    """
    return float(scipy.special.gammaincc(dof / 2.0, value / 2.0))


def share_bounds(
    successes: int, trials: int, confidence: float = 0.95, *, one_sided_at_ends: bool = False
) -> tuple[float, float]:
    """Between which bounds lies a share that was counted?

    Parameters
    ----------
    successes : int
        How often it happened [1].
    trials : int
        How often it could have, at least 1 [1].
    confidence : float
        Confidence level, between 0 and 1 [1].
    one_sided_at_ends : bool
        Give the whole error to one side where all or none happened, as Minitab does [1].

    Returns
    -------
    tuple of float
        Lower and upper bound [1].

    Raises
    ------
    InvalidOptionError
        No trials, more successes than trials, confidence outside (0, 1).

    Notes
    -----
    Clopper-Pearson, by quantiles of the beta distribution: never less sure than promised.

    Examples
    --------
    >>> lower, upper = share_bounds(14, 15)
    >>> round(lower, 5), round(upper, 5)
    (0.68052, 0.99831)

    References
    ----------
    Clopper C. J., Pearson E. S., Biometrika 26 (1934) 404, doi:10.1093/biomet/26.4.404.
    """
    if trials < 1 or not 0 <= successes <= trials:
        raise InvalidOptionError(
            f"{successes} of {trials} is no count.", f"{trials} 次中有 {successes} 次，不是合理的計數。"
        )
    error = 1.0 - checked_confidence(confidence)
    tail = error if one_sided_at_ends and successes in {0, trials} else error / 2.0
    lower = 0.0 if successes == 0 else beta_quantile(tail, successes, trials - successes + 1)
    upper = 1.0 if successes == trials else beta_quantile(1.0 - tail, successes + 1, trials - successes)
    return lower, upper
