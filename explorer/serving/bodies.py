"""Bodies that come in: gathered by the event loop, or handed to a thread piece by piece."""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

from registry.exceptions import IncompleteBody, SlowBody

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]

WINDOW = 20.0
"""Seconds of waiting for a client after which its rate is looked at; and the longest that it may be silent."""
REFUSED_MOST = 64 * 1024 * 1024
"""Bytes of a body that no one reads which are still taken in: a client that is sending does not hear an answer. One
that sends more finds the line cut instead."""


SMALL = 64 * 1024
"""Bytes of a body for which there is always room."""
HELD_MOST = 256 * 1024 * 1024
"""Bytes of all longer bodies that a process holds at once, while they arrive and until they are answered."""


class Disconnected(Exception):
    """The client has gone."""


class NoRoom(Exception):
    """Too many long bodies are held."""


@dataclass
class Room:
    """The memory that long bodies share."""

    held: int = 0

    @contextmanager
    def place(self) -> Iterator[Callable[[int], None]]:
        """Give back, at the end of the ``with`` block, what it has taken with the function that it is given."""
        mine = 0

        def take(size: int) -> None:
            nonlocal mine
            if self.held + size > HELD_MOST:
                raise NoRoom
            self.held += size
            mine += size

        try:
            yield take
        finally:
            self.held -= mine


async def gather(receive: Receive, most: int, seconds: float, take: Callable[[int], None]) -> bytes:
    """Return the whole body, or its first ``most`` bytes, after the rest of it has been taken in and forgotten.

    ``take`` is asked for the room of what is longer than SMALL. Raises SlowBody if the body has not arrived within
    ``seconds``.
    """
    body, refused, more = bytearray(), 0, True
    try:
        async with asyncio.timeout(seconds):
            while more and refused < REFUSED_MOST:
                piece, more = await _next(receive)
                kept = piece[: most - len(body)]
                if len(body) + len(kept) > SMALL:
                    take(len(kept))
                body += kept
                refused += len(piece) - len(kept)
    except TimeoutError as error:
        raise SlowBody(f"The body did not arrive within {seconds:.0f} seconds.") from error
    return bytes(body)


async def _next(receive: Receive) -> tuple[bytes, bool]:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise Disconnected
    return message.get("body", b""), message.get("more_body", False)


class BodyStream(io.RawIOBase):
    """The body of a large request, as a thread reads it (``wsgi.input``).

    A body that breaks off raises IncompleteBody: one without its last chunk isn't a body (RFC 9112, section 8). A
    sender of less than ``least_rate`` bytes a second over WINDOW seconds of waiting is cut off: SlowBody.
    """

    def __init__(self, receive: Receive, loop: asyncio.AbstractEventLoop, least_rate: int) -> None:
        self.receive, self.loop = receive, loop
        self.pace = Pace(least_rate)
        self.left, self.has_more = b"", True

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Put what has arrived into ``buffer``, as much as fits; 0 bytes at the end."""
        while not self.left and self.has_more:
            self.left = self._more()
        piece, self.left = self.left[: len(buffer)], self.left[len(buffer) :]
        buffer[: len(piece)] = piece
        return len(piece)

    def _more(self) -> bytes:
        try:
            return asyncio.run_coroutine_threadsafe(self._arrived(), self.loop).result()
        except SlowBody:
            self.has_more = False
            raise
        except Disconnected as error:
            self.has_more = False
            raise IncompleteBody("The connection ended before the body did.") from error
        except CancelledError as error:
            raise IncompleteBody("The server is being stopped.") from error

    async def _arrived(self) -> bytes:
        async with self.pace.waiting():
            piece, self.has_more = await _next(self.receive)
        self.pace.count(len(piece))
        return piece

    def discard(self) -> None:
        """Take in what no one has read, up to a limit."""
        refused = 0
        while self.has_more and refused < REFUSED_MOST:
            refused += len(self._more())


class Pace:
    """How fast a client is, in the time that is spent on waiting for it."""

    def __init__(self, least_rate: int) -> None:
        self.least_rate = least_rate
        self.waited, self.moved = 0.0, 0

    @asynccontextmanager
    async def waiting(self) -> AsyncIterator[None]:
        """Wait for the client in the ``async with`` block; SlowBody when that is too long for what it has moved."""
        began = time.monotonic()
        try:
            async with asyncio.timeout(WINDOW):
                yield
        except TimeoutError as error:
            raise SlowBody(f"Nothing has moved for {WINDOW:.0f} seconds.") from error
        self._end_wait(time.monotonic() - began)

    def count(self, size: int) -> None:
        """Note that ``size`` bytes have moved."""
        self.moved += size

    def _end_wait(self, seconds: float) -> None:
        self.waited += seconds
        if self.waited >= WINDOW:
            if self.moved < self.least_rate * self.waited:
                raise SlowBody(f"Less than {self.least_rate} bytes a second have moved.")
            self.waited, self.moved = 0.0, 0
