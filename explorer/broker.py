"""The embedded broker: messages as files, for Celery on a machine without Redis (``files://``).

Kombu's transport does the same and is not safe between processes: it writes a message under the name that readers
look for, so a reader may take it half-written, which ends the worker; and it moves what it reads through the
system's temporary folder, which is not ours.
"""

from __future__ import annotations

import os
import uuid
from pathlib import Path
from queue import Empty
from time import monotonic_ns
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps, loads

from registry.conflicts import DISK_FULL
from registry.storage import room

LONGEST_WAIT = 0.3
"""Seconds."""


class Channel(filesystem.Channel):
    """A message is a file that appears whole and is taken by the worker that renames it first."""

    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:  # type: ignore[override]  # the stubs disagree
        folder, name = Path(self.data_folder_out), f"{monotonic_ns():020}_{uuid.uuid4()}"
        try:
            _write(folder / f"{name}.{queue}.msg", folder / f"{name}.draft", dumps(payload))
        except OSError as error:
            if error.errno not in DISK_FULL:
                raise
            # What is to be deleted has to be sent to someone who does it.
            room.give_up_reserve()
            _write(folder / f"{name}.{queue}.msg", folder / f"{name}.draft", dumps(payload))

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        folder = Path(self.data_folder_in)
        for name in sorted(name for name in os.listdir(folder) if name.partition(".")[2] == f"{queue}.msg"):
            taken = folder / f"{name}.taken"
            try:
                (folder / name).rename(taken)
            except FileNotFoundError:
                continue  # another worker was faster
            payload = taken.read_text()
            taken.unlink()
            if payload:  # an empty one has not outlasted a power cut: the tick sends its job again
                return loads(payload)
        raise Empty

    def _queue_bind(self, exchange: str, routing_key: str | None, pattern: str | None, queue: str | None) -> None:
        file: Path = self._exchange_file(exchange)  # type: ignore[attr-defined]  # newer than the stubs
        if not file.exists():
            draft = file.with_name(f"{file.name}.{uuid.uuid4()}")
            draft.write_text("[]")
            try:
                os.link(draft, file)
            except FileExistsError:
                pass  # another process has just made it
            draft.unlink()
        super()._queue_bind(exchange, routing_key, pattern, queue)  # type: ignore[arg-type]


def _write(file: Path, draft: Path, content: str) -> None:
    try:
        draft.write_text(content)
        draft.replace(file)
    except OSError:
        draft.unlink(missing_ok=True)
        raise


def discard_empty(folder: Path) -> None:
    """Remove what has lost its content in a power cut; call before anyone uses the queues in ``folder``."""
    for file in folder.rglob("*"):
        if file.is_file() and not file.stat().st_size:
            file.unlink()


class Transport(filesystem.Transport):
    Channel = Channel

    def drain_events(self, connection: Any, timeout: float | None = None) -> Any:  # type: ignore[override]  # the stubs disagree
        """Wait for messages. Celery waits for two seconds at a time, and notices only in between that it is to stop."""
        return super().drain_events(connection, timeout and min(timeout, LONGEST_WAIT))


TRANSPORT_ALIASES["files"] = "explorer.broker:Transport"
