"""Named sets of run rules, looked at over many charts at once; every flag names its rule and its points."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from samegauge.engines.errors import InvalidOptionError
from samegauge.engines.values import checked_values

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import EllipsisType
    from typing import Self

    from numpy.typing import ArrayLike, NDArray

_SHORTEST_RUN, _LONGEST_RUN = 3, 50
_LAG = {"trend": 1, "alternating": 2}  # steps need one point before them, turns two


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


_LIMITS = RunRule(1, "beyond", 1, 1, 3.0, "1 point beyond the control limits", "1 點超出管制界限")
RULE_SETS: Mapping[str, RuleSet] = {
    "shewhart": RuleSet("shewhart", "ISO 7870-2:2013 (limits only)", (_LIMITS,)),
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
    """`index` completes the pattern, `first_index` is the earliest point looked at, `points` are those that did it."""

    rule: int
    index: int
    first_index: int
    text_en: str
    text_zh: str
    points: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleChoice:
    """A rule set as a customer asks for it.

    `numbers` selects rules, all if None. Not `strict`: a point on a limit or zone line counts as beyond it, never one
    on the centre line. `run` replaces the set's length of a run on one side, 8 or 9 in the usual sets; `lengths` the
    points of other rules without exceptions, by their number (some programs count the steps of a trend: one point
    more). Not `full_windows`: 2 of 3 are reached at the second point of a chart already.
    """

    name: str = "nelson"
    strict: bool = True
    run: int | None = None
    numbers: tuple[int, ...] | None = None
    lengths: Mapping[int, int] = field(default_factory=dict[int, int])
    full_windows: bool = True

    def __post_init__(self) -> None:
        known = rule_set(self.name).rules
        whole = {rule.number for rule in known if rule.needed == rule.window > 1}
        unknown = sorted(set(self.numbers or ()) - {rule.number for rule in known} | set(self.lengths) - whole)
        if unknown:
            raise InvalidOptionError(
                f"The set {self.name} has no rule {', '.join(map(str, unknown))}, or its length is fixed; it has 1 to "
                f"{len(known)}.",
                f"{self.name} 規則組沒有第 {'、'.join(map(str, unknown))} 條，或其長度固定；共有 {len(known)} 條。",
            )
        lengths = [*self.lengths.values(), *(() if self.run is None else (self.run,))]
        wrong = [length for length in lengths if not _SHORTEST_RUN <= length <= _LONGEST_RUN]
        if wrong:
            raise InvalidOptionError(
                f"A run of {wrong[0]} points is not between {_SHORTEST_RUN} and {_LONGEST_RUN}.",
                f"連續 {wrong[0]} 點不在 {_SHORTEST_RUN} 到 {_LONGEST_RUN} 之間。",
            )

    @property
    def rules(self) -> tuple[RunRule, ...]:
        chosen = (rule for rule in rule_set(self.name).rules if self.numbers is None or rule.number in self.numbers)
        return tuple(self._of_length(rule) for rule in chosen)

    def _of_length(self, rule: RunRule) -> RunRule:
        wanted = self.lengths.get(rule.number, self.run if rule.pattern == "side" else None)
        if wanted is None:
            return rule
        old, new = str(rule.window), str(wanted)
        texts = {"text_en": rule.text_en.replace(old, new, 1), "text_zh": rule.text_zh.replace(old, new, 1)}
        return replace(rule, needed=wanted, window=wanted, **texts)

    @property
    def memory(self) -> int:
        """Points before a new one that some rule may look at."""
        return max((rule.window for rule in self.rules), default=1) - 1

    @property
    def record(self) -> str:
        """What the method record says of the rules."""
        numbers = ", ".join(str(rule.number) for rule in self.rules)
        lines = "strictly beyond a line" if self.strict else "on or beyond a line"
        own = "".join(f"; {rule.text_en}" for rule in self.rules if rule not in rule_set(self.name).rules)
        early = "" if self.full_windows else "; windows may begin before the first point"
        return f"{self.name}: {rule_set(self.name).reference}; rules {numbers}; {lines}{own}{early}"


def rule_set(name: str) -> RuleSet:
    """Which rules belong to a named set?

    Parameters
    ----------
    name : {"nelson", "western-electric", "shewhart"}
        Name of the set [1].

    Returns
    -------
    RuleSet
        Its rules and where they were published [1].

    Raises
    ------
    InvalidOptionError
        Unknown name.

    Notes
    -----
    Sets are tables of this module; a customer's own selection is a `RuleChoice`.

    Examples
    --------
    >>> len(rule_set("western-electric").rules)
    4

    References
    ----------
    Western Electric, Statistical Quality Control Handbook, 2nd ed. 1958. Nelson L. S., J. Qual. Technol. 16 (1984) 237.
    """
    if name not in RULE_SETS:
        raise InvalidOptionError(
            f'"{name}" is no rule set; known are {", ".join(RULE_SETS)}.',
            f"沒有「{name}」這組規則；可用：{'、'.join(RULE_SETS)}。",
        )
    return RULE_SETS[name]


LIMITS_ONLY = RuleChoice("shewhart")


class Course(NamedTuple):
    """What rules look at, time on the last axis: plotted points, their scores in sigma, and which are beyond limits."""

    points: NDArray[np.float64]
    scores: NDArray[np.float64]
    beyond: NDArray[np.bool_]

    def latest(self, count: int) -> Self:
        return self._make(array[..., max(array.shape[-1] - count, 0) :] for array in self)

    def of(self, charts: NDArray[np.intp] | EllipsisType) -> Self:
        return self._make(array[charts] for array in self)


def rule_alarms(seen: Course, choice: RuleChoice, new: int | None = None) -> NDArray[np.uint16]:
    """Which of the latest points of many charts complete which run rules?

    Parameters
    ----------
    seen : Course
        Points, scores and limit breaches, each of shape (..., n) [unit of the statistic; 1; 1].
    choice : RuleChoice
        The rules [1].
    new : int, optional
        How many of the last points are asked about; all if None [1].

    Returns
    -------
    ndarray of uint16, shape (..., new)
        Bit k - 1 is set where rule k is completed [1].

    Notes
    -----
    Rule 1 asks for a point beyond the chart's own limits, the zone rules for scores, trend and alternation for the
    plotted points themselves. A point that does not exist (NaN) breaks every pattern. A run is found by joining runs
    of half its length, hits in windows by adding shifted arrays of bytes: all eight rules on a million points take some
    ten milliseconds.

    Examples
    --------
    >>> import numpy as np
    >>> z = np.array([0.0, 2.5, 2.5, 3.5])
    >>> rule_alarms(Course(z, z, z > 3.0), RuleChoice("western-electric")).tolist()
    [0, 0, 2, 3]

    References
    ----------
    Nelson L. S., Journal of Quality Technology 16 (1984) 237, doi:10.1080/00224065.1984.11978921.
    """
    asked = seen.points.shape[-1] if new is None else new
    found = np.zeros((*seen.points.shape[:-1], asked), dtype=np.uint16)
    for rule in choice.rules:
        found |= _completed(seen, rule, asked, choice) * np.uint16(1 << (rule.number - 1))
    return found


def _completed(seen: Course, rule: RunRule, new: int, choice: RuleChoice) -> NDArray[np.bool_]:
    if rule.window == 1:
        return _last(seen.beyond, new)
    # No rule looks further back than its window; a stream remembers as much as the longest one needs.
    seen = seen.latest(rule.window - 1 + new)
    span = rule.window - _LAG.get(rule.pattern, 0)
    needed = min(rule.needed, span)
    done = np.zeros((*seen.points.shape[:-1], new), dtype=np.bool_)
    for hits in _hits(seen, rule, strict=choice.strict):
        if needed == span:
            done |= _runs(hits, span, new)
        else:
            # The point that ends the window must be a hit itself, or it completes nothing.
            done |= (_count(hits, span, new) >= needed) & _last(hits, new)
    if needed < span and choice.full_windows:
        done &= _runs(np.isfinite(seen.points), span, new)
    return done


def _hits(seen: Course, rule: RunRule, *, strict: bool) -> tuple[NDArray[np.bool_], ...]:
    """One or two kinds of points, of which enough of one kind complete the rule."""
    z, zone = seen.scores, rule.zone
    if rule.pattern in ("beyond", "side"):
        return (z > zone, z < -zone) if strict or zone == 0.0 else (z >= zone, z <= -zone)
    if rule.pattern == "within":
        return (np.abs(z) < zone,)
    if rule.pattern == "outside":
        return (np.abs(z) > zone if strict else np.abs(z) >= zone,)
    rising, falling = (np.zeros(z.shape, dtype=np.bool_) for _ in range(2))
    np.greater(seen.points[..., 1:], seen.points[..., :-1], out=rising[..., 1:])
    np.less(seen.points[..., 1:], seen.points[..., :-1], out=falling[..., 1:])
    if rule.pattern == "trend":
        return rising, falling
    turns = np.zeros(z.shape, dtype=np.bool_)
    turns[..., 1:] = (rising[..., 1:] & falling[..., :-1]) | (falling[..., 1:] & rising[..., :-1])
    return (turns,)


def _last(hits: NDArray[np.bool_], new: int) -> NDArray[np.bool_]:
    return hits[..., hits.shape[-1] - new :]


def _count(hits: NDArray[np.bool_], span: int, new: int) -> NDArray[np.uint8]:
    """How many of the `span` points up to each of the last `new` are hits; before the first point there are none."""
    size = hits.shape[-1]
    if new == 1:
        return hits[..., max(size - span, 0) :].sum(axis=-1, keepdims=True, dtype=np.uint8)
    total = np.zeros((*hits.shape[:-1], new), dtype=np.uint8)
    for back in range(min(span, size)):
        first = max(size - new - back, 0)
        total[..., first + back - (size - new) :] += hits[..., first : size - back]
    return total


def _runs(hits: NDArray[np.bool_], span: int, new: int) -> NDArray[np.bool_]:
    """Whether all `span` points up to each of the last `new` are hits."""
    size = hits.shape[-1]
    if new == 1 and size >= span:
        return np.asarray(hits[..., size - span :].all(axis=-1, keepdims=True))
    length, ends = 1, hits
    while length < span:
        step = min(length, span - length)
        ends, length = ends[..., step:] & ends[..., :-step], length + step
    missing = max(new - ends.shape[-1], 0)
    early = np.zeros((*hits.shape[:-1], missing), dtype=np.bool_)
    return np.concatenate([early, _last(ends, new - missing)], axis=-1)


def violations_of(scores: NDArray[np.float64], alarms: NDArray[np.uint16], choice: RuleChoice) -> tuple[Violation, ...]:
    """Which rules does one chart break, at which points?

    Parameters
    ----------
    scores : ndarray of float, shape (n,)
        Standardised points [1].
    alarms : ndarray of uint16, shape (n,)
        Bits of completed rules, from `rule_alarms` [1].
    choice : RuleChoice
        The rules that were asked for [1].

    Returns
    -------
    tuple of Violation
        In order of rule number and index [1].

    Notes
    -----
    Of a rule like "2 of 3" only the points beyond the zone on the side of the last one are named.

    Examples
    --------
    >>> import numpy as np
    >>> z = np.array([2.5, 0.0, 2.5])
    >>> flags = rule_alarms(Course(z, z, z > 3.0), RuleChoice("western-electric"))
    >>> violations_of(z, flags, RuleChoice("western-electric"))[0].points
    (0, 2)

    References
    ----------
    Nelson L. S., Journal of Quality Technology 16 (1984) 237, doi:10.1080/00224065.1984.11978921.
    """
    found: list[Violation] = []
    for rule in choice.rules:
        text = (rule.text_en, rule.text_zh)
        for place in np.flatnonzero(alarms & (1 << (rule.number - 1))).tolist():
            first = max(place - rule.window + 1, 0)
            window = range(first, place + 1)
            points = tuple(window)
            if rule.needed < rule.window:
                reach = scores * np.sign(scores[place])
                points = tuple(
                    at for at in window if reach[at] > rule.zone or (reach[at] == rule.zone and not choice.strict)
                )
            found.append(Violation(rule.number, place, first, *text, points))
    return tuple(found)


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
    z = checked_values(scores)
    choice = RuleChoice(rule_set)
    return violations_of(z, rule_alarms(Course(z, z, np.abs(z) > choice.rules[0].zone), choice), choice)
