"""The small part of a Databricks workspace that `databricks bundle deploy` needs: files in the caller's own folder.

Folders of others, `/Shared` and notebooks are not served. What is in the caller's own folder isn't part of the audit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from tempfile import SpooledTemporaryFile
from threading import BoundedSemaphore
from typing import IO

from django.conf import settings
from django.db import transaction
from django.db.models import BinaryField, Count, QuerySet, Sum
from django.db.models.functions import Substr
from django.utils import timezone

from accounts.models import Scope, User
from registry import authorization, limits
from registry.actor import Actor
from registry.denials import Attempt, DenialKind
from registry.exceptions import (
    DirectoryNotEmpty,
    DoesNotExist,
    FileAlreadyExists,
    InvalidParameterValue,
    InvalidState,
    QuotaExceeded,
    TooLarge,
)
from registry.models import WorkspaceFile, locks
from registry.storage import room
from registry.storage.paths import artifact_path

_PIECE = 1024 * 1024
_IN_MEMORY = 256 * 1024
"""Bytes of a file that wait in memory until it is whole; a longer one waits on the disk."""
_HELD = BoundedSemaphore(2)
"""Whole files that a process holds at once: the database takes each in one piece."""


@dataclass(frozen=True)
class Place:
    """``/Workspace/Users/<me>/a/b``: the path as the caller spelled it, and what follows their own folder in it."""

    spelled: str
    below: str

    @property
    def parent(self) -> str:
        return self.below.rpartition("/")[0]

    def __truediv__(self, name: str) -> Place:
        return Place(f"{self.spelled}/{name}", f"{self.below}/{name}".lstrip("/"))


def find(*, actor: Actor, path: str) -> tuple[Place, WorkspaceFile | None]:
    """Return what is at ``path``, without its content; None for the caller's own folder, which always exists."""
    place = _place(actor, path)
    if place is None:
        others = User.objects.filter(user_name__in=_names(path)[2:3])
        raise authorization.none_of(actor, others, _missing(path), Attempt.GET_WORKSPACE_FILE)
    return place, _found(actor, place) if place.below else None


def list_directory(*, actor: Actor, path: str) -> list[tuple[Place, WorkspaceFile]]:
    """Return what is directly in ``path``, by name; a file is in itself."""
    place, found = find(actor=actor, path=path)
    if found is not None and not found.is_directory:
        return [(place, found)]
    return [(place / row.path.rpartition("/")[2], row) for row in _mine(actor).filter(parent=place.below)]


def read(*, actor: Actor, path: str) -> tuple[int, Iterator[bytes]]:
    """Return how many bytes a file has, and its content in pieces; InvalidState where it is replaced between two."""
    _, found = find(actor=actor, path=path)
    if found is None or found.is_directory:
        raise InvalidParameterValue(f"{path} is a directory. Export the files in it, one at a time.")
    pieces = _pieces(found)
    return found.size, chain([next(pieces, b"")], pieces)  # read the first one now: most files have no other


def require_fits(length: int) -> None:
    """Raise TooLarge for a file of more bytes than a workspace folder takes."""
    if length > limits.WORKSPACE_FILE_LENGTH:
        raise TooLarge(f"A file of a workspace folder has at most {limits.WORKSPACE_FILE_LENGTH} bytes.")


def write(*, actor: Actor, path: str, chunks: Iterable[bytes], overwrite: bool) -> None:
    """Make or replace a file. Raises DoesNotExist without its directory, FileAlreadyExists, TooLarge, QuotaExceeded."""
    _place_to_change(actor, path)  # before the first byte
    root = Path(settings.FILE_UPLOAD_TEMP_DIR or "")
    with room.kept_free(root), SpooledTemporaryFile(_IN_MEMORY, dir=str(root)) as content:
        for chunk in room.watched(chunks, root):
            content.write(chunk)
            require_fits(content.tell())
        _keep(actor, path, content, overwrite=overwrite)


@transaction.atomic
def _keep(actor: Actor, path: str, content: IO[bytes], *, overwrite: bool) -> None:
    place, length = _held(actor, path), content.tell()
    if not place.below:
        raise InvalidParameterValue(f"{path} is a directory.")
    if place.parent and not _mine(actor).filter(path=place.parent, is_directory=True).exists():
        raise DoesNotExist(f"The parent folder ({place.spelled.rpartition('/')[0][:200]}) does not exist.")
    existing = _mine(actor).filter(path=place.below).first()
    if existing is not None and (existing.is_directory or not overwrite):
        raise FileAlreadyExists(f"Path ({path}) already exists.")
    file = existing or WorkspaceFile(owner=actor.principal, path=place.below, parent=place.parent)
    _require_room(actor, new=int(existing is None), length=length - file.size)
    file.size, file.modified_at = length, timezone.now()
    with _HELD:
        content.seek(0)
        file.content = content.read()
        file.save()


