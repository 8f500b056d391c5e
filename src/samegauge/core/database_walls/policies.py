"""The wall on PostgreSQL: a role, row-level security and composite foreign keys.

What stands in the database and what should stand there are both read as parts; building takes down the parts that are
not declared and makes those that are missing, so that a start that finds everything in place locks and writes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import ProgrammingError, transaction
from django.db.backends.utils import truncate_name

from samegauge.core.database_walls.declared import links, owned_tables
from samegauge.core.database_walls.errors import WallsError
from samegauge.core.database_walls.roles import VISIBLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from samegauge.core.database_walls.declared import Columns

    # A part is its kind, its table and what tells it from others; with each go the statements that make or remove it.
    Part = tuple[Any, ...]
    Parts = dict[Part, tuple[str, ...]]

_COLUMNS = """SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped"""
_GRANTED = """SELECT c.relname FROM pg_class c, pg_roles r
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND r.rolname = %s
    AND has_table_privilege(r.oid, c.oid, 'SELECT') AND has_table_privilege(r.oid, c.oid, 'INSERT')
    AND has_table_privilege(r.oid, c.oid, 'UPDATE') AND has_table_privilege(r.oid, c.oid, 'DELETE')"""
_FORCED = """SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace
    AND relrowsecurity AND relforcerowsecurity"""
_POLICIES = """SELECT tablename, policyname, permissive, roles::text[], cmd, qual, with_check FROM pg_policies
    WHERE schemaname = current_schema()"""
_KEYS = """SELECT c.contype::text, r.relname, c.conname, f.relname, c.condeferrable AND c.convalidated,
    ARRAY(SELECT a.attname::text FROM unnest(c.conkey) WITH ORDINALITY k(number, place)
        JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.number ORDER BY place),
    ARRAY(SELECT a.attname::text FROM unnest(c.confkey) WITH ORDINALITY k(number, place)
        JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.number ORDER BY place)
    FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid LEFT JOIN pg_class f ON f.oid = c.confrelid
    WHERE c.connamespace = current_schema()::regnamespace AND c.conname LIKE 'wall\\_%'"""
_PROBED = """SELECT policyname, permissive, roles::text[], cmd, qual, with_check FROM pg_policies
    WHERE tablename = 'wall_probe'"""
_JOINED = "SELECT 1 FROM pg_roles WHERE rolname = %s AND pg_has_role(session_user, oid, 'MEMBER')"
_USABLE = "SELECT 1 FROM pg_roles WHERE rolname = %s AND has_schema_privilege(oid, current_schema(), 'USAGE')"
_MIGHTY = """SELECT 1 FROM pg_roles r WHERE rolname = %s AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcanlogin
    OR EXISTS (SELECT 1 FROM pg_class c WHERE c.relowner = r.oid)
    OR EXISTS (SELECT 1 FROM pg_auth_members m WHERE m.member = r.oid))"""


MIGHTY = (
    "The role {} may log in, owns a table or has powers of others: the walls would not bind it. Take that from it.",
    "角色 {} 可以登入、擁有資料表或具有其他權限，各組織之間的隔離對它無效。移除這些權限。",
)


def build(cursor: Any, role: str) -> None:
    _ensure_role(cursor, role)
    declared, found = _declared(cursor, role), _found(cursor, role)
    for part in [part for part in found if part not in declared]:
        _execute(cursor, found[part])
    for part in [part for part in declared if part not in found]:
        _execute(cursor, declared[part])


def faults(cursor: Any, role: str) -> list[str]:
    """What is missing, what is too much, and whether the role is one that they do not bind."""
    declared, found = _declared(cursor, role), _found(cursor, role)
    missing = [f"missing: {' '.join(map(str, part[:3]))}" for part in declared if part not in found]
    unknown = [f"unknown: {' '.join(map(str, part[:3]))}" for part in found if part not in declared]
    return [*missing, *unknown, *([MIGHTY[0].format(role)] if _asked(cursor, _MIGHTY, role) else [])]


def _execute(cursor: Any, statements: Iterable[str]) -> None:
    for statement in statements:
        cursor.execute(statement)


def _declared(cursor: Any, role: str) -> Parts:
    cursor.execute(_COLUMNS)
    present: dict[str, set[str]] = {}
    for table, column in cursor.fetchall():
        present.setdefault(table, set()).add(column)
    parts: Parts = {
        ("privileges", table): (f'GRANT SELECT, INSERT, UPDATE, DELETE ON "{table}" TO "{role}"',)
        for table in sorted(present)
    }
    said = _repeated(cursor, role)
    for table in owned_tables(present):
        parts["forced", table] = _switched(table, "ENABLE", "FORCE")
        parts["policy", table, *said] = (_policy(table, role),)
    return parts | dict(_keys(present))


def _keys(present: Columns) -> Iterator[tuple[Part, tuple[str, ...]]]:
    refers = links(present)
    for target in sorted({link.target for link in refers}):
        name = truncate_name(f"wall_{target}", 63, 8)
        statement = f'ALTER TABLE "{target}" ADD CONSTRAINT "{name}" UNIQUE (organisation_id, id)'
        yield ("u", target, name, None, False, ("organisation_id", "id"), ()), (statement,)
    for link in refers:
        name = truncate_name(f"wall_{link.table}_{link.column}_{link.target}", 63, 8)
        statement = (
            f'ALTER TABLE "{link.table}" ADD CONSTRAINT "{name}" FOREIGN KEY (organisation_id, "{link.column}") '
            f'REFERENCES "{link.target}" (organisation_id, id) DEFERRABLE INITIALLY DEFERRED'
        )
        columns = ("organisation_id", link.column), ("organisation_id", "id")
        yield ("f", link.table, name, link.target, True, *columns), (statement,)


def _found(cursor: Any, role: str) -> Parts:
    parts: Parts = {}
    cursor.execute(_KEYS)
    # A key goes after the references to it.
    for kind, table, name, target, firm, columns, referred in sorted(cursor.fetchall()):
        part = (kind, table, name, target, firm, tuple(columns), tuple(referred))
        parts[part] = (f'ALTER TABLE "{table}" DROP CONSTRAINT "{name}"',)
    cursor.execute(_POLICIES)
    for table, name, permissive, to, command, using, check in cursor.fetchall():
        part = ("policy", table, name, permissive, tuple(to), command, using, check)
        parts[part] = (f'DROP POLICY "{name}" ON "{table}"',)
    cursor.execute(_FORCED)
    parts |= {("forced", table): _switched(table, "NO FORCE", "DISABLE") for (table,) in cursor.fetchall()}
    cursor.execute(_GRANTED, [role])
    return parts | {("privileges", table): () for (table,) in cursor.fetchall()}


def _switched(table: str, *words: str) -> tuple[str, ...]:
    return tuple(f'ALTER TABLE "{table}" {word} ROW LEVEL SECURITY' for word in words)


def _policy(table: str, role: str) -> str:
    return f'CREATE POLICY wall ON "{table}" TO "{role}" USING ({VISIBLE})'


def _repeated(cursor: Any, role: str) -> Part:
    """How this PostgreSQL repeats the policy when it is asked for it: in words of its version's own."""
    cursor.execute("CREATE TEMPORARY TABLE wall_probe (organisation_id bigint)")
    cursor.execute(_policy("wall_probe", role))
    cursor.execute(_PROBED)
    name, permissive, to, *rest = cursor.fetchone()
    cursor.execute("DROP TABLE wall_probe")
    return (name, permissive, tuple(to), *rest)


