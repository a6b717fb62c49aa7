"""Where things are below the root folder of the local disk."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.parse import urlsplit

from registry.exceptions import InvalidParameterValue
from registry.storage.base import CHUNK, Entry
from registry.storage.paths import artifact_path

if TYPE_CHECKING:
    import os

SCHEME = "local"


class Places:
    """The folders of locations, the one of what is on its way in, and the parts of uploads."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.incoming = root / "incoming"

    def path(self, location: str, path: str = "") -> Path:
        """Return the place of a file; a location that is not a uid, or a path that leaves it, is refused here."""
        try:
            uid = str(uuid.UUID(urlsplit(location).path.strip("/")))
        except ValueError as error:
            raise InvalidParameterValue(f"{location!r} is not a location on the local disk.") from error
        folder = self.root / uid[:2] / uid
        return folder / artifact_path(path) if path else folder

    def upload(self, name: str) -> Path:
        return self.incoming / str(uuid.UUID(name))

    def parts(self, location: str, name: str) -> Path:
        return self.incoming / f"{self.path(location).name}.{uuid.UUID(name)}.parts"

    def all_parts(self, location: str) -> Iterator[Path]:
        return self.incoming.glob(f"{self.path(location).name}.*.parts")


def pieces(file: IO[bytes], start: int, length: int) -> Iterator[bytes]:
    """Yield ``length`` bytes of an open file from ``start``, and close it."""
    with file:
        file.seek(start)
        while length > 0 and (piece := file.read(min(CHUNK, length))):
            length -= len(piece)
            yield piece


def entry(path: str, stats: os.stat_result, *, is_directory: bool) -> Entry:
    modified_at = datetime.fromtimestamp(stats.st_mtime, UTC)
    return Entry(path, is_directory, 0 if is_directory else stats.st_size, modified_at)


def remove(path: Path) -> None:
    """Remove a file, or a directory with as much of it as can be; the first error is raised at the end."""
    errors: list[BaseException] = []
    if path.is_dir():
        shutil.rmtree(path, onerror=lambda function, name, error: errors.append(error[1]))
    else:
        path.unlink()
    if errors:
        raise errors[0]
