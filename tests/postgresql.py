"""A PostgreSQL of their own for tests: `python -m tests.postgresql <command>` runs a command with one, and drops it."""

import getpass
import glob
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.live import eventually, free_port, running_processes, working_folder


def programs():
    """The folder of the newest server's programs (Debian keeps them out of PATH); empty if there is none."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(Path(path).parent.name))
    if found:
        return found[-1]
    return str(Path(shutil.which("initdb")).parent) if shutil.which("initdb") else ""


class Cluster:
    """A cluster in ``folder`` that listens on this machine alone. ``is_durable``: its commits outlast a power cut."""

    def __init__(self, folder, *, data=None, is_durable=False):
        self.folder, self.data = Path(folder), Path(data or Path(folder) / "data")
        self.port, self.is_durable = free_port(), is_durable
        self.url = f"postgres://tests@127.0.0.1:{self.port}/postgres"

    def create(self):
        """Make the cluster; it can be started afterwards."""
        for folder in {self.folder, self.data.parent}:
            if os.getuid() == 0:  # the server refuses to be root
                shutil.chown(folder, "postgres", "postgres")
        _run(
            "initdb",
            "-D",
            self.data,
            "-A",
            "trust",
            "-U",
            "tests",
            "-E",
            "UTF8",
            *([] if self.is_durable else ["--no-sync"]),
        )

    def start(self):
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c max_connections=200"
        options += "" if self.is_durable else " -c fsync=off"
        log = self.folder / "log"
        if not self.processes():
            # Of one that was killed. Where nobody has reaped it yet, it would pass for one that runs.
            for left in (self.data / "postmaster.pid", self.folder / f".s.PGSQL.{self.port}.lock"):
                left.unlink(missing_ok=True)
        try:
            _run("pg_ctl", "-D", self.data, "-l", log, "-w", "-o", options, "start")
        except subprocess.CalledProcessError as error:
            raise AssertionError(f"PostgreSQL did not start: {log.read_text()[-1500:]}") from error

    def stop(self, mode="immediate"):
        _run("pg_ctl", "-D", self.data, "-m", mode, "-w", "stop")

    def kill(self):
        """Kill all of its processes at once: they are those that work in its folder of data."""
        for process in self.processes():
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        eventually(lambda: not self.processes(), 30)

    def processes(self):
        return [pid for pid in running_processes() if working_folder(pid) == str(self.data)]


@contextmanager
def running_cluster():
    """Yield a fresh cluster that has been started; it is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="catalog-explorer-pg-"))
    cluster = Cluster(folder)
    try:
        cluster.create()
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running():
    """Yield the URL of a database in a fresh cluster."""
    with running_cluster() as cluster:
        yield cluster.url


def _run(program, *arguments):
    command = [f"{programs()}/{program}", *map(str, arguments)]
    if os.getuid() == 0 and getpass.getuser() != "postgres":
        command = ["runuser", "-u", "postgres", "--", *command]
    # pg_ctl's server inherits its output: a pipe would never end.
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, cwd="/")


if __name__ == "__main__":
    if not programs():
        sys.exit("The tests on PostgreSQL need the package postgresql.")
    with running() as url:
        sys.exit(subprocess.run(sys.argv[1:], env={**os.environ, "TEST_DATABASE_URL": url}, check=False).returncode)
