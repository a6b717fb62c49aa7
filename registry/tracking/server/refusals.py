"""What is answered when MLflow's code raises: its own errors as they are, and no internals."""

from __future__ import annotations

import logging

from flask import Response
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import (
    INTERNAL_ERROR,
    INVALID_PARAMETER_VALUE,
    TEMPORARILY_UNAVAILABLE,
    ErrorCode,
)
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from werkzeug.exceptions import HTTPException

from registry.database_words import is_passing

_BAD_VALUES = (TypeError, ValueError, KeyError, AttributeError, IndexError, RecursionError, OverflowError)
"""What code raises when it gets a value of another kind than it expects."""

_TOO_LONG = ("interrupted", "statement timeout")
"""How SQLite and PostgreSQL say that a statement was ended."""

logger = logging.getLogger(__name__)


def answer(error: Exception) -> Response | HTTPException:
    """Return the answer for an error: of MLflow, of the database, or of a value that no one has checked."""
    if isinstance(error, HTTPException):
        return error
    cause = error.__cause__ if isinstance(error, MlflowException) else error
    if isinstance(cause, SQLAlchemyError):
        error = _of_database(cause)
    elif isinstance(cause, _BAD_VALUES) and not _is_told(error):
        logger.warning("A request could not be read: %r", cause)
        error = MlflowException("The request has a value that cannot be read.", INVALID_PARAMETER_VALUE)
    elif not isinstance(error, MlflowException):
        logger.error("A request failed", exc_info=error)
        error = MlflowException("The server failed to answer. Its log says why.", INTERNAL_ERROR)
    return Response(error.serialize_as_json(), error.get_http_status_code(), mimetype="application/json")


def _is_told(error: Exception) -> bool:
    """Whether MLflow has turned it into an error that says what is wrong."""
    return isinstance(error, MlflowException) and error.error_code != ErrorCode.Name(INTERNAL_ERROR)


def _of_database(cause: SQLAlchemyError) -> MlflowException:
    """Return what is reported of a database error, which itself repeats the statement."""
    logger.warning("The database refused a request: %s", cause)
    if isinstance(cause, OperationalError) and is_passing(cause.orig):
        return MlflowException("The database is busy.", TEMPORARILY_UNAVAILABLE)
    if any(words in str(cause) for words in _TOO_LONG):
        return MlflowException(
            "This takes too long here. Narrow it by a filter, or sort it by less.", INVALID_PARAMETER_VALUE
        )
    return MlflowException("The request does not fit what the database holds, or can do.", INVALID_PARAMETER_VALUE)
