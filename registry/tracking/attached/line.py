"""The line to the attached server, which has to be the one whose experiments our rows describe."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import orjson
from django.conf import settings

from registry import attached
from registry.exceptions import DoesNotExist, InvalidState, TrackingUnavailable
from registry.models import Experiment
from registry.tracking.answers import Answer

JSON = {"Content-Type": "application/json"}
API, API_3 = "api/2.0/mlflow", "api/3.0/mlflow"
_SURE_FOR = 60
"""Seconds for which a process assumes that the server is still the same."""
PAGE = 1_000
"""Experiments that are requested at once."""
_sure_until: dict[str, float] = {}


def ask(
    method: str,
    path: str,
    *,
    query: Mapping[str, Any] | None = None,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Send a request and return its answer; TrackingUnavailable if the server is another one than it was."""
    if _sure_until.get(settings.TRACKING_URL, 0) < time.monotonic():
        require_same()
    return _ask(method, path, query=query, body=body, headers=headers)


def call(method: str, path: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the server reports; raise the error that it reports instead. ``path`` is quoted."""
    if method == "GET":
        return ask(method, path, query=params).told()
    return ask(method, path, body=orjson.dumps(params), headers=JSON).told()


def require_same() -> None:
    """Raise TrackingUnavailable if the experiments that we know are not this server's. Rights to one of them would be
    rights to whatever has its number elsewhere."""
    known = set(Experiment.objects.exclude(made_at=None).values_list("experiment_id", "made_at"))
    if known and known.isdisjoint(_experiments()):
        _sure_until.pop(settings.TRACKING_URL, None)
        raise TrackingUnavailable(
            "TRACKING_URL leads to another MLflow server than the one whose experiments this catalog knows. Set it to "
            "that one, or forget them and all grants on them: manage.py forget_experiments."
        )
    _sure_until[settings.TRACKING_URL] = time.monotonic() + _SURE_FOR


def pages(
    params: dict[str, Any], size: int, ask: Callable[..., Answer] = ask
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield the pages of a search of experiments, each with the token that led to it."""
    token = params.pop("page_token", "")
    while True:
        asked = {**params, "max_results": size, **({"page_token": token} if token else {})}
        content = ask("POST", f"{API}/experiments/search", body=orjson.dumps(asked), headers=JSON).told()
        yield token, content.get("experiments", [])
        token = content.get("next_page_token", "")
        if not token:
            return


def _experiments() -> Iterator[tuple[int, int]]:
    """Yield the id of each experiment of the server, and when it was made. (``ask`` would ask for this again.)"""
    for _, items in pages({"view_type": "ALL"}, PAGE, _ask):
        yield from ((int(item["experiment_id"]), int(item["creation_time"])) for item in items)


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
            raise TrackingUnavailable("The server at TRACKING_URL isn't an MLflow server.")
        raise InvalidState(f"The MLflow server that keeps runs refuses the request ({answer.status}).")
    return Answer(answer.status, answer.data, kind)
