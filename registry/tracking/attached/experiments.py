"""Experiments of the attached server: rows of ours for those that others make there, and searches among them.

What is created there directly belongs to no one here, and so only to administrators, until they hand it over.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import Any

import orjson
from django.db import IntegrityError, transaction
from django.utils import timezone

from registry import limits
from registry.actor import Actor
from registry.attached import is_attached
from registry.audit import experiments as events
from registry.exceptions import InvalidParameterValue, InvalidState
from registry.http.paging import question_of, read_token, write_token
from registry.models import ArtifactRoot, Experiment, locks
from registry.tracking.answers import Answer
from registry.tracking.attached.line import API, PAGE, ask, call, pages, require_same
from registry.tracking.forgetting import forget
from registry.tracking.ids import camel

MADE_FOR = "catalog_explorer.experiment"
"""The tag of an experiment that is made for a row of ours, with the row's uid."""
_MOST = 50_000
"""Experiments that the server gives at once."""
_ASKED = ("filter", "order_by", "view_type")
_NEW = timedelta(minutes=1)
"""Younger rows may be missing from a list that was begun before."""

logger = logging.getLogger(__name__)


def search(params: dict[str, Any], visible: Collection[int]) -> Answer:
    """Return a page of those experiments that are ``visible``: as many as are asked for, while there are some.

    The passed-on answer is rewritten: the server's own token would count those that are hidden.
    """
    if not visible:
        return Answer(200, b"{}")
    asked = {name: value for name in _ASKED if (value := _param(params, name)) is not None}
    question, size = question_of(asked), _size(_param(params, "max_results"))
    page_token = _param(params, "page_token") or ""
    if not isinstance(page_token, str):
        raise InvalidParameterValue("The page token is not valid.")
    token, skipped = read_token(page_token, question, 2) if page_token else ("", 0)
    found: list[dict[str, Any]] = []
    for before, items in pages({**asked, "page_token": token}, max(size, PAGE)):
        for place, item in enumerate(items):
            if (before == token and place < skipped) or int(item["experiment_id"]) not in visible:
                continue
            if len(found) == size:
                return _answer(found, write_token(question, [before, place]))
            found.append(item)
    return _answer(found, "")


def _param(params: dict[str, Any], name: str) -> Any:
    """Return a parameter in either spelling that MLflow reads."""
    return params.get(name, params.get(camel(name)))


def _size(value: Any) -> int:
    """Return how many are asked for; the parameters of a query are texts."""
    try:
        size = PAGE if value is None else int(value)
    except (TypeError, ValueError):
        size = 0
    if not 0 < size <= _MOST:
        raise InvalidParameterValue(f"max_results has to be a whole number from 1 to {_MOST}.")
    return size


def _answer(found: list[dict[str, Any]], token: str) -> Answer:
    return Answer(200, orjson.dumps({"experiments": found, **({"next_page_token": token} if token else {})}))


def is_made_for(row: Experiment, experiment: dict[str, Any]) -> bool:
    """Return whether the server created ``experiment`` for ``row``: others may have given it that name."""
    return {"key": MADE_FOR, "value": str(row.uid)} in experiment.get("tags", ())


def made_at(experiment_id: int) -> int:
    """Return when the server created an experiment, in milliseconds: it distinguishes it from another with its id."""
    answer = call("GET", f"{API}/experiments/get", {"experiment_id": experiment_id})
    return int(answer["experiment"]["creation_time"])


def forget_former(experiment_id: int, made_at: int) -> None:
    """Forget an experiment that had that id before the one that the server created then: it is gone there."""
    for former in Experiment.objects.filter(experiment_id=experiment_id).exclude(made_at=made_at):
        forget(former, _clock())


def prepare() -> None:
    """Remove our own default experiment; InvalidState if there is more that an attached server would not know."""
    own = Experiment.objects.filter(made_at=None, experiment_id__isnull=False)
    if own.exclude(experiment_id=0).exists() or ArtifactRoot.objects.filter(experiment__in=own).exists():
        raise InvalidState(
            "TRACKING_URL is set, but this catalog has experiments that its own process keeps. Grants on them would be "
            "grants on others there: forget them first (manage.py forget_experiments), or unset TRACKING_URL."
        )
    own.delete()


def synchronize() -> None:
    """Have a row for each experiment of the attached server, and for no other."""
    if not is_attached():
        return
    require_same()
    began, seen = timezone.now() - _NEW, set()
    for _, items in pages({"view_type": "ALL"}, PAGE):
        seen |= _take_over(items)
    known = Experiment.objects.exclude(made_at=None).filter(created_at__lt=began)
    for row in known.iterator():
        # A list that is read in pages may miss one that has moved in the meantime.
        if row.experiment_id not in seen and _is_gone(row):
            forget(row, _clock())


def _take_over(items: Iterable[dict[str, Any]]) -> set[int]:
    """Bring the rows of some experiments up to date, and make those that are missing; return all ids."""
    by_id = {int(item["experiment_id"]): item for item in items}
    rows = {row.experiment_id: row for row in Experiment.objects.filter(experiment_id__in=by_id)}
    for key, item in by_id.items():
        is_deleted = item.get("lifecycle_stage") == "deleted"
        try:
            with transaction.atomic():
                if key in rows and rows[key].made_at != int(item["creation_time"]):
                    forget(rows.pop(key), _clock())  # another one had that id: rights to it don't apply to this one
                if key not in rows:
                    _adopt(key, item, is_deleted=is_deleted)
                elif (rows[key].name, rows[key].is_deleted) != (item["name"], is_deleted):
                    _update(rows[key], item["name"], is_deleted=is_deleted)
        except IntegrityError:  # its name is that of another one, which was renamed too, or is about to be made by us
            logger.info("The experiment %s is taken over later: its name is taken.", key)
    return set(by_id)


def _adopt(key: int, item: dict[str, Any], *, is_deleted: bool) -> None:
    if len(item["name"]) > limits.EXPERIMENT_NAME_LENGTH:
        logger.warning("The experiment %s stays hidden: its name is too long.", key)
        return
    row = Experiment.objects.create(
        experiment_id=key, name=item["name"], made_at=int(item["creation_time"]), is_deleted=is_deleted,
        created_by=_clock().name, updated_by=_clock().name,
    )  # fmt: skip
    events.created(_clock(), row)


def _update(row: Experiment, name: str, *, is_deleted: bool) -> None:
    current = locks.hold(row)
    old_name, was_deleted = current.name, current.is_deleted
    current.change(_clock().name, name=name, is_deleted=is_deleted)
    if name != old_name:
        events.renamed(_clock(), current, old_name)
    if is_deleted != was_deleted:
        (events.deleted if is_deleted else events.restored)(_clock(), current)


def _is_gone(row: Experiment) -> bool:
    return ask("GET", f"{API}/experiments/get", query={"experiment_id": row.experiment_id}).status == 404


def _clock() -> Actor:
    return Actor.at_the_machine("tick")
