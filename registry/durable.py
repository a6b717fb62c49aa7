"""Writing that outlasts a power cut. No Django here: the settings use it before there is one."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import IO, Any


def write_durably(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Make ``content`` the file at ``path`` in one step: after a power cut it is the old file or the new one, whole."""
    draft = write_draft(path, content, mode)
    try:
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    sync_directory(path.parent)


def write_draft(path: Path, content: bytes, mode: int = 0o600) -> Path:
    """Write ``content`` next to ``path``, down to the disk, and return where; the caller gives it its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(content)
            sync_file(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return Path(name)


def sync_file(file: IO[Any]) -> None:
    """Bring what was written to ``file`` to the disk."""
    file.flush()
    os.fsync(file.fileno())


def sync_directory(folder: Path) -> None:
    """Bring the names in ``folder`` to the disk: a file that was made or renamed may be without its name until then."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
