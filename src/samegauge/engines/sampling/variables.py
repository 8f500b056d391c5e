"""Acceptance sampling by measuring: one or two limits, standard deviation known or estimated from the sample."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from samegauge.engines.errors import InvalidOptionError
from samegauge.engines.laws.continuous import normal_below, normal_quantile
from samegauge.engines.values import checked_values, require
from samegauge.quantities.method import Method, hash_of_data

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_NODES = 120
_SPREAD = 8.0  # standard errors of the standard deviation that are integrated over
_FEWEST_FOR_SIGMA = 2


@dataclass(frozen=True, slots=True)
class VariablesPlan:
    """Accept where the mean of `size` values lies at least `factor` standard deviations inside each limit."""

    size: int
    factor: float
    sigma_known: bool

    def __post_init__(self) -> None:
        fewest = 1 if self.sigma_known else _FEWEST_FOR_SIGMA
        if self.size < fewest or not math.isfinite(self.factor):
            raise InvalidOptionError(
                f"A plan by variables needs at least {fewest} values and a finite factor, not {self.size} and "
                f"{self.factor}.",
                f"計量抽樣計畫至少需要 {fewest} 個數值及有限的接受常數，不能是 {self.size} 與 {self.factor}。",
            )


@dataclass(frozen=True, slots=True)
class VariablesCharacteristic:
    """Chance of acceptance at each nonconforming share beyond one limit."""

    quality: NDArray[np.float64]
    acceptance: NDArray[np.float64]
    method: Method


@dataclass(frozen=True, slots=True)
class LotDecision:
    """`lower_margin` and `upper_margin` are distances of the mean from its limits in `sigma`; None without a limit."""

    accepted: bool
    mean: float
    sigma: float
    lower_margin: float | None
    upper_margin: float | None
    method: Method


def variables_acceptance(plan: VariablesPlan, upper_distance: float, lower_distance: float = math.inf) -> float:
    """How likely is a lot accepted, whose mean lies at given distances from one or two limits?

    Parameters
    ----------
    plan : VariablesPlan
        The plan [1].
    upper_distance : float
        Upper limit minus mean of the lot; infinite where there is none [standard deviations of the lot].
    lower_distance : float
        Mean of the lot minus lower limit; infinite where there is none [standard deviations of the lot].

    Returns
    -------
    float
        Chance of acceptance [1].

    Raises
    ------
    InvalidOptionError
        No limit at all, or a NaN.

    Notes
    -----
    Each limit is asked for by itself: mean + k s <= upper and mean - k s >= lower, for normal values: the chance of the
    mean given s, integrated over the law of s by Gauss-Legendre nodes where it is estimated; with one limit that is
    the noncentral t law. This is not the combined estimate of both tails (Form 2 of MIL-STD-414).

    Examples
    --------
    >>> round(variables_acceptance(VariablesPlan(26, 1.322271, True), 1.644854), 4)
    0.95

    References
    ----------
    Lieberman G. J., Resnikoff G. J., J. Am. Stat. Assoc. 50 (1955) 457. ISO 3951-1:2013.
    """
    low, high = sorted((upper_distance, lower_distance))
    require(
        math.isfinite(low) and not math.isnan(high),
        "A plan by variables needs at least one limit at a finite distance.",
        "計量抽樣至少要有一個有限的規格界限。",
    )
    root, k = math.sqrt(plan.size), plan.factor
    if plan.sigma_known:
        return float(_between(low, high, k, root))
    dof = plan.size - 1.0
    reach = _SPREAD / math.sqrt(2.0 * dof)
    most = min(1.0 + reach, (low + high) / (2.0 * k)) if k > 0.0 else 1.0 + reach
    least = max(0.0, 1.0 - reach)
    if most <= least:
        return 0.0
    x, w = np.polynomial.legendre.leggauss(_NODES)
    s = least + (most - least) / 2.0 * (x + 1.0)
    log_density = math.log(2.0) + dof / 2.0 * math.log(dof / 2.0) - math.lgamma(dof / 2.0)
    density = np.exp(log_density + (dof - 1.0) * np.log(s) - dof * s * s / 2.0)
    return float((most - least) / 2.0 * (w * density) @ _between(low, high, k * s, root))


def _between(low: float, high: float, needed: ArrayLike, root: float) -> NDArray[np.float64]:
    """Chance that the sample mean keeps the needed distance from both limits."""
    needed = np.asarray(needed, dtype=np.float64)
    return np.maximum(normal_below(root * (low - needed)) - normal_below(-root * (high - needed)), 0.0)


def variables_characteristic(plan: VariablesPlan, quality: ArrayLike) -> VariablesCharacteristic:
    """How likely does a plan by variables with one limit accept, at each incoming quality?

    Parameters
    ----------
    plan : VariablesPlan
        The plan [1].
    quality : array_like of float, shape (n,)
        Nonconforming share beyond the limit, between 0 and 1, both excluded [1].

    Returns
    -------
    VariablesCharacteristic
        Chances of acceptance, shape (n,) [1].

    Raises
    ------
    InvalidOptionError
        A share that is not between 0 and 1.
    NonFiniteValuesError
        NaN or infinity among the shares.

    Notes
    -----
    variables_acceptance at the distance whose normal tail is the share. Values that are not normal have another share
    at the same distance, and the plan then promises nothing.

    Examples
    --------
    >>> plan = VariablesPlan(49, 1.326535, False)
    >>> variables_characteristic(plan, [0.05, 0.15]).acceptance.round(3).tolist()
    [0.95, 0.074]

    References
    ----------
    ISO 3951-1:2013.
    """
    shares = checked_values(quality)
    require(
        bool(((shares > 0.0) & (shares < 1.0)).all()),
        "The nonconforming shares have to lie between 0 and 1.",
        "不合格率必須在 0 與 1 之間。",
    )
    chances = [variables_acceptance(plan, -normal_quantile(float(share))) for share in shares]
    return VariablesCharacteristic(shares, np.array(chances), _method("operating characteristic by variables", plan))


def decide_by_variables(
    plan: VariablesPlan,
    values: ArrayLike,
    *,
    lower: float | None = None,
    upper: float | None = None,
    sigma: float | None = None,
) -> LotDecision:
    """Is a lot accepted, judging by the measured values of its sample?

    Parameters
    ----------
    plan : VariablesPlan
        The plan [1].
    values : array_like of float, shape (plan.size,)
        Measured values [unit of the limits].
    lower, upper : float, optional
        Limits; at least one [any unit].
    sigma : float, optional
        Known standard deviation, where the plan asks for it [unit of the limits].

    Returns
    -------
    LotDecision
        Verdict, mean, standard deviation and margins [unit of the limits].

    Raises
    ------
    InvalidOptionError
        A number of values other than the plan's, no limit, a known sigma missing or given to a plan that estimates it,
        or a standard deviation of zero.
    NonFiniteValuesError
        NaN or infinity among the values.

    Notes
    -----
    Accepted where (upper - mean) / sigma >= k and (mean - lower) / sigma >= k.

    Examples
    --------
    >>> decide_by_variables(VariablesPlan(3, 1.0, False), [9.0, 10.0, 11.0], upper=11.5).accepted
    True

    References
    ----------
    ISO 3951-1:2013.
    """
    array = checked_values(values)
    require(
        array.size == plan.size,
        f"The plan asks for {plan.size} values; {array.size} were given.",
        f"計畫要求 {plan.size} 個數值，實際有 {array.size} 個。",
    )
    require(lower is not None or upper is not None, "Give at least one limit.", "至少要有一個規格界限。")
    require(
        (sigma is not None) == plan.sigma_known,
        "Give sigma where the plan knows it, and only there.",
        "計畫的標準差已知時須給定，未知時不可給定。",
    )
    used = float(array.std(ddof=1)) if sigma is None else sigma
    require(used > 0.0, "The standard deviation is zero: no margin exists.", "標準差為 0，無法計算。")
    mean = float(array.mean())
    margins = [None if lower is None else (mean - lower) / used, None if upper is None else (upper - mean) / used]
    accepted = all(margin is None or margin >= plan.factor for margin in margins)
    method = _method("lot decision by variables", plan, data_hash=hash_of_data(array))
    return LotDecision(accepted, mean, used, margins[0], margins[1], method)


def _method(name: str, plan: VariablesPlan, data_hash: str | None = None) -> Method:
    return Method(
        name=name,
        reference="ISO 3951-1:2013, k method with separate limits",
        estimator="sigma known" if plan.sigma_known else "sample standard deviation",
        constants={"k": plan.factor},
        sample_size=plan.size,
        data_hash=data_hash,
        assumed=("Values are independent and normal.",),
    )
