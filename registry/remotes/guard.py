"""Where requests to servers that users name may go.

A server in the network of this machine is asked only where REGISTER_FROM names it, or who runs the machine does: a
user who may name any address could otherwise read what only this machine reaches. The address that was checked is the
one that is connected to, so a name that leads elsewhere a moment later is of no use.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from ipaddress import IPv6Address, ip_address, ip_network
from typing import cast

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.util import Url, parse_url
from urllib3.util.connection import create_connection

from registry.exceptions import InvalidState

_UNICAST, _TRANSLATED = ip_network("2000::/3"), ip_network("64:ff9b::/32")
"""What IPv6 gives out for the Internet, and what a gateway turns into IPv4, wherever that leads (RFC 6052, 8215)."""
_TIMEOUT = urllib3.Timeout(connect=5, read=60)


class Pools:
    """Connections, by origin; unless ``is_open``, none to an address that is not public."""

    def __init__(self, *, is_open: bool) -> None:
        plain, secure = (HTTPConnection, HTTPSConnection) if is_open else (_Public, _PublicSecure)
        self._manager = urllib3.PoolManager(num_pools=8, maxsize=8, retries=False, timeout=_TIMEOUT)
        self._manager.pool_classes_by_scheme = {
            "http": type("Pool", (urllib3.HTTPConnectionPool,), {"ConnectionCls": plain}),
            "https": type("SecurePool", (urllib3.HTTPSConnectionPool,), {"ConnectionCls": secure}),
        }

    def request(self, url: str, headers: Mapping[str, str]) -> urllib3.BaseHTTPResponse:
        return self._manager.urlopen("GET", url, headers=headers, redirect=False, preload_content=False)


class _ToPublic:
    """What both kinds of connection do before they connect."""

    def _new_conn(self) -> socket.socket:
        connection = cast("HTTPConnection", self)
        host = _public_address(connection.host, connection.port or 0)
        return create_connection((host, connection.port or 0), cast("float", connection.timeout))


class _Public(_ToPublic, HTTPConnection):
    pass


class _PublicSecure(_ToPublic, HTTPSConnection):
    pass


def _public_address(host: str, port: int) -> str:
    """Return an address of ``host`` to connect to; InvalidState if one of its addresses is not public."""
    found = {entry[4][0] for entry in socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)}
    for address in found:
        if not is_public(str(address)):
            raise InvalidState(
                f"{host} is within a network. This server asks such servers only where REGISTER_FROM names them."
            )
    return str(min(found, key=lambda address: (":" in str(address), address)))


def is_public(address: str) -> bool:
    number = ip_address(address.partition("%")[0])
    if isinstance(number, IPv6Address):
        inner = number.ipv4_mapped or number.sixtofour or (number.teredo and number.teredo[1])
        if inner:
            number = inner
        elif number not in _UNICAST or number in _TRANSLATED:
            return False
    return number.is_global and not number.is_multicast


def parsed_address(text: str) -> Url | None:
    """Read an address as urllib3 will: of two readers, each could see another host in it. None if it is not asked."""
    try:
        url = parse_url(text)
        host = (url.host or "").encode("idna" if not (url.host or "").startswith("[") else "ascii")
    except (HTTPError, ValueError):
        return None
    is_plain = text.isprintable() and "\\" not in text and "@" not in (url.netloc or "") and url.auth is None
    return url if url.scheme in ("http", "https") and host and is_plain and url.port != 0 else None
