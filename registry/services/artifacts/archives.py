"""All files of a version as one zip, made while it is sent."""

from __future__ import annotations

from collections.abc import Iterator

from zipstream import ZipStream

from registry import audit
from registry.actor import Actor
from registry.models import ModelVersion
from registry.services.artifacts import inventory, transfer
from registry.services.artifacts.inventory import StoredFile


def archive_artifacts(*, actor: Actor, version: ModelVersion) -> ZipStream:
    """Return a stream of the zip's bytes, whose ``len`` is known beforehand: files are stored, not compressed.

    Weights do not compress, and so a browser can show how long it will take. One event covers all files. Nothing is
    started if a file is missing; one that is found damaged on the way cuts the stream.
    """
    transfer.require_readable(actor=actor, version=version)
    archive = ZipStream(sized=True)
    for file in inventory.whole_files_of(version):

        def content(file: StoredFile = file) -> Iterator[bytes]:
            # A file is opened when its turn comes: thousands of them would not be open at once.
            yield from inventory.read(version, file, 0, file.size)

        archive.add(content(), file.path, size=file.size)
    audit.artifact_read(actor, version, "*")
    return archive
