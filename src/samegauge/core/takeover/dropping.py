"""A folder that measuring programs write into: files are taken in once they are whole, and put away with the outcome.

Below the folder of the setting each organisation has one of its own, named by its uid, and in it one for each template:
`qif`, `aqdef`, and each remembered matching of measured values. A file goes from `incoming` to `working` under the uid
of the job that will take it in: after a crash at any point the same file is found again with the same job.
"""

from __future__ import annotations

import logging
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings

from samegauge.core.identifiers import new_uid
from samegauge.core.intake.models import ImportKind
from samegauge.core.jobs.models import Job, JobState
from samegauge.core.organisations.models import Organisation
from samegauge.core.scope import organisation_scope
from samegauge.core.takeover.matching import fitted, header_line
from samegauge.core.takeover.models import SavedMatching
from samegauge.core.takeover.registry import target_named
from samegauge.core.vault.rules import VaultError, keep, plain_name, read_stored
from samegauge.formats.errors import FormatError
from samegauge.formats.spreadsheet import read_grid, sheet_of

if TYPE_CHECKING:
    from collections.abc import Iterator

log = logging.getLogger(__name__)

INCOMING, WORKING, DONE, REFUSED = "incoming", "working", "done", "refused"
SETTLED_S = 5.0
BETWEEN = "--"
UNFINISHED = (".tmp", ".part", ".partial", ".crdownload")
MEASURED = "measured-values"
NO_FOLLOWING = getattr(os, "O_NOFOLLOW", 0)  # a link put in place of the file is not followed


class _Seen:
    """Of the worker process: sizes and times of the files that have not been still for long enough."""

    states: dict[Path, tuple[int, int]] = {}  # noqa: RUF012 - one for the process


@dataclass(frozen=True)
class Template:
    """What is done with the files of one folder; `matching` is None where the file alone says how to take it in."""

    folder: str
    kind: str = ""
    matching: SavedMatching | None = None


def look(settled_s: float = SETTLED_S) -> None:
    """Go once through the folders of every organisation; what cannot be read or moved waits for the next time."""
    root = settings.SITE.drop_folder
    if not root:
        return
    for organisation in Organisation.objects.order_by("pk"):
        with organisation_scope(organisation):
            try:
                for template in templates():
                    _go_through(Path(root) / str(organisation.uid) / template.folder, template, settled_s)
            except OSError:
                log.exception("The dropped files of %s wait", organisation)


def templates() -> Iterator[Template]:
    yield Template("qif", ImportKind.QIF)
    yield Template("aqdef", ImportKind.AQDEF)
    for saved in SavedMatching.objects.filter(target=MEASURED):
        name = "".join(character if character.isalnum() or character in "-_ " else "_" for character in saved.name)
        yield Template(name.strip() or str(saved.pk), matching=saved)


def _go_through(folder: Path, template: Template, settled_s: float) -> None:
    for name in (INCOMING, WORKING, DONE, REFUSED):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for path in sorted((folder / INCOMING).iterdir()):
        if path.is_symlink():
            _put_away(path, folder / REFUSED, path.name, _LINK)
        elif path.is_file() and not _is_unfinished(path) and _is_still(path, settled_s):
            path.rename(folder / WORKING / f"{new_uid()}{BETWEEN}{path.name}")
    for path in sorted((folder / WORKING).iterdir()):
        _go_on(path, folder, template)


_LINK = ("A link is not taken in. Put the file itself here.", "不收連結。放入檔案本身。")


def _is_unfinished(path: Path) -> bool:
    return path.name.startswith(".") or path.name.lower().endswith(UNFINISHED)


def _is_still(path: Path, settled_s: float) -> bool:
    """Whether nobody has written to it between two looks and for some seconds."""
    found = path.stat()
    state = (found.st_size, found.st_mtime_ns)
    if _Seen.states.get(path) != state or time.time() - found.st_mtime < settled_s:
        _Seen.states[path] = state
        return False
    del _Seen.states[path]
    return True


def _go_on(path: Path, folder: Path, template: Template) -> None:
    """Ask for the job of a file, or put the file away when its job has ended."""
    uid, _between, name = path.name.partition(BETWEEN)
    job = Job.objects.filter(uid=UUID(uid)).first()
    try:
        if job is None:
            kind, arguments = _asked(path, name, template)
            Job.objects.create(uid=UUID(uid), kind=kind, arguments=arguments)  # the worker's sweep hands it over
        elif job.state in {JobState.DONE, JobState.FAILED, JobState.CANCELLED}:
            reason = _why_refused(job)
            _put_away(path, folder / (REFUSED if reason else DONE), name, reason)
    except FormatError as error:
        _put_away(path, folder / REFUSED, name, (error.message_en, error.message_zh))
    except VaultError as error:
        _put_away(path, folder / REFUSED, name, (str(error), str(error)))


def _asked(path: Path, name: str, template: Template) -> tuple[str, dict[str, Any]]:
    with os.fdopen(os.open(path, os.O_RDONLY | NO_FOLLOWING), "rb") as content:
        stored = keep(content, plain_name(name))
    sources = [[str(stored.uid), stored.name]]
    if template.matching is None:
        return "import", {"import_kind": template.kind, "sources": sources}
    target = target_named(MEASURED)
    grid = read_grid(read_stored(stored), stored.name)
    sheet = sheet_of(grid, _header_line(template.matching, grid) or header_line(target, grid))
    matching = fitted(template.matching, target, sheet.header)
    return "take_over", {
        "target": target.slug,
        "sources": sources,
        "sheet": sheet.name,
        "header_line": sheet.header_line,
        "matching": matching.as_json(),
    }


def _header_line(saved: SavedMatching, grid: Any) -> int | None:
    """The row that has every title of the matching."""
    return next((row.line for row in grid.rows if set(saved.columns) <= set(row.cells)), None)


def _why_refused(job: Job) -> tuple[str, str] | None:
    if job.state != JobState.DONE:
        return job.message, job.message_zh
    refused = (job.result or {}).get("refused", [])
    return (refused[0]["reason"], refused[0]["reason_zh"]) if refused else None


def _put_away(path: Path, folder: Path, name: str, reason: tuple[str, str] | None) -> None:
    """Move a file to where it stays; why it was refused stands beside it."""
    target = folder / name
    if target.exists() or target.is_symlink():
        target = folder / f"{target.stem}-{new_uid()}{target.suffix}"
    if reason is not None:
        (folder / f"{target.name}.txt").write_text(f"{reason[0]}\n{reason[1]}\n", encoding="utf-8")
    path.rename(target)
