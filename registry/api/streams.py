"""Bodies that are refused before they end."""

from typing import Any

MOST = 64 * 1024 * 1024
"""Bytes of a refused body that are still taken in. Who sends more finds the line cut instead of an answer."""


def discard_rest(stream: Any) -> None:
    """Read what is left of a body, and forget it: a client that is still sending does not hear an answer."""
    left = MOST
    while left > 0 and (piece := stream.read(min(left, 64 * 1024))):
        left -= len(piece)
