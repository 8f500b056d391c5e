"""What other domains show on the pages of a unit and of an inspection: each says so once, in its `beside.py`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.module_loading import autodiscover_modules

if TYPE_CHECKING:
    from collections.abc import Callable

    from samegauge.core.face import Action, RecordTable
    from samegauge.core.measurement.models import Inspection
    from samegauge.core.organisations.models import Role
    from samegauge.core.thread.models import Unit

    Find = Callable[["Shown"], "Beside"]


@dataclass(frozen=True)
class Shown:
    """Whose page it is, and to whom it is shown; without an inspection it is the page of the unit."""

    unit: Unit
    role: Role
    inspection: Inspection | None = None


@dataclass(frozen=True)
class Beside:
    """What the reader may do from here, and what else is known; a table without rows is not shown."""

    actions: tuple[Action, ...] = ()
    tables: tuple[RecordTable, ...] = ()


_finders: dict[str, Find] = {}


def declare_beside(domain: str, find: Find) -> None:
    """`find` runs for every page of a unit: a few queries at most."""
    _finders[domain] = find


def beside(shown: Shown) -> Beside:
    autodiscover_modules("beside")
    found = [_finders[domain](shown) for domain in sorted(_finders)]
    return Beside(
        tuple(action for one in found for action in one.actions),
        tuple(table for one in found for table in one.tables if table.rows),
    )
