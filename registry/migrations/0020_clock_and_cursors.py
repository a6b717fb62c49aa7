from django.db import migrations, models


def begin_at_the_newest_seal(apps, schema_editor):
    """Watchers have been told of what is sealed: by the release before, or, if it was killed meanwhile, never."""
    newest = (
        apps.get_model("registry", "AuditSeal").objects.order_by("-number").values_list("number", flat=True).first()
    )
    apps.get_model("registry", "EventCursor").objects.create(name="watchers", position=newest or 0)


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0019_sizes_of_models"),
    ]

    operations = [
        migrations.CreateModel(
            name="Clock",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("holder", models.UUIDField(null=True)),
                ("claimed_at", models.DateTimeField(null=True)),
                ("beat_at", models.DateTimeField(null=True)),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="EventCursor",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=50, unique=True)),
                ("position", models.BigIntegerField()),
                ("failures", models.PositiveIntegerField(default=0)),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="WorkerBeat",
            fields=[
                ("queue", models.CharField(max_length=30, primary_key=True, serialize=False)),
                ("beat_at", models.DateTimeField()),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.RunPython(begin_at_the_newest_seal, migrations.RunPython.noop),
    ]
