"""Files of a person's own workspace folder, in which tools of Databricks keep what they have deployed."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from registry import limits


class WorkspaceFile(models.Model):
    """A file or directory at ``path`` below its owner's folder. The folder itself has no row."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="workspace_files")
    path = models.CharField(max_length=limits.ARTIFACT_PATH_LENGTH)
    is_directory = models.BooleanField(default=False)
    content = models.BinaryField(default=bytes)
    size = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    modified_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()
        ordering = ("path",)
        constraints = [models.UniqueConstraint(fields=["owner", "path"], name="workspace_path_once")]

    def __str__(self) -> str:
        return self.path
