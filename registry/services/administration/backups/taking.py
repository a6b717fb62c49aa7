"""Making a backup while the product goes on."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

import orjson
from django.conf import settings
from django.utils import timezone

from registry.durable import sync_directory, sync_file, write_durably
from registry.exceptions import FileDoesNotExist, InvalidState
from registry.models import ArtifactRoot, Catalog, ModelVersion, RegisteredModel, Schema
from registry.names import FullName
from registry.services.administration import installation
from registry.services.administration.backups import databases
from registry.services.administration.backups.holding import hold_deletions
from registry.services.administration.backups.manifest import (
    FILES,
    FINDINGS,
    Manifest,
    Part,
    part_at,
    place_of,
    product_version,
)
from registry.services.administration.integrity import Fault, Finding, Owner, compare_digest, compare_size
from registry.storage import artifact_store
from registry.storage.attached import SCHEME as ATTACHED

AT_ONCE = 100
"""Versions that are read from the database at once."""


def back_up(folder: Path) -> Manifest:
    """Write a backup into ``folder``, which is empty or not there, and return its manifest.

    What does not match the database is listed in ``findings.txt``; everything else is in the backup.
    """
    databases.require_current()
    uid = installation.settle()
    _require_empty(folder)
    made_at = timezone.now()
    with hold_deletions(f"backup to {folder}"):
        # The head of the audit chain first: it may be behind the database, and never ahead of it.
        # Runs before what is known of their files: no run is in the backup without them.
        parts = [*_copy_keys(folder), *databases.copy_runs(folder), databases.file_name(), FILES, FINDINGS]
        with TemporaryFile(dir=folder) as inventory:
            with databases.snapshot(folder):
                _write_inventory(inventory)
            copied = _copy_files(folder, inventory)
    for directory, _, _ in os.walk(folder):
        sync_directory(Path(directory))
    manifest = Manifest(
        product_version=product_version(),
        made_at=made_at.isoformat(),
        installation=str(uid),
        engine=databases.engine(),
        parts={name: part_at(folder / name) for name in parts},
        **asdict(copied),
    )
    manifest.write(folder)
    sync_directory(folder.parent)
    return manifest


@dataclass
class Copied:
    versions: int = 0
    files: int = 0
    bytes: int = 0
    findings: int = 0


def _require_empty(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise InvalidState(f"{folder} is not empty: a backup goes into a folder of its own.")
        folder.chmod(0o700)  # it contains the keys
    except (FileExistsError, NotADirectoryError) as error:
        raise InvalidState(f"{folder} is not a folder.") from error


def _copy_keys(folder: Path) -> Iterator[str]:
    keys = [path for name, path in settings.KEY_FILES.items() if name not in settings.KEYS_OF_ENVIRONMENT]
    for path in (settings.AUDIT_HEAD, settings.INSTALLATION_FILE, *keys):
        if path.exists():
            write_durably(folder / path.name, path.read_bytes())
            yield path.name


def _write_inventory(inventory: IO[bytes]) -> None:
    """Write a line for each version that has files, with what the database knows of them.

    Kept aside, so that no transaction stays open while the files are copied. Failed versions have no files.
    """
    versions = ModelVersion.objects.exclude(status=ModelVersion.Status.FAILED_REGISTRATION).order_by("pk")
    versions = versions.select_related("registered_model__schema__catalog").prefetch_related("artifacts")
    model = "registered_model"
    names = (f"{model}__name", f"{model}__schema__name", f"{model}__schema__catalog__name")
    columns = ("uid", "version", "status", "storage_location", *names)
    for version in versions.only(*columns).iterator(chunk_size=AT_ONCE):
        line = {
            "full_name": version.registered_model.full_name,
            **{name: getattr(version, name) for name in columns[:4]},
            "files": [(file.path, file.size, file.sha256) for file in version.artifacts.all()],
        }
        inventory.write(orjson.dumps(line) + b"\n")
    roots = ArtifactRoot.objects.exclude(storage_location__startswith=f"{ATTACHED}:").order_by("pk")
    for root in roots.prefetch_related("artifacts").iterator(chunk_size=AT_ONCE):
        files = [(file.path, file.size, file.sha256) for file in root.artifacts.all() if not file.arriving]
        known = {name: getattr(root, name) for name in ("uid", "kind", "key", "storage_location")}
        inventory.write(orjson.dumps({"root": known, "files": files}) + b"\n")
    inventory.seek(0)


def _named(full_name: str) -> RegisteredModel:
    name = FullName.parse(full_name)
    return RegisteredModel(name=name.model, schema=Schema(name=name.schema, catalog=Catalog(name=name.catalog)))


def _copy_files(folder: Path, inventory: IO[bytes]) -> Copied:
    copied = Copied()
    with (folder / FILES).open("wb") as files, (folder / FINDINGS).open("wb") as findings:
        for line in inventory:
            entry = orjson.loads(line)
            rows = entry.pop("files")
            owner = _owner_of(entry)
            copied.versions += isinstance(owner, ModelVersion)
            for path, part, finding in _copy_tree(folder, owner, {row[0]: (row[1], row[2]) for row in rows}):
                if part is not None:
                    copied.files, copied.bytes = copied.files + 1, copied.bytes + part.size
                    files.write(_line(owner, path, part))
                if finding is not None:
                    copied.findings += 1
                    findings.write(f"{finding}\n".encode())
        sync_file(files)
        sync_file(findings)
    return copied


def _owner_of(entry: dict[str, Any]) -> Owner:
    """Return the version, or the run, that a line of the inventory describes."""
    if root := entry.get("root"):
        return ArtifactRoot(**root)
    return ModelVersion(registered_model=_named(entry.pop("full_name")), **entry)


def _line(owner: Owner, path: str, part: Part) -> bytes:
    where = {"uid": owner.uid, "location": owner.storage_location, "path": path}
    return orjson.dumps({**where, "size": part.size, "sha256": part.sha256}) + b"\n"


def _copy_tree(
    folder: Path, owner: Owner, rows: dict[str, tuple[int, str]]
) -> Iterator[tuple[str, Part | None, Finding | None]]:
    """Copy each file of a version or a run: what it is in the backup, if it is there, and what does not match."""
    for path, (size, sha256) in {**_unknown(owner, rows), **rows}.items():
        target = place_of(folder, str(owner.uid), path)
        part, finding = _copy(owner, path, target)
        if part is not None:
            finding = compare_size(owner, path, size, part.size)
            finding = finding or (compare_digest(owner, path, sha256, part.sha256) if sha256 else None)
        if finding is not None and (isinstance(owner, ArtifactRoot) or owner.is_pending):
            # Sent again, or removed, since the database was read. The row is left out of what is restored.
            target.unlink(missing_ok=True)
            continue
        yield path, part, finding


def _unknown(owner: Owner, rows: dict[str, tuple[int, str]]) -> dict[str, tuple[int, str]]:
    """Files of a ready version that have no row: those of an earlier release."""
    if isinstance(owner, ArtifactRoot) or not owner.is_ready:
        return {}
    files = artifact_store(owner.storage_location).list_files(owner.storage_location)
    return {file.path: (file.size, "") for file in files if file.path not in rows}


def _copy(owner: Owner, path: str, target: Path) -> tuple[Part | None, Finding | None]:
    try:
        return _write(target, _chunks(owner, path)), None
    except FileDoesNotExist:
        finding = compare_size(owner, path, 0, None)
    except InvalidState as error:
        finding = Finding(owner, path, Fault.UNREADABLE, error.message)
    target.unlink()
    return None, finding


def _chunks(owner: Owner, path: str) -> Iterator[bytes]:
    """Read a file. A failed read isn't an OSError: it becomes a finding, while a failed write ends the backup."""
    store, location = artifact_store(owner.storage_location), owner.storage_location
    try:
        yield from store.read(location, path, 0, store.stat(location, path).size)
    except OSError as error:
        raise InvalidState(f"the file cannot be read ({error.strerror})") from error


def _write(target: Path, chunks: Iterable[bytes]) -> Part:
    size, digest = 0, hashlib.sha256()
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("xb") as file:
        for chunk in chunks:
            size += file.write(chunk)
            digest.update(chunk)
        sync_file(file)
    return Part(size, digest.hexdigest())
