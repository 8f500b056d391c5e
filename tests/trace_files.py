"""Recorded part traces as the engines take them: one signal per tag, times in seconds since 2017-01-01 UTC."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from nist_files import plain

from samegauge.engines.signals.families import ProgramTrace, program_trace
from samegauge.engines.signals.signal import NumericSignal, TextSignal, numeric_signal, text_signal
from samegauge.formats.shdr import ShdrColumns, parse_columns

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

EPOCH_NS = 1_483_228_800_000_000_000
WORDS = frozenset(
    {"Program_Status", "Program_Name_Running", "Program_Name_Editing", "EStop_State", "avail"}
    | {"execution", "mode", "estop", "power", "program", "program_cmt", "subprogram", "subprogram_cmt", "move"}
)


def columns_of(path: Path) -> ShdrColumns:
    return parse_columns(plain(path), path.name)


def signals_of(parts: Sequence[ShdrColumns]) -> tuple[dict[str, NumericSignal], dict[str, TextSignal]]:
    times: dict[str, list[float]] = {}
    numbers: dict[str, list[float]] = {}
    words: dict[str, list[str]] = {}
    for columns in parts:
        seconds = (columns.time_ns - EPOCH_NS) / 1e9
        for row, code in enumerate(columns.tag):
            tag = columns.words[code]
            times.setdefault(tag, []).append(float(seconds[row]))
            text = int(columns.text[row])
            is_word = tag in WORDS or (text >= 0 and "|" in columns.words[text])
            if is_word:
                words.setdefault(tag, []).append(columns.observation(row).value)
            else:
                numbers.setdefault(tag, []).append(float(columns.number[row]))
    mixed = numbers.keys() & words.keys()
    return (
        {tag: numeric_signal(times[tag], value) for tag, value in numbers.items() if tag not in mixed},
        {tag: text_signal(times[tag], value) for tag, value in words.items() if tag not in mixed},
    )


def trace_of(parts: Sequence[ShdrColumns]) -> ProgramTrace:
    numbers, texts = signals_of(parts)
    return program_trace(numbers, texts)


def first_and_last_s(columns: ShdrColumns) -> tuple[float, float]:
    seconds = (np.sort(columns.time_ns) - EPOCH_NS) / 1e9
    return float(seconds[0]), float(seconds[-1])
