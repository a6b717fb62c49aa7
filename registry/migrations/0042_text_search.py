from django.db import migrations

from registry.models import text_search


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0041_deprecations"),
    ]

    operations = [
        migrations.RunPython(text_search.install, text_search.remove),
    ]
