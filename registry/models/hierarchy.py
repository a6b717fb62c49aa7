"""Metastore > catalog > schema > registered model, and table."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Greatest, Lower
from django.utils import timezone

from registry import limits
from registry.exceptions import DoesNotExist
from registry.models.experiments import Experiment
from registry.models.fields import BinaryCharField
from registry.models.owned import Owned, Placing, one_owner
from registry.names import FullName
from registry.privileges import SecurableType, permissions_of


def _named(prefix: str) -> list[models.BaseConstraint]:
    """Constrain what the database holds of a named object: lower case and lengths (SQLite ignores those of columns)."""
    return [
        models.CheckConstraint(
            condition=Q(name=Lower("name"), name__length__gte=1, name__length__lte=limits.NAME_LENGTH),
            name=f"{prefix}_name",
        ),
        models.CheckConstraint(condition=Q(comment__length__lte=limits.COMMENT_LENGTH), name=f"{prefix}_comment"),
        one_owner(prefix),
    ]


class Metastore(models.Model):
    """The root of everything; there is exactly one."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=limits.NAME_LENGTH, default="metastore")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    makes_default_schemas = models.BooleanField(
        "each new catalog has a schema 'default'",
        default=True,
        help_text="As in Databricks, whose Terraform provider fails without one.",
    )

    environments = models.CharField(
        max_length=2_000,
        default="dev, staging, prod",
        db_default="dev, staging, prod",
        blank=True,
        help_text="Catalogs in the order in which models are promoted. Copies are offered one catalog further on.",
    )

    securable_type: ClassVar = SecurableType.METASTORE

    class Meta:
        default_permissions = ()
        permissions = permissions_of(SecurableType.METASTORE)

    def __str__(self) -> str:
        return self.name

    @property
    def full_name(self) -> str:
        return str(self.uid)

    @property
    def owner(self) -> None:
        """No one owns it: metastore administrators are users."""
        return None

    @classmethod
    def current(cls) -> Metastore:
        return cls.objects.get_or_create(pk=1)[0]


class Described(Owned):
    """A securable with a name and a comment."""

    name = models.CharField(max_length=limits.NAME_LENGTH)
    comment = models.TextField(blank=True)

    class Meta:
        abstract = True


class Counting(models.Model):
    """``child_count``: how many objects are directly in it (``registry.services.shared.counters``)."""

    child_count = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        abstract = True


class WithProperties(Described):
    """``properties``: texts that clients keep with it, by key. Nothing here reads them."""

    properties = models.JSONField(default=dict, blank=True)

    class Meta:
        abstract = True


class Catalog(WithProperties, Counting, Placing):
    securable_type: ClassVar = SecurableType.CATALOG

    class Meta:
        default_permissions = ()
        permissions = permissions_of(SecurableType.CATALOG)
        ordering = ("name",)
        constraints = [models.UniqueConstraint(fields=["name"], name="catalog_unique_name"), *_named("catalog")]

    def __str__(self) -> str:
        return self.name

    @property
    def full_name(self) -> str:
        return self.name

    @property
    def parent(self) -> None:
        """Metastore grants do not flow down, so for inheritance a catalog has no parent."""
        return None


class Schema(WithProperties, Counting, Placing):
    catalog = models.ForeignKey(Catalog, on_delete=models.CASCADE, related_name="schemas")

    securable_type: ClassVar = SecurableType.SCHEMA

    class Meta:
        default_permissions = ()
        permissions = permissions_of(SecurableType.SCHEMA)
        ordering = ("name",)
        constraints = [
            models.UniqueConstraint(fields=["catalog", "name"], name="schema_unique_name"),
            *_named("schema"),
        ]

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        return ".".join(self.name_parts)

    @property
    def name_parts(self) -> tuple[str, str]:
        return self.catalog.name, self.name

    @property
    def parent(self) -> Catalog:
        return self.catalog


