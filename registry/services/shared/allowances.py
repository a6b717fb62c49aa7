"""How many bytes may still be taken: the largest file, the largest version, and the quotas of bytes.

All are off unless their settings say otherwise. They are asked before bytes are taken, while they arrive, and once
more when they are to stay, with the rows held that are counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet, Sum

from accounts.models import User
from registry.exceptions import QuotaExceeded, RegistryError, TooLarge
from registry.models import Artifact, Catalog, Job, ModelVersion, RegisteredModel, TrashedFiles, UploadPart, locks


@dataclass(frozen=True)
class Room:
    """Bytes that are left, and what is said to users who want more."""

    size: int
    error: type[RegistryError]
    message: str


@dataclass(frozen=True)
class Allowance:
    """All the rooms that some bytes have to fit into."""

    rooms: tuple[Room, ...] = ()

    def require(self, size: int) -> None:
        """Raise TooLarge or QuotaExceeded unless ``size`` bytes fit."""
        for room in self.rooms:
            if size > room.size:
                raise room.error(room.message)

    def counted(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Hand ``chunks`` on as long as they fit."""
        size = 0
        for chunk in chunks:
            size += len(chunk)
            self.require(size)
            yield chunk


def of_file(version: ModelVersion, path: str, *, upload: str = "") -> Allowance:
    """Return what a file ``path`` of ``version`` may have; it replaces a file of that name, and ``upload``'s parts."""
    if _is_unlimited():
        return Allowance()
    replaced = _sum(Artifact.objects.filter(model_version=version, path=path))
    return _allowance(version, replaced + _sum(_parts(version, upload)), file=0)


def of_single_file() -> Allowance:
    """Return what a file that isn't part of a version may have."""
    most = settings.LARGEST_FILE
    return Allowance() if most is None else Allowance((Room(most, TooLarge, _LARGEST_FILE.format(most)),))


def of_part(version: ModelVersion, upload: str, number: int) -> Allowance:
    """Return what part ``number`` of an upload may have, besides the parts that have arrived."""
    if _is_unlimited():
        return Allowance()
    parts = _parts(version, upload)
    return _allowance(version, _sum(parts.filter(number=number)), file=_sum(parts.exclude(number=number)))


def require_files(version: ModelVersion, sizes: Iterable[int]) -> None:
    """Raise unless files of those ``sizes`` may all go into ``version``, which has none of them."""
    if _is_unlimited():
        return
    allowance, total = _allowance(version, 0, file=0), 0
    for size in sizes:
        total += size
        if settings.LARGEST_FILE is not None and size > settings.LARGEST_FILE:
            raise TooLarge(_LARGEST_FILE.format(settings.LARGEST_FILE))
    Allowance(allowance.rooms[settings.LARGEST_FILE is not None :]).require(total)


def require_version(creator: User, size: int, destination: RegisteredModel) -> None:
    """Raise unless a version of ``size`` bytes may go into ``destination``. The caller holds the catalog (``hold``)."""
    rooms = _quotas(creator.pk, destination.schema.catalog)
    if settings.LARGEST_VERSION is not None:
        rooms = (Room(settings.LARGEST_VERSION, TooLarge, _LARGEST_VERSION.format(settings.LARGEST_VERSION)), *rooms)
    Allowance(rooms).require(size)


def hold(catalog: Catalog) -> None:
    """Hold what is counted, where there is a quota of bytes: before any other row (see ``locks``)."""
    if settings.QUOTAS["bytes_per_catalog"] is not None or settings.QUOTAS["bytes_per_principal"] is not None:
        locks.hold(catalog)


def bytes_of_catalog(catalog: Catalog) -> int:
    """Return the bytes of all that is in a catalog: versions, also in the trash, what is being uploaded, and what is
    being copied."""
    registered = _sum(RegisteredModel.objects.filter(schema__catalog=catalog)) + _sum(_trashed_in(catalog))
    arriving = _pending(Q(model_version__registered_model__schema__catalog=catalog))
    return registered + arriving + _copied(Q(target__registered_model__schema__catalog=catalog))


def bytes_of_principal(key: int) -> int:
    """Return the bytes of everything that was registered by the principal with that key, wherever it is."""
    versions = ModelVersion.objects.filter(creator_key=key, status=ModelVersion.Status.READY)
    trashed = TrashedFiles.objects.filter(creator_key=key)
    return (
        _sum(versions)
        + _sum(trashed)
        + _pending(Q(model_version__creator_key=key))
        + _copied(Q(target__creator_key=key))
    )


def _trashed_in(catalog: Catalog) -> QuerySet[TrashedFiles]:
    """Return what comes back into ``catalog`` if it is restored."""
    return TrashedFiles.objects.filter(
        Q(entry__catalog=catalog)
        | Q(entry__schema__catalog=catalog)
        | Q(entry__registered_model__schema__catalog=catalog)
    )


