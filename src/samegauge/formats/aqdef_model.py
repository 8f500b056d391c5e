"""What an AQDEF file says, as frozen records: every K field as its text, and numbers beside those that are numbers.

AQDEF is the ASCII transfer format of Q-DAS (ISO/TR 11462-5). No text of the standard was at hand: the fields and the
two forms of values are from memory, checked against published files and two independent readers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from samegauge.formats.remark import Remark

VALID = 0
NOT_MEASURED = 255
ATTRIBUTIVE_TYPES = frozenset({"1", "5", "6"})  # attribute, error log sheet, the latter's single errors


@dataclass(frozen=True, slots=True)
class AqdefValue:
    """One value of one characteristic; `fields` are its further K00xx.

    `position` counts from 1: the values of all characteristics at one position were taken together. An attributive
    value has `sample_size` and `errors` in place of `value`. `attribute` is 0 where the value holds.
    """

    position: int
    value: float | None
    attribute: int = VALID
    sample_size: int | None = None
    errors: int | None = None
    taken_at: datetime | None = None
    fields: Mapping[str, str] = field(default_factory=dict[str, str])
    line: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class AqdefCharacteristic:
    """`index` counts through the whole file; a limit that the file states as an allowance is given as a limit here."""

    index: int
    fields: Mapping[str, str]
    nominal: float | None = None
    lower_limit: float | None = None
    upper_limit: float | None = None
    values: tuple[AqdefValue, ...] = ()
    line: int | None = field(default=None, compare=False)

    @property
    def number(self) -> str:
        return self.fields.get("K2001", "")

    @property
    def name(self) -> str:
        return self.fields.get("K2002") or self.number

    @property
    def unit(self) -> str:
        return self.fields.get("K2142", "")

    @property
    def is_attributive(self) -> bool:
        return self.fields.get("K2004", "0") in ATTRIBUTIVE_TYPES


@dataclass(frozen=True, slots=True)
class AqdefPart:
    index: int
    fields: Mapping[str, str]
    characteristics: tuple[AqdefCharacteristic, ...]

    @property
    def number(self) -> str:
        return self.fields.get("K1001", "")

    @property
    def name(self) -> str:
        return self.fields.get("K1002", "")


@dataclass(frozen=True, slots=True)
class AqdefDocument:
    """`structure` holds the lines of groups, catalogues and whatever else is no part, characteristic or value.

    It is kept as it stands (key with index, text), so that writing gives it back.
    """

    file: str
    parts: tuple[AqdefPart, ...]
    header: Mapping[str, str] = field(default_factory=dict[str, str])
    structure: tuple[tuple[str, str], ...] = ()
    encoding: str = field(default="utf-8", compare=False)
    remarks: tuple[Remark, ...] = field(default=(), compare=False)
