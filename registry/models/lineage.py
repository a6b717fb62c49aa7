"""The graph of lineage: what data, code, runs, versions and their users have to do with one another."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone

from registry import limits
from registry.models.fields import BinaryCharField
from registry.models.hierarchy import RegisteredModel
from registry.models.versions import ModelVersion


class LineageNode(models.Model):
    """One thing of the graph. ``key`` is what makes it that thing among those of its kind: a table's name, a run's id.

    A version's is its uid. Its node outlives it, with the ``name`` that it had last; nothing else is a row of ours.
    """

    class Kind(models.TextChoices):
        TABLE = "TABLE", "Table"
        DATASET = "DATASET", "Dataset"
        FILE = "FILE", "File"
        NOTEBOOK = "NOTEBOOK", "Notebook"
        JOB = "JOB", "Job"
        PIPELINE = "PIPELINE", "Pipeline"
        RUN = "RUN", "Run"
        CONSUMER = "CONSUMER", "Consumer"
        MODEL_VERSION = "MODEL_VERSION", "Model version"

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=15, choices=Kind)
    key = BinaryCharField(max_length=255)
    name = models.CharField(max_length=limits.LINEAGE_NAME_LENGTH)
    version = models.ForeignKey(ModelVersion, null=True, on_delete=models.SET_NULL, related_name="lineage_nodes")
    registered_model = models.ForeignKey(RegisteredModel, null=True, on_delete=models.SET_NULL, related_name="+")
    """Of a version's node: who may see the model may see its name."""

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="lineage_node_once")]

    def __str__(self) -> str:
        return str(self.version) if self.version is not None else self.name


class LineageEdge(models.Model):
    """That something goes from ``source`` to ``target``, as ``recorded_by`` has told, or we have seen.

    Everybody tells it for themselves: nobody learns by telling a thing that others have told it too.
    """

    class Kind(models.TextChoices):
        READ = "READ", "read"
        MADE = "MADE", "made"
        COPIED = "COPIED", "copied"
        USED = "USED", "used"
        LOADED = "LOADED", "loaded"

    source = models.ForeignKey(LineageNode, on_delete=models.CASCADE, related_name="outgoing")
    target = models.ForeignKey(LineageNode, on_delete=models.CASCADE, related_name="incoming")
    kind = models.CharField(max_length=10, choices=Kind)
    first_seen_at = models.DateTimeField(default=timezone.now)
    recorded_by = models.CharField(max_length=255)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["source", "target", "kind", "recorded_by"], name="lineage_connected_once")
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.get_kind_display()} {self.target}"


class LoadCount(models.Model):
    """How often a consumer has loaded a version on a day, and by which aliases the version could be found then."""

    edge = models.ForeignKey(LineageEdge, on_delete=models.CASCADE, related_name="loads")
    day = models.DateField()
    count = models.PositiveIntegerField(default=0)
    aliases = models.CharField(max_length=1_000, blank=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["edge", "day"], name="load_count_once_a_day")]

    def __str__(self) -> str:
        return f"{self.count} loads on {self.day}"


class UnreadRun(models.Model):
    """A version whose run has not been looked at yet: what that has read, the version was made from."""

    version = models.OneToOneField(ModelVersion, on_delete=models.CASCADE, related_name="unread_run")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"the run of {self.version}"
