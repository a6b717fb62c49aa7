"""The line to the attached server, which has to be the one whose experiments our rows are of."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import quote

import orjson
from django.conf import settings

from registry import attached
from registry.exceptions import DoesNotExist, InvalidState, TrackingUnavailable
from registry.models import Experiment
from registry.tracking.answers import Answer

API, API_3 = "api/2.0/mlflow", "api/3.0/mlflow"
_LOOKED_AT = 20
"""So many of the newest experiments may be gone before the server is taken for another one."""


def ask(
    method: str,
    path: str,
    *,
    query: Mapping[str, Any] | None = None,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Send a request and return its answer; TrackingUnavailable if the server is another one than it was."""
    _require_same(settings.TRACKING_URL)
    return _ask(method, path, query=query, body=body, headers=headers)


def call(method: str, path: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the server tells; raise the error that it tells instead. ``path`` is quoted."""
    if method == "GET":
        return ask(method, path, query=params).told()
    return ask(method, path, body=orjson.dumps(params), headers={"Content-Type": "application/json"}).told()


def require_same() -> None:
    """Raise TrackingUnavailable if the experiments that we know are not this server's. Rights to one of them would be
    rights to whatever has its number elsewhere."""
    known = Experiment.objects.exclude(made_at=None).order_by("-pk").values_list("experiment_id", "made_at")
    looked_at = list(known[:_LOOKED_AT])
    if looked_at and not any(_made_at(key) == made_at for key, made_at in looked_at):
        raise TrackingUnavailable(
            "TRACKING_URL leads to another MLflow server than the one whose experiments this catalog knows. Set it to "
            "that one, or forget them and all grants on them: manage.py forget_experiments."
        )


@cache
def _require_same(url: str) -> None:
    """Do so once in the life of a process."""
    require_same()


def _made_at(experiment: int | None) -> int | None:
    answer = _ask("GET", f"{API}/experiments/get", query={"experiment_id": experiment})
    return int(answer.told()["experiment"]["creation_time"]) if answer.status == 200 else None


def _ask(
    method: str,
    path: str,
    *,
    query: Mapping[str, Any] | None = None,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    answer = attached.send(method, path, query=query, body=body, headers=headers)
    kind = answer.headers.get("Content-Type", "")
    if path.startswith("api/") and not kind.startswith("application/json"):
        if answer.status in (404, 405):
            raise DoesNotExist("The MLflow server that keeps runs does not have this call. It may be an older one.")
        if answer.status < 300:
            raise TrackingUnavailable("What answers at TRACKING_URL is no MLflow server.")
        raise InvalidState(f"The MLflow server that keeps runs refuses the request ({answer.status}).")
    return Answer(answer.status, answer.data, kind)


def quoted(text: str) -> str:
    """Return an id as it stands in an address."""
    return quote(text, safe="")
