"""The record that makes a result comparable: how it was estimated, from which data, after which edition."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike

_HASH_DIGITS = 16
_NUMBERS_AT_ONCE = 1 << 14  # their copy stays in the processor's cache


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A value left out of a statistic; it stays visible, and nobody may leave one out without a reason."""

    index: int
    reason_en: str
    reason_zh: str


@dataclass(frozen=True, slots=True)
class Method:
    """`reference` names standard and edition; `assumed` and `simulated` list what was not measured, in plain words."""

    name: str
    reference: str
    estimator: str = ""
    constants: Mapping[str, float] = field(default_factory=dict[str, float])
    rule_set: str | None = None
    confidence: float | None = None
    sample_size: int | None = None
    excluded: tuple[Exclusion, ...] = ()
    data_hash: str | None = None
    simulated: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, object]:
        """Plain types for JSON and for the printed report, in one order."""
        return {
            "name": self.name,
            "reference": self.reference,
            "estimator": self.estimator,
            "constants": dict(self.constants),
            "rule_set": self.rule_set,
            "confidence": self.confidence,
            "sample_size": self.sample_size,
            "excluded": [
                {"index": one.index, "reason_en": one.reason_en, "reason_zh": one.reason_zh} for one in self.excluded
            ],
            "data_hash": self.data_hash,
            "simulated": list(self.simulated),
            "assumed": list(self.assumed),
        }


def hash_of_data(*arrays: ArrayLike) -> str:
    """Fingerprint of the numbers a result rests on: the same on every machine, different in any bit or shape."""
    digest = hashlib.sha256()
    for array in arrays:
        numbers = np.ascontiguousarray(array, dtype="<f8")
        digest.update(repr(numbers.shape).encode("ascii"))
        flat = numbers.reshape(-1)
        for first in range(0, flat.size, _NUMBERS_AT_ONCE):
            # -0.0 and 0.0 are the same measured value.
            digest.update((flat[first : first + _NUMBERS_AT_ONCE] + 0.0).data)
    return "sha256:" + digest.hexdigest()[:_HASH_DIGITS]
