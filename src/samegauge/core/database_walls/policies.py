"""The wall on PostgreSQL: a role, row-level security and composite foreign keys.

What stands in the database and what should stand there are both read as parts; building takes down the parts that are
not declared and makes those that are missing, so that a start that finds everything in place locks and writes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import ProgrammingError, transaction
from django.db.backends.utils import truncate_name

from samegauge.core.database_walls.declared import links, opened_tables, owned_tables, shown_tables
from samegauge.core.database_walls.errors import WallsError
from samegauge.core.database_walls.roles import VISIBLE, Roles

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
_READABLE = """SELECT c.relname FROM pg_class c, pg_roles r
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND r.rolname = %s
    AND has_table_privilege(r.oid, c.oid, 'SELECT')
    AND NOT has_table_privilege(r.oid, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')"""
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


def build(cursor: Any, roles: Roles) -> None:
    _ensure_roles(cursor, (roles.site, roles.window))
    declared, found = _declared(cursor, roles), _found(cursor, roles)
    for part in [part for part in found if part not in declared]:
        _execute(cursor, found[part])
    for part in [part for part in declared if part not in found]:
        _execute(cursor, declared[part])


def faults(cursor: Any, roles: Roles) -> list[str]:
    """What is missing, what is too much, and whether the roles are ones that they do not bind."""
    declared, found = _declared(cursor, roles), _found(cursor, roles)
    missing = [f"missing: {' '.join(map(str, part[:3]))}" for part in declared if part not in found]
    unknown = [f"unknown: {' '.join(map(str, part[:3]))}" for part in found if part not in declared]
    mighty = [MIGHTY[0].format(role) for role in (roles.site, roles.window) if _asked(cursor, _MIGHTY, role)]
    return [*missing, *unknown, *mighty]


def _execute(cursor: Any, statements: Iterable[str]) -> None:
    for statement in statements:
        cursor.execute(statement)


def _declared(cursor: Any, roles: Roles) -> Parts:
    cursor.execute(_COLUMNS)
    present: dict[str, set[str]] = {}
    for table, column in cursor.fetchall():
        present.setdefault(table, set()).add(column)
    parts: Parts = {}
    for table in sorted(present):
        parts["privileges", table] = (f'GRANT SELECT, INSERT, UPDATE, DELETE ON "{table}" TO "{roles.site}"',)
        parts["reading", table] = (
            f'REVOKE ALL ON "{table}" FROM "{roles.window}"',
            f'GRANT SELECT ON "{table}" TO "{roles.window}"',
        )
    wall = _Policy("wall", roles.site, VISIBLE, "ALL")
    said = _repeated(cursor, wall, "organisation_id bigint")
    for table in owned_tables(present):
        parts["forced", table] = _switched(table, "ENABLE", "FORCE")
        parts["policy", table, *said] = (wall.on(table),)
    for role, name, tables in (
        (roles.site, "shown", shown_tables(cursor.db, present)),
        (roles.window, "window", opened_tables(cursor.db, present)),
    ):
        for table, condition in tables:
            policy = _Policy(name, role, condition, "SELECT")
            parts["policy", table, *_repeated(cursor, policy, f'LIKE "{table}"')] = (policy.on(table),)
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


def _found(cursor: Any, roles: Roles) -> Parts:
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
    for kind, question, role in (("privileges", _GRANTED, roles.site), ("reading", _READABLE, roles.window)):
        cursor.execute(question, [role])
        parts |= {(kind, table): () for (table,) in cursor.fetchall()}
    return parts


def _switched(table: str, *words: str) -> tuple[str, ...]:
    return tuple(f'ALTER TABLE "{table}" {word} ROW LEVEL SECURITY' for word in words)


@dataclass(frozen=True)
class _Policy:
    """Whom it lets do what with which rows."""

    name: str
    role: str
    condition: str
    command: str

    def on(self, table: str) -> str:
        return f'CREATE POLICY "{self.name}" ON "{table}" FOR {self.command} TO "{self.role}" USING ({self.condition})'


def _repeated(cursor: Any, policy: _Policy, columns: str) -> Part:
    """How this PostgreSQL repeats the policy when it is asked for it: in words of its version's own."""
    cursor.execute(f"CREATE TEMPORARY TABLE wall_probe ({columns})")
    cursor.execute(policy.on("wall_probe"))
    cursor.execute(_PROBED)
    name, permissive, to, *rest = cursor.fetchone()
    cursor.execute("DROP TABLE wall_probe")
    return (name, permissive, tuple(to), *rest)


def _ensure_roles(cursor: Any, roles: tuple[str, ...]) -> None:
    needed = [statement for role in roles for statement in _missing(cursor, role)]
    try:
        with transaction.atomic(using=cursor.db.alias):
            _execute(cursor, needed)
    except ProgrammingError as error:
        login, commands = _login(cursor), " ".join(f"{statement};" for statement in needed)
        raise WallsError(
            f"{login} may not make the roles that keep organisations apart. Have the database's administrator run "
            f"once: {commands}",
            f"{login} 沒有權限建立隔開各組織的角色。請資料庫管理員執行一次：{commands}",
        ) from error
    for role in roles:
        if _asked(cursor, _MIGHTY, role):
            message, message_zh = (text.format(role) for text in MIGHTY)
            raise WallsError(message, message_zh)
        if not _asked(cursor, _USABLE, role):
            cursor.execute(f'GRANT USAGE ON SCHEMA "{_schema(cursor)}" TO "{role}"')


def _missing(cursor: Any, role: str) -> Iterator[str]:
    there = _asked(cursor, "SELECT 1 FROM pg_roles WHERE rolname = %s", role)
    if not there:
        yield f'CREATE ROLE "{role}" NOLOGIN'
    if not there or not _asked(cursor, _JOINED, role):
        yield f'GRANT "{role}" TO "{_login(cursor)}"'


def _asked(cursor: Any, question: str, role: str) -> bool:
    cursor.execute(question, [role])
    return cursor.fetchone() is not None


def _login(cursor: Any) -> str:
    cursor.execute("SELECT session_user")
    return str(cursor.fetchone()[0])


def _schema(cursor: Any) -> str:
    cursor.execute("SELECT current_schema()")
    return str(cursor.fetchone()[0])
