"""The line to the process that keeps runs: HTTP over a socket in DATA_DIR. Nothing here waits without an end."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlencode

import orjson
import urllib3
from django.conf import settings
from urllib3.connection import HTTPConnection
from urllib3.exceptions import HTTPError

from registry.exceptions import (
    AlreadyExists,
    DoesNotExist,
    InvalidParameterValue,
    InvalidState,
    RegistryError,
    TrackingUnavailable,
)
from registry.tracking.names import SCOPE

TIMEOUT = urllib3.Timeout(connect=2, read=30)
"""Seconds for the process to take a request, and to answer it."""
_AT_ONCE = 8
"""Connections that are kept open."""
_ERRORS: dict[str, type[RegistryError]] = {
    "RESOURCE_ALREADY_EXISTS": AlreadyExists,
    "RESOURCE_DOES_NOT_EXIST": DoesNotExist,
    "INVALID_STATE": InvalidState,
}


@dataclass(frozen=True)
class Answer:
    """What the process has answered, as it stands on the wire."""

    status: int
    body: bytes
    content_type: str = "application/json"

    def json(self) -> dict[str, Any]:
        try:
            content: dict[str, Any] = orjson.loads(self.body)
        except ValueError as error:  # what refuses an address that is too long does not speak JSON
            raise InvalidParameterValue("The request cannot be read, or is too long.") from error
        return content

    def told(self) -> dict[str, Any]:
        """Return what the process has answered, or raise the error that it tells."""
        content = self.json()
        if self.status == 200:
            return content
        kind = _ERRORS.get(content.get("error_code", ""), InvalidParameterValue)
        raise kind(str(content.get("message", "The request was refused.")))


def ask(
    method: str,
    path: str,
    *,
    scope: str,
    query: Mapping[str, Any] | None = None,
    body: Mapping[str, Any] | None = None,
    raw: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Send a request that may touch the experiments of ``scope`` (``*``: all of them), and return its answer.

    Raises TrackingUnavailable where nobody answers; whether a change was made is then unknown.
    """
    content = orjson.dumps(body) if body is not None else raw
    sent = {SCOPE: scope, "Content-Type": "application/json", **(headers or {})}
    url = f"/{path}?{urlencode(query, doseq=True)}" if query else f"/{path}"
    try:
        answer = _pool().urlopen(method, url, body=content, headers=sent, timeout=TIMEOUT, retries=False)
    except (HTTPError, OSError) as error:
        raise TrackingUnavailable("The part of this server that keeps runs does not answer. Ask again.") from error
    return Answer(answer.status, answer.data, answer.headers.get("Content-Type", "application/json"))


class _Connection(HTTPConnection):
    """A connection to the process's socket."""

    def _new_conn(self) -> socket.socket:
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        line.settimeout(2)
        try:
            line.connect(str(settings.TRACKING_SOCKET))
        except OSError:
            line.close()
            raise
        return line


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Connection


@cache
def _pool() -> _Pool:
    return _Pool("tracking", maxsize=_AT_ONCE)
