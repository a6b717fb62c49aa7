"""The MLflow server that keeps runs in place of our own process (TRACKING_URL): one request to it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import IO, Any
from urllib.parse import unquote, urlencode, urlsplit

import urllib3
from django.conf import settings
from urllib3.exceptions import HTTPError

from registry.exceptions import InvalidState, TrackingUnavailable

TIMEOUT = urllib3.Timeout(connect=2, read=30)
"""Seconds for the server of runs to take a request, and to answer it."""
_AT_ONCE = 8
"""Connections that are kept open."""
_PASSING = (429, 502, 503, 504)
"""What a server, or a proxy in front of it, answers while it is unavailable."""


def is_attached() -> bool:
    """Return whether runs are kept by a server that is not ours."""
    return settings.KEEPS_RUNS and bool(settings.TRACKING_URL)


def send(
    method: str,
    path: str,
    *,
    query: Mapping[str, Any] | None = None,
    body: bytes | IO[bytes] | None = None,
    headers: Mapping[str, str] | None = None,
    streamed: bool = False,
) -> urllib3.BaseHTTPResponse:
    """Send a request and return the answer, read already unless it is to be ``streamed``; ``path`` is quoted.

    TrackingUnavailable if no one answers who knows us, or can at the moment; whether a change was made is then
    unknown. InvalidState if the server has failed over this request.
    """
    base = urlsplit(settings.TRACKING_URL).path
    url = f"{base}/{path}?{urlencode(query, doseq=True)}" if query else f"{base}/{path}"
    try:
        answer = _pool(settings.TRACKING_URL).urlopen(
            method, url, body=body, headers={**_credential(), **(headers or {})}, timeout=TIMEOUT,
            retries=False, redirect=False, preload_content=not streamed,
        )  # fmt: skip
    except (HTTPError, OSError) as error:
        raise TrackingUnavailable("The MLflow server that keeps runs does not answer. Ask again.") from error
    if answer.status < 300 or (400 <= answer.status < 500 and answer.status not in (401, 403, *_PASSING)):
        return answer
    answer.close()  # what was not read would be taken for the next answer
    raise _failure(answer.status)


def _failure(status: int) -> TrackingUnavailable | InvalidState:
    if status in (401, 403):
        return TrackingUnavailable(
            "The MLflow server that keeps runs refuses the credential of this server. Its administrator has to set "
            "TRACKING_TOKEN, or a name and a password in TRACKING_URL."
        )
    if status in _PASSING:
        return TrackingUnavailable("The MLflow server that keeps runs cannot answer now. Ask again.")
    if status < 400:
        return TrackingUnavailable("TRACKING_URL leads to another address. It has to be the MLflow server's own.")
    return InvalidState("The MLflow server that keeps runs has failed over this request; its log says why.")


def _credential() -> dict[str, str]:
    if settings.TRACKING_TOKEN:
        return {"Authorization": f"Bearer {settings.TRACKING_TOKEN}"}
    parts = urlsplit(settings.TRACKING_URL)
    if parts.username is None:
        return {}
    return urllib3.make_headers(basic_auth=f"{unquote(parts.username)}:{unquote(parts.password or '')}")


@cache
def _pool(url: str) -> urllib3.HTTPConnectionPool:
    parts = urlsplit(url)
    kind = urllib3.HTTPSConnectionPool if parts.scheme == "https" else urllib3.HTTPConnectionPool
    return kind(str(parts.hostname), parts.port, maxsize=_AT_ONCE)
