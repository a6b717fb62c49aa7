"""Who holds which privilege on what: guardian's rows, one direct-key table per securable and kind of principal.

A direct key is faster than guardian's generic table and goes with the object it is on: a name that is created
again has none of the old grants.
"""

from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db import models
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from accounts.models import User
from registry.models.experiments import Experiment
from registry.models.hierarchy import (
    Catalog,
    ExternalMetadata,
    Metastore,
    RegisteredModel,
    Schema,
    Securable,
    Table,
)


def rewrite_grants(
    securable: Securable, principal: User | Group, *, add: set[str], remove: set[str]
) -> tuple[set[str], set[str]]:
    """Take the permissions ``remove`` (codenames) on ``securable`` from ``principal``, and give it ``add``.

    Return what was not there, and what was.
    As guardian's own functions do for one permission at a time, in four statements however many there are.
    """
    is_user = isinstance(principal, User)
    rows: Any = securable.user_grants if is_user else securable.group_grants
    holder = {"user" if is_user else "group": principal}
    known = rows.filter(permission__codename__in=add | remove, **holder)
    held = set(known.values_list("permission__codename", flat=True))
    if remove:
        rows.filter(permission__codename__in=remove, **holder).delete()
    if add:
        permissions = Permission.objects.filter(content_type__app_label="registry", codename__in=add)
        of_kind = permissions.filter(content_type__model=securable._meta.model_name)
        rows.bulk_create(
            [rows.model(content_object=securable, permission=permission, **holder) for permission in of_kind],
            ignore_conflicts=True,
        )
    return add - held, remove & held


def _who_has_access(holder: str, name: str) -> list[models.Index]:
    """Index the other direction of guardian's unique key: from the object to its grants."""
    return [models.Index(fields=["content_object", holder, "permission"], name=name)]


class MetastoreUserGrant(UserObjectPermissionBase):
    content_object = models.ForeignKey(Metastore, on_delete=models.CASCADE, related_name="user_grants")


class MetastoreGroupGrant(GroupObjectPermissionBase):
    content_object = models.ForeignKey(Metastore, on_delete=models.CASCADE, related_name="group_grants")


class CatalogUserGrant(UserObjectPermissionBase):
    content_object = models.ForeignKey(Catalog, on_delete=models.CASCADE, related_name="user_grants")

    class Meta(UserObjectPermissionBase.Meta):
        abstract = False
        indexes = _who_has_access("user", "catalog_user_grants")


class CatalogGroupGrant(GroupObjectPermissionBase):
    content_object = models.ForeignKey(Catalog, on_delete=models.CASCADE, related_name="group_grants")

    class Meta(GroupObjectPermissionBase.Meta):
        abstract = False
        indexes = _who_has_access("group", "catalog_group_grants")


class SchemaUserGrant(UserObjectPermissionBase):
    content_object = models.ForeignKey(Schema, on_delete=models.CASCADE, related_name="user_grants")

    class Meta(UserObjectPermissionBase.Meta):
        abstract = False
        indexes = _who_has_access("user", "schema_user_grants")


class SchemaGroupGrant(GroupObjectPermissionBase):
    content_object = models.ForeignKey(Schema, on_delete=models.CASCADE, related_name="group_grants")

    class Meta(GroupObjectPermissionBase.Meta):
        abstract = False
        indexes = _who_has_access("group", "schema_group_grants")


class RegisteredModelUserGrant(UserObjectPermissionBase):
    content_object = models.ForeignKey(RegisteredModel, on_delete=models.CASCADE, related_name="user_grants")

    class Meta(UserObjectPermissionBase.Meta):
        abstract = False
        indexes = _who_has_access("user", "registered_model_user_grants")


class RegisteredModelGroupGrant(GroupObjectPermissionBase):
    content_object = models.ForeignKey(RegisteredModel, on_delete=models.CASCADE, related_name="group_grants")

    class Meta(GroupObjectPermissionBase.Meta):
        abstract = False
        indexes = _who_has_access("group", "registered_model_group_grants")


class TableUserGrant(UserObjectPermissionBase):
    content_object = models.ForeignKey(Table, on_delete=models.CASCADE, related_name="user_grants")

    class Meta(UserObjectPermissionBase.Meta):
        abstract = False
        indexes = _who_has_access("user", "table_user_grants")


class TableGroupGrant(GroupObjectPermissionBase):
    content_object = models.ForeignKey(Table, on_delete=models.CASCADE, related_name="group_grants")

    class Meta(GroupObjectPermissionBase.Meta):
        abstract = False
        indexes = _who_has_access("group", "table_group_grants")


class ExternalMetadataUserGrant(UserObjectPermissionBase):
    content_object = models.ForeignKey(ExternalMetadata, on_delete=models.CASCADE, related_name="user_grants")

    class Meta(UserObjectPermissionBase.Meta):
        abstract = False
        indexes = _who_has_access("user", "external_meta_user_grants")


class ExternalMetadataGroupGrant(GroupObjectPermissionBase):
    content_object = models.ForeignKey(ExternalMetadata, on_delete=models.CASCADE, related_name="group_grants")

    class Meta(GroupObjectPermissionBase.Meta):
        abstract = False
        indexes = _who_has_access("group", "external_meta_group_grants")


class ExperimentUserGrant(UserObjectPermissionBase):
    content_object = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="user_grants")

    class Meta(UserObjectPermissionBase.Meta):
        abstract = False
        indexes = _who_has_access("user", "experiment_user_grants")


class ExperimentGroupGrant(GroupObjectPermissionBase):
    content_object = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="group_grants")

    class Meta(GroupObjectPermissionBase.Meta):
        abstract = False
        indexes = _who_has_access("group", "experiment_group_grants")
