from django.db import migrations, models

import registry.models.fields


class Migration(migrations.Migration):
    """The full name of a model is that of its containers; what was stored becomes the key that lists are sorted by."""

    dependencies = [
        ("registry", "0016_damage"),
    ]

    operations = [
        # First of all: PostgreSQL's second index of a unique text is found by the name that the column had.
        migrations.AlterField(
            model_name="registeredmodel",
            name="full_name",
            field=registry.models.fields.BinaryCharField(editable=False, max_length=767),
        ),
        migrations.RenameField(
            model_name="registeredmodel",
            old_name="full_name",
            new_name="filed_as",
        ),
        migrations.AddIndex(
            model_name="registeredmodel",
            index=models.Index(fields=["filed_as", "id"], name="registered_model_filed"),
        ),
        migrations.AddField(
            model_name="job",
            name="container_uid",
            field=models.UUIDField(editable=False, null=True),
        ),
        migrations.AlterField(
            model_name="job",
            name="kind",
            field=models.CharField(
                choices=[
                    ("COPY", "Copy"),
                    ("DELETE_ARTIFACTS", "Delete artifacts"),
                    ("REFILE", "File models under a new name"),
                ],
                max_length=30,
            ),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(fields=["kind", "state"], name="job_kind"),
        ),
    ]
