"""Run length of a Shewhart chart with run rules that look at zones: a Markov chain over the zones' history."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from samegauge.engines.laws.continuous import normal_below
from samegauge.engines.spc.run_length.result import (
    INDEPENDENT_NORMAL,
    KNOWN_PARAMETERS,
    Passage,
    RunLength,
    run_length_of_passage,
)
from samegauge.engines.values import require
from samegauge.quantities.method import Method

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

_ALARM = -1
_NOISE = 1e-9  # of a sum of probabilities
ZONE_PATTERNS = ("beyond", "side", "within", "outside")


class ZoneRule(Protocol):
    """`needed` of `window` points in a row lie "beyond" a zone or on one "side", or all "within" or "outside" it."""

    @property
    def pattern(self) -> str: ...
    @property
    def needed(self) -> int: ...
    @property
    def window(self) -> int: ...
    @property
    def zone(self) -> float: ...


class _Watch(NamedTuple):
    """One thing a rule counts: in which cells a point is a hit, and how many hits of how many points are an alarm."""

    hits: tuple[bool, ...]
    needed: int
    window: int


class _Automaton(NamedTuple):
    edges: tuple[float, ...]
    following: NDArray[np.int64]  # (states, cells): the next state, or an alarm


def rules_run_length(
    rules: Sequence[ZoneRule], shift: float = 0.0, *, ratio: float = 1.0, scale: float = 1.0, beside: float = 0.0
) -> RunLength:
    """How long does a Shewhart chart with run rules take until its first alarm?

    Parameters
    ----------
    rules : sequence of ZoneRule
        Rules with patterns "beyond", "side", "within" or "outside"; any one that is met gives the alarm [1].
    shift : float
        Distance of the mean from the centre line [standard deviations of what is plotted].
    ratio : float
        Standard deviation over that of the limits, positive [1].
    scale : float
        Factor on all zones, to widen or narrow the whole chart [1].
    beside : float
        Chance at each point that another chart, independent of this one, gives the alarm [1].

    Returns
    -------
    RunLength
        Mean, standard deviation and quantiles [points].

    Raises
    ------
    InvalidOptionError
        No rule, a rule that looks at more than zones (trends, alternation), a ratio or scale that is not positive, or a
        chance that is none.

    Notes
    -----
    The states are what the rules still need to know of the last points; exact for independent normal values. For
    subgroup means of n values multiply a shift in sigma by sqrt(n). The history starts empty, so that two hits at the
    first two points are "2 of 3", as Champ and Woodall count.

    Examples
    --------
    >>> from collections import namedtuple
    >>> Rule = namedtuple("Rule", "pattern needed window zone")
    >>> round(rules_run_length([Rule("beyond", 1, 1, 3.0), Rule("side", 8, 8, 0.0)]).mean, 2)
    152.73

    References
    ----------
    Champ C. W., Woodall W. H., Technometrics 29 (1987) 393, doi:10.1080/00401706.1987.10488266.
    """
    known = _checked_rules(rules)
    require(
        ratio > 0.0 and scale > 0.0 and 0.0 <= beside < 1.0,
        f"Ratio {ratio} and scale {scale} have to be positive, and {beside} a chance below 1.",
        f"標準差比 {ratio} 與倍率 {scale} 必須大於 0，{beside} 必須是小於 1 的機率。",
    )
    edges, following = _automaton(known)
    below = normal_below((scale * np.array(edges) - shift) / ratio)
    chance = (1.0 - beside) * np.diff(np.concatenate(([0.0], below, [1.0])))
    method = Method(
        name="run length of a Shewhart chart with run rules",
        reference="Champ and Woodall 1987",
        estimator="Markov chain over the history of zones",
        constants={"shift": shift, "ratio": ratio, "scale": scale, "beside": beside, "states": float(len(following))},
        rule_set=_named(known),
        assumed=(KNOWN_PARAMETERS, INDEPENDENT_NORMAL),
    )
    return _first_alarm(following, chance, method)


def counted_rules_run_length(rules: Sequence[ZoneRule], scores: ArrayLike, chances: ArrayLike) -> RunLength:
    """How long does a chart of counts with run rules take until its first alarm?

    Parameters
    ----------
    rules : sequence of ZoneRule
        Rules with patterns "beyond", "side", "within" or "outside"; any one that is met gives the alarm [1].
    scores : array_like, shape (k,)
        For each count that can occur its distance from the centre line [standard deviations of the chart].
    chances : array_like, shape (k,)
        Chance of each count in the process as it is now, at most 1 together; what is left over gives an alarm [1].

    Returns
    -------
    RunLength
        Mean, standard deviation and quantiles [points].

    Raises
    ------
    InvalidOptionError
        No rule, a rule that looks at more than zones, scores and chances of different length, or chances that are no
        probabilities.

    Notes
    -----
    As `rules_run_length`, with the exact law of the counts in place of the normal one: a count on the edge of a zone is
    neither beyond nor within it, one on the centre line is on no side.

    Examples
    --------
    >>> from collections import namedtuple
    >>> from scipy.stats import poisson
    >>> Rule = namedtuple("Rule", "pattern needed window zone")
    >>> counts = np.arange(60)
    >>> rules = [Rule("beyond", 1, 1, 3.0), Rule("side", 8, 8, 0.0)]
    >>> round(counted_rules_run_length(rules, (counts - 9.0) / 3.0, poisson(9.0).pmf(counts)).mean, 1)
    255.6

    References
    ----------
    Champ C. W., Woodall W. H., Technometrics 29 (1987) 393, doi:10.1080/00401706.1987.10488266.
    """
    known = _checked_rules(rules)
    places, share = np.asarray(scores, dtype=np.float64), np.asarray(chances, dtype=np.float64)
    require(
        places.shape == share.shape and places.ndim == 1 and bool((share >= 0.0).all()) and share.sum() < 1.0 + _NOISE,
        "Every score needs one chance from 0 to 1, together at most 1.",
        "每個分數都要有一個 0 到 1 的機率，總和不得超過 1。",
    )
    watches = [watch for rule in known for watch in _watches(rule, places)]
    cells, cell_of = np.unique(np.array([watch.hits for watch in watches]), axis=1, return_inverse=True)
    few = [_Watch(tuple(map(bool, row)), one.needed, one.window) for one, row in zip(watches, cells, strict=True)]
    following = _transitions(few, cells.shape[1])
    method = Method(
        name="run length of a chart of counts with run rules",
        reference="Champ and Woodall 1987",
        estimator="Markov chain over the history of zones",
        constants={"counts": float(places.size), "states": float(len(following))},
        rule_set=_named(known),
        assumed=(KNOWN_PARAMETERS, "Counts are independent."),
    )
    chance = np.zeros(cells.shape[1])
    np.add.at(chance, cell_of.ravel(), share)
    return _first_alarm(following, chance, method)


def _first_alarm(following: NDArray[np.int64], chance: NDArray[np.float64], method: Method) -> RunLength:
    states = len(following)
    kernel = np.zeros((states, states))
    for cell, nexts in enumerate(following.T):
        silent = nexts != _ALARM
        np.add.at(kernel, (np.flatnonzero(silent), nexts[silent]), chance[cell])
    start = np.zeros(states)
    start[0] = 1.0
    return run_length_of_passage(Passage(np.ones(0), start, kernel, np.ones(states)), method)


def _named(rules: tuple[tuple[str, int, int, float], ...]) -> str:
    return "; ".join(f"{needed} of {window} {pattern} {zone:g}" for pattern, needed, window, zone in rules)


def _checked_rules(rules: Sequence[ZoneRule]) -> tuple[tuple[str, int, int, float], ...]:
    require(len(rules) > 0, "A chart without rules gives no alarm; name at least one.", "至少要選一條規則。")
    for rule in rules:
        require(
            rule.pattern in ZONE_PATTERNS,
            f'The run length of rule "{rule.pattern}" is unknown: it looks at more than zones. Simulate it.',
            f"規則「{rule.pattern}」不只看區域，無法精確計算其連串長度；請改用模擬。",
        )
    return tuple((rule.pattern, rule.needed, rule.window, rule.zone) for rule in rules)


@cache
def _automaton(rules: tuple[tuple[str, int, int, float], ...]) -> _Automaton:
    edges = tuple(sorted({side * zone for *_, zone in rules for side in (-1.0, 1.0)}))
    inside = (np.array(edges[:-1]) + np.array(edges[1:])) / 2.0
    cells = np.concatenate(([edges[0] - 1.0], inside, [edges[-1] + 1.0]))
    watches = [watch for rule in rules for watch in _watches(rule, cells)]
    return _Automaton(edges, _transitions(watches, cells.size))


def _transitions(watches: list[_Watch], cells: int) -> NDArray[np.int64]:
    """Number the states as they are met, from the empty history on."""
    states = [(0,) * len(watches)]
    places: dict[tuple[int, ...] | None, int] = {None: _ALARM, states[0]: 0}
    following: list[list[int]] = []
    for state in states:  # grows while it is walked
        nexts = [_after(state, watches, cell) for cell in range(cells)]
        for after in nexts:
            if after is not None and after not in places:
                places[after] = len(states)
                states.append(after)
        following.append([places[after] for after in nexts])
    return np.array(following)


def _watches(rule: tuple[str, int, int, float], cells: NDArray[np.float64]) -> list[_Watch]:
    pattern, needed, window, zone = rule
    if pattern in {"beyond", "side"}:
        sides = [cells > zone, cells < -zone]
    else:
        sides = [np.abs(cells) < zone if pattern == "within" else np.abs(cells) > zone]
    return [_Watch(tuple(bool(hit) for hit in side), needed, window) for side in sides]


def _after(state: tuple[int, ...], watches: list[_Watch], cell: int) -> tuple[int, ...] | None:
    after: list[int] = []
    for history, watch in zip(state, watches, strict=True):
        seen = (history << 1) | watch.hits[cell]
        if seen.bit_count() >= watch.needed:
            return None
        after.append(_still_useful(seen, watch))
    return tuple(after)


def _still_useful(seen: int, watch: _Watch) -> int:
    """Forget hits that will leave the window before enough others can join them; bit 0 is the latest point."""
    useful = hits = 0
    for age in range(watch.window - 1):
        hit = seen >> age & 1
        hits += hit
        if hit and watch.needed - hits <= watch.window - 1 - age:
            useful |= 1 << age
    return useful
