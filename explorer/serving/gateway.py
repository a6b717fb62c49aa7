"""The ASGI application in front of Django: which way a request goes, and what is sent when it cannot."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import Any
from wsgiref.types import WSGIApplication

from django.conf import settings
from django.db import close_old_connections
from django.template.loader import render_to_string

from accounts.hashing import RETRY_AFTER
from explorer.serving.answers import Outlet, ResponseHead, Send, answer_in_pieces, answer_whole
from explorer.serving.bodies import BodyStream, Disconnected, NoRoom, Receive, Room, gather
from explorer.serving.environ import AFTERWARDS, Environ, Scope, environ_of
from explorer.serving.routes import Lane, lane_of, longest_body
from registry.exceptions import IncompleteBody, SlowBody
from registry.http.errors import envelope
from registry.http.waiting import WAITING as WAITING_ANSWER
from registry.http.waiting import Waiting

THREADS = {Lane.HEALTH: 1, Lane.PASSWORDS: 1, Lane.QUICK: 4, Lane.BYTES: 32}
"""Threads of a process for each lane. Those of bytes mostly wait for disks and clients."""
WAITING = {Lane.PASSWORDS: 16, Lane.BYTES: 64}
"""Requests that wait for a thread of a lane; one more is asked to come again. (16 passwords take some seconds.)"""
BODY_SECONDS = 30.0
"""Within this time a small body has to arrive."""
ANSWER_SECONDS = 60.0
"""Within this time a small answer has to be taken."""
TOO_MANY_FILES = (503, "TEMPORARILY_UNAVAILABLE", "Too many files are being transferred.")

_GUARDED = [
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'self'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
    (b"connection", b"close"),
]
"""Headers of what is answered without Django."""
_NEVER = ("TRACE", "CONNECT")
"""Methods for proxies and their debugging. Django takes the first for one that reads."""

logger = logging.getLogger(__name__)


class Gateway:
    """Takes requests in, hands them to Django in the threads of their lane, and sends its answers."""

    def __init__(self, application: WSGIApplication) -> None:
        self.application = application
        self.pools = {lane: ThreadPoolExecutor(number, lane.name.lower()) for lane, number in THREADS.items()}
        self.afterwards = ThreadPoolExecutor(1, "afterwards")
        self.room = Room()
        self.crowds = Counter[Lane]()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        lane = lane_of(scope["method"], scope["path"])
        if lane in WAITING and self.crowds[lane] >= THREADS[lane] + WAITING[lane]:
            await (turn_away(send) if lane is Lane.PASSWORDS else refuse(send, *TOO_MANY_FILES))
            return
        self.crowds[lane] += 1
        try:
            if scope["method"] in _NEVER:
                await refuse(send, 405, "METHOD_NOT_ALLOWED", f"{scope['method']} is not served.")
            elif lane is Lane.BYTES:
                await self.carry(scope, receive, send)
            else:
                await self.answer(lane, scope, receive, send)
        except Disconnected:
            pass  # no one is there to hear anything
        except SlowBody as error:
            await refuse(send, 408, "REQUEST_TIMEOUT", error.message)
        except NoRoom:
            await refuse(send, 503, "TEMPORARILY_UNAVAILABLE", "Too many long requests are being read.")
        except Exception:
            logger.exception("%s %s failed", scope["method"], scope["path"])
            await refuse(send, 500, "INTERNAL_ERROR", "The server failed to answer. Its log says why.")
        finally:
            self.crowds[lane] -= 1

    async def answer(self, lane: Lane, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request whose body and answer are small: a thread has it only while there is work to do."""
        longest = longest_body(scope["path"])
        later: list[Callable[[], None]] = []
        try:
            with self.room.place() as take:
                body = await gather(receive, longest + 1, BODY_SECONDS, take)
                environ = environ_of(scope, io.BytesIO(body), len(body)) | {AFTERWARDS: later}
                if refusal := _refusal_of(environ, longest):
                    await refuse(send, *refusal)
                    return
                head, content = await self.run(lane, answer_whole, self.application, environ)
            if WAITING_ANSWER in environ:
                head, content = await self.wait(head, content, environ[WAITING_ANSWER])
            async with asyncio.timeout(ANSWER_SECONDS):
                await send(head.message)
                await send({"type": "http.response.body", "body": content})
        finally:
            for work in later:  # no one waits for it; a process that ends does it before
                self.afterwards.submit(_with_fresh_connection, work)

    async def wait(self, head: ResponseHead, content: bytes, waiting: Waiting) -> tuple[ResponseHead, bytes]:
        """Give an answer some time to become another one; no thread waits for it.

        Where no one can say how things are (the database is started again, say), the first answer is as good.
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
            if watching is not None:
                watching.cancel()

    def run(self, lane: Lane, work: Any, *arguments: Any) -> Any:
        return asyncio.get_running_loop().run_in_executor(self.pools[lane], partial(work, *arguments))


def _refusal_of(environ: Environ, longest: int) -> tuple[int, str, str] | None:
    """Status, code and words for a body that is not read: Django would parse it before the caller is known."""
    if environ["CONTENT_TYPE"].lower().startswith("multipart/"):
        return 415, "UNSUPPORTED_MEDIA_TYPE", "Forms are sent urlencoded, and a file is a body of its own."
    if int(environ["CONTENT_LENGTH"]) > longest and longest < settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        return 413, "BODY_TOO_LONG", f"The body is longer than {longest} bytes."
    return None  # what is longer than Django reads is refused by it, as its page or in the client's envelope


async def turn_away(send: Send) -> None:
    """Ask someone who signs in while too many others do to come again, with a page."""
    content = _crowded_page()
    headers = [(b"content-type", b"text/html; charset=utf-8"), (b"retry-after", str(RETRY_AFTER).encode())]
    head = ResponseHead(503, [*headers, *_GUARDED])
    head.announce(len(content))
    await send(head.message)
    await send({"type": "http.response.body", "body": content})


@cache
def _crowded_page() -> bytes:
    return render_to_string("crowded.html").encode()


def _with_fresh_connection(work: Callable[[], None]) -> None:
    """Do ``work`` outside any request: a connection that is old or broken is opened again."""
    close_old_connections()
    try:
        work()
    except Exception:
        logger.exception("What was to be done after an answer failed")


async def refuse(send: Send, status: int, code: str, message: str) -> None:
    """Send an error in the clients' own envelope, and close the line."""
    content = json.dumps(envelope(code, message)).encode()
    headers = [(b"content-type", b"application/json"), *_GUARDED]
    if status == 503:
        headers.append((b"retry-after", b"1"))
    head = ResponseHead(status, headers)
    head.announce(len(content))
    await send(head.message)
    await send({"type": "http.response.body", "body": content})
