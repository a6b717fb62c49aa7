from django.db import migrations, models

from registry.models import text_search


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0043_grants_that_end"),
    ]

    operations = [
        migrations.AddField(
            model_name="modelversion",
            name="digest",
            field=models.CharField(blank=True, editable=False, max_length=64),
        ),
        migrations.RunPython(text_search.install, migrations.RunPython.noop),  # SQLite rebuilds the table
    ]
