"""Bytes in and out of a request: a body in pieces, a file or a range of it as the answer."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from datetime import datetime

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import http_date

from registry.exceptions import FileDoesNotExist, InvalidParameterValue
from registry.http.errors import error_response
from registry.http.ranges import UnsatisfiableRange, read_range
from registry.services.artifacts.trees import FileTree

_CHUNK = 1024 * 1024
AS_ATTACHMENT = {"Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff"}
"""Headers of a file that someone has uploaded: it is never a page of ours, whatever it contains."""


def body_of(request: HttpRequest) -> Iterator[bytes]:
    """Yield the request's body in pieces, wherever it ends. One that is shorter than announced is an error.

    A chunked body has no length, and Django sees none of it: it is read from the server's own stream.
    """
    announced = request.META.get("CONTENT_LENGTH")
    chunked = not announced and "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower()
    stream = request.META["wsgi.input"] if chunked else request
    received = 0
    while piece := stream.read(_CHUNK):
        received += len(piece)
        yield piece
    if not chunked and received != int(announced or 0):
        raise InvalidParameterValue(f"The body ended after {received} of {announced} bytes.")


def announced_size(request: HttpRequest) -> int | None:
    """Return how long the request's body is, as its header says; None where that says nothing."""
    announced = request.META.get("CONTENT_LENGTH") or ""
    return int(announced) if announced.isdecimal() else None


def file_response(request: HttpRequest, tree: FileTree, path: str) -> HttpResponseBase:
    """Return a file of ``tree``, or the range of it that is asked for; for HEAD only the headers."""
    file = tree.find(path)
    entry = file.entry
    if entry.is_directory:
        raise FileDoesNotExist(f"{path!r} is a directory.")
    headers = _headers(entry.modified_at, file.sha256)
    try:
        header = "" if request.method == "HEAD" else request.headers.get("Range", "")
        part = read_range(header, entry.size)
    except UnsatisfiableRange:
        refusal = error_response(416, "INVALID_PARAMETER_VALUE", f"The file has {entry.size} bytes.")
        refusal["Content-Range"] = f"bytes */{entry.size}"
        return refusal
    start, length = part or (0, entry.size)
    if part is not None:
        headers["Content-Range"] = f"bytes {start}-{start + length - 1}/{entry.size}"
    headers["Content-Length"] = str(length)
    status, kind = 200 if part is None else 206, "application/octet-stream"
    if request.method == "HEAD":
        return HttpResponse(status=status, headers=headers, content_type=kind)
    return StreamingHttpResponse(tree.read(path, start, length), status=status, headers=headers, content_type=kind)


def _headers(modified_at: datetime, sha256: str) -> dict[str, str]:
    headers = {
        "Accept-Ranges": "bytes",
        "Last-Modified": http_date(modified_at.timestamp()),
        **AS_ATTACHMENT,
    }
    if sha256:
        # RFC 9530: of the whole file, also where a range of it is sent.
        headers["Repr-Digest"] = f"sha-256=:{b64encode(bytes.fromhex(sha256)).decode()}:"
    return headers
