"""What is known of the files of runs, logged models and traces. The bytes themselves are in a storage."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone

from registry import limits
from registry.models.experiments import Experiment


class ArtifactRoot(models.Model):
    """Where the files of one run, logged model or trace are; ``key`` is MLflow's id of it.

    The id of a trace is its client's choice: one that was deleted may come again in another experiment, as another.
    """

    class Kind(models.TextChoices):
        RUN = "run"
        MODEL = "model"
        TRACE = "trace"

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    experiment = models.ForeignKey(Experiment, on_delete=models.PROTECT, related_name="artifact_roots")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    key = models.CharField(max_length=50)
    storage_location = models.CharField(max_length=1024, unique=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["experiment", "kind", "key"], name="artifact_root_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class RunArtifact(models.Model):
    """A file of a run: its size in bytes and its SHA-256, counted while the bytes arrived.

    ``arriving`` names the upload that is about to become the file; it is empty once that is there.
    """

    root = models.ForeignKey(ArtifactRoot, on_delete=models.CASCADE, related_name="artifacts")
    path = models.CharField(max_length=limits.ARTIFACT_PATH_LENGTH)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    upload = models.CharField(max_length=36, blank=True)  # in parts: a repeated request finds itself here
    arriving = models.CharField(max_length=limits.UPLOAD_NAME_LENGTH, blank=True)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()
        ordering = ("path",)
        constraints = [models.UniqueConstraint(fields=["root", "path"], name="run_artifact_unique_path")]

    def __str__(self) -> str:
        return self.path
