from django.db import migrations, models
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce

from registry.models import triggers

CHILDREN = {
    "Catalog": ("Schema", "catalog"),
    "Schema": ("RegisteredModel", "schema"),
    "RegisteredModel": ("ModelVersion", "registered_model"),
}


def count(apps, schema_editor):
    for container, (child, parent) in CHILDREN.items():
        mine = apps.get_model("registry", child).objects.filter(**{parent: OuterRef("pk")}).order_by().values(parent)
        counted = Subquery(mine.annotate(count=Count("pk")).values("count"))
        apps.get_model("registry", container).objects.update(child_count=Coalesce(counted, 0))


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0024_everybody_tells_lineage"),
    ]

    operations = [
        *(
            migrations.AddField(
                model_name=name.lower(),
                name="child_count",
                field=models.PositiveIntegerField(default=0, editable=False),
            )
            for name in CHILDREN
        ),
        migrations.RunPython(count, migrations.RunPython.noop),
        migrations.RunPython(triggers.install, migrations.RunPython.noop),  # SQLite rebuilds the tables
    ]
