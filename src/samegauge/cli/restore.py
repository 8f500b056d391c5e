"""`samegauge restore FILE`: a backup into an empty data folder, proven before it counts."""

from __future__ import annotations

import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samegauge.cli import home_lock, schema
from samegauge.cli.output import DONE, QUARANTINED, CommandError, ProgressLine, say, say_json, text
from samegauge.cli.parentage import die_with_supervisor
from samegauge.cli.site import set_up_django
from samegauge.core.site import Site, home_folder
from samegauge.doors.object_store import is_store_address

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator

    from samegauge.core.backup.archive import Archive


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "file",
        help=text(
            "backup to restore: a file, or s3://bucket/prefix/name.zip",
            "要還原的備份檔，或 s3://bucket/prefix/name.zip",
        ),
        metavar="FILE",
    )


def run(options: Namespace) -> int:
    from samegauge.core.backup.archive import open_archive
    from samegauge.core.backup.errors import BackupError

    die_with_supervisor()
    started_s, line = time.monotonic(), ProgressLine()
    home = home_folder()
    is_new = not home.exists()
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        with home_lock.held(home), _file_here(options.file, home, line) as file, open_archive(file) as archive:
            engine = _restored(archive, _spelled_out(options.file), home, line)
    except BackupError as error:
        raise CommandError(str(error), error.message_zh) from error
    except OSError as error:
        raise CommandError(
            f"The restore stopped: {error}. {home} is empty again. Mend this (make room, say) and try again.",
            f"還原中斷：{error}。{home} 已恢復為空。排除問題（例如空間不足）後再試一次。",
        ) from error
    finally:
        line.clear()
        if is_new and home.exists() and not any(home.iterdir()):
            home.rmdir()
    from samegauge.core.backup.restoring import report

    return _told(options, report(archive.manifest, options.file, engine, time.monotonic() - started_s))


@contextmanager
def _file_here(asked: str, home: Path, line: ProgressLine) -> Iterator[Path]:
    if not is_store_address(asked):
        yield Path(asked)
        return
    from samegauge.core.backup.places import fetched

    with fetched(asked, home, line.tell) as file:
        yield file


def _spelled_out(asked: str) -> str:
    return asked if is_store_address(asked) else str(Path(asked).absolute())


def _restored(archive: Archive, file: str, home: Path, line: ProgressLine) -> str:
    from samegauge.core.backup import restoring

    with restoring.into_empty(home, file):
        archive.extract(home, line.tell)
        line.tell(0, 0, "Checking the database.", "正在核對資料庫。")
        restoring.check_database(home, archive.manifest)
        site = Site.from_environment()
        set_up_django(restoring=True)
        restoring.refuse_newer(archive.manifest, restoring.known_migrations())
        line.tell(0, 0, "Bringing the tables up to date.", "正在更新資料表。")
        if site.database_url:
            restoring.refuse_used_postgresql()
            schema.bring_up_to_date(site, holds_home=True)
            restoring.settle_on_postgresql(home)
            return "postgresql"
        restoring.settle_on_sqlite(site)
        if not schema.is_current(site):
            schema.bring_up_to_date(site, holds_home=True)
        schema.settle(site)
        return "sqlite"


def _told(options: Namespace, report: dict[str, Any]) -> int:
    say(
        options,
        f"Restored and checked {report['file']} of {report['created_at']}: {report['rows']} records, "
        f"{report['files']} files, in {report['elapsed_s']:.1f} s. "
        "Signing keys come back with `samegauge restore-keys`. Everybody signs in again.",
        f"已還原並核對 {report['file']}（{report['created_at']}）：{report['rows']} 筆資料、"
        f"{report['files']} 個檔案，費時 {report['elapsed_s']:.1f} 秒。"
        "簽章金鑰用 `samegauge restore-keys` 還原。所有人需重新登入。",
    )
    for fault in report["faults"]:
        say(options, f"Was not whole when backed up: {fault}.", f"備份當時已不完整：{fault}。")
    say_json(options, report)
    return QUARANTINED if report["faults"] else DONE
