"""Whether the storage holds what the database says, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from registry.exceptions import FileDoesNotExist
from registry.models import ArtifactRoot, Job, ModelVersion, TrashedFiles
from registry.services.artifacts import inventory
from registry.services.shared import placement
from registry.storage import artifact_store, is_attached, locations

AT_ONCE = 2_000
"""Locations that are looked up in one query."""


class Fault(StrEnum):
    MISSING = "missing"
    WRONG_SIZE = "wrong size"
    WRONG_DIGEST = "wrong digest"
    UNREADABLE = "unreadable"


Owner = ModelVersion | ArtifactRoot
"""What files belong to: a version, or a run (or a logged model, or a trace)."""


@dataclass(frozen=True)
class Finding:
    """A file of a version that is not what the database says; ``path`` is empty where it is the whole version."""

    version: Owner
    path: str
    kind: Fault
    detail: str

    def __str__(self) -> str:
        what = f"{self.version}, {self.path}" if self.path else str(self.version)
        return f"{what}: {self.detail}"


def holes(version: ModelVersion, *, digests: bool = True) -> Iterator[Finding]:
    """Name each file of a ready version that is missing or not what arrived; without ``digests``, only by sizes.

    A version that is still being filled, has failed or was deleted in the meantime has none.
    """
    ready = ModelVersion.objects.filter(pk=version.pk, status=ModelVersion.Status.READY)
    if version.is_ready:
        for finding in differences(version, digests=digests):
            if not ready.exists():
                return
            yield finding


def differences(version: ModelVersion, *, digests: bool = True) -> Iterator[Finding]:
    """Name each file of a version, in whatever state, that is not as its row says."""
    sizes = _sizes(version)
    rows = version.artifacts.order_by("path").values_list("path", "size", "sha256")
    has_rows = False
    for path, size, sha256 in rows.iterator():
        has_rows = True
        finding = compare_size(version, path, size, sizes.get(path))
        if finding is None and digests and sha256:  # none of an earlier release
            finding = _compare_content(version, path, size, sha256)
        if finding is not None:
            yield finding
    # A version of an earlier release has no rows, and perhaps no size.
    if not has_rows and version.is_ready and version.size not in (None, sum(sizes.values())):
        detail = f"its files have {sum(sizes.values())} bytes together instead of {version.size}"
        yield Finding(version, "", Fault.WRONG_SIZE if sizes else Fault.MISSING, detail)


def compare_size(version: Owner, path: str, expected: int, size: int | None) -> Finding | None:
    """Return what is wrong with a file that has ``size`` bytes, or is not there (None)."""
    if size is None:
        return Finding(version, path, Fault.MISSING, "the file is not there")
    if size != expected:
        return Finding(version, path, Fault.WRONG_SIZE, f"the file has {size} bytes instead of {expected}")
    return None


def compare_digest(version: Owner, path: str, expected: str, sha256: str) -> Finding | None:
    """Return what is wrong with a file of that SHA-256."""
    if sha256 != expected:
        return Finding(version, path, Fault.WRONG_DIGEST, f"the file's SHA-256 is {sha256} instead of {expected}")
    return None


def rows_without_files(root: ArtifactRoot) -> list[int]:
    """Return the keys of the rows of a run whose files are not there, or not of their size."""
    if is_attached(root.storage_location):
        return []  # which has no rows
    entries = artifact_store(root.storage_location).list_files(root.storage_location)
    sizes = {entry.path: entry.size for entry in entries}
    rows = root.artifacts.values_list("pk", "path", "size")
    return [key for key, path, size in rows.iterator() if sizes.get(path) != size]


def orphans() -> Iterator[str]:
    """Name each location in the storage that no version (in the trash or not) and no run owns, and no job deletes."""
    every_location = locations(placement.bases())
    while some := list(islice(every_location, AT_ONCE)):
        # A version has its row before it has bytes, and the row goes in the same step that creates the job.
        owned = set(ModelVersion.objects.filter(storage_location__in=some).values_list("storage_location", flat=True))
        runs = ArtifactRoot.objects.filter(storage_location__in=some)
        owned.update(runs.values_list("storage_location", flat=True))
        jobs = Job.objects.unfinished().filter(storage_location__in=some)
        owned.update(jobs.values_list("storage_location", flat=True))
        trashed = TrashedFiles.objects.filter(storage_location__in=some)
        owned.update(trashed.values_list("storage_location", flat=True))
        # Once more: one that was restored meanwhile was found neither there nor here.
        restored = ModelVersion.objects.filter(storage_location__in=some)
        owned.update(restored.values_list("storage_location", flat=True))
        for location in some:
            if location not in owned and artifact_store(location).list_directory(location, ""):
                yield location


def _sizes(version: ModelVersion) -> dict[str, int]:
    try:
        files = artifact_store(version.storage_location).list_files(version.storage_location)
    except FileNotFoundError:
        return {}  # removed at this very moment
    return {file.path: file.size for file in files}


def _compare_content(version: ModelVersion, path: str, size: int, sha256: str) -> Finding | None:
    try:
        digest = inventory.sha256_of(version, path, size)
    except FileDoesNotExist:
        return compare_size(version, path, size, None)
    except OSError as error:
        return Finding(version, path, Fault.UNREADABLE, f"the file cannot be read ({error.strerror})")
    return compare_digest(version, path, sha256, digest)
