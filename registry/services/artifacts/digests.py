"""Bytes that are compared with their SHA-256 while they are read."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator


def compared(pieces: Iterator[bytes], sha256: str, damaged: Callable[[str], Exception]) -> Iterator[bytes]:
    """Hand ``pieces`` on; the last one comes after they were compared with ``sha256``, or ``damaged`` is raised.

    ``damaged`` makes the error of what is wrong.
    """
    digest, held = hashlib.sha256(), b""
    for piece in pieces:
        if held:
            yield held
        held = piece
        digest.update(piece)
    if digest.hexdigest() != sha256:
        raise damaged(f"its SHA-256 is {digest.hexdigest()}, not {sha256}")
    yield held
