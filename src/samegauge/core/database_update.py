"""Bringing the tables up to date, all of it or none: after a failure or a kill they are those of the version before.

PostgreSQL does it in one transaction. On SQLite a migration may not run inside of one: there a copy is made first, and
a mark beside it says that it has to be put back until the update has come to its end. The last few copies stay.
"""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from django.db import DatabaseError, connection, transaction
from django.db.migrations.loader import MigrationLoader

from samegauge.core.database_content import CopyError, SqliteView
from samegauge.core.site import UNFINISHED_UPDATE
from samegauge.lake import durable

if TYPE_CHECKING:
    from collections.abc import Iterator

KEPT = 3
# What a migration that is wrong can raise.
FAULTS = (
    DatabaseError,
    OSError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    NameError,
    RuntimeError,
    TypeError,
    ValueError,
)


class UpdateError(Exception):
    """The tables cannot be brought up to date; the message says why, and what to do."""

    def __init__(self, message: str, message_zh: str) -> None:
        super().__init__(message)
        self.message_zh = message_zh


def outstanding() -> list[str]:
    """Migrations that this database, which holds something already, still lacks; a newer one's tables are refused."""
    loader = MigrationLoader(connection)
    known, applied = set(loader.disk_migrations), set(loader.applied_migrations)
    ours = {app for app, _name in known}
    if unknown := sorted(f"{app}.{name}" for app, name in applied - known if app in ours):
        raise UpdateError(
            f"The database is of a newer samegauge than this one ({unknown[-1]}). Nothing was changed. "
            "Start the newer version, or restore a backup that was made with this one into an empty data folder.",
            f"資料庫屬於較新版本的同規（{unknown[-1]}），沒有做任何變更。"
            "啟動較新的版本，或把用這個版本產生的備份還原到空的資料夾。",
        )
    return sorted(f"{app}.{name}" for app, name in known - applied) if applied else []


def put_back_unfinished(home: Path) -> None:
    """Undo what a killed update has done."""
    mark = home / UNFINISHED_UPDATE
    if mark.exists():
        _put_back(mark.with_name(mark.read_text("utf-8")))
        _unmark(mark)


@contextmanager
def all_or_nothing(home: Path) -> Iterator[None]:
    """Let statements inside change the tables; an error leaves them as they were."""
    try:
        with _one_transaction() if connection.vendor == "postgresql" else _with_copy(home):
            yield
    except FAULTS as error:
        raise UpdateError(
            f"The update of the tables failed: {type(error).__name__}: {error}. They are as they were before: the "
            "version that ran until now can be started again. Report this message.",
            f"資料表更新失敗：{type(error).__name__}：{error}。"
            "資料表已恢復為更新前的狀態，可以重新啟動原來的版本。請回報此訊息。",
        ) from error


@contextmanager
def _one_transaction() -> Iterator[None]:
    with transaction.atomic():
        with connection.cursor() as cursor:
            # A table with references yet to be judged could not be changed by the next migration.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        yield


@contextmanager
def _with_copy(home: Path) -> Iterator[None]:
    mark = home / UNFINISHED_UPDATE
    folder = mark.parent
    durable.make_folder(folder)
    copy = _copied(folder)
    durable.publish(mark, copy.name.encode(), folder)
    try:
        yield
    except BaseException:
        _put_back(copy)
        _unmark(mark)
        raise
    _unmark(mark)
    for old in sorted(folder.glob("*.sqlite3"), reverse=True)[KEPT:]:
        old.unlink()


def _copied(folder: Path) -> Path:
    database = Path(connection.settings_dict["NAME"])
    # The copy, its journal, and what the tables may grow by.
    needed, free = 3 * database.stat().st_size, shutil.disk_usage(folder).free
    if free < needed:
        raise UpdateError(
            f"The update copies the database first: {needed >> 20} MiB are needed, {free >> 20} MiB are free in "
            f"{folder}. Nothing was changed. Make room and start again.",
            f"更新前會先複製資料庫，需要 {needed >> 20} MiB，{folder} 僅剩 {free >> 20} MiB。"
            "沒有做任何變更。先騰出空間再啟動。",
        )
    copy = folder / f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}.sqlite3"
    try:
        with closing(SqliteView(database)) as view:
            view.write(copy)
    except CopyError as error:
        for part in folder.glob(f"{copy.name}*"):  # a full disk can leave the copy's journal behind
            part.unlink()
        raise UpdateError(
            f"The update copies the database first, and that failed: {error}. Nothing was changed.",
            f"更新前會先複製資料庫，但複製失敗：{error}。沒有做任何變更。",
        ) from error
    copy.chmod(0o600)
    durable.flush(copy)
    durable.flush(folder)
    return copy


def _put_back(copy: Path) -> None:
    connection.close()
    with (
        closing(sqlite3.connect(copy, timeout=20)) as source,
        closing(sqlite3.connect(connection.settings_dict["NAME"], timeout=20)) as target,
    ):
        target.execute("PRAGMA synchronous=FULL")
        source.backup(target)


def _unmark(mark: Path) -> None:
    mark.unlink()
    durable.flush(mark.parent)
