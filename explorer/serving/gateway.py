"""The ASGI application in front of Django: which way a request goes, and what is sent when it cannot."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from wsgiref.types import WSGIApplication

from django.conf import settings
from django.db import close_old_connections

from explorer.serving.answers import Head, Outlet, Send, answer_in_pieces, answer_whole
from explorer.serving.bodies import BodyStream, Disconnected, Receive, gather
from explorer.serving.environ import AFTERWARDS, Scope, environ_of
from explorer.serving.routes import Lane, lane_of
from registry.api.base import envelope
from registry.api.waiting import WAITING, Waiting
from registry.exceptions import IncompleteBody, SlowBody

THREADS = {Lane.HEALTH: 1, Lane.QUICK: 4, Lane.BYTES: 32}
"""Threads of a process for each lane. Those of bytes mostly wait for disks and clients."""
WAITING_FOR_BYTES = 64
"""Requests that wait for a thread of bytes; one more is asked to come again."""
BODY_SECONDS = 30.0
"""Within this time a small body has to arrive."""
ANSWER_SECONDS = 60.0
"""Within this time a small answer has to be taken."""

logger = logging.getLogger(__name__)


class Gateway:
    """Takes requests in, hands them to Django in the threads of their lane, and sends its answers."""

    def __init__(self, application: WSGIApplication) -> None:
        self.application = application
        self.pools = {lane: ThreadPoolExecutor(number, lane.name.lower()) for lane, number in THREADS.items()}
        self.afterwards = ThreadPoolExecutor(1, "afterwards")
        self.carrying = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        lane = lane_of(scope["method"], scope["path"])
        try:
            if lane is Lane.BYTES:
                await self.carry(scope, receive, send)
            else:
                await self.answer(lane, scope, receive, send)
        except Disconnected:
            pass  # nobody is there to hear anything
        except SlowBody as error:
            await refuse(send, 408, "REQUEST_TIMEOUT", error.message)
        except Exception:
            logger.exception("%s %s failed", scope["method"], scope["path"])
            await refuse(send, 500, "INTERNAL_ERROR", "The server failed to answer; its log tells why.")

    async def answer(self, lane: Lane, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request whose body and answer are small: a thread has it only while there is work to do."""
        body = await gather(receive, settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1, BODY_SECONDS)
        environ = environ_of(scope, io.BytesIO(body), len(body))
        later: list[Callable[[], None]] = []
        environ[AFTERWARDS] = later
        try:
            head, content = await self.run(lane, answer_whole, self.application, environ)
            if WAITING in environ:
                head, content = await self.wait(head, content, environ[WAITING])
            async with asyncio.timeout(ANSWER_SECONDS):
                await send(head.message)
                await send({"type": "http.response.body", "body": content})
        finally:
            for work in later:  # nobody waits for it; a process that ends does it before
                self.afterwards.submit(_with_fresh_connection, work)

    async def wait(self, head: Head, content: bytes, waiting: Waiting) -> tuple[Head, bytes]:
        """Give an answer some time to become another one; no thread waits for it.

        Where nobody can say how things stand (the database is started again, say), the first answer is as good.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + waiting.seconds
        try:
            while loop.time() < deadline:
                await asyncio.sleep(0.1)
                if await self.run(Lane.QUICK, waiting.is_over):
                    content = await self.run(Lane.QUICK, waiting.answer)
                    head.announce(len(content))
                    break
        except Exception:
            logger.exception("An answer did not wait for its end")
        return head, content

    async def carry(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that carries bytes in or out: it keeps a thread until they have passed."""
        if self.carrying >= THREADS[Lane.BYTES] + WAITING_FOR_BYTES:
            await refuse(send, 503, "TEMPORARILY_UNAVAILABLE", "Too many files are being transferred.")
            return
        self.carrying += 1
        loop, rate = asyncio.get_running_loop(), settings.LEAST_BYTES_PER_SECOND
        stream, outlet = BodyStream(receive, loop, rate), Outlet(send, loop, rate)
        watching = None
        if scope["method"] in ("GET", "HEAD"):
            stream.has_more = False
            watching = loop.create_task(outlet.watch(receive))
        try:
            environ = environ_of(scope, stream)
            await self.run(Lane.BYTES, answer_in_pieces, self.application, environ, outlet)
        except (SlowBody, IncompleteBody, Disconnected):
            return  # in the middle of an answer, or before it: the line is cut
        except Exception:
            if not outlet.began:
                raise
            # The client sees that it is not whole: the line is cut before its announced end.
            logger.exception("%s %s broke off", scope["method"], scope["path"])
        finally:
            self.carrying -= 1
            if watching is not None:
                watching.cancel()

    def run(self, lane: Lane, work: Any, *arguments: Any) -> Any:
        return asyncio.get_running_loop().run_in_executor(self.pools[lane], partial(work, *arguments))


def _with_fresh_connection(work: Callable[[], None]) -> None:
    """Do ``work``, which no request begins and ends: a connection that is old or broken is opened anew."""
    close_old_connections()
    try:
        work()
    except Exception:
        logger.exception("What was to be done after an answer failed")


async def refuse(send: Send, status: int, code: str, message: str) -> None:
    """Send an error in the clients' own envelope, and close the line."""
    content = json.dumps(envelope(code, message)).encode()
    headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
    if status == 503:
        headers.append((b"retry-after", b"1"))
    head = Head(status, headers)
    head.announce(len(content))
    await send(head.message)
    await send({"type": "http.response.body", "body": content})
