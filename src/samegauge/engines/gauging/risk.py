"""Risks of accepting what does not conform and of rejecting what does, for one item and for a whole process."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from samegauge.engines.errors import InvalidOptionError
from samegauge.engines.laws.continuous import normal_below
from samegauge.quantities.method import Method
from samegauge.quantities.tolerance import Limits

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_NODES = 32
_REACH = 9.0  # standard deviations: the normal tail beyond is 1e-19
_STEPS = (-_REACH, -6.0, -4.0, -2.0, -1.0, 0.0, 1.0, 2.0, 4.0, 6.0, _REACH)
_GAMMA_TAIL = 60.0
_HALVINGS = 50
_FARTHEST = 40.0  # standard uncertainties: nothing is accepted from so far off


@dataclass(frozen=True, slots=True)
class Process:
    """What is known of the items before they are measured: a density, and the values between which it lies.

    `breaks` are values where the integration is split, to follow a narrow density.
    """

    density: Callable[[NDArray[np.float64]], NDArray[np.float64]]
    lower: float
    upper: float
    breaks: tuple[float, ...]
    name: str


@dataclass(frozen=True, slots=True)
class GlobalRisk:
    """Shares of all items measured; `false_acceptance` is the consumer's risk, `false_rejection` the producer's.

    `accepted_nonconforming` is the share of non-conforming items among those accepted.
    """

    false_acceptance: float
    false_rejection: float
    nonconforming: float
    accepted: float
    method: Method

    @property
    def accepted_nonconforming(self) -> float:
        return self.false_acceptance / self.accepted if self.accepted > 0.0 else 0.0


def normal_process(mean: float, deviation: float) -> Process:
    """Which process makes items that scatter normally?

    Parameters
    ----------
    mean : float
        Mean of the true values [any unit].
    deviation : float
        Their standard deviation, without the measurement's, positive [unit of the mean].

    Returns
    -------
    Process
        Prior knowledge [density per unit of the mean].

    Raises
    ------
    InvalidOptionError
        A deviation that is not positive.

    Notes
    -----
    Cut at 9 standard deviations.

    Examples
    --------
    >>> round(float(normal_process(0.0, 1.0).density(np.array([0.0]))[0]), 4)
    0.3989

    References
    ----------
    JCGM 106:2012, 6.3.
    """
    if not (deviation > 0.0 and math.isfinite(deviation) and math.isfinite(mean)):
        raise InvalidOptionError(
            f"A process with mean {mean} and deviation {deviation} is none; the deviation must be positive.",
            f"平均 {mean}、標準差 {deviation} 不是製程；標準差必須大於 0。",
        )

    def density(x: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.exp(-0.5 * ((x - mean) / deviation) ** 2) / (deviation * math.sqrt(2.0 * math.pi))

    breaks = tuple(mean + step * deviation for step in _STEPS)
    return Process(density, breaks[0], breaks[-1], breaks, f"normal, mean {mean:g}, deviation {deviation:g}")


def gamma_process(mean: float, deviation: float) -> Process:
    """Which process makes items whose values cannot be negative, as run-out or roundness?

    Parameters
    ----------
    mean : float
        Mean of the true values, positive [any unit].
    deviation : float
        Their standard deviation, positive and not above the mean [unit of the mean].

    Returns
    -------
    Process
        Prior knowledge with a gamma density [density per unit of the mean].

    Raises
    ------
    InvalidOptionError
        Mean or deviation out of range.

    Notes
    -----
    Shape (mean / deviation)^2, scale deviation^2 / mean; at least an exponential distribution, so that the density is
    bounded.

    Examples
    --------
    >>> round(float(gamma_process(1.0, 0.5).density(np.array([1.0]))[0]), 4)
    0.7815

    References
    ----------
    JCGM 106:2012, 9.5.4.
    """
    if not 0.0 < deviation <= mean < math.inf:
        raise InvalidOptionError(
            f"A gamma distribution needs a positive mean ({mean}) and a deviation ({deviation}) not above it.",
            f"伽瑪分布需要大於 0 的平均（{mean}），且標準差（{deviation}）不大於平均。",
        )
    shape, scale = (mean / deviation) ** 2, deviation**2 / mean

    def density(x: NDArray[np.float64]) -> NDArray[np.float64]:
        inside = np.maximum(x / scale, np.finfo(float).tiny)
        return np.exp((shape - 1.0) * np.log(inside) - inside - math.lgamma(shape)) / scale

    upper = mean + _GAMMA_TAIL * deviation
    breaks = tuple(mean + step * deviation for step in (-2.0, -1.0, 0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0))
    return Process(density, 0.0, upper, breaks, f"gamma, mean {mean:g}, deviation {deviation:g}")


def global_risk(
    process: Process, limits: Limits, standard_uncertainty: float, acceptance: Limits | None = None
) -> GlobalRisk:
    """Of all items of a process, how many are falsely accepted and falsely rejected?

    Parameters
    ----------
    process : Process
        Distribution of the true values [unit of the limits].
    limits : Limits
        Tolerance limits [unit of the limits].
    standard_uncertainty : float
        Of the measurement, positive [unit of the limits].
    acceptance : Limits, optional
        Limits for the measured value; the tolerance limits if None [unit of the limits].

    Returns
    -------
    GlobalRisk
        Shares of all items [1].

    Raises
    ------
    InvalidOptionError
        An uncertainty that is not positive.

    Notes
    -----
    Integral over the true value x of density(x) P(accepted | x), with a measurement normal around x; composite
    Gauss-Legendre rule, split at all limits. Deaver's TUR is process deviation over standard uncertainty.

    Examples
    --------
    >>> from samegauge.quantities.tolerance import Limits
    >>> round(global_risk(normal_process(0.0, 1.0), Limits(-2.0, 2.0, "1"), 0.25).false_acceptance, 4)
    0.008

    References
    ----------
    JCGM 106:2012, 9.5. Deaver D., Guardbanding with confidence, NCSL Workshop (1994).
    """
    u = _positive(standard_uncertainty)
    accepted_within = limits if acceptance is None else acceptance
    x, weights = _nodes(process, limits, accepted_within, u)
    mass = weights * process.density(x)
    accepts = _within(x, accepted_within, u)
    conforms = _conforming(x, limits)
    return GlobalRisk(
        false_acceptance=float((mass * accepts)[~conforms].sum()),
        false_rejection=float((mass * (1.0 - accepts))[conforms].sum()),
        nonconforming=float(mass[~conforms].sum()),
        accepted=float((mass * accepts).sum()),
        method=Method(
            name="global consumer's and producer's risk",
            reference="JCGM 106:2012, 9.5",
            estimator="Gauss-Legendre integration over the true value",
            constants={"standard_uncertainty": u},
            assumed=(f"process: {process.name}", "the measurement scatters normally around the true value"),
        ),
    )


def guard_band_for_risk(
    process: Process, limits: Limits, standard_uncertainty: float, most_false_acceptance: float
) -> float:
    """How far must acceptance limits be drawn in to keep false acceptance below a level?

    Parameters
    ----------
    process : Process
        Distribution of the true values [unit of the limits].
    limits : Limits
        Tolerance limits [unit of the limits].
    standard_uncertainty : float
        Of the measurement, positive [unit of the limits].
    most_false_acceptance : float
        Largest share of falsely accepted items, between 0 and 1 [1].

    Returns
    -------
    float
        Guard band at each limit, 0 where none is needed [unit of the limits].

    Raises
    ------
    InvalidOptionError
        An uncertainty or level out of range.

    Notes
    -----
    By bisection; the share falls to nothing as the guard band grows. Near half the tolerance hardly any item is
    accepted any more: look at the false rejections before using it.

    Examples
    --------
    >>> from samegauge.quantities.tolerance import Limits
    >>> bearings = gamma_process(1.0, 0.5)
    >>> round(2.0 - guard_band_for_risk(bearings, Limits(None, 2.0, "µm", zero_is_bound=True), 0.25, 0.001), 2)
    1.67

    References
    ----------
    JCGM 106:2012, 9.5.4.
    """
    u = _positive(standard_uncertainty)
    if not 0.0 < most_false_acceptance < 1.0:
        raise InvalidOptionError(
            f"A share of {most_false_acceptance} is not between 0 and 1.",
            f"比例 {most_false_acceptance} 不在 0 與 1 之間。",
        )

    def risk(guard: float) -> float:
        lower = None if limits.lower is None else limits.lower + guard
        upper = None if limits.upper is None else limits.upper - guard
        return global_risk(process, limits, u, Limits(lower, upper, limits.unit)).false_acceptance

    width = limits.width
    low, high = 0.0, _FARTHEST * u if width is None else width / 2.0 * (1.0 - 1e-6)
    if risk(low) <= most_false_acceptance:
        return 0.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        low, high = (low, middle) if risk(middle) <= most_false_acceptance else (middle, high)
    return high


def posterior_conformance(value: float, process: Process, limits: Limits, standard_uncertainty: float) -> float:
    """How probable is it that one measured item conforms, knowing the process it comes from?

    Parameters
    ----------
    value : float
        Measured value [unit of the limits].
    process : Process
        Distribution of the true values [unit of the limits].
    limits : Limits
        Tolerance limits [unit of the limits].
    standard_uncertainty : float
        Of the measurement, positive [unit of the limits].

    Returns
    -------
    float
        Probability; one minus it is the specific consumer's risk of an accepted item [1].

    Raises
    ------
    InvalidOptionError
        An uncertainty that is not positive, or a value that the process can hardly give.

    Notes
    -----
    Bayes: density(x) times the normal likelihood of the value, integrated within the limits and over all x. For a
    normal process the posterior is normal with the weighted mean.

    Examples
    --------
    >>> from samegauge.quantities.tolerance import Limits
    >>> round(posterior_conformance(1.9, normal_process(0.0, 1.0), Limits(-2.0, 2.0, "1"), 0.25), 3)
    0.809

    References
    ----------
    JCGM 106:2012, 6.4, 7.2 and 9.3.
    """
    u = _positive(standard_uncertainty)
    around = Limits(value - _REACH * u, value + _REACH * u, limits.unit)
    x, weights = _nodes(process, limits, around, u, (value,))
    mass = weights * process.density(x) * np.exp(-0.5 * ((value - x) / u) ** 2)
    total = float(mass.sum())
    if not total > 0.0:
        raise InvalidOptionError(
            f"The process ({process.name}) can hardly give the measured value {value}; one of them is wrong.",
            f"製程（{process.name}）幾乎不可能得到量測值 {value}；其中之一有誤。",
        )
    return float(mass[_conforming(x, limits)].sum()) / total


def _positive(uncertainty: float) -> float:
    if not (uncertainty > 0.0 and math.isfinite(uncertainty)):
        raise InvalidOptionError(
            f"A standard uncertainty of {uncertainty} is not positive.", f"標準不確定度 {uncertainty} 必須大於 0。"
        )
    return uncertainty


def _nodes(
    process: Process, limits: Limits, acceptance: Limits, u: float, more: tuple[float, ...] = ()
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    edges = [bound for bound in (limits.lower, limits.upper) if bound is not None]
    for bound in (acceptance.lower, acceptance.upper, *more):
        edges += [] if bound is None else [bound + step * u for step in _STEPS]
    inner = np.array([process.lower, process.upper, *process.breaks, *edges])
    cuts = np.unique(np.clip(inner, process.lower, process.upper))
    points, shares = np.polynomial.legendre.leggauss(_NODES)
    half = np.diff(cuts)[:, None] / 2.0
    return (cuts[:-1, None] + half * (points + 1.0)).ravel(), (half * shares).ravel()


def _within(x: NDArray[np.float64], acceptance: Limits, u: float) -> NDArray[np.float64]:
    below = 1.0 if acceptance.upper is None else normal_below((acceptance.upper - x) / u)
    return np.asarray(below - (0.0 if acceptance.lower is None else normal_below((acceptance.lower - x) / u)))


def _conforming(x: NDArray[np.float64], limits: Limits) -> NDArray[np.bool_]:
    inside = np.ones(x.shape, dtype=np.bool_)
    if limits.lower is not None:
        inside &= x >= limits.lower
    if limits.upper is not None:
        inside &= x <= limits.upper
    return inside
