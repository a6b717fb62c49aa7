"""Where artifacts are. Only ``artifact_store``, ``uploads`` and ``lender`` turn a location into a backend.

A backend is a package next to ``local`` with the protocols of ``base`` that it can keep; stores in the cloud share
``objects``. What lies where is said by an address: a *root* is where an installation, a catalog or a schema keeps its
files (none for the local disk), a *base* is the folder of this installation in it, and a location is a folder in that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings

from registry.storage import attached, room
from registry.storage.attached import AttachedFiles, AttachedUploads
from registry.storage.base import FileStore, Lender, Upload, UploadStore
from registry.storage.elsewhere import ElsewhereFiles, is_elsewhere
from registry.storage.local import LocalFiles, LocalLender, LocalUploads
from registry.storage.local.places import SCHEME as LOCAL
from registry.storage.local.places import Places
from registry.storage.objects import ObjectFiles, ObjectLender, ObjectUploads
from registry.storage.objects.bucket import Credential
from registry.storage.objects.places import Place
from registry.storage.roots import bucket_of


def artifact_store(location: str) -> FileStore:
    """Return the files of the backend that keeps ``location``, resolved from its scheme."""
    if is_attached(location):
        return AttachedFiles()
    if is_elsewhere(location):
        return ElsewhereFiles()
    return LocalFiles(_local()) if is_local(location) else ObjectFiles(bucket_of(location))


def uploads(location: str) -> UploadStore:
    """Return the uploads of the backend that keeps ``location``."""
    if is_attached(location):
        return AttachedUploads(_local())
    return LocalUploads(_local()) if is_local(location) else ObjectUploads(bucket_of(location))


def lender(location: str) -> Lender:
    """Return what lets clients have the files of ``location`` without us."""
    if is_local(location):
        return LocalLender(_local(), settings.LENT_ROOT)
    return ObjectLender(bucket_of(location), location)


def is_attached(location: str) -> bool:
    """Return whether an attached MLflow server keeps ``location``: we are not the only ones that write its files."""
    return urlsplit(location).scheme == attached.SCHEME


def is_local(location: str) -> bool:
    """Return whether ``location`` is on this machine's disk."""
    return urlsplit(location).scheme == LOCAL


def copy_within(source: str, path: str, size: int, target: str, to: str, progress: Callable[[int], None]) -> bool:
    """Have the backend copy one file of ``size`` bytes by itself, where it keeps both locations; return whether it did.

    ``progress`` is called for every piece, and stops the copy by raising.
    """
    if {urlsplit(source).scheme, urlsplit(target).scheme} == {LOCAL}:
        if not LocalUploads(_local()).link(source, path, target, to):
            return False
        progress(size)
        return True
    if is_local(source) or is_attached(source) or urlsplit(source).scheme != urlsplit(target).scheme:
        return False
    key, bucket = Place.of(source).key(path), urlsplit(source).netloc
    bucket_of(target).copy(bucket, key, Place.of(target).key(to), size, progress)
    return True


def write_through(pieces: Iterable[bytes], target: str, to: str, progress: Callable[[int], None]) -> Upload:
    """Write one file into a location of any backend, and return what arrived.

    ``progress`` is called for every piece, and stops the copy by raising. The copy outlasts a power cut.
    """
    incoming = uploads(target)
    upload = incoming.receive(target, to, _told(pieces, progress))
    try:
        incoming.keep(upload, target, to)
    finally:
        incoming.discard(upload.name)
    return upload


def direct_link(location: str, path: str) -> str:
    """Return an address of the store itself from which anyone can download a file for a while; empty where there is
    none: on the local disk, and where STORAGE_DIRECT is off."""
    if is_local(location) or is_attached(location) or not settings.STORAGE["direct"]:
        return ""
    return bucket_of(location).link(Place.of(location).key(path), settings.SIGNED_URL_LIFETIME)


def credential(place: str, lifetime: timedelta, *, write: bool) -> Credential:
    """Return what reads, or also writes, what is below ``place`` (a location or an inbox) of an object store."""
    return bucket_of(place).credential(f"{urlsplit(place).path.strip('/')}/", lifetime, write=write)


def discard_abandoned(bases: Iterable[str], before: datetime) -> None:
    """Forget uploads that were begun before then, on the disk and in ``bases``."""
    LocalUploads(_local()).discard_abandoned(before)
    for base in bases:
        ObjectUploads(bucket_of(base)).discard_abandoned(base, before)


def discard_uploads() -> None:
    """Forget every upload of this machine, when it is known that no one is sending one."""
    LocalUploads(_local()).discard_all()


def discard_lent(before: datetime) -> None:
    """Remove directories that were lent before then."""
    LocalLender(_local(), settings.LENT_ROOT).discard_lent(before)


def locations(bases: Iterable[str]) -> Iterator[str]:
    """Yield every location that holds something, on the disk and in ``bases``."""
    yield from LocalFiles(_local()).locations()
    for base in bases:
        yield from ObjectFiles(bucket_of(base)).locations(base)


def new_location(uid: object, base: str = "") -> str:
    """Return a location in ``base`` (on the disk, without one) that nothing has used: named by a version's ``uid``, so
    a rename moves no bytes."""
    return f"{base}/{uid}" if base else f"{LOCAL}:///{uid}"


def make_room() -> None:
    """Keep a reserve where there is plenty of room, and give it up where there is nearly none."""
    room.keep_reserve(settings.ARTIFACT_ROOT)


def is_full() -> bool:
    """Return whether there is nearly no room on the disk."""
    return room.is_full(settings.ARTIFACT_ROOT)


def free_space() -> int:
    """Return how many bytes can still be written to the disk."""
    return room.free(settings.ARTIFACT_ROOT)


def probe() -> None:
    """Raise OSError or StorageUnavailable where new artifacts cannot be reached."""
    LocalFiles(_local()).probe()
    if root := settings.STORAGE["root"]:
        bucket_of(root).probe()


def require_room(size: int, location: str = "") -> None:
    """Raise StorageFull unless ``size`` more bytes fit to the disk; an object store has room."""
    if not location or is_local(location):
        room.require(size, settings.ARTIFACT_ROOT)


def _told(pieces: Iterable[bytes], progress: Callable[[int], None]) -> Iterator[bytes]:
    for piece in pieces:
        yield piece
        progress(len(piece))


def _local() -> Places:
    return Places(settings.ARTIFACT_ROOT)
