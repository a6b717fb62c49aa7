"""A process that was started on another installation's database answers nothing but that."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from registry.exceptions import InvalidState
from registry.services.administration import installation

_HEADERS = [("Content-Type", "text/plain; charset=utf-8"), ("X-Content-Type-Options", "nosniff")]

logger = logging.getLogger(__name__)


class OneInstallation:
    """Answer 503 and a sentence while DATA_DIR and database are not of one installation; asked until they are."""

    def __init__(self, application: WSGIApplication) -> None:
        self.application = application
        self.is_settled = False

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if not self.is_settled:
            try:
                installation.settle()
            except InvalidState as error:
                logger.error(error.message)
                start_response("503 Service Unavailable", _HEADERS)
                return [b"This server was started with another installation's data. Its log says more.\n"]
            self.is_settled = True
        return self.application(environ, start_response)
