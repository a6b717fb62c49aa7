"""Headers of static files. (The settings need them before there are settings.)"""

from collections.abc import MutableMapping


def add_headers(headers: MutableMapping[str, str], path: str, url: str) -> None:
    """Let a static file be a part of our pages and nothing by itself: a picture opened directly runs nothing."""
    headers["Content-Security-Policy"] = "default-src 'none'; style-src 'self'; frame-ancestors 'none'"
