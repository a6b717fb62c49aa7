"""Files of this machine in the hands of others: what is lent is a copy, and what is taken in isn't a link.

A hard link would be cheaper. But where client and server are one account of the system (a laptop, a container), or
the client is root, it can write through the link: the bytes of a version that is READY would change. A copy that
shares its blocks until one of the two is written (a reflink) costs nothing either, on file systems that have them.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from registry.storage import room
from registry.storage.base import CHUNK
from registry.storage.local.clones import share_blocks

WRITABLE_UP_TO = 64 * 1024
"""Lent files up to this many bytes may be written by the client, which rewrites small ones in place."""

Check = Callable[[str, str], None]
"""Gets the path and the SHA-256 of every file before it is given away, and keeps it back by raising."""
_Identity = list[int]


class LentDirectory:
    """A directory for one reader: reused as it is, as far as it is still as it was given away.

    Its reader may do anything with it: delete, write, or put links there that lead elsewhere. So it is
    entered from directory to directory, and no link in it is followed. ``ledger`` says which files are as they were
    made: writing one, or replacing it, gives it another time of change, which cannot be set back.
    """

    def __init__(self, root: Path, name: str) -> None:
        self.folder, self.ledger, self.root = root / name, root / f"{name}.json", root

    def refresh(self, files: Mapping[str, Path], check: Check) -> None:
        """Have it hold ``files`` (each as it is in the storage) and nothing else; what is whole is not made again."""
        open_to_all(self.folder)
        os.utime(self.folder)  # its life begins again
        kept = self._sift({path: known for path, known in self._known().items() if path in files})
        missing = {path: source for path, source in files.items() if path not in kept}
        room.require(sum(source.stat().st_size for source in missing.values()), self.root)
        try:
            for path, source in missing.items():
                kept[path] = self._add(path, source, check)
        finally:
            self._note(kept)

    def _known(self) -> dict[str, _Identity]:
        try:
            known: dict[str, _Identity] = json.loads(self.ledger.read_bytes())
        except (FileNotFoundError, ValueError):
            return {}
        return known

    def _note(self, kept: Mapping[str, _Identity]) -> None:
        new = self.root / f".{uuid.uuid4()}"
        new.write_text(json.dumps(kept))
        new.replace(self.ledger)

    def _sift(self, known: Mapping[str, _Identity]) -> dict[str, _Identity]:
        """Remove everything that is not as it was made; return what is."""
        kept: dict[str, _Identity] = {}
        for folder, directories, names, handle in os.fwalk(self.folder, follow_symlinks=False):
            inside = Path(folder).relative_to(self.folder)
            for name in [*names, *directories]:
                with suppress(FileNotFoundError):
                    stats = os.stat(name, dir_fd=handle, follow_symlinks=False)
                    path = (inside / name).as_posix()
                    if stat.S_ISREG(stats.st_mode) and known.get(path) == _identity(stats):
                        kept[path] = _identity(stats)
                    elif not stat.S_ISDIR(stats.st_mode):
                        os.unlink(name, dir_fd=handle)
        return kept

    def _add(self, path: str, source: Path, check: Check) -> _Identity:
        """Make a copy of ``source`` aside, and give it its name once it is known to be what it should be."""
        new = self.root / f".{uuid.uuid4()}"
        try:
            check(path, copy(source, new))
            new.chmod(0o666 if new.stat().st_size <= WRITABLE_UP_TO else 0o444)
            *parents, name = path.split("/")
            with self._entered(parents) as handle:
                os.rename(new, name, dst_dir_fd=handle)
                return _identity(os.stat(name, dir_fd=handle, follow_symlinks=False))
        finally:
            new.unlink(missing_ok=True)

    @contextmanager
    def _entered(self, parents: list[str]) -> Iterator[int]:
        """Let the ``with`` block have the directory below, by its descriptor; it is made if need be."""
        handle = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            for parent in parents:
                with suppress(FileExistsError):
                    os.mkdir(parent, dir_fd=handle)
                inner = os.open(parent, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=handle)
                os.close(handle)
                handle = inner
                with suppress(PermissionError):  # one that another account has made
                    os.fchmod(handle, 0o777)
            yield handle
        finally:
            os.close(handle)


def copy(source: Path, target: Path) -> str:
    """Make ``target`` a file of its own with the bytes of ``source``, and return their SHA-256."""
    digest = hashlib.sha256()
    with source.open("rb") as original, target.open("x+b") as new:
        is_cloned = share_blocks(original.fileno(), new.fileno())
        with room.kept_free(target.parent):
            for piece in iter(lambda: (new if is_cloned else original).read(CHUNK), b""):
                digest.update(piece)
                if not is_cloned:
                    new.write(piece)
    return digest.hexdigest()


def _identity(stats: os.stat_result) -> _Identity:
    return [stats.st_ino, stats.st_size, stats.st_mtime_ns, stats.st_ctime_ns]


def open_to_all(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    folder.chmod(0o777)


def open_regular(name: str, folder: int) -> int | None:
    """Open a regular file in an open folder; None for a link of either kind, a device, a pipe."""
    try:
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    except OSError:
        return None
    stats = os.fstat(descriptor)
    if stat.S_ISREG(stats.st_mode) and stats.st_nlink == 1:
        return descriptor
    os.close(descriptor)
    return None


def discard(root: Path, before: float, *, kept: str) -> Iterator[Path]:
    """Remove what was lent, and last asked for before then, without what begins with ``kept``.

    Moved aside first: a client that asks at this moment is lent a new one. Yield what cannot be removed.
    """
    for path in root.glob("*"):
        try:
            if path.name.startswith(kept) or path.lstat().st_mtime >= before:
                continue
            aside = root / f".{uuid.uuid4()}"
            path.rename(aside)
            shutil.rmtree(aside) if aside.is_dir() else aside.unlink()
        except FileNotFoundError:
            pass
        except (OSError, RecursionError):
            yield path
