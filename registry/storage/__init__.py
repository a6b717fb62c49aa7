"""Where artifacts are. Only ``artifact_store``, ``uploads`` and ``lender`` turn a location into a backend.

A backend is a package next to ``local`` with the protocols of ``base`` that it can keep.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings

from registry.exceptions import InvalidParameterValue
from registry.storage import attached, room
from registry.storage.attached import AttachedFiles, AttachedUploads
from registry.storage.base import FileStore, Lender, UploadStore
from registry.storage.local import LocalFiles, LocalLender, LocalUploads
from registry.storage.local.places import SCHEME, Places


def artifact_store(location: str) -> FileStore:
    """Return the files of the backend that keeps ``location``, resolved from its scheme."""
    return AttachedFiles() if is_attached(location) else LocalFiles(_places(location))


def uploads(location: str) -> UploadStore:
    """Return the uploads of the backend that keeps ``location``."""
    return AttachedUploads(_local()) if is_attached(location) else LocalUploads(_places(location))


def is_attached(location: str) -> bool:
    """Return whether an attached MLflow server keeps ``location``: we are not the only ones that write its files."""
    return urlsplit(location).scheme == attached.SCHEME


def copy_file(source: str, path: str, size: int, target: str, to: str, progress: Callable[[int], None]) -> str:
    """Copy one file of ``size`` bytes between locations of any two backends, and return its SHA-256.

    ``progress`` is called for every piece, and stops the copy by raising. The copy outlasts a power cut.
    """
    incoming = uploads(target)
    upload = incoming.receive(_told(artifact_store(source).read(source, path, 0, size), progress))
    try:
        incoming.keep(upload, target, to)
    finally:
        incoming.discard(upload.name)
    return upload.sha256


def lender(location: str) -> Lender:
    """Return what lends directories with the files of ``location``."""
    return LocalLender(_places(location), settings.LENT_ROOT)


def discard_abandoned(before: datetime) -> None:
    """Forget uploads that were begun before then, in every backend."""
    LocalUploads(_local()).discard_abandoned(before)


def discard_uploads() -> None:
    """Forget every upload of this machine, when it is known that no one is sending one."""
    LocalUploads(_local()).discard_all()


def discard_lent(before: datetime) -> None:
    """Remove directories that were lent before then, in every backend."""
    LocalLender(_local(), settings.LENT_ROOT).discard_lent(before)


def locations() -> Iterator[str]:
    """Yield every location that holds something, in every backend."""
    return LocalFiles(_local()).locations()


def new_location(uid: object) -> str:
    """Return a location that nothing has used: named by a version's ``uid``, so a rename moves no bytes."""
    return f"{SCHEME}:///{uid}"


def make_room() -> None:
    """Keep a reserve where there is plenty of room, and give it up where there is nearly none."""
    room.keep_reserve(settings.ARTIFACT_ROOT)


def is_full() -> bool:
    """Return whether there is nearly no room where new artifacts go."""
    return room.is_full(settings.ARTIFACT_ROOT)


def free_space() -> int:
    """Return how many bytes can still be written to where new artifacts go."""
    return room.free(settings.ARTIFACT_ROOT)


def probe() -> None:
    """Raise OSError where artifacts cannot be reached."""
    LocalFiles(_local()).probe()


def require_room(size: int) -> None:
    """Raise StorageFull unless ``size`` more bytes fit to where new artifacts go."""
    room.require(size, settings.ARTIFACT_ROOT)


def _told(pieces: Iterable[bytes], progress: Callable[[int], None]) -> Iterator[bytes]:
    for piece in pieces:
        yield piece
        progress(len(piece))


def _places(location: str) -> Places:
    if urlsplit(location).scheme != SCHEME:
        raise InvalidParameterValue(f"No storage backend keeps {location!r}.")
    return _local()


def _local() -> Places:
    return Places(settings.ARTIFACT_ROOT)
