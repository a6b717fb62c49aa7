"""Bodies that end before they are whole: nothing of them is kept."""

import socket
from urllib.parse import urlsplit

from tests.faults.client import FILES, Client, place, require_no_files
from tests.faults.table import Row

WAYS = {
    "chunked, without its last chunk": (b"Transfer-Encoding: chunked", b"5\r\nhello\r\n5\r\nworld\r\n"),
    "shorter than announced": (b"Content-Length: 1000000", b"hello world" * 1000),
}


def try_broken_bodies(product, rounds):
    row = Row("Upload that breaks off", "no success is told, the file is not there, the version has no artifacts")
    client = Client(product)
    for number in range(rounds):
        for route in ("signed URL", "Files API"):
            for name, (header, content) in WAYS.items():
                for half in (True, False):
                    how = "half closed" if half else "closed"
                    with row.trial(f"round {number + 1}: {route}, {name}, {how}"):
                        _break_off(client, route, header, content, half_closed=half)
    return row


def _break_off(client, route, header, content, *, half_closed):
    model = client.new_model("broken")
    number = client.create(model)
    head = _head(client, route, model, number)
    with socket.create_connection(("127.0.0.1", client.product.port), timeout=40) as line:
        line.sendall(head + header + b"\r\n\r\n" + content)
        if half_closed:
            line.shutdown(socket.SHUT_WR)
            try:
                told = line.recv(4096)
            except ConnectionError:
                told = b""
            assert not told.startswith(b"HTTP/1.1 2"), told
    require_no_files(client, model, number)


def _head(client, route, model, number):
    """The first lines of the request; the last of its headers is the caller's."""
    if route == "signed URL":
        parts = urlsplit(client.upload_url(model, number, "file.bin"))
        return f"PUT {parts.path}?{parts.query} HTTP/1.1\r\nHost: 127.0.0.1\r\n".encode()
    path = f"{FILES}/files/{place(model, number, 'file.bin')}"
    authorization = client.headers["Authorization"]
    return f"PUT {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {authorization}\r\n".encode()
