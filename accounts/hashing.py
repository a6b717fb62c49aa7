"""Passwords are hashed one at a time in each process: a slow hash in every thread would stop all other work."""

from __future__ import annotations

import threading

from django.contrib.auth.hashers import PBKDF2PasswordHasher

WAIT = 5.0
"""Seconds that a hash waits for those before it."""
RETRY_AFTER = 5
"""Seconds after which clients that could not be served may come again."""

_turn = threading.Semaphore(1)


class Busy(Exception):
    """Too many passwords are being hashed."""


class OneAtATimeHasher(PBKDF2PasswordHasher):
    """Django's own hash, in turn. (``verify`` and ``harden_runtime`` come through ``encode`` too.)"""

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        if not _turn.acquire(timeout=WAIT):
            raise Busy("Too many passwords are being checked.")
        try:
            return super().encode(password, salt, iterations)
        finally:
            _turn.release()
