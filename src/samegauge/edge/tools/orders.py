"""What a station's open step asks of a tool, and which tightenings answer it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from samegauge.edge.stations.work import Asked

if TYPE_CHECKING:
    from collections.abc import Iterable

    from samegauge.formats.tightening import Tightening

IDENTIFIER_BYTES = 25


@dataclass(frozen=True, slots=True)
class Order(Asked):
    """`wanted` tightenings of `parameter_set` for one step of one unit."""

    unit_code: str = "N·m"
    parameter_set: int = field(kw_only=True)
    wanted: int = field(default=1, kw_only=True)

    @property
    def identifier(self) -> str:
        """What the controller writes beside each result; controllers keep 25 characters."""
        return self.serial[:IDENTIFIER_BYTES]


class Role(Enum):
    """What a tightening is to the order in whose time it fell."""

    COUNTED = "counted"
    NOT_TIGHTENING = "not_tightening"  # loosening, or the controller's bookkeeping
    FOREIGN = "foreign"  # another parameter set, or the mark of another unit
    SURPLUS = "surplus"  # the order was over; the trigger was faster than the lock


@dataclass(frozen=True, slots=True)
class Progress:
    """An order ends with the wanted number of good tightenings or with the first bad one."""

    wanted: int
    ok: int = 0
    nok: int = 0

    @property
    def finished(self) -> bool:
        return self.nok > 0 or self.ok >= self.wanted


def roles(
    order: Order, results: Iterable[Tightening], *, identified: bool
) -> tuple[Progress, list[tuple[Role, Tightening]]]:
    """Judge results in the controller's order; `identified` says that it took the unit's mark."""
    progress, judged = Progress(order.wanted), list[tuple[Role, "Tightening"]]()
    for one in results:
        role = _role(order, one, progress, identified=identified)
        if role is Role.COUNTED:
            progress = Progress(order.wanted, progress.ok + one.ok, progress.nok + (not one.ok))
        judged.append((role, one))
    return progress, judged


def _role(order: Order, one: Tightening, progress: Progress, *, identified: bool) -> Role:
    if not one.is_tightening:
        return Role.NOT_TIGHTENING
    if one.parameter_set != order.parameter_set or (identified and one.identifier != order.identifier.strip()):
        return Role.FOREIGN
    return Role.SURPLUS if progress.finished else Role.COUNTED
