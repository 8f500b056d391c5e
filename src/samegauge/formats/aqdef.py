"""AQDEF files (.dfq, and .dfd with .dfx): read leniently with remarks, written strictly."""

from __future__ import annotations

from samegauge.formats.aqdef_model import (
    NOT_MEASURED,
    VALID,
    AqdefCharacteristic,
    AqdefDocument,
    AqdefPart,
    AqdefValue,
)
from samegauge.formats.aqdef_reader import parse_aqdef
from samegauge.formats.aqdef_writer import write_aqdef

__all__ = [
    "NOT_MEASURED",
    "VALID",
    "AqdefCharacteristic",
    "AqdefDocument",
    "AqdefPart",
    "AqdefValue",
    "parse_aqdef",
    "write_aqdef",
]
