"""Clients that send and take next to nothing, all at once: everybody else is served, and they are let go."""

import os
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from urllib.parse import urlsplit

from tests.faults.client import FILES, UC, Client, place
from tests.faults.table import Row
from tests.live import eventually

MIB = 2**20
LONGEST = 3.0
"""Seconds that an answer to somebody else may take."""
FOR = 25
"""Seconds for which others are served beside them."""
LET_GO_AFTER = 36
"""Seconds after which the server has ended every slow request: a window of 20 seconds, 30 for small bodies."""


def try_slow_clients(product, rounds):
    row = Row(
        "32 slow clients at once, no proxy",
        f"health and lists within {LONGEST:.0f} s meanwhile, the slow ones are let go",
    )
    client = Client(product)
    model = client.new_model("slow")
    number = client.register(model, {"big.bin": os.urandom(64 * MIB)})
    for turn in range(rounds):
        with row.trial(f"round {turn + 1}", 32):
            _round(client, model, number, row)
    return row


def _round(client, model, number, row):
    pending = client.create(model)
    began, ended = time.monotonic(), threading.Event()
    with ExitStack() as lines, ThreadPoolExecutor(2) as pool:
        lines.callback(ended.set)
        slow = [lines.enter_context(line_to(client)) for _ in range(32)]
        for line in slow[:16]:
            begin_login(line)
        for n, line in enumerate(slow[16:24]):
            begin_upload(line, client.upload_url(model, pending, f"{n}.bin"))
        for line in slow[24:]:
            _begin_download(line, client, model, number)
        pool.submit(trickle, slow[16:24], slow[24:], ended)
        took = _others(client, began + FOR)
        ended.wait(max(0, began + LET_GO_AFTER - time.monotonic()))
        ended.set()
        left = [n for n, line in enumerate(slow) if not _has_ended(line)]
    row.notes.append(f"{len(took)} answers to others, the slowest took {max(took):.2f} s")
    assert max(took) < LONGEST, f"an answer took {max(took):.1f} s"
    assert not left, f"still served after {LET_GO_AFTER} s: {left} (0-15 log in, 16-23 upload, 24-31 download)"
    eventually(lambda: client.versions(model)[pending], 10)


def line_to(client):
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.settimeout(10)
    line.connect(("127.0.0.1", client.product.port))
    return line


def begin_login(line):
    line.sendall(b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\nx")


def begin_upload(line, url):
    parts = urlsplit(url)
    line.sendall(
        f"PUT {parts.path}?{parts.query} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {MIB}\r\n\r\n".encode()
    )


def _begin_download(line, client, model, number):
    path = f"{FILES}/files/{place(model, number, 'big.bin')}"
    authorization = client.headers["Authorization"]
    line.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {authorization}\r\n\r\n".encode())


def trickle(uploads, downloads, ended):
    """Send a byte a second, and take one."""
    while not ended.wait(1):
        for line in uploads:
            with suppress(OSError):
                line.send(b"x")
        for line in downloads:
            with suppress(OSError):
                line.recv(1)


def _others(client, until):
    """How long each answer to somebody else took."""
    took = []
    while time.monotonic() < until:
        for path in ("/healthz", f"{UC}/models"):
            began = time.monotonic()
            client.ask("GET", path)
            took.append(time.monotonic() - began)
        time.sleep(0.2)
    return took


def _has_ended(line):
    """Whether the server has closed this line, or answered that it waits no longer, after what it had sent by then."""
    line.settimeout(3)
    taken = 0
    try:
        while piece := line.recv(MIB):
            if piece.startswith(b"HTTP/1.1 408"):
                return True
            taken += len(piece)
            if taken >= 60 * MIB:
                return False  # the whole file, after all
    except TimeoutError:
        return False
    except OSError:
        return True
    return True
