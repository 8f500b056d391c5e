from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("thread", "0002_events_are_append_only")]

    operations = [
        migrations.RemoveIndex(model_name="unit", name="unit_by_item"),
        migrations.AddIndex(
            model_name="unit",
            index=models.Index(
                condition=models.Q(("retracted_at__isnull", True)),
                fields=["organisation", "item", "serial"],
                name="unit_by_item",
            ),
        ),
    ]
