"""Aliases and tags."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from registry import limits
from registry.models.hierarchy import Catalog, RegisteredModel, Schema
from registry.models.versions import ModelVersion


class Alias(models.Model):
    """A movable name for one version of a model. ``folded`` is the name without case, by which it is found."""

    registered_model = models.ForeignKey(RegisteredModel, on_delete=models.CASCADE, related_name="aliases")
    model_version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="aliases")
    name = models.CharField(max_length=limits.ALIAS_LENGTH)
    folded = models.CharField(max_length=2 * limits.ALIAS_LENGTH)

    class Meta:
        default_permissions = ()
        ordering = ("folded",)
        verbose_name_plural = "aliases"
        constraints = [
            models.UniqueConstraint(fields=["registered_model", "folded"], name="alias_unique_name"),
            models.CheckConstraint(
                condition=Q(name__length__gte=1, name__length__lte=limits.ALIAS_LENGTH), name="alias_name"
            ),
        ]
        indexes = [models.Index(fields=["folded"], name="alias_folded")]

    def __str__(self) -> str:
        return self.name


class Deprecation(models.Model):
    """What users of a deprecated model should know: what replaces it, from when it is not kept, and why."""

    registered_model = models.OneToOneField(RegisteredModel, on_delete=models.CASCADE, related_name="deprecation")
    replacement = models.ForeignKey(RegisteredModel, null=True, on_delete=models.SET_NULL, related_name="+")
    ends_on = models.DateField(null=True)
    note = models.TextField(blank=True, max_length=limits.DEPRECATION_NOTE_LENGTH)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.registered_model} is deprecated"


class Tag(models.Model):
    """A key with one value, possibly empty. The case of a key counts."""

    key = models.CharField(max_length=limits.TAG_KEY_LENGTH)
    value = models.CharField(max_length=limits.TAG_VALUE_LENGTH, blank=True)

    class Meta:
        abstract = True
        default_permissions = ()
        ordering = ("key",)

    def __str__(self) -> str:
        return f"{self.key}:{self.value}" if self.value else self.key


def _tag_constraints(prefix: str) -> list[models.BaseConstraint]:
    return [
        models.UniqueConstraint(fields=["subject", "key"], name=f"{prefix}_unique_key"),
        models.CheckConstraint(
            condition=Q(
                key__length__gte=1, key__length__lte=limits.TAG_KEY_LENGTH, value__length__lte=limits.TAG_VALUE_LENGTH
            ),
            name=f"{prefix}_length",
        ),
    ]


class CatalogTag(Tag):
    subject = models.ForeignKey(Catalog, on_delete=models.CASCADE, related_name="tags")

    class Meta(Tag.Meta):
        constraints = _tag_constraints("catalog_tag")


class SchemaTag(Tag):
    subject = models.ForeignKey(Schema, on_delete=models.CASCADE, related_name="tags")

    class Meta(Tag.Meta):
        constraints = _tag_constraints("schema_tag")


class RegisteredModelTag(Tag):
    subject = models.ForeignKey(RegisteredModel, on_delete=models.CASCADE, related_name="tags")

    class Meta(Tag.Meta):
        constraints = _tag_constraints("registered_model_tag")
        indexes = [
            models.Index(fields=["key", "value"], name="registered_model_tag_value"),
            models.Index(fields=["value"], name="registered_model_tag_any_key"),
        ]


class ModelVersionTag(Tag):
    subject = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="tags")

    class Meta(Tag.Meta):
        constraints = _tag_constraints("model_version_tag")
        indexes = [models.Index(fields=["key", "value"], name="model_version_tag_value")]


class TagPolicy(models.Model):
    """A governed tag: its key may be given only the listed values (any value where none is listed), and only by its
    assigners."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    tag_key = models.CharField(max_length=limits.TAG_KEY_LENGTH, unique=True)
    description = models.TextField(blank=True)
    values = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        default_permissions = ()
        ordering = ("tag_key",)
        verbose_name_plural = "tag policies"

    def __str__(self) -> str:
        return self.tag_key


class TagPolicyAssigner(models.Model):
    """Who may give a governed tag to objects, and take it away: a user, a service principal or a group."""

    policy = models.ForeignKey(TagPolicy, on_delete=models.CASCADE, related_name="assigners")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    group = models.ForeignKey(Group, null=True, on_delete=models.CASCADE, related_name="+")

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["policy", "user"], name="tag_policy_assigner_user"),
            models.UniqueConstraint(fields=["policy", "group"], name="tag_policy_assigner_group"),
            models.CheckConstraint(
                condition=Q(user__isnull=True, group__isnull=False) | Q(user__isnull=False, group__isnull=True),
                name="tag_policy_assigner_is_one",
            ),
        ]

    def __str__(self) -> str:
        return str(self.principal)

    @property
    def principal(self) -> User | Group:
        principal = self.user or self.group
        assert principal is not None, "the database sees to that"
        return principal
