"""Answers that go out: taken whole from Django, or piece by piece while a thread makes them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from wsgiref.types import WSGIApplication

from explorer.serving.bodies import Disconnected, Message, Pace, Receive
from explorer.serving.environ import Environ

Send = Callable[[Message], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]


@dataclass
class ResponseHead:
    """Status and headers of an answer, as WSGI's ``start_response`` learns them."""

    status: int = 500
    headers: Headers = field(default_factory=list)

    def __call__(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
        self.status = int(status[:3])
        self.headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        return _no_write

    @property
    def message(self) -> Message:
        return {"type": "http.response.start", "status": self.status, "headers": self.headers}

    def announce(self, length: int) -> None:
        """Set the Content-Length."""
        kept = [header for header in self.headers if header[0] != b"content-length"]
        self.headers = [*kept, (b"content-length", str(length).encode())]


def _no_write(data: bytes) -> object:
    raise NotImplementedError("Django returns its answers and writes none.")


def answer_whole(application: WSGIApplication, environ: Environ) -> tuple[ResponseHead, bytes]:
    """Have ``application`` answer, and return all of it."""
    head = ResponseHead()
    pieces = application(environ, head)
    try:
        return head, b"".join(pieces)
    finally:
        _close(pieces)


def answer_in_pieces(application: WSGIApplication, environ: Environ, outlet: Outlet) -> None:
    """Have ``application`` answer, and send it on piece by piece; what is made in vain is not made any further."""
    head = ResponseHead()
    pieces = application(environ, head)
    try:
        if "HTTP_EXPECT" not in environ:  # a client that sends it waits for an answer, and sends nothing before
            environ["wsgi.input"].discard()
        outlet.send(head.message)
        outlet.began = True
        for piece in pieces:
            if piece:
                outlet.send({"type": "http.response.body", "body": piece, "more_body": True})
        outlet.send({"type": "http.response.body", "body": b"", "more_body": False})
    finally:
        _close(pieces)


def _close(pieces: Iterable[bytes]) -> None:
    close = getattr(pieces, "close", None)
    if close is not None:
        close()


class Outlet:
    """Where a thread puts an answer: each piece is sent before the next one is taken.

    Raises Disconnected when the client has gone, SlowBody when it takes less than the least rate.
    """

    def __init__(self, send: Send, loop: asyncio.AbstractEventLoop, least_rate: int) -> None:
        self.sender, self.loop, self.pace = send, loop, Pace(least_rate)
        self.gone, self.began = False, False

    def send(self, message: Message) -> None:
        """Return when the client, or a buffer on the way to it, has taken ``message``."""
        if self.gone:
            raise Disconnected
        asyncio.run_coroutine_threadsafe(self._send(message), self.loop).result()

    async def watch(self, receive: Receive) -> None:
        """Note when the client goes: what is sent afterwards is lost, and nothing says so."""
        while (await receive())["type"] != "http.disconnect":
            pass
        self.gone = True

    async def _send(self, message: Message) -> None:
        async with self.pace.waiting():
            await self.sender(message)
        self.pace.count(len(message.get("body", b"")))
