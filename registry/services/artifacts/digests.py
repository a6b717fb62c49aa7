"""Bytes that are compared with their SHA-256 while they are read."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator


def manifest_digest(files: Iterable[tuple[str, str]]) -> str:
    """Return the SHA-256 over the lines of ``sha256sum`` for ``files`` (pairs of a path and a SHA-256), by path.

    It is the same for every copy, and anyone can compute it from the files. Empty if a file has no SHA-256.
    """
    listed = sorted(files)
    if not listed or not all(sha256 for _, sha256 in listed):
        return ""
    return hashlib.sha256("".join(f"{sha256}  {path}\n" for path, sha256 in listed).encode()).hexdigest()


def compared(pieces: Iterator[bytes], sha256: str, damaged: Callable[[str], Exception]) -> Iterator[bytes]:
    """Pass ``pieces`` on; the last one comes after they were compared with ``sha256``, or ``damaged`` is raised.

    ``damaged`` makes the error from what is wrong.
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
