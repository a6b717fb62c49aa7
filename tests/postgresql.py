"""A PostgreSQL of their own for tests: `python -m tests.postgresql <command>` runs a command with one, and drops it."""

import getpass
import glob
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from tests.live import free_port


def programs():
    """The folder of the newest server's programs (Debian keeps them out of PATH); empty if there is none."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(Path(path).parent.name))
    if found:
        return found[-1]
    return str(Path(shutil.which("initdb")).parent) if shutil.which("initdb") else ""


@contextmanager
def running():
    """Yield the URL of a database in a fresh cluster that listens on this machine alone."""
    folder, port = Path(tempfile.mkdtemp(prefix="catalog-explorer-pg-")), free_port()
    if os.getuid() == 0:  # the server refuses to be root
        shutil.chown(folder, "postgres", "postgres")
    try:
        _run("initdb", "-D", folder / "data", "-A", "trust", "-U", "tests", "-E", "UTF8", "--no-sync")
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=200"
        _run("pg_ctl", "-D", folder / "data", "-l", folder / "log", "-w", "-o", options, "start")
        try:
            yield f"postgres://tests@127.0.0.1:{port}/postgres"
        finally:
            _run("pg_ctl", "-D", folder / "data", "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


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
