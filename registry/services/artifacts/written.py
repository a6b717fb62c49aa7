"""What was written to versions while they were registered, and by whom: noted file by file, reported once.

An event for each file would flood the audit log; one for each registration reports all of them, when it ends.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import F, QuerySet
from django.utils import timezone

from registry import audit
from registry.actor import Actor
from registry.models import ArtifactWrite, ModelVersion
from registry.services.artifacts.inventory import StoredFile

FILES_PER_EVENT = 1_000
"""Files that one event reports; if there are more, there are more events."""


def note(actor: Actor, version: ModelVersion, path: str, *, size: int | None, sha256: str, replaced: str) -> None:
    """Note that ``actor`` has written a file, or deleted it (no ``size``). The caller holds the version.

    ``replaced``: the SHA-256 of what was there before. A path that is written again has one row that counts.
    """
    values = {"size": size, "sha256": sha256, "replaced": replaced, "at": timezone.now()}
    key = {"path": path, "writer": actor.name, "credential": actor.credential[:100]}
    if not version.writes.filter(**key).update(times=F("times") + 1, **values):
        version.writes.create(**key, **values)


def tell(actor: Actor, version: ModelVersion, outcome: str, files: Iterable[StoredFile] = ()) -> None:
    """Record what was written to ``version``, whose registration ends with ``outcome``, in the same transaction.

    ``files``: what it consists of. One that is not as someone's last write left it is reported too, as no one's.
    """
    writes = list(version.writes.all())
    entries = [_as_entry(write) for write in writes]
    known = {(write.path, write.sha256) for write in writes}
    entries += [
        {"path": file.path, "size": file.size, "sha256": file.sha256, "by": ""}
        for file in files
        if (file.path, file.sha256) not in known
    ]
    parts = range(0, len(entries), FILES_PER_EVENT)
    for number, start in enumerate(parts, 1):
        some = entries[start : start + FILES_PER_EVENT]
        audit.artifacts_written(actor, version, outcome, some, part=number, parts=len(parts))
    version.writes.all().delete()


def tell_of_deleted(actor: Actor, versions: QuerySet[ModelVersion]) -> None:
    """Record what was written to those of ``versions``, which are to be deleted, that no one has finalized."""
    written = ArtifactWrite.objects.filter(model_version__in=versions.order_by().values("pk"))
    keys = written.order_by().values_list("model_version", flat=True).distinct()
    for version in ModelVersion.objects.filter(pk__in=keys).select_related("registered_model__schema__catalog"):
        tell(actor, version, "DELETED")


def _as_entry(write: ArtifactWrite) -> dict[str, Any]:
    """A row as an event reports it, without what is usual."""
    entry = {
        "path": write.path,
        "size": write.size,
        "sha256": write.sha256,
        "by": write.writer,
        "credential": write.credential,
        "at": write.at.isoformat(),
    }
    if write.size is None:
        entry["deleted"] = True
    if write.times > 1:
        entry["times"] = write.times
    if write.replaced:
        entry["replaced"] = write.replaced
    return entry
