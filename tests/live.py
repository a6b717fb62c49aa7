"""The real product for tests: `manage.py up` on a free port, with a data folder of its own."""

import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


class Product:
    """A running Catalog Explorer. Starting it twice on one folder finds everything as it was."""

    def __init__(self, data_dir, *, demo=True, **environment):
        self.data_dir = Path(data_dir)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.demo = demo
        self.environment = {**os.environ, "DATA_DIR": str(self.data_dir), "DEBUG": "0", **environment}
        self.output = self.data_dir.parent / f"{self.data_dir.name}.log"
        self.process = None

    def start(self):
        command = [sys.executable, "manage.py", "up", "--port", str(self.port)]
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                command if self.demo else [*command, "--no-demo"],
                cwd=ROOT, env=self.environment, stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(f"{self.url}/healthz", timeout=5) as answer:
                    if answer.status == 200:
                        return self
            except (urllib.error.URLError, OSError):
                time.sleep(0.2)
        raise AssertionError(f"The product did not start:\n{self.log()}")

    def stop(self, number=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(30)

    def log(self):
        return self.output.read_text(errors="replace")

    def first_run(self, what):
        """What the first start printed beside ``what``: «Password», «Access token»."""
        return re.search(rf"^  {what} +(\S+)", self.log(), re.MULTILINE)[1]

    def manage(self, *arguments):
        """Run `manage.py` beside the running product and return what it prints on standard output."""
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self.environment, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def processes(self):
        """Ids of all processes that were started on this data folder and still run."""
        found = []
        for folder in Path("/proc").iterdir():
            try:
                environment = (folder / "environ").read_bytes().split(b"\0")
                state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
            except (OSError, IndexError):
                continue
            if f"DATA_DIR={self.data_dir}".encode() in environment and state != "Z" and int(folder.name) != os.getpid():
                found.append(int(folder.name))
        return found

    def __enter__(self):
        return self.start()

    def __exit__(self, *exc):
        self.stop()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def eventually(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.02)
    raise AssertionError(f"It did not happen within {seconds} seconds.")


def shell(product, code):
    """Run ``code`` in the product's own Django and return what it prints."""
    return product.manage("shell", "--no-imports", "-c", code)


def workers(product, queue=""):
    """The processes of the Celery workers, or of those of ``queue``: its main process first."""
    return programs(product, f"celery .*--queues {queue}")


def programs(product, pattern):
    """The product's processes whose command line has ``pattern``, the oldest first."""
    found = []
    for pid in sorted(product.processes()):
        try:
            line = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue  # it has just ended
        if re.search(pattern, line):
            found.append(pid)
    return found


def health(product):
    """What /healthz says."""
    with urllib.request.urlopen(f"{product.url}/healthz", timeout=5) as answer:
        return json.load(answer)


START_COPY = """
import os
from accounts.models import User
from registry.actor import Actor
from registry.names import FullName
from registry.services import artifacts, copies, model_versions, registered_models
actor = Actor(principal=User.objects.get(user_name="admin@example.com"))
model = registered_models.get_registered_model(actor=actor, full_name=FullName.parse("dev.risk.fraud_detection"))
source = model_versions.create_model_version(actor=actor, model=model, origin=model_versions.Origin(source="big"))
for name in ("a.bin", "b.bin"):
    chunks = (os.urandom(2**20) for _ in range({size} // 2**21))
    artifacts.write_artifact(actor=actor, version=source, path=name, chunks=chunks)
source = model_versions.finalize_model_version(actor=actor, version=source)
job = copies.copy_model_version(actor=actor, source=source, destination=model)
print(job.pk)
"""


def is_copying(product, job):
    """Read the job's state beside the product, without the seconds that a Django takes to start."""
    database = product.data_dir / "catalog.sqlite3"
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        rows = connection.execute("select state, bytes_done from registry_job where uid = ?", [job.replace("-", "")])
        state, bytes_done = rows.fetchone()
    return state == "RUNNING" and bytes_done > 0
