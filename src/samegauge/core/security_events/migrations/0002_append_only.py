"""The database itself refuses to change or delete a security event, whoever asks."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import migrations

SQLITE = (
    "CREATE TRIGGER security_events_securityevent_no_update BEFORE UPDATE ON security_events_securityevent "
    "BEGIN SELECT RAISE(ABORT, 'security events are append-only'); END",
    "CREATE TRIGGER security_events_securityevent_no_delete BEFORE DELETE ON security_events_securityevent "
    "BEGIN SELECT RAISE(ABORT, 'security events are append-only'); END",
    # INSERT OR REPLACE deletes without asking the trigger above.
    "CREATE TRIGGER security_events_securityevent_no_replace BEFORE INSERT ON security_events_securityevent "
    "WHEN EXISTS (SELECT 1 FROM security_events_securityevent WHERE id = NEW.id OR uid = NEW.uid) "
    "BEGIN SELECT RAISE(ABORT, 'security events are append-only'); END",
)
POSTGRESQL = (
    "CREATE FUNCTION security_events_securityevent_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'security events are append-only'; END $$",
    "CREATE TRIGGER security_events_securityevent_no_change BEFORE UPDATE OR DELETE ON security_events_securityevent "
    "FOR EACH ROW EXECUTE FUNCTION security_events_securityevent_refuse()",
)
UNDO = {
    "sqlite": (
        "DROP TRIGGER security_events_securityevent_no_update",
        "DROP TRIGGER security_events_securityevent_no_delete",
        "DROP TRIGGER security_events_securityevent_no_replace",
    ),
    "postgresql": (
        "DROP TRIGGER security_events_securityevent_no_change ON security_events_securityevent",
        "DROP FUNCTION security_events_securityevent_refuse()",
    ),
}


def _execute(editor: Any, statements: tuple[str, ...]) -> None:
    for statement in statements:
        editor.execute(statement)


def add(_apps: Any, editor: Any) -> None:
    _execute(editor, {"sqlite": SQLITE, "postgresql": POSTGRESQL}[editor.connection.vendor])


def drop(_apps: Any, editor: Any) -> None:
    _execute(editor, UNDO[editor.connection.vendor])


class Migration(migrations.Migration):
    dependencies: ClassVar = [("security_events", "0001_initial")]
    operations: ClassVar = [migrations.RunPython(add, drop)]
