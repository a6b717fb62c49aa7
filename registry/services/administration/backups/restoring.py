"""Bringing a backup into an empty installation, and saying whether everything is there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import orjson
from django.conf import settings

from registry.durable import write_durably
from registry.exceptions import InvalidState
from registry.models import ArtifactRoot, DeletionHold, ModelVersion, TrashEntry
from registry.services.administration.backups import databases
from registry.services.administration.backups.manifest import FILES, Manifest, Part, place_of
from registry.services.administration.integrity import differences, holes, orphans, rows_without_files
from registry.storage import locations, uploads
from registry.storage.base import CHUNK

Damaged = dict[tuple[str, str], str]
"""Files that are not what the backup's own list says, by location and path: what is wrong with each."""


def check(folder: Path) -> Manifest:
    """Raise InvalidState unless ``folder`` is a whole backup, and DATA_DIR and database take it in."""
    manifest = Manifest.read(folder)
    if manifest.engine != databases.engine():
        raise InvalidState(
            f"The backup is of {manifest.engine}, and DATABASE_URL names {databases.engine()}: a backup is restored "
            "into a database of its own kind."
        )
    files = (settings.AUDIT_HEAD, settings.INSTALLATION_FILE, settings.DATA_DIR / databases.RUNS)
    if any(path.exists() for path in files) or next(locations(()), None) is not None:
        raise InvalidState(f"DATA_DIR {settings.DATA_DIR} is in use: a backup is restored into an empty one.")
    if not databases.is_empty():
        raise InvalidState("The database is not empty: a backup is restored into an empty one.")
    for name, path in settings.KEY_FILES.items():
        if path.name not in manifest.parts and name not in settings.KEYS_OF_ENVIRONMENT:
            raise InvalidState(f"The backup has no {path.name}: set {name} to what it was when the backup was made.")
    manifest.verify(folder)
    return manifest


def place(folder: Path, manifest: Manifest) -> Damaged:
    """Bring database, files and keys to where they belong."""
    databases.load(folder)
    if databases.RUNS in manifest.parts:
        databases.load_runs(folder)
    settings.ARTIFACT_ROOT.mkdir(parents=True, exist_ok=True)
    settings.ARTIFACT_ROOT.chmod(0o700)  # as `manage.py up` has it
    damaged = _place_files(folder)
    for path in (settings.AUDIT_HEAD, *settings.KEY_FILES.values()):
        if path.name in manifest.parts:
            write_durably(path, (folder / path.name).read_bytes())
    return damaged


def complete(manifest: Manifest) -> int:
    """Make it an installation that can be started; return how many unfinished files were left out.

    Such a file was sent again or removed while the backup was made: its row would promise what no one has.
    """
    DeletionHold.objects.all().delete()  # the backup's own
    TrashEntry.objects.all().delete()  # whose files are in no backup
    left_out = 0
    for version in ModelVersion.objects.filter(status=ModelVersion.Status.PENDING_REGISTRATION).iterator():
        for finding in list(differences(version)):
            left_out += version.artifacts.filter(path=finding.path).delete()[0]
    for root in ArtifactRoot.objects.iterator():
        left_out += root.artifacts.filter(pk__in=rows_without_files(root)).delete()[0]
    # Last: without it a database that has an id is refused.
    write_durably(settings.INSTALLATION_FILE, f"{manifest.installation}\n".encode())
    return left_out


def compare(damaged: Damaged) -> Iterator[str]:
    """Name each difference between the rows and the files."""
    remaining = dict(damaged)
    versions = ModelVersion.objects.filter(status=ModelVersion.Status.READY).select_related("registered_model")
    for version in versions.iterator():
        for finding in holes(version):
            remaining.pop((version.storage_location, finding.path), None)
            yield str(finding)
    yield from remaining.values()
    for location in orphans():
        yield f"{location}: no version owns what lies there"


def _place_files(folder: Path) -> Damaged:
    damaged: Damaged = {}
    with (folder / FILES).open("rb") as lines:
        for line in lines:
            entry = orjson.loads(line)
            location, path = entry["location"], entry["path"]
            if _place(place_of(folder, entry["uid"], path), location, path) != Part(entry["size"], entry["sha256"]):
                damaged[location, path] = f"{location}, {path}: the backup's file is missing or damaged"
    return damaged


def _place(source: Path, location: str, path: str) -> Part | None:
    store = uploads(location)
    try:
        upload = store.receive(location, path, _chunks(source))
    except FileNotFoundError:
        return None
    try:
        store.keep(upload, location, path)
    finally:
        store.discard(upload.name)
    return Part(upload.size, upload.sha256)


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk
