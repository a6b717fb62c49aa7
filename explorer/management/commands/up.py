"""`manage.py up`: the whole product in the foreground, on a fresh machine as on a used one."""

from __future__ import annotations

import fcntl
import os
import socket
from argparse import ArgumentParser
from typing import IO, Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from explorer import broker, data_folder, first_run, staticfiles
from explorer.environment import env
from explorer.supervisor import Child, GivenUp, Supervisor
from registry import audit
from registry.exceptions import InvalidState
from registry.jobs.sealing import seal_events
from registry.jobs.upkeep import gather_statistics
from registry.models import Installation, text_search, triggers
from registry.services.administration import installation
from registry.storage import discard_uploads, make_room
from registry.tracking import database as tracking_database
from registry.tracking import experiments


class Command(BaseCommand):
    help = "Prepare the database, start web server, workers and clock, and keep them running."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default=env.str("HOST", default="") or "127.0.0.1", help="address to listen on")
        parser.add_argument("--port", type=int, default=env.str("PORT", default="") or "8000")
        parser.add_argument(
            "--no-demo",
            action="store_true",
            default=env.str("DEMO", default="") == "0",
            help="start with an empty catalog",
        )

    def handle(self, *args: Any, host: str, port: int, no_demo: bool, **options: Any) -> None:
        _require_free(host, port)
        address = f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}"  # noqa: S104 (compared, not bound)
        with data_folder.failing_in_a_sentence(settings.DATA_DIR):
            _close_to_others()
            lock = _lock_data()  # held until this process ends
            _prepare_database()
            _require_triggers()
            discard_uploads()  # of those that were killed: no one else writes here
            make_room()
            gather_statistics()
            staticfiles.collect()
            broker.discard_empty(settings.DATA_DIR / "queue")
            if first_run.is_due():
                self.stdout.write(first_run.prepare(address, with_demo=not no_demo))
        self.stdout.write(f"Catalog Explorer is starting on {address} (data in {settings.DATA_DIR}). Ctrl-C stops it.")
        self.stdout.flush()
        supervisor = Supervisor(_children(host, port))
        try:
            with lock:
                supervisor.run()
        except GivenUp as error:
            raise CommandError(f"Catalog Explorer has stopped: {error}.") from error
        finally:
            audit.fold_denials(whole_minutes=False)  # no one adds to this minute any more
            seal_events()
        self.stdout.write(
            f"Catalog Explorer has stopped: signal {supervisor.stop_signal and supervisor.stop_signal.name}."
        )


def _require_free(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(f"Cannot listen on {host}:{port}: {error.strerror}. Choose another PORT.") from error


def _require_triggers() -> None:
    """Refuse to serve with a database that does not say when rights or words have changed.

    Revoked rights would go on, and a search would find what no longer exists.
    """
    if gone := [*triggers.missing(connection), *text_search.missing(connection)]:
        raise CommandError(
            f"The database lacks {', '.join(gone)}, without which revoked rights would still count and searches would "
            "miss changes. `manage.py install_triggers` puts them back."
        )


def _close_to_others() -> None:
    """Let no other account of the machine read the data: we check rights, and the file system does not.

    The directory itself may be passed through, for clients that know the name of a directory that is lent.
    """
    os.umask(0o077)
    settings.DATA_DIR.chmod(0o711)
    private = ("secret_key", "audit_key", "audit_head", "installation")
    for name in ("artifacts", "queue", "static", "tmp", "catalog.sqlite3", *private):
        path = settings.DATA_DIR / name
        if path.exists():
            path.chmod(0o700 if path.is_dir() else 0o600)


def _lock_data() -> IO[str]:
    """Refuse to start twice on one DATA_DIR: two supervisors would share one queue."""
    file = (settings.DATA_DIR / "running.lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise CommandError(f"Catalog Explorer is already running on {settings.DATA_DIR}.") from error
    return file


def _prepare_database() -> None:
    """Bring the tables up to date, unless the database is another installation's: that one is not to be migrated."""
    try:
        if Installation._meta.db_table in connection.introspection.table_names():
            installation.settle()
        call_command("migrate", verbosity=0)
        installation.settle()
        if settings.KEEPS_RUNS:
            experiments.prepare()
    except InvalidState as error:
        raise CommandError(error.message) from error


def _children(host: str, port: int) -> list[Child]:
    cores = max(1, min(os.cpu_count() or 1, 8))
    web = [
        "granian", "--interface", "asginl", "--host", host, "--port", str(port),
        "--workers", str(min(cores, 4)), "--workers-kill-timeout", "10",
        "--respawn-failed-workers", "--respawn-interval", "0.5",
        "--backlog", "2048", "--backpressure", "2048", "--http1-header-read-timeout", "10000",
        "--no-ws", "--log-level", "warning",
        "explorer.asgi:application",
    ]  # fmt: skip
    return [
        # Its processes go on to serve when their main process is killed; the new ones listen on the same port.
        Child("web server", web, is_essential=True, hands_over=True),
        Child("worker", _worker("quick", processes=2)),
        Child("byte worker", _worker("bytes", processes=max(2, cores))),
        Child("clock", ["manage", "tick"]),
        *_tracking(),
    ]


def _tracking() -> list[Child]:
    """MLflow's tracking store, which answers on a socket that no other account can open."""
    if not settings.KEEPS_RUNS or settings.TRACKING_URL:
        return []
    server = [
        "granian", "--interface", "wsgi", "--uds", str(settings.TRACKING_SOCKET),
        "--workers", "1", "--blocking-threads", "4", "--backlog", "256",
        "--respawn-failed-workers", "--respawn-interval", "0.5", "--log-level", "warning",
        "registry.tracking.server.application:application",
    ]  # fmt: skip
    environment = tracking_database.environment()
    return [Child("tracking server", server, environment=environment, socket=settings.TRACKING_SOCKET)]


def _worker(queue: str, *, processes: int) -> list[str]:
    return [
        "celery", "--quiet", "-A", "explorer", "worker",
        "--queues", queue, "--hostname", f"{queue}@%h",
        "--concurrency", str(processes), "--loglevel", "WARNING",
        "--without-gossip", "--without-mingle", "--without-heartbeat",
    ]  # fmt: skip
