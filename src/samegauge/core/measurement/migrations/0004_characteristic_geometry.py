import samegauge.core.fields
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("measurement", "0003_where_and_how_it_was_measured"),
    ]

    operations = [
        migrations.AddField(
            model_name="characteristic",
            name="geometry",
            field=samegauge.core.fields.JsonField(
                default=dict, help_text="Zone, its shape and material condition, where the source states them"
            ),
        ),
    ]
