"""Who holds which privilege on what: guardian's rows, one direct-key table per securable and kind of principal.

A direct key is faster than guardian's generic table and goes with the object it is on: a name that is created
again has none of the old grants.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db import models
from django.utils import timezone

from accounts.models import User
from registry.models.ending import GroupGrant, UserGrant
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


@dataclass(frozen=True)
class Rewritten:
    """What really happened to grants, by codename: what was not held, what was and when it would have ended, and what
    lasts longer now."""

    added: set[str]
    removed: dict[str, datetime | None]
    extended: set[str]


def rewrite_grants(
    securable: Securable, principal: User | Group, *, add: set[str], remove: set[str], ends_at: datetime | None = None
) -> Rewritten:
    """Take the permissions ``remove`` (codenames) on ``securable`` from ``principal``, and give it ``add``.

    As guardian's own functions do for one permission at a time, in at most five statements, however many there are.
    What is held already and would end earlier than ``ends_at`` lasts until then: granting takes nothing away.
    """
    is_user = isinstance(principal, User)
    rows: Any = securable.user_grants if is_user else securable.group_grants
    holder = {"user" if is_user else "group": principal}
    known = rows.filter(permission__codename__in=add | remove, **holder)
    ends = dict(known.values_list("permission__codename", "ends_at"))
    held = {codename for codename, end in ends.items() if end is None or end > timezone.now()}
    if remove:
        rows.filter(permission__codename__in=remove, **holder).delete()
    longer = {codename for codename in add & ends.keys() if _is_later(ends_at, ends[codename])}
    if longer:
        rows.filter(permission__codename__in=longer, **holder).update(ends_at=ends_at)
    if new := add - ends.keys():
        permissions = Permission.objects.filter(content_type__app_label="registry", codename__in=new)
        of_kind = permissions.filter(content_type__model=securable._meta.model_name)
        given = [rows.model(content_object=securable, permission=each, ends_at=ends_at, **holder) for each in of_kind]
        rows.bulk_create(given, ignore_conflicts=True)
    return Rewritten(add - held, {codename: ends[codename] for codename in remove & held}, longer & held)


def _is_later(end: datetime | None, other: datetime | None) -> bool:
    """Whether ``end`` comes after ``other``; None is no end, and later than any."""
    return other is not None and (end is None or end > other)


def _who_has_access(holder: str, name: str) -> list[models.Index]:
    """Index the other direction of guardian's unique key: from the object to its grants."""
    return [models.Index(fields=["content_object", holder, "permission"], name=name)]


class MetastoreUserGrant(UserGrant):
    content_object = models.ForeignKey(Metastore, on_delete=models.CASCADE, related_name="user_grants")


class MetastoreGroupGrant(GroupGrant):
    content_object = models.ForeignKey(Metastore, on_delete=models.CASCADE, related_name="group_grants")


class CatalogUserGrant(UserGrant):
    content_object = models.ForeignKey(Catalog, on_delete=models.CASCADE, related_name="user_grants")

    class Meta(UserGrant.Meta):
        abstract = False
        indexes = _who_has_access("user", "catalog_user_grants")


class CatalogGroupGrant(GroupGrant):
    content_object = models.ForeignKey(Catalog, on_delete=models.CASCADE, related_name="group_grants")

    class Meta(GroupGrant.Meta):
        abstract = False
        indexes = _who_has_access("group", "catalog_group_grants")


class SchemaUserGrant(UserGrant):
    content_object = models.ForeignKey(Schema, on_delete=models.CASCADE, related_name="user_grants")

    class Meta(UserGrant.Meta):
        abstract = False
        indexes = _who_has_access("user", "schema_user_grants")


class SchemaGroupGrant(GroupGrant):
    content_object = models.ForeignKey(Schema, on_delete=models.CASCADE, related_name="group_grants")

    class Meta(GroupGrant.Meta):
        abstract = False
        indexes = _who_has_access("group", "schema_group_grants")


class RegisteredModelUserGrant(UserGrant):
    content_object = models.ForeignKey(RegisteredModel, on_delete=models.CASCADE, related_name="user_grants")

    class Meta(UserGrant.Meta):
        abstract = False
        indexes = _who_has_access("user", "registered_model_user_grants")


class RegisteredModelGroupGrant(GroupGrant):
    content_object = models.ForeignKey(RegisteredModel, on_delete=models.CASCADE, related_name="group_grants")

    class Meta(GroupGrant.Meta):
        abstract = False
        indexes = _who_has_access("group", "registered_model_group_grants")


class TableUserGrant(UserGrant):
    content_object = models.ForeignKey(Table, on_delete=models.CASCADE, related_name="user_grants")

    class Meta(UserGrant.Meta):
        abstract = False
        indexes = _who_has_access("user", "table_user_grants")


class TableGroupGrant(GroupGrant):
    content_object = models.ForeignKey(Table, on_delete=models.CASCADE, related_name="group_grants")

    class Meta(GroupGrant.Meta):
        abstract = False
        indexes = _who_has_access("group", "table_group_grants")


class ExternalMetadataUserGrant(UserGrant):
    content_object = models.ForeignKey(ExternalMetadata, on_delete=models.CASCADE, related_name="user_grants")

    class Meta(UserGrant.Meta):
        abstract = False
        indexes = _who_has_access("user", "external_meta_user_grants")


class ExternalMetadataGroupGrant(GroupGrant):
    content_object = models.ForeignKey(ExternalMetadata, on_delete=models.CASCADE, related_name="group_grants")

    class Meta(GroupGrant.Meta):
        abstract = False
        indexes = _who_has_access("group", "external_meta_group_grants")


class ExperimentUserGrant(UserGrant):
    content_object = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="user_grants")

    class Meta(UserGrant.Meta):
        abstract = False
        indexes = _who_has_access("user", "experiment_user_grants")


class ExperimentGroupGrant(GroupGrant):
    content_object = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="group_grants")

    class Meta(GroupGrant.Meta):
        abstract = False
        indexes = _who_has_access("group", "experiment_group_grants")
