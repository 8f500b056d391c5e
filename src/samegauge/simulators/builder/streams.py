"""Independent random streams, one for each name: adding a stream leaves every other as it was."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Streams:
    seed: int

    def named(self, *words: object) -> np.random.Generator:
        name = "/".join(str(word) for word in words)
        key = np.frombuffer(hashlib.sha256(name.encode()).digest(), dtype=np.dtype("<u4"))
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence(self.seed, spawn_key=tuple(map(int, key)))))
