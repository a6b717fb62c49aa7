"""What people keep for themselves: no one else sees it, and it isn't part of the audit."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from registry import limits
from registry.models.references import RefersToOne, refers_to_one


class Pin(RefersToOne):
    """An object that a user has put at the top of their tree."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="pins")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        default_permissions = ()
        ordering = ("created_at",)
        constraints = [
            refers_to_one("pin_of_one_object"),
            models.UniqueConstraint(fields=["user", "catalog"], name="pin_catalog_once"),
            models.UniqueConstraint(fields=["user", "schema"], name="pin_schema_once"),
            models.UniqueConstraint(fields=["user", "registered_model"], name="pin_model_once"),
        ]

    def __str__(self) -> str:
        return str(self.securable)


class DefaultNamespace(models.Model):
    """Where a user's short names of models begin: ``name`` is ``<catalog>.<schema>``, or a catalog's."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="default_namespace")
    name = models.CharField(max_length=2 * limits.NAME_LENGTH + 1)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.name


class SavedSearch(models.Model):
    """A search that a user comes back to: the query of the search page's address."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_searches")
    name = models.CharField(max_length=limits.SAVED_SEARCH_NAME)
    query = models.TextField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        default_permissions = ()
        ordering = ("name",)
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="saved_search_once")]

    def __str__(self) -> str:
        return self.name
