"""What groups of tests need of the machine. Where it is missing, they are left out by name, and never in silence."""

import functools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests import postgresql, s3


@dataclass(frozen=True)
class Need:
    """``words`` say what is missing. ``is_for_sale``: a package brings it, so that CI has no excuse."""

    is_there: Callable[[], bool]
    words: str
    is_for_sale: bool = True


@functools.cache
def can_mount():
    """Whether this process may mount an ext4 image and unmount it again: as root, where there are loop devices."""
    if os.getuid() != 0 or not (shutil.which("mke2fs") and shutil.which("losetup")):
        return False
    with tempfile.TemporaryDirectory() as folder:
        image, place = Path(folder, "image"), Path(folder, "place")
        place.mkdir()
        with image.open("wb") as file:
            file.truncate(4 * 2**20)
        steps = (["mke2fs", "-q", "-F", "-t", "ext4", image], ["mount", "-o", "loop", image, place], ["umount", place])
        return all(subprocess.run(step, capture_output=True, check=False).returncode == 0 for step in steps)


NEEDED = {
    "browser": Need(lambda: bool(shutil.which("chromium")), "the package chromium"),
    "broker": Need(lambda: bool(shutil.which("redis-server")), "the package redis-server"),
    "cluster": Need(lambda: bool(postgresql.programs()), "the package postgresql"),
    "objects": Need(s3.is_installed, "the packages radosgw, ceph-mon and ceph-osd"),
    "disks": Need(can_mount, "root, loop devices and the package e2fsprogs", is_for_sale=False),
}
"""By the name of the mark that the tests carry."""


def missing():
    """The groups that cannot run here."""
    return sorted(group for group, need in NEEDED.items() if not need.is_there())
