"""Experiments: a row of ours, which says who may do what, next to MLflow's, which says what is in it.

Ours is written first, without MLflow's id, and gets the id afterwards. If a process dies in between, ``settle``
finds out how it ended.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import EVERYONE, Scope
from registry import authorization, limits
from registry.actor import Actor
from registry.attached import is_attached
from registry.audit import experiments as events
from registry.audit.actions import Action
from registry.authorization import Operation
from registry.denials import DenialKind
from registry.exceptions import AlreadyExists, DoesNotExist, InvalidParameterValue, InvalidState
from registry.models import Experiment, locks, rewrite_grants
from registry.privileges import Privilege, SecurableType
from registry.services.shared import naming, ownership
from registry.tracking import ranges, wire
from registry.tracking.answers import Answer
from registry.tracking.attached import experiments as attached

_API = "api/2.0/mlflow/experiments"
_UNSETTLED_FOR = timedelta(minutes=1)
"""How long the two processes may work on a new experiment before it is checked from outside."""
_PAGE = 1_000
"""Experiments on a page, where a search does not say how many."""
_USERS, _SHARED = "users", "/Shared/"


def list_experiments(*, actor: Actor) -> QuerySet[Experiment]:
    """Return the experiments that ``actor`` can see, including deleted ones."""
    rows = Experiment.objects.filter(experiment_id__isnull=False)
    return authorization.visible(actor, rows, listing=True)


def get_experiment(*, actor: Actor, experiment_id: int) -> Experiment:
    """Return the experiment of that id, if ``actor`` can see it."""
    row = list_experiments(actor=actor).filter(experiment_id=experiment_id).first()
    if row is None:
        name = Experiment.objects.filter(experiment_id=experiment_id).values_list("name", flat=True).first()
        hidden = authorization.no_such(actor, SecurableType.EXPERIMENT, name or str(experiment_id))
        raise DoesNotExist(f"No Experiment with id={experiment_id} exists") from hidden  # the caller has not named it
    return row


def get_experiment_by_name(*, actor: Actor, name: str) -> Experiment:
    """Return the experiment of that name, if ``actor`` can see it."""
    row = list_experiments(actor=actor).filter(name=name[: limits.EXPERIMENT_NAME_LENGTH + 1]).first()
    if row is None:
        raise authorization.no_such(actor, SecurableType.EXPERIMENT, name[: limits.EXPERIMENT_NAME_LENGTH])
    return row


def read_experiment(experiment: Experiment) -> Answer:
    """Return MLflow's row of ``experiment``, which the caller may see."""
    key = str(experiment.experiment_id)
    return wire.ask("GET", f"{_API}/get", scope=key, query={"experiment_id": key})


def search_experiments(*, actor: Actor, params: dict[str, Any]) -> Answer:
    """Return a page of the experiments that ``actor`` can see, as MLflow filters and sorts them."""
    if authorization.is_administrator(actor):
        scope = "*"
    else:
        keys = list_experiments(actor=actor).order_by().values_list("experiment_id", flat=True)
        visible = {key for key in keys if key is not None}
        if is_attached():
            return attached.search(params, visible)
        scope = ranges.write(visible)
    return wire.ask("POST", f"{_API}/search", scope=scope, body={"max_results": _PAGE, **params})


def create_experiment(*, actor: Actor, name: str, tags: Sequence[dict[str, str]] = ()) -> Experiment:
    """Create an experiment, which belongs to ``actor``. Everyone may manage those in ``/Shared/``, as there."""
    authorization.require_scope(actor, Scope.REGISTRY, Action.CREATE_EXPERIMENT)
    _require_name(actor, name)
    row = _begin(actor, name)
    known_by = [{"key": attached.MADE_FOR, "value": str(row.uid)}] if is_attached() else []
    try:
        body = {"name": name, "tags": [*tags, *known_by]}
        answer = wire.ask("POST", f"{_API}/create", scope="*", body=body).told()
    except (AlreadyExists, InvalidParameterValue, InvalidState):
        row.delete()
        raise
    _complete(actor, row, int(answer["experiment_id"]))
    return row


def rename_experiment(*, actor: Actor, experiment: Experiment, name: str) -> None:
    """Give an experiment another name."""
    authorization.require(actor, Operation.MANAGE_EXPERIMENT, experiment)
    _require_name(actor, name)
    if Experiment.objects.filter(name=name).exclude(pk=experiment.pk).exists():
        raise AlreadyExists(_taken(name))
    _perform("update", experiment, new_name=name)
    try:
        with naming.unless_taken(_taken(name)):
            current = locks.hold(experiment)
            old_name = current.name
            current.change(actor.name, name=name)
            events.renamed(actor, current, old_name)
    except AlreadyExists:  # someone is about to create one of that name: theirs will fail with an error
        _perform("update", experiment, new_name=experiment.name)
        raise


def change_owner(*, actor: Actor, experiment: Experiment, owner: str) -> None:
    """Hand an experiment over to the principal of that name."""
    authorization.require(actor, Operation.TRANSFER_OWNERSHIP, experiment)
    principal = ownership.find_principal(owner)
    with transaction.atomic():
        locks.share_principals()
        locks.hold(experiment).change(actor.name, **ownership.of(principal))
        events.handed_over(actor, experiment, owner)


