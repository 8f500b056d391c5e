"""The few pieces of SVG that the charts are made of; every text is escaped here and nowhere else."""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass
from html import escape

WIDTH = 960.0
TEXT_SIZE = 16.0
LINE_HEIGHT = 20.0
LATIN_EM = 0.6
BOLD = 1.08  # bold letters are wider than the estimate for plain ones


class Fragment(str):
    """SVG source that needs no escaping any more."""

    __slots__ = ()


EMPTY = Fragment()


class UnsafeLinkError(ValueError):
    """A link in a chart leads out of the site."""


def element(name: str, *children: str, **attributes: str | float | None) -> Fragment:
    """Make one element; plain strings become text, an attribute that is None is left out."""
    written = "".join(
        f' {key.rstrip("_").replace("__", ":").replace("_", "-")}="{_attribute(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    inside = "".join(child if isinstance(child, Fragment) else _text(child) for child in children)
    return Fragment(f"<{name}{written}>{inside}</{name}>" if inside else f"<{name}{written}/>")


def group(*children: str, class_: str | None = None, transform: str | None = None) -> Fragment:
    return element("g", *children, class_=class_, transform=transform)


def line(start: tuple[float, float], end: tuple[float, float], class_: str) -> Fragment:
    return element("line", x1=start[0], y1=start[1], x2=end[0], y2=end[1], class_=class_)


def label(at: tuple[float, float], text: str, class_: str, anchor: str = "start") -> Fragment:
    return element("text", text, x=at[0], y=at[1], class_=class_, text_anchor=None if anchor == "start" else anchor)


def box(corner: tuple[float, float], size: tuple[float, float], class_: str, *children: str) -> Fragment:
    return element(
        "rect", *children, x=corner[0], y=corner[1], width=max(size[0], 0.0), height=max(size[1], 0.0), class_=class_
    )


def path(points: list[tuple[float, float]], class_: str) -> Fragment:
    if not points:
        return EMPTY
    drawn = "M" + "L".join(f"{_attribute(x)} {_attribute(y)}" for x, y in points)
    return element("path", d=drawn, class_=class_)


def link(url: str, *children: str) -> Fragment:
    """Wrap children in a link within this site; without `url` they stay bare."""
    if not url:
        return Fragment("".join(child if isinstance(child, Fragment) else _text(child) for child in children))
    if not url.startswith(("/", "#", "?")) or url.startswith(("//", "/\\")):
        raise UnsafeLinkError(f"A chart links only within this site, not to {url[:60]!r}.")
    return element("a", *children, href=url)


def document(size: tuple[float, float], sentence: str, *children: str, class_: str = "sg-chart") -> str:
    """Make the whole picture; `sentence` says to those who don't see it what it shows."""
    has_links = any("<a " in child for child in children if isinstance(child, Fragment))
    return element(
        "svg",
        *children,
        xmlns="http://www.w3.org/2000/svg",
        class_=class_,
        viewBox=f"0 0 {_attribute(size[0])} {_attribute(size[1])}",
        role="group" if has_links else "img",
        aria_label=sentence,
    )


def text_width(text: str, size: float = TEXT_SIZE) -> float:
    """Estimate how wide a text is: Han characters fill a square, Latin ones well over half where fonts are wide."""
    wide = sum(1.0 if unicodedata.east_asian_width(char) in "WF" else LATIN_EM for char in text)
    return wide * size


def shortened(text: str, room: float, size: float = TEXT_SIZE) -> str:
    if text_width(text, size) <= room:
        return text
    while text and text_width(text + "…", size) > room:
        text = text[:-1]
    return text.rstrip() + "…"


@dataclass(frozen=True)
class Scale:
    """Maps values to picture coordinates along one axis."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        if self.high == self.low:
            return (self.start + self.end) / 2
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)

    def ticks(self, wanted: int) -> list[float]:
        """Return round values within the scale, about as many as wanted."""
        step = _round_step((self.high - self.low) / max(wanted, 1))
        if step <= 0:
            return [self.low]
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return [index * step for index in range(first, last + 1)]


def padded(values: list[float], share: float = 0.08) -> tuple[float, float]:
    """Return the range of the values with some room at both ends."""
    low, high = min(values), max(values)
    room = (high - low) * share or abs(high) * share or 1.0
    return low - room, high + room


def tick_decimals(ticks: list[float]) -> int:
    """Return the decimals that tell neighbouring ticks apart."""
    if len(ticks) < 2:  # noqa: PLR2004
        return 2
    step = abs(ticks[1] - ticks[0])
    return next((count for count in range(12) if abs(round(step, count) - step) < step * 1e-6), 12)


def spread(wanted: list[float], gap: float, low: float, high: float) -> list[float]:
    """Move labels apart until each has its gap; keeps their order and stays within low and high where it can."""
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    placed = [0.0] * len(wanted)
    floor = low
    for index in order:
        placed[index] = max(wanted[index], floor)
        floor = placed[index] + gap
    ceiling = high
    for index in reversed(order):
        placed[index] = min(placed[index], ceiling)
        ceiling = placed[index] - gap
    return placed


def _round_step(raw: float) -> float:
    if raw <= 0 or not math.isfinite(raw):
        return 0.0
    magnitude = 10.0 ** math.floor(math.log10(raw))
    for factor in (1, 2, 2.5, 5):
        if raw <= factor * magnitude * (1 + 1e-9):
            return factor * magnitude
    return 10 * magnitude


def _attribute(value: str | float) -> str:
    if isinstance(value, str):
        return escape(_visible(value), quote=True)
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in {"", "-0"} else text


def _text(text: str) -> str:
    return escape(_visible(text), quote=False)


def _visible(text: str) -> str:
    """Drop the control characters that XML forbids."""
    return "".join(char for char in text if char in "\t\n" or unicodedata.category(char) not in {"Cc", "Cs"})
