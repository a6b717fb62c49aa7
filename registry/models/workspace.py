"""Files of a person's own workspace folder, in which tools of Databricks keep what they have deployed."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from registry import limits


class WithoutContent(models.Manager["WorkspaceFile"]):
    """Reads rows without their content, which may be long; also when deletions of others cascade to them."""

    def get_queryset(self) -> models.QuerySet["WorkspaceFile"]:
        return super().get_queryset().defer("content")


class WorkspaceFile(models.Model):
    """A file or directory at ``path`` below its owner's folder, in ``parent``. The folder itself has no row."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="workspace_files")
    path = models.CharField(max_length=limits.ARTIFACT_PATH_LENGTH)
    parent = models.CharField(max_length=limits.ARTIFACT_PATH_LENGTH)
    is_directory = models.BooleanField(default=False)
    content = models.BinaryField(default=bytes)
    size = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    modified_at = models.DateTimeField(default=timezone.now)

    objects = WithoutContent()

    class Meta:
        base_manager_name = "objects"
        default_permissions = ()
        ordering = ("path",)
        constraints = [models.UniqueConstraint(fields=["owner", "path"], name="workspace_path_once")]
        indexes = [models.Index(fields=["owner", "parent"], name="workspace_directory")]

    def __str__(self) -> str:
        return self.path