@transaction.atomic
def make_directories(*, actor: Actor, path: str) -> None:
    """Make a directory and those above it, as far as they do not exist."""
    place = _held(actor, path)
    if not place.below:
        return
    names = place.below.split("/")
    wanted = ["/".join(names[: depth + 1]) for depth in range(len(names))]
    existing = dict(_mine(actor).filter(path__in=wanted).values_list("path", "is_directory"))
    if not all(existing.values()):
        raise FileAlreadyExists(f"A file is in the way of the directory {path}.")
    new = [
        WorkspaceFile(owner=actor.principal, path=below, parent=below.rpartition("/")[0], is_directory=True)
        for below in wanted
        if below not in existing
    ]
    _require_room(actor, new=len(new), length=0)
    WorkspaceFile.objects.bulk_create(new)


@transaction.atomic
def delete(*, actor: Actor, path: str, recursive: bool) -> None:
    """Delete a file, or a directory; with ``recursive`` what is in it too. The caller's own folder stays."""
    place = _held(actor, path)
    if not place.below:
        raise InvalidParameterValue("Your own folder cannot be deleted.")
    found = _found(actor, place)
    if not recursive and _mine(actor).filter(parent=place.below).exists():
        raise DirectoryNotEmpty(f"The directory {path} is not empty.")
    rows = _mine(actor).values_list("path", "pk") if found.is_directory else ()
    inside = [pk for below, pk in rows if below.startswith(f"{place.below}/")]  # LIKE folds case on SQLite
    for start in range(0, len(inside), locks.AT_ONCE):
        WorkspaceFile.objects.filter(pk__in=inside[start : start + locks.AT_ONCE]).delete()
    found.delete()


def _place(actor: Actor, path: str) -> Place | None:
    """Read a path; None where it is not in the caller's own folder."""
    names = _names(path)
    if names[:3] != ["", "Users", actor.principal.user_name]:
        return None
    return Place(path.rstrip("/"), artifact_path(names[3]) if names[3:] else "")


def _names(path: str) -> list[str]:
    """Split ``/Workspace/Users/<name>/a/b`` into an empty text, ``Users``, the name and the rest, as far as they go."""
    return path.rstrip("/").removeprefix("/Workspace").split("/", 3)


def _place_to_change(actor: Actor, path: str) -> Place:
    authorization.require_scope(actor, Scope.REGISTRY, Attempt.CHANGE_WORKSPACE_FILE)
    place = _place(actor, path)
    if place is None:
        own = f"/Workspace/Users/{actor.principal.user_name}"
        message = f"{path[:200]} is not yours: this server keeps files in {own} alone."
        kind, attempt = DenialKind.MISSING_PRIVILEGE, Attempt.CHANGE_WORKSPACE_FILE
        raise authorization.refusal_of(actor, kind, attempt, path[:200], message)
    return place


def _held(actor: Actor, path: str) -> Place:
    """Return the place that is to be changed, and let no one else change the folder until the transaction ends."""
    place = _place_to_change(actor, path)
    locks.hold(actor.principal)
    return place


def _pieces(file: WorkspaceFile) -> Iterator[bytes]:
    same = WorkspaceFile.objects.filter(pk=file.pk, modified_at=file.modified_at)
    for start in range(0, file.size, _PIECE):
        piece = same.values_list(Substr("content", start + 1, _PIECE, output_field=BinaryField()), flat=True).first()
        if piece is None:
            raise InvalidState(f"{file} was replaced or deleted while it was read.")
        yield bytes(piece)


def _missing(path: str) -> str:
    return f"Path ({path[:200]}) doesn't exist."


def _mine(actor: Actor) -> QuerySet[WorkspaceFile]:
    return WorkspaceFile.objects.filter(owner=actor.principal)


def _found(actor: Actor, place: Place) -> WorkspaceFile:
    found = _mine(actor).filter(path=place.below).first()
    if found is None:
        raise DoesNotExist(_missing(place.spelled))
    return found


def _require_room(actor: Actor, *, new: int, length: int) -> None:
    now = _mine(actor).aggregate(files=Count("pk"), length=Sum("size"))
    if new and now["files"] + new > limits.WORKSPACE_FILES:
        raise QuotaExceeded(f"A workspace folder holds at most {limits.WORKSPACE_FILES} files and directories.")
    if length > 0 and (now["length"] or 0) + length > limits.WORKSPACE_LENGTH:
        raise QuotaExceeded(f"A workspace folder holds at most {limits.WORKSPACE_LENGTH} bytes.")
