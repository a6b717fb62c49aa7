"""Lineage becomes a graph of nodes and edges. What was told until now is moved by the next migration."""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import registry.models.fields

KINDS = [
    ("TABLE", "Table"), ("DATASET", "Dataset"), ("FILE", "File"), ("NOTEBOOK", "Notebook"), ("JOB", "Job"),
    ("PIPELINE", "Pipeline"), ("RUN", "Run"), ("MODEL_VERSION", "Model version"),
]  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("registry", "0033_attached_experiments")]

    operations = [
        migrations.RenameModel("LineageEdge", "ToldLineage"),
        migrations.CreateModel(
            name="LineageNode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("kind", models.CharField(choices=KINDS, max_length=15)),
                ("key", registry.models.fields.BinaryCharField(max_length=255)),
                ("name", models.CharField(max_length=1100)),
                (
                    "registered_model",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="registry.registeredmodel",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="lineage_nodes",
                        to="registry.modelversion",
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "constraints": [models.UniqueConstraint(fields=("kind", "key"), name="lineage_node_once")],
            },
        ),
        migrations.CreateModel(
            name="LineageEdge",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("READ", "read"), ("MADE", "made"), ("COPIED", "copied"), ("USED", "used")],
                        max_length=10,
                    ),
                ),
                ("first_seen_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("recorded_by", models.CharField(max_length=255)),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="outgoing",
                        to="registry.lineagenode",
                    ),
                ),
                (
                    "target",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="incoming",
                        to="registry.lineagenode",
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("source", "target", "kind", "recorded_by"), name="lineage_connected_once"
                    )
                ],
            },
        ),
    ]
