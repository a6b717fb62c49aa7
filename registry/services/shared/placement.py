"""Where the files of something new go: to the storage root of its schema, its catalog or the installation."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from django.conf import settings

from registry.exceptions import InvalidParameterValue
from registry.models import Catalog, Metastore, Schema
from registry.storage import new_location
from registry.storage.roots import checked_root, is_below


def location_of_version(schema: Schema, uid: UUID) -> str:
    """Return the location of the new version ``uid``. Renames move nothing, and nor does another root set later."""
    return new_location(uid, _base(root_of(schema)))


def location_of_run(uid: UUID) -> str:
    """Return the location of the files of a run, a logged model or a trace: they lie where the installation's do."""
    return new_location(uid, _base(settings.STORAGE["root"]))


def root_of(container: Catalog | Schema) -> str:
    """Return the root below which new versions in ``container`` are kept; empty for the local disk."""
    if isinstance(container, Schema):
        return container.storage_root or root_of(container.catalog)
    return container.storage_root or settings.STORAGE["root"]


def storage_root(text: str | None) -> str:
    """Return the root that a client names for a container, empty for none; InvalidParameterValue unless it is below
    one of STORAGE_ROOTS, the list that this server's administrators keep."""
    if not text or not text.strip():
        return ""
    try:
        root = checked_root(text)
    except InvalidParameterValue as error:
        raise InvalidParameterValue(f"storage_root: {error.message}") from error
    if not is_below(root, settings.STORAGE["allowed"]):
        raise InvalidParameterValue(
            f"storage_root: {root!r} is below none of the roots that this server's administrators allow: STORAGE_ROOTS."
        )
    return root


def bases() -> list[str]:
    """Return the folder of this installation in each root in use."""
    return sorted({_base(root) for root in _roots()})


def _roots() -> Iterator[str]:
    if settings.STORAGE["root"]:
        yield settings.STORAGE["root"]
    for model in (Catalog, Schema):
        yield from model.objects.exclude(storage_root="").values_list("storage_root", flat=True).distinct()


def _base(root: str) -> str:
    """Return the folder of this installation: two that share a root never take each other's files for orphans."""
    return f"{root}/{Metastore.current().uid}" if root else ""
