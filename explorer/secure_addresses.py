"""Addresses that secrets may be sent to. No Django settings here: they use it."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured


def is_secure(address: str) -> bool:
    """Return whether no one on the way reads or changes what goes to ``address``: by TLS, or within this machine."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and _is_this_machine(host)))


def required(setting: str, address: str) -> str:
    """Return ``address``, if it is secure, or empty; otherwise end the start with a sentence."""
    if address and not is_secure(address):
        raise ImproperlyConfigured(f"{setting} is {address!r}: it has to begin with https://.")
    return address


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
