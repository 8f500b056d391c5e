"""What a SQLite database holds, told so that it can be compared with any other: rows and a hash for each table."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from pathlib import Path

    Row = tuple[Any, ...]

_DIGEST_BYTES = 32
_MODULUS = 1 << (8 * _DIGEST_BYTES)
_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"


class DatabaseFileError(Exception):
    """A file is no database that can be read."""


class CopyError(Exception):
    """A database cannot be copied, or not into that other one."""


@dataclass(frozen=True, slots=True)
class Content:
    """How many rows a table has, and the sum of their hashes, which does not depend on their order."""

    rows: int
    sha256: str


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a database file for reading; what is wrong with the file comes out as DatabaseFileError."""
    try:
        with closing(
            sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
        ) as connection:
            connection.execute("PRAGMA trusted_schema=OFF")
            yield connection
    except sqlite3.DatabaseError as error:
        raise DatabaseFileError(f"{path.name}: {error}") from error


def tables(connection: sqlite3.Connection) -> list[str]:
    return [name for (name,) in connection.execute(_TABLES)]


def columns(connection: sqlite3.Connection, table: str) -> list[str]:
    """In the order of their names: the order in the table depends on its history."""
    return sorted(row[1] for row in connection.execute(f"PRAGMA table_info({quoted(table)})"))


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def rows_of(connection: sqlite3.Connection, table: str) -> Iterator[Row]:
    named = ", ".join(map(quoted, columns(connection, table)))
    yield from connection.execute(f"SELECT {named} FROM {quoted(table)}")  # noqa: S608 - names of the database's own


def contents(path: Path, json_columns: Collection[str]) -> dict[str, Content]:
    """Every table's content; `json_columns` are "table.column", where only the value counts and not its spelling."""
    with opened(path) as connection:
        return {
            table: content(rows_of(connection, table), json_places(table, columns(connection, table), json_columns))
            for table in tables(connection)
        }


def json_places(table: str, names: Iterable[str], json_columns: Collection[str]) -> list[int]:
    return [place for place, name in enumerate(names) if f"{table}.{name}" in json_columns]


def content(rows: Iterable[Row], json_at: list[int]) -> Content:
    """Count rows and add their hashes up; a row's values stand in the order of their columns' names."""
    count = total = 0
    for row in rows:
        said = _with_plain_json(row, json_at) if json_at else row
        digest = hashlib.sha256(json.dumps(said, default=_as_text).encode("utf-8", "surrogatepass")).digest()
        total += int.from_bytes(digest, "big")
        count += 1
    return Content(count, (total % _MODULUS).to_bytes(_DIGEST_BYTES, "big").hex())


def _with_plain_json(row: Row, json_at: list[int]) -> Row:
    values = list(row)
    for place in json_at:
        if values[place] is not None:
            values[place] = json.loads(values[place], parse_int=_number, parse_float=_number)
            values[place] = json.dumps(values[place], sort_keys=True)
    return tuple(values)


def _number(text: str) -> float:
    # Databases hand 1e2 back as 100 and -0.0 as 0.0.
    return float(text) + 0.0


def _as_text(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


def differences(stated: Mapping[str, Content], found: Mapping[str, Content]) -> list[str]:
    """Names of tables whose content is not what was stated."""
    return sorted(name for name in {*stated, *found} if stated.get(name) != found.get(name))


def faults(path: Path) -> list[str]:
    """What SQLite itself finds wrong: pages, indexes, and references to rows that do not exist."""
    with opened(path) as connection:
        found = [text for (text,) in connection.execute("PRAGMA integrity_check(20)") if text != "ok"]
        return found + [
            f"{table} row {row} refers to a row of {parent} that does not exist"
            for table, row, parent, _constraint in connection.execute("PRAGMA foreign_key_check")
        ]


def applied_migrations(path: Path) -> list[str]:
    with opened(path) as connection:
        if "django_migrations" not in tables(connection):
            return []
        return [
            f"{app}.{name}" for app, name in connection.execute("SELECT app, name FROM django_migrations ORDER BY 1, 2")
        ]


def values(path: Path, table: str, column: str) -> list[Any]:
    """The different values of one column, in order."""
    with opened(path) as connection:
        named = quoted(column)
        found = connection.execute(f"SELECT DISTINCT {named} FROM {quoted(table)} ORDER BY 1")  # noqa: S608 - as above
        return [value for (value,) in found]


class SqliteView:
    """The database as it is at one moment, while others go on writing."""

    engine = "sqlite"

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, timeout=20)
        self._connection.execute("BEGIN")
        # The moment is the first read, not BEGIN.
        self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()

    def write(self, target: Path) -> None:
        """Write it as one whole file, without a journal beside it."""
        try:
            with closing(sqlite3.connect(target)) as copy:
                copy.execute("PRAGMA synchronous=OFF")
                self._connection.backup(copy)
                copy.execute("PRAGMA journal_mode=DELETE")
        except sqlite3.Error as error:
            raise CopyError(f"{target.name}: {error}") from error

    def close(self) -> None:
        self._connection.close()
