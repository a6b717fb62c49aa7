"""What is known of the files of versions. The bytes themselves lie in a storage."""

from django.db import models

from registry import limits
from registry.models.hierarchy import ModelVersion


class Artifact(models.Model):
    """A file of a version: its size in bytes and its SHA-256, counted while the bytes arrived.

    A listing comes from the storage, which is the truth; versions that are older than this table have no rows.
    """

    model_version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="artifacts")
    path = models.CharField(max_length=limits.ARTIFACT_PATH_LENGTH)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        default_permissions = ()
        ordering = ("path",)
        constraints = [models.UniqueConstraint(fields=["model_version", "path"], name="artifact_unique_path")]

    def __str__(self) -> str:
        return self.path
