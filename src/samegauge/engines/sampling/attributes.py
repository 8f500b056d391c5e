"""Acceptance sampling by counting: single, double and multiple plans, and what they let through."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from samegauge.engines.errors import InvalidOptionError
from samegauge.engines.laws.counts import binomial_at_most, hypergeometric_at_most, poisson_at_most
from samegauge.engines.values import checked_values, require
from samegauge.quantities.method import Method

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_GRID = 401
_REFINEMENTS = 4
_FAR = 40.0  # nonconformities expected in the first sample beyond which no plan accepts any more


class CountLaw(Enum):
    """How the count in a sample varies: from a process (binomial), a lot (hypergeometric), or per unit (Poisson)."""

    BINOMIAL = "binomial"
    HYPERGEOMETRIC = "hypergeometric"
    POISSON = "poisson"


@dataclass(frozen=True, slots=True)
class AttributePlan:
    """Stage by stage: draw `sizes[i]` more units; accept up to `acceptance[i]` in all, reject from `rejection[i]` on.

    An acceptance number of -1 means that the stage cannot accept. The last stage decides.
    """

    sizes: tuple[int, ...]
    acceptance: tuple[int, ...]
    rejection: tuple[int, ...]

    def __post_init__(self) -> None:
        lengths = {len(self.sizes), len(self.acceptance), len(self.rejection)}
        if len(lengths) > 1 or not self.sizes or min(self.sizes) < 1:
            raise InvalidOptionError(
                "A plan needs at least one stage, each with a sample of at least 1 and both numbers.",
                "抽樣計畫至少要有一段，每段須有至少 1 件的樣本及允收、拒收數。",
            )
        gaps = [high - low for low, high in zip(self.acceptance, self.rejection, strict=True)]
        if min(gaps) < 1 or gaps[-1] != 1 or min(self.acceptance) < -1 or self._falling():
            raise InvalidOptionError(
                f"Acceptance {self.acceptance} and rejection {self.rejection} do not fit: neither may fall, each "
                "rejection number is above its acceptance number, and the last one by exactly 1.",
                f"允收數 {self.acceptance} 與拒收數 {self.rejection} 不合：兩者都不可遞減，拒收數須大於允收數，"
                "最後一段恰大 1。",
            )

    def _falling(self) -> bool:
        return any(list(numbers) != sorted(numbers) for numbers in (self.acceptance, self.rejection))

    @classmethod
    def single(cls, size: int, acceptance: int) -> AttributePlan:
        return cls((size,), (acceptance,), (acceptance + 1,))


@dataclass(frozen=True, slots=True)
class Inspection:
    """Under which law a plan is looked at; the lot's size is needed for the hypergeometric law and for rectifying."""

    law: CountLaw = CountLaw.BINOMIAL
    lot_size: int | None = None


@dataclass(frozen=True, slots=True)
class OperatingCharacteristic:
    """What a plan does at each incoming quality; `total_inspected` is None where no size of the lot is given.

    `mean_sample` is the ASN. With all units of rejected lots inspected and the bad ones replaced, `outgoing_quality` is
    the AOQ and `total_inspected` the ATI.
    """

    quality: NDArray[np.float64]
    acceptance: NDArray[np.float64]
    mean_sample: NDArray[np.float64]
    outgoing_quality: NDArray[np.float64]
    total_inspected: NDArray[np.float64] | None
    method: Method


@dataclass(frozen=True, slots=True)
class OutgoingLimit:
    """The worst average quality that leaves rectifying inspection (AOQL), and the incoming one that leads to it."""

    outgoing_quality: float
    incoming_quality: float
    method: Method


class _Stages(NamedTuple):
    accepted: NDArray[np.float64]  # (stages, qualities)
    reached: NDArray[np.float64]


_PROCESS = Inspection()


def operating_characteristic(
    plan: AttributePlan, quality: ArrayLike, inspection: Inspection = _PROCESS
) -> OperatingCharacteristic:
    """How likely does a sampling plan accept, and how much has to be inspected, at each incoming quality?

    Parameters
    ----------
    plan : AttributePlan
        The plan [1].
    quality : array_like of float, shape (n,)
        Nonconforming share, or nonconformities per unit under the Poisson law [1].
    inspection : Inspection
        Law of the count and size of the lot [1].

    Returns
    -------
    OperatingCharacteristic
        Chance of acceptance, ASN, AOQ and ATI, each of shape (n,) [1].

    Raises
    ------
    InvalidOptionError
        A negative quality, a share above 1, a lot smaller than all samples together, or no lot for its law.
    NonFiniteValuesError
        NaN or infinity among the qualities.

    Notes
    -----
    The count is followed from stage to stage; begun samples are inspected to the end (no curtailment). In a lot the
    number of nonconforming units is the share times its size, rounded. AOQ = p (1 - ATI / N); for a process without
    lots p Pa.

    Examples
    --------
    >>> plan = AttributePlan.single(20, 0)
    >>> operating_characteristic(plan, [0.05, 0.15]).acceptance.round(3).tolist()
    [0.358, 0.039]

    References
    ----------
    Montgomery D. C., Introduction to Statistical Quality Control, 7th ed., chapter 15. ISO 2859-1:1999.
    """
    shares = checked_values(quality)
    _require_fitting(plan, shares, inspection)
    stages = _followed(plan, shares, inspection)
    acceptance = stages.accepted.sum(axis=0)
    sizes = np.array(plan.sizes, dtype=np.float64)
    total = None
    outgoing = shares * acceptance
    if inspection.lot_size is not None:
        lot = float(inspection.lot_size)
        total = np.cumsum(sizes) @ stages.accepted + (1.0 - acceptance) * lot
        outgoing = shares * (1.0 - total / lot)
    return OperatingCharacteristic(
        shares, acceptance, sizes @ stages.reached, outgoing, total, _method("operating characteristic", inspection)
    )