class RegisteredModel(Described, Counting):
    """A model. ``size`` is the sum of its versions' sizes, in bytes: what the artifacts take is asked of models.

    ``filed_as`` repeats its full name, for lists to be sorted by it. After a container was renamed it lags behind,
    until a job has refreshed it (``registry.models.filing``).
    """

    schema = models.ForeignKey(Schema, on_delete=models.CASCADE, related_name="registered_models")
    filed_as = BinaryCharField(max_length=3 * limits.NAME_LENGTH + 2, editable=False)
    deployment_job_id = models.CharField(max_length=255, blank=True)
    last_version = models.PositiveIntegerField(default=0, editable=False)
    size = models.BigIntegerField(default=0, editable=False)

    securable_type: ClassVar = SecurableType.FUNCTION

    class Meta:
        default_permissions = ()
        permissions = permissions_of(SecurableType.FUNCTION)
        ordering = ("name",)
        constraints = [
            models.UniqueConstraint(fields=["schema", "name"], name="registered_model_unique_name"),
            *_named("registered_model"),
        ]
        # What a search may be sorted by, each with the key that breaks ties.
        indexes = [
            models.Index(fields=["filed_as", "id"], name="registered_model_filed"),
            models.Index(fields=["created_at", "id"], name="registered_model_created"),
            models.Index(fields=["updated_at", "id"], name="registered_model_updated"),
            models.Index(fields=["size", "id"], name="registered_model_size"),
        ]

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        return str(self.name_parts)

    @property
    def name_parts(self) -> FullName:
        return FullName(*self.schema.name_parts, self.name)

    @property
    def deployment_job_state(self) -> str:
        """Return the state of the connection, in MLflow's words: there is no deployment job that an id could name."""
        return "NOT_FOUND" if self.deployment_job_id else "NOT_SET_UP"

    @property
    def parent(self) -> Schema:
        return self.schema

    def take_next_version(self, by: str) -> int:
        """Draw the next version number, and count the version. It only rises, and is drawn by one at a time."""
        self._count_version(by, F("last_version") + 1)
        return self.last_version

    def take_version(self, number: int, by: str) -> None:
        """Count a version that has its number from elsewhere: those that are drawn are higher."""
        self._count_version(by, Greatest("last_version", number))

    def _count_version(self, by: str, last: Any) -> None:
        """The model changes ``by`` that: MLflow's programs look at its time for whether there is something new."""
        drawn = {"last_version": last, "child_count": F("child_count") + 1, "updated_at": timezone.now()}
        if RegisteredModel.objects.filter(pk=self.pk).update(**drawn, updated_by=by) != 1:
            raise DoesNotExist(f"{self} was deleted in the meantime.")
        self.refresh_from_db(fields=["last_version", "updated_at", "updated_by"])


class Table(WithProperties):
    """A table that is elsewhere: where, in which format, and with which columns, as a client has reported it.

    ``columns``: a mapping each, as clients send it, with at least a name.
    """

    schema = models.ForeignKey(Schema, on_delete=models.CASCADE, related_name="tables")
    storage_location = models.CharField(max_length=limits.LOCATION_LENGTH)
    data_source_format = models.CharField(max_length=40)
    columns = models.JSONField(default=list, blank=True)

    securable_type: ClassVar = SecurableType.TABLE

    class Meta:
        default_permissions = ()
        permissions = permissions_of(SecurableType.TABLE)
        ordering = ("name",)
        constraints = [
            models.UniqueConstraint(fields=["schema", "name"], name="table_unique_name"),
            *_named("table"),
        ]

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        return f"{self.schema.full_name}.{self.name}"

    @property
    def name_parts(self) -> FullName:
        return FullName(*self.schema.name_parts, self.name)

    @property
    def parent(self) -> Schema:
        return self.schema


class ExternalMetadata(WithProperties):
    """Something in another system: a topic, a dashboard, a table of a warehouse. Its lineage leads to what is here.

    ``columns``: their names. Its name never changes: relationships are identified by it.
    """

    system_type = models.CharField(max_length=40)
    entity_type = models.CharField(max_length=limits.NAME_LENGTH)
    url = models.CharField(max_length=limits.LOCATION_LENGTH, blank=True)
    columns = models.JSONField(default=list, blank=True)

    securable_type: ClassVar = SecurableType.EXTERNAL_METADATA

    class Meta:
        default_permissions = ()
        permissions = permissions_of(SecurableType.EXTERNAL_METADATA)
        ordering = ("name",)
        constraints = [
            models.UniqueConstraint(fields=["name"], name="external_metadata_unique_name"),
            *_named("external_metadata"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def full_name(self) -> str:
        return self.name

    @property
    def parent(self) -> None:
        """Nothing: grants on the metastore do not flow down."""
        return None


Securable = Metastore | Catalog | Schema | RegisteredModel | Table | ExternalMetadata | Experiment
"""What a grant can be on."""
