"""Run length of run rules that look at more than zones (trends, alternation), by a seeded simulation."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from samegauge.engines.spc.run_length.result import INDEPENDENT_NORMAL, KNOWN_PARAMETERS, LEVELS, RunLength
from samegauge.engines.values import require
from samegauge.quantities.method import Method

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from samegauge.engines.spc.run_length.rules import ZoneRule

_BLOCK = 200  # points that are drawn at once
_LONGEST = 100_000
_FEWEST_CHARTS = 100
_PATTERNS = ("beyond", "side", "within", "outside", "trend", "alternating")


def simulated_rules_run_length(
    rules: Sequence[ZoneRule], shift: float = 0.0, *, ratio: float = 1.0, charts: int = 4000, seed: int = 1
) -> RunLength:
    """How long does a Shewhart chart with any run rules take until its first alarm, by drawing many charts?

    Parameters
    ----------
    rules : sequence of ZoneRule
        Rules; besides those of rules_run_length "trend" and "alternating" ones [1].
    shift : float
        Distance of the mean from the centre line [standard deviations of what is plotted].
    ratio : float
        Standard deviation over that of the limits, positive [1].
    charts : int
        Number of charts that are drawn, at least 100 [1].
    seed : int
        Start of the random numbers: the same seed gives the same result [1].

    Returns
    -------
    RunLength
        Mean, standard deviation and quantiles of the drawn charts [points].

    Raises
    ------
    InvalidOptionError
        No rule or an unknown one, too few charts, a ratio that is not positive, or charts that stay silent for 100,000
        points.

    Notes
    -----
    An estimate: the method record gives the standard error of the mean. Where all rules look at zones, rules_run_length
    is exact. `needed` hits in fewer points than `window` count at the start, as there.

    Examples
    --------
    >>> from collections import namedtuple
    >>> Rule = namedtuple("Rule", "pattern needed window zone")
    >>> found = simulated_rules_run_length([Rule("trend", 6, 6, 0.0)])
    >>> 390.0 < found.mean < 450.0
    True

    References
    ----------
    Nelson L. S., Journal of Quality Technology 16 (1984) 237, doi:10.1080/00224065.1984.11978921.
    """
    unknown = sorted({rule.pattern for rule in rules} - set(_PATTERNS))
    require(
        len(rules) > 0 and not unknown,
        f"Name at least one rule, all with known patterns; unknown: {unknown}.",
        f"至少要選一條規則，且樣式須為已知；未知的樣式：{unknown}。",
    )
    require(
        charts >= _FEWEST_CHARTS and ratio > 0.0 and math.isfinite(shift),
        f"A simulation needs at least {_FEWEST_CHARTS} charts, a positive ratio and a finite shift, not {charts}, "
        f"{ratio}, {shift}.",
        f"模擬至少需要 {_FEWEST_CHARTS} 張管制圖、大於 0 的標準差比與有限的偏移量，不能是 {charts}、{ratio}、{shift}。",
    )
    lengths = _drawn(rules, (shift, ratio), charts, np.random.default_rng(seed))
    mean, deviation = float(lengths.mean()), float(lengths.std(ddof=1))
    early, median, late = (float(np.quantile(lengths, level, method="inverted_cdf")) for level in LEVELS)
    error = deviation / math.sqrt(charts)
    method = Method(
        name="run length of a Shewhart chart with run rules, simulated",
        reference="Nelson 1984",
        estimator="mean of simulated charts",
        constants={"shift": shift, "ratio": ratio, "standard_error": error, "seed": float(seed)},
        rule_set="; ".join(f"{rule.needed} of {rule.window} {rule.pattern} {rule.zone:g}" for rule in rules),
        sample_size=charts,
        simulated=(f"{charts} charts of random normal values; standard error of the mean {error:.2g} points.",),
        assumed=(KNOWN_PARAMETERS, INDEPENDENT_NORMAL),
    )
    return RunLength(mean, deviation, early, median, late, method)


def _drawn(
    rules: Sequence[ZoneRule], law: tuple[float, float], charts: int, random: np.random.Generator
) -> NDArray[np.float64]:
    lengths = np.zeros(charts)
    silent = np.arange(charts)
    memory = max(rule.window for rule in rules)
    seen = np.empty((charts, 0))
    for drawn in range(0, _LONGEST, _BLOCK):
        scores = np.hstack([seen, random.normal(*law, size=(silent.size, _BLOCK))])
        alarms = np.zeros(scores.shape, dtype=np.bool_)
        for rule in rules:
            alarms |= _alarms(scores, rule)
        alarms = alarms[:, -_BLOCK:]
        given = alarms.any(axis=1)
        lengths[silent[given]] = drawn + 1.0 + alarms[given].argmax(axis=1)
        silent, seen = silent[~given], scores[~given, -memory:]
        if not silent.size:
            break
    require(
        silent.size == 0,
        f"{silent.size} of {charts} charts gave no alarm in {_LONGEST} points; these rules are too wide to simulate.",
        f"{charts} 張管制圖中有 {silent.size} 張在 {_LONGEST} 點內沒有警報，規則太寬，無法模擬。",
    )
    return lengths


def _alarms(scores: NDArray[np.float64], rule: ZoneRule) -> NDArray[np.bool_]:
    needed, window = rule.needed, rule.window
    if rule.pattern in {"beyond", "side"}:
        return _enough(scores > rule.zone, needed, window) | _enough(scores < -rule.zone, needed, window)
    if rule.pattern == "within":
        return _enough(np.abs(scores) < rule.zone, needed, window)
    if rule.pattern == "outside":
        return _enough(np.abs(scores) > rule.zone, needed, window)
    steps = np.sign(np.diff(scores, axis=1, prepend=scores[:, :1]))
    if rule.pattern == "trend":
        return _enough(steps > 0.0, window - 1, window - 1) | _enough(steps < 0.0, window - 1, window - 1)
    turns = np.zeros(scores.shape, dtype=np.bool_)
    turns[:, 1:] = steps[:, 1:] * steps[:, :-1] < 0.0
    return _enough(turns, window - 2, window - 2)


def _enough(hits: NDArray[np.bool_], needed: int, window: int) -> NDArray[np.bool_]:
    total = np.cumsum(np.pad(hits, ((0, 0), (window, 0))), axis=1)
    return total[:, window:] - total[:, :-window] >= needed
