"""From PostgreSQL into a SQLite file and back: the same rows in the form the other keeps them in.

A backup's database is always a SQLite file, whatever the site runs on, so that either can take in what the other wrote.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, time, timedelta
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg
from django.apps import apps
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connection, connections
from psycopg import sql
from psycopg.conninfo import make_conninfo

from samegauge.core.database_content import (
    Content,
    CopyError,
    columns,
    content,
    json_places,
    opened,
    quoted,
    rows_of,
    tables,
)
from samegauge.core.database_walls.roles import REASON, roles_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from samegauge.core.database_content import Row

ALIAS = "backup_file"
_BATCH = 2_000
_BASE_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
_TYPES = """SELECT table_name, column_name, data_type FROM information_schema.columns
    WHERE table_schema = current_schema()"""
_WALLED = "SELECT relname FROM pg_class WHERE relforcerowsecurity AND relnamespace = current_schema()::regnamespace"


@contextmanager
def _as_database(path: Path) -> Iterator[str]:
    """Let Django use the file under a name of its own."""
    connections.databases[ALIAS] = {
        **connections.databases["default"],
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "OPTIONS": {"transaction_mode": "IMMEDIATE"},
        "CONN_MAX_AGE": 0,
    }
    try:
        yield ALIAS
    finally:
        connections[ALIAS].close()
        del connections[ALIAS]
        del connections.databases[ALIAS]


def bring_file_up_to_date(path: Path) -> None:
    """Give a database file the tables of this version, made or migrated."""
    with _as_database(path) as alias:
        call_command("migrate", database=alias, interactive=False, verbosity=0)


class PostgresqlView:
    """The database as it is at one moment, while others go on writing."""

    engine = "postgresql"

    def __init__(self) -> None:
        self._connection = _own_connection()
        self._connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        _see_every_row(self._connection)
        self._connection.execute("SELECT 1")

    def write(self, target: Path) -> None:
        bring_file_up_to_date(target)
        with _stopped_by(sqlite3.Error, psycopg.Error), closing(sqlite3.connect(target, isolation_level=None)) as copy:
            copy.execute("PRAGMA foreign_keys=OFF")
            copy.execute("PRAGMA synchronous=OFF")
            _refuse_unknown(self._connection, tables(copy))
            copy.execute("BEGIN")
            # They judge one change at a time; here rows come before those they refer to.
            triggers = copy.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for name, _ in triggers:
                copy.execute(f"DROP TRIGGER {quoted(name)}")
            for table in tables(copy):
                names = columns(copy, table)
                places = ", ".join("?" * len(names))
                copy.execute(f"DELETE FROM {quoted(table)}")  # noqa: S608 - names of the database's own
                into = f"INSERT INTO {quoted(table)} ({', '.join(map(quoted, names))}) VALUES ({places})"  # noqa: S608
                copy.executemany(into, _postgresql_rows(self._connection, table, names))
            for _, made in triggers:
                copy.execute(made)
            copy.execute("COMMIT")
            copy.execute("PRAGMA journal_mode=DELETE")

    def close(self) -> None:
        self._connection.close()


@contextmanager
def _stopped_by(*errors: type[Exception]) -> Iterator[None]:
    try:
        yield
    except errors as error:
        raise CopyError(str(error).strip()) from error


def holds_records() -> bool:
    """Tell whether anybody works in this PostgreSQL database already."""
    with closing(_own_connection()) as own:
        present = {name for (name,) in own.execute(_BASE_TABLES)}
        watched = [name for name in ("organisations_organisation", "organisations_person") if name in present]
        return any(
            own.execute(sql.SQL("SELECT 1 FROM {} LIMIT 1").format(sql.Identifier(name))).fetchone() for name in watched
        )


def load(path: Path, json_columns: Collection[str]) -> dict[str, Content]:
    """Put a database file's rows in place of those in PostgreSQL, all or none; return what PostgreSQL then holds.

    Both must have the tables of this version.
    """
    with _stopped_by(psycopg.Error), opened(path) as source, closing(_own_connection()) as own, own.transaction():
        names_of = {table: columns(source, table) for table in tables(source)}
        _refuse_unknown(own, names_of)
        walled = [name for (name,) in own.execute(_WALLED)]
        for name in walled:  # COPY does not pass a wall that binds the owner too
            own.execute(sql.SQL("ALTER TABLE {} NO FORCE ROW LEVEL SECURITY").format(sql.Identifier(name)))
        own.execute("SET CONSTRAINTS ALL DEFERRED")
        everything = sql.SQL(", ").join(map(sql.Identifier, names_of))
        own.execute(sql.SQL("TRUNCATE {} CASCADE").format(everything))
        types = {(table, column): kind for table, column, kind in own.execute(_TYPES)}
        for table, names in names_of.items():
            moments = [place for place, name in enumerate(names) if types[table, name].startswith("timestamp with")]
            _copy_in(own, table, names, _with_zone(rows_of(source, table), moments))
        found = {
            table: content(_postgresql_rows(own, table, names), json_places(table, names, json_columns))
            for table, names in names_of.items()
        }
        _continue_numbering(own)
        own.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for name in walled:
            own.execute(sql.SQL("ALTER TABLE {} FORCE ROW LEVEL SECURITY").format(sql.Identifier(name)))
    return found


def _own_connection() -> psycopg.Connection[Any]:
    """A connection beside Django's, so that its transaction is nobody else's."""
    own = psycopg.Connection[Any].connect(make_conninfo("", **_named_in(connection.settings_dict), connect_timeout=10))
    own.execute("SET TIME ZONE 'UTC'")
    own.commit()
    return own


def _named_in(chosen: Mapping[str, Any]) -> dict[str, str]:
    names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    return {name: str(chosen[key]) for name, key in names.items() if chosen.get(key)}


def _see_every_row(own: psycopg.Connection[Any]) -> None:
    """Read past the walls between organisations: a part must never be taken for the whole."""
    if not own.execute(_WALLED).fetchone():
        # Of walls unknown to us PostgreSQL then makes an error instead of an answer with rows left out.
        own.execute("SET LOCAL row_security = off")
        return
    told = {
        "role": roles_of(connection.settings_dict["NAME"]).site,
        REASON: "a backup holds every organisation's records",
    }
    for name, value in told.items():
        own.execute("SELECT set_config(%s, %s, true)", [name, value])


def _refuse_unknown(own: psycopg.Connection[Any], known: Collection[str]) -> None:
    unknown = {name for (name,) in own.execute(_BASE_TABLES)} ^ set(known)
    if unknown:
        raise CopyError(f"The two databases do not have the same tables: {', '.join(sorted(unknown)[:5])}.")


def _postgresql_rows(own: psycopg.Connection[Any], table: str, names: list[str]) -> Iterator[Row]:
    """Rows in the form in which SQLite keeps them."""
    kinds = {column: kind for owner, column, kind in own.execute(_TYPES) if owner == table}
    chosen = [
        sql.SQL("{}::text" if kinds[name] in {"json", "jsonb"} else "{}").format(sql.Identifier(name)) for name in names
    ]
    question = sql.SQL("SELECT {} FROM {}").format(sql.SQL(", ").join(chosen), sql.Identifier(table))
    with own.cursor(f"rows_{table}"[:60]) as cursor:
        cursor.itersize = _BATCH
        for row in cursor.execute(question):
            yield tuple(_for_sqlite(value) for value in row)


def _for_sqlite(value: Any) -> Any:
    converter = _FOR_SQLITE.get(type(value))
    return converter(value) if converter else value


_FOR_SQLITE: Mapping[type, Any] = {
    bool: int,
    UUID: lambda value: value.hex,
    datetime: lambda value: str(value.astimezone(UTC).replace(tzinfo=None)),
    date: str,
    time: str,
    timedelta: lambda value: value // timedelta(microseconds=1),
    IPv4Address: str,
    IPv6Address: str,
}


def _with_zone(rows: Iterator[Row], moments: list[int]) -> Iterator[Row]:
    for row in rows:
        if moments:
            yield tuple(
                f"{value}+00" if place in moments and value is not None else value for place, value in enumerate(row)
            )
        else:
            yield row


def _copy_in(own: psycopg.Connection[Any], table: str, names: list[str], rows: Iterator[Row]) -> None:
    into = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, names))
    )
    with own.cursor() as cursor, cursor.copy(into) as copy:
        for row in rows:
            copy.write_row(row)


def _continue_numbering(own: psycopg.Connection[Any]) -> None:
    """Have new rows numbered after those that were put in with their numbers."""
    models = apps.get_models(include_auto_created=True)
    for statement in connection.ops.sequence_reset_sql(no_style(), models):
        own.execute(statement)
