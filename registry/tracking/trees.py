"""The files of runs, logged models and traces: in our own storage, with size and SHA-256, as those of versions are.

They may be written again at any time, by users who may edit the experiment.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from registry import authorization, storage
from registry.actor import Actor
from registry.authorization import Operation
from registry.exceptions import (
    Damaged,
    FileAlreadyExists,
    FileDoesNotExist,
    InvalidParameterValue,
    NoSuchUpload,
)
from registry.models import ArtifactRoot, Experiment, RunArtifact, locks
from registry.services.artifacts.digests import compared
from registry.services.artifacts.transfer import File
from registry.services.artifacts.uploads import clashing
from registry.services.shared import allowances, placement
from registry.storage import artifact_store
from registry.storage.base import CHUNK, Entry, Upload
from registry.storage.paths import artifact_path, new_artifact_path

_PROXY = "mlflow-artifacts:/"
"""How the addresses that clients get begin. What follows it is the path of MLflow's proxy."""
_FOLDERS = {ArtifactRoot.Kind.RUN: "", ArtifactRoot.Kind.MODEL: "models/", ArtifactRoot.Kind.TRACE: "traces/"}


@dataclass(frozen=True)
class RunTree:
    """The files of what is called ``key`` in ``experiment``, for ``actor``."""

    actor: Actor
    experiment: Experiment
    kind: ArtifactRoot.Kind
    key: str

    @property
    def title(self) -> str:
        return f"{self.kind} {self.key}"

    @property
    def uid(self) -> UUID:
        return self._opened().uid

    @property
    def address(self) -> str:
        """Where clients are told that the files are."""
        return f"{_PROXY}{self.experiment.experiment_id}/{_FOLDERS[self.kind]}{self.key}/artifacts"

    def find(self, path: str) -> File:
        return self._find(self._readable(), path)

    def _find(self, root: ArtifactRoot, path: str) -> File:
        entry = artifact_store(root.storage_location).stat(root.storage_location, artifact_path(path) if path else "")
        row = root.artifacts.filter(path=path, arriving="").first()
        if row is not None and row.size != entry.size:
            raise self._damaged(path, f"it has {entry.size} bytes, not {row.size}")
        return File(entry, row.sha256 if row is not None else "")

    def read(self, path: str, start: int, length: int) -> Iterator[bytes]:
        root = self._readable()
        file = self._find(root, path)
        pieces = artifact_store(root.storage_location).read(root.storage_location, path, start, length)
        if not file.sha256 or (start, length) != (0, file.entry.size):
            return pieces
        whole = compared(pieces, file.sha256, lambda detail: self._damaged(path, detail))
        return iter(list(whole)) if length <= CHUNK else whole

    def look(self, path: str, length: int) -> Iterator[bytes]:
        return self.read(path, 0, length)

    def list(self, path: str) -> list[Entry]:
        root = self._readable()
        return artifact_store(root.storage_location).list_directory(
            root.storage_location, artifact_path(path) if path else ""
        )

    def files(self) -> Sequence[File]:
        rows = self._readable().artifacts.filter(arriving="").order_by("path")
        return [File(Entry(row.path, False, row.size, row.updated_at), row.sha256) for row in rows]

    def vend_url(self, path: str, *, write: bool) -> str:
        if write:
            self.require_uploadable(path)
            return ""
        if self.find(path).entry.is_directory:
            raise FileDoesNotExist(f"{path!r} is a directory.")
        return storage.direct_link(self._root().storage_location, path)

    def require_uploadable(self, path: str) -> None:
        self._require(Operation.EDIT_EXPERIMENT)
        new_artifact_path(path)

    def require_still_uploadable(self) -> None:
        """Raise if the right to write was lost while the bytes arrived."""
        authorization.renew(self.actor)
        self._require(Operation.EDIT_EXPERIMENT)

    def write(self, path: str, chunks: Iterable[bytes], size: int | None, *, overwrite: bool = True) -> None:
        self.require_uploadable(path)
        allowance, root = allowances.of_single_file(), self._opened()
        allowance.require(size or 0)
        storage.require_room(size or 0, root.storage_location)
        upload = storage.uploads(root.storage_location).receive(root.storage_location, path, allowance.counted(chunks))
        self._keep(root, path, upload, overwrite=overwrite)

    def begin_upload(self, path: str, *, overwrite: bool) -> str:
        self.require_uploadable(path)
        root = self._opened()
        if not overwrite and self._has(root, path):
            raise _already_there(path)
        return storage.uploads(root.storage_location).open_parts(root.storage_location)

    def write_part(self, parts: str, number: int, chunks: Iterable[bytes], size: int | None) -> str:
        self._require(Operation.EDIT_EXPERIMENT)
        location = self._opened().storage_location
        storage.require_room(size or 0, location)
        store = storage.uploads(location)
        upload = store.receive_part(location, parts, number, allowances.of_single_file().counted(chunks))
        try:
            store.keep_part(upload, location, parts, number)
        finally:
            store.discard(upload.name)
        return upload.sha256

    def complete_upload(self, path: str, parts: str, etags: Mapping[int, str], *, overwrite: bool) -> None:
        self.require_uploadable(path)
        if not etags:
            raise InvalidParameterValue("An upload in parts has at least one part.")
        root = self._opened()
        store, location = storage.uploads(root.storage_location), root.storage_location
        if not store.has_parts(location, parts):
            if self._has_joined(root, path, parts):
                return
            raise NoSuchUpload("This upload doesn't exist: it was aborted or has expired.")
        upload = store.join_parts(location, path, parts, etags)
        allowances.of_single_file().require(upload.size)
        self._keep(root, path, upload, overwrite=overwrite, parts=parts)
        store.discard_parts(location, parts)

    def abort_upload(self, parts: str) -> None:
        self._require(Operation.EDIT_EXPERIMENT)
        location = self._opened().storage_location
        storage.uploads(location).discard_parts(location, parts)

    def delete(self, path: str) -> None:
        self._require(Operation.EDIT_EXPERIMENT)
        root = self._root()
        store, location = artifact_store(root.storage_location), root.storage_location
        if store.stat(location, artifact_path(path)).is_directory:
            raise FileDoesNotExist(f"{path!r} is a directory.")
        root.artifacts.filter(path=path).delete()
        store.delete_file(location, path)

    def delete_all(self, path: str) -> None:
        """Delete a file, or a directory (the root for an empty ``path``) with all that is in it."""
        self._require(Operation.EDIT_EXPERIMENT)
        root = self._root()
        store, location = artifact_store(root.storage_location), root.storage_location
        if path and not store.stat(location, artifact_path(path)).is_directory:
            return self.delete(path)
        for entry in store.list_files(location):
            if not path or entry.path.startswith(f"{path}/"):
                root.artifacts.filter(path=entry.path).delete()
                store.delete_file(location, entry.path)
        return None

    def make_directory(self, path: str) -> None:
        self.require_uploadable(path)
        location = self._opened().storage_location
        artifact_store(location).make_directory(location, path)

    def remove_directory(self, path: str) -> None:
        self._require(Operation.EDIT_EXPERIMENT)
        location = self._root().storage_location
        artifact_store(location).remove_directory(location, artifact_path(path))

    def _require(self, operation: Operation) -> None:
        authorization.require(self.actor, operation, self.experiment)

    def _readable(self) -> ArtifactRoot:
        self._require(Operation.READ_EXPERIMENT)
        return self._root()

    def _root(self) -> ArtifactRoot:
        """Return the row of the files; FileDoesNotExist as long as there have been none."""
        root = ArtifactRoot.objects.filter(experiment=self.experiment, kind=self.kind, key=self.key).first()
        if root is None:
            raise FileDoesNotExist(f"The {self.title} has no files.")
        return root

    def _opened(self) -> ArtifactRoot:
        """Return the row of the files, and create it if needed."""
        uid = uuid4()
        root, _ = ArtifactRoot.objects.get_or_create(
            experiment=self.experiment,
            kind=self.kind,
            key=self.key,
            defaults={"uid": uid, "storage_location": placement.location_of_run(uid)},
        )
        return root

    def _has(self, root: ArtifactRoot, path: str) -> bool:
        return root.artifacts.filter(path=path).exists()

    def _has_joined(self, root: ArtifactRoot, path: str, parts: str) -> bool:
        """Whether the parts of that name have become the file."""
        return root.artifacts.filter(path=path, upload=parts, arriving="").exists()

    def _keep(self, root: ArtifactRoot, path: str, upload: Upload, *, overwrite: bool, parts: str = "") -> None:
        """Turn an upload into the file ``path``: a row says what comes, the file gets its name, and the row says so."""
        store = storage.uploads(root.storage_location)
        try:
            replaced = self._announce(root, path, upload, overwrite=overwrite, parts=parts)
            if replaced:
                store.discard(replaced)
            store.keep(upload, root.storage_location, path)
            arrived = root.artifacts.filter(path=path, arriving=upload.name)
            if not arrived.update(arriving="", updated_at=timezone.now()):
                raise FileAlreadyExists(f"Another upload of {path!r}, or its deletion, has come in between.")
        finally:
            store.discard(upload.name)

    def _announce(self, root: ArtifactRoot, path: str, upload: Upload, *, overwrite: bool, parts: str) -> str:
        """Write the row of a file that is about to get its name; return the upload that was about to get it before."""
        self.require_still_uploadable()
        with transaction.atomic():
            locks.hold(root)
            before = root.artifacts.filter(path=path).first()
            if before is not None and not overwrite:
                raise _already_there(path)
            if (other := clashing(root.artifacts.all(), path)) is not None:
                raise InvalidParameterValue(
                    f"{path!r} names a file where there is a directory, or the other way: there is {other!r}."
                )
            row = {"size": upload.size, "sha256": upload.sha256, "upload": parts, "arriving": upload.name}
            RunArtifact.objects.update_or_create(root=root, path=path, defaults=row)
        return before.arriving if before is not None else ""

    def _damaged(self, path: str, detail: str) -> Damaged:
        return Damaged(f"{path!r} of {self.title} is damaged in the storage: {detail}. It is not given out.")


def _already_there(path: str) -> FileAlreadyExists:
    return FileAlreadyExists(f"There is a file {path!r} already.")
