"""Where the tracking store keeps its rows: a file next to the product's own, or a schema of the same PostgreSQL."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

from django.conf import settings

from registry.services.administration.backups.databases import RUNS
from registry.tracking.names import DATABASE, SCHEMA


def environment() -> dict[str, str]:
    """Return the variables of the process that keeps runs."""
    return {
        DATABASE: _address(settings.DATABASES["default"]),
        "MLFLOW_DISABLE_TELEMETRY": "true",  # it would report what it is asked to its makers
    }


def _address(database: dict[str, Any]) -> str:
    """Return the database's address as SQLAlchemy writes it."""
    if database["ENGINE"].endswith("sqlite3"):
        return f"sqlite:///{settings.DATA_DIR / RUNS}"
    user, password = (quote(str(database.get(name) or ""), safe="") for name in ("USER", "PASSWORD"))
    credential = f"{user}:{password}" if password else user
    port = f":{database['PORT']}" if database.get("PORT") else ""
    place = f"{database.get('HOST') or ''}{port}/{quote(str(database['NAME']), safe='')}"
    options = {**database.get("OPTIONS", {}), "options": f"-csearch_path={SCHEMA}"}  # how it is encrypted, for example
    return f"postgresql+psycopg://{credential}@{place}?{urlencode(options, quote_via=quote)}"
