"""The line to the server of runs: our own process, by HTTP over a socket in DATA_DIR, or the attached MLflow server.

Nothing here waits forever.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import urlencode

import orjson
import urllib3
from django.conf import settings
from urllib3.connection import HTTPConnection
from urllib3.exceptions import HTTPError

from registry.attached import TIMEOUT, is_attached
from registry.exceptions import TrackingUnavailable
from registry.tracking.answers import Answer
from registry.tracking.attached import line
from registry.tracking.names import SCOPE

_AT_ONCE = 8
"""Connections that are kept open."""


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

    An attached server does not know scopes: the door has asked about every id, and that is the only wall.

    Raises TrackingUnavailable if no one answers; whether a change was made is then unknown.
    """
    content = orjson.dumps(body) if body is not None else raw
    sent = {SCOPE: scope, "Content-Type": "application/json", **(headers or {})}
    if is_attached():
        return line.ask(method, path, query=query, body=content, headers=sent)
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
