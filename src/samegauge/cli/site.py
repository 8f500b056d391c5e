"""Opening the site for a command: its settings, and its tables in this version's form."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from samegauge.cli import schema
from samegauge.cli.output import CommandError
from samegauge.core.backup import going_back
from samegauge.core.site import UNFINISHED_RESTORE, Site, home_folder

if TYPE_CHECKING:
    from pathlib import Path


def refuse_unfinished_restore(home: Path) -> None:
    """Refuse a data folder in which a restore was killed: what is there is not all that there was."""
    try:
        archive = json.loads((home / UNFINISHED_RESTORE).read_bytes())["archive"]
    except FileNotFoundError:
        return
    except (ValueError, KeyError, TypeError):
        archive = "FILE"
    raise CommandError(
        f"{home} holds a restore that was not finished. Run `samegauge restore {archive}` again: it starts over.",
        f"{home} 中有未完成的還原。再執行一次 `samegauge restore {archive}`，會從頭開始。",
    )


def refuse_half_exchanged(home: Path) -> None:
    """Refuse a data folder whose platform was killed while it put a backup in the place of the data."""
    state = going_back.asked(home)
    if state is not None and state.step == going_back.HALF:
        raise CommandError(
            f"{home} is being taken back to {state.archive}, and that was cut off. Run `samegauge run`: it goes on.",
            f"{home} 還原為 {state.archive} 的途中被中斷。執行 `samegauge run` 會繼續完成。",
        )


def set_up_django(*, restoring: bool = False) -> None:
    if not restoring:
        refuse_unfinished_restore(home_folder())
        refuse_half_exchanged(home_folder())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "samegauge.web.settings")
    import django

    django.setup()


def open_site(*, holds_home: bool = False) -> Site:
    """Set Django up and bring the tables up to date: what every command that touches records calls first."""
    site = Site.from_environment()
    set_up_django()
    if not schema.is_current(site):
        schema.bring_up_to_date(site, holds_home=holds_home)
    return site
