"""Requests to servers that users name, and how much is read of their answers. Where they may go: ``guard``."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode, urljoin, urlsplit

import orjson
import urllib3
from django.conf import settings
from urllib3.exceptions import HTTPError
from urllib3.util import parse_url

from registry.exceptions import DoesNotExist, InvalidParameterValue, InvalidState, SourceUnavailable
from registry.remotes.guard import Pools, parsed_address
from registry.storage.base import CHUNK
from registry.storage.roots import checked_source, is_below

_LONGEST_ANSWER = 64 * 1024 * 1024
"""Bytes of JSON that are read of one answer."""
_MOST_PAGES = 10_000
_TRIES = 4
_PAUSE = 0.5
"""Seconds before the second try; twice as long before each further one."""
_NEXT = re.compile(r'<([^<>]+)>;\s*rel="next"')
_REDIRECTS = 5
_LONGEST_WAIT = 120
"""Seconds for one answer to be read."""
_MOST_ITEMS = 200_000
"""Of one list."""
_PASSING = (408, 425, 429, 500, 502, 503, 504)


@dataclass(frozen=True)
class Credential:
    """A token, or the password of ``user``; both empty where the server asks for none."""

    secret: str = ""
    user: str = ""

    def checked(self) -> Credential:
        """Return it without blanks around it; InvalidParameterValue if no header can carry it."""
        mine = Credential(self.secret.strip(), self.user.strip())
        if any(not text.isascii() or not text.isprintable() for text in (mine.secret, mine.user)):
            raise InvalidParameterValue("A token, a user name and a password have ASCII characters alone.")
        return mine

    def headers(self) -> dict[str, str]:
        if self.user:
            return urllib3.make_headers(basic_auth=f"{self.user}:{self.secret}")
        return {"Authorization": f"Bearer {self.secret}"} if self.secret else {}


def checked_address(text: str) -> str:
    """Return the address of a server, without a slash at its end; InvalidParameterValue unless it is one."""
    address = text.strip().rstrip("/")
    url = parsed_address(address)
    steps = set(address.split("/"))  # the reader resolves them
    if url is None or url.query or url.fragment or "%" in address or steps & {".", ".."}:
        raise InvalidParameterValue(
            f"{text[:200]!r} is not the address of a server, such as https://mlflow.example.com."
        )
    return address


def checked_reach(text: str) -> str:
    """Return one of REGISTER_FROM: the address of a server, or of a folder (``file:///…``, ``s3://…``)."""
    return checked_address(text) if urlsplit(text.strip()).scheme in ("http", "https") else checked_source(text)


class Connection:
    """One server, and what it is asked with. Several threads may use it."""

    def __init__(self, address: str, credential: Credential, *, is_trusted: bool) -> None:
        self.address, self._headers = checked_address(address), credential.headers()
        self._base = parse_url(self.address).url
        is_named = is_below(self.address, settings.STORAGE["register_from"])
        self._near, self._far = Pools(is_open=is_trusted or is_named), Pools(is_open=False)

    def json(self, path: str, /, **query: Any) -> dict[str, Any]:
        """Return the object that the server answers to a GET of ``path``; DoesNotExist if it has no such thing."""
        value = self._value(self._open(self._url(path, query)))
        if not isinstance(value, dict):
            raise self._strange()
        return value

    def linked(self, path: str, /, **query: Any) -> Iterator[dict[str, Any]]:
        """Yield what is in the lists that the server answers, page by page (RFC 8288)."""
        url = self._url(path, query)
        for _ in range(_MOST_PAGES):
            answer = self._open(url)
            following = _NEXT.search(answer.headers.get("Link", ""))
            value = self._value(answer)
            if not isinstance(value, list):
                raise self._strange()
            yield from (item for item in value if isinstance(item, dict))
            if following is None:
                return
            url = urljoin(url, following[1])
        raise InvalidState(f"{self.address} answers with lists without an end.")

    def _value(self, answer: urllib3.BaseHTTPResponse) -> Any:
        try:
            return orjson.loads(self._whole(answer))
        except HTTPError as error:
            raise self._away(error) from error
        except orjson.JSONDecodeError as error:
            raise self._strange() from error
        finally:
            answer.close()

    def _strange(self) -> InvalidState:
        return InvalidState(f"{self.address} does not answer as such a server does.")

    def pages(self, path: str, items: str, /, **query: Any) -> Iterator[dict[str, Any]]:
        """Yield what is in the lists called ``items``, page by page."""
        token, count = "", 0
        for _ in range(_MOST_PAGES):
            page = self.json(path, **query, **({"page_token": token} if token else {}))
            found = page.get(items)
            yield from (item for item in found if isinstance(item, dict)) if isinstance(found, list) else ()
            token, count = page.get("next_page_token") or "", count + len(found or ())
            if not token:
                return
            if count > _MOST_ITEMS:
                break
        raise InvalidState(f"{self.address} lists {items} without an end.")

    def stream(self, url: str, headers: Mapping[str, str] | None = None) -> Iterator[bytes]:
        """Return the bytes at a path of the server, or at an address that it has named; DoesNotExist, at once, if there
        is nothing."""
        answer = self._open(self._url(url, {}), headers)
        return self._pieces(answer)

    def _whole(self, answer: urllib3.BaseHTTPResponse) -> bytes:
        content, ends_at = bytearray(), time.monotonic() + _LONGEST_WAIT
        for piece in answer.stream(CHUNK, decode_content=True):
            content += piece
            if len(content) > _LONGEST_ANSWER:
                raise InvalidState(f"{self.address} answers with more than {_LONGEST_ANSWER} bytes.")
            if time.monotonic() > ends_at:
                raise SourceUnavailable(f"{self.address} does not answer (it takes too long).")
        return bytes(content)

    def _pieces(self, answer: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
        try:
            yield from answer.stream(CHUNK, decode_content=False)
        except HTTPError as error:
            raise self._away(error) from error
        finally:
            answer.close()

    def _url(self, path: str, query: Mapping[str, Any]) -> str:
        url = path if urlsplit(path).scheme else f"{self.address}/{path.lstrip('/')}"
        return f"{url}?{urlencode(query, doseq=True)}" if query else url

    def _open(self, url: str, headers: Mapping[str, str] | None = None) -> urllib3.BaseHTTPResponse:
        for number in range(_TRIES):
            try:
                answer = self._follow(url, headers or {})
            except (HTTPError, OSError) as error:
                failure: Exception = error
            except ValueError as error:  # in a header, or in the name of a host
                raise InvalidState(f"{self.address} names what can't be asked.") from error
            else:
                if answer.status not in _PASSING:
                    return self._accepted(answer)
                answer.close()
                failure = InvalidState(f"{answer.status} {HTTPStatus(answer.status).phrase}")
            if number < _TRIES - 1:
                time.sleep(_PAUSE * 2**number)
        raise self._away(failure) from failure

    def _follow(self, url: str, headers: Mapping[str, str]) -> urllib3.BaseHTTPResponse:
        """Ask, and go where the answer leads. The credential is for the server itself, and for no one else."""
        for _ in range(_REDIRECTS):
            parsed = parsed_address(url)
            if parsed is None:
                raise InvalidState(f"{url[:100]!r} is no address that is asked.")
            is_ours = is_below(parsed._replace(query=None, fragment=None).url, [self._base])
            pools, sent = (self._near, {**self._headers, **headers}) if is_ours else (self._far, dict(headers))
            answer = pools.request(parsed.url, sent)
            if not (where := answer.get_redirect_location()):
                return answer
            answer.close()
            url = urljoin(url, where)
        raise InvalidState(f"{self.address} leads from one address to the next.")

    def _accepted(self, answer: urllib3.BaseHTTPResponse) -> urllib3.BaseHTTPResponse:
        if answer.status < 300:
            return answer
        status = answer.status
        answer.close()
        if status in (401, 403):
            raise InvalidState(f"{self.address} refuses the credential, or what is asked with it ({status}).")
        if status == 404:
            raise DoesNotExist(f"{self.address} has no such thing.")
        raise InvalidState(f"{self.address} answers {status}, as such a server does not.")

    def _away(self, error: Exception) -> SourceUnavailable:
        return SourceUnavailable(f"{self.address} does not answer ({_words(error)}).")


def _words(error: Exception) -> str:
    """The kind of a failure. Its own text repeats addresses, and who asks may have no right to know where they lead."""
    if isinstance(error, InvalidState):
        return error.message
    if isinstance(error, urllib3.exceptions.NameResolutionError | socket.gaierror):
        return "its name is not known"
    if isinstance(error, urllib3.exceptions.SSLError):
        return "its certificate is not accepted"
    if isinstance(error, urllib3.exceptions.NewConnectionError):
        return "the connection failed"
    if isinstance(error, urllib3.exceptions.TimeoutError | TimeoutError):
        return "it takes too long"
    return "the connection failed"


def quoted(path: str) -> str:
    """Return a path for an address."""
    return quote(path, safe="/")
