"""What is known of the files of versions. The bytes themselves are in a storage."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from registry import limits
from registry.models.versions import ModelVersion


class Artifact(models.Model):
    """A file of a version: its size in bytes and its SHA-256, counted while the bytes arrived.

    What a ready version consists of is what its rows say; versions that are older than this table have none.
    """

    model_version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="artifacts")
    path = models.CharField(max_length=limits.ARTIFACT_PATH_LENGTH)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    # The upload in parts that created it: repeated after its answer was lost, that request finds itself here.
    upload = models.CharField(max_length=36, blank=True)
    # The name of the upload that is about to become the file; empty once it is there, and GOING while it is deleted.
    arriving = models.CharField(max_length=limits.UPLOAD_NAME_LENGTH, blank=True)
    # SHA-256 of the path as file systems that fold names compare it. Empty in rows of earlier releases.
    folded = models.CharField(max_length=64, blank=True)

    GOING: ClassVar = "going"

    class Meta:
        default_permissions = ()
        ordering = ("path",)
        constraints = [models.UniqueConstraint(fields=["model_version", "path"], name="artifact_unique_path")]

    def __str__(self) -> str:
        return self.path


class ArtifactWrite(models.Model):
    """What was last written to a path of a version that is being registered; no ``size`` says that it was deleted.

    Rows are kept until the registration ends: then one event reports all of them.
    """

    model_version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="writes")
    path = models.CharField(max_length=limits.ARTIFACT_PATH_LENGTH)
    size = models.BigIntegerField(null=True)
    sha256 = models.CharField(max_length=64, blank=True)
    replaced = models.CharField(max_length=64, blank=True)  # the SHA-256 of what was there before
    writer = models.CharField(max_length=255)
    credential = models.CharField(max_length=100, blank=True)
    times = models.PositiveIntegerField(default=1)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()
        ordering = ("at", "pk")
        constraints = [
            models.UniqueConstraint(
                fields=["model_version", "path", "writer", "credential"], name="artifact_write_once_each"
            )
        ]

    def __str__(self) -> str:
        return f"{self.path} by {self.writer}"


class UploadPart(models.Model):
    """A part of an upload in parts that has arrived: it takes up space before it is part of a file."""

    model_version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="upload_parts")
    upload = models.CharField(max_length=36)
    number = models.PositiveIntegerField()
    size = models.BigIntegerField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["model_version", "upload", "number"], name="upload_part_unique_number")
        ]

    def __str__(self) -> str:
        return f"part {self.number} of {self.upload}"


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
