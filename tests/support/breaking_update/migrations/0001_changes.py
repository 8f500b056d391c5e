"""The part of an update that works: a new table, a new column and other contents in a table that is there."""

from __future__ import annotations

from typing import Any

from django.db import migrations, models


def rename_items(apps: Any, _editor: Any) -> None:
    apps.get_model("thread", "Item")._base_manager.update(name="renamed by the update")


class Migration(migrations.Migration):
    dependencies = [("thread", "0001_initial")]
    operations = [
        migrations.CreateModel("Thing", [("id", models.BigAutoField(primary_key=True))]),
        migrations.RunSQL("ALTER TABLE thread_lot ADD COLUMN breaking varchar(1) DEFAULT ''"),
        migrations.RunPython(rename_items),
    ]
