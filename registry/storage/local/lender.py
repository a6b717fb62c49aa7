"""Directories of this machine that are lent to clients on it."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import IO

from registry import limits
from registry.exceptions import InvalidParameterValue
from registry.storage.local.files import LocalFiles
from registry.storage.local.lent_directory import LentDirectory, discard, open_regular, open_to_all
from registry.storage.local.places import Places, pieces

logger = logging.getLogger(__name__)

_INBOX = "inbox-"


class LocalLender:
    def __init__(self, places: Places, root: Path) -> None:
        self._places, self._files, self.root = places, LocalFiles(places), root

    def lend(self, location: str, name: str, check: Callable[[str, str], None]) -> str:
        self._make_root()
        files = {entry.path: self._places.path(location, entry.path) for entry in self._files.list_files(location)}
        lent = LentDirectory(self.root, name)
        lent.refresh(files, check)
        return lent.folder.as_uri()

    def open_inbox(self, name: str) -> str:
        self._make_root()
        folder = self.root / f"{_INBOX}{name}"
        open_to_all(folder)
        return folder.as_uri()

    def inbox_sizes(self, name: str) -> list[int]:
        sizes: list[int] = []
        for _, size, file in self._inbox(name):
            file.close()
            sizes.append(size)
        return sizes

    def inbox_files(self, name: str) -> Iterator[tuple[str, int, Iterator[bytes]]]:
        for path, size, file in self._inbox(name):
            with file:
                yield path, size, pieces(file, 0, size)

    def _inbox(self, name: str) -> Iterator[tuple[str, int, IO[bytes]]]:
        root = self.root / f"{_INBOX}{name}"
        if not root.is_dir():
            return
        # Opened from directory to directory, so no link that is put there in the meantime is ever followed.
        for folder, _, names, handle in os.fwalk(root, follow_symlinks=False):
            inside = Path(folder).relative_to(root)
            if len(inside.parts) > limits.ARTIFACT_DEPTH:
                raise InvalidParameterValue(f"Directories are nested more than {limits.ARTIFACT_DEPTH} deep.")
            for file in sorted(names):
                descriptor = open_regular(file, handle)
                if descriptor is not None:
                    yield (inside / file).as_posix(), os.fstat(descriptor).st_size, os.fdopen(descriptor, "rb")

    def close_inbox(self, name: str) -> None:
        shutil.rmtree(self.root / f"{_INBOX}{name}", ignore_errors=True)

    def discard_lent(self, before: datetime) -> None:
        for path in discard(self.root, before.timestamp(), kept=_INBOX):
            logger.error("The lent directory %s cannot be removed.", path.name)

    def _make_root(self) -> None:
        """Make the folder that every account of the machine may use, if it is given a name in it."""
        self.root.mkdir(parents=True, exist_ok=True)
        self.root.chmod(0o711)
