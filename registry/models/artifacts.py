"""What is known of the files of versions. The bytes themselves lie in a storage."""

from django.db import models
from django.utils import timezone

from registry import limits
from registry.models.hierarchy import ModelVersion


class Artifact(models.Model):
    """A file of a version: its size in bytes and its SHA-256, counted while the bytes arrived.

    What a ready version consists of is what its rows say; versions that are older than this table have none.
    """

    model_version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="artifacts")
    path = models.CharField(max_length=limits.ARTIFACT_PATH_LENGTH)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    # The upload in parts that it came by: asked again after its answer was lost, that finds itself here.
    upload = models.CharField(max_length=36, blank=True)

    class Meta:
        default_permissions = ()
        ordering = ("path",)
        constraints = [models.UniqueConstraint(fields=["model_version", "path"], name="artifact_unique_path")]

    def __str__(self) -> str:
        return self.path


class Damage(models.Model):
    """A file of a ready version that is not as its row says: missing, or with other bytes."""

    model_version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="damages")
    path = models.CharField(max_length=limits.ARTIFACT_PATH_LENGTH)
    detail = models.CharField(max_length=500)
    found_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()
        ordering = ("path",)
        constraints = [models.UniqueConstraint(fields=["model_version", "path"], name="damage_once")]

    def __str__(self) -> str:
        return f"{self.path}: {self.detail}"
