"""The common result of all control charts, drawn stage by stage from points that may set limits."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from samegauge.engines.errors import InvalidOptionError, ShapeError, TooFewValuesError
from samegauge.engines.spc.capability.cautions import Caution
from samegauge.engines.spc.charts.design import Design, Observed, Plotted, plotted, taken
from samegauge.engines.spc.charts.rules import (
    LIMITS_ONLY,
    RuleChoice,
    Violation,
    violations_of,
)
from samegauge.engines.spc.constants import EXACT, RangeTable
from samegauge.engines.values import kept_mask
from samegauge.quantities.method import Exclusion, Method, hash_of_data

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_FEWEST = 2
_USUAL_WIDTH = 3.0  # of which the rules' own texts speak
_NO_SPREAD = Caution(
    "no_spread",
    "The points that set the limits show no spread, so every point away from the centre line raises an alarm. Let more "
    "points set the limits, give a known mean and sigma, or check the gauge's resolution.",
    "計算管制界限的各點沒有變異，因此任何偏離中心線的點都會發出警報。"
    "請以更多點計算界限、提供已知平均值與標準差，或檢查量具的解析度。",
)
_PLOTTED = ("points", "center", "lower", "upper", "spread", "scores", "alarms")


class Kind(NamedTuple):
    """What is plotted, after which source, and how limits follow from the points that may set them."""

    statistic: str
    name: str
    reference: str
    design: Callable[[Observed, NDArray[np.bool_]], Design]
    rules: RuleChoice
    assumed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """Mean and standard deviation of single values known beforehand, for all characteristics or one each."""

    mean: float | tuple[float, ...] | None = None
    sigma: float | tuple[float, ...] | None = None


@dataclass(frozen=True, slots=True)
class ChartOptions:
    """How a chart is drawn.

    Limits are `width` sigmas wide and set by the points before `baseline` that are not `excluded`; excluded points stay
    on the chart. `stages` gives each point a label; where it changes, limits, memory and runs start anew, and limits
    come from that stage. `dispersion_rules` are those of the range or S chart beside. `constants` are those of ranges.
    """

    rules: RuleChoice = field(default_factory=RuleChoice)
    dispersion_rules: RuleChoice = LIMITS_ONLY
    width: float = 3.0
    baseline: int | None = None
    excluded: tuple[Exclusion, ...] = ()
    stages: tuple[str | int, ...] | None = None
    known: Known = field(default_factory=Known)
    constants: RangeTable = EXACT


DEFAULT = ChartOptions()


@dataclass(frozen=True, slots=True)
class ControlChart(Plotted):
    """The result of every chart; `used` marks the points that set limits, `stage` numbers the stages from 0.

    `sigma` (..., n) is the standard deviation of single values behind each point's limits. `designs` has one for each
    stage; with the last one a stream goes on. `seen` is what the chart was drawn from.
    """

    statistic: str
    sigma: NDArray[np.float64]
    used: NDArray[np.bool_]
    stage: NDArray[np.intp]
    rules: RuleChoice
    designs: tuple[Design, ...]
    seen: Observed
    method: Method

    @property
    def violations(self) -> tuple[Violation, ...]:
        """Of a single chart; of many, ask `one` first."""
        if self.points.ndim > 1:
            raise ShapeError(
                "These are several charts; pick one with one(place).", "這裡有多張管制圖；先用 one(place) 選一張。"
            )
        found = violations_of(self.scores, self.alarms, self.rules)
        if self.method.constants["limits_sigma"] == _USUAL_WIDTH:
            return found
        text = LIMITS_ONLY.rules[0]
        words = {"text_en": text.text_en, "text_zh": text.text_zh}
        return tuple(replace(one, **words) if one.rule == text.number else one for one in found)

    @property
    def cautions(self) -> tuple[Caution, ...]:
        """What limits the meaning of the limits: the points behind them, of any of the charts, have no spread."""
        return (_NO_SPREAD,) if bool((self.spread == 0.0).any()) else ()

    @property
    def out_of_limits(self) -> tuple[int, ...]:
        """Points beyond the limits of a single chart, whatever the rules: rule 1 in every set."""
        return tuple(one.index for one in self.violations if one.rule == 1)

    def one(self, place: int) -> ControlChart:
        """Return the chart of one of many characteristics."""
        numbers = {name: getattr(self, name)[place] for name in (*_PLOTTED, "sigma")}
        designs = tuple(taken(design, place) for design in self.designs)
        return replace(self, **numbers, designs=designs, seen=self.seen.rows(np.array(place)))


@dataclass(frozen=True, slots=True)
class ChartPair:
    """Two charts read together: of location and of dispersion."""

    location: ControlChart
    dispersion: ControlChart


def drawn(kind: Kind, seen: Observed, options: ChartOptions, *, fewest: int = _FEWEST) -> ControlChart:
    """What does a kind of chart make of observations, stage by stage?

    Parameters
    ----------
    kind : Kind
        What is plotted and how its limits follow [1].
    seen : Observed
        Checked observations, time on the last axis [any unit].
    options : ChartOptions
        Baseline, exclusions, stages, rules [1].
    fewest : int
        Points a stage's limits need at least [1].

    Returns
    -------
    ControlChart
        Points, limits, alarms and method [unit of the statistic].

    Raises
    ------
    TooFewValuesError
        A stage whose limits rest on fewer points than needed.
    InvalidOptionError
        Baseline, exclusions, stages or width that do not fit, or a known sigma that is not positive.

    Notes
    -----
    Every stage is designed from its own used points and traced from an empty memory; rules never look across stages.

    Examples
    --------
    >>> import numpy as np
    >>> from samegauge.engines.spc.charts.design import normal_trace
    >>> def design(seen, used):
    ...     mean = seen.values[used].mean()
    ...     law = lambda frozen, memory, seen: normal_trace(seen.values, frozen[0], np.ones(1), 3.0)
    ...     return Design(law, (mean,), np.ones(()), "known", {})
    >>> kind = Kind("value", "values with sigma 1", "none", design, LIMITS_ONLY)
    >>> drawn(kind, Observed(np.array([1.0, 2.0, 3.0])), ChartOptions(baseline=2)).upper.tolist()
    [4.5, 4.5, 4.5]

    References
    ----------
    ISO 7870-2:2013.
    """
    if not options.width > 0.0:
        raise InvalidOptionError(
            f"Limits {options.width} sigmas wide make no chart.", f"管制界限寬度 {options.width} 倍標準差無效。"
        )
    if options.known.sigma is not None and not np.greater(options.known.sigma, 0.0).all():
        raise InvalidOptionError(
            f"A known sigma of {options.known.sigma} is not positive. Give the standard deviation of single values.",
            f"已知標準差 {options.known.sigma} 必須大於 0。請提供單一數值的標準差。",
        )
    used = used_mask(seen.length, options)
    starts = _stage_starts(seen.length, options.stages)
    designs: list[Design] = []
    for first, end in zip(starts, [*starts[1:], seen.length], strict=True):
        if np.count_nonzero(used[first:end]) < fewest:
            raise TooFewValuesError(
                f"Limits need at least {fewest} points; from point {first + 1} on {np.count_nonzero(used[first:end])} "
                "are left. Exclude fewer, or join stages.",
                f"計算管制界限至少需要 {fewest} 點；自第 {first + 1} 點起只剩 {np.count_nonzero(used[first:end])} 點。"
                "請減少排除或合併階段。",
            )
        designs.append(kind.design(seen.between(first, end), used[first:end]))
    last = designs[-1]
    method = Method(
        name=kind.name,
        reference=kind.reference,
        estimator=last.estimator,
        constants={**last.constants, "limits_sigma": options.width, "stages": float(len(starts))},
        rule_set=kind.rules.record,
        sample_size=int(np.count_nonzero(used)),
        excluded=options.excluded,
        data_hash=hash_of_data(*seen, used),
        assumed=kind.assumed,
    )
    return _assembled(_Basis(seen, used, tuple(starts), tuple(designs)), kind.statistic, kind.rules, method)


class _Basis(NamedTuple):
    seen: Observed
    used: NDArray[np.bool_]
    starts: tuple[int, ...]
    designs: tuple[Design, ...]


def _assembled(basis: _Basis, statistic: str, rules: RuleChoice, method: Method) -> ControlChart:
    ends = (*basis.starts[1:], basis.seen.length)
    pieces: list[Plotted] = []
    for design, first, end in zip(basis.designs, basis.starts, ends, strict=True):
        trace, _ = design.law(design.frozen, design.memory, basis.seen.between(first, end))
        pieces.append(plotted(trace, rules))
    lengths = np.subtract(ends, basis.starts)
    each = zip(basis.designs, lengths.tolist(), strict=True)
    sigma = [np.broadcast_to(design.sigma[..., None], (*design.sigma.shape, length)) for design, length in each]
    return ControlChart(
        **{name: _joined([getattr(one, name) for one in pieces]) for name in _PLOTTED},
        statistic=statistic,
        sigma=_joined(sigma),
        used=basis.used,
        stage=np.repeat(np.arange(lengths.size), lengths),
        rules=rules,
        designs=basis.designs,
        seen=basis.seen,
        method=method,
    )


def _joined(pieces: list[Any]) -> Any:
    # One stage needs no copy of every array.
    return pieces[0] if len(pieces) == 1 else np.concatenate(pieces, axis=-1)


def redrawn(
    chart: ControlChart, statistic: str, design: Callable[[Design], Design], method: Method, rules: RuleChoice
) -> ControlChart:
    """What does a chart of another statistic make of the same points, with the same centre and sigma?

    Parameters
    ----------
    chart : ControlChart
        Chart of the points themselves [any unit].
    statistic : str
        Name of what is plotted instead [1].
    design : callable
        From the design of a stage to the new one [1].
    method : Method
        Of the new chart [1].
    rules : RuleChoice
        Rules asked of the new statistic [1].

    Returns
    -------
    ControlChart
        With the stages, exclusions and observations of the old one [unit of the new statistic].

    Notes
    -----
    A new law may call the old one, so that whatever sets centre and spread of a point is worked out once; a chart of
    ranges takes over sigma and the fingerprint of the data.

    Examples
    --------
    >>> from samegauge.engines.spc.charts.individuals import imr_charts
    >>> chart = imr_charts([1.0, 2.0, 9.0]).location
    >>> redrawn(chart, "value", lambda design: design, chart.method, LIMITS_ONLY).points.tolist()
    [1.0, 2.0, 9.0]

    References
    ----------
    None: elementary.
    """
    starts = np.flatnonzero(np.diff(chart.stage, prepend=-1))
    basis = _Basis(chart.seen, chart.used, tuple(starts.tolist()), tuple(design(one) for one in chart.designs))
    return _assembled(basis, statistic, rules, method)


def used_mask(count: int, options: ChartOptions) -> NDArray[np.bool_]:
    """Which points may set limits?

    Parameters
    ----------
    count : int
        Number of points [1].
    options : ChartOptions
        Baseline and exclusions [1].

    Returns
    -------
    ndarray of bool, shape (count,)
        True for points within the baseline that are not excluded [1].

    Raises
    ------
    InvalidOptionError
        A baseline or an exclusion outside the points.

    Notes
    -----
    Freezing or excluding gives the limits of the points that are left, as if the others had never been there.

    Examples
    --------
    >>> used_mask(3, ChartOptions(baseline=2)).tolist()
    [True, True, False]

    References
    ----------
    None: a rule of this product.
    """
    used = kept_mask(count, options.excluded)
    if options.baseline is not None:
        if not 0 < options.baseline <= count:
            raise InvalidOptionError(
                f"The baseline of {options.baseline} values does not fit {count} values.",
                f"基準期要 {options.baseline} 筆，但數值有 {count} 筆。",
            )
        used[options.baseline :] = False
    return used


def _stage_starts(count: int, stages: tuple[str | int, ...] | None) -> list[int]:
    if stages is None:
        return [0]
    if len(stages) != count:
        raise InvalidOptionError(
            f"{len(stages)} stage labels do not fit {count} points.", f"{len(stages)} 個階段標籤與 {count} 點不符。"
        )
    return [place for place in range(count) if place == 0 or stages[place] != stages[place - 1]]


def known_or(known: float | tuple[float, ...] | None, estimate: NDArray[np.float64]) -> NDArray[np.float64]:
    """Which value holds: one known beforehand, or the estimate?

    Parameters
    ----------
    known : float or tuple of float or None
        For all characteristics, one each, or none [unit of the estimate].
    estimate : ndarray of float, shape (...,)
        From the data [any unit].

    Returns
    -------
    ndarray of float, shape (...,)
        The known value where there is one [unit of the estimate].

    Raises
    ------
    InvalidOptionError
        Another number of known values than of characteristics, or one that is not finite.

    Notes
    -----
    A known value is taken as it is, without a test against the data.

    Examples
    --------
    >>> import numpy as np
    >>> float(known_or(2.0, np.array(3.0)))
    2.0

    References
    ----------
    None: a rule of this product.
    """
    if known is None:
        return estimate
    given = np.asarray(known, dtype=np.float64)
    if given.shape not in ((), estimate.shape) or not np.isfinite(given).all():
        raise InvalidOptionError(
            f"{given.size} known values do not fit {estimate.size} characteristics, or are not finite.",
            f"{given.size} 個已知值與 {estimate.size} 個特性不符，或不是有限數。",
        )
    return np.broadcast_to(given, estimate.shape)
