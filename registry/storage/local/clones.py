"""Files with the same bytes that are not copied: on Linux, two that share their blocks, or two names of one."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from registry import durable

_FICLONE = 0x40049409
"""Linux: make the content of one file that of another, without copying it (ioctl_ficlone(2))."""


def share_blocks(source: int, target: int) -> bool:
    """Give the open file ``target`` the content of ``source``; return whether the file system can."""
    try:
        fcntl.ioctl(target, _FICLONE, source)
    except OSError:  # another file system, or one that cannot share blocks
        return False
    return True


def clone(source: Path, target: Path) -> bool:
    """Make ``target`` a file with the bytes of ``source`` without copying them; return whether the file system can.

    Where it is the same file under two names, no one may write it from here on.
    """
    with source.open("rb") as original:
        with target.open("xb") as new:
            if share_blocks(original.fileno(), new.fileno()):
                durable.sync_file(new)
                return True
        target.unlink()
        try:
            os.link(source, target)
        except OSError:  # no links there, or too many
            return False
        os.fchmod(original.fileno(), 0o444)
    return True
