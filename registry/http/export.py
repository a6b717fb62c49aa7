"""Answers as files: lines of JSON or CSV, streamed."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import orjson
from django.http import StreamingHttpResponse

from registry.actor import Actor
from registry.http.events import Event, event
from registry.services.activity import audit_log
from registry.services.activity.audit_log import EventFilter

_COLUMNS = (
    "event_time", "event_id", "action_name", "email", "on_behalf_of", "securable_type", "securable_full_name",
    "status_code", "error_message", "source_ip_address", "user_agent", "request_id", "request_params",
)  # fmt: skip
_TYPES = {"jsonl": "application/jsonl", "csv": "text/csv"}
MEDIA_TYPES = tuple(_TYPES.values())
_AT_ONCE = 1_000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a cell that a spreadsheet would execute begins."""


def streamed(actor: Actor, filters: EventFilter, form: str) -> StreamingHttpResponse:
    """Stream the events that ``actor`` may read and that pass ``filters``, as a file to download."""
    rows = audit_log.list_events(actor=actor, filters=filters).iterator(chunk_size=_AT_ONCE)
    events = (event(row, audit_log.told_parameters(actor=actor, event=row)) for row in rows)
    lines = as_csv(_COLUMNS, _cells(events)) if form == "csv" else (orjson.dumps(line) + b"\n" for line in events)
    answer = as_file(lines, f"audit-events.{form}", _TYPES[form])
    answer["X-Accel-Buffering"] = "no"
    return answer


def as_file(lines: Iterable[str | bytes], name: str, media_type: str) -> StreamingHttpResponse:
    """Return ``lines`` as a file of that name to download."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(lines, headers=headers, content_type=f"{media_type}; charset=utf-8")


class _Line:
    """A file for the csv module that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def as_csv(columns: Sequence[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Yield the lines of a table, whose cells no spreadsheet executes."""
    writer = csv.writer(_Line())
    yield writer.writerow(columns)
    for row in rows:
        yield writer.writerow([_harmless(str(cell)) for cell in row])


def _cells(events: Iterator[Event]) -> Iterator[list[object]]:
    for line in events:
        flat: dict[str, Any] = {**line, **line["user_identity"], **line["response"]}
        flat["request_params"] = orjson.dumps(line["request_params"]).decode()
        yield [flat[column] for column in _COLUMNS]


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
