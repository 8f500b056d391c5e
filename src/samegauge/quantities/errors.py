"""The exceptions of this room: what is wrong with a quantity, in both languages."""

from __future__ import annotations


class QuantityError(ValueError):
    def __init__(self, reason_en: str, reason_zh: str) -> None:
        self.reason_en = reason_en
        self.reason_zh = reason_zh
        super().__init__(reason_en)


class UnknownUnitError(QuantityError):
    pass


class IncompatibleUnitsError(QuantityError):
    pass


class InvalidLimitsError(QuantityError):
    pass


class UnknownTermError(QuantityError):
    pass
