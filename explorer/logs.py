"""How the log is written: times in UTC, and nothing that a message quotes can pass for a line of its own."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def configuration(level: str) -> dict[str, Any]:
    """Return what ``settings.LOGGING`` is, with that level unless something else is said."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "class": "explorer.logs.LineFormatter",
                "format": "{asctime} {levelname} {name}: {message}",
                "style": "{",
            }
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "celery": {"level": "WARNING"},
            "django.request": {"level": "ERROR"},
        },
    }


class LineFormatter(logging.Formatter):
    """One record is one line, and what follows of a traceback is indented.

    Paths, names and errors are quoted as they came: with a line break in one of them anyone could write lines of
    their own into the log, and with other control characters into the terminal that shows it.
    """

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        at = datetime.fromtimestamp(record.created, UTC)
        return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = printable(record.message)
        return super().formatMessage(record)

    def formatException(self, ei: ExceptionInfo) -> str:
        return _indented(super().formatException(ei))

    def formatStack(self, stack_info: str) -> str:
        return _indented(super().formatStack(stack_info))


def printable(text: str) -> str:
    """Return ``text`` with escapes in place of what is not printed: line breaks, control and invisible characters."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _indented(text: str) -> str:
    return "\n".join(f"    {printable(line)}" for line in text.splitlines())
