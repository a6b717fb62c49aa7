"""How much the artifacts take, for administrators."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Sum
from django.db.models.functions import Coalesce

from registry import authorization
from registry.actor import Actor
from registry.authorization import Operation
from registry.models import Metastore, ModelVersion
from registry.storage import free_space

LARGEST = 50


@dataclass(frozen=True)
class Use:
    """Versions and bytes of everything of one name."""

    name: str
    versions: int
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
    return StorageUse(
        free_space(), _by("registered_model__schema__catalog__name"), _by("registered_model__full_name", LARGEST)
    )


def _by(column: str, most: int | None = None) -> list[Use]:
    rows = ModelVersion.objects.order_by().values_list(column)
    summed = rows.annotate(versions=Count("pk"), bytes=Coalesce(Sum("size"), 0)).order_by("-bytes", column)
    return [Use(*row) for row in summed[:most]]
