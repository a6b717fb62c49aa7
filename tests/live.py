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
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


class Product:
    """A running Catalog Explorer. Starting it twice on one folder finds everything as it was."""

    def __init__(self, data_dir, *, demo=True, **environment):
        self.data_dir = Path(data_dir)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.demo = demo
        self.environment = {**os.environ, "DATA_DIR": str(self.data_dir), "DEBUG": "0", "TRACKING": "0", **environment}
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
        ours = f"DATA_DIR={self.data_dir}".encode()
        return [pid for pid in running_processes() if pid != os.getpid() and ours in _environment_of(pid)]

    def kill(self):
        """Kill everything at once, the supervisor too."""
        for pid in self.processes():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(30)
        eventually(lambda: not self.processes(), 30)

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


ROLES = {"supervisor": "manage.py up", "web": "granian", "worker": "celery", "clock": "manage tick"}
"""What the command line of each kind of process contains."""


def processes_of(product, role):
    """Ids of the processes of a role, a main process before those that it has forked; none if nothing has that role."""
    return [pid for pid in sorted(product.processes()) if ROLES[role] in _command_of(pid)]


def mains_of(product, role):
    """The processes of a role that the supervisor has started."""
    found = processes_of(product, role)
    return [pid for pid in found if _parent_of(pid) not in found]


def children_of(product, role):
    """The processes of a role that its main processes have started."""
    found = processes_of(product, role)
    return [pid for pid in found if _parent_of(pid) in found]


def workers(product, queue=""):
    """The processes of the Celery workers, or of those of ``queue``: its main process first."""
    return programs(product, f"celery .*--queues {queue}")


def programs(product, pattern):
    """The product's processes whose command line has ``pattern``, the oldest first."""
    return [pid for pid in sorted(product.processes()) if re.search(pattern, _command_of(pid))]


def running_processes():
    """Ids of all processes of this machine that have not ended."""
    return [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if _state_of(pid) not in ("", "Z")]


def working_folder(pid):
    """The folder in which a process works; empty if it has ended, or is not ours to know."""
    try:
        return os.readlink(f"/proc/{pid}/cwd")
    except OSError:
        return ""


def _state_of(pid):
    return _after_name(pid)[:1]


def _parent_of(pid):
    return int((_after_name(pid).split() or [0, 0])[1])


def _after_name(pid):
    """What the kernel tells of a process after its name, which may contain anything; empty if it has ended."""
    return _read(pid, "stat").decode(errors="replace").rpartition(")")[2].strip()


def _command_of(pid):
    return _read(pid, "cmdline").replace(b"\0", b" ").decode(errors="replace")


def _environment_of(pid):
    return _read(pid, "environ").split(b"\0")


def _read(pid, what):
    try:
        return Path(f"/proc/{pid}/{what}").read_bytes()
    except OSError:
        return b""


def health(product):
    """What /healthz says."""
    with urllib.request.urlopen(f"{product.url}/healthz", timeout=5) as answer:
        return json.load(answer)


START_COPY = """
import os
from accounts.models import User
from registry.actor import Actor
from registry.names import FullName
from registry.services.shared import finders
from registry.services.artifacts import uploads
from registry.services.hierarchy import model_versions, registered_models
from registry.services.versions import copies
actor = Actor(principal=User.objects.get(user_name="admin@example.com"))
model = finders.get_registered_model(actor=actor, full_name=FullName.parse("dev.risk.fraud_detection"))
source = model_versions.create_model_version(actor=actor, model=model, origin=model_versions.Origin(source="big"))
for name in ("a.bin", "b.bin"):
    chunks = (os.urandom(2**20) for _ in range({size} // 2**21))
    uploads.write_artifact(actor=actor, version=source, path=name, chunks=chunks)
source = model_versions.finalize_model_version(actor=actor, version=source)
source.artifacts.update(sha256="")  # as those of an earlier release: only these are read, which takes time
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
