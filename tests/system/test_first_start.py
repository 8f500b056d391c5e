"""The one-time link of the first start, used by two real processes at once."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from support.processes import SUPPORT, wait_for

from samegauge.doors import process

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("first", "second", "third")


def outcomes_of(folder: Path) -> list[str]:
    written = [path.read_text() for name in NAMES if (path := folder / name).exists()]
    return sorted(written) if len([text for text in written if text]) == len(NAMES) else []


def test_of_three_who_use_the_link_at_once_one_becomes_the_owner(each_site: Any, tmp_path: Path) -> None:
    program, link = [sys.executable, str(SUPPORT / "first_owner_process.py")], tmp_path / "link"
    process.run([*program, "link", link], process.Options(env=each_site.environment))
    go = tmp_path / "go"
    for name in NAMES:
        each_site.start([*program, "use", link.read_text(), name, str(go)])
    wait_for(lambda: all((tmp_path / f"{name}-ready").exists() for name in NAMES), "everybody to hold the link")
    go.touch()
    outcomes = wait_for(lambda: outcomes_of(tmp_path), "everybody's outcome")
    assert outcomes == ["late", "late", "owner"]
