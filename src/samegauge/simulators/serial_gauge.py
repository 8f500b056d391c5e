"""What a digital gauge with a Mitutoyo output sends, one line for each press of its button."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def lines(value_mm: float, sigma_mm: float, seed: int) -> Iterator[bytes]:
    """Yield readings for ever: normal around a value, with three decimals as the display has them."""
    random = Random(seed)  # noqa: S311 - drawn again from its seed
    while True:
        yield f"01A{random.gauss(value_mm, sigma_mm):+010.3f}\r\n".encode()
