import uuid

from django.db import migrations, models

from registry.models import triggers

_FORMER = (
    "registry_cataloggroupgrant", "registry_catalogusergrant", "registry_metastoregroupgrant",
    "registry_metastoreusergrant", "registry_schemagroupgrant", "registry_schemausergrant", "registry_catalog",
    "registry_schema", "auth_group", "accounts_groupnesting", "accounts_user_groups",
)  # fmt: skip


def remove_former_triggers(apps, schema_editor):
    """One row that every change wrote to, by triggers that each start put in place anew."""
    for table in _FORMER:
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(f"DROP TRIGGER IF EXISTS revision_{table} ON {table}")
        else:
            for event in ("insert", "update", "delete"):
                schema_editor.execute(f"DROP TRIGGER IF EXISTS revision_{table}_{event}")
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION IF EXISTS registry_revise()")


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_sessions"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("registry", "0013_index_of_tag_values"),
    ]

    operations = [
        migrations.RunPython(remove_former_triggers, migrations.RunPython.noop),
        migrations.DeleteModel(name="Revision"),
        migrations.CreateModel(
            name="Revision",
            fields=[
                ("value", models.CharField(default=uuid.uuid4, max_length=36, primary_key=True, serialize=False)),
                ("holder", models.BigIntegerField(db_index=True)),
            ],
            options={"default_permissions": ()},
        ),
        migrations.RunPython(triggers.install, triggers.remove),
    ]
