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
    return any(one.bearing is Bearing.CONTRADICTS for one in evidence)
