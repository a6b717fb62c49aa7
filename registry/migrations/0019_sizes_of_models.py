from django.db import migrations
from django.db.models import OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce


def recompute(apps, schema_editor):
    """Sum the sizes of versions anew: those that earlier releases had lost stay out of nobody's count."""
    models, versions = (apps.get_model("registry", name) for name in ("RegisteredModel", "ModelVersion"))
    mine = versions.objects.filter(registered_model=OuterRef("pk"), status="READY").order_by()
    total = mine.values("registered_model").annotate(total=Sum("size")).values("total")
    models.objects.update(size=Coalesce(Subquery(total), 0))


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0018_kind_verify_artifacts"),
    ]

    operations = [
        migrations.RunPython(recompute, migrations.RunPython.noop),
    ]
