"""How much space the artifacts take, for administrators."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Sum

from registry import authorization
from registry.actor import Actor
from registry.authorization import Operation
from registry.exceptions import StorageFull
from registry.models import Metastore, RegisteredModel
from registry.storage import free_space, room

LARGEST = 50


@dataclass(frozen=True)
class Use:
    """Bytes of everything of one name, and how many ``parts`` it has: models of a catalog, versions of a model."""

    name: str
    parts: int
    size: int


@dataclass(frozen=True)
class StorageUse:
    """``free``: bytes that the file system of the artifacts still has."""

    free: int
    catalogs: list[Use]
    models: list[Use]

    @property
    def size(self) -> int:
        return sum(use.size for use in self.catalogs)


def get_storage_use(*, actor: Actor) -> StorageUse:
    """Use by catalog, and of the largest models, the largest first. Versions of unknown size count as empty."""
    authorization.require(actor, Operation.READ_QUOTAS, Metastore.current())
    by_catalog = RegisteredModel.objects.order_by().values_list("schema__catalog__name")
    catalogs = by_catalog.annotate(parts=Count("pk"), bytes=Sum("size")).order_by("-bytes", "schema__catalog__name")
    # The largest are found by their index first: counting versions along with it would count those of all models.
    largest = RegisteredModel.objects.filter(size__gt=0).order_by("-size", "-pk").values_list("pk", flat=True)[:LARGEST]
    models = RegisteredModel.objects.filter(pk__in=list(largest)).annotate(parts=Count("versions"))
    rows = models.select_related("schema__catalog").order_by("-size", "filed_as", "pk")
    return StorageUse(
        free_space(),
        [Use(*row) for row in catalogs],
        [Use(model.full_name, model.parts, model.size) for model in rows],
    )


def give_room() -> StorageFull:
    """Give up the reserve, as the disk is full, and return the error that says so: a deletion can be noted next."""
    room.give_up_reserve()
    return StorageFull("The disk is full, so nothing was saved. Delete something to free space, then try again.")
