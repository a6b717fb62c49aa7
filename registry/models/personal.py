"""What people keep for themselves: nobody else sees it, and it is no part of the audit."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from registry import limits
from registry.models.hierarchy import Catalog, RegisteredModel, Schema, Securable


class Pin(models.Model):
    """An object that somebody has put at the top of their tree."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="pins")
    catalog = models.ForeignKey(Catalog, null=True, on_delete=models.CASCADE, related_name="+")
    schema = models.ForeignKey(Schema, null=True, on_delete=models.CASCADE, related_name="+")
    registered_model = models.ForeignKey(RegisteredModel, null=True, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        default_permissions = ()
        ordering = ("created_at",)
        constraints = [
            models.CheckConstraint(
                condition=(
                    Q(catalog__isnull=False, schema__isnull=True, registered_model__isnull=True)
                    | Q(catalog__isnull=True, schema__isnull=False, registered_model__isnull=True)
                    | Q(catalog__isnull=True, schema__isnull=True, registered_model__isnull=False)
                ),
                name="pin_of_one_object",
            ),
            models.UniqueConstraint(fields=["user", "catalog"], name="pin_catalog_once"),
            models.UniqueConstraint(fields=["user", "schema"], name="pin_schema_once"),
            models.UniqueConstraint(fields=["user", "registered_model"], name="pin_model_once"),
        ]

    def __str__(self) -> str:
        return str(self.securable)

    @property
    def securable(self) -> Securable:
        securable = self.catalog or self.schema or self.registered_model
        if securable is None:
            raise ValueError("A pin is of one object.")
        return securable


class SavedSearch(models.Model):
    """A search that somebody comes back to: the query of the search page's address."""

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
