"""What limits the meaning of capability indices, in both languages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from samegauge.engines.spc.capability.normality import NormalityTest
    from samegauge.quantities.tolerance import Limits

_DOUBT_NORMALITY_BELOW = 0.05
_FEW_DISTINCT = 5
_BLOCKING = frozenset({"no_spread", "zero_bound", "out_of_control", "moving"})


@dataclass(frozen=True, slots=True)
class Caution:
    """Something that limits what the indices say; `blocks` means that no verdict may rest on them."""

    code: str
    text_en: str
    text_zh: str

    @property
    def blocks(self) -> bool:
        return self.code in _BLOCKING


def shape_cautions(flat: NDArray[np.float64], limits: Limits, normality: NormalityTest | None) -> Sequence[Caution]:
    """What in the values themselves limits the meaning of the indices?

    Parameters
    ----------
    flat : ndarray of float, shape (n,)
        The values [unit of the limits].
    limits : Limits
        The tolerance [unit of the limits].
    normality : NormalityTest, optional
        Test of the same values [1].

    Returns
    -------
    sequence of Caution
        No spread, a natural bound at zero, doubt about normality (p < 0.05), few different values [1].

    Notes
    -----
    Five different values or fewer count as coarse.

    Examples
    --------
    >>> from samegauge.quantities.tolerance import Limits
    >>> [one.code for one in shape_cautions(np.ones(9), Limits(0.0, 2.0, "mm"), None)]
    ['no_spread']

    References
    ----------
    None: a rule of this product.
    """
    if float(np.ptp(flat)) == 0.0:
        return (
            Caution(
                "no_spread",
                "All values are equal: there is no spread to compare with the limits. Check the gauge's resolution.",
                "所有數值都相同，沒有變異可與公差比較。檢查量具的解析度。",
            ),
        )
    found: list[Caution] = []
    if limits.zero_is_bound:
        found.append(
            Caution(
                "zero_bound",
                "Values cannot lie below zero, so a normal distribution does not describe them; "
                "the indices are for comparison only.",
                "數值不可能小於 0，不適用常態分布；指數僅供對照。",
            )
        )
    if normality is not None and normality.p_value < _DOUBT_NORMALITY_BELOW:
        found.append(
            Caution(
                "not_normal",
                f"The values do not look normal (Anderson-Darling p = {normality.p_value:.3f}); "
                "the intervals are only a guide.",
                f"數值不像常態分布（Anderson-Darling p = {normality.p_value:.3f}）；信賴區間僅供參考。",
            )
        )
    distinct = np.unique(flat).size
    if distinct <= _FEW_DISTINCT < flat.size:
        found.append(
            Caution(
                "coarse",
                f"Only {distinct} different values among {flat.size}: resolution limits the estimate of the spread.",
                f"{flat.size} 筆中只有 {distinct} 種數值：解析度限制了變異的估計。",
            )
        )
    return found


def stability_cautions(beyond: Sequence[int], *, subgroups: bool = False) -> Sequence[Caution]:
    """What do values, or means of subgroups, beyond the control limits say about the indices?

    Parameters
    ----------
    beyond : sequence of int
        Their places, counted from 0 [1].
    subgroups : bool
        They are places of subgroups [1].

    Returns
    -------
    sequence of Caution
        One that names the places, counted from 1; none if there are none [1].

    Notes
    -----
    A process that is not stable has no capability, only a performance.

    Examples
    --------
    >>> stability_cautions([4])[0].text_en[:8]
    'Values 5'

    References
    ----------
    ISO 22514-1:2014 (capability wants a process in statistical control; clause from memory).
    """
    if not beyond:
        return ()
    places = [str(index + 1) for index in beyond]
    what, unit = ("The means of subgroups", "組子組的平均值") if subgroups else ("Values", "筆")
    return (
        Caution(
            "out_of_control",
            f"{what} {', '.join(places)} lie beyond the control limits: the process is not stable, "
            "so its capability cannot be judged yet.",
            f"第 {'、'.join(places)} {unit}超出管制界限：製程不穩定，還不能判定製程能力。",
        ),
    )