def delete_experiment(*, actor: Actor, experiment: Experiment) -> None:
    """Mark an experiment, and the runs in it, as deleted; ``restore_experiment`` undoes it."""
    authorization.require(actor, Operation.MANAGE_EXPERIMENT, experiment)
    _perform("delete", experiment)
    with transaction.atomic():
        locks.hold(experiment).change(actor.name, is_deleted=True)
        events.deleted(actor, experiment)


def restore_experiment(*, actor: Actor, experiment: Experiment) -> None:
    """Undo the deletion of an experiment."""
    authorization.require(actor, Operation.MANAGE_EXPERIMENT, experiment)
    _perform("restore", experiment)
    with transaction.atomic():
        locks.hold(experiment).change(actor.name, is_deleted=False)
        events.restored(actor, experiment)


def prepare() -> None:
    """Have a row for the experiment that MLflow makes itself: everyone who names no other logs to it.

    An attached server has its own, like all that was there before. InvalidState if our rows are of the other kind.
    """
    if is_attached():
        attached.prepare()
        return
    if Experiment.objects.exclude(made_at=None).exists():
        raise InvalidState(
            "This catalog knows experiments of an attached MLflow server. Set TRACKING_URL to it, or forget them and "
            "all grants on them: manage.py forget_experiments."
        )
    row, is_new = Experiment.objects.get_or_create(
        experiment_id=0, defaults={"name": "Default", "created_by": "system", "updated_by": "system"}
    )
    if is_new:
        _let_everybody(row, Privilege.CAN_EDIT)


def settle_all() -> None:
    """Settle every experiment that was left without its id."""
    for row in Experiment.objects.filter(experiment_id=None, created_at__lt=timezone.now() - _UNSETTLED_FOR):
        with suppress(DoesNotExist):  # another process has settled it
            settle(row)


def settle(row: Experiment) -> None:
    """Find out whether MLflow has made the experiment that ``row`` was written for; if not, the row goes."""
    answer = wire.ask("GET", f"{_API}/get-by-name", scope="*", query={"experiment_name": row.name})
    if answer.status not in (200, 404):
        return
    found = answer.json()["experiment"] if answer.status == 200 else None
    if found is not None and is_attached() and not attached.is_made_for(row, found):
        found = None
    experiment_id = int(found["experiment_id"]) if found is not None else None
    if experiment_id is None or Experiment.objects.filter(experiment_id=experiment_id).exists():
        Experiment.objects.filter(pk=row.pk, experiment_id=None).delete()
    else:
        _complete(Actor.at_the_machine("tick"), row, experiment_id)


def _begin(actor: Actor, name: str) -> Experiment:
    """Write the row of an experiment that is about to be made; AlreadyExists if there is one of that name."""
    before = Experiment.objects.filter(name=name).first()
    if before is not None and before.experiment_id is None and before.created_at < timezone.now() - _UNSETTLED_FOR:
        settle(before)
    names = {"created_by": actor.name, "updated_by": actor.name}
    with naming.unless_taken(_taken(name)):
        return Experiment.objects.create(name=name, **names, **ownership.of(actor.principal))


def _complete(actor: Actor, row: Experiment, experiment_id: int) -> None:
    made_at = None
    if is_attached():
        made_at = attached.made_at(experiment_id)
        attached.forget_former(experiment_id, made_at)
    with transaction.atomic():
        locks.share_principals()
        unsettled = Experiment.objects.filter(pk=row.pk, experiment_id=None)
        if not unsettled.update(experiment_id=experiment_id, made_at=made_at):
            raise DoesNotExist(f"{row} was deleted in the meantime or is complete.")
        row.experiment_id = experiment_id
        if row.name.startswith(_SHARED):
            _let_everybody(row, Privilege.CAN_MANAGE)
        events.created(actor, row)


def _let_everybody(row: Experiment, privilege: Privilege) -> None:
    everybody, _ = Group.objects.get_or_create(name=EVERYONE)
    rewrite_grants(row, everybody, add={privilege.codename}, remove=set())


def _require_name(actor: Actor, name: str) -> None:
    """Raise unless an experiment may be called ``name``, and by ``actor``: a folder of ``/Users/`` is its user's."""
    if not name.strip() or name != name.strip() or not name.isprintable():
        raise InvalidParameterValue("An experiment has a name without control characters, or blanks around it.")
    if len(name) > limits.EXPERIMENT_NAME_LENGTH:
        raise InvalidParameterValue(f"The name has more than {limits.EXPERIMENT_NAME_LENGTH} characters.")
    _, *segments = name.split("/") if name.startswith("/") else ("",)
    if any(segment.strip() in ("", ".", "..") for segment in segments):
        raise InvalidParameterValue("A path to an experiment has no empty parts, and none that lead elsewhere.")
    top, *inside = [unicodedata.normalize("NFKC", segment).casefold() for segment in segments] or [""]
    is_own = bool(inside) and inside[0] == actor.name.casefold()
    if top == _USERS and not is_own and not authorization.is_administrator(actor):
        message = f"The folder {'/'.join(('', *segments[:2]))} is another user's."
        raise authorization.refusal_of(actor, DenialKind.MISSING_PRIVILEGE, Action.CREATE_EXPERIMENT, name, message)


def _perform(action: str, experiment: Experiment, **params: str) -> None:
    body = {"experiment_id": str(experiment.experiment_id), **params}
    wire.ask("POST", f"{_API}/{action}", scope=str(experiment.experiment_id), body=body).told()


def _taken(name: str) -> str:
    return f"Experiment(name={name}) already exists."
