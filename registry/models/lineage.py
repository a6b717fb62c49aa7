"""The graph of lineage: what data, code, runs, versions and their users have to do with one another."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone

from registry import limits
from registry.models.fields import BinaryCharField
from registry.models.hierarchy import ExternalMetadata, RegisteredModel, Schema, Table
from registry.models.versions import ModelVersion

ROW = "\n"
"""Begins the key of a registered table, so that no name can equal one: names have no control characters."""


class LineageNode(models.Model):
    """One thing of the graph. ``key`` is what makes it that thing among those of its kind: a table's name, a run's id.

    For our own rows the key is the uid: of a version, of a table that is registered here, of external metadata. The
    node outlives its row, with the last ``name`` of the row. A table that is not registered is only a name.
    """

    class Kind(models.TextChoices):
        TABLE = "TABLE", "Table"
        DATASET = "DATASET", "Dataset"
        FILE = "FILE", "File"
        NOTEBOOK = "NOTEBOOK", "Notebook"
        JOB = "JOB", "Job"
        PIPELINE = "PIPELINE", "Pipeline"
        RUN = "RUN", "Run"
        COMMIT = "COMMIT", "Git commit"
        EXPERIMENT = "EXPERIMENT", "Experiment"
        LOGGED_MODEL = "LOGGED_MODEL", "Logged model"
        FUNCTION = "FUNCTION", "Function"
        ENDPOINT = "ENDPOINT", "Serving endpoint"
        VECTOR_INDEX = "VECTOR_INDEX", "Vector index"
        CONNECTION = "CONNECTION", "Connection"
        CONSUMER = "CONSUMER", "Consumer"
        EXTERNAL = "EXTERNAL", "External system"
        MODEL_VERSION = "MODEL_VERSION", "Model version"

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=15, choices=Kind)
    key = BinaryCharField(max_length=255)
    name = models.CharField(max_length=limits.LINEAGE_NAME_LENGTH)
    version = models.ForeignKey(ModelVersion, null=True, on_delete=models.SET_NULL, related_name="lineage_nodes")
    registered_model = models.ForeignKey(RegisteredModel, null=True, on_delete=models.SET_NULL, related_name="+")
    """For a version's node: users who can see the model can see its name."""
    table = models.ForeignKey(Table, null=True, on_delete=models.SET_NULL, related_name="lineage_nodes")
    schema = models.ForeignKey(Schema, null=True, on_delete=models.SET_NULL, related_name="+")
    """For a registered table's node: if the table is gone, its schema decides."""
    external = models.ForeignKey(ExternalMetadata, null=True, on_delete=models.SET_NULL, related_name="lineage_nodes")

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="lineage_node_once")]

    def __str__(self) -> str:
        return str(self.version or self.table or self.name)

    @property
    def is_of_a_row(self) -> bool:
        """Whether it is, or was, a row of ours: then the rights to that row decide who can see it."""
        return self.kind in (self.Kind.MODEL_VERSION, self.Kind.EXTERNAL) or self.key.startswith(ROW)

    @property
    def is_deleted(self) -> bool:
        return self.is_of_a_row and self.version_id is self.table_id is self.external_id is None


class LineageEdge(models.Model):
    """That something goes from ``source`` to ``target``, as ``recorded_by`` has reported, or we have seen.

    Each reporter has its own: reporting an edge does not reveal that others have reported it too.
    """

    class Kind(models.TextChoices):
        READ = "READ", "read"
        MADE = "MADE", "made"
        NEEDED = "NEEDED", "needed"
        COPIED = "COPIED", "copied"
        USED = "USED", "used"
        LOADED = "LOADED", "loaded"
        RELATED = "RELATED", "related"
        DERIVED = "DERIVED", "derived"
        """As ``RELATED``, between two versions."""

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


class Relationship(models.Model):
    """An edge that a user has drawn: with a ``note``, or as databricks-sdk's external lineage has it."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    edge = models.OneToOneField(LineageEdge, on_delete=models.CASCADE, related_name="relationship")
    note = models.CharField(max_length=limits.NOTE_LENGTH, blank=True)
    columns = models.JSONField(default=list, blank=True)
    """Which column of the source becomes which of the target: ``{"source": …, "target": …}`` each."""
    properties = models.JSONField(default=dict, blank=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.edge)


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
