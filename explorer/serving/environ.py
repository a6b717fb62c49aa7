"""A request of ASGI as WSGI's environ."""

from __future__ import annotations

import re
import sys
from typing import IO, Any

Scope = dict[str, Any]
Environ = dict[str, Any]

AFTERWARDS = "explorer.afterwards"
"""Where a request finds a list for what is to be done once its answer has been sent. (Answers in pieces have none: what
ends them comes after the last piece anyway.)"""

_CHARSET = re.compile(r";\s*charset\s*=[^;]*", re.IGNORECASE)


def environ_of(scope: Scope, body: IO[bytes] | Any, length: int | None = None) -> Environ:
    """Return the environ of a request whose body is ``body``; ``length`` bytes of it, if that is known by now."""
    server, client = scope.get("server") or ("localhost", 80), scope.get("client") or ("", 0)
    environ: Environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode("utf-8", "surrogateescape").decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": client[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        **_headers(scope),
    }
    # All text that comes here is UTF-8. Python has codecs that aren't charsets, on which Django fails before its
    # first middleware, and others that make half characters.
    environ["CONTENT_TYPE"] = _CHARSET.sub("", environ.pop("HTTP_CONTENT_TYPE", ""))
    announced = environ.pop("HTTP_CONTENT_LENGTH", "")
    environ["CONTENT_LENGTH"] = announced if length is None else str(length)
    return environ


def _headers(scope: Scope) -> dict[str, str]:
    """The headers as variables. One with an underscore is dropped: it would pass for another that a proxy sets."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        if "_" not in name:
            key = f"HTTP_{name.upper().replace('-', '_')}"
            separator = "; " if key == "HTTP_COOKIE" else ","
            headers[key] = f"{headers[key]}{separator}{value}" if key in headers else value
    return headers
