"""From bytes, in whatever pieces they arrive, to the lines that a gauge sent; CR, LF and both end one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST: Final = 256
_ENDS = b"\r\n"


@dataclass(frozen=True, slots=True)
class Line:
    """`whole` where both its ends were heard; of a line that is too long the beginning is kept."""

    said: bytes
    whole: bool = True

    @property
    def text(self) -> str:
        """As UTF-8, else by the bytes' numbers, which is how older gauges write µ and °."""
        try:
            return self.said.decode()
        except UnicodeDecodeError:
            return self.said.decode("latin-1")


class LineBuffer:
    """`begun` says that the line was under way when listening began."""

    def __init__(self, *, begun: bool = False) -> None:
        self._said = bytearray()
        self._broken = begun

    @property
    def is_waiting(self) -> bool:
        """Whether a line has begun and not ended."""
        return bool(self._said)

    def feed(self, data: bytes) -> Iterator[Line]:
        for byte in data:
            if byte not in _ENDS:
                if len(self._said) < LONGEST:
                    self._said.append(byte)
                else:
                    self._broken = True
                continue
            if self._said:
                yield self._take(whole=not self._broken)
            self._broken = False

    def give_up(self) -> Iterator[Line]:
        """Return what has begun and will not end: after so long a silence another line begins."""
        if self._said:
            yield self._take(whole=False)
        self._broken = False

    def _take(self, *, whole: bool) -> Line:
        line = Line(bytes(self._said), whole)
        self._said.clear()
        return line
