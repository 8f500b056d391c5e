"""Individuals and moving range chart with named sets of run rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from samegauge.engines.errors import InvalidOptionError, TooFewValuesError
from samegauge.engines.spc.constants import d2, d3
from samegauge.engines.spc.values import checked_values, kept_mask
from samegauge.quantities.method import Exclusion, Method, hash_of_data

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

_SPAN = 2  # values per moving range
_FEWEST = 2


@dataclass(frozen=True, slots=True)
class RunRule:
    """`needed` of `window` values in a row do what `pattern` says; `zone` is in standard deviations."""

    number: int
    pattern: str
    needed: int
    window: int
    zone: float
    text_en: str
    text_zh: str


@dataclass(frozen=True, slots=True)
class RuleSet:
    name: str
    reference: str
    rules: tuple[RunRule, ...]


def _beyond(number: int, needed: int, window: int, zone: float) -> RunRule:
    if window == 1:
        return RunRule(
            number, "beyond", 1, 1, zone, f"1 point beyond {zone:g} sigma", f"1 點落在 {zone:g} 倍標準差之外"
        )
    return RunRule(
        number,
        "beyond",
        needed,
        window,
        zone,
        f"{needed} of {window} points beyond {zone:g} sigma on the same side",
        f"連續 {window} 點中有 {needed} 點落在同側 {zone:g} 倍標準差之外",
    )


def _one_side(number: int, run: int) -> RunRule:
    return RunRule(
        number,
        "side",
        run,
        run,
        0.0,
        f"{run} points in a row on one side of the centre line",
        f"連續 {run} 點在中心線同側",
    )


RULE_SETS: Mapping[str, RuleSet] = {
    "shewhart": RuleSet("shewhart", "ISO 7870-2:2013 (limits only)", (_beyond(1, 1, 1, 3.0),)),
    "western-electric": RuleSet(
        "western-electric",
        "Western Electric, Statistical Quality Control Handbook, 1956 (2nd ed. 1958)",
        (_beyond(1, 1, 1, 3.0), _beyond(2, 2, 3, 2.0), _beyond(3, 4, 5, 1.0), _one_side(4, 8)),
    ),
    "nelson": RuleSet(
        "nelson",
        "Nelson L. S., Journal of Quality Technology 16 (1984) 237",
        (
            _beyond(1, 1, 1, 3.0),
            _one_side(2, 9),
            RunRule(3, "trend", 6, 6, 0.0, "6 points in a row rising or falling", "連續 6 點持續上升或下降"),
            RunRule(4, "alternating", 14, 14, 0.0, "14 points in a row alternating up and down", "連續 14 點上下交替"),
            _beyond(5, 2, 3, 2.0),
            _beyond(6, 4, 5, 1.0),
            RunRule(7, "within", 15, 15, 1.0, "15 points in a row within 1 sigma", "連續 15 點都在 1 倍標準差之內"),
            RunRule(
                8,
                "outside",
                8,
                8,
                1.0,
                "8 points in a row beyond 1 sigma on either side",
                "連續 8 點都在 1 倍標準差之外（任一側）",
            ),
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class Violation:
    """`index` is the value that completes the pattern, `first_index` the earliest value the rule looked at."""

    rule: int
    index: int
    first_index: int
    text_en: str
    text_zh: str


@dataclass(frozen=True, slots=True)
class IndividualsChart:
    """Arrays are in the order given; `used` marks the values that set the limits. Unit: that of the values.

    `sigma` is zero where all moving ranges are: the limits then have no width, no rule is applied, and `has_spread` is
    False.
    """

    values: NDArray[np.float64]
    used: NDArray[np.bool_]
    center: float
    sigma: float
    lower_limit: float
    upper_limit: float
    moving_range: NDArray[np.float64]
    range_center: float
    range_upper_limit: float
    range_lower_limit: float
    has_spread: bool
    violations: tuple[Violation, ...]
    range_violations: tuple[int, ...]
    method: Method


def individuals_chart(
    values: ArrayLike,
    *,
    rule_set: str = "nelson",
    baseline: int | None = None,
    excluded: Sequence[Exclusion] = (),
    rounded_d2: bool = False,
) -> IndividualsChart:
    """Is the process behind single values in time order stable, and where is it not?

    Parameters
    ----------
    values : array_like of float, shape (n,)
        Values in time order [any unit].
    rule_set : {"nelson", "western-electric", "shewhart"}
        Named set of run rules [1].
    baseline : int, optional
        Number of leading values that set the limits; all if None [1].
    excluded : sequence of Exclusion
        Values that set no limit, each with its reason; they stay on the chart [1].
    rounded_d2 : bool
        Use d2 = 1.128 as printed tables do, to compare with their figures [1].

    Returns
    -------
    IndividualsChart
        Limits, moving ranges of shape (n - 1,), violations [unit of the values].

    Raises
    ------
    TooFewValuesError
        Fewer than 2 values that are neither excluded nor after the baseline.
    NonFiniteValuesError
        NaN or infinity among the values.
    InvalidOptionError
        Unknown rule set, or a baseline or exclusion outside the values.

    Notes
    -----
    sigma = mean moving range / d2(2), limits at centre +- 3 sigma. A moving range counts where both its values do:
    a range across an excluded value would join values that were not neighbours. "Beyond" is strict; a value on the
    centre line breaks a one-side run. Rules look at all values, excluded ones included, since the chart shows them.

    Examples
    --------
    >>> flow = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]
    >>> chart = individuals_chart(flow, rounded_d2=True)
    >>> round(chart.upper_limit, 4), round(chart.lower_limit, 4)
    (55.8041, 45.8159)

    References
    ----------
    ISO 7870-2:2013. NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.2.2.
    """
    array = checked_values(values)
    rules = _rule_set(rule_set)
    used = _used(array.size, baseline, excluded)
    ranges = np.abs(np.diff(array))
    counted = used[1:] & used[:-1]
    if not counted.any():
        raise TooFewValuesError(
            "No two neighbouring values are left, so there is no moving range.",
            "沒有相鄰的兩筆數值，無法計算移動全距。",
        )
    constant = round(d2(_SPAN), 3) if rounded_d2 else d2(_SPAN)
    range_center = float(ranges[counted].mean())
    sigma = range_center / constant
    center = float(array[used].mean())
    range_spread = 3.0 * d3(_SPAN) * sigma
    upper = range_center + range_spread
    violations = _violations((array - center) / sigma, rules) if sigma > 0.0 else ()
    return IndividualsChart(
        array,
        used,
        center,
        sigma,
        center - 3.0 * sigma,
        center + 3.0 * sigma,
        ranges,
        range_center,
        upper,
        max(0.0, range_center - range_spread),
        sigma > 0.0,
        violations,
        tuple(int(place) + 1 for place in np.flatnonzero(ranges > upper)) if sigma > 0.0 else (),
        Method(
            name="individuals and moving range chart",
            reference="ISO 7870-2:2013",
            estimator="sigma = mean moving range / d2",
            constants={"d2": constant, "d3": d3(_SPAN), "limits_sigma": 3.0},
            rule_set=f"{rules.name}: {rules.reference}",
            sample_size=int(np.count_nonzero(used)),
            excluded=tuple(excluded),
            data_hash=hash_of_data(array, used),
        ),
    )


def _used(count: int, baseline: int | None, excluded: Sequence[Exclusion]) -> NDArray[np.bool_]:
    used = kept_mask(count, excluded)
    if baseline is not None:
        if not 0 < baseline <= count:
            raise InvalidOptionError(
                f"The baseline of {baseline} values does not fit {count} values.",
                f"基準期要 {baseline} 筆，但數值有 {count} 筆。",
            )
        used[baseline:] = False
    if np.count_nonzero(used) < _FEWEST:
        raise TooFewValuesError(
            f"Limits need at least {_FEWEST} values; {np.count_nonzero(used)} are left.",
            f"計算管制界限至少需要 {_FEWEST} 筆，目前剩 {np.count_nonzero(used)} 筆。",
        )
    return used


def run_rule_violations(scores: ArrayLike, *, rule_set: str = "nelson") -> tuple[Violation, ...]:
    """Which run rules do standardised values break?

    Parameters
    ----------
    scores : array_like of float, shape (n,)
        Values minus centre line over sigma, in time order [1].
    rule_set : {"nelson", "western-electric", "shewhart"}
        Named set of run rules [1].

    Returns
    -------
    tuple of Violation
        In order of rule number and index [1].

    Raises
    ------
    NonFiniteValuesError
        NaN or infinity among the scores.
    InvalidOptionError
        Unknown rule set.

    Notes
    -----
    Every rule is looked at in every window; a longer run gives one violation for each value that completes a window.

    Examples
    --------
    >>> [one.index for one in run_rule_violations([0.0, 3.5, 0.1], rule_set="shewhart")]
    [1]

    References
    ----------
    Nelson L. S., Journal of Quality Technology 16 (1984) 237, doi:10.1080/00224065.1984.11978921.
    """
    return _violations(checked_values(scores), _rule_set(rule_set))


def _rule_set(name: str) -> RuleSet:
    if name not in RULE_SETS:
        raise InvalidOptionError(
            f'"{name}" is no rule set; known are {", ".join(RULE_SETS)}.',
            f"沒有「{name}」這組規則；可用：{'、'.join(RULE_SETS)}。",
        )
    return RULE_SETS[name]


def _violations(scores: NDArray[np.float64], rules: RuleSet) -> tuple[Violation, ...]:
    found: list[Violation] = []
    for rule in rules.rules:
        completed = _completed(scores, rule)
        found.extend(
            Violation(rule.number, int(place), int(place) - rule.window + 1, rule.text_en, rule.text_zh)
            for place in np.flatnonzero(completed)
        )
    return tuple(found)


def _completed(scores: NDArray[np.float64], rule: RunRule) -> NDArray[np.bool_]:
    if rule.pattern == "beyond":
        return _enough(scores > rule.zone, rule) | _enough(scores < -rule.zone, rule)
    if rule.pattern == "side":
        return _enough(scores > 0.0, rule) | _enough(scores < 0.0, rule)
    if rule.pattern == "within":
        return _enough(np.abs(scores) < rule.zone, rule)
    if rule.pattern == "outside":
        return _enough(np.abs(scores) > rule.zone, rule)
    steps = np.sign(np.diff(scores))
    if rule.pattern == "trend":
        rising = np.concatenate(([False], steps > 0))
        falling = np.concatenate(([False], steps < 0))
        return _all_of(rising, rule.window - 1) | _all_of(falling, rule.window - 1)
    turns = np.concatenate(([False, False], steps[1:] * steps[:-1] < 0))
    return _all_of(turns, rule.window - 2)


def _enough(hits: NDArray[np.bool_], rule: RunRule) -> NDArray[np.bool_]:
    """At least `needed` hits in the window; the value that ends the window must be one, or it completes nothing."""
    total = np.concatenate(([0], np.cumsum(hits)))
    inside = np.zeros(hits.size, dtype=np.bool_)
    if hits.size >= rule.window:
        inside[rule.window - 1 :] = total[rule.window :] - total[: -rule.window] >= rule.needed
    return inside & hits


def _all_of(hits: NDArray[np.bool_], run: int) -> NDArray[np.bool_]:
    total = np.concatenate(([0], np.cumsum(hits)))
    full = np.zeros(hits.size, dtype=np.bool_)
    if hits.size >= run:
        full[run - 1 :] = total[run:] - total[:-run] == run
    return full
