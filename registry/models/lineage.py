"""What a version was made from and what uses it, as its clients have told (copies stand in the hierarchy itself)."""

from django.db import models
from django.utils import timezone

from registry.models.versions import ModelVersion


class LineageEdge(models.Model):
    """An edge between a version and something outside this catalog: a table, a notebook, a job, a pipeline.

    Everybody tells it for themselves: nobody learns by telling a thing that others have told it too.
    """

    class Direction(models.TextChoices):
        UPSTREAM = "UPSTREAM"
        DOWNSTREAM = "DOWNSTREAM"

    class Kind(models.TextChoices):
        TABLE = "TABLE", "Table"
        NOTEBOOK = "NOTEBOOK", "Notebook"
        JOB = "JOB", "Job"
        PIPELINE = "PIPELINE", "Pipeline"

    model_version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="lineage_edges")
    direction = models.CharField(max_length=10, choices=Direction)
    kind = models.CharField(max_length=10, choices=Kind)
    entity_id = models.CharField(max_length=255)
    name = models.CharField(max_length=800, blank=True)
    first_seen_at = models.DateTimeField(default=timezone.now)
    recorded_by = models.CharField(max_length=255)

    class Meta:
        default_permissions = ()
        ordering = ("kind", "name", "entity_id")
        constraints = [
            models.UniqueConstraint(
                fields=["model_version", "direction", "kind", "entity_id", "recorded_by"], name="lineage_edge_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.name or self.entity_id}"
