"""Attribute agreement analysis: do appraisers agree with themselves, with each other and with the truth?"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

from samegauge.engines.errors import InvalidOptionError, ShapeError, TooFewValuesError
from samegauge.engines.gauging.agreement import Agreement, Concordance, cohen_kappa, fleiss_kappa, kendall_w
from samegauge.engines.laws.inference import share_bounds
from samegauge.quantities.method import Method, hash_of_data

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_CUBE = 3
_FEWEST = 2
_PAIR = 2


class KappaConvention(Enum):
    """Against the standard: Cohen over all ratings together (AIAG), or Fleiss per trial, averaged (Minitab)."""

    COHEN_POOLED = "Cohen over all trials together"
    FLEISS_PER_TRIAL = "Fleiss per trial, averaged"


@dataclass(frozen=True, slots=True)
class AttributeOptions:
    """`rejecting` is the category that means bad; with it missed and false alarms are counted.

    `one_sided_at_ends` gives the bound of 0 and 100 % the whole error, as Minitab does. `ordered` categories (numbers)
    get Kendall's W.
    """

    rejecting: str | None = None
    ordered: bool = False
    convention: KappaConvention = KappaConvention.COHEN_POOLED
    one_sided_at_ends: bool = False
    confidence: float = 0.95


@dataclass(frozen=True, slots=True)
class Assessment:
    """Parts on which ratings agree, in per cent with bounds, and the coefficients that go with them.

    `kappa` is None with one rating a part, and for the convention of averages, whose bounds nobody has published:
    `kappa_value` then stands alone.
    """

    who: str
    inspected: int
    matched: int
    percent: float
    lower_percent: float
    upper_percent: float
    kappa_value: float | None
    kappa: Agreement | None
    concordance: Concordance | None


@dataclass(frozen=True, slots=True)
class Effectiveness:
    """Of all ratings of bad parts the per cent that passed them, of those of good parts the per cent that did not."""

    who: str
    missed_percent: float
    false_alarm_percent: float


@dataclass(frozen=True, slots=True)
class AttributeStudy:
    """Empty or None where there is no standard, no rejecting category, or a single appraiser or trial."""

    categories: tuple[str, ...]
    within: tuple[Assessment, ...]
    each_against_standard: tuple[Assessment, ...]
    between: Assessment | None
    all_against_standard: Assessment | None
    effectiveness: tuple[Effectiveness, ...]
    method: Method


_DEFAULT = AttributeOptions()


def attribute_study(
    ratings: ArrayLike,
    appraisers: tuple[str, ...],
    standard: ArrayLike | None = None,
    options: AttributeOptions = _DEFAULT,
) -> AttributeStudy:
    """Can people who judge parts by eye or go/no-go gauge be relied on?

    Parameters
    ----------
    ratings : array_like of int or str, shape (parts, appraisers, trials)
        The category each appraiser gave each part in each trial [1].
    appraisers : tuple of str
        Their names [1].
    standard : array_like of int or str, shape (parts,), optional
        The true category of each part [1].
    options : AttributeOptions
        Conventions [1].

    Returns
    -------
    AttributeStudy
        Agreement within, between and against the standard, with bounds and kappas [1].

    Raises
    ------
    ShapeError
        Ratings not in three dimensions, names or standard that do not fit.
    TooFewValuesError
        Fewer than 2 parts.
    InvalidOptionError
        A rejecting category that never occurs, or ordered categories that are no numbers.

    Notes
    -----
    A part matches within an appraiser where all trials are equal, against the standard where all equal it. Bounds of
    per cents: Clopper-Pearson. Kappas within and between: Fleiss. Cohen's pooled kappa treats repeated ratings of one
    part as independent, as the manual does, so that its bounds are narrower than they should be.

    Examples
    --------
    >>> ratings = [[["ok", "ok"]], [["bad", "bad"]], [["ok", "bad"]], [["ok", "ok"]]]
    >>> study = attribute_study(ratings, ("A",), ["ok", "bad", "ok", "bad"])
    >>> study.within[0].matched, study.each_against_standard[0].percent
    (3, 50.0)

    References
    ----------
    AIAG, Measurement Systems Analysis, 4th ed. (2010), chapter III, section C. VDA volume 5, 3rd ed. (2021).
    """
    table, truth = _checked(ratings, appraisers, standard)
    known = table if truth is None else np.append(table.ravel(), truth)
    categories = tuple(str(name) for name in np.unique(known))
    if options.rejecting is not None and options.rejecting not in categories:
        raise InvalidOptionError(
            f'The rejecting category "{options.rejecting}" is not among {", ".join(categories)}.',
            f"不合格類別「{options.rejecting}」不在 {'、'.join(categories)} 之中。",
        )
    ranks = _ranks(table, options)
    several_trials, several = table.shape[2] >= _FEWEST, table.shape[1] >= _FEWEST
    everyone = table.reshape(table.shape[0], -1)
    return AttributeStudy(
        categories=categories,
        within=tuple(
            _among(name, table[:, place], None if ranks is None else ranks[:, place], options)
            for place, name in enumerate(appraisers)
        )
        if several_trials
        else (),
        each_against_standard=()
        if truth is None
        else tuple(_against(name, table[:, place], truth, options) for place, name in enumerate(appraisers)),
        between=_among("all", everyone, None if ranks is None else ranks.reshape(table.shape[0], -1), options)
        if several
        else None,
        all_against_standard=None if truth is None else _against("all", everyone, truth, options),
        effectiveness=()
        if truth is None or options.rejecting is None
        else tuple(
            _effectiveness(name, table[:, place], truth, options.rejecting) for place, name in enumerate(appraisers)
        ),
        method=Method(
            name="attribute agreement analysis",
            reference="AIAG MSA 4th ed. (2010)",
            estimator=f"per cents: Clopper-Pearson; within and between: Fleiss' kappa; against the standard: "
            f"{options.convention.value}",
            confidence=options.confidence,
            sample_size=table.size,
            data_hash=hash_of_data(np.searchsorted(categories, known)),
            assumed=("parts are independent, appraisers do not recognise them",),
        ),
    )


def _checked(
    ratings: ArrayLike, appraisers: tuple[str, ...], standard: ArrayLike | None
) -> tuple[NDArray[np.str_], NDArray[np.str_] | None]:
    table = np.asarray(ratings).astype(np.str_)
    if table.ndim != _CUBE or table.shape[1] != len(appraisers) or table.shape[2] < 1:
        raise ShapeError(
            f"Ratings of shape {table.shape} do not fit parts x {len(appraisers)} appraisers x trials.",
            f"評定的形狀 {table.shape} 與「零件 × {len(appraisers)} 位評定者 × 重複次數」不符。",
        )
    if table.shape[0] < _FEWEST:
        raise TooFewValuesError("At least 2 parts are needed.", "至少需要 2 個零件。")
    if standard is None:
        return table, None
    truth = np.asarray(standard).astype(np.str_)
    if truth.shape != table.shape[:1]:
        raise ShapeError(
            f"{truth.size} true categories do not fit {table.shape[0]} parts.",
            f"{truth.size} 個標準類別與 {table.shape[0]} 個零件不符。",
        )
    return table, truth


def _ranks(table: NDArray[np.str_], options: AttributeOptions) -> NDArray[np.float64] | None:
    if not options.ordered:
        return None
    try:
        return table.astype(np.float64)
    except ValueError as error:
        raise InvalidOptionError("Ordered categories must be numbers.", "有順序的類別必須是數字。") from error


def _among(
    who: str, ratings: NDArray[np.str_], ranks: NDArray[np.float64] | None, options: AttributeOptions
) -> Assessment:
    matched = int((ratings == ratings[:, :1]).all(axis=1).sum())
    kappa = fleiss_kappa(ratings, confidence=options.confidence).overall
    return _assessment(who, (matched, len(ratings)), (kappa.value, kappa), options, ranks)


def _against(who: str, ratings: NDArray[np.str_], truth: NDArray[np.str_], options: AttributeOptions) -> Assessment:
    matched = int((ratings == truth[:, None]).all(axis=1).sum())
    if options.convention is KappaConvention.FLEISS_PER_TRIAL:
        each = [fleiss_kappa(np.column_stack([trial, truth])).overall.value for trial in ratings.T]
        return _assessment(who, (matched, len(ratings)), (float(np.mean(each)), None), options)
    pooled = cohen_kappa(ratings.ravel(), np.repeat(truth, ratings.shape[1]), confidence=options.confidence)
    return _assessment(who, (matched, len(ratings)), (pooled.value, pooled), options)


def _assessment(
    who: str,
    counts: tuple[int, int],
    kappa: tuple[float, Agreement | None],
    options: AttributeOptions,
    ranks: NDArray[np.float64] | None = None,
) -> Assessment:
    matched, inspected = counts
    lower, upper = share_bounds(matched, inspected, options.confidence, one_sided_at_ends=options.one_sided_at_ends)
    return Assessment(
        who=who,
        inspected=inspected,
        matched=matched,
        percent=100.0 * matched / inspected,
        lower_percent=100.0 * lower,
        upper_percent=100.0 * upper,
        kappa_value=kappa[0],
        kappa=kappa[1],
        concordance=None if ranks is None else kendall_w(ranks),
    )


def _effectiveness(name: str, ratings: NDArray[np.str_], truth: NDArray[np.str_], rejecting: str) -> Effectiveness:
    bad, rejected = truth == rejecting, ratings == rejecting
    return Effectiveness(
        name,
        100.0 * float((~rejected[bad]).mean()) if bad.any() else float("nan"),
        100.0 * float(rejected[~bad].mean()) if not bad.all() else float("nan"),
    )
