"""Evidence for a match: a sentence in both languages, a figure, and whether it speaks for or against."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Confidence(Enum):
    """STATED: a source says so. INFERRED: figures say so. UNCERTAIN: neither does, or something contradicts."""

    STATED = "stated"
    INFERRED = "inferred"
    UNCERTAIN = "uncertain"


class Bearing(Enum):
    SUPPORTS = "supports"
    NEUTRAL = "neutral"
    CONTRADICTS = "contradicts"


@dataclass(frozen=True, slots=True)
class Evidence:
    """`figure` is the number the sentence rests on, None where it rests on none."""

    code: str
    bearing: Bearing
    figure: float | None
    text_en: str
    text_zh: str


def contradicted(evidence: tuple[Evidence, ...]) -> bool:
    """Does anything speak against the match?

    Parameters
    ----------
    evidence : tuple of Evidence
        All that was gathered [1].

    Returns
    -------
    bool
        True if at least one piece contradicts [1].

    Notes
    -----
    One contradiction is enough; supporting pieces do not outvote it.

    Examples
    --------
    >>> contradicted((Evidence("name", Bearing.CONTRADICTS, None, "another name", "名稱不同"),))
    True

    References
    ----------
    None: a rule of this product.
    """
    return any(one.bearing is Bearing.CONTRADICTS for one in evidence)