def _ensure_role(cursor: Any, role: str) -> None:
    needed = []
    if not _asked(cursor, "SELECT 1 FROM pg_roles WHERE rolname = %s", role):
        needed.append(f'CREATE ROLE "{role}" NOLOGIN')
    if needed or not _asked(cursor, _JOINED, role):
        needed.append(f'GRANT "{role}" TO "{_login(cursor)}"')
    try:
        with transaction.atomic(using=cursor.db.alias):
            _execute(cursor, needed)
    except ProgrammingError as error:
        login, commands = _login(cursor), " ".join(f"{statement};" for statement in needed)
        raise WallsError(
            f"{login} may not make the role that keeps organisations apart. Have the database's administrator run "
            f"once: {commands}",
            f"{login} 沒有權限建立隔開各組織的角色。請資料庫管理員執行一次：{commands}",
        ) from error
    if _asked(cursor, _MIGHTY, role):
        message, message_zh = (text.format(role) for text in MIGHTY)
        raise WallsError(message, message_zh)
    if not _asked(cursor, _USABLE, role):
        cursor.execute(f'GRANT USAGE ON SCHEMA "{_schema(cursor)}" TO "{role}"')


def _asked(cursor: Any, question: str, role: str) -> bool:
    cursor.execute(question, [role])
    return cursor.fetchone() is not None


def _login(cursor: Any) -> str:
    cursor.execute("SELECT session_user")
    return str(cursor.fetchone()[0])


def _schema(cursor: Any) -> str:
    cursor.execute("SELECT current_schema()")
    return str(cursor.fetchone()[0])
