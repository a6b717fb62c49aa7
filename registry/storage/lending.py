"""Files of this machine in the hands of others: what may be linked, and what is safe to open."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

LENT_AS_COPY = 64 * 1024
"""Files up to this many bytes are lent as copies."""


def open_to_all(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    folder.chmod(0o777)


def copy_or_link(source: Path, target: Path, size: int) -> None:
    """A link where that saves something, and can be made; a link's file is made read-only for good."""
    if size > LENT_AS_COPY:
        source.chmod(0o444)
        try:
            os.link(source, target)
        except OSError:  # another file system, or too many links
            pass
        else:
            return
    shutil.copyfile(source, target)
    target.chmod(0o666)


def open_regular(name: str, folder: int) -> int | None:
    """Open a regular file in an open folder; None for a link of either kind, a device, a pipe."""
    try:
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    except OSError:
        return None
    found = os.fstat(descriptor)
    if stat.S_ISREG(found.st_mode) and found.st_nlink == 1:
        return descriptor
    os.close(descriptor)
    return None
