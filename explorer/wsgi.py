"""The WSGI entry point, and what Django does not do with a request: read a chunked body, and doubt its charset.

And a process that was started on another installation's database answers nothing but that.
"""

import gc
import io
import logging
import os
import re
from collections.abc import Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from registry.api.streams import discard_rest
from registry.exceptions import InvalidState

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "explorer.settings")

logger = logging.getLogger(__name__)


class ChunkedBodies:
    """Give a request with ``Transfer-Encoding: chunked`` the Content-Length that Django needs to see its body.

    Bodies of the API are small and are read whole up to Django's own limit; one byte more, and they are refused as
    too big. Artifacts (whatever is PUT below ``/api/2.0/fs/``) are left alone: their views stream ``wsgi.input``
    once they know who asks.
    """

    def __init__(self, application: WSGIApplication) -> None:
        self.application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if self._is_chunked(environ) and not self._is_file(environ):
            body = self._read(environ["wsgi.input"], settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
            environ["wsgi.input"] = io.BytesIO(body)
            environ["CONTENT_LENGTH"] = str(len(body))
        return self.application(environ, start_response)

    @staticmethod
    def _is_chunked(environ: WSGIEnvironment) -> bool:
        return "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower() and not environ.get("CONTENT_LENGTH")

    @staticmethod
    def _is_file(environ: WSGIEnvironment) -> bool:
        return (environ["REQUEST_METHOD"], environ["PATH_INFO"][:12]) == ("PUT", "/api/2.0/fs/")

    @staticmethod
    def _read(stream: Any, limit: int) -> bytes:
        body = b""
        while len(body) < limit and (piece := stream.read(limit - len(body))):
            body += piece
        discard_rest(stream)
        return body


class Utf8:
    """Drop the charset of a Content-Type: all text that comes here is UTF-8.

    Python has codecs that are no charsets, on which Django fails before its first middleware, and others that make
    half characters.
    """

    def __init__(self, application: WSGIApplication) -> None:
        self.application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ["CONTENT_TYPE"] = _CHARSET.sub("", environ.get("CONTENT_TYPE", ""))
        return self.application(environ, start_response)


class OneInstallation:
    """Answer 503 and a sentence while DATA_DIR and database are not of one installation; asked until they are."""

    def __init__(self, application: WSGIApplication) -> None:
        self.application = application
        self.is_settled = False

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if not self.is_settled:
            from registry.services import installation  # noqa: PLC0415  # models are loaded after the apps

            try:
                installation.settle()
            except InvalidState as error:
                logger.error(error.message)
                start_response("503 Service Unavailable", [("Content-Type", "text/plain; charset=utf-8")])
                return [b"This server was started with another installation's data. Its log says more.\n"]
            self.is_settled = True
        return self.application(environ, start_response)


_CHARSET = re.compile(r";\s*charset\s*=[^;]*", re.IGNORECASE)

site = Utf8(ChunkedBodies(get_wsgi_application()))
application = OneInstallation(site)
# All views are imported now, and not by the first request; what is loaded stays, so the garbage collector need not go
# through it again: that took a tenth of a second, in the middle of somebody's request.
get_resolver().url_patterns  # noqa: B018 (reading it imports them)
gc.freeze()