def outgoing_quality_limit(plan: AttributePlan, inspection: Inspection = _PROCESS) -> OutgoingLimit:
    """Which is the worst average quality behind a plan, when rejected lots are inspected in full?

    Parameters
    ----------
    plan : AttributePlan
        The plan [1].
    inspection : Inspection
        Law of the count and size of the lot [1].

    Returns
    -------
    OutgoingLimit
        AOQL, and where it is met [1].

    Raises
    ------
    InvalidOptionError
        A lot smaller than all samples together, or no lot for its law.

    Notes
    -----
    Maximum of the AOQ over the incoming quality by grids that close in; in a lot over every possible count.

    Examples
    --------
    >>> limit = outgoing_quality_limit(AttributePlan.single(89, 2), Inspection(lot_size=10_000))
    >>> round(limit.outgoing_quality, 4)
    0.0152

    References
    ----------
    Dodge H. F., Romig H. G., Sampling Inspection Tables, 2nd ed. (1959).
    """
    grid: NDArray[np.float64]
    if inspection.law is CountLaw.HYPERGEOMETRIC and inspection.lot_size is not None:
        grid = np.arange(inspection.lot_size + 1.0) / inspection.lot_size
    else:
        highest = (plan.rejection[-1] + _FAR) / plan.sizes[0]
        grid = np.linspace(0.0, highest if inspection.law is CountLaw.POISSON else min(highest, 1.0), _GRID)
    found = operating_characteristic(plan, grid, inspection)
    best = int(np.argmax(found.outgoing_quality))
    for _ in range(0 if inspection.law is CountLaw.HYPERGEOMETRIC else _REFINEMENTS):
        grid = np.linspace(float(grid[max(best - 1, 0)]), float(grid[min(best + 1, _GRID - 1)]), _GRID)
        found = operating_characteristic(plan, grid, inspection)
        best = int(np.argmax(found.outgoing_quality))
    return OutgoingLimit(
        float(found.outgoing_quality[best]), float(grid[best]), _method("average outgoing quality limit", inspection)
    )


def _require_fitting(plan: AttributePlan, shares: NDArray[np.float64], inspection: Inspection) -> None:
    most = np.inf if inspection.law is CountLaw.POISSON else 1.0
    require(
        bool(((shares >= 0.0) & (shares <= most)).all()),
        "A quality is a share between 0 and 1, or a number of nonconformities per unit that is not negative.",
        "品質須為 0 到 1 的不合格率，或不小於 0 的單位缺點數。",
    )
    require(
        inspection.lot_size is not None or inspection.law is not CountLaw.HYPERGEOMETRIC,
        "The hypergeometric law needs the size of the lot.",
        "超幾何分布需要批量。",
    )
    require(
        inspection.lot_size is None or inspection.lot_size >= sum(plan.sizes),
        f"The samples of {sum(plan.sizes)} units in all do not fit into a lot of {inspection.lot_size}.",
        f"樣本合計 {sum(plan.sizes)} 件，超過批量 {inspection.lot_size}。",
    )


def _followed(plan: AttributePlan, shares: NDArray[np.float64], inspection: Inspection) -> _Stages:
    """Chance of each count so far, among what is not decided yet."""
    counts = np.arange(plan.rejection[-1])
    undecided = np.zeros((shares.size, counts.size))
    undecided[:, 0] = 1.0
    accepted: list[NDArray[np.float64]] = []
    reached: list[NDArray[np.float64]] = []
    drawn = 0
    for size, accept, reject in zip(plan.sizes, plan.acceptance, plan.rejection, strict=True):
        reached.append(undecided.sum(axis=1))
        chance = np.zeros_like(undecided)
        for before in np.flatnonzero(undecided.any(axis=0)):
            more = _count_chances(counts[: counts.size - before], (size, drawn, int(before)), shares, inspection)
            chance[:, before:] += undecided[:, before, None] * more
        accepted.append(chance[:, : accept + 1].sum(axis=1))
        undecided = np.where((counts > accept) & (counts < reject), chance, 0.0)
        drawn += size
    return _Stages(np.array(accepted), np.array(reached))


def _count_chances(
    counts: NDArray[np.int64], draw: tuple[int, int, int], shares: NDArray[np.float64], inspection: Inspection
) -> NDArray[np.float64]:
    """Chances of these counts in the next sample; `draw`: its size, the units drawn before, the bad ones among them."""
    size, drawn, before = draw
    upto = np.concatenate(([-1], counts))
    if inspection.law is CountLaw.BINOMIAL:
        below = binomial_at_most(upto, size, shares[:, None])
    elif inspection.law is CountLaw.POISSON:
        below = poisson_at_most(upto, size * shares[:, None])
    else:
        lot = float(inspection.lot_size or 0)
        bad = np.rint(shares * lot)
        # Where the lot has fewer bad units than were found, or too few good ones, the path has no chance anyway.
        left = np.clip(bad - before, 0.0, lot - drawn)
        below = hypergeometric_at_most(upto, size, left[:, None], lot - drawn)
    return np.diff(below, axis=1)


def _method(name: str, inspection: Inspection) -> Method:
    return Method(
        name=name,
        reference="Montgomery, Introduction to Statistical Quality Control, 7th ed., chapter 15",
        estimator=f"exact {inspection.law.value} law",
        sample_size=None,
        assumed=(
            "Samples are drawn at random.",
            "Inspection makes no mistakes; begun samples are inspected to the end.",
        ),
    )
