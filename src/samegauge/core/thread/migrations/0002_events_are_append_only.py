"""The database itself refuses to change or delete an event, whoever asks."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import migrations

SQLITE = (
    "CREATE TRIGGER thread_event_no_update BEFORE UPDATE ON thread_event "
    "BEGIN SELECT RAISE(ABORT, 'events are append-only'); END",
    "CREATE TRIGGER thread_event_no_delete BEFORE DELETE ON thread_event "
    "BEGIN SELECT RAISE(ABORT, 'events are append-only'); END",
    # INSERT OR REPLACE deletes without asking the trigger above.
    "CREATE TRIGGER thread_event_no_replace BEFORE INSERT ON thread_event "
    "WHEN EXISTS (SELECT 1 FROM thread_event WHERE id = NEW.id OR uid = NEW.uid) "
    "BEGIN SELECT RAISE(ABORT, 'events are append-only'); END",
)
POSTGRESQL = (
    "CREATE FUNCTION thread_event_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'events are append-only'; END $$",
    "CREATE TRIGGER thread_event_no_change BEFORE UPDATE OR DELETE ON thread_event "
    "FOR EACH ROW EXECUTE FUNCTION thread_event_refuse()",
)
UNDO = {
    "sqlite": (
        "DROP TRIGGER thread_event_no_update",
        "DROP TRIGGER thread_event_no_delete",
        "DROP TRIGGER thread_event_no_replace",
    ),
    "postgresql": ("DROP TRIGGER thread_event_no_change ON thread_event", "DROP FUNCTION thread_event_refuse()"),
}


def _execute(editor: Any, statements: tuple[str, ...]) -> None:
    for statement in statements:
        editor.execute(statement)


def add(_apps: Any, editor: Any) -> None:
    _execute(editor, {"sqlite": SQLITE, "postgresql": POSTGRESQL}[editor.connection.vendor])


def drop(_apps: Any, editor: Any) -> None:
    _execute(editor, UNDO[editor.connection.vendor])


class Migration(migrations.Migration):
    dependencies: ClassVar = [("thread", "0001_initial"), ("production", "0001_initial"), ("intake", "0002_initial")]
    operations: ClassVar = [migrations.RunPython(add, drop)]
