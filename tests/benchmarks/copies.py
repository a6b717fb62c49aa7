"""Copies on the server: within the disk, and read by the worker, beside a plain copy of the same file in the same run.

    python -m tests.benchmarks.copies [GIB] [SMALL]        (5 GiB in one file, and 200 versions of 7 small files)

With `python -m tests.s3 python -m tests.benchmarks.copies 1 100` the same in an S3 server, which keeps it in memory.
"""

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests.live import Product, eventually, programs, shell

MIB = 1024 * 1024
MAKE = """
import os
from accounts.models import User
from registry.actor import Actor
from registry.names import FullName
from registry.services.artifacts import uploads
from registry.services.hierarchy import catalogs, model_versions, registered_models, schemas
from registry.services.shared import finders
from registry.services.versions import copies
actor = Actor(principal=User.objects.get(user_name="admin@example.com"))
try:
    catalog = finders.get_catalog(actor=actor, name="main")
except Exception:
    catalog = catalogs.create_catalog(actor=actor, name="main")
model = registered_models.ensure_registered_model(actor=actor, full_name=FullName.parse("main.default.{name}"))
source = model_versions.create_model_version(actor=actor, model=model, origin=model_versions.Origin(source="bench"))
block = os.urandom(16 * 2**20)
for number in range({files}):
    chunks = (block[:{size}] if {size} < len(block) else block for _ in range(max(1, {size} // len(block))))
    uploads.write_artifact(actor=actor, version=source, path=f"f{{number}}", chunks=chunks)
source = model_versions.finalize_model_version(actor=actor, version=source)
if {unknown}:
    source.artifacts.update(sha256="")
for _ in range({times}):
    copies.copy_model_version(actor=actor, source=source, destination=model, version_tags={{"n": str(_)}})
"""
STATE = """
from registry.models import Job
from django.db.models import Max, Min
jobs = Job.objects.filter(title__contains="main.default.{name}", kind="COPY")
told = jobs.aggregate(first=Min("created_at"), start=Min("started_at"), end=Max("finished_at"))
left = jobs.unfinished().count()
print(left, jobs.filter(state="SUCCEEDED").count(), (told["end"] - told["start"]).total_seconds() if not left else 0,
      (told["start"] - told["first"]).total_seconds() if told["start"] else 0)
"""


def main(gib, small):
    with tempfile.TemporaryDirectory() as folder:
        plain = plain_copy(Path(folder), gib)
        with Product(Path(folder) / "data", demo=False) as product:
            rows = [(f"plain copy of a file of {gib} GiB", plain, "")]
            for name, words, unknown in (
                ("linked", "copy of a version of that size within the disk or store", False),
                ("read", "the same, read and written by the worker", True),
            ):
                seconds, waited, memory = copied(product, name, files=1, size=gib * 1024 * MIB, unknown=unknown)
                rows.append((words, seconds, f"began after {waited:.2f} s, worker's peak {memory:.0f} MB"))
            seconds, _, _ = copied(product, "small", files=7, size=20_000, times=small)
            rows.append((f"{small} copies of 7 small files", seconds, f"{small / seconds * 60:.0f} a minute"))
    print("\n| | seconds | ratio to the plain copy | |\n|---|---|---|---|")
    for words, seconds, more in rows:
        print(f"| {words} | {seconds:.2f} | {seconds / plain:.2f} | {more} |")


def plain_copy(folder, gib):
    source, block = folder / "source.bin", os.urandom(16 * MIB)
    with source.open("wb") as file:
        for _ in range(gib * 64):
            file.write(block)
    started = time.monotonic()
    shutil.copyfile(source, folder / "copy.bin")
    os.sync()
    seconds = time.monotonic() - started
    for path in (source, folder / "copy.bin"):
        path.unlink()
    return seconds


def copied(product, name, *, files, size, times=1, unknown=False):
    """Copy a new version ``times``; seconds that took, seconds until the first began, peak memory of a worker in MB."""
    shell(product, MAKE.format(name=name, files=files, size=size, times=times, unknown=unknown))

    def done():
        left, succeeded, seconds, waited = shell(product, STATE.format(name=name)).split()
        return (float(seconds), float(waited)) if (int(left), int(succeeded)) == (0, times) else None

    return *eventually(done, 600), peak_memory(product)


def peak_memory(product):
    peaks = []
    for pid in programs(product, "celery .*--queues"):
        status = Path(f"/proc/{pid}/status").read_text()
        peaks.append(int(status.partition("VmHWM:")[2].split()[0]) / 1000)
    return max(peaks)


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:] or ("5", "200")))