def bytes_by_catalog() -> Counter[int]:
    """Return ``bytes_of_catalog`` of all of them, by their keys (seven queries)."""
    models = RegisteredModel.objects.order_by(), "schema__catalog_id"
    totals = _totals(models, "registered_model__schema__catalog_id")
    for path in ("catalog", "schema__catalog", "registered_model__schema__catalog"):
        rows = TrashedFiles.objects.exclude(**{f"entry__{path}": None}).order_by().values_list(f"entry__{path}")
        for key, size in rows.annotate(total=Sum("size")):
            totals[key] += size
    return totals


def principals_with_bytes() -> list[tuple[User, int]]:
    """Return every principal that has registered something, by name, with ``bytes_of_principal`` (six queries)."""
    versions = ModelVersion.objects.filter(status=ModelVersion.Status.READY), "creator_key"
    totals = _totals(versions, "creator_key")
    for key, size in TrashedFiles.objects.order_by().values_list("creator_key").annotate(total=Sum("size")):
        totals[key] += size
    users = User.objects.order_by("user_name").in_bulk(key for key, total in totals.items() if key and total)
    return sorted(((user, totals[key]) for key, user in users.items()), key=lambda one: one[0].user_name)


def _totals(registered: tuple[QuerySet[Any], str], of_version: str) -> Counter[int]:
    """Bytes of what is ``registered`` (rows with a size, and the column to sum them by), is arriving or being copied.

    ``of_version`` is that column as seen from a version.
    """
    arriving = ((rows, f"model_version__{of_version}", "size") for rows in _arriving(Q()))
    copied = Job.objects.unfinished().filling(), f"target__{of_version}", "bytes_total"
    totals: Counter[int] = Counter()
    for rows, key, column in ((*registered, "size"), *arriving, copied):
        for owner, total in rows.order_by().values_list(key).annotate(total=Sum(column)):
            totals[owner] += total or 0
    return totals


_LARGEST_FILE = "A file has at most {} bytes here."
_LARGEST_VERSION = "A version has at most {} bytes here, with all its files."


def _is_unlimited() -> bool:
    quotas = settings.QUOTAS["bytes_per_catalog"], settings.QUOTAS["bytes_per_principal"]
    return (settings.LARGEST_FILE, settings.LARGEST_VERSION, *quotas) == (None,) * 4


def _allowance(version: ModelVersion, replaced: int, *, file: int) -> Allowance:
    """``replaced``: bytes that go when the new ones come. ``file``: bytes that the file has already."""
    rooms: list[Room] = []
    if settings.LARGEST_FILE is not None:
        rooms.append(Room(settings.LARGEST_FILE - file, TooLarge, _LARGEST_FILE.format(settings.LARGEST_FILE)))
    if settings.LARGEST_VERSION is not None:
        left = settings.LARGEST_VERSION - _sum(version.artifacts.all()) - _sum(version.upload_parts.all()) + replaced
        rooms.append(Room(left, TooLarge, _LARGEST_VERSION.format(settings.LARGEST_VERSION)))
    quotas = _quotas(version.creator_key, version.registered_model.schema.catalog)
    return Allowance((*rooms, *(Room(room.size + replaced, room.error, room.message) for room in quotas)))


def _quotas(creator: int | None, catalog: Catalog) -> tuple[Room, ...]:
    """What is left of the quotas. Only their limits are shown: usage would reveal what others may not see."""
    rooms: list[Room] = []
    limit = settings.QUOTAS["bytes_per_principal"]
    if limit is not None and creator is not None:
        words = f"This would be more than the {limit} bytes that one principal may register."
        rooms.append(Room(limit - bytes_of_principal(creator), QuotaExceeded, words))
    limit = settings.QUOTAS["bytes_per_catalog"]
    if limit is not None:
        words = f"This would be more than the {limit} bytes that Catalog '{catalog.name}' may hold."
        rooms.append(Room(limit - bytes_of_catalog(catalog), QuotaExceeded, words))
    return tuple(rooms)


def _pending(which: Q) -> int:
    return sum(_sum(rows) for rows in _arriving(which))


def _arriving(which: Q) -> tuple[QuerySet[Any], QuerySet[Any]]:
    """What has arrived for versions which clients fill: files, and parts of files."""
    filling = Job.objects.unfinished().filter(target__isnull=False).values("target")
    pending = which & Q(model_version__status=ModelVersion.Status.PENDING_REGISTRATION)
    files = Artifact.objects.filter(pending).exclude(model_version__in=filling)
    return files, UploadPart.objects.filter(pending)


def _copied(which: Q) -> int:
    """Bytes of what is being copied or registered, as if all of it had been."""
    return _sum(Job.objects.unfinished().filter(which).filling(), "bytes_total")


def _parts(version: ModelVersion, upload: str) -> QuerySet[UploadPart]:
    return UploadPart.objects.filter(model_version=version, upload=upload)


def _sum(rows: QuerySet[Any], column: str = "size") -> int:
    return rows.order_by().aggregate(total=Sum(column))["total"] or 0
