"""Disks of our own: an ext4 file system in a file, which can be cut off, filled and made read-only."""

import fcntl
import os
import shutil
import struct
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

SHUTDOWN = 0x8004587D
"""The request FS_IOC_SHUTDOWN: _IOR('X', 125, __u32)."""
NO_LOG_FLUSH = 2
"""EXT4_GOING_FLAGS_NOLOGFLUSH: what has not reached the disk by now never will, as when the power goes."""


class Disk:
    """An ext4 file system, mounted while the ``with`` block runs. Nothing reaches it before somebody asks for that."""

    def __init__(self, megabytes):
        self.folder = Path(tempfile.mkdtemp(prefix="catalog-explorer-disk-"))
        self.image, self.place = self.folder / "image", self.folder / "place"
        self.megabytes = megabytes

    def __enter__(self):
        self.folder.chmod(0o755)
        self.place.mkdir()
        try:
            with self.image.open("wb") as file:
                file.truncate(self.megabytes * 2**20)
            _run("mke2fs", "-q", "-F", "-t", "ext4", "-m", "0", self.image)
            self.mount()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exc):
        if os.path.ismount(self.place):
            self.unmount()
        shutil.rmtree(self.folder)

    def mount(self):
        # The journal is written when a file is brought to the disk, and not every five seconds.
        _run("mount", "-o", "loop,commit=300", self.image, self.place)

    def unmount(self):
        """Unmount, when the last process that was killed has let go."""
        for _ in range(100):
            if subprocess.run(["umount", self.place], capture_output=True, check=False).returncode == 0:
                return
            time.sleep(0.2)
        _run("umount", "-l", self.place)
        raise AssertionError("The disk is still in use.")

    def cut(self):
        """Take the power away."""
        descriptor = os.open(self.place, os.O_RDONLY)
        try:
            fcntl.ioctl(descriptor, SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
        finally:
            os.close(descriptor)

    def come_back(self):
        """Mount it as the next start of the machine does: the journal is replayed."""
        self.unmount()
        self.mount()

    def make_read_only(self):
        _run("mount", "-o", "remount,ro", self.place)

    def fill(self):
        """Fill it to the last byte, by a file that is not the product's."""
        with (self.place / "filler").open("ab", buffering=0) as file, suppress(OSError):
            for size in (2**20, 4096, 1):
                with suppress(OSError):
                    while file.write(bytes(size)) == size:
                        pass
            os.fsync(file.fileno())

    def empty(self):
        """Take away what ``fill`` has written."""
        (self.place / "filler").unlink(missing_ok=True)

    @property
    def free(self):
        return shutil.disk_usage(self.place).free


def _run(*command):
    subprocess.run(list(map(str, command)), check=True, capture_output=True)
