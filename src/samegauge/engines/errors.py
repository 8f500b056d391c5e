"""The exceptions of this room: a contract of a calculation is broken, said in both languages."""

from __future__ import annotations


class EngineError(ValueError):
    def __init__(self, reason_en: str, reason_zh: str) -> None:
        self.reason_en = reason_en
        self.reason_zh = reason_zh
        super().__init__(reason_en)


class TooFewValuesError(EngineError):
    pass


class NonFiniteValuesError(EngineError):
    pass


class InvalidOptionError(EngineError):
    pass


class ShapeError(EngineError):
    pass


class TimeOrderError(EngineError):
    pass
