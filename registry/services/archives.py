"""All files of a version as one zip, made while it is sent."""

from __future__ import annotations

from collections.abc import Iterator

from zipstream import ZipStream

from registry import audit
from registry.actor import Actor
from registry.models import ModelVersion
from registry.services import artifacts
from registry.storage import artifact_store


def archive_artifacts(*, actor: Actor, version: ModelVersion) -> ZipStream:
    """A stream of the zip's bytes, whose ``len`` is known beforehand: the files are stored, not compressed.

    Weights do not compress, and so a browser can tell how long it will take. One event stands for all files.
    """
    artifacts.require_readable(actor=actor, version=version)
    store, location = artifact_store(version.storage_location), version.storage_location
    archive = ZipStream(sized=True)
    for file in store.list_files(location):

        def content(path: str = file.path, size: int = file.size) -> Iterator[bytes]:
            # A file is opened when its turn comes: thousands of them would not be open at once.
            yield from store.read(location, path, 0, size)

        archive.add(content(), file.path, size=file.size)
    audit.artifact_downloaded(actor, version, "*")
    return archive
