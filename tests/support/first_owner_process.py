"""The first start in a process of its own: `link FILE` writes a new one-time link, `use LINK NAME GO` uses it.

Users hold their link, leave NAME-ready beside GO, wait for GO, and write how it ended to NAME.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from samegauge.cli.site import open_site

PATIENCE_S = 120.0


def link(file: str) -> None:
    from samegauge.core.organisations.rules import first_start_link

    path = first_start_link() or ""
    Path(file).write_text(path.strip("/").partition("/")[2])


def use(token: str, name: str, go: str) -> None:
    from samegauge.core.organisations.models import Organisation, Person
    from samegauge.core.organisations.rules import SetupLinkUsedError, found_organisation, open_setup_link

    held = open_setup_link(token)
    assert held is not None
    signal, give_up_s = Path(go), time.monotonic() + PATIENCE_S
    signal.with_name(f"{name}-ready").touch()
    while not signal.exists() and time.monotonic() < give_up_s:
        time.sleep(0.001)
    try:
        found_organisation(held, Organisation(name=name, kind="end_user"), Person(username=name))
        outcome = "owner"
    except SetupLinkUsedError:
        outcome = "late"
    signal.with_name(name).write_text(outcome)


if __name__ == "__main__":
    open_site()
    {"link": link, "use": use}[sys.argv[1]](*sys.argv[2:])
