"""Where artifacts lie. ``artifact_store`` is the one place that turns a location into a backend."""

from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings

from registry.exceptions import InvalidParameterValue
from registry.storage import room
from registry.storage.base import ArtifactStore
from registry.storage.local import LocalStore


def artifact_store(location: str) -> ArtifactStore:
    """The backend that keeps ``location``, resolved from its scheme."""
    if urlsplit(location).scheme == LocalStore.scheme:
        return _local()
    raise InvalidParameterValue(f"No storage backend keeps {location!r}.")


def discard_abandoned(before: datetime) -> None:
    """Forget drafts that were begun before then, in every backend."""
    _local().discard_abandoned(before)


def discard_drafts() -> None:
    """Forget every draft of this machine, when it is known that nobody writes one."""
    _local().discard_drafts()


def discard_lent(before: datetime) -> None:
    """Remove directories that were lent before then, in every backend."""
    _local().discard_lent(before)


def locations() -> Iterator[str]:
    """Every location at which something lies, in every backend."""
    return _local().locations()


def new_location(uid: object) -> str:
    """A location that nothing has used: named by a version's ``uid``, so a rename moves no bytes."""
    return f"{LocalStore.scheme}:///{uid}"


def make_room() -> None:
    """Keep a reserve where there is plenty of room, and give it up where there is nearly none."""
    room.keep_reserve(settings.ARTIFACT_ROOT)


def free_space() -> int:
    """Bytes that can still be written to where new artifacts go."""
    return room.free(settings.ARTIFACT_ROOT)


def probe() -> None:
    """Raise OSError where artifacts cannot be reached."""
    _local().probe()


def require_room(size: int) -> None:
    """Raise StorageFull unless ``size`` more bytes fit to where new artifacts go."""
    room.require(size, settings.ARTIFACT_ROOT)


def _local() -> LocalStore:
    return LocalStore(settings.ARTIFACT_ROOT, settings.LENT_ROOT)
