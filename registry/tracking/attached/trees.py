"""The files of runs that the attached server keeps: they have no rows, and others may change them at any time."""

from __future__ import annotations

from collections.abc import Sequence

from registry import storage
from registry.exceptions import FileAlreadyExists, FileDoesNotExist
from registry.models import ArtifactRoot, Experiment, RunArtifact
from registry.services.artifacts.transfer import File
from registry.storage import artifact_store
from registry.storage.attached import location_of, root_of
from registry.storage.base import Upload
from registry.tracking.trees import RunTree


class AttachedTree(RunTree):
    """The same operations as for our own files, performed by the server."""

    @property
    def address(self) -> str:
        return root_of(self._opened().storage_location)

    def files(self) -> Sequence[File]:
        location = self._readable().storage_location
        return [File(entry, "") for entry in artifact_store(location).list_files(location)]

    def _root(self) -> ArtifactRoot:
        return self._opened()

    def _opened(self) -> ArtifactRoot:
        return open_root(self.experiment, self.kind, self.key)

    def _has(self, root: ArtifactRoot, path: str) -> bool:
        try:
            return not artifact_store(root.storage_location).stat(root.storage_location, path).is_directory
        except FileDoesNotExist:
            return False

    def _find(self, root: ArtifactRoot, path: str) -> File:
        return File(artifact_store(root.storage_location).stat(root.storage_location, path), "")

    def _keep(self, root: ArtifactRoot, path: str, upload: Upload, *, overwrite: bool, parts: str = "") -> None:
        store = storage.uploads(root.storage_location)
        try:
            self.require_still_uploadable()
            if not overwrite and self._has(root, path):
                raise FileAlreadyExists(f"There is a file {path!r} already.")
            store.keep(upload, root.storage_location, path)
            if parts:  # when asked again whether they became the file, that is known
                row = {"size": upload.size, "sha256": upload.sha256, "upload": parts}
                RunArtifact.objects.update_or_create(root=root, path=path, defaults=row)
        finally:
            store.discard(upload.name)


def open_root(experiment: Experiment, kind: str, key: str) -> ArtifactRoot:
    """Return the row that represents the files of something that the server knows."""
    location = location_of(kind, experiment.experiment_id or 0, key)
    defaults = {"storage_location": location}
    root, _ = ArtifactRoot.objects.get_or_create(experiment=experiment, kind=kind, key=key, defaults=defaults)
    return root
