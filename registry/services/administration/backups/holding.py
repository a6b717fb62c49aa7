"""Holding back the removal of bytes for as long as something reads them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, connection
from django.utils import timezone

from registry.models import DeletionHold

logger = logging.getLogger(__name__)


@contextmanager
def hold_deletions(reason: str) -> Iterator[None]:
    """Let no job remove bytes of deleted versions during the ``with`` block.

    If the process dies in it, they are held back for another minute.
    """
    DeletionHold.objects.filter(beat_at__lt=timezone.now() - DeletionHold.LIVES).delete()
    hold, has_ended = DeletionHold.objects.create(reason=reason[:1024]), threading.Event()
    # A thread: what is waited for (a dump of the database, a large file) leaves no room for a beat in between.
    thread = threading.Thread(target=_keep_beating, args=(hold, has_ended), daemon=True)
    thread.start()
    try:
        yield
    finally:
        has_ended.set()
        thread.join()
        hold.delete()


def _keep_beating(hold: DeletionHold, has_ended: threading.Event) -> None:
    while not has_ended.wait(hold.BEAT_EVERY.total_seconds()):
        try:
            hold.beat()
        except DatabaseError:
            logger.exception("The hold on deletions could not be kept up; it is tried again.")
    connection.close()  # this thread's own
