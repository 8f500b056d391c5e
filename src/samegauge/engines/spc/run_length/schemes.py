"""Run length of all that watches a process together: a location and a dispersion chart with the rules in force."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from samegauge.engines.laws.counts import binomial_at_most, poisson_at_most
from samegauge.engines.spc.charts.attributes import c_chart, counted, np_chart
from samegauge.engines.spc.charts.chart import ChartOptions, Known
from samegauge.engines.spc.charts.design import Observed
from samegauge.engines.spc.charts.individuals import imr_charts
from samegauge.engines.spc.charts.streaming import ChartStream
from samegauge.engines.spc.charts.subgroups import subgroups, xbar_r_charts, xbar_s_charts
from samegauge.engines.spc.charts.weighted import ewma_chart
from samegauge.engines.spc.constants import c4, d2, d3
from samegauge.engines.spc.run_length.combined import IndividualsEwma, individuals_ewma_run_length
from samegauge.engines.spc.run_length.result import INDEPENDENT_NORMAL, KNOWN_PARAMETERS, LEVELS, RunLength
from samegauge.engines.spc.run_length.rules import ZONE_PATTERNS, counted_rules_run_length, rules_run_length
from samegauge.engines.spc.run_length.shewhart import (
    deviation_run_length,
    individuals_range_run_length,
    range_run_length,
)
from samegauge.engines.values import require
from samegauge.quantities.method import Method

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from samegauge.engines.spc.charts.chart import ControlChart
    from samegauge.engines.spc.charts.rules import RuleChoice, RunRule

DRAWN_CHARTS = 1000
_BLOCK = 50  # points that are drawn at once
_LONGEST = 20_000  # points
_SPAN = 2  # values of a moving range
_SURE = 1e-12  # share of counts that is left out on either side


@dataclass(frozen=True, slots=True)
class Counted:
    """The law of a count: of defects with a mean, or of `size` units of which a share does not conform."""

    mean: float
    size: int | None = None

    @property
    def spread(self) -> float:
        """Standard deviation, as charts of counts take it."""
        share = 0.0 if self.size is None else self.mean / self.size
        return math.sqrt(self.mean * (1.0 - share))


def first_alarms(
    charts: Sequence[ControlChart], observed: Callable[[int], Observed], longest: int
) -> NDArray[np.float64]:
    """After how many points does each of many schemes drawn side by side give its first alarm, on whichever chart?

    Parameters
    ----------
    charts : sequence of ControlChart
        The charts of a scheme, each drawn for many schemes side by side; their limits are gone on with [1].
    observed : callable
        Draws the next k points of all schemes [unit of the charts].
    longest : int
        Points after which no more are drawn [1].

    Returns
    -------
    ndarray of float, shape (schemes,)
        Points until the first alarm, that one included; infinite where there was none in `longest` [points].

    Notes
    -----
    What judges the values of a process, a `ChartStream` of each chart, judges the drawn ones.

    Examples
    --------
    >>> charts = (c_chart(np.full((3, 2), 4.0), ChartOptions(known=Known(mean=4.0))),)
    >>> first_alarms(charts, lambda points: counted(np.full((3, points), 40.0)), 10).tolist()
    [1.0, 1.0, 1.0]

    References
    ----------
    None: a simulation.
    """
    streams = [ChartStream(chart) for chart in charts]
    found = np.full(charts[0].designs[-1].sigma.shape, np.inf)
    for before in range(0, longest, _BLOCK):
        seen = observed(min(_BLOCK, longest - before))
        alarms = np.logical_or.reduce([stream.push(seen).alarms > 0 for stream in streams])
        new = alarms.any(axis=-1) & np.isinf(found)
        found[new] = before + 1.0 + alarms[new].argmax(axis=-1)
        if np.isfinite(found).all():
            break
    return found


def drawn_run_length(first: NDArray[np.float64], method: Method) -> RunLength:
    """What do the first alarms of drawn charts say of the run length?

    Parameters
    ----------
    first : ndarray of float, shape (schemes,)
        As of `first_alarms`, all finite [points].
    method : Method
        What was drawn; the standard error of the mean is added to it [1].

    Returns
    -------
    RunLength
        Mean, standard deviation and quantiles of the drawn charts [points].

    Raises
    ------
    InvalidOptionError
        Schemes that gave no alarm.

    Notes
    -----
    An estimate: its standard error is that of a mean.

    Examples
    --------
    >>> drawn_run_length(np.array([1.0, 3.0]), Method("two", "none")).method.constants["standard_error"]
    1.0

    References
    ----------
    None: elementary.
    """
    silent = int(np.isinf(first).sum())
    require(
        silent == 0,
        f"{silent} of {first.size} drawn charts gave no alarm; no mean can be told.",
        f"抽樣的 {first.size} 張管制圖中有 {silent} 張沒有警報，無法說明平均值。",
    )
    deviation = float(first.std(ddof=1))
    error = deviation / math.sqrt(first.size)
    early, median, late = (float(np.quantile(first, level, method="inverted_cdf")) for level in LEVELS)
    told = replace(
        method,
        estimator="mean of simulated charts",
        constants={**method.constants, "standard_error": error},
        sample_size=first.size,
        simulated=(f"{first.size} charts, drawn; standard error of the mean {error:.2g} points.",),
    )
    return RunLength(float(first.mean()), deviation, early, median, late, told)


def individuals_scheme_run_length(
    choice: RuleChoice,
    shift: float = 0.0,
    *,
    width: float = 3.0,
    ewma: IndividualsEwma | None = None,
    charts: int = DRAWN_CHARTS,
) -> RunLength:
    """How long do single values with run rules and the chart beside them take until the first alarm of either?

    Parameters
    ----------
    choice : RuleChoice
        Rules asked of the single values; of the other chart only its limits [1].
    shift : float
        Distance of the mean from the centre line [standard deviations].
    width : float
        Limits of both charts [standard deviations of what is plotted].
    ewma : IndividualsEwma, optional
        An EWMA beside the single values, with its width of theirs, in place of the moving range [1].
    charts : int
        Charts that are drawn where nothing exact is known [1].

    Returns
    -------
    RunLength
        Mean, standard deviation and quantiles for known limits [points].

    Raises
    ------
    InvalidOptionError
        A width that is not positive, or charts that stay silent for 20,000 points.

    Notes
    -----
    Limits alone: integral equations. With run rules the charts share values in a way no short chain describes, so the
    charts themselves are drawn; the method record then has the standard error.

    Examples
    --------
    >>> from samegauge.engines.spc.charts.rules import LIMITS_ONLY
    >>> round(individuals_scheme_run_length(LIMITS_ONLY).mean, 1)
    105.3

    References
    ----------
    Crowder S. V., Journal of Quality Technology 19 (1987) 98.
    """
    far = width if ewma is None else ewma.width
    upper, has_lower = d2(_SPAN) + far * d3(_SPAN), d2(_SPAN) > far * d3(_SPAN)
    if _limits_alone(choice) and ewma is not None:
        return individuals_ewma_run_length(ewma, shift)
    if _limits_alone(choice) and not has_lower:
        return individuals_range_run_length(far, upper, shift)
    options = ChartOptions(choice, width=far, known=Known(0.0, 1.0))
    pair = imr_charts(np.zeros((charts, _SPAN)), options)
    beside = pair.dispersion if ewma is None else ewma_chart(pair.location, ewma.weight, ewma.ewma_width, steady=True)
    random = np.random.default_rng(1)
    first = first_alarms(
        (pair.location, beside), lambda points: Observed(random.normal(shift, 1.0, (charts, points))), _LONGEST
    )
    return drawn_run_length(first, _method("single values and the chart beside them", choice, far, shift))


def means_scheme_run_length(
    spread: Literal["range", "standard deviation"],
    size: int,
    choice: RuleChoice,
    shift: float = 0.0,
    *,
    width: float = 3.0,
    charts: int = DRAWN_CHARTS,
) -> RunLength:
    """How long do charts of means and of spreads take until the first alarm of either?

    Parameters
    ----------
    spread : {"range", "standard deviation"}
        What the dispersion chart plots [1].
    size : int
        Values in a subgroup, at least 2 [1].
    choice : RuleChoice
        Rules asked of the means; of the spreads only their limits [1].
    shift : float
        Distance of the mean from the centre line [standard deviations of single values].
    width : float
        Limits of both charts [standard deviations of what is plotted].
    charts : int
        Charts that are drawn where a rule looks at more than zones [1].

    Returns
    -------
    RunLength
        Mean, standard deviation and quantiles for known limits [points].

    Raises
    ------
    InvalidOptionError
        Fewer than 2 values, or a width that is not positive.

    Notes
    -----
    Mean and spread of normal values are independent: in the chain of the rules each point also gives the alarm with the
    chance of the dispersion chart, whose limits are not below 0.

    Examples
    --------
    >>> from samegauge.engines.spc.charts.rules import LIMITS_ONLY
    >>> round(means_scheme_run_length("range", 5, LIMITS_ONLY).mean)
    137

    References
    ----------
    Champ C. W., Woodall W. H., Technometrics 29 (1987) 393, doi:10.1080/00401706.1987.10488266.
    """
    is_range = spread == "range"
    center, scatter = (d2(size), d3(size)) if is_range else (c4(size), math.sqrt(1.0 - c4(size) ** 2))
    lower, upper = max(center - width * scatter, 0.0), center + width * scatter
    if _is_of_zones(choice):
        beside = (range_run_length if is_range else deviation_run_length)(size, lower, upper)
        return rules_run_length(_rules(choice, width), shift * math.sqrt(size), beside=1.0 / beside.mean)
    options = ChartOptions(choice, width=width, known=Known(0.0, 1.0))
    pair = (xbar_r_charts if is_range else xbar_s_charts)(np.zeros((charts, 2, size)), options)
    random = np.random.default_rng(1)
    first = first_alarms(
        (pair.location, pair.dispersion),
        lambda points: subgroups(random.normal(shift, 1.0, (charts, points, size))),
        _LONGEST,
    )
    return drawn_run_length(first, _method(f"means and the {spread}", choice, width, shift))


def counts_scheme_run_length(
    law: Counted, choice: RuleChoice, now: Counted, *, width: float = 3.0, charts: int = DRAWN_CHARTS
) -> RunLength:
    """How long does a chart of counts with run rules take until its first alarm?

    Parameters
    ----------
    law : Counted
        The counts that centre line and limits are of [1].
    choice : RuleChoice
        Rules asked of the counts [1].
    now : Counted
        The counts as they are now: those of `law`, or of another mean [1].
    width : float
        Limits [standard deviations of the count].
    charts : int
        Charts that are drawn where a rule looks at more than zones [1].

    Returns
    -------
    RunLength
        Mean, standard deviation and quantiles for a known mean [points].

    Raises
    ------
    InvalidOptionError
        A mean that leaves no spread, or charts that stay silent for 20,000 points.

    Notes
    -----
    Exact binomial and Poisson laws, not the normal approximation behind limits and zones.

    Examples
    --------
    >>> from samegauge.engines.spc.charts.rules import LIMITS_ONLY
    >>> round(counts_scheme_run_length(Counted(9.0), LIMITS_ONLY, Counted(9.0)).mean)
    412

    References
    ----------
    Montgomery D. C., Introduction to Statistical Quality Control, 7th ed., chapter 7.
    """
    require(
        law.mean > 0.0 and law.spread > 0.0 and now.mean >= 0.0,
        f"Counts with a mean of {law.mean} have no spread; their chart has no run length.",
        f"平均為 {law.mean} 的計數沒有變異，其管制圖沒有連串長度。",
    )
    if _is_of_zones(choice):
        counts = np.arange(_most(now) + 1)
        return counted_rules_run_length(_rules(choice, width), (counts - law.mean) / law.spread, _chances(now, counts))
    random = np.random.default_rng(1)
    if law.size is None:
        chart = c_chart(np.ones((charts, 2)), ChartOptions(choice, width=width, known=Known(mean=law.mean)))
        first = first_alarms(
            (chart,), lambda points: counted(random.poisson(now.mean, (charts, points)).astype(float)), _LONGEST
        )
    else:
        size = float(law.size)
        known = Known(mean=law.mean / size)
        chart = np_chart(np.ones((charts, 2)), size, ChartOptions(choice, width=width, known=known))
        first = first_alarms(
            (chart,),
            lambda points: counted(random.binomial(int(size), now.mean / size, (charts, points)).astype(float), size),
            _LONGEST,
        )
    return drawn_run_length(first, _method("counts", choice, width, (now.mean - law.mean) / law.spread))


def _limits_alone(choice: RuleChoice) -> bool:
    return all(rule.number == 1 for rule in choice.rules)


def _is_of_zones(choice: RuleChoice) -> bool:
    return all(rule.pattern in ZONE_PATTERNS for rule in choice.rules)


def _rules(choice: RuleChoice, width: float) -> tuple[RunRule, ...]:
    """Rule 1 asks for a point beyond the chart's own limits, wherever these are."""
    return tuple(replace(rule, zone=width) if rule.number == 1 else rule for rule in choice.rules)


def _most(law: Counted) -> int:
    if law.size is not None:
        return law.size
    most = math.ceil(law.mean + 10.0 * math.sqrt(law.mean) + 20.0)
    return most if poisson_at_most(most, law.mean) > 1.0 - _SURE else 2 * most


def _chances(law: Counted, counts: NDArray[np.int_]) -> NDArray[np.float64]:
    if law.size is None:
        below = poisson_at_most(counts, law.mean)
    else:
        below = binomial_at_most(counts, law.size, law.mean / law.size)
    return np.maximum(np.diff(below, prepend=0.0), 0.0)


def _method(what: str, choice: RuleChoice, width: float, shift: float) -> Method:
    return Method(
        name=f"run length of {what} with run rules",
        reference="simulation of the charts themselves",
        constants={"width": width, "shift": shift, "seed": 1.0},
        rule_set=choice.record,
        assumed=(KNOWN_PARAMETERS, INDEPENDENT_NORMAL),
    )
