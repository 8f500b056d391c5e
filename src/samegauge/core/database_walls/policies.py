"""The wall on PostgreSQL: roles, row-level security and composite foreign keys.

What stands in the database and what should stand there are both read as parts; building takes down the parts that are
not declared and makes those that are missing, so that a start that finds everything in place locks and writes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import ProgrammingError, transaction
from django.db.backends.utils import truncate_name

from samegauge.core.database_walls.declared import links, owned_tables
from samegauge.core.database_walls.errors import WallsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from samegauge.core.database_walls.declared import Columns
    from samegauge.core.database_walls.roles import Roles

    # A part is its kind, its table and what tells it from others; with each go the statements that make or remove it.
    Part = tuple[Any, ...]
    Parts = dict[Part, tuple[str, ...]]

_COLUMNS = """SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped"""
_GRANTED = """SELECT c.relname, r.rolname FROM pg_class c, pg_roles r
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND r.rolname = ANY(%s)
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
_PROBE = "wall_probe"
_PROBED = """SELECT policyname, permissive, roles::text[], cmd, qual, with_check FROM pg_policies
    WHERE tablename = 'wall_probe'"""
_JOINED = "SELECT rolname FROM pg_roles WHERE rolname = ANY(%s) AND pg_has_role(session_user, oid, 'MEMBER')"
_UNUSABLE = """SELECT rolname FROM pg_roles
    WHERE rolname = ANY(%s) AND NOT has_schema_privilege(oid, current_schema(), 'USAGE')"""
_MIGHTY = """SELECT rolname FROM pg_roles r WHERE rolname = ANY(%s) AND (rolsuper OR rolbypassrls OR rolcanlogin
    OR EXISTS (SELECT 1 FROM pg_class c WHERE c.relowner = r.oid)
    OR EXISTS (SELECT 1 FROM pg_auth_members m WHERE m.member = r.oid))"""


def build(cursor: Any, roles: Roles) -> None:
    _ensure_roles(cursor, roles)
    declared, found = _declared(cursor, roles), _found(cursor, roles)
    for part in [part for part in found if part not in declared]:
        _execute(cursor, found[part])
    for part in [part for part in declared if part not in found]:
        _execute(cursor, declared[part])


def faults(cursor: Any, roles: Roles) -> list[str]:
    """What is missing, what is too much, and what the roles may do that would open the walls."""
    declared, found = _declared(cursor, roles), _found(cursor, roles)
    missing = [f"missing: {' '.join(map(str, part[:3]))}" for part in declared if part not in found]
    unknown = [f"unknown: {' '.join(map(str, part[:3]))}" for part in found if part not in declared]
    return [*missing, *unknown, *_mighty(cursor, roles)]


def _execute(cursor: Any, statements: tuple[str, ...]) -> None:
    for statement in statements:
        cursor.execute(statement)


def _declared(cursor: Any, roles: Roles) -> Parts:
    cursor.execute(_COLUMNS)
    present: dict[str, set[str]] = {}
    for table, column in cursor.fetchall():
        present.setdefault(table, set()).add(column)
    parts: Parts = {
        ("privileges", table, role): (f'GRANT SELECT, INSERT, UPDATE, DELETE ON "{table}" TO "{role}"',)
        for table in sorted(present)
        for role in roles.both
    }
    said = _repeated(cursor, roles)
    for table in owned_tables(present):
        parts["forced", table] = _switched(table, "ENABLE", "FORCE")
        for name in roles.policies:
            parts["policy", table, name, *said[name]] = (_policy(table, name, roles),)
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
    cursor.execute(_GRANTED, [roles.both])
    return parts | {("privileges", table, role): () for table, role in cursor.fetchall()}


def _switched(table: str, *words: str) -> tuple[str, ...]:
    return tuple(f'ALTER TABLE "{table}" {word} ROW LEVEL SECURITY' for word in words)


def _policy(table: str, name: str, roles: Roles) -> str:
    role, condition = roles.policies[name]
    return f'CREATE POLICY "{name}" ON "{table}" TO "{role}" USING ({condition})'


def _repeated(cursor: Any, roles: Roles) -> dict[str, tuple[Any, ...]]:
    """How this PostgreSQL repeats the policies when it is asked for them: in words of its version's own."""
    cursor.execute(f"CREATE TEMPORARY TABLE {_PROBE} (organisation_id bigint)")
    for name in roles.policies:
        cursor.execute(_policy(_PROBE, name, roles))
    cursor.execute(_PROBED)
    said = {name: (permissive, tuple(to), *rest) for name, permissive, to, *rest in cursor.fetchall()}
    cursor.execute(f"DROP TABLE {_PROBE}")
    return said


def _ensure_roles(cursor: Any, roles: Roles) -> None:
    there = _names(cursor, "SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", roles)
    joined = _names(cursor, _JOINED, roles)
    cursor.execute("SELECT session_user")
    (login,) = cursor.fetchone()
    needed = [f'CREATE ROLE "{role}" NOLOGIN' for role in roles.both if role not in there]
    needed += [f'GRANT "{role}" TO "{login}"' for role in roles.both if role not in joined]
    try:
        with transaction.atomic(using=cursor.db.alias):
            _execute(cursor, tuple(needed))
    except ProgrammingError as error:
        commands = " ".join(f"{statement};" for statement in needed)
        raise WallsError(
            f"{login} may not make the roles that keep organisations apart. Have the database's administrator run "
            f"once: {commands}",
            f"{login} 沒有權限建立隔開各組織的角色。請資料庫管理員執行一次：{commands}",
        ) from error
    for role in _names(cursor, _UNUSABLE, roles):
        cursor.execute(
            f"DO $$ BEGIN EXECUTE format('GRANT USAGE ON SCHEMA %I TO \"{role}\"', current_schema()); END $$"
        )


def _names(cursor: Any, question: str, roles: Roles) -> list[str]:
    cursor.execute(question, [roles.both])
    return [name for (name,) in cursor.fetchall()]


def _mighty(cursor: Any, roles: Roles) -> list[str]:
    return [f"{role} may log in, owns a table or has powers of others" for role in _names(cursor, _MIGHTY, roles)]
